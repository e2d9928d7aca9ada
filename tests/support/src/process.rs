//! Programs that end with the one that started them.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Command,
};

/// Runs `program` so that the kernel sends it SIGTERM when the *thread* that started it ends, whatever ended it. Without
/// `setpriv` (package util-linux) it runs as it is.
pub fn tied(program: impl AsRef<OsStr>) -> Command {
    match setpriv() {
        Some(setpriv) => {
            let mut command = Command::new(setpriv);
            command.args(["--pdeathsig", "TERM", "--"]).arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// Where the system keeps `setpriv`.
pub(crate) fn setpriv() -> Option<PathBuf> {
    find_on_path(OsStr::new("/usr/local/bin:/usr/bin:/bin"), "setpriv")
}

/// The first file called `program` in the folders of `path`.
pub(crate) fn find_on_path(path: &OsStr, program: &str) -> Option<PathBuf> {
    std::env::split_paths(path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

/// Whether a process of that id runs.
pub fn is_running(process: u32) -> bool {
    Path::new("/proc").join(process.to_string()).exists()
}
