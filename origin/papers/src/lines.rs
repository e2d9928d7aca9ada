//! The table of what was bought. Its head is repeated on every page.

use commerce_api::invoice::{InvoiceLine, InvoiceResponse};

use crate::{
    PrintError,
    amounts::{Amounts, percent},
    block::wrapped,
    face::{BODY, Faces, POINT, SMALL, STRONG, Style, Twips},
    page::{Align, Flow, LEFT, RIGHT},
};

/// Between two columns.
const GUTTER: Twips = 12 * POINT;
/// Above and below the text of a row.
const PAD: Twips = 3 * POINT;
const HEADS: [&str; 4] = ["Quantity", "Price", "Tax", "Amount"];

/// A row: what it says of the article, and its numbers.
struct Row {
    article: Vec<(Style, String)>,
    numbers: [String; 4],
}

/// Where the columns of numbers are.
struct Columns([(Twips, Twips); 4]);

impl Columns {
    /// As wide as what is in them; what is left is the article's.
    fn of(faces: &Faces, numbers: &[[String; 4]]) -> Self {
        let mut right = RIGHT;
        let mut columns = [(0, 0); 4];
        for (index, head) in HEADS.iter().enumerate().rev() {
            let cells = numbers.iter().map(|row| faces.width(&row[index], BODY));
            let width = cells.max().unwrap_or(0).max(faces.width(head, STRONG));
            columns[index] = (right - width, right);
            right -= width + GUTTER;
        }
        Self(columns)
    }

    fn article(&self) -> (Twips, Twips) {
        (LEFT, self.0[0].0 - GUTTER)
    }
}

pub(crate) fn draw(flow: &mut Flow<'_>, paper: &InvoiceResponse, amounts: &Amounts) -> Result<(), PrintError> {
    if paper.items.is_empty() {
        return Ok(());
    }
    let numbers = paper.items.iter().map(|line| numbers(line, amounts)).collect::<Result<Vec<_>, _>>()?;
    let columns = Columns::of(flow.faces, &numbers);
    draw_head(flow, &columns);
    for (line, numbers) in paper.items.iter().zip(numbers) {
        let article = article(flow.faces, line, columns.article());
        draw_row(flow, &columns, &Row { article, numbers });
    }
    Ok(())
}

fn numbers(line: &InvoiceLine, amounts: &Amounts) -> Result<[String; 4], PrintError> {
    let (price, subtotal) = (amounts.text(line.price)?, amounts.text(line.subtotal)?);
    Ok([line.quantity.to_string(), price, percent(line.tax_rate), subtotal])
}

/// The name, and in small letters what tells the article from others, in lines.
fn article(faces: &Faces, line: &InvoiceLine, (from, to): (Twips, Twips)) -> Vec<(Style, String)> {
    let options = line.options.iter().map(|option| format!("{}: {}", option.name, option.value));
    let details: Vec<String> = line.sku.iter().cloned().chain(options).collect();
    let details = details.join(" · ");
    let lines =
        |text: &str, style: Style| wrapped(faces, text, style, to - from).into_iter().map(move |line| (style, line));
    lines(&line.name, BODY).chain(lines(&details, SMALL)).collect()
}

fn draw_head(flow: &mut Flow<'_>, columns: &Columns) {
    let y = flow.y + PAD;
    flow.put("Article", STRONG, Align::Left, columns.article(), y);
    for (head, column) in HEADS.iter().zip(columns.0) {
        flow.put(head, STRONG, Align::Right, column, y);
    }
    flow.y = y + STRONG.leading() + PAD;
    flow.rule((LEFT, RIGHT), flow.y);
}

/// A row stays together where a page can hold it.
fn draw_row(flow: &mut Flow<'_>, columns: &Columns, row: &Row) {
    let height: Twips = row.article.iter().map(|(style, _)| style.leading()).sum();
    if !flow.fits(height + 2 * PAD) {
        turn(flow, columns);
    }
    let mut y = flow.y + PAD;
    for (cell, column) in row.numbers.iter().zip(columns.0) {
        flow.put(cell, BODY, Align::Right, column, y);
    }
    for (style, line) in &row.article {
        flow.y = y;
        if !flow.fits(style.leading() + PAD) {
            turn(flow, columns);
            y = flow.y + PAD;
        }
        flow.put(line, *style, Align::Left, columns.article(), y);
        y += style.leading();
    }
    flow.y = y + PAD;
    flow.rule((LEFT, RIGHT), flow.y);
}

fn turn(flow: &mut Flow<'_>, columns: &Columns) {
    flow.turn();
    draw_head(flow, columns);
}
