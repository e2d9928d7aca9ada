//! The issuer's signing key, the public halves of the keys before it, and the file that keeps them.

use std::{collections::VecDeque, fs, io, path::Path};

use jwt_simple::prelude::{RS256KeyPair, RS256PublicKey, RSAKeyPairLike, Token};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::IssuerError;
use crate::files::{private_folder, write_private};

/// Rotated keys whose tokens still verify.
const PREVIOUS_KEYS: usize = 2;
/// RFC 7518 §3.3 asks for 2048 bits or more.
const KEY_BITS: usize = 2048;
const FILE_NAME: &str = "issuer-keys.json";

pub(super) struct Keys {
    current: RS256KeyPair,
    previous: VecDeque<Value>,
}

/// The file's content: the private key, and the public halves of earlier ones (RFC 7517).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptKeys {
    current: Value,
    previous: VecDeque<Value>,
}

/// A new key pair whose id is its RFC 7638 thumbprint.
pub(super) fn generate() -> Result<RS256KeyPair, IssuerError> {
    let pair = RS256KeyPair::generate(KEY_BITS).map_err(|error| IssuerError::Signing(error.to_string()))?;
    let id = pair.jwk_thumbprint();
    Ok(pair.with_key_id(&id))
}

impl Keys {
    pub(super) fn load_or_generate(state_dir: Option<&Path>) -> Result<Self, IssuerError> {
        if let Some(kept) = state_dir.map(load).transpose()?.flatten() {
            return Ok(kept);
        }
        let keys = Self { current: generate()?, previous: VecDeque::new() };
        keys.save(state_dir)?;
        Ok(keys)
    }

    pub(super) fn current(&self) -> &RS256KeyPair {
        &self.current
    }

    pub(super) fn current_id(&self) -> String {
        self.current.key_id().clone().unwrap_or_default()
    }

    pub(super) fn rotate_to(&mut self, fresh: RS256KeyPair) {
        self.previous.push_front(public_key(&self.current));
        self.previous.truncate(PREVIOUS_KEYS);
        self.current = fresh;
    }

    /// The key that a token says it was signed with, if it is one of those in the set.
    pub(super) fn verifier_of(&self, token: &str) -> Option<RS256PublicKey> {
        let metadata = Token::decode_metadata(token).ok()?;
        let set = self.public_set();
        let key = set["keys"].as_array()?.iter().find(|key| key["kid"].as_str() == metadata.key_id())?;
        RS256PublicKey::from_jwk(&key.to_string()).ok()
    }

    /// The JSON Web Key Set (RFC 7517 §5), newest first.
    pub(super) fn public_set(&self) -> Value {
        let keys: Vec<Value> =
            std::iter::once(public_key(&self.current)).chain(self.previous.iter().cloned()).collect();
        json!({ "keys": keys })
    }

    /// Replaces the kept keys as a whole: a crash leaves the old file or the new one.
    pub(super) fn save(&self, state_dir: Option<&Path>) -> Result<(), IssuerError> {
        let Some(dir) = state_dir else { return Ok(()) };
        let current =
            serde_json::from_str(&self.current.to_jwk()).map_err(|error| IssuerError::Signing(error.to_string()))?;
        let kept = KeptKeys { current, previous: self.previous.clone() };
        let text = serde_json::to_vec(&kept).map_err(io::Error::from)?;
        private_folder(dir)?;
        Ok(write_private(&dir.join(FILE_NAME), &text)?)
    }
}

fn load(dir: &Path) -> Result<Option<Keys>, IssuerError> {
    let path = dir.join(FILE_NAME);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let damaged = |error: &dyn std::fmt::Display| {
        IssuerError::State(format!("{} is damaged, delete it to make a new key: {error}", path.display()))
    };
    let mut kept: KeptKeys = serde_json::from_slice(&text).map_err(|error| damaged(&error))?;
    let current = RS256KeyPair::from_jwk(&kept.current.to_string()).map_err(|error| damaged(&error))?;
    if current.key_id().is_none() {
        return Err(damaged(&"the key has no id"));
    }
    kept.previous.truncate(PREVIOUS_KEYS);
    Ok(Some(Keys { current, previous: kept.previous }))
}

/// The public half as a JSON Web Key for signatures.
fn public_key(pair: &RS256KeyPair) -> Value {
    let mut key: Value =
        serde_json::from_str(&pair.public_key().to_jwk()).expect("should export a key as a JSON object");
    key["use"] = json!("sig");
    key
}
