//! A PostgreSQL for development and tests: found or given, private, and gone when it is no longer needed.
//!
//! Looked for in this order: a URL that was given, a folder of binaries that was given, the system's binaries. A private
//! server listens on 127.0.0.1 alone, asks for a random password, runs as an unprivileged user where this process is root,
//! and ends with its handle or with this process.

mod account;
mod admin;
mod discover;
mod error;
mod process;
mod scratch;
mod template;
#[cfg(test)]
mod tests;

use std::{
    env, fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

pub use discover::{Binaries, Source, discover};
pub use error::PgError;
use process::{Postmaster, Settings};
pub use scratch::TestDatabases;
use scratch::{Names, Presence};
use tempfile::TempDir;

use crate::{
    SharedEntropy, SystemEntropy,
    files::{cache_folder, write_private},
    free_port,
};

/// How often a start is tried again when another process took the port first.
const PORT_ATTEMPTS: u32 = 5;
/// Recovery after a crash is part of a start, so this is generous.
const START_TIMEOUT: Duration = Duration::from_mins(1);

/// How often a template that is in use is tried again, and after which pause.
const TEMPLATE_ATTEMPTS: u32 = 100;
const TEMPLATE_PAUSE: Duration = Duration::from_millis(20);

/// Where the rows live.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DataDir {
    /// A folder under the system's temporary folder, removed when the server stops.
    Temporary,
    /// This folder, kept between runs.
    Persistent(PathBuf),
}

/// What survives a crash of the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Everything committed, as in production.
    Full,
    /// Nothing: no fsync, for tests.
    Off,
}

/// How to find and start PostgreSQL.
#[derive(Clone)]
pub struct PgConfig {
    /// A running server to use instead, with a user that may create databases.
    pub database_url: Option<String>,
    /// The folder that holds `postgres` and `initdb`; searched for where absent.
    pub bin_dir: Option<PathBuf>,
    /// Where an initialised data folder is kept per version, so that later starts only copy it: in `databases`, which is
    /// closed to other users.
    pub cache_dir: PathBuf,
    /// Where the rows live.
    pub data: DataDir,
    /// Port on 127.0.0.1; 0 takes any.
    pub port: u16,
    /// What survives a crash of the machine.
    pub durability: Durability,
    /// Where the password comes from.
    pub entropy: SharedEntropy,
}

impl PgConfig {
    /// A private server for tests: temporary data, no fsync, any port. Honours `DATABASE_URL` and `PG_BIN`.
    pub fn for_tests() -> Self {
        Self {
            database_url: env::var("DATABASE_URL").ok().filter(|url| !url.is_empty()),
            bin_dir: env::var_os("PG_BIN").filter(|dir| !dir.is_empty()).map(PathBuf::from),
            cache_dir: cache_folder(),
            data: DataDir::Temporary,
            port: 0,
            durability: Durability::Off,
            entropy: SystemEntropy::shared(),
        }
    }

    /// A server for development: rows are kept under `data_dir` and survive a crash. Honours `DATABASE_URL` and `PG_BIN`.
    pub fn for_development(data_dir: impl Into<PathBuf>) -> Self {
        Self { data: DataDir::Persistent(data_dir.into()), durability: Durability::Full, ..Self::for_tests() }
    }
}

/// A PostgreSQL that answers. A private one is stopped when this is dropped.
#[derive(Debug)]
pub struct PgServer {
    // Stopped before the temporary folder below it is removed.
    postmaster: Option<Postmaster>,
    admin_url: String,
    version: String,
    temporary: Option<TempDir>,
    names: Names,
    /// On a server that was given, for tests.
    presence: Option<Presence>,
}

impl PgServer {
    /// Finds PostgreSQL, starts it unless a URL was given, and waits until it answers. On a given server, tests first drop the
    /// databases that tests of processes which are gone have left.
    ///
    /// # Errors
    /// [`PgError`], whose text is one line that says what is missing or wrong.
    pub async fn start(config: PgConfig) -> Result<Self, PgError> {
        match discover(&config)? {
            Source::Url(url) => {
                let version = admin::server_version(&url).await?;
                let names = Names::new(&*config.entropy);
                let presence = match config.data {
                    DataDir::Temporary => Some(Presence::of(&url, names.run()).await?),
                    DataDir::Persistent(_) => None,
                };
                if presence.is_some() {
                    admin::drop_abandoned(&url).await?;
                }
                Ok(Self { postmaster: None, admin_url: url, version, temporary: None, names, presence })
            }
            Source::Binaries(binaries) => Self::start_private(config, binaries).await,
        }
    }

