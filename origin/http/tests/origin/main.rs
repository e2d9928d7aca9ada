//! The origin as the edge sees it, on a real PostgreSQL, DynamoDB in process, and a payment provider that speaks Stripe.

mod access;
mod golden;
mod orders;
mod payments;
mod races;
mod recovery;
mod shop;
