//! The real adapters of the stores, each behind the gate.

mod bus;
mod carts;
mod database;
mod environment;
mod gateway;
mod quiet;
mod stock;
mod webhooks;

pub(crate) use self::{
    bus::{SimBus, SimHistory, SimQueue},
    carts::SimCarts,
    database::SimDatabase,
    environment::SimEnvironment,
    gateway::SimGateway,
    stock::SimStock,
};
