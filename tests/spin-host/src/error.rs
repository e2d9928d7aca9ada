//! Why a host cannot start: each variant reads as one clear line.

use std::path::PathBuf;

/// A reason why [`crate::Host::start`] refused.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// A file could not be read or written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// `spin.toml` is not a manifest, or asks for what this host does not have.
    #[error("{}: {reason}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// What is wrong, in one line.
        reason: String,
    },
    /// A variable is missing, unknown or malformed.
    #[error("variables: {0}")]
    Variables(String),
    /// The component does not compile, or imports what this host does not offer.
    #[error("{}: {reason}", path.display())]
    Component {
        /// The component file.
        path: PathBuf,
        /// What the engine said, causes included.
        reason: String,
    },
    /// The WebAssembly engine refused its settings.
    #[error("engine: {0}")]
    Engine(String),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address asked for.
        address: String,
        /// Why not.
        reason: String,
    },
}

impl HostError {
    pub(crate) fn file(path: impl Into<PathBuf>, source: std::io::Error) -> Self {
        Self::File { path: path.into(), source }
    }
}
