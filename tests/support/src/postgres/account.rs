//! Running PostgreSQL's programs as somebody who is not root.

use std::{fs, io, os::unix::fs::chown, path::Path, process::Command};

use super::PgError;
use crate::process::setpriv;

/// Accounts to become, in order. PostgreSQL wants one that has a name.
const ACCOUNTS: [&str; 2] = ["postgres", "nobody"];

/// Whom to run PostgreSQL as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Account {
    /// The user of this process.
    Own,
    /// Somebody else, because this process is root.
    Other { uid: u32, gid: u32 },
}

impl Account {
    /// This process's own user, or an unprivileged one where that is root.
    pub(super) fn find() -> Result<Self, PgError> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self::Own);
        }
        if setpriv().is_none() {
            return Err(PgError::NoUnprivilegedUser("`setpriv` (package util-linux) is not there to drop privileges"));
        }
        let accounts = fs::read_to_string("/etc/passwd")?;
        ACCOUNTS
            .iter()
            .find_map(|name| parse_account(&accounts, name))
            .ok_or(PgError::NoUnprivilegedUser("/etc/passwd has no account `postgres` or `nobody`"))
    }

    /// A command that runs `program` as this account, with nothing of this process's environment but `PATH`.
    pub(super) fn command(self, program: &Path) -> Command {
        self.build(program, None)
    }

    /// The same, and the kernel asks the program to stop (`SIGINT`) when the thread that started it ends.
    pub(super) fn command_bound_to_parent(self, program: &Path) -> Command {
        self.build(program, Some("INT"))
    }

    fn build(self, program: &Path, death_signal: Option<&str>) -> Command {
        let mut command = match setpriv() {
            Some(setpriv) => {
                let mut command = Command::new(setpriv);
                if let Self::Other { uid, gid } = self {
                    command.args([format!("--reuid={uid}"), format!("--regid={gid}"), "--clear-groups".to_owned()]);
                }
                if let Some(signal) = death_signal {
                    command.args(["--pdeathsig", signal]);
                }
                command.arg("--").arg(program);
                command
            }
            None => Command::new(program),
        };
        command.env_clear().env("PATH", "/usr/local/bin:/usr/bin:/bin").env("LC_ALL", "C.UTF-8").current_dir("/");
        command
    }

    /// Gives `path` to this account.
    pub(super) fn own(self, path: &Path) -> io::Result<()> {
        match self {
            Self::Own => Ok(()),
            Self::Other { uid, gid } => chown(path, Some(uid), Some(gid)),
        }
    }
}

fn parse_account(accounts: &str, name: &str) -> Option<Account> {
    let fields: Vec<&str> = accounts.lines().map(|line| line.split(':').collect()).find(|f: &Vec<_>| f[0] == name)?;
    let uid = fields.get(2)?.parse().ok().filter(|&uid| uid != 0)?;
    Some(Account::Other { uid, gid: fields.get(3)?.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_found_by_its_whole_name_and_is_never_root() {
        let accounts = "root:x:0:0::/root:/bin/sh\nnobody2:x:7:8:::\nnobody:x:65534:65533:::\npostgres:x:0:1:::\n";
        assert_eq!(parse_account(accounts, "nobody"), Some(Account::Other { uid: 65_534, gid: 65_533 }));
        assert_eq!(parse_account(accounts, "postgres"), None);
        assert_eq!(parse_account(accounts, "somebody"), None);
    }
}
