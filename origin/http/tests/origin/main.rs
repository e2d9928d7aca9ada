//! The origin as the edge sees it, on a real PostgreSQL, DynamoDB in process, a payment provider that speaks Stripe, and a
//! carrier.

// Marked so that clippy knows helpers for tests, too.
#[cfg(test)]
mod access;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod cancel_late;
#[cfg(test)]
mod captures;
mod carrier_webhooks;
#[cfg(test)]
mod carts;
#[cfg(test)]
mod catalog;
#[cfg(test)]
mod changes;
#[cfg(test)]
mod consumers;
#[cfg(test)]
mod credit_notes;
#[cfg(test)]
mod forgetting;
#[cfg(test)]
mod golden;
#[cfg(test)]
mod inventory;
#[cfg(test)]
mod inventory_recovery;
#[cfg(test)]
mod invoice_recovery;
#[cfg(test)]
mod invoices;
#[cfg(test)]
mod lost_holds;
#[cfg(test)]
mod low_stock;
#[cfg(test)]
mod order_numbers;
#[cfg(test)]
mod order_versions;
#[cfg(test)]
mod orders;
#[cfg(test)]
mod orders_list;
#[cfg(test)]
mod other_card;
#[cfg(test)]
mod outages;
#[cfg(test)]
mod partly_shipped;
#[cfg(test)]
mod payment_races;
#[cfg(test)]
mod payment_recovery;
#[cfg(test)]
mod payments;
#[cfg(test)]
mod paypal;
#[cfg(test)]
mod paypal_late;
#[cfg(test)]
mod paypal_refunds;
#[cfg(test)]
mod paypal_switch;
#[cfg(test)]
mod paypal_webhooks;
#[cfg(test)]
mod pricing;
#[cfg(test)]
mod product_keys;
mod products;
#[cfg(test)]
mod races;
#[cfg(test)]
mod reconcile;
#[cfg(test)]
mod reconcile_all;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod refunded_goods;
#[cfg(test)]
mod refunds;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod reorder;
#[cfg(test)]
mod returns;
#[cfg(test)]
mod returns_recovery;
#[cfg(test)]
mod shipping;
#[cfg(test)]
mod shipping_races;
#[cfg(test)]
mod shipping_recovery;
#[cfg(test)]
mod shop;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod sweep_time;
#[cfg(test)]
mod webhook_disputes;
#[cfg(test)]
mod webhook_signatures;
#[cfg(test)]
mod webhooks;
