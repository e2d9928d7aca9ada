//! Why there is no PostgreSQL, each in one line that a person can act on.

use std::{io, path::PathBuf};

/// Why PostgreSQL could not be found, started or used.
#[derive(Debug, thiserror::Error)]
pub enum PgError {
    /// Nothing to start; says what to install.
    #[error(
        "PostgreSQL was not found: set DATABASE_URL to a running server, set PG_BIN to the folder of its binaries, \
         install the system package `postgresql`, or run `cargo xtask setup`, which fetches one"
    )]
    NotFound,
    /// The binaries that were named or found do not run.
    #[error("PostgreSQL's binaries in {folder} cannot be used: {reason}")]
    UnusableBinaries {
        /// The folder that was tried.
        folder: PathBuf,
        /// What running them said.
        reason: String,
    },
    /// This process is root, PostgreSQL refuses that, and there is no way to become somebody else.
    #[error("PostgreSQL does not run as root, and {0}")]
    NoUnprivilegedUser(&'static str),
    /// The kept rows belong to another major version.
    #[error(
        "{data} was made by PostgreSQL {made_by}, but version {found} was found: set PG_BIN to version {made_by}, or \
         start with --fresh", data = data.display()
    )]
    VersionMismatch {
        /// The data folder.
        data: PathBuf,
        /// The major version that made it.
        made_by: String,
        /// The version that was found.
        found: String,
    },
    /// Another process listens on the port.
    #[error("PostgreSQL could not listen on 127.0.0.1:{0}: the port is taken")]
    PortTaken(u16),
    /// `initdb` failed.
    #[error("PostgreSQL's data folder could not be made: {0}")]
    Initialise(String),
    /// The server ended, or did not answer in time.
    #[error("PostgreSQL did not start: {0}")]
    Start(String),
    /// A given server does not answer, or refuses the connection.
    #[error("PostgreSQL at {address} cannot be used: {reason}")]
    Unreachable {
        /// Host and port, without the password.
        address: String,
        /// What the connection attempt said.
        reason: String,
    },
    /// A database name that would need quoting.
    #[error("{0:?} is no database name: use 1 to 63 of a-z, 0-9 and _, not starting with a digit")]
    InvalidName(String),
    /// The server refused a statement.
    #[error("PostgreSQL: {0}")]
    Statement(String),
    /// A file could not be read or written.
    #[error("PostgreSQL's files: {0}")]
    Io(#[from] io::Error),
}

/// What a database error says, in one line: the server's own words where it has answered.
pub(super) fn reason(error: &tokio_postgres::Error) -> String {
    let text = match (error.as_db_error(), std::error::Error::source(error)) {
        (Some(answer), _) => format!("{} ({})", answer.message(), answer.code().code()),
        (None, Some(source)) => source.to_string(),
        (None, None) => error.to_string(),
    };
    one_line(&text)
}

/// `text` with its lines joined.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
