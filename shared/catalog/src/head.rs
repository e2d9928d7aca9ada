//! The head: the one thing that changes. It names all segments of one state of the catalog.

use commerce_domain::ProductId;
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, DeserializeOwned},
};

use crate::{SegmentError, SegmentId, segment::FORMAT};

/// What the edge begins with: JSON, small, and rewritten also when nothing has changed, so that its age tells that somebody publishes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Head {
    /// The format of the segments that it names.
    pub format: u8,
    /// Grows with each head that is written. A reader never goes back to a lower one.
    pub sequence: u64,
    /// When it was written.
    pub written_at: Timestamp,
    /// All categories.
    pub categories: SegmentId,
    /// All groups, in the order of ids.
    pub groups: Vec<HeadGroup>,
}

/// A group of products.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadGroup {
    /// Its first product. It has every product from there to the first one of the next group.
    pub from: ProductId,
    /// How many products it has.
    pub count: usize,
    /// Its table of chunks.
    pub chunks: SegmentId,
    /// What its products are listed by.
    pub listing: SegmentId,
    /// What its products are chosen by.
    pub facets: SegmentId,
    /// What its products are searched by.
    pub search: SegmentId,
}

impl HeadGroup {
    /// All that is named here.
    #[must_use]
    pub fn names(&self) -> [SegmentId; 4] {
        [self.chunks, self.listing, self.facets, self.search]
    }
}

impl Head {
    /// Reads a head.
    ///
    /// # Errors
    /// [`SegmentError::OtherFormat`], or [`SegmentError::Malformed`] where it is no head, or its groups are out of order.
    pub fn read(bytes: &[u8]) -> Result<Self, SegmentError> {
        const WRONG: SegmentError = SegmentError::Malformed("a head");
        let head: Self = read_json(bytes, WRONG)?;
        let in_order = head.groups.is_sorted_by(|one, next| one.from < next.from);
        if in_order { Ok(head) } else { Err(WRONG) }
    }

    /// The head as it is stored.
    #[must_use]
    pub fn write(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("should encode: texts and numbers into memory")
    }

    /// What names this state of the catalog, and no other: a hash over all that the head names.
    #[must_use]
    pub fn version(&self) -> SegmentId {
        let groups = self.groups.iter().flat_map(HeadGroup::names);
        SegmentId::of_names(std::iter::once(self.categories).chain(groups))
    }

    /// The group that has the product, if the catalog has it.
    #[must_use]
    pub fn group_of(&self, id: ProductId) -> Option<&HeadGroup> {
        let behind = self.groups.partition_point(|group| group.from <= id);
        self.groups.get(behind.checked_sub(1)?)
    }
}

/// Reads the JSON of a head, unless it says that it is of another format; `wrong` where it is no such head.
pub(crate) fn read_json<H: DeserializeOwned>(bytes: &[u8], wrong: SegmentError) -> Result<H, SegmentError> {
    /// What every format has.
    #[derive(Deserialize)]
    struct Format {
        format: u8,
    }
    let Format { format } = serde_json::from_slice(bytes).map_err(|_| wrong)?;
    if format != FORMAT {
        return Err(SegmentError::OtherFormat(format));
    }
    serde_json::from_slice(bytes).map_err(|_| wrong)
}

impl Serialize for SegmentId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SegmentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}
