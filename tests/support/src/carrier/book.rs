//! The labels that were made.

use std::{fs, io, path::PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{bounded::BoundedMap, files::write_private};

/// Labels remembered.
const MAX_LABELS: usize = 10_000;
/// How long a parcel takes.
const ON_ITS_WAY: SignedDuration = SignedDuration::from_hours(4 * 24);

/// A label and its parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parcel {
    pub(super) reference: String,
    pub(super) tracker: String,
    pub(super) carrier: String,
    pub(super) tracking_number: String,
    pub(super) tracking_url: String,
    pub(super) estimated_delivery: Timestamp,
    pub(super) status: String,
    pub(super) pieces: u64,
}

/// The parcels by their references.
pub(super) struct Book {
    parcels: BoundedMap<Parcel>,
    file: Option<PathBuf>,
}

impl Book {
    /// The book of that file, if it is there.
    pub(super) fn open(file: Option<PathBuf>) -> io::Result<Self> {
        let mut parcels = BoundedMap::new(MAX_LABELS);
        if let Some(text) = file.as_ref().filter(|path| path.exists()).map(fs::read).transpose()? {
            for parcel in serde_json::from_slice::<Vec<Parcel>>(&text)? {
                parcels.insert(&parcel.reference.clone(), parcel);
            }
        }
        Ok(Self { parcels, file })
    }

    pub(super) fn by_reference(&self, reference: &str) -> Option<&Parcel> {
        self.parcels.get(reference)
    }

    pub(super) fn find(&self, id: &str) -> Option<&Parcel> {
        self.parcels
            .iter()
            .find(|parcel| [&parcel.tracker, &parcel.tracking_number, &parcel.reference].contains(&&id.to_owned()))
    }

    /// The label of that reference, made now or before.
    pub(super) fn label(&mut self, reference: &str, make: impl FnOnce() -> Parcel) -> Parcel {
        if let Some(there) = self.parcels.get(reference) {
            return there.clone();
        }
        let parcel = make();
        self.parcels.insert(reference, parcel.clone());
        self.keep();
        parcel
    }

    /// The parcel after it was moved.
    pub(super) fn move_parcel(&mut self, id: &str, status: &str, now: Timestamp) -> Option<Parcel> {
        let reference = self.find(id)?.reference.clone();
        let parcel = self.parcels.get_mut(&reference)?;
        status.clone_into(&mut parcel.status);
        if status == "delivered" {
            parcel.estimated_delivery = now;
        }
        let moved = parcel.clone();
        self.keep();
        Some(moved)
    }

    pub(super) fn state(&self) -> Value {
        json!({"labels": self.parcels.iter().collect::<Vec<_>>()})
    }

    fn keep(&self) {
        let Some(file) = &self.file else { return };
        let parcels: Vec<&Parcel> = self.parcels.iter().collect();
        let kept = serde_json::to_vec(&parcels).map_err(io::Error::other).and_then(|text| write_private(file, &text));
        if let Err(error) = kept {
            tracing::warn!(%error, "parcels not kept");
        }
    }
}

impl Parcel {
    /// A new parcel of that reference, with these digits in its number.
    pub(super) fn new(reference: &str, service: &str, pieces: u64, digits: &str, url: &str, now: Timestamp) -> Self {
        let tracking_number = format!("CC{}", digits.to_uppercase());
        Self {
            reference: reference.to_owned(),
            tracker: format!("trk_{digits}"),
            carrier: service.to_owned(),
            tracking_url: format!("{url}/track/{tracking_number}"),
            tracking_number,
            estimated_delivery: now.saturating_add(ON_ITS_WAY).unwrap_or(now),
            status: "pre_transit".to_owned(),
            pieces,
        }
    }
}
