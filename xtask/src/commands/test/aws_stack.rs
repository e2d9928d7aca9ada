//! A stand-in for SNS and SQS, for the one test that talks to them: `ministack`, in a Python environment of its own.

use std::net::{Ipv4Addr, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use crate::clock::Stopwatch;
use crate::commands::dev::edge::free_port;
use crate::failure::{Failure, Outcome, While};
use crate::group::{self, POLL};
use crate::workspace::Workspace;
use crate::{process, tools};

/// The Python packages that are installed.
const PACKAGES: [&str; 2] = ["ministack==1.5.33", "cryptography"];
/// What the stand-in may take until it listens.
const START: Duration = Duration::from_mins(1);
/// What it may take to end before it is killed.
const GRACE: Duration = Duration::from_secs(5);

/// The stand-in. Ends with its handle.
pub(super) struct AwsStack {
    child: Child,
    /// Where it listens.
    pub(super) endpoint: String,
}

impl AwsStack {
    /// Installs it where it is missing, and starts it on a free port of this machine. `Err` within where that cannot be: why.
    ///
    /// # Errors
    /// It does not start.
    pub(super) fn start(workspace: &Workspace) -> Outcome<Result<Self, String>> {
        let program = match install(workspace) {
            Ok(program) => program,
            Err(failure) => return Ok(Err(failure.to_string())),
        };
        let port = free_port(0)?;
        let log = workspace.target().join("aws-stack.log");
        let log = std::fs::File::create(&log).during(log.display())?;
        let mut command = process::command(program, &workspace.target());
        command
            .env("GATEWAY_PORT", port.to_string())
            .env("BIND_HOST", Ipv4Addr::LOCALHOST.to_string())
            .env("IOT_MTLS_ENABLED", "0");
        let mut command = group::grouped(&command);
        command.stdin(Stdio::null()).stdout(log.try_clone().during("log")?).stderr(log);
        let child = command.spawn().during("ministack")?;
        let mut stack = Self { child, endpoint: format!("http://{}:{port}/", Ipv4Addr::LOCALHOST) };
        stack.wait(port)?;
        Ok(Ok(stack))
    }

    fn wait(&mut self, port: u16) -> Outcome {
        let watch = Stopwatch::start();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if self.child.try_wait().during("ministack")?.is_some() || watch.elapsed() > START {
                return Err(Failure::new("ministack does not start: see aws-stack.log in the target folder"));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }
}

impl Drop for AwsStack {
    fn drop(&mut self) {
        group::end(&mut self.child, GRACE);
    }
}

/// The program, in an environment below the target folder.
fn install(workspace: &Workspace) -> Outcome<PathBuf> {
    let folder = workspace.target().join("aws-stack");
    let program = folder.join("bin/ministack");
    if program.is_file() {
        return Ok(program);
    }
    let python = tools::on_path("python3").ok_or_else(|| Failure::new("python3 is not on PATH"))?;
    let log = workspace.target().join("aws-stack-install.log");
    let mut environment = process::command(python, &workspace.target());
    process::run_quietly(environment.args(["-m", "venv"]).arg(&folder), &log)?;
    let mut pip = process::command(folder.join("bin/pip"), &workspace.target());
    process::run_quietly(pip.args(["install", "--quiet"]).args(PACKAGES), &log)?;
    Ok(program)
}
