//! The files with which the parts tell each other that they answer.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::{Outcome, While};

/// What `local-stack` writes once everything in it answers.
#[derive(Debug, Deserialize)]
pub(in crate::commands) struct StackReady {
    pub(super) origin_url: String,
    pub(super) issuer_url: String,
    pub(super) payments_url: String,
    pub(super) paypal_url: String,
    pub(super) carrier_url: String,
    pub(super) shopper_token: String,
    pub(super) other_shopper_token: String,
    pub(super) admin_token: String,
    pub(super) database_url: String,
    pub(super) dynamodb_endpoint: String,
    /// The edge's settings and secrets, by the names in spin.toml.
    pub(in crate::commands) edge_variables: BTreeMap<String, String>,
}

impl StackReady {
    /// # Errors
    /// The file is not there or not as `local-stack` writes it.
    pub(in crate::commands) fn read(path: &Path) -> Outcome<Self> {
        let text = std::fs::read_to_string(path).during(path.display())?;
        serde_json::from_str(&text).during(path.display())
    }

    /// The same variables as a Worker's bindings, which are spelled in capitals.
    ///
    /// # Errors
    /// None in practice: text is always JSON.
    pub(super) fn worker_bindings(&self) -> Outcome<String> {
        let bindings: BTreeMap<String, &String> =
            self.edge_variables.iter().map(|(name, value)| (name.to_ascii_uppercase(), value)).collect();
        serde_json::to_string(&bindings).during("bindings")
    }
}

/// What scripts and tests read to find the running shop.
#[derive(Serialize)]
struct Ready<'a> {
    edge_url: &'a str,
    origin_url: &'a str,
    issuer_url: &'a str,
    shopper_token: &'a str,
    other_shopper_token: &'a str,
    admin_token: &'a str,
    database_url: &'a str,
    dynamodb_endpoint: &'a str,
    payments_url: &'a str,
    paypal_url: &'a str,
    carrier_url: &'a str,
    pid: u32,
}

/// The file that the user asked for with `--ready-file`; there only while the shop answers.
pub(super) struct Announcement(Option<PathBuf>);

impl Announcement {
    /// # Errors
    /// An old file cannot be removed.
    pub(super) fn at(path: Option<&Path>) -> Outcome<Self> {
        path.map_or(Ok(()), remove)?;
        Ok(Self(path.map(Path::to_owned)))
    }

    /// Written beside its place and renamed, so that nobody reads half of it.
    ///
    /// # Errors
    /// The file cannot be written.
    pub(super) fn publish(&self, stack: &StackReady, edge_url: &str) -> Outcome {
        let Some(path) = &self.0 else { return Ok(()) };
        let ready = Ready {
            edge_url,
            origin_url: &stack.origin_url,
            issuer_url: &stack.issuer_url,
            shopper_token: &stack.shopper_token,
            other_shopper_token: &stack.other_shopper_token,
            admin_token: &stack.admin_token,
            database_url: &stack.database_url,
            dynamodb_endpoint: &stack.dynamodb_endpoint,
            payments_url: &stack.payments_url,
            paypal_url: &stack.paypal_url,
            carrier_url: &stack.carrier_url,
            pid: std::process::id(),
        };
        let text = serde_json::to_string_pretty(&ready).during("ready file")?;
        let partial = path.with_added_extension("partial");
        remove(&partial)?;
        // It holds tokens and the database's password: for its owner alone.
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&partial);
        file.and_then(|mut file| file.write_all((text + "\n").as_bytes())).during(partial.display())?;
        std::fs::rename(&partial, path).during(path.display())
    }

    pub(super) fn withdraw(&self) {
        if let Some(path) = &self.0 {
            drop(remove(path));
        }
    }
}

/// # Errors
/// The file is there and cannot be removed.
pub(super) fn remove(path: &Path) -> Outcome {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error).during(path.display()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const STACK: &str = r#"{"origin_url":"o","issuer_url":"i","payments_url":"p","paypal_url":"pp","carrier_url":"c","shopper_token":"s","other_shopper_token":"t",
        "admin_token":"a","database_url":"d","dynamodb_endpoint":"y","aws_access_key_id":"k","aws_secret_access_key":"x",
        "edge_variables":{"origin_url":"o","aws_secret_access_key":"x"}}"#;

    #[test]
    fn the_announcement_is_its_owners_alone_and_goes_again() {
        let folder = std::env::temp_dir().join(format!("xtask-ready-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a temporary folder should be writable");
        let stack: StackReady = serde_json::from_str(STACK).expect("the stack's file should parse");
        let path = folder.join("ready.json");
        let announcement = Announcement::at(Some(&path)).expect("no old file");
        announcement.publish(&stack, "http://127.0.0.1:1").expect("the file should be written");
        let mode = std::fs::metadata(&path).expect("the file should be there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        announcement.withdraw();
        assert!(!path.exists());
        std::fs::remove_dir_all(folder).expect("the folder should be removable");
    }

    #[test]
    fn bindings_of_a_worker_are_in_capitals() {
        let stack: StackReady = serde_json::from_str(STACK).expect("the stack's file should parse");
        let bindings = stack.worker_bindings().expect("text is JSON");
        assert_eq!(bindings, r#"{"AWS_SECRET_ACCESS_KEY":"x","ORIGIN_URL":"o"}"#);
    }
}
