//! Round trips.

mod refusals;

use std::{fs, io::Cursor, path::PathBuf};

use commerce_domain::Currency;
use proptest::{prelude::*, sample::select};

use super::*;
use crate::catalog::{CatalogEntry, ImportCounts, Item, ReadEntry};

const SAMPLE: &str = include_str!("../../../tests/data/products.csv");
const HEADER: &str =
    "Handle,Title,Variant Price,Option1 Name,Option1 Value,Variant Inventory Qty,Image Src,Image Position";

fn read(text: &str) -> (Vec<CatalogEntry>, Vec<String>, ImportCounts) {
    let (read, faults, counts) = read_bytes(text.as_bytes());
    (read.into_iter().map(|read| read.entry).collect(), faults, counts)
}

fn read_bytes(text: &[u8]) -> (Vec<ReadEntry>, Vec<String>, ImportCounts) {
    let mut reader = ShopifyReader::new(Cursor::new(text.to_owned()), Currency::USD).unwrap();
    let (mut entries, mut faults) = (Vec::new(), Vec::new());
    for item in reader.by_ref() {
        match item.unwrap() {
            Item::Entry(read) => entries.push(*read),
            Item::Fault(fault) => faults.push(fault.to_string()),
        }
    }
    (entries, faults, reader.counts())
}

fn write(entries: &[CatalogEntry]) -> String {
    let mut columns = ExportColumns::default();
    for entry in entries {
        columns.observe(entry);
    }
    let mut writer = ShopifyWriter::new(Vec::new(), &columns).unwrap();
    for entry in entries {
        writer.write(entry).unwrap();
    }
    String::from_utf8(writer.finish().unwrap()).unwrap()
}

fn counts(rows: u64, products: u64, variants: u64, images: u64) -> ImportCounts {
    ImportCounts { rows, refused_rows: 0, products, variants, images }
}

#[test]
fn option_rows_become_variants_and_rows_without_a_price_images() {
    let (entries, faults, found) = read(SAMPLE);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(found, counts(6, 3, 5, 5));
    let lamp = &entries[0];
    assert_eq!(lamp.tags, ["light", "desk"]);
    assert_eq!(lamp.category.slug.as_str(), "lighting");
    let options: Vec<_> =
        lamp.variants.iter().map(|v| v.options.iter().map(|(_, o)| o.as_str()).collect::<Vec<_>>()).collect();
    assert_eq!(options, [["Red", "S"], ["Red", "L"], ["Blue", "S"]]);
    let limits: Vec<_> = lamp.variants.iter().map(|v| (v.stock, v.backorder_limit, v.weight_grams)).collect();
    assert_eq!(limits, [(12, 0, Some(850)), (3, columns::CONTINUE_LIMIT, Some(900)), (0, 0, None)]);
    assert_eq!(lamp.images[3].alt, "@work");
    assert_eq!(
        (lamp.extra["Material"].as_str(), lamp.variants[0].extra["Variant Barcode"].as_str()),
        ("Steel", "'0123")
    );
    assert_eq!(lamp.variants[1].extra["Google Shopping / MPN"], "M-2");
    let card = &entries[1];
    assert_eq!((card.name.as_str(), card.description.as_str()), ("=Gift Card", "-10 % on Mondays"));
    assert!(!card.published && card.variants[0].options.is_empty());
    assert_eq!((entries[2].name.as_str(), entries[2].category.name.as_str()), ("Grüner Tee", "日本"));
}

#[test]
fn an_export_is_the_imported_file_byte_for_byte() {
    assert_eq!(write(&read(SAMPLE).0), SAMPLE);
}

#[test]
fn what_shopify_has_no_column_for_comes_back_too() {
    let mut entries = read(SAMPLE).0;
    entries[0].rating = "4.5".parse().unwrap();
    entries[0].review_count = 12;
    entries[0].specifications.insert("power".to_owned(), "=5 W, \"max\"".to_owned());
    entries[0].variants[0].backorder_limit = 7;
    entries[1].variants[0].price =
        "3".parse().map(|three| commerce_domain::Money::new(three, "JPY".parse().unwrap())).unwrap().unwrap();
    entries[1].currency = "JPY".parse().unwrap();
    let file = write(&entries);
    let (again, faults, _) = read(&file);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!(again[0].specifications, entries[0].specifications);
    assert_eq!((again[0].rating, again[0].review_count), (entries[0].rating, 12));
    assert_eq!((again[0].variants[0].backorder_limit, again[1].variants[0].price), (7, entries[1].variants[0].price));
    assert_eq!(write(&again), file);
}

