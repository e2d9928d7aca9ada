//! DynamoDB for development and tests: `dynoxide` in this process behind its own HTTP server, and a proxy in front of it
//! that checks signatures and makes trouble ([`DynamoFaults`]).
//!
//! The server itself neither checks signatures nor ever reports a transaction conflict. Where either matters, clients are
//! given the proxy's URL.

mod conflicts;
mod faults;
mod proxy;
mod refusals;
#[cfg(test)]
mod tests;

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
    time::Duration,
};

use dynoxide::Database;
pub use faults::{DynamoFaults, DynamoFaultsConfig, DynamoSwitches};
use tokio::sync::oneshot;

use crate::HttpServer;

/// How long [`DynamoServer::stop`] waits for running requests.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// Where the tables live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DynamoStore {
    /// In memory, gone with the server.
    Memory,
    /// In this file, kept between runs.
    File(PathBuf),
}

/// Why there is no DynamoDB.
#[derive(Debug, thiserror::Error)]
pub enum DynamoError {
    /// The port is taken, or the file's folder cannot be made.
    #[error("DynamoDB: {0}")]
    Io(#[from] io::Error),
    /// The file cannot be opened or is no database.
    #[error("DynamoDB's file {file}: {reason}", file = file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What opening it said.
        reason: String,
    },
    /// The database refused.
    #[error("DynamoDB: {0}")]
    Database(String),
}

/// A running DynamoDB on 127.0.0.1. Ends when it is dropped.
pub struct DynamoServer {
    url: String,
    database: Database,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl DynamoServer {
    /// Serves the tables of `store` on 127.0.0.1:`port`; 0 takes any free port.
    ///
    /// # Errors
    /// [`DynamoError`], one line.
    pub async fn start(port: u16, store: &DynamoStore) -> Result<Self, DynamoError> {
        let database = match store {
            DynamoStore::Memory => Database::memory().map_err(|error| DynamoError::Database(error.to_string()))?,
            DynamoStore::File(file) => open(file)?,
        };
        let listener = HttpServer::bind(port).await?.into_std()?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let served = database.clone();
        // It computes on the thread that it serves on: on one of its own it holds up nobody else's requests.
        let thread =
            thread::Builder::new().name("dynamodb".to_owned()).spawn(move || serve(listener, served, stopped))?;
        Ok(Self { url, database, stop: Some(stop), thread: Some(thread) })
    }

    /// `http://127.0.0.1:<port>`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Deletes the items whose `ttl` has passed and returns how many. Nothing else does.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn sweep_expired(&self) -> Result<usize, DynamoError> {
        let database = self.database.clone();
        let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        swept
            .map_err(|error| DynamoError::Database(error.to_string()))?
            .map_err(|error| DynamoError::Database(error.to_string()))
    }

    /// Ends the server once running requests are answered, for at most five seconds.
    pub async fn stop(mut self) {
        let Some(thread) = self.thread.take() else { return };
        drop(self);
        // The channel to the thread is closed now, which ends it; a thread that does not end is left behind.
        let ended = tokio::task::spawn_blocking(move || thread.join());
        let _ = tokio::time::timeout(STOP_TIMEOUT, ended).await;
    }
}

impl Drop for DynamoServer {
    fn drop(&mut self) {
        drop(self.stop.take());
    }
}

fn open(file: &Path) -> Result<Database, DynamoError> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let damaged = |reason: String| DynamoError::File { file: file.to_owned(), reason };
    let path = file.to_str().ok_or_else(|| damaged("the path is not UTF-8".to_owned()))?;
    Database::new(path).map_err(|error| damaged(error.to_string()))
}

fn serve(listener: std::net::TcpListener, database: Database, stopped: oneshot::Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tracing::error!(%error, "DynamoDB's thread has no runtime"),
    };
    let outcome = runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).map_err(|error| error.to_string())?;
        let shutdown = async {
            let _ = stopped.await;
        };
        dynoxide::server::serve_with_shutdown(listener, database, shutdown).await
    });
    if let Err(error) = outcome {
        tracing::error!(error, "DynamoDB ended");
    }
}
