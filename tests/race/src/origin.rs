//! An origin in a process of its own, which is there to be killed.

use std::{path::Path, process::Stdio, time::Duration};

use commerce_aws::CallerKeys;
use origin_core::{events::relay, hooks::NoHooks};
use origin_gateways::{CaptureMethod, SystemClock};
use origin_http::{CallerPolicy, Settings, router, sweep};
use test_support::HttpServer;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::{
    backend::{Lines, REGION, backend, edge_keys},
    lab::Failure,
};

const START_TIMEOUT: Duration = Duration::from_secs(30);
/// How soon what is overdue is looked for.
const SWEEP_EVERY: Duration = Duration::from_millis(300);
/// The variable with the database's URL: whoever may list processes reads their arguments.
const DATABASE_URL: &str = "RACE_DATABASE_URL";

/// A running origin.
#[derive(Debug)]
pub struct Origin {
    /// Without a slash at the end.
    pub(crate) url: String,
    process: Child,
}

impl Origin {
    /// Starts this suite's program as an origin.
    pub(crate) async fn start(program: &Path, lines: &Lines) -> Result<Self, Failure> {
        let mut command = Command::new(program);
        command.args(["origin", "--dynamodb", &lines.dynamodb, "--payments", &lines.payments]);
        command.args(["--paypal", &lines.paypal]);
        command.env(DATABASE_URL, &lines.database).stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().map_err(Failure::of)?;
        let output = process.stdout.take().ok_or_else(|| Failure::of("no output"))?;
        let line = tokio::time::timeout(START_TIMEOUT, BufReader::new(output).lines().next_line()).await;
        let line = line.map_err(Failure::of)?.map_err(Failure::of)?;
        Ok(Self { url: line.ok_or_else(|| Failure::of("the origin did not start"))?, process })
    }

    /// SIGKILL, and waits until nothing is left of it.
    pub(crate) async fn kill(mut self) -> Result<(), Failure> {
        self.process.kill().await.map_err(Failure::of)
    }
}

/// Serves, sweeps and relays until standard input ends, after one line with the URL on standard output.
///
/// # Errors
/// [`Failure`], where it does not start.
#[expect(clippy::print_stdout, reason = "whoever started it waits for the line")]
pub async fn serve(dynamodb: String, payments: String, paypal: String) -> Result<(), Failure> {
    let database = std::env::var(DATABASE_URL).map_err(Failure::of)?;
    let lines = Lines { database, dynamodb, payments, paypal };
    let backend = backend(&lines, SystemClock, NoHooks, CaptureMethod::Automatic)?;
    let caller = CallerPolicy::Signed { keys: CallerKeys::new(edge_keys()), region: REGION.to_owned() };
    let server =
        HttpServer::start(0, router(backend.clone(), Settings { caller, only: None })).await.map_err(Failure::of)?;
    println!("{}", server.url());
    let tending = tokio::spawn(async move {
        loop {
            // Nothing stops it here: what fails is counted and in the log.
            let _ = sweep(&backend).await;
            relay(&backend).await;
            tokio::time::sleep(SWEEP_EVERY).await;
        }
    });
    tokio::io::stdin().read_to_end(&mut Vec::new()).await.map_err(Failure::of)?;
    tending.abort();
    server.stop().await;
    Ok(())
}