#[test]
fn images_are_shown_by_their_position() {
    let rows = "a,A,5,,,1,https://x.example/2,2\na,,,,,,https://x.example/1,1\na,,,,,,https://x.example/0,";
    let (entries, _, _) = read(&format!("{HEADER}\n{rows}\n"));
    let urls: Vec<_> = entries[0].images.iter().map(|image| &image.url[18..]).collect();
    assert_eq!(urls, ["1", "0", "2"]);
    let file = write(&entries);
    assert_eq!(write(&read(&file).0), file);
    assert!(file.contains("/1,1,") && file.contains("/0,,") && file.contains("/2,2,"), "{file}");
}

#[test]
fn gaps_between_positions_are_kept_for_as_long_as_they_give_the_order() {
    let rows = "a,A,5,,,1,https://x.example/1,1\na,,,,,,https://x.example/2,3\na,,,,,,https://x.example/3,07";
    let (mut entries, _, _) = read(&format!("{HEADER}\n{rows}\n"));
    let file = write(&entries);
    assert!(file.contains("/2,3,") && file.contains("/3,07,"), "{file}");
    assert_eq!(write(&read(&file).0), file);
    entries[0].images.swap(0, 1);
    let swapped = write(&entries);
    assert!(swapped.contains("/2,1,") && swapped.contains("/1,2,") && swapped.contains("/3,3,"), "{swapped}");
}

#[test]
fn only_an_active_product_is_shown_and_both_cells_come_back() {
    let columns = "Handle,Title,Published,Variant Price,Status";
    for (published, status, shown) in [
        ("true", "active", true),
        ("", "Active", true),
        ("TRUE", "", true),
        ("true", "draft", false),
        ("", "archived", false),
        ("false", "active", false),
        ("FALSE", "draft", false),
    ] {
        let (mut entries, faults, _) = read(&format!("{columns}\na,A,{published},5.00,{status}\n"));
        assert_eq!((faults, entries[0].published), (Vec::new(), shown), "{published:?} {status:?}");
        let cells = |entries: &[CatalogEntry]| {
            let file = write(entries);
            let mut rows = csv::Reader::from_reader(file.as_bytes());
            let header = rows.headers().unwrap().clone();
            let row = rows.records().next().unwrap().unwrap();
            let cell = |name: &str| header.iter().position(|column| column == name).map_or("", |place| &row[place]);
            (file.clone(), cell("Published").to_owned(), cell("Status").to_owned())
        };
        let (file, came, state) = cells(&entries);
        assert_eq!((came.as_str(), state.as_str()), (published, status));
        assert_eq!(write(&read(&file).0), file);
        // Changed in the shop, the cells say what holds now.
        entries[0].published = !shown;
        let (file, ..) = cells(&entries);
        assert_eq!(read(&file).0[0].published, !shown, "{file}");
        assert_eq!(write(&read(&file).0), file);
    }
}

#[test]
fn a_shop_that_has_oversold_has_nothing_and_its_count_comes_back() {
    let (entries, faults, _) = read(&format!("{HEADER}\na,A,5.00,,,-3,,\n"));
    assert_eq!((faults, entries[0].variants[0].stock), (Vec::new(), 0));
    let file = write(&entries);
    assert!(file.contains(",'-3,"), "{file}");
    assert_eq!(write(&read(&file).0), file);
}

#[test]
fn what_an_export_writes_an_import_reads() {
    let mut entry = read(SAMPLE).0.remove(0);
    let text = |length: usize| "é".repeat(length);
    entry.description = text(100_000);
    entry.tags = (0..250).map(|tag| format!("{tag:03}{}", text(200))).collect();
    entry.specifications = (0..100).map(|key| (format!("{key}{}", text(200)), text(900))).collect();
    entry.extra.insert("Material".to_owned(), text(60_000));
    entry.extra.remove(columns::TAGS);
    let file = write(&[entry.clone()]);
    let (again, faults, _) = read(&file);
    assert_eq!((faults, again), (Vec::new(), vec![entry]));
}

#[test]
fn a_catalog_with_too_many_columns_is_no_csv() {
    let mut entry = read(SAMPLE).0.remove(2);
    let further = MAX_COLUMNS - columns::STANDARD.len();
    entry.extra.extend((0..further).map(|number| (format!("Column {number}"), "x".to_owned())));
    let mut fits = ExportColumns::default();
    fits.observe(&entry);
    assert!(ShopifyWriter::new(Vec::new(), &fits).is_ok());
    assert_eq!(read(&write(&[entry.clone()])).1, Vec::<String>::new());
    entry.review_count = 1;
    fits.observe(&entry);
    let refusal = ShopifyWriter::new(Vec::new(), &fits).err().unwrap().to_string();
    assert_eq!(refusal, "the catalog needs more than the 256 columns that a file may have: export it as NDJSON");
}

