use std::sync::Arc;

use commerce_domain::{InvoiceId, OrderId};
use futures_util::future::join_all;
use jiff::Timestamp;
use origin_core::invoices::{Head, InvoiceStore as _, NewInvoice};
use serde_json::json;
use test_support::{SystemClock, SystemEntropy};
use tokio::sync::Barrier;
use uuid::Uuid;

use super::*;
use crate::{
    DatabaseSettings,
    testing::{database_url, write_orders},
};

async fn with_orders() -> Database {
    let settings = DatabaseSettings { max_connections: 12, ..DatabaseSettings::new(database_url().await) };
    let database = Database::new(&settings).unwrap();
    write_orders(&database.client().await.unwrap(), 40).await;
    database
}

fn order(number: u32) -> OrderId {
    OrderId::from_uuid(format!("00000000-0000-7000-8200-{number:012}").parse::<Uuid>().unwrap()).unwrap()
}

fn new(number: u32, year: i16) -> NewInvoice {
    let id = InvoiceId::generate(&SystemClock, &SystemEntropy);
    let issued_at: Timestamp = format!("{year}-06-01T12:00:00Z").parse().unwrap();
    let draft = json!({
        "id": id, "kind": "invoice", "number": "", "issuedAt": issued_at, "issuedOn": "", "orderId": order(number),
        "orderNumber": "", "orderedOn": "", "seller": {"name": "Shop", "address": []},
        "buyer": {"address": {"street": "", "city": "", "zipCode": "", "country": ""}}, "currency": "EUR",
        "taxIncluded": true, "items": [], "subtotal": 10, "shipping": 0, "tax": 0, "taxes": [], "total": 10,
    });
    let head = Head { id, year, issued_at, issued_on: String::new() };
    let draft = serde_json::from_value(draft).unwrap();
    NewInvoice { head, legal_entity: "CC".to_owned(), order_id: order(number), draft }
}

async fn issued(database: &Database, year: i16) -> Vec<i32> {
    let client = database.client().await.unwrap();
    let numbers = "select number from invoices where year = $1 order by number";
    client.query(numbers, &[&year]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

/// Takes a number and does not come to keep a paper: by rolling back, or by the death of its connection.
async fn die(database: &Database, killed: bool) {
    let client = database.client().await.unwrap();
    client.batch_execute("begin").await.unwrap();
    client.execute(issue::NEXT, &[&"CC", &2026_i16]).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    if killed {
        let end = client.batch_execute("select pg_terminate_backend(pg_backend_pid())").await;
        assert!(end.is_err());
    } else {
        client.batch_execute("rollback").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn numbers_have_no_gap_whoever_issues_at_once_and_whoever_dies_meanwhile() {
    const MANY: u32 = 32;
    let database = Arc::new(with_orders().await);
    let together = Arc::new(Barrier::new(MANY as usize + 16));
    let issuing = (1..=MANY).map(|number| {
        let (database, together) = (Arc::clone(&database), Arc::clone(&together));
        tokio::spawn(async move {
            together.wait().await;
            Some(database.issue_invoice(&new(number, 2026)).await.unwrap().number)
        })
    });
    let dying = (0..16).map(|number| {
        let (database, together) = (Arc::clone(&database), Arc::clone(&together));
        tokio::spawn(async move {
            together.wait().await;
            die(&database, number % 2 == 0).await;
            None
        })
    });
    let told = join_all(issuing.chain(dying).collect::<Vec<_>>()).await;
    let mut told: Vec<String> = told.into_iter().filter_map(Result::unwrap).collect();
    told.sort_unstable();
    assert_eq!(told, (1..=MANY).map(|number| format!("CC-2026-{number:06}")).collect::<Vec<_>>());
    assert_eq!(issued(&database, 2026).await, (1..=32).collect::<Vec<_>>());
    let client = database.client().await.unwrap();
    let last: i32 = client.query_one("select last from invoice_counters", &[]).await.unwrap().get(0);
    assert_eq!(last, 32);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_order_has_one_invoice_whoever_issues_it_and_the_others_leave_no_gap() {
    let database = Arc::new(with_orders().await);
    for number in 1..=5 {
        let together = Arc::new(Barrier::new(6));
        // Two of them at the turn of the year.
        let issuing = (0..6).map(|at| {
            let (database, together) = (Arc::clone(&database), Arc::clone(&together));
            tokio::spawn(async move {
                together.wait().await;
                database.issue_invoice(&new(number, if at < 2 { 2027 } else { 2026 })).await.unwrap()
            })
        });
        let told = join_all(issuing.collect::<Vec<_>>()).await;
        let told: Vec<InvoiceResponse> = told.into_iter().map(Result::unwrap).collect();
        assert!(told.iter().all(|one| *one == told[0]), "{told:?}");
    }
    let (old, new) = (issued(&database, 2026).await, issued(&database, 2027).await);
    assert_eq!(old.len() + new.len(), 5);
    for series in [old, new] {
        assert_eq!(series, (1..=i32::try_from(series.len()).unwrap()).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn each_year_and_each_entity_begins_with_one() {
    let database = with_orders().await;
    let number = async |new: NewInvoice| database.issue_invoice(&new).await.unwrap().number;
    assert_eq!(number(new(1, 2026)).await, "CC-2026-000001");
    assert_eq!(number(new(2, 2026)).await, "CC-2026-000002");
    assert_eq!(number(new(3, 2027)).await, "CC-2027-000001");
    let other = NewInvoice { legal_entity: "CH".to_owned(), ..new(4, 2026) };
    assert_eq!(number(other).await, "CH-2026-000001");
    assert_eq!(number(new(5, 2026)).await, "CC-2026-000003");
    assert_eq!(number(new(5, 2026)).await, "CC-2026-000003", "the same one");
}
