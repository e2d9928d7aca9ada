//! Tokens as attackers make them of good ones (RFC 8725, "JSON Web Token Best Current Practices", sections 2.1 and 3.1).

use std::sync::PoisonError;

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::Shared;

/// What an attacker does about the signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forgery {
    /// The token says that it has none.
    Unsigned,
    /// The token says that its signature was made with a shared secret, and the secret is the issuer's public key, as
    /// PEM text.
    SignedWithPublicKey,
}

impl Shared {
    pub(super) fn forge(&self, token: &str, forgery: Forgery) -> Option<String> {
        let mut parts = token.split('.');
        let (header, payload) = (parts.next()?, parts.next()?);
        let mut header: Value = serde_json::from_slice(&Base64UrlUnpadded::decode_vec(header).ok()?).ok()?;
        header["alg"] = match forgery {
            Forgery::Unsigned => json!("none"),
            Forgery::SignedWithPublicKey => json!("HS256"),
        };
        let header = Base64UrlUnpadded::encode_string(header.to_string().as_bytes());
        let signed = format!("{header}.{payload}");
        let signature = match forgery {
            Forgery::Unsigned => String::new(),
            Forgery::SignedWithPublicKey => {
                let keys = self.keys.read().unwrap_or_else(PoisonError::into_inner);
                let public = keys.current().public_key().to_pem().ok()?;
                let mut mac = Hmac::<Sha256>::new_from_slice(public.as_bytes()).ok()?;
                mac.update(signed.as_bytes());
                Base64UrlUnpadded::encode_string(&mac.finalize().into_bytes())
            }
        };
        Some(format!("{signed}.{signature}"))
    }
}
