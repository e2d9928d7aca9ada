//! Orders: as their customers read them, and how one ends that is not shipped.

mod cancel;
mod close;
mod end;
mod list;
mod read;
mod timeline;
mod withdraw;

pub(crate) use cancel::{RETURN, SOLD_LINES, end_called_off, end_stranded, sold_line};
pub(crate) use close::{ATTEMPT, attempt};
pub(crate) use read::{line, money};
pub(crate) use withdraw::{reopened, withdraw};
