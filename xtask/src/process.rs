//! Child processes: run to the end, capture, or tee.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use crate::failure::{Failure, Outcome, While};

/// Lines kept of one child. Beyond it the oldest go: a runaway child must not eat the machine.
const KEPT_LINES: usize = 200_000;

/// A command in `directory`, without the variables that `cargo run` set for xtask itself: build scripts that watch them
/// (`CARGO_MANIFEST_DIR` and such) would otherwise rerun whenever plain `cargo` and `cargo xtask` take turns.
pub(crate) fn command(program: impl AsRef<OsStr>, directory: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(directory).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") || text == "CARGO_BIN_NAME" {
            command.env_remove(text);
        }
    }
    command
}

/// Runs with the terminal's own streams.
///
/// # Errors
/// The program could not be started, or did not exit with 0.
pub(crate) fn run(command: &mut Command) -> Outcome {
    let status = command.status().during(format!("cannot start {}", spelled(command)))?;
    if status.success() { Ok(()) } else { Err(Failure::new(format!("{} failed ({status})", spelled(command)))) }
}

/// Standard output of a program that succeeded, trimmed; `None` where it is missing or failed.
pub(crate) fn capture(command: &mut Command) -> Option<String> {
    let output = command.stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Runs quietly; what the program printed is shown only when it fails.
///
/// # Errors
/// As [`run`], with the last lines of the output.
pub(crate) fn run_quietly(command: &mut Command) -> Outcome {
    let output = command.output().during(format!("cannot start {}", spelled(command)))?;
    if output.status.success() {
        return Ok(());
    }
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text);
    Err(Failure::new(format!("{} failed ({})\n{}", spelled(command), output.status, tail(&text, 40))))
}

/// What a child printed, and whether it exited with 0.
pub(crate) struct Printed {
    /// Standard output.
    pub(crate) out: Vec<String>,
    /// Standard error.
    pub(crate) err: Vec<String>,
    pub(crate) success: bool,
}

/// Runs while its output is both shown and kept. Lines of standard output for which `show` is false are kept only.
///
/// # Errors
/// The program could not be started.
pub(crate) fn tee(command: &mut Command, show: fn(&str) -> bool) -> Outcome<Printed> {
    let started = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = started.during(format!("cannot start {}", spelled(command)))?;
    let out = child.stdout.take().expect("stdout should be piped, as set above");
    let err = child.stderr.take().expect("stderr should be piped, as set above");
    let (out, err) = thread::scope(|scope| {
        let errors = scope.spawn(|| copy_lines(err, &mut std::io::stderr(), |_| true));
        let out = copy_lines(out, &mut std::io::stdout(), show);
        (out, errors.join().unwrap_or_default())
    });
    let status = child.wait().during(format!("cannot wait for {}", spelled(command)))?;
    Ok(Printed { out, err, success: status.success() })
}

fn copy_lines(source: impl Read, sink: &mut impl Write, show: fn(&str) -> bool) -> Vec<String> {
    let mut kept = Vec::new();
    for line in BufReader::new(source).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        if show(&line) {
            // A closed terminal must not stop the child that is being watched.
            drop(writeln!(sink, "{line}"));
        }
        if kept.len() == KEPT_LINES {
            kept.drain(..KEPT_LINES / 2);
        }
        kept.push(line);
    }
    kept
}

/// The last `count` lines of a text.
pub(crate) fn tail(text: &str, count: usize) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(count)..].join("\n")
}

/// The command as one would type it, without its environment (which may hold secrets).
fn spelled(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program()).to_string_lossy();
    let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
    let all = format!("{program} {}", arguments.join(" "));
    if all.chars().count() > 200 {
        format!("{}…", all.chars().take(200).collect::<String>())
    } else {
        all.trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_a_short_text_is_all_of_it() {
        assert_eq!(tail("a\nb", 5), "a\nb");
        assert_eq!(tail("a\nb\nc", 2), "b\nc");
    }

    #[test]
    fn a_child_that_fails_is_named_with_its_arguments() {
        let failure = run(command("false", Path::new("/")).arg("--now")).expect_err("false should fail");
        assert!(failure.to_string().starts_with("false --now failed"), "{failure}");
    }

    #[test]
    fn tee_keeps_both_streams_apart() {
        let mut script = command("sh", Path::new("/"));
        let printed = tee(script.args(["-c", "echo out; echo err >&2; exit 3"]), |_| false).expect("sh should start");
        assert_eq!((printed.out, printed.err), (vec!["out".to_owned()], vec!["err".to_owned()]));
        assert!(!printed.success);
    }
}
