//! One folder per store, one file per key: `<sha-256 of the key>.kv`, holding the key's length (4 bytes, big endian), the
//! key, and the value. A file is written beside its place and renamed into it.

use super::KvError;
use bytes::Bytes;
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The folder of one store.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn open(state_dir: &Path, label: &str) -> Result<Self, KvError> {
        // A label comes from the manifest, and need not be a file name.
        let folder = Self(state_dir.join(file_stem(label)));
        fs::create_dir_all(&folder.0).map_err(|error| folder.failed(&error))?;
        Ok(folder)
    }

    /// Every entry in the folder. Files of an interrupted write are removed.
    pub(super) fn load(&self) -> Result<Vec<(String, Bytes)>, KvError> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(&self.0).map_err(|error| self.failed(&error))? {
            let path = entry.map_err(|error| self.failed(&error))?.path();
            match path.extension().and_then(|extension| extension.to_str()) {
                Some("kv") => {
                    let content = fs::read(&path).map_err(|error| self.failed(&error))?;
                    let entry = decode(content).ok_or_else(|| KvError::Disk(format!("{}: damaged", path.display())))?;
                    entries.push(entry);
                }
                Some("tmp") => fs::remove_file(&path).map_err(|error| self.failed(&error))?,
                _ => {}
            }
        }
        Ok(entries)
    }

    pub(super) fn write(&self, key: &str, value: &[u8]) -> Result<(), KvError> {
        let path = self.path(key);
        let beside = path.with_extension("tmp");
        let written = fs::write(&beside, encode(key, value)).and_then(|()| fs::rename(&beside, &path));
        written.map_err(|error| self.failed(&error))
    }

    pub(super) fn remove(&self, key: &str) -> Result<(), KvError> {
        match fs::remove_file(self.path(key)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(self.failed(&error)),
            _ => Ok(()),
        }
    }

    fn path(&self, key: &str) -> PathBuf {
        self.0.join(file_stem(key)).with_extension("kv")
    }

    fn failed(&self, error: &io::Error) -> KvError {
        KvError::Disk(format!("{}: {error}", self.0.display()))
    }
}

fn file_stem(name: &str) -> String {
    let mut stem = String::with_capacity(64);
    for byte in Sha256::digest(name) {
        for digit in [byte >> 4, byte & 15] {
            stem.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    stem
}

fn encode(key: &str, value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(key.len()).expect("a key should be shorter than its bound");
    [length.to_be_bytes().as_slice(), key.as_bytes(), value].concat()
}

fn decode(content: Vec<u8>) -> Option<(String, Bytes)> {
    let mut content = Bytes::from(content);
    let length = content.get(..4)?.try_into().map(u32::from_be_bytes).ok()?;
    let value = content.split_off(usize::try_from(length).ok()?.checked_add(4).filter(|at| *at <= content.len())?);
    String::from_utf8(content[4..].to_vec()).ok().map(|key| (key, value))
}
