//! Stripe's request bodies: form encoding with brackets for nested values.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

use super::error::StripeError;

/// <https://docs.stripe.com/api/metadata>
const MAX_METADATA_KEYS: usize = 50;
const MAX_METADATA_KEY_CHARACTERS: usize = 40;
const MAX_METADATA_VALUE_CHARACTERS: usize = 500;

/// The decoded parameters of one request, in their order.
#[derive(Debug, Default)]
pub(super) struct Form {
    pairs: Vec<(String, String)>,
}

impl Form {
    /// Decodes an `application/x-www-form-urlencoded` body or query.
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, StripeError> {
        let text = str::from_utf8(encoded).map_err(|_| StripeError::invalid("Invalid form encoding"))?;
        let pairs = text
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Ok((decode(name)?, decode(value)?))
            })
            .collect::<Result<_, StripeError>>()?;
        Ok(Self { pairs })
    }

    /// Refuses parameters whose first name is not in `known`, as Stripe does.
    pub(super) fn allow(&self, known: &[&str]) -> Result<(), StripeError> {
        let top = |name: &str| name.split('[').next().unwrap_or_default().to_owned();
        match self.pairs.iter().map(|(name, _)| top(name)).find(|name| !known.contains(&name.as_str())) {
            None => Ok(()),
            Some(name) => Err(StripeError::invalid(format!("Received unknown parameter: {name}"))
                .code("parameter_unknown")
                .param(name)),
        }
    }

    /// The value of `name`, absent where it is missing or empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub(super) fn required(&self, name: &'static str) -> Result<&str, StripeError> {
        self.text(name).ok_or_else(|| {
            StripeError::invalid(format!("Missing required param: {name}.")).code("parameter_missing").param(name)
        })
    }

    pub(super) fn flag(&self, name: &'static str) -> Result<bool, StripeError> {
        match self.text(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => {
                Err(StripeError::invalid(format!("Invalid boolean: {other}")).code("parameter_invalid").param(name))
            }
        }
    }

    /// An amount in the currency's smallest unit.
    pub(super) fn amount(&self, name: &'static str) -> Result<Option<u64>, StripeError> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            StripeError::invalid(format!("Invalid integer: {text}")).code("parameter_invalid_integer").param(name)
        })
    }

    /// One of `allowed`, absent where the parameter is missing.
    pub(super) fn choice(&self, name: &'static str, allowed: &[&str]) -> Result<Option<&str>, StripeError> {
        match self.text(name) {
            Some(value) if !allowed.contains(&value) => {
                Err(StripeError::invalid(format!("Invalid {name}: must be one of {}", allowed.join(", "))).param(name))
            }
            value => Ok(value),
        }
    }

    /// `metadata[name]=value` pairs.
    pub(super) fn metadata(&self) -> Result<BTreeMap<String, String>, StripeError> {
        let mut metadata = BTreeMap::new();
        for (name, value) in &self.pairs {
            let Some(key) = name.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']')) else { continue };
            if key.chars().count() > MAX_METADATA_KEY_CHARACTERS
                || value.chars().count() > MAX_METADATA_VALUE_CHARACTERS
            {
                return Err(StripeError::invalid(
                    "Metadata keys can have up to 40 characters and values up to 500 characters",
                )
                .param("metadata"));
            }
            metadata.insert(key.to_owned(), value.clone());
        }
        if metadata.len() > MAX_METADATA_KEYS {
            return Err(StripeError::invalid("Metadata can have up to 50 keys").param("metadata"));
        }
        Ok(metadata)
    }

    /// Whether `expand[]` names `field`.
    pub(super) fn expands(&self, field: &str) -> bool {
        self.pairs.iter().any(|(name, value)| name.starts_with("expand[") && value == field)
    }

    /// A digest that is equal for equal parameters, whatever their order.
    pub(super) fn fingerprint(&self) -> [u8; 32] {
        let mut sorted: Vec<_> = self.pairs.iter().collect();
        sorted.sort();
        let mut digest = Sha256::new();
        for (name, value) in sorted {
            for part in [name, value] {
                digest.update(part.len().to_be_bytes());
                digest.update(part);
            }
        }
        digest.finalize().into()
    }
}

fn decode(text: &str) -> Result<String, StripeError> {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8();
    Ok(decoded.map_err(|_| StripeError::invalid("Invalid form encoding"))?.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_plus_and_percent_are_decoded() {
        let form = Form::parse(b"amount=1050&metadata%5Border_id%5D=o+1%2B&expand[]=latest_charge&confirm=true&empty=")
            .unwrap();
        assert_eq!(form.amount("amount").unwrap(), Some(1050));
        assert_eq!(form.metadata().unwrap()["order_id"], "o 1+");
        assert!(form.expands("latest_charge") && form.flag("confirm").unwrap());
        assert_eq!(form.text("empty"), None);
    }

    #[test]
    fn bad_values_name_their_parameter() {
        let form = Form::parse(b"amount=10.5&confirm=yes&surprise[x]=1").unwrap();
        assert_eq!(form.amount("amount").unwrap_err().code.as_deref(), Some("parameter_invalid_integer"));
        assert_eq!(form.flag("confirm").unwrap_err().param.as_deref(), Some("confirm"));
        assert_eq!(form.allow(&["amount", "confirm"]).unwrap_err().param.as_deref(), Some("surprise"));
        assert_eq!(form.required("currency").unwrap_err().code.as_deref(), Some("parameter_missing"));
    }

    #[test]
    fn the_fingerprint_ignores_order_only() {
        let print = |text: &str| Form::parse(text.as_bytes()).unwrap().fingerprint();
        assert_eq!(print("a=1&b=2"), print("b=2&a=1"));
        assert_ne!(print("a=1&b=2"), print("a=12&b="));
    }
}
