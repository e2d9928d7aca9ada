//! Columns of numbers: one after the other, little endian.

use crate::SegmentError;

/// A number of fixed width.
pub(crate) trait Cell: Copy {
    type Bytes: AsRef<[u8]> + for<'a> TryFrom<&'a [u8]>;
    const WIDTH: usize;
    fn to_bytes(self) -> Self::Bytes;
    fn from_bytes(bytes: Self::Bytes) -> Self;
}

macro_rules! cells {
    ($($number:ty)*) => {$(
        impl Cell for $number {
            type Bytes = [u8; size_of::<$number>()];
            const WIDTH: usize = size_of::<$number>();

            fn to_bytes(self) -> Self::Bytes {
                self.to_le_bytes()
            }

            fn from_bytes(bytes: Self::Bytes) -> Self {
                Self::from_le_bytes(bytes)
            }
        }
    )*};
}

cells! { u16 u32 i32 i64 u128 }

/// The column of these numbers.
pub(crate) fn write<C: Cell>(cells: impl IntoIterator<Item = C>) -> Vec<u8> {
    let cells = cells.into_iter();
    let mut bytes = Vec::with_capacity(cells.size_hint().0 * C::WIDTH);
    for cell in cells {
        bytes.extend_from_slice(cell.to_bytes().as_ref());
    }
    bytes
}

/// The numbers of a column that must have `count`.
pub(crate) fn read<C: Cell>(bytes: &[u8], count: usize) -> Result<impl Iterator<Item = C>, SegmentError> {
    if bytes.len() != count * C::WIDTH {
        return Err(SegmentError::Malformed("the length of a column"));
    }
    Ok(cells(bytes))
}

/// The numbers of a column, however many it has.
pub(crate) fn cells<C: Cell>(bytes: &[u8]) -> impl Iterator<Item = C> {
    bytes.chunks_exact(C::WIDTH).filter_map(|cell| C::Bytes::try_from(cell).ok()).map(C::from_bytes)
}

/// The number at a place.
pub(crate) fn at<C: Cell>(bytes: &[u8], place: usize) -> Option<C> {
    let start = place.checked_mul(C::WIDTH)?;
    let cell = bytes.get(start..start.checked_add(C::WIDTH)?)?;
    C::Bytes::try_from(cell).ok().map(C::from_bytes)
}
