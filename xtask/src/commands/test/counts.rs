//! Numbers of tests and reasons of skips, read from what test runners print.

use std::fmt;

/// Tests by outcome. Shown as `N passed, N failed, N skipped`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }

    fn total(self) -> u64 {
        self.passed + self.failed + self.skipped
    }
}

impl fmt::Display for Counts {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

/// What a run has come to so far.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) counts: Counts,
    /// What was skipped, and why: a line each.
    pub(super) skipped: Vec<String>,
}

impl Tally {
    /// Something that this machine cannot check; says so at once, too.
    pub(super) fn skip(&mut self, reason: impl Into<String>) {
        let reason = reason.into();
        println!("skipped: {reason}");
        self.counts.skipped += 1;
        self.skipped.push(reason);
    }

    /// Adds what tests of `whose` said.
    pub(super) fn add(&mut self, report: Report, whose: &str) {
        self.counts.add(report.counts);
        self.skipped.extend(report.skipped.into_iter().map(|skip| format!("{skip} ({whose})")));
    }

    /// How many tests there were, whatever came of them.
    pub(super) fn total(&self) -> u64 {
        self.counts.total()
    }
}

/// What one test runner printed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) counts: Counts,
    pub(super) skipped: Vec<String>,
}

impl Report {
    /// From libtest with `--show-output`: its closing lines (`test result: ok. 3 passed; 0 failed; 1 ignored; …`), the tests
    /// that are ignored, and those that found a tool missing and printed `skipped: why`. `None` where there is no closing line,
    /// as when the program died half way, or is no test at all.
    pub(super) fn of_libtest(lines: &[String]) -> Option<Self> {
        let mut counts: Option<Counts> = None;
        let (mut skipped, mut output) = (Vec::new(), Output::default());
        for line in lines {
            output.next(line);
            if let Some(result) = line.trim().strip_prefix("test result:") {
                counts.get_or_insert_default().add(Counts {
                    passed: number_before(result, " passed;"),
                    failed: number_before(result, " failed;"),
                    skipped: number_before(result, " ignored;"),
                });
            } else if let Some(reason) = line.strip_prefix(SKIPPED) {
                counts.get_or_insert_default().skipped += 1;
                skipped.push(format!("{reason}: {}", output.test.as_deref().unwrap_or("?")));
            } else if let Some((test, reason)) = ignored(line) {
                skipped.push(format!("{reason}: {test}"));
            }
        }
        // A program that only said what it skipped has not come to its end.
        let ended = lines.iter().any(|line| line.trim().starts_with("test result:"));
        counts.filter(|_| ended).map(|counts| Self { counts, skipped })
    }

    /// From Node's TAP reporter: its closing comments (`# pass 8`), and `ok 3 - name # SKIP why`.
    pub(super) fn of_tap(lines: &[String]) -> Option<Self> {
        let value = |name: &str| {
            let found =
                lines.iter().rev().find_map(|line| line.strip_prefix("# ")?.strip_prefix(name)?.strip_prefix(' '));
            found?.trim().parse::<u64>().ok()
        };
        let counts =
            Counts { passed: value("pass")?, failed: value("fail")? + value("cancelled")?, skipped: value("skipped")? };
        let skipped = lines.iter().filter_map(|line| {
            let (test, reason) = line.trim().strip_prefix("ok ")?.split_once(" # SKIP")?;
            Some(format!("{}: {test}", reason.trim()))
        });
        Some(Self { counts, skipped: skipped.collect() })
    }
}

/// What a test prints that finds something missing.
pub(super) const SKIPPED: &str = "skipped: ";

/// Where in libtest's output a line is.
#[derive(Default)]
pub(super) struct Output {
    /// In what tests printed that passed: kept for the skips in it, and of no interest otherwise.
    of_passed: bool,
    /// The test that printed it.
    test: Option<String>,
}

impl Output {
    /// Takes note of a line, and says whether a person wants to see it.
    pub(super) fn next(&mut self, line: &str) -> bool {
        if line == "successes:" {
            self.of_passed = true;
        } else if line == "failures:" || line.starts_with("test result:") {
            self.of_passed = false;
        } else if let Some(test) = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----")) {
            self.test = Some(test.to_owned());
        }
        !self.of_passed || line.starts_with(SKIPPED)
    }
}

/// Name and reason of `test a::b ... ignored, why`.
fn ignored(line: &str) -> Option<(&str, &str)> {
    let (test, rest) = line.strip_prefix("test ")?.split_once(" ... ignored")?;
    Some((test, rest.strip_prefix(", ").unwrap_or("ignored")))
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
        let counts = Report::of_libtest(&lines(text)).map(|report| report.counts);
        assert_eq!(counts, Some(Counts { passed: 13, failed: 2, skipped: 1 }));
    }

    #[test]
    fn a_program_that_died_has_no_result() {
        assert_eq!(Report::of_libtest(&lines("running 3 tests\ntest a ... ok")), None);
        assert_eq!(Report::of_libtest(&lines("running 3 tests\nskipped: a")), None);
    }

    #[test]
    fn what_passed_tests_print_is_hidden_but_for_what_they_skip() {
        let text = "test a ... ok\n\nsuccesses:\n\n---- a stdout ----\nchatter\nskipped: no tool\n\n\nsuccesses:\n    a\n\n\
                    failures:\n\n---- b stdout ----\nexpected 1\n\ntest result: FAILED. 1 passed; 1 failed;";
        let mut output = Output::default();
        let shown: Vec<&str> = text.lines().filter(|line| output.next(line) && !line.is_empty()).collect();
        let expected = [
            "test a ... ok",
            "skipped: no tool",
            "failures:",
            "---- b stdout ----",
            "expected 1",
            "test result: FAILED. 1 passed; 1 failed;",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn node_counts_what_it_cancelled_as_failed() {
        let text = "ok 1 - a\n    ok 2 - b # SKIP no tool\n# tests 8\n# pass 5\n# fail 1\n# cancelled 1\n# skipped 1\n# todo 0";
        let report = Report::of_tap(&lines(text)).expect("it has come to its end");
        assert_eq!(report.counts, Counts { passed: 5, failed: 2, skipped: 1 });
        assert_eq!(report.skipped, ["no tool: 2 - b"]);
    }

    #[test]
    fn the_closing_line_has_the_form_that_is_looked_for() {
        assert_eq!(Counts { passed: 1, failed: 0, skipped: 2 }.to_string(), "1 passed, 0 failed, 2 skipped");
    }
}
