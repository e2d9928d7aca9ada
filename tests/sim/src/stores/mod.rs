//! The real adapters of the stores, each behind the gate.

mod carts;
mod database;
mod environment;
mod gateway;
mod quiet;
mod stock;

pub(crate) use self::{
    carts::SimCarts,
    database::SimDatabase,
    environment::{Profiles, SimEnvironment, Tokens, principal},
    gateway::SimGateway,
    stock::SimStock,
};
