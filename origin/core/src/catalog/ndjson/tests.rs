use std::io::Cursor;

use super::*;
use crate::catalog::{ImportCounts, Item, rules::MAX_PRODUCT_BYTES};

const FULL: &str = r#"{"handle":"lamp","name":"Lamp","description":"<p>A lamp</p>","brand":"Lux","category":{"slug":"home","name":"Home"},"tags":["light"],"specifications":{"power":"5 W"},"published":false,"currency":"EUR","rating":4.5,"reviewCount":3,"images":[{"url":"https://a.example/1.jpg","alt":"on","extra":{"k":"v"}}],"variants":[{"sku":"L-1","options":[{"name":"Colour","value":"red"}],"price":5.10,"weightGrams":7,"stock":2,"backorderLimit":9,"extra":{"Cost per item":"1"}},{"options":[{"name":"Colour","value":"blue"}],"price":0.00,"stock":0,"backorderLimit":0,"extra":{}}],"extra":{"Tags":"Light"}}"#;

fn read(text: &str) -> (Vec<CatalogEntry>, Vec<String>, ImportCounts) {
    let mut reader = NdjsonReader::new(Cursor::new(text.to_owned()));
    let (mut entries, mut faults) = (Vec::new(), Vec::new());
    for item in reader.by_ref() {
        match item.unwrap() {
            Item::Entry(read) => entries.push(read.entry),
            Item::Fault(fault) => faults.push(fault.to_string()),
        }
    }
    (entries, faults, reader.counts())
}

#[test]
fn a_line_comes_back_byte_for_byte() {
    let (entries, faults, counts) = read(FULL);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!((counts.rows, counts.products, counts.variants, counts.images), (1, 1, 2, 1));
    let mut output = Vec::new();
    write_line(&mut output, &entries[0]).unwrap();
    assert_eq!(String::from_utf8(output).unwrap(), format!("{FULL}\n"));
}

#[test]
fn a_bad_line_is_reported_by_field_and_the_rest_goes_in() {
    let short = r#"{"handle":"HANDLE","name":"N","category":{"slug":"c","name":"C"},"currency":"USD","variants":[{"price":1}]}"#;
    let line = |handle: &str| short.replace("HANDLE", handle);
    let lines = [
        line("a"),
        "{".to_owned(),
        line("b").replace("\"price\":1", "\"price\":\"1\""),
        line("c").replace("USD", "XXX").replace("\"c\"", "\"-\""),
        line("a"),
        String::new(),
        line("d").replace("\"name\":\"N\"", "\"name\":\"N\",\"colour\":\"red\""),
        line("e").replace("{\"price\":1}", "{\"price\":1.001},{\"price\":1}"),
        line("f").replace("{\"price\":1}", ""),
        line("g"),
    ];
    let (entries, faults, counts) = read(&lines.join("\n"));
    let handles: Vec<_> = entries.iter().map(|entry| entry.handle.as_str()).collect();
    assert_eq!(handles, ["a", "g"]);
    assert_eq!(
        faults,
        [
            "line 2: row: is not valid JSON",
            "line 3: variants[0].price: must be a number",
            "line 4: category.slug: a category is 1 to 80 of a-z, 0-9 and inner hyphens",
            "line 4: currency: unknown currency",
            "line 5: handle: another product of the file has it",
            "line 7: colour: is not known",
            "line 8: variants[0].price: USD has at most 2 decimals",
            "line 9: variants: must not be empty",
        ]
    );
    assert_eq!((counts.rows, counts.refused_rows, counts.products), (9, 7, 2));
}

#[test]
fn a_line_that_is_too_long_costs_only_itself() {
    let long = format!("{}\n{FULL}", "x".repeat(3 * 1024 * 1024));
    let (entries, faults, counts) = read(&long);
    assert_eq!(faults, ["line 1: row: is longer than 1114112 bytes"]);
    assert_eq!((entries.len(), counts.rows), (1, 2));
}

#[test]
fn a_byte_order_mark_is_passed() {
    let (entries, faults, _) = read(&format!("\u{feff}{FULL}\n{FULL}"));
    assert_eq!((entries.len(), faults), (1, vec!["line 2: handle: another product of the file has it".to_owned()]));
}

#[test]
fn nothing_stands_twice_in_a_map() {
    for (from, to, fault) in [
        (r#""power":"5 W""#, r#""power":"5 W","power":"6 W""#, "line 1: specifications.power: appears twice"),
        (r#""k":"v""#, r#""k":"v","k":"w""#, "line 1: images[0].extra.k: appears twice"),
        (r#""Tags":"Light""#, r#""Tags":"Light","Tags":"L""#, "line 1: extra.Tags: appears twice"),
    ] {
        assert_eq!(read(&FULL.replace(from, to)).1, [fault]);
    }
}

#[test]
fn kept_cells_have_a_column_and_a_size() {
    let column = FULL.replace("\"Tags\"", "\" \"");
    assert_eq!(read(&column).1, ["line 1: extra: has a column that has no name"]);
    let cell = FULL.replace("\"Light\"", &format!("{:?}", "x".repeat(65_537)));
    assert_eq!(read(&cell).1, ["line 1: extra: has a cell \"Tags\" that must have at most 65536 characters"]);
}

#[test]
fn options_are_read_as_everywhere() {
    let padded = FULL.replace("\"Colour\",\"value\":\"red\"", "\" Colour\",\"value\":\"red \"");
    assert_eq!(read(&padded).0[0].variants[0].options, [("Colour".to_owned(), "red".to_owned())]);
    let line = r#"{"handle":"a","name":"N","category":{"slug":"c","name":"C"},"currency":"USD","variants":[{"price":1,"options":[{"name":"Title","value":"Default Title"}]}]}"#;
    assert_eq!(read(line).0[0].variants[0].options, []);
}

#[test]
fn a_product_that_would_not_fit_a_line_again_is_refused() {
    let images =
        (0..250).map(|number| format!(r#"{{"url":"https://a.example/{number}","alt":"{}"}}"#, "x".repeat(4150)));
    let images = images.collect::<Vec<_>>().join(",");
    let line = format!(
        r#"{{"handle":"a","name":"N","category":{{"slug":"c","name":"C"}},"currency":"USD","variants":[{{"price":1}}],"images":[{images}]}}"#
    );
    // What is left out on the way in is written on the way out.
    let counted = MAX_PRODUCT_BYTES;
    assert!(line.len() < counted && line.len() + 250 * 12 > counted, "{}", line.len());
    assert_eq!(read(&line).1, ["line 1: row: is larger than 1048576 bytes"]);
}
