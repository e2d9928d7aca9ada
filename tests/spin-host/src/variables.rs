//! Application variables and what a component sees of them (`spin:variables`).
//!
//! Values come from the command line, then from `SPIN_VARIABLE_<NAME>`, then from the manifest's default. Everything is
//! resolved at start, so a missing required variable is one line before the first request instead of a failing page.

use crate::{HostError, template};
use std::collections::BTreeMap;

/// The declaration of one application variable in `[variables]`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Declaration {
    pub(crate) default: Option<String>,
    pub(crate) required: bool,
}

/// Resolved values by name. Values are never logged: any of them may be secret.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Variables(BTreeMap<String, String>);

impl std::fmt::Debug for Variables {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.0.keys()).finish()
    }
}

impl Variables {
    /// Resolves the declared application variables from `given`, then `environment`, then their defaults.
    ///
    /// # Errors
    /// [`HostError::Variables`] when a given name is not declared, or when required ones have no value.
    pub(crate) fn resolve(
        declared: &BTreeMap<String, Declaration>,
        given: &BTreeMap<String, String>,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, HostError> {
        if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
            return Err(HostError::Variables(format!("{unknown:?} is not declared in [variables]")));
        }
        let mut values = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, declaration) in declared {
            let from_environment = || environment(&format!("SPIN_VARIABLE_{}", name.to_ascii_uppercase()));
            match given.get(name).cloned().or_else(from_environment).or_else(|| declaration.default.clone()) {
                Some(value) => {
                    values.insert(name.clone(), value);
                }
                None => missing.push(name.as_str()),
            }
        }
        if missing.is_empty() {
            return Ok(Self(values));
        }
        let missing = missing.join(", ");
        Err(HostError::Variables(format!("no value for {missing}: pass --variable NAME=VALUE or SPIN_VARIABLE_<NAME>")))
    }

    /// Fills a component's `[component.x.variables]` templates from these application variables.
    ///
    /// # Errors
    /// [`HostError::Variables`] when a template names an unknown variable or has unmatched braces.
    pub(crate) fn for_component(&self, templates: &BTreeMap<String, String>) -> Result<Self, HostError> {
        let fill = |(name, template): (&String, &String)| {
            self.render(template).map(|value| (name.clone(), value)).map_err(HostError::Variables)
        };
        templates.iter().map(fill).collect::<Result<_, _>>().map(Self)
    }

    /// Fills one template.
    pub(crate) fn render(&self, template: &str) -> Result<String, String> {
        template::render(template, |name| self.0.get(name).cloned())
    }

    /// The value of `name`, if the component has such a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// Whether `name` is a Spin variable name: lower-case letters, digits and single underscores, a letter first.
pub(crate) fn is_valid_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        && !name.ends_with('_')
        && !name.contains("__")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> BTreeMap<String, Declaration> {
        BTreeMap::from([
            ("region".to_owned(), Declaration { default: Some("eu".to_owned()), required: false }),
            ("secret_key".to_owned(), Declaration { default: None, required: true }),
        ])
    }

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn command_line_wins_over_environment_and_environment_over_default() {
        let environment = |name: &str| (name == "SPIN_VARIABLE_SECRET_KEY").then(|| "from environment".to_owned());
        let resolved = Variables::resolve(&declared(), &BTreeMap::new(), environment).unwrap();
        assert_eq!((resolved.get("region"), resolved.get("secret_key")), (Some("eu"), Some("from environment")));

        let resolved = Variables::resolve(&declared(), &given(&[("secret_key", "given")]), environment).unwrap();
        assert_eq!(resolved.get("secret_key"), Some("given"));
    }

    #[test]
    fn missing_and_undeclared_variables_are_refused_by_name() {
        let missing = Variables::resolve(&declared(), &BTreeMap::new(), |_| None).unwrap_err().to_string();
        assert!(missing.contains("secret_key") && !missing.contains("region"), "{missing}");

        let unknown = Variables::resolve(&declared(), &given(&[("regoin", "x")]), |_| None).unwrap_err().to_string();
        assert!(unknown.contains("\"regoin\""), "{unknown}");
    }

    #[test]
    fn a_component_sees_only_its_own_templates() {
        let application = Variables::resolve(&declared(), &given(&[("secret_key", "s")]), |_| None).unwrap();
        let component = application.for_component(&given(&[("url", "https://{{ region }}.example.com")])).unwrap();
        assert_eq!(component.get("url"), Some("https://eu.example.com"));
        assert_eq!(component.get("secret_key"), None);
    }

    #[test]
    fn debug_output_has_no_values() {
        let application = Variables::resolve(&declared(), &given(&[("secret_key", "hidden")]), |_| None).unwrap();
        assert_eq!(format!("{application:?}"), r#"["region", "secret_key"]"#);
    }

    #[test]
    fn names_follow_spins_rule() {
        for name in ["a", "origin_url", "key2"] {
            assert!(is_valid_name(name), "{name}");
        }
        for name in ["", "2x", "Upper", "with-dash", "_x", "x_", "a__b", "a b"] {
            assert!(!is_valid_name(name), "{name}");
        }
    }
}