/// The three files that the shop was first filled with, where they are at hand.
#[test]
fn real_files_go_in_whole_and_come_out_the_same() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    let folder = std::env::var_os("COMMERCE_SAMPLE_DATA").map_or(folder, PathBuf::from);
    for (file, expected, missing) in [
        ("shopify-apparel.csv", counts(22, 20, 22, 20), 1),
        ("shopify-home-and-garden.csv", counts(21, 20, 21, 21), 0),
        ("shopify-jewelery.csv", counts(41, 20, 23, 41), 1),
    ] {
        let Ok(text) = fs::read_to_string(folder.join(file)) else {
            println!("skipped: {file} is not at hand");
            continue;
        };
        let (entries, faults, found) = read(&text);
        assert_eq!((faults, found), (Vec::new(), expected), "{file}");
        let export = write(&entries);
        // Exports always have Shopify's newest column, which two of the files lack.
        let cells = |text: &str, drop: usize| {
            let mut rows = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes()).into_records();
            let rows: Vec<Vec<String>> =
                rows.by_ref().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            rows.into_iter().map(|row| row[..row.len() - drop].to_vec()).collect::<Vec<_>>()
        };
        assert_eq!(cells(&export, missing), cells(&text, 0), "{file}");
        if missing == 0 {
            assert_eq!(export.trim_end(), text.trim_end(), "{file}");
        }
        assert_eq!(write(&read(&export).0), export, "{file}");
    }
}

/// A row of plausible and implausible cells.
fn any_row() -> impl Strategy<Value = Vec<String>> {
    let one_of = |cells: &'static [&'static str]| select(cells).prop_map(str::to_owned);
    let product = (
        one_of(&["a", "a", "a", "b", " c"]),
        one_of(&["", "T", "T", " =T"]),
        "[='@ \"\n\r,a-]{0,4}",
        one_of(&["", "X y", "x-y", "日"]),
        one_of(&["", "A, b", "a,A", "b"]),
        one_of(&["", "TRUE", "false", "true", "False", "", "true", "no"]),
        one_of(&["", "Size", "Title"]),
        one_of(&["", "active", "draft", "Active"]),
    );
    let variant = (
        one_of(&["", "S", "M", "Default Title"]),
        one_of(&["", "0", "28.35", "0", "", "7", "0.0", "+1"]),
        one_of(&["", "3", "1", "007", "", "0", "3", "-1", "x"]),
        one_of(&["", "deny", "Continue", "deny", "continue", "", "Deny", "maybe"]),
        one_of(&["", "5", "5.0", "5.00", "", "05", "5", "x"]),
        "[='+a-]{0,3}",
    );
    let image = (
        one_of(&["", "https://x.example/1", "https://x.example/2"]),
        one_of(&["", "1", "2", "02", "", "1", "3", "x"]),
        "[='@a]{0,2}",
        "['=a]{0,2}",
    );
    (product, variant, image).prop_map(|(p, v, i)| {
        vec![p.0, p.1, p.2, p.3, p.4, p.5, p.6, v.0, v.1, v.2, v.3, v.4, v.5, i.0, i.1, i.2, i.3, p.7]
    })
}

fn file_of(rows: &[Vec<String>]) -> String {
    let columns = [
        columns::HANDLE,
        columns::TITLE,
        columns::BODY,
        columns::TYPE,
        columns::TAGS,
        columns::PUBLISHED,
        columns::OPTION_NAMES[0],
        columns::OPTION_VALUES[0],
        columns::GRAMS,
        columns::QUANTITY,
        columns::POLICY,
        columns::PRICE,
        "Variant Barcode",
        columns::IMAGE_SRC,
        columns::IMAGE_POSITION,
        columns::IMAGE_ALT,
        "Material",
        columns::STATUS,
    ];
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns).unwrap();
    for row in rows {
        writer.write_record(row).unwrap();
    }
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

proptest! {
    #[test]
    fn whatever_goes_in_comes_out_the_same_from_then_on(rows in prop::collection::vec(any_row(), 1..8)) {
        let (entries, _, counts) = read(&file_of(&rows));
        let export = write(&entries);
        let (again, faults, recounted) = read(&export);
        prop_assert_eq!(faults, Vec::<String>::new());
        prop_assert_eq!(
            (counts.products, counts.variants, counts.images),
            (recounted.products, recounted.variants, recounted.images)
        );
        prop_assert_eq!(write(&again), export);
    }
}
