//! What runs the edge: three ways to the same WebAssembly core.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::Value;

use super::children::{Children, Vain};
use super::http::{self, Answer};
use super::ready::{self, StackReady};
use crate::failure::{Failure, Outcome, While};
use crate::progress::step;
use crate::workspace::Workspace;
use crate::{process, tools};

/// The first start compiles the component for this machine.
const START_TIMEOUT: Duration = Duration::from_mins(2);
/// Everything behind an edge answers before it is started, so what it lacks by now it will always lack.
const READY_TIMEOUT: Duration = Duration::from_secs(15);

/// A runtime for the edge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Edge {
    /// The Spin component in this repository's embedded host.
    SpinHost,
    /// The Worker on Miniflare.
    Workers,
    /// The Spin component on `spin up`.
    Spin,
}

impl Edge {
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::SpinHost => "spin-host",
            Self::Workers => "workers",
            Self::Spin => "spin",
        }
    }

    /// # Errors
    /// It needs a program that is neither here nor installed by setup.
    pub(super) fn find(self) -> Outcome {
        if self == Self::Spin && tools::on_path("spin").is_none() {
            return Err(Failure::new("spin is not on PATH: install the Spin CLI, or use --edge spin-host"));
        }
        Ok(())
    }

    /// Starts the runtime on 127.0.0.1 and waits until it is ready to serve the shop.
    ///
    /// # Errors
    /// It does not listen, or says what it lacks.
    pub(super) fn start(self, place: &Place<'_>, stack: &StackReady, children: &mut Children) -> Outcome<String> {
        let ready_file = place.state.join("edge-ready.json");
        // One of an earlier run would name a port that nobody listens on.
        ready::remove(&ready_file)?;
        // Spin does not say where it listens, so it is told; the others take a port that is free when they ask for it.
        let port = if self == Self::Spin { free_port(place.port)? } else { place.port };
        let command = self.command(place.workspace, port, &ready_file, stack)?;
        step(&format!("starting the edge on {}", self.label()), || {
            let name = children.start(self.label(), &command)?;
            let mut found = None;
            children.wait_until(name, START_TIMEOUT, || {
                found =
                    if self == Self::Spin { http::get(port, "/healthz").map(|_| port) } else { listening(&ready_file) };
                found.is_some()
            })?;
            let port = found.ok_or_else(|| Failure::new(format!("{name} names no port")))?;
            wait_until_ready(name, port, READY_TIMEOUT, children)?;
            Ok(format!("http://127.0.0.1:{port}"))
        })
    }

    /// Variables go through the environment: they hold secrets, and arguments are for all to read.
    fn command(self, workspace: &Workspace, port: u16, ready_file: &Path, stack: &StackReady) -> Outcome<Command> {
        let listen = format!("127.0.0.1:{port}");
        let mut command = match self {
            Self::SpinHost => {
                let mut host = workspace.command(&workspace.dev_binary("spin-host").to_string_lossy());
                host.args(["--manifest", "spin.toml", "--listen", &listen, "--ready-file"]).arg(ready_file);
                host
            }
            Self::Spin => {
                let mut spin = workspace.command("spin");
                spin.args(["up", "--from", "spin.toml", "--listen", &listen]);
                spin
            }
            Self::Workers => {
                let mut node = workspace.command("node");
                node.args(["tests/workers/serve.mjs", "--port", &port.to_string(), "--ready-file"]).arg(ready_file);
                node.env("WORKER_BINDINGS", stack.worker_bindings()?);
                return Ok(node);
            }
        };
        for (name, value) in &stack.edge_variables {
            command.env(format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase()), value);
        }
        Ok(command)
    }
}

/// Where an edge is to run.
pub(super) struct Place<'a> {
    pub(super) workspace: &'a Workspace,
    /// The folder of this run's files.
    pub(super) state: &'a Path,
    /// 0 takes any free one.
    pub(super) port: u16,
}

/// The port in the ready file of an edge; `None` until it is there.
fn listening(ready_file: &Path) -> Option<u16> {
    let ready: Value = serde_json::from_slice(&std::fs::read(ready_file).ok()?).ok()?;
    ready["url"].as_str()?.trim_end_matches('/').rsplit(':').next()?.parse().ok()
}

/// An edge that listens may still lack a setting, or an origin that believes its signature.
fn wait_until_ready(name: &str, port: u16, limit: Duration, children: &mut Children) -> Outcome {
    let mut last = None;
    let waited = children.wait(limit, || {
        last = http::get(port, "/readyz").or(last.take());
        last.as_ref().is_some_and(|answer| answer.status == 200)
    });
    waited.map_err(|vain| match (vain, last) {
        (Vain::Ended(failure), _) => failure,
        (Vain::Late, Some(Answer { status, body })) => {
            Failure::new(format!("{name} is not ready: /readyz answers {status} {}", process::shortened(&body, 500)))
        }
        (Vain::Late, None) => Failure::new(format!("{name} does not answer /readyz")),
    })
}

/// The port itself, or a free one for 0.
///
/// # Errors
/// Somebody else listens there.
pub(in crate::commands) fn free_port(port: u16) -> Outcome<u16> {
    let listener = TcpListener::bind(("127.0.0.1", port));
    let listener = listener.during(format!("port {port} cannot be used, choose another with --port"))?;
    Ok(listener.local_addr().during("local address")?.port())
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};

    use super::*;

    #[test]
    fn a_port_that_is_taken_is_refused_with_advice() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("some port should be free");
        let port = taken.local_addr().expect("a bound socket has an address").port();
        let failure = free_port(port).expect_err("the port is taken");
        assert!(failure.to_string().contains("--port"), "{failure}");
        assert_ne!(free_port(0).expect("some port should be free"), 0);
    }

    #[test]
    fn the_port_is_read_from_the_edges_own_ready_file() {
        let file = std::env::temp_dir().join(format!("xtask-edge-{}.json", std::process::id()));
        assert_eq!(listening(&file), None);
        std::fs::write(&file, r#"{"url":"http://127.0.0.1:40123","kv_admin_url":null,"pid":1}"#).expect("a file");
        assert_eq!(listening(&file), Some(40123));
        std::fs::remove_file(file).expect("the file should be removable");
    }

    #[test]
    fn an_edge_that_is_not_ready_is_quoted_in_one_line() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("some port should be free");
        let port = listener.local_addr().expect("a bound socket has an address").port();
        std::thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                let body = "{\n  \"detail\": \"origin_url is not set\"\n}";
                let length = body.len();
                let answer = format!("HTTP/1.1 503 Unavailable\r\ncontent-length: {length}\r\n\r\n{body}");
                drop(stream.read(&mut [0; 1024]).and_then(|_| stream.write_all(answer.as_bytes())));
            }
        });
        let mut children = Children::of_test(std::env::temp_dir());
        let limit = Duration::from_millis(100);
        let failure = wait_until_ready("edge", port, limit, &mut children).expect_err("it never is").to_string();
        assert_eq!(failure, r#"edge is not ready: /readyz answers 503 { "detail": "origin_url is not set" }"#);
    }
}
