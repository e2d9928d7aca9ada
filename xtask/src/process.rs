//! Child processes: run to the end, captured, kept, or watched.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use crate::clock::{Spelled, Stopwatch};
use crate::failure::{Failure, Outcome, While};
use crate::group::{self, Interrupts};

/// What children that were asked to end get before they are killed; databases are among them.
const GRACE: Duration = Duration::from_secs(5);

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

/// Runs quietly; what the program printed goes into the file `log`.
///
/// # Errors
/// As [`run`], in one line: what the program said last of an error, and where the rest is.
pub(crate) fn run_quietly(command: &mut Command, log: &Path) -> Outcome {
    let output = command.output().during(format!("cannot start {}", spelled(command)))?;
    let text = [output.stdout, output.stderr].concat();
    if let Some(folder) = log.parent() {
        std::fs::create_dir_all(folder).during(folder.display())?;
    }
    std::fs::write(log, &text).during(log.display())?;
    if output.status.success() {
        return Ok(());
    }
    let said = telling_line(&String::from_utf8_lossy(&text)).unwrap_or_else(|| output.status.to_string());
    Err(Failure::new(format!("{} failed: {said} (all of it: {})", spelled(command), log.display())))
}

/// The line that says what is wrong: cargo's deepest cause, npm's reason, else the last error, else the last line.
fn telling_line(output: &str) -> Option<String> {
    let lines: Vec<&str> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let is_error = |line: &&&str| ["error", "npm error", "npm ERR!"].iter().any(|start| line.starts_with(start));
    let cause = lines.iter().rposition(|line| *line == "Caused by:").and_then(|at| lines.get(at + 1));
    let reason = || lines.iter().filter(is_error).find(|line| line.contains("reason:"));
    let error = || lines.iter().rfind(is_error);
    let line = cause.or_else(reason).or_else(error).or_else(|| lines.last())?;
    Some(shortened(line, 300))
}

/// The lines of a child's standard output, and whether it exited with 0.
pub(crate) struct Printed {
    pub(crate) out: Vec<String>,
    pub(crate) success: bool,
}

/// Runs while its standard output is kept, and standard error shown.
///
/// # Errors
/// The program could not be started.
pub(crate) fn keep(command: &mut Command) -> Outcome<Printed> {
    let started = command.stdout(Stdio::piped()).spawn();
    let mut child = started.during(format!("cannot start {}", spelled(command)))?;
    let out = copy_lines(stdout(&mut child), |_| {});
    let status = child.wait().during(format!("cannot wait for {}", spelled(command)))?;
    Ok(Printed { out, success: status.success() })
}

/// Runs the command in a process group of its own, of which nothing is left in the end. Lines of standard output are kept and
/// go to `line`.
///
/// # Errors
/// The program could not be started, took longer than `limit`, or somebody wants xtask to end.
pub(crate) fn watch(
    command: &Command,
    limit: Duration,
    interrupts: &Interrupts,
    line: impl FnMut(&str) + Send,
) -> Outcome<Printed> {
    let started = group::grouped(command).stdout(Stdio::piped()).spawn();
    let mut child = started.during(format!("cannot start {}", spelled(command)))?;
    let source = stdout(&mut child);
    thread::scope(|scope| {
        let out = scope.spawn(|| copy_lines(source, line));
        let status = wait(&mut child, limit, interrupts);
        // Whatever is left holds the pipe open, too.
        group::sweep(child.id(), GRACE);
        let out = out.join().unwrap_or_default();
        status.map(|status| Printed { out, success: status.success() }).during(spelled(command))
    })
}

fn wait(child: &mut Child, limit: Duration, interrupts: &Interrupts) -> Outcome<ExitStatus> {
    let watch = Stopwatch::start();
    loop {
        if let Some(status) = child.try_wait().during("cannot wait")? {
            return Ok(status);
        }
        let failure = if interrupts.came() {
            Failure::new("interrupted")
        } else if watch.elapsed() > limit {
            Failure::new(format!("not over after {}", Spelled(limit)))
        } else {
            thread::sleep(group::POLL);
            continue;
        };
        group::end(child, GRACE);
        return Err(failure);
    }
}

fn stdout(child: &mut Child) -> ChildStdout {
    child.stdout.take().expect("stdout should be piped, as its child was started so")
}

fn copy_lines(source: impl Read, mut sink: impl FnMut(&str)) -> Vec<String> {
    let mut kept = Vec::new();
    for line in BufReader::new(source).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        sink(&line);
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
    shortened(format!("{program} {}", arguments.join(" ")).trim_end(), 200)
}

/// At most so many characters of a text, on one line.
pub(crate) fn shortened(text: &str, characters: usize) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
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
    fn standard_output_alone_is_kept() {
        let mut script = command("sh", Path::new("/"));
        let printed = keep(script.args(["-c", "echo out; echo err >&2; exit 3"])).expect("sh should start");
        assert_eq!((printed.out, printed.success), (vec!["out".to_owned()], false));
    }

    #[test]
    fn a_text_is_shortened_between_characters_and_put_on_one_line() {
        assert_eq!(shortened("a\n  b", 10), "a b");
        assert_eq!(shortened("äöü", 2), "äö…");
    }

    #[test]
    fn what_went_wrong_is_one_line_and_the_rest_is_in_the_log() {
        let log = std::env::temp_dir().join(format!("xtask-quietly-{}/a.log", std::process::id()));
        let mut script = command("sh", Path::new("/"));
        script.args(["-c", "echo 1; echo 'error: no network'; echo 'note: try again'; exit 3"]);
        let failure = run_quietly(&mut script, &log).expect_err("it exits with 3").to_string();
        assert!(failure.contains("failed: error: no network (all of it: ") && !failure.contains('\n'), "{failure}");
        let kept = std::fs::read_to_string(&log).expect("the log should be there");
        assert!(kept.contains("note: try again"), "{kept}");
        std::fs::remove_dir_all(log.parent().expect("it has a folder")).expect("the folder should be removable");
    }

    #[test]
    fn the_telling_line_is_cargos_cause_or_npms_reason() {
        let cargo = "    Updating crates.io index\nerror: failed to download\n\nCaused by:\n  a\n\nCaused by:\n  Could not resolve host: x\n";
        assert_eq!(telling_line(cargo).as_deref(), Some("Could not resolve host: x"));
        let npm = "npm error code ENOTFOUND\nnpm error request to https://x failed, reason: getaddrinfo\nnpm error A complete log is in y";
        assert_eq!(telling_line(npm).as_deref(), Some("npm error request to https://x failed, reason: getaddrinfo"));
        assert_eq!(telling_line("a\nerror: b\nc\n").as_deref(), Some("error: b"));
        assert_eq!(telling_line("\n"), None);
    }
}