    async fn start_private(config: PgConfig, binaries: Binaries) -> Result<Self, PgError> {
        let binaries = Arc::new(binaries);
        let prepared = {
            let (config, binaries) = (config.clone(), Arc::clone(&binaries));
            blocking(move || Prepared::new(&config, &binaries)).await?
        };
        for attempt in 1.. {
            let port = if config.port == 0 { free_port()? } else { config.port };
            let settings = Settings { port, durability: config.durability, data: prepared.data.clone() };
            let postmaster = Postmaster::spawn(Arc::clone(&binaries), settings).await?;
            let admin_url = format!("postgres://postgres:{}@127.0.0.1:{port}/postgres", prepared.password);
            match postmaster.wait_until_ready(&admin_url, START_TIMEOUT).await {
                Ok(version) => {
                    return Ok(Self {
                        postmaster: Some(postmaster),
                        admin_url,
                        version,
                        temporary: prepared.temporary,
                        names: Names::new(&*config.entropy),
                        presence: None,
                    });
                }
                Err(PgError::PortTaken(_)) if config.port == 0 && attempt < PORT_ATTEMPTS => {}
                Err(error) => return Err(error),
            }
        }
        unreachable!("the last attempt returns")
    }

    /// The URL of database `name` on this server, with user and password.
    pub fn database_url(&self, name: &str) -> String {
        admin::with_database(&self.admin_url, name)
    }

    /// The server's version, such as `15.18`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether this handle started the server, rather than being given a URL.
    pub fn is_private(&self) -> bool {
        self.postmaster.is_some()
    }

    /// The process id of a private server.
    pub fn process_id(&self) -> Option<u32> {
        self.postmaster.as_ref().map(Postmaster::process_id)
    }

    /// Creates database `name`, as a copy of `template` where one is given. False where it was there already.
    ///
    /// # Errors
    /// A name that is not `[a-z_][a-z0-9_]{0,62}`, a missing template, or a template that is in use.
    pub async fn create_database(&self, name: &str, template: Option<&str>) -> Result<bool, PgError> {
        admin::create_database(&self.admin_url, name, template).await
    }

    /// Creates a database for a test, as a copy of `template` where one is given, and returns its name, which nobody else
    /// uses. What is left of it on a given server is dropped by the next process that tests there.
    ///
    /// # Errors
    /// As [`Self::create_database`]; a template that is in use only after two seconds.
    pub async fn create_test_database(&self, template: Option<&str>) -> Result<String, PgError> {
        let name = self.names.next();
        let mut attempts = TEMPLATE_ATTEMPTS;
        loop {
            match self.create_database(&name, template).await {
                Ok(_) => return Ok(name),
                // It counts as used until the server has seen the last connection to it end.
                Err(PgError::Statement(_)) if template.is_some() && attempts > 0 => {
                    attempts -= 1;
                    tokio::time::sleep(TEMPLATE_PAUSE).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Drops database `name`, ending the connections to it. Nothing happens where it is not there.
    ///
    /// # Errors
    /// Where the server refuses.
    pub async fn drop_database(&self, name: &str) -> Result<(), PgError> {
        admin::drop_database(&self.admin_url, name).await
    }

    /// Ends a private server: clients are disconnected, rows are written. A given server is left alone.
    pub async fn stop(mut self) {
        let (postmaster, temporary) = (self.postmaster.take(), self.temporary.take());
        drop(self.presence.take());
        // Waiting for the process and removing files hold a thread, so neither happens on one that answers requests.
        let _ = tokio::task::spawn_blocking(move || {
            drop(postmaster);
            drop(temporary);
        })
        .await;
    }
}

/// A data folder that is ready for a start.
struct Prepared {
    data: PathBuf,
    password: String,
    temporary: Option<TempDir>,
}

impl Prepared {
    fn new(config: &PgConfig, binaries: &Binaries) -> Result<Self, PgError> {
        let template = template::prepare(&config.cache_dir, binaries, &*config.entropy)?;
        match &config.data {
            DataDir::Temporary => {
                process::sweep_abandoned();
                let folder = process::temporary_folder()?;
                let data = folder.path().join("data");
                template::copy(&template.data, &data)?;
                Ok(Self { data, password: template.password, temporary: Some(folder) })
            }
            DataDir::Persistent(folder) => {
                let (data, password_file) = (folder.join("data"), folder.join("password"));
                if !data.exists() {
                    fs::create_dir_all(folder)?;
                    write_private(&password_file, template.password.as_bytes())?;
                    template::copy(&template.data, &data)?;
                }
                check_version(&data, binaries)?;
                let password = fs::read_to_string(&password_file)?;
                Ok(Self { data, password, temporary: None })
            }
        }
    }
}

/// PostgreSQL's data format changes with every major version.
fn check_version(data: &Path, binaries: &Binaries) -> Result<(), PgError> {
    let made_by = fs::read_to_string(data.join("PG_VERSION"))?;
    if made_by.trim() == binaries.major() {
        return Ok(());
    }
    Err(PgError::VersionMismatch {
        data: data.to_owned(),
        made_by: made_by.trim().to_owned(),
        found: binaries.version.clone(),
    })
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, PgError> + Send + 'static) -> Result<T, PgError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| PgError::Start(error.to_string()))?
}
