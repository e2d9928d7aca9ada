//! The application manifest `spin.toml`, version 2: what this host reads of it, and one clear line for what it refuses.
//!
//! Source: <https://spinframework.dev/v3/manifest-reference>.

mod raw;

use crate::{
    HostError,
    variables::{self, Declaration},
};
use raw::{RawComponent, RawManifest, RawTrigger, RawVariable};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// What the host needs of a manifest: one component behind the route `/...`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Manifest {
    /// The manifest file, for messages.
    pub(crate) path: PathBuf,
    pub(crate) component_id: String,
    /// The component file; relative paths are taken from the manifest's folder.
    pub(crate) source: PathBuf,
    /// Still templates: see [`crate::variables::Variables::render`].
    pub(crate) allowed_outbound_hosts: Vec<String>,
    pub(crate) key_value_stores: BTreeSet<String>,
    pub(crate) environment: BTreeMap<String, String>,
    /// `[variables]`.
    pub(crate) variables: BTreeMap<String, Declaration>,
    /// `[component.x.variables]`: templates by name.
    pub(crate) component_variables: BTreeMap<String, String>,
}

impl Manifest {
    /// Reads the manifest at `path`.
    ///
    /// # Errors
    /// [`HostError::File`] when it cannot be read, [`HostError::Manifest`] when it is malformed or asks for more than this
    /// host has.
    pub(crate) fn read(path: &Path) -> Result<Self, HostError> {
        let text = std::fs::read_to_string(path).map_err(|error| HostError::file(path, error))?;
        Self::parse(path, &text).map_err(|reason| HostError::Manifest { path: path.to_owned(), reason })
    }

    fn parse(path: &Path, text: &str) -> Result<Self, String> {
        let raw: RawManifest = toml::from_str(text).map_err(|error| one_line(&error))?;
        if raw.spin_manifest_version != 2 {
            return Err(format!("spin_manifest_version {} is not supported, 2 is", raw.spin_manifest_version));
        }
        let component_id = only_route(&raw.trigger)?;
        let mut components = raw.component;
        let component =
            components.remove(&component_id).ok_or_else(|| format!("there is no [component.{component_id}]"))?;
        if let Some(other) = components.keys().next() {
            return Err(format!("[component.{other}] has no route, and this host runs one component"));
        }
        let source = component.check(&component_id)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Ok(Self {
            path: path.to_owned(),
            source: folder.join(source),
            allowed_outbound_hosts: component.allowed_outbound_hosts,
            key_value_stores: component.key_value_stores,
            environment: component.environment,
            variables: declarations(raw.variables)?,
            component_variables: check_names(component.variables)?,
            component_id,
        })
    }
}

/// The component of the only HTTP trigger, which must have the catch-all route.
fn only_route(triggers: &BTreeMap<String, Vec<RawTrigger>>) -> Result<String, String> {
    if let Some(kind) = triggers.keys().find(|kind| *kind != "http") {
        return Err(format!("[[trigger.{kind}]] is not supported, only http triggers are"));
    }
    let [trigger] = triggers.get("http").map(Vec::as_slice).unwrap_or_default() else {
        return Err("this host supports exactly one [[trigger.http]]".to_owned());
    };
    if trigger.route.as_str() != Some("/...") {
        return Err(format!("route {} is not supported, only \"/...\" is", trigger.route));
    }
    if let Some(executor) = trigger.executor.as_ref().filter(|executor| executor.kind != "http") {
        return Err(format!("the executor {:?} is not supported", executor.kind));
    }
    let inline = "an inline component in [[trigger.http]] is not supported: name a [component.<id>]";
    trigger.component.as_str().map(str::to_owned).ok_or_else(|| inline.to_owned())
}

fn declarations(raw: BTreeMap<String, RawVariable>) -> Result<BTreeMap<String, Declaration>, String> {
    let declare = |(name, variable): (String, RawVariable)| match (&variable.default, variable.required) {
        (Some(_), true) => Err(format!("variable {name:?} has a default and is required: choose one")),
        (None, false) => Err(format!("variable {name:?} has no default and is not required: choose one")),
        _ => Ok((name, Declaration { default: variable.default, required: variable.required })),
    };
    check_names(raw)?.into_iter().map(declare).collect()
}

fn check_names<T>(named: BTreeMap<String, T>) -> Result<BTreeMap<String, T>, String> {
    match named.keys().find(|name| !variables::is_valid_name(name)) {
        Some(name) => {
            Err(format!("{name:?} is not a variable name: lower-case letters, digits and single underscores"))
        }
        None => Ok(named),
    }
}

impl RawComponent {
    /// Refuses what this host cannot give the component; returns its source path.
    fn check(&self, id: &str) -> Result<PathBuf, String> {
        for (field, is_used) in [
            ("files", !self.files.is_empty()),
            ("sqlite_databases", !self.sqlite_databases.is_empty()),
            ("ai_models", !self.ai_models.is_empty()),
            ("dependencies", !self.dependencies.is_empty()),
        ] {
            if is_used {
                return Err(format!("[component.{id}] {field} is not supported"));
            }
        }
        match self.source.as_str() {
            Some(source) => Ok(PathBuf::from(source)),
            None => Err(format!("[component.{id}] source must be a file path; downloads are not supported")),
        }
    }
}

/// The parser's message without its picture of the source, so that it stays one line.
fn one_line(error: &toml::de::Error) -> String {
    error.message().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
