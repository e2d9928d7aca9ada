//! Files that are there whole or not at all, and files and folders that are their owner's business alone.

mod partial;

use std::{
    env, fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

pub use partial::PartialFile;

/// Writes a file that its owner alone can read, whole or not at all.
///
/// # Errors
/// Where the folder is missing, full, or somebody else's.
pub fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = PartialFile::create(path, 0o600)?;
    file.write_all(content)?;
    file.complete()
}

/// A folder of this user's that nobody else can enter, made where it is missing.
///
/// # Errors
/// Where the path is a link or a file, or belongs to another user: who can write there decides what is run.
pub fn private_folder(path: &Path) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    match fs::DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let found = fs::symlink_metadata(path)?;
    if !found.is_dir() || found.uid() != rustix::process::geteuid().as_raw() {
        let message = format!("{} is not a folder of this user's", path.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, message));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Where this project keeps what is expensive to make, outside the clone: `XDG_CACHE_HOME`, or `.cache` in the user's home.
/// Where neither is known, a folder in the system's temporary folder that carries the user's id.
pub fn cache_folder() -> PathBuf {
    let named = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    match named.or_else(|| env::home_dir().map(|home| home.join(".cache"))) {
        Some(folder) => folder.join("cloudcommerce"),
        None => env::temp_dir().join(format!("cloudcommerce-{}", rustix::process::geteuid().as_raw())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_private_file_replaces_what_was_there_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        fs::write(&path, "older and longer").unwrap();
        fs::write(folder.path().join("key.partial"), "of a run that died").unwrap();
        write_private(&path, b"new").unwrap();
        assert_eq!((fs::read_to_string(&path).unwrap().as_str(), mode(&path)), ("new", 0o600));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_private_folder_is_made_and_closed_to_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        private_folder(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o777)).unwrap();
        private_folder(&path).unwrap();
        assert_eq!(mode(&path), 0o700);
    }

    #[test]
    fn a_folder_that_others_decide_about_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (link, file) = (folder.path().join("link"), folder.path().join("file"));
        std::os::unix::fs::symlink(folder.path(), &link).unwrap();
        fs::write(&file, "").unwrap();
        assert!(private_folder(&link).is_err() && private_folder(&file).is_err());
        let foreign = folder.path().join("foreign");
        fs::create_dir(&foreign).unwrap();
        // Only root can give a folder away.
        if std::os::unix::fs::chown(&foreign, Some(65_534), None).is_ok() {
            assert!(private_folder(&foreign).unwrap_err().to_string().contains("not a folder of this user's"));
        }
    }
}
