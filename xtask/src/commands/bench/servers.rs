//! The servers that are measured, each a process of its own on a port of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use crate::commands::build::SPIN_HOST;
use crate::commands::dev::children::Children;
use crate::commands::dev::edge::free_port;
use crate::commands::dev::http;
use crate::failure::{Failure, Outcome, While};
use crate::workspace::Workspace;

/// The first start compiles a component for this machine.
const START_TIMEOUT: Duration = Duration::from_mins(2);
/// Longer than any benchmark: no answer may be a refresh of the cache.
const FRESH_SECONDS: &str = "86400";
const CONFIGURATIONS: &str = "tests/load/workers";

/// A server that answers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Server {
    pub(super) name: &'static str,
    pub(super) pid: u32,
    pub(super) port: u16,
}

/// Starts servers among the children of this run.
pub(super) struct Starter<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) children: &'a mut Children,
    /// The edge's settings, by their names in spin.toml.
    pub(super) edge_variables: BTreeMap<String, String>,
}

impl Starter<'_> {
    /// `workerd` with one of our configurations.
    ///
    /// # Errors
    /// It is not installed, or does not answer.
    pub(super) fn workerd(
        &mut self,
        name: &'static str,
        configuration: &str,
        settings: &BTreeMap<String, String>,
    ) -> Outcome<Server> {
        let port = free_port(0)?;
        let mut command = self.workspace.command(&workerd(self.workspace)?.to_string_lossy());
        command.arg("serve").arg(self.workspace.path(CONFIGURATIONS).join(configuration));
        command.arg("--socket-addr").arg(format!("http=127.0.0.1:{port}"));
        command.envs(settings);
        self.start(name, port, &mut command)
    }

    /// The embedded Spin host with a manifest, relative to the repository.
    ///
    /// # Errors
    /// It does not answer.
    pub(super) fn spin(&mut self, name: &'static str, manifest: &str, reuse: u16) -> Outcome<Server> {
        let port = free_port(0)?;
        let mut command = self.workspace.command(&self.workspace.measured_binary(SPIN_HOST).to_string_lossy());
        command.arg("--manifest").arg(self.workspace.path(manifest));
        command.arg("--listen").arg(format!("127.0.0.1:{port}"));
        command.args(["--reuse", &reuse.to_string(), "--concurrent", "16"]);
        command.env("RUST_LOG", "spin_host=warn");
        for (variable, value) in self.settings() {
            command.env(format!("SPIN_VARIABLE_{variable}"), value);
        }
        self.start(name, port, &mut command)
    }

    /// Everything that `shop.capnp` takes from the environment; what the stack does not set is empty, which the edge takes
    /// for absent (an unset variable would be `null`, which is no text).
    ///
    /// # Errors
    /// The configuration cannot be read.
    pub(super) fn shop_settings(&self) -> Outcome<BTreeMap<String, String>> {
        let path = self.workspace.path(CONFIGURATIONS).join("shop.capnp");
        let text = std::fs::read_to_string(&path).during(path.display())?;
        let given = self.settings();
        let named = environment_names(&text).into_iter();
        Ok(named.map(|name| (name.to_owned(), given.get(name).cloned().unwrap_or_default())).collect())
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let upper = self.edge_variables.iter().map(|(name, value)| (name.to_ascii_uppercase(), value.clone()));
        let mut settings: BTreeMap<String, String> = upper.collect();
        settings.insert("CATALOG_FRESH_SECONDS".to_owned(), FRESH_SECONDS.to_owned());
        settings
    }

    fn start(&mut self, name: &'static str, port: u16, command: &mut Command) -> Outcome<Server> {
        self.children.start(name, command)?;
        self.children.wait_until(name, START_TIMEOUT, || http::get(port, "/").is_some())?;
        let pid = self.children.pid(name).ok_or_else(|| Failure::new(format!("{name} is gone")))?;
        Ok(Server { name, pid, port })
    }
}

/// The binary itself: npm's `workerd` command is a script in front of it.
///
/// # Errors
/// npm has not brought it.
pub(super) fn workerd(workspace: &Workspace) -> Outcome<PathBuf> {
    let folder = workspace.path("tests/workers/node_modules/@cloudflare");
    let packages = std::fs::read_dir(&folder).into_iter().flatten().flatten();
    let found = packages
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("workerd-"))
        .map(|entry| entry.path().join("bin/workerd"))
        .find(|path| path.is_file());
    found.ok_or_else(|| Failure::new(format!("no workerd in {}: run cargo xtask setup", folder.display())))
}

/// The names behind `fromEnvironment` in a configuration.
fn environment_names(configuration: &str) -> Vec<&str> {
    let after = configuration.split("fromEnvironment = \"").skip(1);
    after.filter_map(|rest| rest.split('"').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str) -> String {
        let workspace = Workspace::find().expect("the sources should be where xtask was compiled");
        std::fs::read_to_string(workspace.path(path)).expect("the file should be there")
    }

    #[test]
    fn the_bare_worker_gets_every_variable_that_the_component_gets() {
        let manifest = read("spin.toml");
        let variables = manifest.split("[component.edge.variables]").nth(1).expect("the component has variables");
        let variables = variables.lines().skip(1).take_while(|line| !line.starts_with('['));
        let mut expected: Vec<String> =
            variables.filter_map(|line| Some(line.split_once(" = ")?.0.to_ascii_uppercase())).collect();
        let configuration = read("tests/load/workers/shop.capnp");
        let mut named = environment_names(&configuration);
        expected.sort();
        named.sort_unstable();
        assert_eq!(named, expected);
    }

    #[test]
    fn the_bare_worker_runs_with_the_compatibility_date_of_the_deployed_one() {
        let wrangler = read("wrangler.toml");
        let date = wrangler.lines().find_map(|line| line.strip_prefix("compatibility_date = ")).expect("a date");
        assert!(read("tests/load/workers/common.capnp").contains(&format!("compatibilityDate :Text = {date};")));
    }
}
