//! Orders: as their customers read them, and how one ends that was never paid.

mod close;
mod end;
mod read;

pub(crate) use close::{ATTEMPT, attempt};
pub(crate) use read::money;
