//! The stack itself: what is kept, what is checked, what is said when it does not start.

use bytes::Bytes;
use commerce_aws::Credentials;
use http::Request;
use local_stack::{LocalStack, Options, OriginClient, RunningStack, StackError};

async fn start(options: Options) -> Result<RunningStack, StackError> {
    LocalStack::start(options).await
}

fn list() -> Request<Bytes> {
    Request::get("/v1/products?limit=1").body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        products: 5,
        show_progress: false,
        cache_dir: std::env::temp_dir().join("shop-test-cache"),
        ..Options::for_development(folder.path())
    };
    if std::env::var_os("DATABASE_URL").is_some_and(|url| !url.is_empty()) {
        println!("skipped: the given database is kept by somebody else");
        return;
    }
    let first = start(options.clone()).await.unwrap();
    let (products, key) = (first.products(10).await, first.ready().aws_access_key_id.clone());
    assert_eq!(products.len(), 5);
    first.stop().await;
    let second = start(options.clone()).await.unwrap();
    assert_eq!((second.products(10).await, &second.ready().aws_access_key_id), (products, &key));
    second.stop().await;
    let fresh = start(Options { fresh: true, products: 2, ..options }).await.unwrap();
    assert_eq!(fresh.products(10).await.len(), 2);
    assert_ne!(fresh.ready().aws_access_key_id, key);
    fresh.stop().await;
}

#[tokio::test]
async fn the_origin_answers_its_edge_alone_and_can_be_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(Options { products: 1, ..Options::for_tests(folder.path()) }).await.unwrap();
    let client = OriginClient::new(&stack).unwrap();
    assert_eq!(client.send(list(), None).await.status(), 200);
    let stranger = client.clone().with_credentials(Credentials::new("AKIASTRANGER", "secret"));
    assert_eq!(stranger.send(list(), None).await.status(), 403);
    let address = stack.ready().origin_url.strip_prefix("http://").unwrap().to_owned();
    stack.stop_origin().await;
    assert!(tokio::net::TcpStream::connect(&address).await.is_err());
    stack.start_origin().await.unwrap();
    assert_eq!(client.send(list(), None).await.status(), 200);
    stack.stop().await;
}

#[tokio::test]
async fn what_prevents_a_start_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::for_tests(folder.path());
    for (options, expected) in [
        (Options { catalog: Some("/nowhere.csv".into()), ..options.clone() }, "/nowhere.csv: No such file"),
        (
            Options { catalog: Some("/etc/hostname".into()), ..options.clone() },
            "a catalog is a .csv, .ndjson or .jsonl",
        ),
        (Options { state_dir: "/dev/null/x".into(), ..options }, "/dev/null/x: "),
    ] {
        let error = start(options).await.err().expect("should not start").to_string();
        assert!(error.contains(expected) && !error.contains('\n'), "{error}");
    }
}

#[tokio::test]
async fn the_ready_file_is_private_and_whole() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let stack = crate::shop::stack();
    let path = folder.path().join("ready.json");
    stack.ready().write(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let read: local_stack::Ready = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(&read, stack.ready());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
