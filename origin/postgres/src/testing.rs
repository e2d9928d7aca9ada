//! A migrated database for each test, on one server for all tests of this process.

use std::{
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use test_support::{PgConfig, PgServer};
use tokio::sync::{Mutex, OnceCell};

use crate::{Database, DatabaseSettings};

/// A database of its own for the calling test.
pub(crate) async fn database() -> Database {
    let url = database_url().await;
    Database::new(&DatabaseSettings { max_connections: 4, ..DatabaseSettings::new(url) })
        .expect("the URL should be valid")
}

/// The URL of a migrated database of its own for the calling test.
pub(crate) async fn database_url() -> String {
    static TEMPLATE: OnceCell<String> = OnceCell::const_new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let template = TEMPLATE.get_or_init(template).await;
    let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    // The template counts as used until the server has seen the migration's connection end.
    for _ in 0..100 {
        let server = server().lock().await;
        if server.create_database(&name, Some(template)).await.is_ok() {
            return server.database_url(&name);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no copy of the template could be made");
}

async fn template() -> String {
    let name = format!("template_{}", std::process::id());
    let server = server().lock().await;
    server.create_database(&name, None).await.expect("a template should be made");
    let settings = DatabaseSettings::new(server.database_url(&name));
    Database::migrate(&settings).await.expect("the migrations should run");
    name
}

/// The server lives on a thread of its own, since each test's runtime ends with the test.
fn server() -> &'static Mutex<PgServer> {
    static SERVER: OnceLock<Mutex<PgServer>> = OnceLock::new();
    SERVER.get_or_init(|| {
        let (sender, receiver) = mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().expect("a runtime should start");
            let cache = std::env::temp_dir().join("shop-test-cache");
            let server = runtime.block_on(PgServer::start(PgConfig::for_tests(cache)));
            sender.send(server).expect("the first test should wait");
            runtime.block_on(std::future::pending::<()>());
        });
        let server = receiver.recv().expect("the server's thread should answer");
        Mutex::new(server.unwrap_or_else(|error| panic!("{error}")))
    })
}
