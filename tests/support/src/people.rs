//! People whose token is their name, for origins that ask no issuer.

use std::collections::BTreeSet;

use commerce_auth::{Principal, Role, TokenError};
use origin_core::{
    customers::{LoadProfile, NoProfile, Profile},
    tokens::{TokenRefusal, TokenVerifier},
};

/// Who administers the shop.
pub const ADMIN: &str = "admin";

/// Who somebody of that name is.
pub fn principal(name: &str) -> Principal {
    Principal {
        subject: name.to_owned(),
        issuer: "https://issuer.test".to_owned(),
        roles: if name == ADMIN { BTreeSet::from([Role::Admin]) } else { BTreeSet::new() },
        client_id: "app-1".to_owned(),
        scope: None,
        username: None,
        token_id: None,
    }
}

/// A token is the name of its bearer.
#[derive(Debug, Clone, Copy)]
pub struct NameTokens;

impl TokenVerifier for NameTokens {
    async fn verify(&self, token: &str) -> Result<Principal, TokenRefusal> {
        if token.is_empty() { Err(TokenRefusal::Invalid(TokenError::Expired)) } else { Ok(principal(token)) }
    }
}

/// Nothing is known of anybody.
#[derive(Debug, Clone, Copy)]
pub struct NoProfiles;

impl LoadProfile for NoProfiles {
    async fn load_profile(&self, _: &Principal, _: &str) -> Result<Profile, NoProfile> {
        Ok(Profile::default())
    }
}
