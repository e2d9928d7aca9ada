//! Numbers of tests, read from what test runners print.

use std::fmt;

/// Tests by outcome. Shown as `N passed, N failed, N skipped`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    /// From libtest's closing lines: `test result: ok. 3 passed; 0 failed; 1 ignored; …`; `None` where there is none, as
    /// when the program died half way. A test that finds a tool missing prints `skipped: why` itself.
    pub(super) fn of_libtest(lines: &[String]) -> Option<Self> {
        let mut counts = None;
        for line in lines {
            if let Some(result) = line.trim().strip_prefix("test result:") {
                let counts: &mut Self = counts.get_or_insert_default();
                counts.passed += number_before(result, " passed;");
                counts.failed += number_before(result, " failed;");
                counts.skipped += number_before(result, " ignored;");
            }
        }
        counts
    }

    /// From the closing comments of Node's TAP reporter: `# pass 8`.
    pub(super) fn of_tap(lines: &[String]) -> Option<Self> {
        let value = |name: &str| {
            let found =
                lines.iter().rev().find_map(|line| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(' '));
            found?.trim().parse::<u64>().ok()
        };
        Some(Self { passed: value("pass")?, failed: value("fail")? + value("cancelled")?, skipped: value("skipped")? })
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else { return 0 };
    before.rsplit(' ').next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn results_of_several_programs_add_up() {
        let text = "running 3 tests\ntest a ... ok\ntest result: ok. 3 passed; 0 failed; 1 ignored; 0 measured\n\
                    test result: FAILED. 10 passed; 2 failed; 0 ignored; 0 measured; 5 filtered out";
        assert_eq!(Counts::of_libtest(&lines(text)), Some(Counts { passed: 13, failed: 2, skipped: 1 }));
    }

    #[test]
    fn a_program_that_died_has_no_result() {
        assert_eq!(Counts::of_libtest(&lines("running 3 tests\ntest a ... ok")), None);
    }

    #[test]
    fn node_counts_what_it_cancelled_as_failed() {
        let text = "ok 1 - a\n# tests 8\n# pass 5\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0";
        assert_eq!(Counts::of_tap(&lines(text)), Some(Counts { passed: 5, failed: 2, skipped: 1 }));
    }

    #[test]
    fn the_closing_line_has_the_form_that_is_looked_for() {
        assert_eq!(Counts { passed: 1, failed: 0, skipped: 2 }.to_string(), "1 passed, 0 failed, 2 skipped");
    }
}
