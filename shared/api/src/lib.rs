//! commerce-api
