//! The parts of the local shop that only development and tests use: the token issuer, the fake payment providers, the fake
//! carrier, an object store, a private PostgreSQL, DynamoDB with fault injection, the event bus, a catalog generator, and clocks and entropy that tests steer.
//!
//! Invariants: every server listens on 127.0.0.1 only, holds bounded memory, and ends with its handle. Nothing here may be
//! linked into a production artifact, and nothing here holds a business rule: it depends on `commerce-domain` for the
//! ports, on `origin-core` for those of the bus and of people, on `commerce-auth` for who they are, and on `commerce-aws` for
//! signatures.

mod bounded;
pub mod bus;
pub mod carrier;
pub mod catalog;
pub mod clock;
pub mod dynamo;
pub mod entropy;
pub mod files;
pub mod issuer;
pub mod lambda;
pub mod net;
pub mod objects;
pub mod payments;
pub mod paypal;
pub mod people;
pub mod postgres;
pub mod process;

pub use bus::{BusFaults, EventBus, LocalQueue, QueueConfig, SnsEndpoint};
pub use carrier::{CarrierFaults, CarrierSettings, FakeCarrier};
pub use clock::{ManualClock, SharedClock, SystemClock};
pub use dynamo::{DynamoFaults, DynamoFaultsConfig, DynamoServer, DynamoStore, DynamoSwitches};
pub use entropy::{SeededEntropy, SharedEntropy, SystemEntropy};
pub use issuer::{Issuer, IssuerConfig, TokenRequest};
pub use lambda::{FunctionUrl, FunctionUrlConfig, LambdaRuntime};
pub use net::{HttpServer, free_port};
pub use objects::ObjectStore;
pub use payments::{Faults, PaymentProvider, PaymentsConfig};
pub use paypal::{FakePayPal, PayPalFaults, PayPalOperation, PayPalSettings, PayPalWebhook};
pub use people::{ADMIN, NameTokens, NoProfiles, principal};
pub use postgres::{DataDir, Durability, PgConfig, PgError, PgServer, TestDatabases};
