//! What travels over HTTP: the table of routes, wire types, problem bodies, header names and published limits; and the document of
//! the shop's pricing rules.
//!
//! Both the edge and the origin speak through this crate, so they cannot disagree. No I/O, no framework; depends only on
//! `commerce-domain`.

pub mod amount;
pub mod cart;
pub mod checkout;
pub mod cursor;
pub mod headers;
pub mod idempotency;
pub mod inventory;
pub mod invoice;
pub mod json;
pub mod limits;
pub mod listing;
pub mod order;
pub mod page;
pub mod payment;
pub mod pricing;
pub mod problem;
pub mod product;
pub mod query;
pub mod reorder;
pub mod returns;
pub mod routes;
pub mod shipment;
pub mod sort;

pub use amount::{Amount, DecimalNumber};
pub use problem::{Problem, ProblemCode, ProblemContext};
pub use routes::{Access, Parameter, Route, RouteMatch, RouteMiss, ServedBy, match_route};
pub use sort::Sort;
