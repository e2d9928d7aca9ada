//! Finding PostgreSQL, by the rule of `docs/TESTING.md`, which `cargo xtask` follows too.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::{PgConfig, PgError, account::Account, error::one_line};
use crate::process::find_on_path;

/// Where Debian and Ubuntu put the binaries, one folder per major version.
const SYSTEM_FOLDER: &str = "/usr/lib/postgresql";

/// What [`discover`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A running server.
    Url(String),
    /// Programs to start one with.
    Binaries(Binaries),
}

/// A folder with PostgreSQL's server programs, which were tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Binaries {
    /// The folder of `postgres` and `initdb`.
    pub folder: PathBuf,
    /// Such as `15.18`.
    pub version: String,
    pub(super) account: Account,
}

impl Binaries {
    /// The major version, such as `15`.
    pub fn major(&self) -> &str {
        self.version.split('.').next().unwrap_or_default()
    }

    pub(super) fn program(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Runs `postgres --version` as the account that will run the server, so that a folder it cannot enter shows here.
    fn probe(folder: PathBuf) -> Result<Self, PgError> {
        let unusable = |reason: String| PgError::UnusableBinaries { folder: folder.clone(), reason };
        if !folder.join("initdb").is_file() {
            return Err(unusable("there is no `initdb`".to_owned()));
        }
        let account = Account::find()?;
        let output = account
            .command(&folder.join("postgres"))
            .arg("--version")
            .output()
            .map_err(|error| unusable(error.to_string()))?;
        if !output.status.success() {
            return Err(unusable(one_line(&String::from_utf8_lossy(&output.stderr))));
        }
        let version = parse_version(&String::from_utf8_lossy(&output.stdout))
            .ok_or_else(|| unusable("`postgres --version` names no version".to_owned()))?;
        Ok(Self { folder, version, account })
    }
}

/// The first PostgreSQL in the order: given URL, given folder, the system's newest, `PATH`.
///
/// # Errors
/// [`PgError::NotFound`] where there is none, [`PgError::UnusableBinaries`] where the given folder, or the last one found,
/// does not work.
pub fn discover(config: &PgConfig) -> Result<Source, PgError> {
    if let Some(url) = &config.database_url {
        return Ok(Source::Url(url.clone()));
    }
    if let Some(folder) = &config.bin_dir {
        // Asked for by name: its failure is the answer, not a reason to look further.
        return Binaries::probe(folder.clone()).map(Source::Binaries);
    }
    let mut failure = PgError::NotFound;
    for folder in candidates(Path::new(SYSTEM_FOLDER)) {
        match Binaries::probe(folder) {
            Ok(binaries) => return Ok(Source::Binaries(binaries)),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// Folders that hold a `postgres`, best first.
fn candidates(system: &Path) -> Vec<PathBuf> {
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir(system)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    let on_path = env::var_os("PATH")
        .and_then(|path| find_on_path(&path, "postgres"))
        .and_then(|program| program.canonicalize().ok()?.parent().map(Path::to_owned));
    let all = versions.into_iter().map(|(_, folder)| folder).chain(on_path);
    all.filter(|folder| folder.join("postgres").is_file()).collect()
}

/// `15.18` in `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn parse_version(output: &str) -> Option<String> {
    let word = output.split_once("(PostgreSQL) ")?.1.split_whitespace().next()?;
    word.starts_with(|first: char| first.is_ascii_digit()).then(|| word.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_each_packagers_words() {
        let debian = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n";
        assert_eq!(parse_version(debian).as_deref(), Some("15.18"));
        assert_eq!(parse_version("postgres (PostgreSQL) 18beta1\n").as_deref(), Some("18beta1"));
        assert_eq!(parse_version("mysqld 8"), None);
    }

    #[test]
    fn the_newest_system_version_comes_first() {
        let root = tempfile::tempdir().unwrap();
        let system = root.path().join("system");
        for folder in [system.join("9/bin"), system.join("15/bin"), system.join("junk/bin")] {
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("postgres"), "").unwrap();
        }
        fs::create_dir_all(system.join("18/bin")).unwrap();
        let found = candidates(&system);
        assert_eq!(found[..2], [system.join("15/bin"), system.join("9/bin")]);
        assert!(!found.iter().any(|folder| folder.ends_with("junk/bin") || folder.ends_with("18/bin")));
    }
}
