//! commerce-auth
