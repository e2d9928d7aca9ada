//! What is printed, read back from the PDF.

mod reader;
mod samples;

use commerce_api::invoice::InvoiceResponse;
use samples::{credit_note, invoice, returned};

/// The text of each page.
fn pages(paper: &InvoiceResponse) -> Vec<String> {
    reader::pages(&origin_papers::print(paper).expect("should print"))
}

/// Without spaces and line breaks: a name is where it is, in however many lines.
fn letters(text: &str) -> String {
    text.chars().filter(|character| !character.is_whitespace()).collect()
}

#[test]
fn an_invoice_says_what_it_was_issued_with() {
    for (lines, tax_included) in [(1, true), (12, true), (12, false)] {
        let paper = invoice(lines, tax_included);
        let pages = pages(&paper);
        let text = letters(&pages.concat());
        for said in [
            "Invoice",
            "CC-2026-000123",
            "7K3M-9QXT-G",
            "2026-03-01",
            "2026-02-28",
            "CloudCommerce Sample Ltd",
            "Musterstraße 1",
            "DE123456789",
            "Ada Lovelace",
            "ada@example.com",
            "Unter den Linden 77",
            "10117 Berlin",
            "Not taxed",
            "19 %",
        ] {
            assert!(text.contains(&letters(said)), "{lines}: {said}\n{pages:#?}");
        }
        for line in &paper.items {
            for said in [line.name.as_str(), line.sku.as_deref().unwrap_or_default(), "Colour: Black · Size: XL"] {
                assert!(text.contains(&letters(said)), "{lines}: {said}");
            }
        }
        let contained = "Prices contain the tax.";
        assert_eq!(text.contains(&letters(contained)), tax_included);
    }
}

#[test]
fn every_page_has_the_head_of_the_table_and_says_which_it_is() {
    for (lines, count) in [(1, 1), (12, 2), (99, 6)] {
        let pages = pages(&invoice(lines, true));
        assert_eq!(pages.len(), count, "{lines}");
        for (index, page) in pages.iter().enumerate() {
            assert!(page.contains(&format!("Page {} of {count}", index + 1)), "{page}");
            // The last page may have the sums alone.
            assert!(page.contains("Article") || index + 1 == count, "{page}");
        }
        let heads = pages.iter().filter(|page| page.contains("Article")).count();
        assert!(heads + 1 >= count, "{heads} of {count}");
    }
}

#[test]
fn a_credit_note_names_its_invoice_and_what_goes_back_at_each_rate() {
    let pages = pages(&credit_note());
    assert_eq!(pages.len(), 1);
    let text = letters(&pages[0]);
    for said in [
        "Credit note",
        "CC-2026-000124",
        "For invoice CC-2026-000123",
        "requested by customer",
        "EUR 10.00",
        "19 %4.330.825.15",
    ] {
        assert!(text.contains(&letters(said)), "{said}\n{}", pages[0]);
    }
    assert!(!text.contains("Article"));
}

#[test]
fn a_credit_note_of_goods_lists_them_with_the_shipping() {
    let pages = pages(&returned());
    let text = letters(&pages[0]);
    for said in ["Article", "Βιβλίο για τον ήλιο", "7 %10.70", "Goods10.70", "Shipping4.90", "CreditedEUR 15.60"]
    {
        assert!(text.contains(&letters(said)), "{said}\n{}", pages[0]);
    }
}

#[test]
fn the_same_paper_is_the_same_bytes() {
    let paper = invoice(12, true);
    assert_eq!(origin_papers::print(&paper), origin_papers::print(&paper));
}

#[test]
fn what_the_font_does_not_have_is_a_box_and_keeps_nothing_else_from_being_read() {
    let mut paper = invoice(1, true);
    "日本 Lamp\u{7}".clone_into(&mut paper.items[0].name);
    let page = &pages(&paper)[0];
    let boxes = "\u{ffff}\n\u{ffff}\n Lamp";
    assert!(page.contains(boxes), "{page}");
}

#[test]
fn a_name_of_many_pages_is_printed_to_its_end() {
    let mut paper = invoice(1, true);
    paper.items[0].name = "word ".repeat(3_000) + "end";
    let pages = pages(&paper);
    assert!(pages.len() > 3 && pages.iter().filter(|page| page.contains("Article")).count() > 3);
    assert!(letters(&pages.concat()).contains("wordend"));
}
