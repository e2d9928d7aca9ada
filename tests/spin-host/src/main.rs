//! The command line of the embedded Spin host: `spin-host --manifest spin.toml`.
//!
//! Prints one line with the URL when it answers; everything else, the guest's output included, goes to stderr.

use clap::Parser;
use spin_host::{Host, HostConfig, HostError, RunningHost, default_cache_dir};
use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

/// Runs a Spin component by its spin.toml, for development and tests.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The application manifest.
    #[arg(long, default_value = "spin.toml")]
    manifest: PathBuf,
    /// Loopback address to serve; port 0 takes any free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Write a JSON object of addresses and process id into this file once the host answers.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// NAME=VALUE of an application variable; may be repeated. `SPIN_VARIABLE_<NAME>` works too.
    #[arg(long = "variable", value_parser = parse_variable)]
    variables: Vec<(String, String)>,
    /// Keep compiled components in this folder.
    #[arg(long, default_value_os_t = default_cache_dir())]
    cache_dir: PathBuf,
    /// Loopback port for GET, PUT and DELETE /kv/{store}/{key}.
    #[arg(long)]
    kv_admin_port: Option<u16>,
    /// Longest time until a response begins, in milliseconds.
    #[arg(long, default_value_t = 30_000)]
    request_timeout_ms: u64,
    /// Longest time for a response body and for work after the response, in milliseconds.
    #[arg(long, default_value_t = 30_000)]
    background_timeout_ms: u64,
    /// How long an unused instance is kept, in milliseconds.
    #[arg(long, default_value_t = 1000)]
    idle_timeout_ms: u64,
    /// Requests that one instance serves in its life; 0 or 1: a new instance for every request.
    #[arg(long, default_value_t = 128)]
    reuse: usize,
    /// Requests that one instance serves at a time.
    #[arg(long, default_value_t = 16)]
    concurrent: usize,
    /// Most instances at a time.
    #[arg(long, default_value_t = 128)]
    max_instances: u32,
    /// Most memory of one instance, in MiB.
    #[arg(long, default_value_t = 128)]
    memory_mib: usize,
}

fn parse_variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a variable is NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

impl Arguments {
    fn into_config(self) -> HostConfig {
        HostConfig {
            listen: self.listen,
            variables: self.variables.into_iter().collect(),
            cache_dir: self.cache_dir,
            kv_admin_port: self.kv_admin_port,
            request_timeout: Duration::from_millis(self.request_timeout_ms),
            background_timeout: Duration::from_millis(self.background_timeout_ms),
            idle_timeout: Duration::from_millis(self.idle_timeout_ms),
            reuse: self.reuse,
            concurrent: self.concurrent,
            max_instances: self.max_instances,
            memory_limit_bytes: self.memory_mib.saturating_mul(1024 * 1024),
            ..HostConfig::new(self.manifest)
        }
    }
}

#[tokio::main]
#[expect(clippy::print_stderr, reason = "a command line speaks on stderr")]
async fn main() -> ExitCode {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("spin_host=info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match serve(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("spin-host: {error}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the ready line is the one thing on stdout")]
async fn serve(arguments: Arguments) -> Result<(), HostError> {
    let ready_file = arguments.ready_file.clone();
    let host = Host::start(arguments.into_config()).await?;
    if let Some(path) = ready_file {
        write_ready_file(&path, &host)?;
    }
    if let Some(url) = host.kv_admin_url() {
        tracing::info!("key-value admin on {url}");
    }
    println!("{}", host.url());
    wait_for_signal().await;
    host.stop().await;
    Ok(())
}

/// Written beside its place and renamed, so that whoever waits for the file never reads half of it.
fn write_ready_file(path: &std::path::Path, host: &RunningHost) -> Result<(), HostError> {
    let ready = serde_json::json!({
        "url": host.url(),
        "kv_admin_url": host.kv_admin_url(),
        "pid": std::process::id(),
    });
    let beside = path.with_extension("partial");
    let written = std::fs::write(&beside, ready.to_string()).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|source| HostError::File { path: path.to_owned(), source })
}

async fn wait_for_signal() {
    let terminate = signal(SignalKind::terminate());
    let Ok(mut terminate) = terminate else {
        _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
