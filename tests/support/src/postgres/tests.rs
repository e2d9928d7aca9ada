//! These need a PostgreSQL, as the whole suite does: without one they fail with the line that says what to install.

use std::{net::TcpListener, os::unix::fs::PermissionsExt};

use tokio_postgres::NoTls;

use super::*;
use crate::process::is_running;

fn private() -> PgConfig {
    PgConfig { database_url: None, ..PgConfig::for_tests() }
}

async fn connect(url: &str) -> tokio_postgres::Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
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
    let copied = server.create_test_database(Some("original")).await.unwrap();
    let copy = connect(&server.database_url(&copied)).await;
    assert_eq!(copy.query_one("select n from t", &[]).await.unwrap().get::<_, i32>(0), 7);
    server.drop_database(&copied).await.unwrap();
    assert!(tokio_postgres::connect(&server.database_url(&copied), NoTls).await.is_err());
    server.stop().await;
    assert!(!is_running(process));
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
        cache_dir: root.path().join("cache"),
        ..PgConfig::for_development(root.path().join("state/postgres"))
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
    let kept = fs::metadata(root.path().join("cache/databases")).unwrap();
    assert_eq!(kept.permissions().mode() & 0o777, 0o700, "who can write there decides what is run");

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
}

#[tokio::test]
async fn on_a_given_server_tests_drop_what_tests_that_are_gone_have_left_and_nothing_else() {
    let server = PgServer::start(private()).await.unwrap();
    let given = || PgConfig { database_url: Some(server.database_url("postgres")), ..private() };
    let names = async || -> Vec<String> {
        let client = connect(&server.database_url("postgres")).await;
        let rows = client.query("select datname::text from pg_database where datname like '%test%'", &[]).await;
        rows.unwrap().iter().map(|row| row.get(0)).collect()
    };
    server.create_database("shop_test_of_somebody", None).await.unwrap();
    let gone = PgServer::start(given()).await.unwrap();
    let left = gone.create_test_database(None).await.unwrap();
    let living = PgServer::start(given()).await.unwrap();
    let kept = living.create_test_database(None).await.unwrap();
    assert!(names().await.contains(&left), "its owner lives");
    gone.stop().await;
    while names().await.contains(&left) {
        // The server has to see the session end.
        PgServer::start(given()).await.unwrap().stop().await;
    }
    let mut names = names().await;
    names.sort();
    let mut expected = vec![kept, "shop_test_of_somebody".to_owned()];
    expected.sort();
    assert_eq!(names, expected);
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
    assert!(is_running(process));
    parent.kill().unwrap();
    parent.wait().unwrap();
    for _ in 0..500 {
        if !is_running(process) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the server outlived its parent by ten seconds");
}
