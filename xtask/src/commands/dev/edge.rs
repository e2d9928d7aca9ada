//! What runs the edge: three ways to the same WebAssembly core.

use std::net::TcpListener;
use std::process::Command;

use clap::ValueEnum;

use super::ready::StackReady;
use crate::failure::{Failure, Outcome, While};
use crate::tools;
use crate::workspace::Workspace;

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

    /// The runtime on 127.0.0.1. Variables go through its environment: they hold secrets, and arguments are for all to read.
    ///
    /// # Errors
    /// The variables cannot be written as JSON.
    pub(super) fn command(self, workspace: &Workspace, port: u16, stack: &StackReady) -> Outcome<Command> {
        let listen = format!("127.0.0.1:{port}");
        let mut command = match self {
            Self::SpinHost => {
                let mut host = workspace.command(&workspace.dev_binary("spin-host").to_string_lossy());
                host.args(["--manifest", "spin.toml", "--listen", &listen]);
                host
            }
            Self::Spin => {
                let mut spin = workspace.command("spin");
                spin.args(["up", "--from", "spin.toml", "--listen", &listen]);
                spin
            }
            Self::Workers => {
                let mut node = workspace.command("node");
                node.args(["tests/workers/serve.mjs", "--port", &port.to_string()]);
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
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_refused_with_advice() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("some port should be free");
        let port = taken.local_addr().expect("a bound socket has an address").port();
        let failure = free_port(port).expect_err("the port is taken");
        assert!(failure.to_string().contains("--port"), "{failure}");
        assert_ne!(free_port(0).expect("some port should be free"), 0);
    }
}
