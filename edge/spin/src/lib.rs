//! edge-spin
