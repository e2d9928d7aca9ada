//! The smallest useful Spin component: the baseline of the edge benchmarks, and what the Spin host's tests run.
//!
//! `/` answers a bare hello and does nothing else, so that its cost is the cost of the host and the SDK alone. Every other
//! path exists for one test of the host. It may depend on nothing of this workspace.

mod probes;

use bytes::Bytes;
use spin_sdk::{
    http::{FullBody, Request, Response},
    http_service,
};

#[http_service]
async fn handle(request: Request) -> Response<FullBody<Bytes>> {
    if request.uri().path() == "/" {
        return Response::new(FullBody::new(Bytes::from_static(b"hello")));
    }
    let (status, text) = probes::probe(request).await;
    let mut response = Response::new(FullBody::new(text));
    *response.status_mut() = status;
    response
}
