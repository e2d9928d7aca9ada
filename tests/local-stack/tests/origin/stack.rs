//! The stack itself: what is kept, what is checked, what is said when it does not start.

use std::time::Duration;

use commerce_aws::Credentials;
use commerce_domain::VariantId;
use local_stack::{LocalStack, Options, Progress, RunningStack, StackError};
use origin_core::{
    Backend as _,
    inventory::{MoveOutcome, MoveStock as _, MovedLine, StockMovement},
};

use crate::client::OriginClient;

const LIST: &str = "/v1/products?limit=1";

async fn start(options: Options) -> Result<RunningStack, StackError> {
    LocalStack::start(options).await
}

#[tokio::test]
async fn a_second_start_finds_what_the_first_has_left() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        products: 5,
        progress: Progress::Hidden,
        database_url: None,
        ..Options::for_development(folder.path())
    };
    let first = start(options.clone()).await.unwrap();
    let (products, key) = (first.products(10).await, first.ready().aws_access_key_id.clone());
    let (issuer, token) = (first.issuer().issuer().to_owned(), first.ready().shopper_token.clone());
    assert_eq!(products.len(), 5);
    first.stop().await;
    let second = start(options.clone()).await.unwrap();
    assert_eq!((second.products(10).await, &second.ready().aws_access_key_id), (products, &key));
    assert_eq!(second.issuer().issuer(), issuer, "customers are known by it");
    let orders = OriginClient::new(&second).get("/v1/orders", Some(&token)).await;
    assert_eq!(orders.status(), 200, "a token of the first start is good in the second");
    second.stop().await;
    let fresh = start(Options { fresh: true, products: 2, ..options }).await.unwrap();
    assert_eq!(fresh.products(10).await.len(), 2);
    assert_ne!(fresh.ready().aws_access_key_id, key);
    fresh.stop().await;
}

#[tokio::test]
async fn a_database_of_another_version_is_named_with_what_to_do_about_it() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        products: 1,
        progress: Progress::Hidden,
        database_url: None,
        ..Options::for_development(folder.path())
    };
    let first = start(options.clone()).await.unwrap();
    let client = first.database().client().await.unwrap();
    client.execute("delete from refinery_schema_history where version = 13", &[]).await.unwrap();
    let database_url = Some(first.ready().database_url.clone());
    let elsewhere = tempfile::tempdir().unwrap();
    let given = Options { database_url, ..Options::for_development(elsewhere.path()) };
    let refused = start(given).await.err().expect("should not start").to_string();
    assert!(
        refused.contains("V13__shipments") && refused.ends_with("drop what is in the database of DATABASE_URL"),
        "{refused}"
    );
    drop(client);
    first.stop().await;
    let refused = start(options.clone()).await.err().expect("should not start").to_string();
    assert!(
        refused.contains("V13__shipments") && refused.ends_with("start with --fresh, which begins anew"),
        "{refused}"
    );
    start(Options { fresh: true, ..options }).await.unwrap().stop().await;
}

#[tokio::test]
async fn what_drifts_apart_is_put_right_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(Options { products: 3, ..Options::for_tests(folder.path()) }).await.unwrap();
    let variant = stack.products(1).await[0]["variants"][0]["id"].as_str().unwrap().parse().unwrap();
    // Past the ledger.
    let lines = vec![MovedLine { variant_id: variant, quantity: 3 }];
    let movement = StockMovement { reference: "planted".to_owned(), lines, version: None };
    assert_eq!(stack.stock().move_stock(&movement).await, Ok(MoveOutcome::Moved));
    let client = stack.database().client().await.unwrap();
    let entries = "select variant_id, quantity from stock_ledger where reference like 'reconciliation%'";
    let mut entered = Vec::new();
    for _ in 0..120 {
        entered = client.query(entries, &[]).await.unwrap();
        if !entered.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    let entered: Vec<(VariantId, i64)> =
        entered.iter().map(|row| (VariantId::from_uuid(row.get(0)).unwrap(), row.get(1))).collect();
    assert_eq!(entered, [(variant, 3)], "and nothing else differs");
    drop(client);
    stack.stop().await;
}

#[tokio::test]
async fn the_origin_answers_its_edge_alone_and_can_be_taken_away() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(Options { products: 1, ..Options::for_tests(folder.path()) }).await.unwrap();
    let client = OriginClient::new(&stack);
    assert_eq!(client.get(LIST, None).await.status(), 200);
    let stranger = client.clone().with_credentials(Credentials::new("AKIASTRANGER", "secret"));
    assert_eq!(stranger.get(LIST, None).await.status(), 403);
    let address = stack.ready().origin_url.strip_prefix("http://").unwrap().to_owned();
    stack.stop_origin().await;
    assert!(tokio::net::TcpStream::connect(&address).await.is_err());
    stack.start_origin().await.unwrap();
    assert_eq!(client.get(LIST, None).await.status(), 200);
    stack.stop().await;
}

