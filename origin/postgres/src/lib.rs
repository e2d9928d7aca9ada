//! origin-postgres
