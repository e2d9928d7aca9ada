//! Drawing up a checkout: the cart, priced anew, compared with what the shopper saw.

use std::collections::HashMap;

use commerce_api::{cart::CartResponse, order::LineChange};
use commerce_domain::{
    Cart, CartLine, CheckoutId, Clock, CustomerId, Money, OrderId, OrderNumber, PriceError, PricingRules, Totals,
    VariantId,
    pricing::{self, Line, LineTotals},
};

use jiff::Timestamp;

use super::{
    place_order::{PlaceOrder, PlaceOrderError},
    ports::{LoadPrices, PricedVariant},
    types::{CartDiff, Checkout, OrderLine},
};
use crate::{
    Backend,
    inventory::HOLD,
    payments::{PaymentGateway, Provider},
};

/// The checkout of this cart at today's prices, taxed and shipped by the rules for its address. This is where both are decided.
///
/// # Errors
/// [`PlaceOrderError::NotServed`] where nothing is shipped to the address, [`PlaceOrderError::CartChanged`] where the cart differs
/// from what the shopper saw, [`PlaceOrderError::BadTotal`] where what the shopper saw cannot be, [`PlaceOrderError::Limit`] where
/// the payment provider would not take the total, or a store's failure.
pub(super) async fn draw_up<B: Backend>(
    backend: &B,
    request: &PlaceOrder<'_>,
    customer_id: CustomerId,
    cart: &Cart,
) -> Result<Checkout, PlaceOrderError> {
    let variants: Vec<VariantId> = cart.lines.iter().map(|line| line.variant_id).collect();
    let found = backend.database().load_prices(&variants).await?;
    let prices: HashMap<VariantId, PricedVariant> = found.into_iter().map(|price| (price.variant_id, price)).collect();
    let sold = all_sold(cart, &prices)?;
    let totals = price(request, &sold, backend.pricing())?;
    compare(request, cart, &sold, &totals)?;
    if !totals.total.is_zero() {
        // Every order can be paid by card; whether it can be paid otherwise, the payment asks.
        backend.gateway().accepts(Provider::Stripe, totals.total)?;
    }
    let now = whole_millisecond(backend.clock().now());
    Ok(Checkout {
        id: CheckoutId::generate(backend.clock(), backend.entropy()),
        order_id: OrderId::generate(backend.clock(), backend.entropy()),
        order_number: OrderNumber::generate(backend.entropy()),
        customer_id,
        cart_id: cart.id,
        cart_version: cart.version,
        request_hash: request.request_hash,
        lines: order_lines(&sold, &totals),
        currency: totals.total.currency(),
        subtotal: totals.subtotal,
        tax: totals.tax,
        tax_included: totals.tax_included,
        taxes: totals.taxes,
        shipping: totals.shipping,
        shipping_tax: totals.shipping_tax,
        total: totals.total,
        shipping_address: request.shipping_address.clone(),
        payment_method: request.payment_method.clone(),
        hold_until: now.saturating_add(HOLD).unwrap_or(now),
        created_at: now,
    })
}

/// What every store keeps exactly, so that a hold asked for again is the same to the letter.
fn whole_millisecond(now: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

type Sold<'a> = Vec<(&'a CartLine, &'a PricedVariant)>;

/// Each line beside what it is sold for now.
fn all_sold<'a>(cart: &'a Cart, prices: &'a HashMap<VariantId, PricedVariant>) -> Result<Sold<'a>, PlaceOrderError> {
    let mut sold = Vec::with_capacity(cart.lines.len());
    let mut gone = Vec::new();
    for line in &cart.lines {
        match prices.get(&line.variant_id) {
            Some(price) => sold.push((line, price)),
            None => gone.push(change(line, "gone")),
        }
    }
    if gone.is_empty() { Ok(sold) } else { Err(changed(gone, None)) }
}

/// What the cart costs where it goes. Nobody grants discounts yet.
fn price(request: &PlaceOrder<'_>, sold: &Sold<'_>, rules: &PricingRules) -> Result<Totals, PlaceOrderError> {
    let mut lines = Vec::with_capacity(sold.len());
    for (line, now) in sold {
        lines.push(Line { unit_price: now.price, quantity: line.quantity, categories: &now.categories });
    }
    let to = request.shipping_address.destination();
    pricing::price(&lines, &to, Money::zero(rules.currency()), rules).map_err(|error| match error {
        PriceError::NotServed => PlaceOrderError::NotServed,
        // The edge lets in what can be added up: what cannot has been repriced since.
        PriceError::Money(_) | PriceError::Discount => changed(price_changes(sold), None),
    })
}

/// Refuses what the shopper has not seen. A total that was expected and is right covers changed prices.
fn compare(request: &PlaceOrder<'_>, cart: &Cart, sold: &Sold<'_>, totals: &Totals) -> Result<(), PlaceOrderError> {
    let expected = request.expected_total.map(|total| total.in_currency(totals.total.currency())).transpose();
    let expected = expected.map_err(|_| PlaceOrderError::BadTotal)?;
    let other_version = request.cart_version.is_some_and(|version| version != cart.version);
    let other_total = expected.is_some_and(|expected| expected != totals.total);
    let changes = price_changes(sold);
    if other_version || other_total {
        return Err(changed(changes, Some(at_todays_prices(cart, sold, totals))));
    }
    if expected.is_none() && !changes.is_empty() { Err(changed(changes, None)) } else { Ok(()) }
}

/// The cart as `GET /cart` would show it, had it been filled now and did it know the order's address.
fn at_todays_prices(cart: &Cart, sold: &Sold<'_>, totals: &Totals) -> CartResponse {
    let lines = sold.iter().map(|(line, now)| CartLine { unit_price: now.price, ..(*line).clone() }).collect();
    CartResponse::of(&Cart { lines, ..cart.clone() }, totals)
}

fn changed(changes: Vec<LineChange>, cart: Option<CartResponse>) -> PlaceOrderError {
    PlaceOrderError::CartChanged(Box::new(CartDiff { changes, cart }))
}

fn price_changes(sold: &Sold<'_>) -> Vec<LineChange> {
    let changed = sold.iter().filter(|(line, now)| line.unit_price != now.price);
    changed
        .map(|(line, now)| LineChange {
            old_price: Some(line.unit_price.into()),
            new_price: Some(now.price.into()),
            ..change(line, "price_changed")
        })
        .collect()
}

fn change(line: &CartLine, reason: &str) -> LineChange {
    LineChange {
        product_id: line.product_id.to_string(),
        variant_id: line.variant_id.to_string(),
        reason: reason.to_owned(),
        requested: line.quantity.get(),
        available: None,
        old_price: None,
        new_price: None,
    }
}

fn order_lines(sold: &Sold<'_>, totals: &Totals) -> Vec<OrderLine> {
    let line = |((line, now), cost): (&(&CartLine, &PricedVariant), &LineTotals)| OrderLine {
        variant_id: now.variant_id,
        product_id: now.product_id,
        name: now.name.clone(),
        sku: now.sku.clone(),
        options: now.options.clone(),
        quantity: line.quantity.get(),
        unit_price: now.price,
        subtotal: cost.subtotal,
        tax: cost.tax,
        tax_rate: Some(cost.tax_rate),
        tax_name: totals.tax_name.clone(),
    };
    sold.iter().zip(&totals.lines).map(line).collect()
}
