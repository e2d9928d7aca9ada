//! Starting `local-stack`, and showing what it reports on the way.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use super::children::{Children, Doing};
use super::ready::{self, StackReady};
use crate::commands::setup;
use crate::failure::{Outcome, While};
use crate::progress::{Shown, shown_step};
use crate::workspace::Workspace;

/// Importing a large catalog takes as long as it takes, but something has to happen.
const STUCK: Duration = Duration::from_mins(3);

/// How to start the stack.
pub(in crate::commands) struct Wanted<'a> {
    /// Where it keeps everything.
    pub(in crate::commands) state: &'a Path,
    pub(in crate::commands) fresh: bool,
    pub(in crate::commands) catalog: Option<&'a Path>,
    pub(in crate::commands) products: Option<u32>,
}

/// One line of what `local-stack --reports` prints (`tests/local-stack/src/progress.rs`).
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Report {
    Step(String),
    Count { what: String, done: u64, total: Option<u64> },
    Notice(String),
}

/// Starts the stack and waits until everything in it answers.
///
/// # Errors
/// It does not start, or nothing happens for minutes.
pub(in crate::commands) fn start(
    workspace: &Workspace,
    wanted: &Wanted<'_>,
    children: &mut Children,
) -> Outcome<StackReady> {
    let ready_file = wanted.state.join("stack-ready.json");
    // One of an earlier run would say that this one is ready.
    ready::remove(&ready_file)?;
    let mut command = workspace.command(&workspace.dev_binary("local-stack").to_string_lossy());
    command.arg("--reports").arg("--state-dir").arg(wanted.state).arg("--ready-file").arg(&ready_file);
    if wanted.fresh {
        command.arg("--fresh");
    }
    if let Some(catalog) = wanted.catalog {
        command.arg("--catalog").arg(std::path::absolute(catalog).during(catalog.display())?);
    }
    if let Some(products) = wanted.products {
        command.arg("--products").arg(products.to_string());
    }
    setup::point_at_postgres(&mut command);
    shown_step("starting PostgreSQL, DynamoDB, the issuer, the payment provider and the origin", |shown| {
        let reports = children.start_talking("local-stack", &command)?;
        let heard = follow(reports, shown.clone());
        let mut before = 0;
        children.wait_until("local-stack", STUCK, || {
            let now = heard.load(Ordering::Relaxed);
            let moved = std::mem::replace(&mut before, now) != now;
            if ready_file.is_file() {
                Doing::Ready
            } else if moved {
                Doing::Moving
            } else {
                Doing::Nothing
            }
        })
    })?;
    StackReady::read(&ready_file)
}

/// Shows reports as they come, to the end of `source`, on a thread of its own; the number grows with each.
fn follow(source: impl Read + Send + 'static, shown: Shown) -> Arc<AtomicU64> {
    let heard = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&heard);
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            match serde_json::from_str(&line) {
                Ok(Report::Step(name)) => shown.doing(&name),
                Ok(Report::Count { what, done, total }) => shown.count(&what, done, total),
                Ok(Report::Notice(text)) => shown.notice(&text),
                // A line of another version of local-stack is still a sign of life.
                Err(_) => {}
            }
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    heard
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_stack_reports_is_understood() {
        let read = |line| serde_json::from_str::<Report>(line).ok();
        assert_eq!(read(r#"{"step":"starting PostgreSQL"}"#), Some(Report::Step("starting PostgreSQL".to_owned())));
        let count = Report::Count { what: "importing".to_owned(), done: 250, total: None };
        assert_eq!(read(r#"{"count":{"what":"importing","done":250,"total":null}}"#), Some(count));
        assert_eq!(read(r#"{"notice":"a.csv: line 7"}"#), Some(Report::Notice("a.csv: line 7".to_owned())));
        assert_eq!(read("plain text"), None);
    }

    #[test]
    fn every_line_counts_as_a_sign_of_life() {
        let lines = b"{\"step\":\"a\"}\nanything\n{\"notice\":\"b\"}\n".as_slice();
        let heard = shown_step("test", |shown| Ok(follow(lines, shown.clone()))).expect("it does not fail");
        while Arc::strong_count(&heard) > 1 {
            thread::yield_now();
        }
        assert_eq!(heard.load(Ordering::Relaxed), 3);
    }
}
