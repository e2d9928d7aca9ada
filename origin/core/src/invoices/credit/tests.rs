use commerce_domain::{InvoiceId, RefundId};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn eur() -> Currency {
    "EUR".parse().unwrap()
}

fn cents(minor: i64) -> Money {
    Money::from_minor(minor, eur()).unwrap()
}

fn minor(amount: Amount) -> i64 {
    amount.in_currency(eur()).unwrap().minor()
}

fn head() -> Head {
    let id: InvoiceId = "inv_01h4vjdvzefw18zfwz5dxw5y8g".parse().unwrap();
    let issued_at = "2026-03-01T12:00:00Z".parse().unwrap();
    Head { id, year: 2026, issued_at, issued_on: "2026-03-01".to_owned() }
}

/// An invoice of these (base, tax) by rate.
fn invoice(parts: &[(i64, i64)], tax_included: bool) -> InvoiceResponse {
    let taxes: Vec<InvoiceTax> = parts
        .iter()
        .enumerate()
        .map(|(rate, (base, tax))| InvoiceTax {
            name: "USt".to_owned(),
            rate: Some(serde_json::from_value(json!(rate)).unwrap()),
            base: cents(*base).into(),
            amount: cents(*tax).into(),
        })
        .collect();
    let (base, tax) = parts.iter().fold((0, 0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
    let goods = if tax_included { base + tax } else { base };
    let body = json!({
        "id": "inv_01h4vjdvzefw18zfwz5dxw5y8g", "kind": "invoice", "number": "CC-2026-000001",
        "issuedAt": "2026-03-01T12:00:00Z", "issuedOn": "2026-03-01", "orderId": "order_01h4vjdvzefw18zfwz5dxw5y8g",
        "orderNumber": "7K3M-9QXT-G", "orderedOn": "2026-03-01", "seller": {"name": "Shop", "address": ["Street 1"]},
        "buyer": {"address": {"street": "1", "city": "Berlin", "zipCode": "10115", "country": "DE"}},
        "currency": "EUR", "taxIncluded": tax_included, "items": [], "subtotal": Amount::from(cents(goods)),
        "shipping": Amount::from(cents(0)), "tax": Amount::from(cents(tax)), "taxes": taxes,
        "total": Amount::from(cents(base + tax)),
    });
    serde_json::from_value(body).unwrap()
}

fn credit(amount: i64, invoice: &InvoiceResponse, earlier: &[InvoiceResponse]) -> Result<InvoiceResponse, MoneyError> {
    let id: RefundId = "ref_01h4vjdvzefw18zfwz5dxw5y8g".parse().unwrap();
    let refund = CreditedRefund { id, amount: cents(amount), reason: "requested_by_customer", goods: None };
    credit_note(&head(), refund, invoice, earlier)
}

#[test]
fn a_part_goes_back_at_each_rate_by_largest_remainder() {
    // 119.00 at 19 %, 107.00 at 7 %, 4.90 that are not taxed.
    let invoice = invoice(&[(10_000, 1_900), (10_000, 700), (490, 0)], true);
    let note = credit(1_000, &invoice, &[]).unwrap();
    let parts: Vec<_> = note.taxes.iter().map(|tax| (minor(tax.base), minor(tax.amount))).collect();
    // 515.38, 463.40 and 21.22 of 1,000 cents; of 515 cents, 432.77 and 82.23.
    assert_eq!(parts, [(433, 82), (434, 30), (21, 0)]);
    assert_eq!((minor(note.total), minor(note.tax), minor(note.subtotal)), (1_000, 112, 1_000));
    assert_eq!(note.invoice_number.as_deref(), Some("CC-2026-000001"));
    assert_eq!((note.kind.as_str(), note.number.as_str(), note.items.len()), ("credit_note", "", 0));
}

#[test]
fn where_tax_comes_on_top_what_goes_back_is_told_without_it() {
    let invoice = invoice(&[(10_000, 800)], false);
    let note = credit(5_400, &invoice, &[]).unwrap();
    assert_eq!((minor(note.subtotal), minor(note.tax), minor(note.total)), (5_000, 400, 5_400));
}

#[test]
fn no_more_goes_back_than_the_invoice_says() {
    let invoice = invoice(&[(1_000, 190)], true);
    assert_eq!(credit(1_191, &invoice, &[]), Err(MoneyError::TooLarge));
    let first = credit(1_190, &invoice, &[]).unwrap();
    assert_eq!(credit(1, &invoice, &[first]), Err(MoneyError::TooLarge));
}

proptest! {
    #[test]
    fn credit_notes_add_up_to_the_invoice_rate_by_rate_and_never_to_more(
        parts in prop::collection::vec((0_i64..100_000, 0_i64..20_000), 1..5),
        cuts in prop::collection::vec(1_i64..1_000, 0..8),
        tax_included: bool,
    ) {
        let invoice = invoice(&parts, tax_included);
        let total = minor(invoice.total);
        let mut notes: Vec<InvoiceResponse> = Vec::new();
        let mut left = total;
        for share in cuts.iter().map(|cut| total * cut / 4_000).chain([total]) {
            let amount = share.min(left);
            if amount == 0 {
                continue;
            }
            let note = credit(amount, &invoice, &notes).unwrap();
            let gross: i64 = note.taxes.iter().map(|tax| minor(tax.base) + minor(tax.amount)).sum();
            prop_assert_eq!(gross, amount);
            prop_assert_eq!(note.taxes.iter().map(|tax| minor(tax.amount)).sum::<i64>(), minor(note.tax));
            let with_tax = minor(note.subtotal) + if tax_included { 0 } else { minor(note.tax) };
            prop_assert_eq!(with_tax, amount);
            prop_assert!(note.taxes.iter().all(|tax| minor(tax.base) >= 0 && minor(tax.amount) >= 0));
            left -= amount;
            notes.push(note);
        }
        prop_assert_eq!(left, 0);
        for whole in &invoice.taxes {
            let gone = notes.iter().flat_map(|note| &note.taxes).filter(|tax| tax.rate == whole.rate);
            let gone = gone.fold((0, 0), |sum, tax| (sum.0 + minor(tax.base), sum.1 + minor(tax.amount)));
            prop_assert_eq!(gone, (minor(whole.base), minor(whole.amount)));
        }
    }
}
