//! Everything that the origin stands on, in one type.

use std::sync::Arc;

use commerce_aws::Timer;
use commerce_domain::{Clock, Entropy, PricingRules};

use crate::{
    catalog::CatalogDatabase,
    checkout::{CartStore, OrdersDatabase},
    customers::LoadProfile,
    events::PublishEvents,
    hooks::Hooks,
    inventory::{InventoryDatabase, StockStore},
    invoices::{InvoiceStore, Papers},
    payments::{PaymentGateway, ReadDispute, VerifyTransmission, VerifyWebhook},
    refunds::RefundGateway,
    shipping::Carrier,
    tokens::TokenVerifier,
};

/// The ports of the origin and its settings.
pub trait Backend: Clone + Send + Sync + 'static {
    /// Tells the time.
    type Clock: Clock + Send + Sync;
    /// Makes ids.
    type Entropy: Entropy + Send + Sync;
    /// Waits.
    type Timer: Timer + Send + Sync;
    /// PostgreSQL.
    type Database: OrdersDatabase + CatalogDatabase + InventoryDatabase + InvoiceStore;
    /// The counters of stock and the holds on it.
    type Stock: StockStore;
    /// The carts.
    type Carts: CartStore;
    /// The payment provider.
    type Gateway: PaymentGateway + RefundGateway + ReadDispute + VerifyWebhook + VerifyTransmission;
    /// Brings parcels.
    type Carrier: Carrier;
    /// Verifies shoppers' tokens.
    type Tokens: TokenVerifier;
    /// Knows who the bearers of tokens are.
    type Profiles: LoadProfile;
    /// The event bus.
    type Events: PublishEvents;
    /// Points at which tests stop a use case.
    type Hooks: Hooks;

    /// The clock.
    fn clock(&self) -> &Self::Clock;
    /// The source of randomness.
    fn entropy(&self) -> &Self::Entropy;
    /// The timer.
    fn timer(&self) -> &Self::Timer;
    /// The database.
    fn database(&self) -> &Self::Database;
    /// The stock.
    fn stock(&self) -> &Self::Stock;
    /// The carts.
    fn carts(&self) -> &Self::Carts;
    /// The payment provider.
    fn gateway(&self) -> &Self::Gateway;
    /// The carrier; none where the shop makes all labels itself.
    fn carrier(&self) -> Option<&Self::Carrier>;
    /// The token verifier.
    fn tokens(&self) -> &Self::Tokens;
    /// The identity provider's profiles.
    fn profiles(&self) -> &Self::Profiles;
    /// The event bus; none where events stay in the outbox.
    fn events(&self) -> Option<&Self::Events>;
    /// The hooks.
    fn hooks(&self) -> &Self::Hooks;
    /// How orders are taxed and shipped.
    fn pricing(&self) -> &PricingRules;
    /// Who issues invoices, and what prints them.
    fn papers(&self) -> &Papers;
}

/// The parts of a [`Backend`], by which a binary or a test puts one together.
#[derive(Debug)]
pub struct Parts<K, E, W, D, S, C, G, R, T, P, V, H> {
    /// Tells the time.
    pub clock: K,
    /// Makes ids.
    pub entropy: E,
    /// Waits.
    pub timer: W,
    /// PostgreSQL.
    pub database: D,
    /// The counters of stock and the holds on it.
    pub stock: S,
    /// The carts.
    pub carts: C,
    /// The payment provider.
    pub gateway: G,
    /// Brings parcels; none where the shop makes all labels itself.
    pub carrier: Option<R>,
    /// Verifies shoppers' tokens.
    pub tokens: T,
    /// Knows who the bearers of tokens are.
    pub profiles: P,
    /// The event bus; none where events stay in the outbox.
    pub events: Option<V>,
    /// Points at which tests stop a use case.
    pub hooks: H,
    /// How orders are taxed and shipped.
    pub pricing: PricingRules,
    /// Who issues invoices, and what prints them.
    pub papers: Papers,
}

/// A [`Backend`] made of [`Parts`].
#[expect(clippy::type_complexity, reason = "one parameter a port, and nothing else")]
#[derive(Debug)]
pub struct Assembled<K, E, W, D, S, C, G, R, T, P, V, H>(Arc<Parts<K, E, W, D, S, C, G, R, T, P, V, H>>);

impl<K, E, W, D, S, C, G, R, T, P, V, H> Assembled<K, E, W, D, S, C, G, R, T, P, V, H> {
    /// The backend of these parts.
    pub fn new(parts: Parts<K, E, W, D, S, C, G, R, T, P, V, H>) -> Self {
        Self(Arc::new(parts))
    }
}

impl<K, E, W, D, S, C, G, R, T, P, V, H> Clone for Assembled<K, E, W, D, S, C, G, R, T, P, V, H> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, E, W, D, S, C, G, R, T, P, V, H> Backend for Assembled<K, E, W, D, S, C, G, R, T, P, V, H>
where
    K: Clock + Send + Sync + 'static,
    E: Entropy + Send + Sync + 'static,
    W: Timer + Send + Sync + 'static,
    D: OrdersDatabase + CatalogDatabase + InventoryDatabase + InvoiceStore + 'static,
    S: StockStore + 'static,
    C: CartStore + 'static,
    G: PaymentGateway + RefundGateway + ReadDispute + VerifyWebhook + VerifyTransmission + 'static,
    R: Carrier + 'static,
    T: TokenVerifier + 'static,
    P: LoadProfile + 'static,
    V: PublishEvents + 'static,
    H: Hooks + 'static,
{
    type Clock = K;
    type Entropy = E;
    type Timer = W;
    type Database = D;
    type Stock = S;
    type Carts = C;
    type Gateway = G;
    type Carrier = R;
    type Tokens = T;
    type Profiles = P;
    type Events = V;
    type Hooks = H;

    fn clock(&self) -> &K {
        &self.0.clock
    }

    fn entropy(&self) -> &E {
        &self.0.entropy
    }

    fn timer(&self) -> &W {
        &self.0.timer
    }

    fn database(&self) -> &D {
        &self.0.database
    }

    fn stock(&self) -> &S {
        &self.0.stock
    }

    fn carts(&self) -> &C {
        &self.0.carts
    }

    fn gateway(&self) -> &G {
        &self.0.gateway
    }

    fn carrier(&self) -> Option<&R> {
        self.0.carrier.as_ref()
    }

    fn tokens(&self) -> &T {
        &self.0.tokens
    }

    fn profiles(&self) -> &P {
        &self.0.profiles
    }

    fn events(&self) -> Option<&V> {
        self.0.events.as_ref()
    }

    fn hooks(&self) -> &H {
        &self.0.hooks
    }

    fn pricing(&self) -> &PricingRules {
        &self.0.pricing
    }

    fn papers(&self) -> &Papers {
        &self.0.papers
    }
}
