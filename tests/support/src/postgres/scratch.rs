//! Databases of tests: under names that nobody else uses, and dropped by the next process where theirs did not get to it.

use std::{
    cell::RefCell,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use commerce_domain::Entropy;
use tokio::sync::{OnceCell, oneshot};
use tokio_postgres::{Config, NoTls};

use super::{PgConfig, PgError, PgServer, error::reason};
use crate::entropy::random_hex;

/// Names of databases: `shop_test_<run>_<number>`. [`super::admin::drop_abandoned`] knows this form.
#[derive(Debug)]
pub(super) struct Names {
    run: String,
    next: AtomicU32,
}

impl Names {
    pub(super) fn new(entropy: &dyn Entropy) -> Self {
        Self { run: format!("shop_test_{}", random_hex(entropy, 8)), next: AtomicU32::new(0) }
    }

    /// What all of the names begin with.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    pub(super) fn next(&self) -> String {
        format!("{}_{}", self.run, self.next.fetch_add(1, Ordering::Relaxed))
    }
}

/// A session whose name tells everybody on the server that a run's databases are in use. Unlike a process id it means the same
/// on every machine, and it ends with this process, however that ends.
#[derive(Debug)]
pub(super) struct Presence {
    _leave: oneshot::Sender<()>,
}

impl Presence {
    /// On a thread of its own: a test's runtime ends with the test, and the run goes on.
    pub(super) async fn of(url: &str, run: &str) -> Result<Self, PgError> {
        let mut config: Config = url.parse().map_err(|_| PgError::Start("DATABASE_URL is no URL".to_owned()))?;
        config.application_name(run);
        let (leave, left) = oneshot::channel();
        let (entered, enter) = oneshot::channel();
        thread::Builder::new().name("postgres-presence".to_owned()).spawn(move || stay(&config, entered, left))?;
        enter.await.map_err(|_| PgError::Start("its thread ended".to_owned()))??;
        Ok(Self { _leave: leave })
    }
}

fn stay(config: &Config, entered: oneshot::Sender<Result<(), PgError>>, left: oneshot::Receiver<()>) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return drop(entered.send(Err(error.into()))),
    };
    runtime.block_on(async {
        match config.connect(NoTls).await {
            Ok((_client, connection)) => {
                let _ = entered.send(Ok(()));
                tokio::select! {
                    _ = connection => {}
                    _ = left => {}
                }
            }
            Err(error) => drop(entered.send(Err(PgError::Statement(reason(&error))))),
        }
    });
}

/// One server for all tests of a process, and one template that their databases are copies of.
#[derive(Debug, Default)]
pub struct TestDatabases {
    server: OnceCell<(PgServer, String)>,
    /// Databases whose tests have ended.
    left: Mutex<Vec<String>>,
}

thread_local! {
    /// The databases of this thread's test. Each test has a thread of its own.
    static HELD: RefCell<Vec<Lease>> = const { RefCell::new(Vec::new()) };
}

/// A database in use. Dropped with its test's thread.
struct Lease {
    name: String,
    databases: &'static TestDatabases,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.databases.left().push(std::mem::take(&mut self.name));
    }
}

impl TestDatabases {
    /// Nothing is started before the first test asks.
    pub const fn new() -> Self {
        Self { server: OnceCell::const_new(), left: Mutex::new(Vec::new()) }
    }

    /// The URL of a database of the calling test's own, which is there for as long as the calling thread. `prepare` gets the
    /// template's URL, once.
    ///
    /// # Errors
    /// [`PgError`].
    pub async fn url(&'static self, prepare: impl AsyncFnOnce(&str)) -> Result<String, PgError> {
        let start = async || {
            let server = PgServer::start(PgConfig::for_tests()).await?;
            let template = server.create_test_database(None).await?;
            prepare(&server.database_url(&template)).await;
            Ok::<_, PgError>((server, template))
        };
        let (server, template) = self.server.get_or_try_init(start).await?;
        // Hundreds of databases would fill the disk before the server goes, or the memory.
        let left = std::mem::take(&mut *self.left());
        for name in left {
            server.drop_database(&name).await?;
        }
        let name = server.create_test_database(Some(template)).await?;
        let url = server.database_url(&name);
        HELD.with_borrow_mut(|held| held.push(Lease { name, databases: self }));
        Ok(url)
    }

    fn left(&self) -> MutexGuard<'_, Vec<String>> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
