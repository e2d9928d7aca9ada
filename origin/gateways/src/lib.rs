//! origin-gateways
