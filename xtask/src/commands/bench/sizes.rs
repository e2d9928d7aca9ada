//! How large the artifacts are, beside what they may weigh.

use std::path::{Path, PathBuf};

use super::figures::grouped;
use crate::commands::build::{COMPONENT_BUDGET_BYTES, WORKER_BUDGET_BYTES, WORKER_FILES, gzipped};
use crate::commands::package::{ZIP_BUDGET_BYTES, has_budget};
use crate::workspace::Workspace;

/// One row for each artifact, under a heading. What was not built has no row.
pub(super) fn rows(workspace: &Workspace, spin: &Path, hello: &Path) -> Vec<Vec<String>> {
    let mut rows = vec![["artifact", "bytes", "gzipped", "budget", ""].map(str::to_owned).to_vec()];
    let worker = Artifact::of("Worker (JS + wasm)", &WORKER_FILES.map(|file| workspace.path(file)));
    rows.push(worker.row(Budget::Gzipped(WORKER_BUDGET_BYTES)));
    rows.push(Artifact::of("Spin component", &[spin.to_owned()]).row(Budget::Raw(COMPONENT_BUDGET_BYTES)));
    rows.push(Artifact::of("hello component", &[hello.to_owned()]).row(Budget::None));
    for zip in zips(&workspace.target().join("lambda")) {
        let name = zip.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let budget =
            if has_budget(name.trim_end_matches(".zip")) { Budget::Raw(ZIP_BUDGET_BYTES) } else { Budget::None };
        rows.push(Artifact::of(&name, &[zip]).row(budget));
    }
    rows
}

/// What `cargo xtask package` made, if it ran.
fn zips(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut zips: Vec<PathBuf> =
        entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "zip")).collect();
    zips.sort();
    zips
}

struct Artifact {
    name: String,
    raw: u64,
    /// `None` where gzip is not installed.
    gzipped: Option<u64>,
}

#[derive(Clone, Copy)]
enum Budget {
    Raw(u64),
    Gzipped(u64),
    None,
}

impl Artifact {
    fn of(name: &str, files: &[PathBuf]) -> Self {
        let raw = files.iter().filter_map(|file| std::fs::metadata(file).ok()).map(|metadata| metadata.len()).sum();
        let gzipped = files.iter().map(|file| gzipped(file)).sum();
        Self { name: name.to_owned(), raw, gzipped }
    }

    fn row(&self, budget: Budget) -> Vec<String> {
        let (allowed, within) = match budget {
            Budget::Raw(limit) => (format!("≤ {}", grouped(limit)), Some(self.raw <= limit)),
            Budget::Gzipped(limit) => {
                (format!("≤ {} gzipped", grouped(limit)), self.gzipped.map(|bytes| bytes <= limit))
            }
            Budget::None => ("–".to_owned(), None),
        };
        let verdict = within.map_or("", |within| if within { "within" } else { "OUTSIDE" });
        let gzipped = self.gzipped.map_or_else(|| "no gzip".to_owned(), grouped);
        vec![self.name.clone(), grouped(self.raw), gzipped, allowed, verdict.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_verdict_is_about_the_bytes_that_the_budget_counts() {
        let artifact = Artifact { name: "a".to_owned(), raw: 1_500_001, gzipped: Some(999_999) };
        let verdict = |budget| artifact.row(budget)[4].clone();
        assert_eq!(verdict(Budget::Raw(1_500_000)), "OUTSIDE");
        assert_eq!(verdict(Budget::Gzipped(1_000_000)), "within");
        assert_eq!(verdict(Budget::None), "");
        let unknown = Artifact { gzipped: None, ..artifact };
        assert_eq!(unknown.row(Budget::Gzipped(1))[4], "");
    }
}
