//! A file that goes in again, changed: what is sold stays sold.

use std::fs;

use commerce_domain::{Clock, Currency, OrderId, VariantId};
use local_stack::{CatalogFile, FileFormat, FileImport, LocalStack, Options, Progress, RunningStack, import_file};
use origin_core::{
    catalog::carry::{ExportFormat, export},
    inventory::{HeldLine, Hold, ReadStock, ReserveOutcome, ReserveStock},
};
use test_support::{SystemClock, SystemEntropy};

const HEADER: &str =
    "Handle,Title,Option1 Name,Option1 Value,Variant Inventory Qty,Variant Inventory Policy,Variant Price";

struct Shop {
    stack: RunningStack,
    folder: tempfile::TempDir,
}

impl Shop {
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let stack = LocalStack::start(Options::for_tests(folder.path())).await.unwrap();
        Self { stack, folder }
    }

    /// Imports these rows; what became of them, and the faults.
    async fn import(&self, rows: &[&str]) -> (FileImport, Vec<String>) {
        let path = self.folder.path().join("file.csv");
        fs::write(&path, format!("{HEADER}\n{}\n", rows.join("\n"))).unwrap();
        let file = CatalogFile { path, format: FileFormat::Csv, currency: Currency::USD };
        let mut faults = Vec::new();
        let (database, stock) = (self.stack.database(), self.stack.stock());
        let done = import_file(database, stock, &file, Progress::Hidden, |fault| faults.push(fault.to_string()));
        (done.await.unwrap(), faults)
    }

    /// The variants of the only product, in their order: id, price and limit.
    async fn variants(&self) -> Vec<(VariantId, String, i64)> {
        let client = self.stack.database().client().await.unwrap();
        let variants = "select id, price::numeric(9, 2)::text, backorder_limit from variants where deleted_at is null order by position";
        let rows = client.query(variants, &[]).await.unwrap();
        rows.iter().map(|row| (VariantId::from_uuid(row.get(0)).unwrap(), row.get(1), row.get(2))).collect()
    }

    async fn sell(&self, variant_id: VariantId, quantity: u32) -> ReserveOutcome {
        let hold = Hold {
            order_id: OrderId::generate(&SystemClock, &SystemEntropy),
            lines: vec![HeldLine { variant_id, quantity }],
            created_at: SystemClock.now(),
            expires_at: SystemClock.now(),
        };
        self.stack.stock().reserve(&hold).await.unwrap()
    }

    async fn counted_limit(&self, variant: VariantId) -> i64 {
        self.stack.stock().read_stock(&[variant]).await.unwrap()[0].backorder_limit
    }

    async fn exported(&self) -> String {
        let mut output = Vec::new();
        export(self.stack.database(), ExportFormat::Csv, &mut output).await.unwrap();
        String::from_utf8(output).unwrap()
    }
}

#[tokio::test]
async fn a_bad_cell_takes_nothing_out_of_the_shop_and_its_repair_sells_nothing_twice() {
    let shop = Shop::open().await;
    let (small, medium) = ("shirt,Shirt,Size,S,8,deny,20.00", "shirt,,,M,2,deny,20.00");
    shop.import(&[small, medium]).await;
    let before = shop.variants().await;
    assert_eq!(shop.sell(before[0].0, 8).await, ReserveOutcome::Held);
    // The first row has the typo in its price; then the second one.
    for rows in [["shirt,Shirt,Size,S,8,deny,2O.00", medium], ["shirt,Shirt,Size,S,8,deny,25.00", "shirt,,,M,2,deny,x"]]
    {
        let (done, faults) = shop.import(&rows).await;
        assert_eq!((done.imported.created, done.imported.replaced), (0, 0), "{faults:?}");
        assert_eq!(shop.variants().await, before);
    }
    let (done, faults) = shop.import(&["shirt,Shirt,Size,S,8,deny,25.00", "shirt,,,M,2,deny,x"]).await;
    assert_eq!(
        faults,
        [
            "line 3: Variant Price: \"x\" is no plain decimal number",
            "line 2: row: the product stays as it was, because a row of it was refused"
        ]
    );
    assert_eq!((done.imported.left, &done.faults.first, done.faults.more), (1, &faults, 0));
    // Taken out by a file that means it, and back again.
    shop.import(&["shirt,Shirt,Size,M,2,deny,20.00"]).await;
    assert_eq!(shop.variants().await.len(), 1);
    shop.import(&[small, medium]).await;
    assert_eq!(shop.variants().await, before);
    assert!(matches!(shop.sell(before[0].0, 1).await, ReserveOutcome::SoldOut(_)), "all eight are sold");
    shop.stack.stop().await;
}

#[tokio::test]
async fn a_policy_that_changes_in_the_file_changes_what_can_be_sold() {
    let shop = Shop::open().await;
    shop.import(&["shirt,Shirt,Size,S,1,continue,20.00", "shirt,,,M,1,continue,20.00"]).await;
    let before = shop.variants().await;
    let [small, medium] = [before[0].0, before[1].0];
    assert_eq!(shop.sell(small, 5).await, ReserveOutcome::Held);
    let (_, faults) = shop.import(&["shirt,Shirt,Size,S,1,deny,30.00", "shirt,,,M,1,deny,20.00"]).await;
    let kept = "the variant \"S\" keeps 1000 instead of 0: 4 are sold beyond the stock";
    assert_eq!(faults, [format!("line 2: backorder limit: {kept}")]);
    let after = shop.variants().await;
    assert_eq!(after, [(small, "30.00".to_owned(), 1000), (medium, "20.00".to_owned(), 0)]);
    assert_eq!((shop.counted_limit(small).await, shop.counted_limit(medium).await), (1000, 0));
    assert_eq!(shop.sell(medium, 1).await, ReserveOutcome::Held);
    assert!(matches!(shop.sell(medium, 1).await, ReserveOutcome::SoldOut(_)));
    let exported = shop.exported().await;
    assert!(exported.contains(",1,continue,") && exported.contains(",1,deny,"), "{exported}");
    // And back.
    let (_, faults) = shop.import(&["shirt,Shirt,Size,S,1,deny,30.00", "shirt,,,M,1,continue,20.00"]).await;
    assert_eq!(faults.len(), 1);
    assert_eq!(shop.counted_limit(medium).await, 1000);
    assert_eq!(shop.sell(medium, 100).await, ReserveOutcome::Held);
    shop.stack.stop().await;
}
