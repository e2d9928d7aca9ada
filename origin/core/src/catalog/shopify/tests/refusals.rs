//! Rows, products and files that are refused, and what goes in beside them.

use std::io::Cursor;

use commerce_domain::Currency;

use super::{HEADER, read, read_bytes};
use crate::catalog::{
    ReadError,
    shopify::{MAX_RECORD_BYTES, ShopifyReader, columns},
};

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
        "a,,6,,L,x,ftp://x,0",                  // 9: three faults
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
            "line 9: Variant Inventory Qty: \"x\" is no whole number".to_owned(),
            "line 9: Image Src: must be an http or https URL".to_owned(),
            "line 9: Image Position: \"0\" is no place from 1 on".to_owned(),
            "line 10: Title: must not be empty".to_owned(),
            "line 11: row: the product, line 10, was refused".to_owned(),
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
        ("Handle,Title,Variant Price,a\0\n", "line 1: header: column 4 must not contain a NUL character"),
    ] {
        match ShopifyReader::new(Cursor::new(text), Currency::USD).err() {
            Some(ReadError::Format(fault)) => assert_eq!(fault.to_string(), reason),
            other => panic!("{text}: {other:?}"),
        }
    }
}

#[test]
fn a_first_row_that_cannot_be_read_takes_its_product_with_it() {
    let rows: [&[u8]; 11] = [
        b"a,A,5,Size,S,1,,",    // 2: good
        b"b,B,5,Size,\xff,1,,", // 3: the first of b
        b"b,B,5,Size,M,1,,",    // 4: follows it, with all that a first row has
        b"c,C,5,Size,S,1,",     // 5: the first of c, a cell short
        b"c,C,6,Size,M,1,,",    // 6: follows it
        b"d,D,5,Size,S,1,,",    // 7: good
        b"d,,6,,\xff,1,,",      // 8: d, a later one
        b"d,,7,,L,1,,",         // 9: d goes on
        b"\xff,E,5,Size,S,1,,", // 10: nobody knows whose
        b"e,E,6,Size,M,1,,",    // 11: perhaps its second
        b"f,F,5,,,1,,",         // 12: good
    ];
    let lines: Vec<&[u8]> = std::iter::once(HEADER.as_bytes()).chain(rows).collect();
    let file = lines.join(&b'\n');
    let (read, faults, counts) = read_bytes(&file);
    let found: Vec<_> =
        read.iter().map(|r| (r.entry.handle.as_str(), r.line, r.whole, r.entry.variants.len())).collect();
    assert_eq!(found, [("a", 2, true, 1), ("d", 7, false, 2), ("e", 11, false, 1), ("f", 12, true, 1)]);
    assert_eq!(
        faults,
        [
            "line 3: Option1 Value: is not UTF-8",
            "line 4: row: the product, line 3, was refused",
            "line 5: row: has 7 cells where the header has 8",
            "line 6: row: the product, line 5, was refused",
            "line 8: Option1 Value: is not UTF-8",
            "line 10: Handle: is not UTF-8",
        ]
    );
    assert_eq!((counts.rows, counts.refused_rows, counts.products), (11, 6, 4));
}

#[test]
fn a_row_that_is_too_large_is_known_by_its_handle() {
    let large = "x".repeat(MAX_RECORD_BYTES);
    let rows = format!("a,A,5,,,1,,\nb,{large},5,,,1,,\nb,B,6,,,1,,\nc,C,5,,,1,,");
    let (entries, faults, counts) = read(&format!("{HEADER}\n{rows}\n"));
    assert_eq!(entries.iter().map(|entry| entry.handle.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(
        faults,
        [
            "line 3: row: is larger than 1114112 bytes or has more than 256 cells",
            "line 4: row: the product, line 3, was refused",
        ]
    );
    assert_eq!((counts.rows, counts.refused_rows), (4, 2));
}

#[test]
fn a_product_lacks_what_was_refused_and_says_so() {
    let (read, _, _) = read_bytes(format!("{HEADER}\na,A,5,Size,S,1,,\na,,x,,M,1,,\nb,B,5,,,1,,\n").as_bytes());
    assert_eq!(read.iter().map(|read| read.whole).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn every_row_of_a_product_without_a_price_is_reported() {
    let rows = "a,A,,,,,https://x.example/1,1\na,,,,,,https://x.example/2,2\na,,,,,,ftp://x,3\nb,B,5,,,1,,";
    let (entries, faults, counts) = read(&format!("{HEADER}\n{rows}\n"));
    assert_eq!(entries.len(), 1);
    assert_eq!(
        faults,
        [
            "line 4: Image Src: must be an http or https URL",
            "line 2: Variant Price: no row of the product has a price",
            "line 3: row: the product, line 2, was refused",
        ]
    );
    assert_eq!((counts.rows, counts.refused_rows, counts.products), (4, 3, 1));
}

#[test]
fn a_product_that_no_line_could_hold_is_refused_with_all_its_rows() {
    let cell = "x".repeat(65_000);
    let rows: Vec<String> =
        (0..20).map(|row| format!("a,{},5,Size,{row},{cell}", if row == 0 { "A" } else { "" })).collect();
    let header = "Handle,Title,Variant Price,Option1 Name,Option1 Value,Material";
    let rows = rows.join("\n").replace("a,,5,Size,", "a,,5,,");
    let (entries, faults, counts) = read(&format!("{header}\n{rows}\nb,B,5,,,\n"));
    assert_eq!((entries.len(), counts.rows, counts.refused_rows), (1, 21, 20));
    assert!(faults.contains(&"line 2: row: the product is larger than 1048576 bytes".to_owned()), "{faults:?}");
    assert_eq!(faults.len(), 20);
}

#[test]
fn a_product_that_only_its_escapes_make_too_large_is_refused() {
    let (body, cell) = ("\u{1}".repeat(100_000), "\u{1}".repeat(65_536));
    let header = "Handle,Title,Body (HTML),Variant Price,Material,Care";
    let (entries, faults, _) = read(&format!("{header}\na,A,{body},5,{cell},\nb,B,{body},5,{cell},{cell}\n"));
    assert_eq!(entries.iter().map(|entry| entry.handle.as_str()).collect::<Vec<_>>(), ["a"]);
    assert_eq!(faults, ["line 3: row: the product is larger than 1048576 bytes"]);
}

#[test]
fn long_descriptions_go_in_and_longer_cells_do_not() {
    let file = |body: usize, tags: usize| {
        let (body, material) = ("b".repeat(body), "m".repeat(tags));
        format!("Handle,Title,Body (HTML),Variant Price,Material\na,A,{body},5.00,{material}\n")
    };
    assert_eq!(read(&file(100_000, 65_536)).1, Vec::<String>::new());
    assert_eq!(read(&file(100_001, 65_536)).1, ["line 2: Body (HTML): must have at most 100000 characters"]);
    assert_eq!(read(&file(1, 65_537)).1, ["line 2: Material: must have at most 65536 characters"]);
}

#[test]
fn specifications_name_each_key_once() {
    let file = |cell: &str| format!("Handle,Title,Variant Price,{}\na,A,5.00,\"{cell}\"\n", columns::SPECIFICATIONS);
    assert_eq!(read(&file(r#"{""a"":""1""}"#)).1, Vec::<String>::new());
    for cell in [r#"{""a"":""1"",""a"":""2""}"#, r#"{""a"":1}"#, r#"{""a"":""1""} x"#] {
        let reason = "is no JSON object of texts with distinct names";
        assert_eq!(read(&file(cell)).1, [format!("line 2: CloudCommerce / Specifications: {reason}")]);
    }
}
