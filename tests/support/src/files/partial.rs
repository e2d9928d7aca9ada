//! A file that is written beside its place.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A file that is written beside its place, and takes it once it is complete. Dropped before that, it leaves nothing behind and
/// what stood in its place as it was.
#[derive(Debug)]
pub struct PartialFile {
    file: File,
    /// Where it is written and where it belongs; none for what is no regular file, such as a pipe, which is written to directly.
    paths: Option<(PathBuf, PathBuf)>,
}

impl PartialFile {
    /// Begins a file for `path` with these permissions, as far as the process's mask allows; `0o600` is its owner's alone.
    ///
    /// # Errors
    /// Where the folder is missing or cannot be written to.
    pub fn create(path: &Path, mode: u32) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(there) if !there.is_file() => {
                return Ok(Self { file: OpenOptions::new().write(true).open(path)?, paths: None });
            }
            Ok(_) | Err(_) => {}
        }
        // The file that a link leads to is replaced, not the link.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        let partial = PathBuf::from(partial);
        // One that an earlier run has left may have other permissions.
        match fs::remove_file(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&partial)?;
        Ok(Self { file, paths: Some((partial, path)) })
    }

    /// Puts the complete file in its place.
    ///
    /// # Errors
    /// Where it cannot be written to the end; then nothing has changed.
    pub fn complete(mut self) -> io::Result<()> {
        self.file.flush()?;
        if let Some((partial, path)) = &self.paths {
            self.file.sync_all()?;
            fs::rename(partial, path)?;
            self.paths = None;
        }
        Ok(())
    }
}

impl Write for PartialFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if let Some((partial, _)) = &self.paths {
            let _ = fs::remove_file(partial);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn the_old_file_stands_until_the_new_one_is_complete() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("export.csv");
        fs::write(&path, "old").unwrap();
        let mut given_up = PartialFile::create(&path, 0o666).unwrap();
        given_up.write_all(b"half").unwrap();
        drop(given_up);
        assert_eq!(
            (fs::read_to_string(&path).unwrap().as_str(), names(folder.path())),
            ("old", vec!["export.csv".to_owned()])
        );
        let mut file = PartialFile::create(&path, 0o666).unwrap();
        file.write_all(b"new").unwrap();
        file.complete().unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), names(folder.path()).len()), ("new", 1));
    }

    #[test]
    fn a_link_stays_one_and_a_device_is_written_to() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("there"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        let mut file = PartialFile::create(&link, 0o600).unwrap();
        file.write_all(b"new").unwrap();
        file.complete().unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        let mut device = PartialFile::create(Path::new("/dev/null"), 0o600).unwrap();
        device.write_all(b"x").unwrap();
        device.complete().unwrap();
        assert!(!Path::new("/dev/null.partial").exists());
    }
}
