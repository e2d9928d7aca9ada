//! What is kept between runs: folders, the edge's key pair, and a note of which catalog is in.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use commerce_aws::Credentials;
use commerce_domain::Entropy;
use serde::{Deserialize, Serialize};
use test_support::files;

use crate::StackError;

/// The alphabet of AWS's access key ids.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The folder of what is kept.
#[derive(Debug, Clone)]
pub(crate) struct StateDir(PathBuf);

#[derive(Serialize, Deserialize)]
struct KeptCredentials {
    access_key_id: String,
    secret_access_key: String,
}

impl StateDir {
    /// Opens the folder, making it where it is missing, and forgets what is in it if `fresh`.
    pub(crate) fn open(folder: &Path, fresh: bool) -> Result<Self, StackError> {
        let state = Self(std::path::absolute(folder).map_err(StackError::state(folder))?);
        fs::create_dir_all(&state.0).map_err(StackError::state(&state.0))?;
        if fresh {
            state.forget()?;
        }
        Ok(state)
    }

    /// Removes what runs have left, and nothing else: the folder may hold others' files.
    fn forget(&self) -> Result<(), StackError> {
        let folders = [self.postgres(), self.dynamodb(), self.issuer(), self.payments(), self.paypal(), self.carrier()];
        for path in folders.into_iter().chain([self.credentials_file(), self.catalog_file()]) {
            let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            match removed {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(StackError::state(&path)(error)),
                _ => {}
            }
        }
        Ok(())
    }

    pub(crate) fn postgres(&self) -> PathBuf {
        self.0.join("postgres")
    }

    pub(crate) fn dynamodb(&self) -> PathBuf {
        self.0.join("dynamodb")
    }

    pub(crate) fn issuer(&self) -> PathBuf {
        self.0.join("issuer")
    }

    pub(crate) fn payments(&self) -> PathBuf {
        self.0.join("payments")
    }

    /// The file with the orders at PayPal.
    pub(crate) fn paypal(&self) -> PathBuf {
        self.0.join("paypal.json")
    }

    /// The file with the carrier's parcels.
    pub(crate) fn carrier(&self) -> PathBuf {
        self.0.join("parcels.json")
    }

    fn credentials_file(&self) -> PathBuf {
        self.0.join("credentials.json")
    }

    fn catalog_file(&self) -> PathBuf {
        self.0.join("catalog.txt")
    }

    /// The key pair that the edge signs with: the one of earlier runs, or a new one.
    pub(crate) fn credentials(&self, entropy: &impl Entropy) -> Result<Credentials, StackError> {
        let path = self.credentials_file();
        match fs::read(&path) {
            Ok(text) => {
                let kept: KeptCredentials =
                    serde_json::from_slice(&text).map_err(|error| StackError::state(&path)(error.into()))?;
                Ok(Credentials::new(kept.access_key_id, kept.secret_access_key))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let made = new_credentials(entropy);
                let text = serde_json::to_vec(&made).map_err(|error| StackError::state(&path)(error.into()))?;
                write_private(&path, &text)?;
                Ok(Credentials::new(made.access_key_id, made.secret_access_key))
            }
            Err(error) => Err(StackError::state(&path)(error)),
        }
    }

    /// Which catalog is in, if one went in whole.
    pub(crate) fn loaded_catalog(&self) -> Result<Option<String>, StackError> {
        let path = self.catalog_file();
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StackError::state(&path)(error)),
        }
    }

    /// Notes that this catalog went in whole.
    pub(crate) fn note_catalog(&self, name: &str) -> Result<(), StackError> {
        write_private(&self.catalog_file(), format!("{name}\n").as_bytes())
    }
}

/// Writes a file that its owner alone can read, whole or not at all.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> Result<(), StackError> {
    files::write_private(path, content).map_err(StackError::state(path))
}

fn new_credentials(entropy: &impl Entropy) -> KeptCredentials {
    let mut random = [0; 46];
    entropy.fill(&mut random);
    let letters =
        |bytes: &[u8]| bytes.iter().map(|byte| char::from(BASE32[usize::from(byte % 32)])).collect::<String>();
    KeptCredentials {
        access_key_id: format!("AKIALOCAL{}", letters(&random[..11])),
        secret_access_key: letters(&random[11..]),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use test_support::SystemEntropy;

    use super::*;

    #[test]
    fn the_key_pair_is_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path(), false).unwrap();
        let first = state.credentials(&SystemEntropy).unwrap();
        let again = StateDir::open(folder.path(), false).unwrap().credentials(&SystemEntropy).unwrap();
        assert_eq!(first.access_key_id, again.access_key_id);
        assert_eq!(first.secret_access_key.len(), 35);
        let mode = fs::metadata(folder.path().join("credentials.json")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_fresh_start_forgets_ours_and_leaves_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::open(folder.path(), false).unwrap();
        let first = state.credentials(&SystemEntropy).unwrap();
        state.note_catalog("ten products").unwrap();
        fs::write(folder.path().join("lock"), "x").unwrap();
        let state = StateDir::open(folder.path(), true).unwrap();
        assert_eq!(state.loaded_catalog().unwrap(), None);
        assert_ne!(state.credentials(&SystemEntropy).unwrap().access_key_id, first.access_key_id);
        assert!(folder.path().join("lock").exists());
    }

    #[test]
    fn a_damaged_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("credentials.json"), "{").unwrap();
        let state = StateDir::open(folder.path(), false).unwrap();
        let error = state.credentials(&SystemEntropy).unwrap_err().to_string();
        assert!(error.contains("credentials.json"), "{error}");
    }
}
