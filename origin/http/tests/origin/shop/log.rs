//! What is logged. There is one subscriber for the whole program, installed before anything is logged: one that came later, for a
//! test alone, could miss a place that another test was just reaching for the first time.

use std::{cell::RefCell, io, sync::Once};

thread_local! {
    /// What the test of this thread has logged since it listens.
    static HEARD: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Writes to the test of its thread, if that listens.
struct Ear;

impl io::Write for Ear {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.extend_from_slice(line);
            }
        });
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Installs the subscriber, once.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        tracing_subscriber::fmt().with_writer(|| Ear).with_ansi(false).init();
    });
}

/// The lines that are logged on this thread until `work` is done.
pub(crate) async fn heard<T>(work: impl Future<Output = T>) -> (T, Vec<String>) {
    HEARD.set(Some(Vec::new()));
    let done = work.await;
    let heard = HEARD.take().unwrap_or_default();
    (done, String::from_utf8(heard).unwrap().lines().map(str::to_owned).collect())
}
