//! The head of a paper: who sells, who buys, and what it is.

use commerce_api::{
    invoice::{InvoiceBuyer, InvoiceResponse},
    order::Address,
};

use crate::{
    face::{BODY, POINT, SMALL, STRONG, Style, TITLE, Twips},
    page::{Align, Flow, LEFT, RIGHT},
};

const GUTTER: Twips = 20 * POINT;
const MIDDLE: Twips = Twips::midpoint(LEFT, RIGHT);
/// The two halves of the width.
const HALVES: [(Twips, Twips); 2] = [(LEFT, MIDDLE - GUTTER / 2), (MIDDLE + GUTTER / 2, RIGHT)];
/// The width of the names in front of facts.
const LABELS: Twips = 75 * POINT;

pub(crate) fn draw(flow: &mut Flow<'_>, paper: &InvoiceResponse) {
    let top = flow.y;
    let [left, right] = HALVES;
    flow.put(title(paper), TITLE, Align::Right, right, top);
    let seller = column(flow, &seller(paper), left, top);
    let middle = seller.max(top + TITLE.leading()) + 18 * POINT;
    let buyer = column(flow, &buyer(&paper.buyer), left, middle);
    let facts = facts(flow, paper, right, middle);
    flow.y = buyer.max(facts);
    flow.gap(22 * POINT);
}

fn title(paper: &InvoiceResponse) -> &'static str {
    if is_credit_note(paper) { "Credit note" } else { "Invoice" }
}

pub(crate) fn is_credit_note(paper: &InvoiceResponse) -> bool {
    paper.invoice_number.is_some()
}

/// Lines under each other. Where the next one would begin.
fn column(flow: &mut Flow<'_>, lines: &[(Style, String)], edges: (Twips, Twips), mut y: Twips) -> Twips {
    for (style, line) in lines {
        y = flow.put_wrapped(line, *style, edges, y);
    }
    y
}

fn seller(paper: &InvoiceResponse) -> Vec<(Style, String)> {
    let seller = &paper.seller;
    let mut lines = vec![(Style { size: 11 * POINT, ..STRONG }, seller.name.clone())];
    lines.extend(seller.address.iter().map(|line| (BODY, line.clone())));
    lines.extend(seller.tax_id.iter().map(|id| (BODY, format!("Tax ID: {id}"))));
    lines.extend(seller.notes.iter().map(|line| (SMALL, line.clone())));
    lines
}

fn buyer(buyer: &InvoiceBuyer) -> Vec<(Style, String)> {
    let Address { street, city, state, zip_code, country } = &buyer.address;
    let place =
        state.as_ref().map_or_else(|| format!("{zip_code} {city}"), |state| format!("{city}, {state} {zip_code}"));
    let mut lines = vec![(SMALL, "Billed to".to_owned())];
    lines.extend(buyer.name.iter().map(|name| (STRONG, name.clone())));
    lines.extend([street, &place, country].map(|line| (BODY, line.clone())));
    lines.extend(buyer.email.iter().map(|email| (BODY, email.clone())));
    lines
}

/// Names and facts beside each other. Where the next one would begin.
fn facts(flow: &mut Flow<'_>, paper: &InvoiceResponse, (from, to): (Twips, Twips), mut y: Twips) -> Twips {
    let number = if is_credit_note(paper) { "Credit note" } else { "Invoice" };
    let reason = paper.reason.as_ref().map(|reason| reason.replace('_', " "));
    let facts = [
        (number, Some(&paper.number), STRONG),
        ("Date", Some(&paper.issued_on), BODY),
        ("For invoice", paper.invoice_number.as_ref(), BODY),
        ("Order", Some(&paper.order_number), BODY),
        ("Ordered on", Some(&paper.ordered_on), BODY),
        ("Reason", reason.as_ref(), BODY),
        ("Currency", Some(&paper.currency), BODY),
    ];
    for (name, fact, style) in facts {
        let Some(fact) = fact else { continue };
        flow.put(name, SMALL, Align::Left, (from, from + LABELS), y + (BODY.size - SMALL.size));
        y = flow.put_wrapped(fact, style, (from + LABELS, to), y);
    }
    y
}
