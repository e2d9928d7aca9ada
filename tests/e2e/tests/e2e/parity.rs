//! Both edges answer the same: status, body and headers, for every row of the table.

use e2e::{Answer, Shop, compare::Comparable, rows};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_edges_answer_every_row_the_same() {
    let shop = Shop::start().await;
    let catalog = shop.catalog_ids().await;
    let mut worlds = Vec::new();
    for edge in &shop.edges {
        worlds.push(shop.world(edge).await);
    }
    let rows = rows::all();
    assert_eq!(rows::missing(&rows), []);
    let mut faults = Vec::new();
    for row in &rows {
        let mut answers: Vec<Answer> = Vec::new();
        for (edge, world) in shop.edges.iter().zip(&worlds) {
            answers.push((row.call)(world).send(&shop.client, &edge.url).await);
        }
        let (spin, workers) = (&answers[0], &answers[1]);
        if spin.status.as_u16() != row.status {
            faults.push(format!("{}: expected {}, Spin gave {} {}", row.name, row.status, spin.status, spin.text()));
        }
        let (left, right) = (Comparable::of(spin, &catalog), Comparable::of(workers, &catalog));
        if left != right {
            faults.push(format!("{}:\n  spin    {left:?}\n  workers {right:?}", row.name));
        }
    }
    assert!(faults.is_empty(), "{} of {} rows:\n{}", faults.len(), rows.len(), faults.join("\n"));
}
