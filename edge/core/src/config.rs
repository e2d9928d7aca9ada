//! The settings of an edge, and the secrets that it signs with.

mod pricing;

use std::time::Duration;

use commerce_api::pricing::RulesDocumentError;
use commerce_auth::TokenPolicy;
use commerce_aws::Credentials;
use commerce_domain::PricingRules;
use http::Uri;

use crate::{cors::CorsPolicy, deadline::within, memory::InstanceMemory, platform::Platform};

/// What stands for "not set" where a host wants an URL in any case: the default in `spin.toml`. No such host can exist (RFC
/// 2606, section 2).
pub const UNSET_URL: &str = "https://unset.invalid";

/// How long a setting may take to be read.
const LIMIT: Duration = Duration::from_millis(500);

/// What an edge has to know. Holds no secret, so it may stay in an instance's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeConfig {
    /// Scheme and authority of the origin, and the path before its routes, without a slash at the end.
    pub origin_url: String,
    /// The same of the origin that prints; the origin itself if absent.
    pub printer_url: Option<String>,
    /// The region of the origin and of the carts.
    pub aws_region: String,
    /// Where DynamoDB answers; None for AWS's own address.
    pub dynamodb_endpoint: Option<String>,
    /// The table of carts.
    pub carts_table: String,
    /// Whose tokens are accepted.
    pub tokens: TokenPolicy,
    /// Where the issuer's keys are.
    pub jwks_url: String,
    /// Which web pages may call.
    pub cors: CorsPolicy,
    /// How long a catalog answer is fresh, in seconds.
    pub catalog_fresh_seconds: i64,
    /// How long after that it may still be served, in seconds.
    pub catalog_stale_seconds: i64,
    /// How long an instance answers with what it read of the store, in milliseconds; 0 to ask the store each time.
    pub catalog_memory_millis: i64,
    /// The bucket that the catalog is published to; None where reads go to the origin.
    pub catalog_bucket: Option<String>,
    /// Where S3 answers; None for AWS's own address.
    pub objects_endpoint: Option<String>,
    /// How old a head may be before the bucket is asked for a later one, in seconds.
    pub catalog_pull_seconds: i64,
    /// Whether answers put together of what is published are kept in the store, too: for hosts that make an instance for each request.
    pub catalog_store_answers: bool,
    /// What a cart costs.
    pub pricing: PricingRules,
}

