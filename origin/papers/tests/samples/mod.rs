//! Papers to print, made up.

use commerce_api::invoice::InvoiceResponse;
use serde_json::{Value, json};

/// Names that are hard to print.
const NAMES: [&str; 6] = [
    "Wireless Headphones",
    "Lampe «Große Freiheit» mit einem Namen, der so lang ist, dass er nicht in eine Zeile passt und auch in zwei nur knapp, \
     weil er nach dem Komma noch weitergeht",
    "Βιβλίο για τον ήλιο",
    "Книга о солнце и о море",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsabzeichenhalterung",
    "Žluťoučký kůň – čtyřdílná sada",
];

fn cents(minor: i64) -> Value {
    let digits = format!("{}{}.{:02}", if minor < 0 { "-" } else { "" }, minor.abs() / 100, minor.abs() % 100);
    serde_json::from_str(&digits).expect("should be a number")
}

/// An invoice of so many lines, at two rates, with the tax in its prices or on top.
pub(crate) fn invoice(lines: usize, tax_included: bool) -> InvoiceResponse {
    let rates = [("0.19", 19), ("0.07", 7)];
    let (mut items, mut sums, mut goods) = (Vec::new(), [(0, 0); 2], 0);
    for (line, place) in (0..lines).zip(0_i64..) {
        let at = usize::from(line % 3 == 2);
        let (quantity, price) = (1 + (place * 7) % 11, 995 + (place * 13_337) % 250_000);
        let subtotal = quantity * price;
        let percent = rates[at].1;
        let tax = if tax_included { subtotal * percent / (100 + percent) } else { subtotal * percent / 100 };
        let base = if tax_included { subtotal - tax } else { subtotal };
        sums[at] = (sums[at].0 + base, sums[at].1 + tax);
        goods += subtotal;
        items.push(json!({
            "name": NAMES[line % NAMES.len()], "sku": format!("SKU-{:05}", line * 17), "quantity": quantity,
            "options": [{"name": "Colour", "value": "Black"}, {"name": "Size", "value": "XL"}],
            "price": cents(price), "taxRate": number(rates[at].0), "tax": cents(tax), "subtotal": cents(subtotal),
        }));
    }
    let shipping = 490;
    let tax: i64 = sums.iter().map(|sum| sum.1).sum();
    let taxes = sums.iter().zip(rates).filter(|(sum, _)| sum.0 > 0).map(|((base, tax), (rate, _))| {
        json!({"name": "USt", "rate": number(rate), "base": cents(*base), "amount": cents(*tax)})
    });
    let untaxed = json!({"name": "", "rate": 0, "base": cents(shipping), "amount": cents(0)});
    let total = goods + shipping + if tax_included { 0 } else { tax };
    paper(&json!({
        "items": items, "subtotal": cents(goods), "shipping": cents(shipping), "tax": cents(tax),
        "taxes": taxes.chain([untaxed]).collect::<Vec<_>>(), "total": cents(total), "taxIncluded": tax_included,
    }))
}

/// A credit note of a part of an invoice.
pub(crate) fn credit_note() -> InvoiceResponse {
    paper(&json!({
        "kind": "credit_note", "number": "CC-2026-000124", "invoiceNumber": "CC-2026-000123",
        "refundId": "ref_01h4vjdvzefw18zfwz5dxw5y8g", "reason": "requested_by_customer", "items": [],
        "subtotal": cents(1_000), "shipping": cents(0), "tax": cents(112), "total": cents(1_000), "taxIncluded": true,
        "taxes": [
            {"name": "USt", "rate": number("0.19"), "base": cents(433), "amount": cents(82)},
            {"name": "USt", "rate": number("0.07"), "base": cents(434), "amount": cents(30)},
            {"name": "", "rate": 0, "base": cents(21), "amount": cents(0)},
        ],
    }))
}

/// A credit note of goods that came back, and of the shipping.
pub(crate) fn returned() -> InvoiceResponse {
    let book = json!({
        "name": NAMES[2], "sku": "SKU-00034", "quantity": 1, "options": [], "price": cents(1_070),
        "taxRate": number("0.07"), "tax": cents(70), "subtotal": cents(1_070),
    });
    paper(&json!({
        "kind": "credit_note", "number": "CC-2026-000125", "invoiceNumber": "CC-2026-000123",
        "refundId": "ref_01h4vjdvzefw18zfwz5dxw5y8g", "reason": "returned", "items": [book],
        "subtotal": cents(1_070), "shipping": cents(490), "tax": cents(70), "total": cents(1_560), "taxIncluded": true,
        "taxes": [
            {"name": "USt", "rate": number("0.07"), "base": cents(1_000), "amount": cents(70)},
            {"name": "", "rate": 0, "base": cents(490), "amount": cents(0)},
        ],
    }))
}

fn number(text: &str) -> Value {
    serde_json::from_str(text).expect("should be a number")
}

fn paper(members: &Value) -> InvoiceResponse {
    let mut paper = json!({
        "id": "inv_01h4vjdvzefw18zfwz5dxw5y8g", "kind": "invoice", "number": "CC-2026-000123",
        "issuedAt": "2026-03-01T12:00:00Z", "issuedOn": "2026-03-01", "orderId": "order_01h4vjdvzefw18zfwz5dxw5y8g",
        "orderNumber": "7K3M-9QXT-G", "orderedOn": "2026-02-28",
        "seller": {
            "name": "CloudCommerce Sample Ltd", "address": ["Musterstraße 1", "10115 Berlin", "Germany"],
            "taxId": "DE123456789", "notes": ["billing@shop.example"],
        },
        "buyer": {
            "name": "Ada Lovelace", "email": "ada@example.com",
            "address": {"street": "Unter den Linden 77", "city": "Berlin", "zipCode": "10117", "country": "DE"},
        },
        "currency": "EUR",
    });
    let known = paper.as_object_mut().expect("should be an object");
    known.extend(members.as_object().cloned().unwrap_or_default());
    serde_json::from_value(paper).expect("should be a paper")
}
