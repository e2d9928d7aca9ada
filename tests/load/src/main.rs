//! The load generator of the benchmarks: GETs one URL over kept connections, each of which sends its next request when the last
//! one is answered (a closed loop), and prints one JSON object about latency, errors and processor time.
//!
//! It talks to loopback addresses only, runs on one thread so that it disturbs little, and takes memory that does not depend on
//! the number of requests. Every answer is compared with the first one: a fast wrong answer is an error. It knows nothing of
//! the shop and may depend on no other crate of this workspace.

mod http_loop;
mod run;
mod target;

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;

use crate::run::Plan;
use crate::target::{Expectation, Target};

/// Measures one URL of a server on this machine.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// What to GET: <http://127.0.0.1:PORT/PATH>.
    #[arg(long)]
    url: Target,
    /// The server's process; what it started counts with it.
    #[arg(long)]
    pid: u32,
    /// Connections, and so requests in flight.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: u16,
    /// How long to measure.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=600))]
    seconds: u16,
    /// How long to run before that.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(0..=60))]
    warm_up_seconds: u16,
    /// NAME=TEXT: a header that every answer must have, with this text in it.
    #[arg(long)]
    expect_header: Option<Expectation>,
}

impl Arguments {
    fn plan(self) -> Plan {
        Plan {
            target: self.url,
            expectation: self.expect_header,
            pid: self.pid,
            connections: self.connections,
            warm_up: Duration::from_secs(self.warm_up_seconds.into()),
            measured: Duration::from_secs(self.seconds.into()),
        }
    }
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks on its standard streams")]
async fn main() -> ExitCode {
    let measured = run::run(Arguments::parse().plan()).await;
    let printed = measured.and_then(|report| serde_json::to_string(&report).map_err(|error| error.to_string()));
    match printed {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("load: {failure}");
            ExitCode::FAILURE
        }
    }
}
