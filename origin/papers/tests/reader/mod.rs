//! The text of a PDF: what its strings of glyphs are by the fonts' own tables of characters (ISO 32000-2, section 9.10.3), which is what
//! a viewer copies and searches.

use std::collections::HashMap;

use lopdf::{Document, Object, ObjectId, content::Content};

/// From a glyph's code to what it stands for.
type Characters = HashMap<u16, String>;

/// The text of each page, one line for each string.
pub(crate) fn pages(pdf: &[u8]) -> Vec<String> {
    let document = Document::load_mem(pdf).expect("should be a PDF");
    document.get_pages().into_values().map(|page| text(&document, page)).collect()
}

fn text(document: &Document, page: ObjectId) -> String {
    let fonts = document.get_page_fonts(page).expect("should have fonts");
    let fonts: HashMap<Vec<u8>, Characters> = fonts
        .into_iter()
        .map(|(name, font)| {
            let table =
                font.get_deref(b"ToUnicode", document).and_then(Object::as_stream).expect("should have a table");
            (name, characters(&table.decompressed_content().expect("should be compressed")))
        })
        .collect();
    let drawn = document.get_page_content(page).expect("should have content");
    let (mut text, mut font) = (String::new(), None);
    for operation in Content::decode(&drawn).expect("should be operations").operations {
        match operation.operator.as_str() {
            "Tf" => font = operation.operands[0].as_name().ok().and_then(|name| fonts.get(name)),
            "Tj" | "TJ" => {
                let font = font.expect("should have chosen a font");
                let strings = operation.operands.iter().flat_map(|operand| match operand {
                    Object::Array(parts) => parts.clone(),
                    other => vec![other.clone()],
                });
                for string in strings.filter_map(|part| part.as_str().map(<[u8]>::to_vec).ok()) {
                    for code in string.chunks_exact(2) {
                        text.push_str(&font[&u16::from_be_bytes([code[0], code[1]])]);
                    }
                }
                text.push('\n');
            }
            _ => {}
        }
    }
    text
}

/// The pairs of `beginbfchar`, the only form that the library writes.
fn characters(table: &[u8]) -> Characters {
    let table = std::str::from_utf8(table).expect("should be ASCII");
    let pairs = table.lines().filter_map(|line| line.strip_prefix('<')?.strip_suffix('>')?.split_once("> <"));
    let pairs = pairs.map(|(code, character)| {
        let units: Vec<u16> = (0..character.len() / 4).map(|at| hex(&character[4 * at..4 * at + 4])).collect();
        (hex(code), String::from_utf16(&units).expect("should be UTF-16"))
    });
    pairs.collect()
}

fn hex(digits: &str) -> u16 {
    u16::from_str_radix(digits, 16).expect("should be hexadecimal")
}