/// A setting is absent or unusable. Names the setting, never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A setting without a default is absent or empty.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// The value cannot be used.
    #[error("{0} is not valid")]
    Invalid(&'static str),
    /// The document of the pricing rules cannot be used; names the place in it.
    #[error("{0} is not valid: {1}")]
    Rules(&'static str, RulesDocumentError),
    /// The runtime did not tell the value; says why.
    #[error("{0} could not be read: {1}")]
    Unreadable(&'static str, String),
}

impl ConfigError {
    /// The name of the setting.
    #[must_use]
    pub fn setting(&self) -> &'static str {
        match self {
            Self::Missing(name) | Self::Invalid(name) | Self::Rules(name, _) | Self::Unreadable(name, _) => name,
        }
    }
}

impl EdgeConfig {
    /// The names of all settings.
    pub const NAMES: [&'static str; 21] = [
        "origin_url",
        "printer_url",
        "aws_region",
        "dynamodb_endpoint",
        "carts_table",
        "token_issuer",
        "jwks_url",
        "token_client_ids",
        "cors_origins",
        "catalog_fresh_seconds",
        "catalog_stale_seconds",
        "catalog_memory_millis",
        "catalog_bucket",
        "objects_endpoint",
        "catalog_pull_seconds",
        "catalog_store_answers",
        "shop_currency",
        "tax_rate",
        "shipping_fee",
        "free_shipping_from",
        "pricing_rules",
    ];

    /// The settings that `lookup` knows. An empty value counts as absent, and so does [`UNSET_URL`].
    ///
    /// # Errors
    /// [`ConfigError`] for the first setting that is absent or unusable.
    pub fn from_lookup(lookup: impl Fn(&'static str) -> Option<String>) -> Result<Self, ConfigError> {
        let is_set = |text: &String| !text.is_empty() && text != UNSET_URL;
        let lookup = |name| lookup(name).map(|text| text.trim().to_owned()).filter(is_set);
        let required = |name| lookup(name).ok_or(ConfigError::Missing(name));
        let issuer = required("token_issuer")?;
        Ok(Self {
            origin_url: base_url("origin_url", &required("origin_url")?)?,
            printer_url: lookup("printer_url").map(|url| base_url("printer_url", &url)).transpose()?,
            aws_region: required("aws_region")?,
            dynamodb_endpoint: lookup("dynamodb_endpoint")
                .map(|url| base_url("dynamodb_endpoint", &url))
                .transpose()?,
            carts_table: lookup("carts_table").unwrap_or_else(|| "shopping-carts".to_owned()),
            jwks_url: base_url(
                "jwks_url",
                &lookup("jwks_url")
                    .unwrap_or_else(|| format!("{}/.well-known/jwks.json", issuer.trim_end_matches('/'))),
            )?,
            tokens: TokenPolicy { issuer, client_ids: lookup("token_client_ids").map(|text| list(&text)) },
            cors: CorsPolicy::parse(lookup("cors_origins").as_deref()),
            catalog_fresh_seconds: whole("catalog_fresh_seconds", &lookup, 60)?,
            catalog_stale_seconds: whole("catalog_stale_seconds", &lookup, 86_400)?,
            catalog_memory_millis: whole("catalog_memory_millis", &lookup, 1_000)?,
            catalog_bucket: lookup("catalog_bucket"),
            objects_endpoint: lookup("objects_endpoint").map(|url| base_url("objects_endpoint", &url)).transpose()?,
            catalog_pull_seconds: whole("catalog_pull_seconds", &lookup, 5)?,
            catalog_store_answers: flag("catalog_store_answers", &lookup)?,
            pricing: pricing::rules(&lookup)?,
        })
    }
}

/// The settings, read once an instance. What could not be read is tried again by the next request.
pub(crate) async fn load<P: Platform>(platform: &P) -> Result<&EdgeConfig, ConfigError> {
    let memory: &InstanceMemory = platform.memory();
    if let Some(config) = memory.config.get() {
        return Ok(config);
    }
    let mut values = Vec::with_capacity(EdgeConfig::NAMES.len());
    for name in EdgeConfig::NAMES {
        values.push((name, variable(platform, name).await?));
    }
    let value = |name| values.iter().find(|(known, _)| *known == name).and_then(|(_, value)| value.clone());
    let config = EdgeConfig::from_lookup(value)?;
    Ok(memory.config.get_or_init(|| config))
}

/// The credentials, read anew each time: they are never kept in an instance's memory, and a rotation is seen at once.
pub(crate) async fn credentials<P: Platform>(platform: &P) -> Result<Credentials, ConfigError> {
    async fn read<P: Platform>(platform: &P, name: &'static str) -> Result<Option<String>, ConfigError> {
        Ok(variable(platform, name).await?.filter(|text| !text.is_empty()))
    }
    let required = async |name| read(platform, name).await?.ok_or(ConfigError::Missing(name));
    Ok(Credentials {
        access_key_id: required("aws_access_key_id").await?,
        secret_access_key: required("aws_secret_access_key").await?,
        session_token: read(platform, "aws_session_token").await?,
    })
}

/// A variable of the platform. One that hangs or fails is an error, not absent: a default in its place might be wrong.
async fn variable<P: Platform>(platform: &P, name: &'static str) -> Result<Option<String>, ConfigError> {
    let unreadable = |cause: String| ConfigError::Unreadable(name, cause);
    let value = within(platform, LIMIT, platform.variable(name)).await;
    value.ok_or_else(|| unreadable("not in time".to_owned()))?.map_err(|error| unreadable(error.to_string()))
}

/// An absolute http(s) URL without query, without its last slash.
fn base_url(name: &'static str, text: &str) -> Result<String, ConfigError> {
    let uri: Uri = text.parse().map_err(|_| ConfigError::Invalid(name))?;
    let known_scheme = matches!(uri.scheme_str(), Some("http" | "https"));
    if !known_scheme || uri.authority().is_none() || uri.query().is_some() {
        return Err(ConfigError::Invalid(name));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn list(text: &str) -> Vec<String> {
    text.split(',').map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// "true" or "false"; false if absent.
fn flag(name: &'static str, lookup: &impl Fn(&'static str) -> Option<String>) -> Result<bool, ConfigError> {
    lookup(name).map_or(Ok(false), |text| text.parse().map_err(|_| ConfigError::Invalid(name)))
}

fn whole(
    name: &'static str,
    lookup: &impl Fn(&'static str) -> Option<String>,
    default: i64,
) -> Result<i64, ConfigError> {
    let Some(text) = lookup(name) else { return Ok(default) };
    // A year of seconds is longer than any catalog should be trusted, and keeps every sum far from an overflow.
    text.parse().ok().filter(|number| (0..=31_536_000).contains(number)).ok_or(ConfigError::Invalid(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &'static str) -> Option<String> {
        let value = match name {
            "origin_url" => "https://abc.lambda-url.eu-west-1.on.aws/",
            "aws_region" => "eu-west-1",
            "token_issuer" => "https://issuer.example/pool",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn what_is_not_set_has_its_default() {
        let config = EdgeConfig::from_lookup(lookup).unwrap();
        assert_eq!(config.origin_url, "https://abc.lambda-url.eu-west-1.on.aws");
        assert_eq!(config.jwks_url, "https://issuer.example/pool/.well-known/jwks.json");
        assert_eq!(config.carts_table, "shopping-carts");
        assert_eq!((config.catalog_fresh_seconds, config.catalog_stale_seconds), (60, 86_400));
        assert_eq!(config.pricing, PricingRules::default());
        assert_eq!(config.tokens.client_ids, None);
    }

    #[test]
    fn a_missing_or_unusable_setting_is_named_without_its_value() {
        let without = |absent| EdgeConfig::from_lookup(move |name| lookup(name).filter(|_| name != absent));
        for name in ["origin_url", "aws_region", "token_issuer"] {
            assert_eq!(without(name), Err(ConfigError::Missing(name)));
        }
        let with = |changed, value: &'static str| {
            EdgeConfig::from_lookup(move |name| if name == changed { Some(value.to_owned()) } else { lookup(name) })
        };
        for (name, value) in [
            ("origin_url", "origin.example"),
            ("origin_url", "ftp://origin.example"),
            ("dynamodb_endpoint", "http://"),
            ("printer_url", "printer.example"),
            ("catalog_fresh_seconds", "-1"),
            ("catalog_stale_seconds", "1d"),
            ("catalog_store_answers", "yes"),
            ("shop_currency", "usd"),
            ("tax_rate", "8%"),
            ("tax_rate", "8"),
            ("shipping_fee", "-1"),
            ("free_shipping_from", "49.999"),
        ] {
            let refused = with(name, value).unwrap_err();
            assert_eq!(refused, ConfigError::Invalid(name), "{value}");
            assert!(!refused.to_string().contains(value));
        }
        let rules = with("pricing_rules", r#"{"currency": "USD", "tax_zones": [{"rate": 1}], "shipping_zones": []}"#);
        let refused = rules.unwrap_err();
        assert_eq!(refused.setting(), "pricing_rules");
        assert_eq!(refused.to_string(), "pricing_rules is not valid: tax_zones[0].name: is required");
        assert_eq!(with("carts_table", " ").unwrap().carts_table, "shopping-carts");
        assert!(with("tax_rate", "1").is_ok());
        assert_eq!(with("dynamodb_endpoint", UNSET_URL).unwrap().dynamodb_endpoint, None);
        assert_eq!(with("origin_url", UNSET_URL), Err(ConfigError::Missing("origin_url")));
    }

    #[test]
    fn every_setting_is_among_the_names() {
        let seen = std::cell::RefCell::new(Vec::new());
        EdgeConfig::from_lookup(|name| {
            seen.borrow_mut().push(name);
            lookup(name)
        })
        .unwrap();
        let mut seen = seen.into_inner();
        seen.sort_unstable();
        let mut names = EdgeConfig::NAMES;
        names.sort_unstable();
        assert_eq!(seen, names);
    }
}