#[tokio::test]
async fn what_prevents_a_start_is_said_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options::for_tests(folder.path());
    let given = Options {
        database_url: Some("postgres://u:secret@127.0.0.1:1/shop".to_owned()),
        ..Options::for_development(folder.path())
    };
    for (options, expected) in [
        (Options { catalog: Some("/nowhere.csv".into()), ..options.clone() }, "/nowhere.csv: No such file"),
        (
            Options { catalog: Some("/etc/hostname".into()), ..options.clone() },
            "a catalog is a .csv, .ndjson or .jsonl",
        ),
        (
            Options { pricing_rules: Some(r#"{"currency": "USD"}"#.to_owned()), ..options.clone() },
            "PRICING_RULES is not valid: tax_zones: is required",
        ),
        (Options { state_dir: "/dev/null/x".into(), ..options }, "/dev/null/x: "),
        (given.clone(), "PostgreSQL at 127.0.0.1:1 cannot be used"),
        (Options { fresh: true, ..given }, "--fresh does not empty a database that was given"),
    ] {
        let error = start(options).await.err().expect("should not start").to_string();
        assert!(error.contains(expected) && !error.contains('\n') && !error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn tests_leave_nothing_on_a_database_server_that_was_given() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options {
        products: 0,
        progress: Progress::Hidden,
        database_url: None,
        ..Options::for_development(folder.path())
    };
    let server = start(options).await.unwrap();
    let count = async || -> i64 {
        let client = server.database().client().await.unwrap();
        client.query_one("select count(*) from pg_database", &[]).await.unwrap().get(0)
    };
    let before = count().await;
    let given = Some(server.ready().database_url.clone());
    let guest = start(Options { database_url: given, ..Options::for_tests(folder.path()) }).await.unwrap();
    assert_eq!(count().await, before + 1, "a database of its own");
    guest.stop().await;
    assert_eq!(count().await, before);
    server.stop().await;
}

#[tokio::test]
async fn the_ready_file_is_private_and_whole() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let stack = start(Options::for_tests(&folder.path().join("state"))).await.unwrap();
    let path = folder.path().join("ready.json");
    stack.ready().write(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let read: local_stack::Ready = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    assert_eq!(&read, stack.ready());
    assert!(!folder.path().join("ready.json.partial").exists());
    stack.stop().await;
}

#[tokio::test]
async fn origin_and_edge_are_given_the_same_rules() {
    let folder = tempfile::tempdir().unwrap();
    let rules = r#"{"currency": "EUR", "tax_zones": [], "shipping_zones": [{"fee": 4.90}]}"#.to_owned();
    let options = Options { pricing_rules: Some(rules.clone()), ..Options::for_tests(folder.path()) };
    let stack = start(options).await.unwrap();
    assert_eq!(stack.backend().pricing().currency().code(), "EUR");
    assert_eq!(stack.edge_variables()["pricing_rules"], rules);
    stack.stop().await;
}

#[tokio::test]
async fn a_strict_dynamodb_refuses_transactions_that_meet() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(Options::for_tests(folder.path())).await.unwrap();
    assert!(stack.dynamo_faults().unwrap().switches().detect_conflicts);
    stack.stop().await;
}

#[tokio::test]
async fn the_payment_providers_webhooks_reach_the_origin() {
    let folder = tempfile::tempdir().unwrap();
    let stack = start(Options::for_tests(folder.path())).await.unwrap();
    let request = http::Request::post(format!("{}/v1/payment_intents", stack.payments().url()))
        .header("authorization", format!("Bearer {}", local_stack::PAYMENTS_KEY))
        .body(bytes::Bytes::from_static(b"amount=1050&currency=usd"))
        .unwrap();
    let http = origin_gateways::ReqwestClient::new(std::time::Duration::from_secs(30)).unwrap();
    // While the origin is away, its edge says so, and the provider tries again.
    stack.stop_origin().await;
    assert_eq!(commerce_aws::HttpClient::send(&http, request).await.unwrap().status(), 200);
    let sent = async |outcome: &str| {
        for _ in 0..200 {
            let webhook = stack.payments().state()["webhooks"][0].clone();
            if webhook["outcome"] == outcome {
                return webhook;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("{}", stack.payments().state()["webhooks"]);
    };
    assert_eq!(sent("502").await["delivered"], false);
    stack.start_origin().await.unwrap();
    assert_eq!(sent("200").await["delivered"], true);
    stack.stop().await;
}
