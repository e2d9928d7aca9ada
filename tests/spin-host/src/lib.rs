//! spin-host
