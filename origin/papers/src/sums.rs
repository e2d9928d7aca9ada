//! The sums, and the whole by rate of tax.

use commerce_api::invoice::{InvoiceResponse, InvoiceTax};

use crate::{
    PrintError,
    amounts::{Amounts, percent},
    face::{BODY, POINT, SMALL, STRONG, Style, Twips},
    head::is_credit_note,
    page::{Align, Flow, LEFT, RIGHT},
};

/// Above and below the text of a row.
const PAD: Twips = 3 * POINT;
/// Between two columns.
const GUTTER: Twips = 12 * POINT;
/// Where the sums begin.
const SUMS: (Twips, Twips) = (RIGHT - 260 * POINT, RIGHT);
const HEADS: [&str; 4] = ["Rate", "Without tax", "Tax", "With tax"];

pub(crate) fn draw(flow: &mut Flow<'_>, paper: &InvoiceResponse, amounts: &Amounts) -> Result<(), PrintError> {
    let sums = sums(paper, amounts)?;
    let rows = paper.taxes.iter().map(|tax| tax_row(tax, amounts)).collect::<Result<Vec<_>, _>>()?;
    flow.gap(8 * POINT);
    keep_together(flow, sums.iter().map(|(style, ..)| style.leading() + PAD).sum());
    for (style, name, amount) in &sums {
        flow.put(name, *style, Align::Left, SUMS, flow.y);
        flow.put(amount, *style, Align::Right, SUMS, flow.y);
        flow.y += style.leading() + PAD;
    }
    flow.gap(14 * POINT);
    draw_taxes(flow, paper, &rows);
    Ok(())
}

fn keep_together(flow: &mut Flow<'_>, height: Twips) {
    if !flow.fits(height) {
        flow.turn();
    }
}

/// What adds up to the total, and the total.
fn sums(paper: &InvoiceResponse, amounts: &Amounts) -> Result<Vec<(Style, &'static str, String)>, PrintError> {
    let note = is_credit_note(paper);
    let is_amount = note && paper.items.is_empty();
    let mut sums = Vec::with_capacity(5);
    if !is_amount || !paper.tax_included {
        sums.push((BODY, if is_amount { "Credited without tax" } else { "Goods" }, amounts.text(paper.subtotal)?));
    }
    if !note || !amounts.is_zero(paper.shipping)? {
        sums.push((BODY, "Shipping", amounts.text(paper.shipping)?));
    }
    if !paper.tax_included {
        sums.push((BODY, "Tax", amounts.text(paper.tax)?));
    }
    let total = format!("{} {}", paper.currency, amounts.text(paper.total)?);
    sums.push((Style { size: 11 * POINT, ..STRONG }, if note { "Credited" } else { "Total" }, total));
    if paper.tax_included && !amounts.is_zero(paper.tax)? {
        sums.push((SMALL, "Tax contained", amounts.text(paper.tax)?));
    }
    Ok(sums)
}

fn tax_row(tax: &InvoiceTax, amounts: &Amounts) -> Result<(String, [String; 4]), PrintError> {
    let name = if tax.name.is_empty() { "Not taxed".to_owned() } else { tax.name.clone() };
    let rate = if tax.name.is_empty() { String::new() } else { percent(tax.rate) };
    let whole = amounts.sum(tax.base, tax.amount)?;
    Ok((name, [rate, amounts.text(tax.base)?, amounts.text(tax.amount)?, whole]))
}

/// All of it by rate.
fn draw_taxes(flow: &mut Flow<'_>, paper: &InvoiceResponse, rows: &[(String, [String; 4])]) {
    let row_height = BODY.leading() + 2 * PAD;
    let count = Twips::try_from(rows.len()).unwrap_or(0);
    keep_together(flow, row_height * (count + 1) + 2 * SMALL.leading());
    let mut right = RIGHT;
    let mut columns = [(0, 0); 4];
    for (index, head) in HEADS.iter().enumerate().rev() {
        let cells = rows.iter().map(|(_, cells)| flow.faces.width(&cells[index], BODY));
        let width = cells.max().unwrap_or(0).max(flow.faces.width(head, STRONG));
        columns[index] = (right - width, right);
        right -= width + 2 * GUTTER;
    }
    let name = (LEFT, right);
    if !rows.is_empty() {
        draw_row(flow, STRONG, "Taxes", name, HEADS.map(str::to_owned).as_ref(), &columns);
    }
    for (tax, cells) in rows {
        draw_row(flow, BODY, tax, name, cells, &columns);
    }
    flow.gap(6 * POINT);
    let said =
        if paper.tax_included { "Prices contain the tax." } else { "Prices are without tax, which comes on top." };
    flow.put(said, SMALL, Align::Left, (LEFT, RIGHT), flow.y);
    flow.y += SMALL.leading();
}

fn draw_row(
    flow: &mut Flow<'_>,
    style: Style,
    name: &str,
    edges: (Twips, Twips),
    cells: &[String],
    columns: &[(Twips, Twips)],
) {
    let y = flow.y + PAD;
    let next = flow.put_wrapped(name, style, edges, y);
    for (cell, column) in cells.iter().zip(columns) {
        flow.put(cell, style, Align::Right, *column, y);
    }
    flow.y = next + PAD;
    flow.rule((LEFT, RIGHT), flow.y);
}
