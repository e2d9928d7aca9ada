//! The one signed AWS client, used by the edge and by the origin, and the verifier of incoming signed requests.
//!
//! Requests are signed with AWS's own `aws-sigv4` and sent through the [`HttpClient`] port, so the same code runs in a
//! Cloudflare Worker, in a Spin component and in a Lambda function. Depends only on `commerce-domain`.

pub mod cart_table;
pub mod ports;

pub use ports::{HttpClient, MaybeSend, Timer, TransportError};
