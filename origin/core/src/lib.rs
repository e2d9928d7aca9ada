//! origin-core
