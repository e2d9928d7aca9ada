//! The limits that the API publishes. What is larger is refused, never cut.

/// The largest request body, in bytes (256 KiB).
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// The longest request target (path and query), in bytes.
pub const MAX_TARGET_BYTES: usize = 4 * 1024;
/// All request headers together, names and values, in bytes.
pub const MAX_HEADER_BYTES: usize = 16 * 1024;
/// The largest page of a list.
pub const MAX_PAGE_SIZE: u32 = 100;
/// The page size where none was asked for.
pub const DEFAULT_PAGE_SIZE: u32 = 20;
/// The last page that can be asked for by number.
pub const MAX_PAGE: u32 = 10_000;
/// The longest Idempotency-Key, in characters.
pub const MAX_IDEMPOTENCY_KEY: usize = 255;
/// The longest single text field, in characters, unless its own type says otherwise.
pub const MAX_TEXT: usize = 10_000;
