//! Files into a shop of their own, and out again.

use std::path::{Path, PathBuf};

use local_stack::{CatalogFile, FileFormat, FileImport, LocalStack, Options, Progress, RunningStack, import_file};
use origin_core::{
    catalog::carry::{ExportFormat, export},
    inventory::ReadStock,
};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../origin/core/tests/data/products.csv");

async fn shop() -> (tempfile::TempDir, RunningStack) {
    let folder = tempfile::tempdir().unwrap();
    let stack = LocalStack::start(Options::for_tests(folder.path())).await.unwrap_or_else(|error| panic!("{error}"));
    (folder, stack)
}

async fn import(stack: &RunningStack, path: &Path) -> FileImport {
    let format = FileFormat::of(path).unwrap();
    let file = CatalogFile { path: path.to_owned(), format, currency: commerce_domain::Currency::USD };
    let done = import_file(stack.database(), stack.stock(), &file, Progress::Hidden, |fault| panic!("{fault}"));
    done.await.unwrap()
}

async fn exported(stack: &RunningStack, format: ExportFormat) -> String {
    let mut output = Vec::new();
    export(stack.database(), format, &mut output).await.unwrap();
    String::from_utf8(output).unwrap()
}

#[tokio::test]
async fn files_go_in_with_their_stock_and_come_out_the_same() {
    let (folder, stack) = shop().await;
    let mut files = vec![(PathBuf::from(SAMPLE), [6, 3, 5, 5])];
    let real = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    for (name, counts) in [
        ("shopify-apparel.csv", [22, 20, 22, 20]),
        ("shopify-home-and-garden.csv", [21, 20, 21, 21]),
        ("shopify-jewelery.csv", [41, 20, 23, 41]),
    ] {
        if real.join(name).is_file() {
            files.push((real.join(name), counts));
        } else {
            println!("skipped: {name} is not at hand");
        }
    }
    for (path, expected) in &files {
        let done = import(&stack, path).await;
        let counts = done.counts;
        assert_eq!([counts.rows, counts.products, counts.variants, counts.images], *expected, "{}", path.display());
        assert_eq!((counts.refused_rows, done.imported.created, done.imported.replaced), (0, expected[1], 0));
    }
    let (csv, ndjson) = (exported(&stack, ExportFormat::Csv).await, exported(&stack, ExportFormat::Ndjson).await);
    for (name, text) in [("again.csv", &csv), ("again.ndjson", &ndjson)] {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        let (_other_folder, other) = shop().await;
        let _ = import(&other, &path).await;
        assert!(exported(&other, ExportFormat::Csv).await == csv, "{name}: the CSV differs");
        assert!(exported(&other, ExportFormat::Ndjson).await == ndjson, "{name}: the NDJSON differs");
        let again = import(&other, &path).await;
        assert_eq!(again.imported.created, 0, "a second import replaces");
        assert!(exported(&other, ExportFormat::Csv).await == csv, "{name}: a second import changes the CSV");
        other.stop().await;
    }
    every_variant_has_its_counter(&stack).await;
    stack.stop().await;
}

async fn every_variant_has_its_counter(stack: &RunningStack) {
    let client = stack.database().client().await.unwrap();
    let rows = client.query("select id, stock from variants order by id", &[]).await.unwrap();
    assert!(!rows.is_empty());
    for chunk in rows.chunks(100) {
        let ids: Vec<_> = chunk.iter().map(|row| commerce_domain::VariantId::from_uuid(row.get(0)).unwrap()).collect();
        let mut levels = stack.stock().read_stock(&ids).await.unwrap();
        levels.sort_by_key(|level| level.variant_id);
        let counted: Vec<_> = levels.iter().map(|level| (level.variant_id, level.on_hand)).collect();
        let expected: Vec<_> = ids.into_iter().zip(chunk.iter().map(|row| row.get::<_, i64>(1))).collect();
        assert_eq!(counted, expected);
    }
}
