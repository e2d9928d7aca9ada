//! An initialised data folder per version, kept so that a start copies it (0.1 s) instead of making it (1 s).

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use commerce_domain::Entropy;

use super::{Binaries, PgError, error::one_line};
use crate::{
    entropy::random_hex,
    files::{private_folder, write_private},
};

/// Changes with the way the folder is made, so that an older cache is not used.
const FORMAT: &str = "1";

/// An initialised data folder and the password of its superuser.
pub(super) struct Template {
    pub(super) data: PathBuf,
    pub(super) password: String,
}

/// The kept template for this version, made first where it is missing. Only this user can put one there.
pub(super) fn prepare(cache: &Path, binaries: &Binaries, entropy: &dyn Entropy) -> Result<Template, PgError> {
    let cache = &cache.join("databases");
    let name: String = binaries.version.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    private_folder(cache)?;
    let folder = cache.join(format!("postgres-{name}-{FORMAT}"));
    if !folder.join("data").is_dir() {
        make(cache, &folder, binaries, entropy)?;
    }
    let password = fs::read_to_string(folder.join("password"))?;
    Ok(Template { data: folder.join("data"), password })
}

/// Makes the template beside its place and moves it there whole. Of two processes that do so at once, one wins.
fn make(cache: &Path, folder: &Path, binaries: &Binaries, entropy: &dyn Entropy) -> Result<(), PgError> {
    let fresh = tempfile::Builder::new().prefix("initdb-").tempdir_in(cache)?;
    let password = random_hex(entropy, 16);
    write_private(&fresh.path().join("password"), password.as_bytes())?;
    // The server's user may not be able to enter the cache, so the work is done where everybody may go.
    let workshop = super::process::temporary_folder()?;
    let data = workshop.path().join("data");
    initialise(workshop.path(), &data, &password, binaries)?;
    copy(&data, &fresh.path().join("data"))?;
    let fresh = fresh.keep();
    if let Err(error) = fs::rename(&fresh, folder) {
        fs::remove_dir_all(&fresh)?;
        if !folder.join("data").is_dir() {
            return Err(error.into());
        }
    }
    Ok(())
}

fn initialise(workshop: &Path, data: &Path, password: &str, binaries: &Binaries) -> Result<(), PgError> {
    binaries.account.own(workshop)?;
    let password_file = workshop.join("password");
    write_private(&password_file, password.as_bytes())?;
    binaries.account.own(&password_file)?;
    let output = binaries
        .account
        .command(&binaries.program("initdb"))
        .args(["--username=postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"])
        // In clear over loopback: the server keeps a SCRAM verifier, and clients are spared its 4096 rounds.
        .arg("--auth=password")
        .arg("--pwfile")
        .arg(&password_file)
        .arg("--pgdata")
        .arg(data)
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(PgError::Initialise(one_line(&String::from_utf8_lossy(&output.stderr))))
}

/// Copies a data folder with its owners and modes, sharing blocks where the file system can.
pub(super) fn copy(from: &Path, to: &Path) -> Result<(), PgError> {
    let parent = to.parent().ok_or_else(|| io::Error::other("a data folder needs a parent"))?;
    // Copied beside its place first: a half copied folder must not look like a whole one.
    let fresh = tempfile::Builder::new().prefix("copy-").tempdir_in(parent)?;
    let copied = fresh.path().join("data");
    let output = Command::new("cp").args(["-a", "--reflink=auto"]).arg(from).arg(&copied).output()?;
    if !output.status.success() {
        return Err(PgError::Initialise(one_line(&String::from_utf8_lossy(&output.stderr))));
    }
    fs::rename(copied, to)?;
    Ok(())
}
