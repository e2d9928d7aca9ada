//! Prints made-up papers into a folder, to be looked at: `cargo run -p origin-papers --example samples -- FOLDER`.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::{error::Error, fs, path::PathBuf};

use samples::{credit_note, invoice, returned};

fn main() -> Result<(), Box<dyn Error>> {
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("name a folder")?);
    fs::create_dir_all(&folder)?;
    for (name, paper) in [
        ("1-line", invoice(1, true)),
        ("12-lines", invoice(12, true)),
        ("99-lines", invoice(99, true)),
        ("12-lines-tax-on-top", invoice(12, false)),
        ("credit-note", credit_note()),
        ("credit-note-of-goods", returned()),
    ] {
        fs::write(folder.join(name).with_extension("pdf"), origin_papers::print(&paper)?)?;
    }
    Ok(())
}
