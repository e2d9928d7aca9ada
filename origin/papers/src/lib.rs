//! Invoices and credit notes as PDF, on A4.
//!
//! Draws what was kept when a paper was issued and decides nothing: every amount stands in the paper. The same paper gives the same bytes.
//! What is laid out is whole numbers; only `pen`, which hands it to the PDF library, knows floating point. Depends on the shared crates
//! alone: no I/O, no clock. The fonts are in `fonts`, under their own licence.

mod amounts;
mod block;
mod face;
mod head;
mod lines;
mod page;
mod pen;
mod sums;

use commerce_api::invoice::InvoiceResponse;

use crate::{amounts::Amounts, face::Faces, page::Flow};

/// Why there is no PDF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrintError {
    /// The paper's currency is none, or has other amounts.
    #[error("the paper's amounts are not of its currency")]
    Amounts,
    /// The fonts in this program cannot be read.
    #[error("the font cannot be used")]
    Font,
    /// The PDF library refused what was drawn.
    #[error("the PDF library: {0}")]
    Library(String),
}

/// The paper as a PDF.
///
/// Letters of the Latin, Greek and Cyrillic scripts are drawn. A character that the font does not have is an empty box; letters that change
/// with their neighbours or run from right to left are not put together.
///
/// # Errors
/// [`PrintError`].
pub fn print(paper: &InvoiceResponse) -> Result<Vec<u8>, PrintError> {
    let faces = Faces::load()?;
    let amounts = Amounts::of(paper)?;
    let mut flow = Flow::new(&faces);
    head::draw(&mut flow, paper);
    lines::draw(&mut flow, paper, &amounts)?;
    sums::draw(&mut flow, paper, &amounts)?;
    pen::draw(paper, &faces, &flow.numbered(&paper.number, &paper.seller.name))
}
