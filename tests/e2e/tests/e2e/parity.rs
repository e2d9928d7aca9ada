//! Both edges answer the same: status, body and headers, for every row of the table.

use std::collections::BTreeSet;

use e2e::{
    Answer, EdgeKind, Shop, World,
    compare::Comparable,
    rows::{self, Row},
};

/// A shop's edges, and what each one's shoppers have.
struct Stage {
    shop: Shop,
    worlds: Vec<World>,
    catalog: BTreeSet<String>,
}

impl Stage {
    async fn set(variables: &[(&str, &str)]) -> Self {
        let shop = Shop::start_with(&EdgeKind::ALL, variables).await;
        // Before each edge adds something of its own.
        let catalog = shop.catalog_ids().await;
        let mut worlds = Vec::new();
        for edge in &shop.edges {
            worlds.push(shop.world(edge).await);
        }
        // No edge has read the catalog yet, and all that they will read is what is published now.
        shop.stack.stop_publishing().await;
        for (edge, world) in shop.edges.iter().zip(&mut worlds) {
            world.product_etag = shop.etag_of(edge, &world.product).await;
        }
        Self { shop, worlds, catalog }
    }

    /// Both edges' answers to a row.
    async fn answers(&self, row: &Row) -> Vec<Answer> {
        let mut answers = Vec::new();
        for (edge, world) in self.shop.edges.iter().zip(&self.worlds) {
            answers.push((row.call)(world).send(&self.shop.client, &edge.url).await);
        }
        answers
    }

    async fn play(&self, rows: &[Row]) {
        let mut faults = Vec::new();
        for row in rows {
            let answers = self.answers(row).await;
            let (spin, workers) = (&answers[0], &answers[1]);
            if spin.status.as_u16() != row.status {
                faults.push(format!(
                    "{}: expected {}, Spin gave {} {}",
                    row.name,
                    row.status,
                    spin.status,
                    spin.text()
                ));
            }
            let (left, right) = (Comparable::of(spin, &self.catalog), Comparable::of(workers, &self.catalog));
            if left != right {
                faults.push(format!("{}:\n  spin    {left:?}\n  workers {right:?}", row.name));
            }
        }
        assert!(faults.is_empty(), "{} of {} rows:\n{}", faults.len(), rows.len(), faults.join("\n"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_edges_answer_every_row_the_same() {
    let rows = rows::all();
    assert_eq!(rows::missing(&rows), []);
    Stage::set(&[]).await.play(&rows).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_edges_let_the_same_pages_in_where_they_are_listed() {
    let stage = Stage::set(&[("cors_origins", rows::LISTED_ORIGINS)]).await;
    let rows = rows::of_listed_origins();
    stage.play(&rows).await;
    for row in &rows {
        let listed = row.name.contains("listed page");
        for answer in stage.answers(row).await {
            let allowed = answer.header("access-control-allow-origin");
            assert_eq!(!allowed.is_empty(), listed, "{}: {allowed}", row.name);
        }
    }
}
