//! origin-functions
