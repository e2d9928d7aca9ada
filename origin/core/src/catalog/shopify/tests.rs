use std::{fs, io::Cursor, path::PathBuf};

use commerce_domain::Currency;
use proptest::{prelude::*, sample::select};

use super::*;
use crate::catalog::{CatalogEntry, ImportCounts, Item, ReadError};

const SAMPLE: &str = include_str!("../../../tests/data/products.csv");
const HEADER: &str =
    "Handle,Title,Variant Price,Option1 Name,Option1 Value,Variant Inventory Qty,Image Src,Image Position";

fn read(text: &str) -> (Vec<CatalogEntry>, Vec<String>, ImportCounts) {
    let mut reader = ShopifyReader::new(Cursor::new(text.to_owned()), Currency::USD).unwrap();
    let (mut entries, mut faults) = (Vec::new(), Vec::new());
    for item in reader.by_ref() {
        match item.unwrap() {
            Item::Entry(entry) => entries.push(*entry),
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
fn bad_rows_are_reported_and_the_rest_goes_in() {
    let rows = [
        "a,A,5,Size,S,1,https://x.example/1,1", // 2: good
        "a,,x,,M,1,,",                          // 3: no number
        "a,,5,,S,1,,",                          // 4: options taken
        "a,,5,,,1,,",                           // 5: no option value
        "a,B,5,,L,1,,",                         // 6: another title
        "a,,,,XL,1,https://x.example/2,2",      // 7: a variant without a price
        "a,,,,,,,",                             // 8: nothing
        "a,,6,,L,-1,ftp://x,0",                 // 9: three faults
        "b,,5,,,1,,",                           // 10: first row without a title
        "b,,6,,,1,,",                           // 11: follows it
        "a,A,5,Size,S,1,,",                     // 12: too late
        "c,C,,,,,https://x.example/3,1",        // 13: a product of images alone
        "d,D,5.001,,,1,,",                      // 14: no cents
        "e,E,5",                                // 15: too few cells
        "f,F,5,,,1,,",                          // 16: good
        ",G,5,,,1,,",                           // 17: no handle
        "f,,,,,,,7",                            // 18: f again, too late
    ];
    let (entries, faults, counts) = read(&format!("{HEADER}\n{}\n", rows.join("\n")));
    assert_eq!(entries.iter().map(|e| (e.handle.as_str(), e.variants.len())).collect::<Vec<_>>(), [("a", 1), ("f", 1)]);
    let late = "was there before: the rows of a product follow each other";
    assert_eq!(
        faults,
        [
            "line 3: Variant Price: \"x\" is no plain decimal number".to_owned(),
            "line 4: Option1 Value: another variant of the product has the same options".to_owned(),
            "line 5: Option1 Value: the variant needs a value of this option".to_owned(),
            "line 6: Title: differs from the product's first row".to_owned(),
            "line 7: Variant Price: is missing for the variant that \"Option1 Value\" describes".to_owned(),
            "line 8: row: has neither a price nor an image".to_owned(),
            "line 9: Variant Inventory Qty: must be from 0 to 1000000".to_owned(),
            "line 9: Image Src: must be an http or https URL".to_owned(),
            "line 9: Image Position: \"0\" is no place from 1 on".to_owned(),
            "line 10: Title: must not be empty".to_owned(),
            "line 11: row: the product's first row, line 10, was refused".to_owned(),
            format!("line 12: Handle: {late}"),
            "line 13: Variant Price: no row of the product has a price".to_owned(),
            "line 14: Variant Price: USD has at most 2 decimals".to_owned(),
            "line 15: row: has 3 cells where the header has 8".to_owned(),
            "line 17: Handle: must not be empty".to_owned(),
            format!("line 18: Handle: {late}"),
        ]
    );
    assert_eq!((counts.rows, counts.refused_rows, counts.products, counts.images), (17, 15, 2, 1));
}

#[test]
fn a_file_that_is_no_product_csv_is_refused_as_a_whole() {
    for (text, reason) in [
        ("", "line 1: header: the file is empty"),
        ("Handle,Title\n", "line 1: Variant Price: the column is missing"),
        ("Handle,Title,Variant Price,Title\n", "line 1: Title: the column is there twice"),
        ("Handle,Title,Variant Price,\n", "line 1: header: column 4 has no name"),
    ] {
        match ShopifyReader::new(Cursor::new(text), Currency::USD).err() {
            Some(ReadError::Format(fault)) => assert_eq!(fault.to_string(), reason),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn images_are_shown_by_their_position() {
    let rows = "a,A,5,,,1,https://x.example/2,2\na,,,,,,https://x.example/1,1\na,,,,,,https://x.example/0,";
    let (entries, _, _) = read(&format!("{HEADER}\n{rows}\n"));
    let urls: Vec<_> = entries[0].images.iter().map(|image| &image.url[18..]).collect();
    assert_eq!(urls, ["1", "0", "2"]);
    let file = write(&entries);
    assert_eq!(write(&read(&file).0), file);
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
    );
    let variant = (
        one_of(&["", "S", "M", "Default Title"]),
        one_of(&["", "0", "28.35", "0", "", "7", "0.0", "+1"]),
        one_of(&["", "3", "1", "007", "", "0", "3", "-1"]),
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
    (product, variant, image)
        .prop_map(|(p, v, i)| vec![p.0, p.1, p.2, p.3, p.4, p.5, p.6, v.0, v.1, v.2, v.3, v.4, v.5, i.0, i.1, i.2, i.3])
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
