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

/// The names of all calls that can go wrong, but for those that are made outside.
pub(crate) fn calls() -> impl Iterator<Item = &'static str> {
    const BY_PORT: &[&[&str]] = &[
        bus::EventQueue,
        bus::KeepPaymentHistory,
        carts::CartStore,
        database::CancelOrders,
        database::CaptureStore,
        database::CheckoutStore,
        database::CloseOrders,
        database::LoadPrices,
        database::PaymentStore,
        database::RefundStore,
        database::RequestStore,
        database::ReturnStore,
        database::SweepStore,
        quiet::InvoiceStore,
        quiet::Outbox,
        stock::PutStock,
        stock::ReturnGoods,
        stock::SettleHold,
        webhooks::WebhookStore,
    ];
    const BY_HAND: [&str; 13] = [
        "begin_refund",
        "commit_order",
        "end_order",
        "finish_request",
        "give_up",
        "is_webhook_handled",
        "note_dispute",
        "note_webhook",
        "publish",
        "reserve",
        "settle",
        "settle_refund",
        "take_out",
    ];
    BY_PORT.iter().copied().flatten().copied().chain(BY_HAND).chain(gateway::calls_of_all())
}
