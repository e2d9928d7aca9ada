//! One kept connection: a request, its whole answer, the next request.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use load::{histogram::Histogram, now};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::run::{Phase, Stage};
use crate::target::{Expectation, Target};

/// A server that takes longer than this has failed.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// After this many failures in a row a connection gives up: nobody is there.
const MAX_FAILURES: u32 = 20;
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(20);

/// What every connection asks for, and what the answer has to be.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) target: Target,
    pub(crate) expectation: Option<Expectation>,
}

/// What one connection saw while it was measured.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) latencies: Histogram,
    /// No answer: refused, broken off, too late or too long.
    pub(crate) failed: u64,
    /// An answer that differs from the first one.
    pub(crate) wrong: u64,
}

type Sender = SendRequest<Empty<Bytes>>;

/// Asks once.
///
/// # Errors
/// In words: no connection, no answer, or one that is not 200 or lacks the expected header.
pub(crate) async fn ask_once(question: &Question) -> Result<Bytes, String> {
    let mut sender = connect(&question.target).await?;
    match ask(&mut sender, question).await? {
        Ok(body) => Ok(body),
        Err(status) => Err(format!("the first answer is not as expected (status {status})")),
    }
}

/// Asks until the run is over. Counts what ends while it is measured.
pub(crate) async fn keep_asking(question: Rc<Question>, expected: Bytes, phase: Rc<Phase>) -> Seen {
    let mut seen = Seen { latencies: Histogram::new(), failed: 0, wrong: 0 };
    let mut connection = None;
    let mut failures = 0;
    while phase.get() != Stage::Over && failures < MAX_FAILURES {
        let begun = now();
        let answer = ask_on(&mut connection, &question).await;
        let latency = now().duration_since(begun);
        let counted = u64::from(phase.get() == Stage::Measured);
        match answer {
            Ok(Ok(body)) if body == expected => {
                failures = 0;
                if counted == 1 {
                    seen.latencies.record(u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX));
                }
            }
            Ok(_) => {
                failures = 0;
                seen.wrong += counted;
            }
            Err(_) => {
                connection = None;
                failures += 1;
                seen.failed += counted;
                tokio::time::sleep(PAUSE_AFTER_FAILURE).await;
            }
        }
    }
    seen
}

/// On the connection that is there, or on a new one.
async fn ask_on(connection: &mut Option<Sender>, question: &Question) -> Result<Result<Bytes, StatusCode>, String> {
    let sender = match connection {
        Some(sender) => sender,
        None => connection.insert(connect(&question.target).await?),
    };
    ask(sender, question).await
}

async fn connect(target: &Target) -> Result<Sender, String> {
    let stream = timeout(REQUEST_TIMEOUT, TcpStream::connect(target.address)).await;
    let stream = stream.map_err(|_| "no connection in time".to_owned())?.map_err(|error| error.to_string())?;
    stream.set_nodelay(true).map_err(|error| error.to_string())?;
    let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    // It ends when the sender goes; what broke it, the sender says.
    tokio::task::spawn_local(async move { drop(connection.await) });
    Ok(sender)
}

/// The body, or the status of an answer that is not as expected.
async fn ask(sender: &mut Sender, question: &Question) -> Result<Result<Bytes, StatusCode>, String> {
    let exchange = async {
        sender.ready().await.map_err(|error| error.to_string())?;
        let answer = sender.send_request(question.target.request()).await.map_err(|error| error.to_string())?;
        let (parts, body) = answer.into_parts();
        let body = Limited::new(body, MAX_BODY_BYTES).collect().await.map_err(|error| error.to_string())?;
        let headers_hold = question.expectation.as_ref().is_none_or(|expectation| expectation.holds(&parts.headers));
        Ok(if parts.status == StatusCode::OK && headers_hold { Ok(body.to_bytes()) } else { Err(parts.status) })
    };
    timeout(REQUEST_TIMEOUT, exchange).await.unwrap_or_else(|_| Err("no answer in time".to_owned()))
}
