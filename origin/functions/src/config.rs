//! What a function reads from its environment. No value is ever shown: only names are.

use commerce_api::pricing::{RulesDocumentError, from_document};
use commerce_aws::{CallerKeys, Credentials};
use commerce_domain::{PricingRules, PricingRulesError, PricingSettings};
use origin_core::invoices::{Seller, SellerError};
use origin_dynamo::{CARTS_TABLE, INVENTORY_TABLE};
use origin_gateways::{CaptureMethod, CarrierConfig, PayPalConfig, Secret, StripeConfig};
use origin_http::CallerPolicy;
use origin_postgres::DatabaseSettings;

use crate::{aws::AwsConfig, issuer::Issuer, run::variable};

/// Who issues invoices.
pub(crate) const SELLER: &str = "INVOICE_SELLER";
/// Where Stripe answers unless told otherwise.
const STRIPE_URL: &str = "https://api.stripe.com";
/// Where PayPal answers unless told otherwise.
const PAYPAL_URL: &str = "https://api-m.paypal.com";

/// The environment is not complete.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A variable that must be set is not.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// A variable's value cannot be used.
    #[error("{0} is not valid")]
    Invalid(&'static str),
    /// The document of the pricing rules cannot be used; names the place in it.
    #[error("PRICING_RULES is not valid: {0}")]
    Rules(#[from] RulesDocumentError),
    /// The document of the seller cannot be used; says why.
    #[error("INVOICE_SELLER is not valid: {0}")]
    Seller(#[from] SellerError),
    /// Neither or both of the ways to know the edge are set.
    #[error("set either EDGE_PRINCIPAL_ARN (IAM in front), or EDGE_ACCESS_KEY_ID and EDGE_SECRET_ACCESS_KEY")]
    Caller,
}

/// All that a function needs to know that works on the shop.
#[derive(Debug)]
pub struct Config {
    /// `DATABASE_URL`
    pub database: DatabaseSettings,
    /// How AWS is called.
    pub aws: AwsConfig,
    /// `EVENTS_TOPIC_ARN`, an SNS FIFO topic; events stay in the outbox if absent.
    pub events_topic_arn: Option<String>,
    /// `CARTS_TABLE`, `shopping-carts` if absent.
    pub carts_table: String,
    /// `INVENTORY_TABLE`, `inventory` if absent.
    pub inventory_table: String,
    /// Whose tokens are taken.
    pub issuer: Issuer,
    /// `STRIPE_SECRET_KEY`, `STRIPE_URL` (Stripe's own if absent), `PAYMENT_RETURN_URL`, `CAPTURE` (`automatic` if absent, or
    /// `manual`), and `STRIPE_WEBHOOK_SECRET`, with
    /// `STRIPE_PREVIOUS_WEBHOOK_SECRET` while it is rotated: no webhooks are taken if both are absent.
    pub stripe: StripeConfig,
    /// `PAYPAL_CLIENT_ID` with `PAYPAL_CLIENT_SECRET`, `PAYPAL_URL` (PayPal's own if absent), `PAYMENT_CANCEL_URL`
    /// (`PAYMENT_RETURN_URL` if absent), and `PAYPAL_WEBHOOK_ID`: no webhooks are taken if it is absent. Without
    /// `PAYPAL_CLIENT_ID` the shop does not take PayPal.
    pub paypal: Option<PayPalConfig>,
    /// `CARRIER_URL` with `CARRIER_API_KEY`, and `CARRIER_WEBHOOK_SECRET`, with `CARRIER_PREVIOUS_WEBHOOK_SECRET` while it is
    /// rotated: no webhooks are taken if both are absent. Without `CARRIER_URL` the shop makes all labels itself.
    pub carrier: Option<CarrierConfig>,
    /// `SHOP_CURRENCY`, and `TAX_RATE`, `SHIPPING_FEE` and `FREE_SHIPPING_FROM`, or `PRICING_RULES` in the place of these three.
    pub pricing: PricingRules,
    /// `INVOICE_SELLER`, a JSON document; no invoices are issued if absent.
    pub seller: Option<Seller>,
}

impl Config {
    /// What the process's environment says.
    ///
    /// # Errors
    /// [`ConfigError`] for the first variable that is missing or of no use.
    pub fn from_environment() -> Result<Self, ConfigError> {
        Self::from_lookup(variable)
    }

    /// What `lookup` says. An empty value counts as absent.
    ///
    /// # Errors
    /// As [`Self::from_environment`].
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let lookup = given(lookup);
        let required = |name: &'static str| lookup(name).ok_or(ConfigError::Missing(name));
        Ok(Self {
            database: DatabaseSettings::new(required("DATABASE_URL")?),
            aws: AwsConfig::from_lookup(&lookup)?,
            events_topic_arn: lookup("EVENTS_TOPIC_ARN"),
            carts_table: lookup("CARTS_TABLE").unwrap_or_else(|| CARTS_TABLE.to_owned()),
            inventory_table: lookup("INVENTORY_TABLE").unwrap_or_else(|| INVENTORY_TABLE.to_owned()),
            issuer: Issuer::from_lookup(&lookup)?,
            stripe: StripeConfig {
                base_url: lookup("STRIPE_URL").unwrap_or_else(|| STRIPE_URL.to_owned()),
                secret_key: Secret::new(required("STRIPE_SECRET_KEY")?),
                return_url: required("PAYMENT_RETURN_URL")?,
                capture: capture(&lookup)?,
                webhook_secrets: secrets(&lookup, ["STRIPE_WEBHOOK_SECRET", "STRIPE_PREVIOUS_WEBHOOK_SECRET"]),
            },
            paypal: paypal(&lookup)?,
            carrier: carrier(&lookup)?,
            pricing: pricing(&lookup)?,
            seller: lookup(SELLER).map(|document| document.parse()).transpose()?,
        })
    }
}

/// The same variables, without those that are empty.
pub(crate) fn given(lookup: impl Fn(&str) -> Option<String>) -> impl Fn(&str) -> Option<String> {
    move |name| lookup(name).filter(|value| !value.is_empty())
}

/// Those that are set, in this order.
fn secrets(lookup: &impl Fn(&str) -> Option<String>, names: [&str; 2]) -> Vec<Secret> {
    names.into_iter().filter_map(lookup).map(Secret::new).collect()
}

fn paypal(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<PayPalConfig>, ConfigError> {
    let Some(client_id) = lookup("PAYPAL_CLIENT_ID") else { return Ok(None) };
    let return_url = lookup("PAYMENT_RETURN_URL").ok_or(ConfigError::Missing("PAYMENT_RETURN_URL"))?;
    Ok(Some(PayPalConfig {
        base_url: lookup("PAYPAL_URL").as_deref().unwrap_or(PAYPAL_URL).trim_end_matches('/').to_owned(),
        client_id,
        client_secret: Secret::new(lookup("PAYPAL_CLIENT_SECRET").ok_or(ConfigError::Missing("PAYPAL_CLIENT_SECRET"))?),
        cancel_url: lookup("PAYMENT_CANCEL_URL").unwrap_or_else(|| return_url.clone()),
        return_url,
        webhook_id: lookup("PAYPAL_WEBHOOK_ID"),
    }))
}

fn capture(lookup: &impl Fn(&str) -> Option<String>) -> Result<CaptureMethod, ConfigError> {
    let Some(name) = lookup("CAPTURE") else { return Ok(CaptureMethod::default()) };
    CaptureMethod::of(&name).ok_or(ConfigError::Invalid("CAPTURE"))
}

fn carrier(lookup: &impl Fn(&str) -> Option<String>) -> Result<Option<CarrierConfig>, ConfigError> {
    let Some(url) = lookup("CARRIER_URL") else { return Ok(None) };
    Ok(Some(CarrierConfig {
        base_url: url.trim_end_matches('/').to_owned(),
        api_key: Secret::new(lookup("CARRIER_API_KEY").ok_or(ConfigError::Missing("CARRIER_API_KEY"))?),
        webhook_secrets: secrets(lookup, ["CARRIER_WEBHOOK_SECRET", "CARRIER_PREVIOUS_WEBHOOK_SECRET"]),
    }))
}

fn pricing(lookup: &impl Fn(&str) -> Option<String>) -> Result<PricingRules, ConfigError> {
    let settings = PricingSettings {
        currency: lookup("SHOP_CURRENCY"),
        tax_rate: lookup("TAX_RATE"),
        shipping_fee: lookup("SHIPPING_FEE"),
        free_shipping_from: lookup("FREE_SHIPPING_FROM"),
    };
    if let Some(document) = lookup("PRICING_RULES") {
        return Ok(from_document(&document, &settings)?);
    }
    PricingRules::from_settings(&settings).map_err(|wrong| {
        ConfigError::Invalid(match wrong {
            PricingRulesError::TaxRate => "TAX_RATE",
            PricingRulesError::ShippingFee => "SHIPPING_FEE",
            PricingRulesError::FreeShippingFrom => "FREE_SHIPPING_FROM",
            // The currency; of zones, settings say nothing.
            _ => "SHOP_CURRENCY",
        })
    })
}

/// How the edge proves itself: `EDGE_PRINCIPAL_ARN`, or `EDGE_ACCESS_KEY_ID` and `EDGE_SECRET_ACCESS_KEY`, with
/// `EDGE_PREVIOUS_ACCESS_KEY_ID` and `EDGE_PREVIOUS_SECRET_ACCESS_KEY` while keys are rotated.
///
/// # Errors
/// [`ConfigError::Caller`].
pub(crate) fn caller(lookup: impl Fn(&str) -> Option<String>, region: &str) -> Result<CallerPolicy, ConfigError> {
    let lookup = given(lookup);
    let pair = |id: &str, secret: &str| Some(Credentials::new(lookup(id)?, lookup(secret)?));
    let keys = pair("EDGE_ACCESS_KEY_ID", "EDGE_SECRET_ACCESS_KEY");
    match (lookup("EDGE_PRINCIPAL_ARN"), keys) {
        (Some(user_arn), None) => Ok(CallerPolicy::Iam { user_arn }),
        (None, Some(current)) => {
            let keys = CallerKeys::new(current);
            let previous = pair("EDGE_PREVIOUS_ACCESS_KEY_ID", "EDGE_PREVIOUS_SECRET_ACCESS_KEY");
            let keys = previous.into_iter().fold(keys, CallerKeys::and_previous);
            Ok(CallerPolicy::Signed { keys, region: region.to_owned() })
        }
        _ => Err(ConfigError::Caller),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUIRED: [(&str, &str); 7] = [
        ("DATABASE_URL", "postgres://u:p@db/shop"),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIA1"),
        ("AWS_SECRET_ACCESS_KEY", "s"),
        ("TOKEN_ISSUER", "https://issuer.example/pool/"),
        ("STRIPE_SECRET_KEY", "sk_test_1"),
        ("PAYMENT_RETURN_URL", "https://shop.example/return"),
    ];

    fn config(more: &[(&str, &str)], without: &str) -> Result<Config, ConfigError> {
        Config::from_lookup(|name| {
            let found = more.iter().chain(&REQUIRED).find(|(known, _)| *known == name && name != without);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn edge(variables: &[(&str, &str)]) -> Result<CallerPolicy, ConfigError> {
        let value =
            |name: &str| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
        caller(value, "eu-west-1")
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        for (name, _) in REQUIRED {
            assert_eq!(config(&[], name).unwrap_err(), ConfigError::Missing(name));
        }
        for (name, value) in
            [("TAX_RATE", "-1"), ("TAX_RATE", "8"), ("SHIPPING_FEE", "4.999"), ("SHOP_CURRENCY", "usd")]
        {
            assert_eq!(config(&[(name, value)], "").unwrap_err(), ConfigError::Invalid(name));
        }
        for endpoint in ["DYNAMODB_ENDPOINT", "SNS_ENDPOINT"] {
            assert_eq!(config(&[(endpoint, " ")], "").unwrap_err(), ConfigError::Invalid(endpoint));
        }
    }

    #[test]
    fn a_document_of_rules_is_read_or_refused_in_one_line() {
        let document = r#"{"currency": "EUR", "tax_zones": [], "shipping_zones": [{"fee": 4.90}]}"#;
        let with = |document, more: &[(&str, &str)]| config(&[&[("PRICING_RULES", document)], more].concat(), "");
        assert_eq!(with(document, &[]).unwrap().pricing.currency().code(), "EUR");
        let error = with(r#"{"currency": "EUR", "tax_zones": [{"name": "USt", "rate": 19}]}"#, &[]).unwrap_err();
        assert_eq!(error.to_string(), "PRICING_RULES is not valid: shipping_zones: is required");
        let both = with(document, &[("TAX_RATE", "0.08")]).unwrap_err().to_string();
        assert!(both.starts_with("PRICING_RULES is not valid: document: replaces the settings"), "{both}");
    }

    #[test]
    fn a_seller_is_read_or_refused_in_one_line() {
        assert_eq!(config(&[], "").unwrap().seller, None);
        let seller = config(&[(SELLER, r#"{"legal_entity": "CC", "name": "Shop", "address": ["Street 1"]}"#)], "");
        assert_eq!(seller.unwrap().seller.unwrap().legal_entity, "CC");
        let refused = config(&[(SELLER, r#"{"legal_entity": "c", "name": "Shop", "address": ["Street 1"]}"#)], "");
        let refused = refused.unwrap_err().to_string();
        assert!(refused.starts_with("INVOICE_SELLER is not valid: legal_entity: must be"), "{refused}");
    }

    #[test]
    fn the_edge_is_known_in_exactly_one_way() {
        let arn = ("EDGE_PRINCIPAL_ARN", "arn:aws:iam::1:user/edge");
        let keys = [("EDGE_ACCESS_KEY_ID", "AKIA2"), ("EDGE_SECRET_ACCESS_KEY", "t")];
        assert!(matches!(edge(&[arn]), Ok(CallerPolicy::Iam { .. })));
        assert!(matches!(edge(&keys), Ok(CallerPolicy::Signed { .. })));
        for neither in [vec![], vec![arn, keys[0], keys[1]], vec![("EDGE_PRINCIPAL_ARN", "")]] {
            assert_eq!(edge(&neither).unwrap_err(), ConfigError::Caller);
        }
    }

    #[test]
    fn nothing_secret_is_shown() {
        let secrets = [("STRIPE_WEBHOOK_SECRET", "whsec_2"), ("STRIPE_PREVIOUS_WEBHOOK_SECRET", "whsec_1")];
        let config = config(&secrets, "").unwrap();
        assert_eq!(config.stripe.webhook_secrets, [Secret::new("whsec_2"), Secret::new("whsec_1")]);
        let shown = format!("{config:?}");
        for secret in ["sk_test_1", "u:p@db", "whsec_"] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    #[test]
    fn a_carrier_is_set_up_with_its_key_or_not_at_all() {
        let url = ("CARRIER_URL", "https://carrier.example/v1/");
        assert!(config(&[], "").unwrap().carrier.is_none());
        assert_eq!(config(&[url], "").unwrap_err(), ConfigError::Missing("CARRIER_API_KEY"));
        let more = [url, ("CARRIER_API_KEY", "key_1"), ("CARRIER_WEBHOOK_SECRET", "whsec_3")];
        let config = config(&more, "").unwrap();
        assert!(!format!("{config:?}").contains("key_1"));
        let carrier = config.carrier.unwrap();
        assert_eq!(carrier.base_url, "https://carrier.example/v1");
        assert_eq!(carrier.webhook_secrets, [Secret::new("whsec_3")]);
    }

    #[test]
    fn paypal_is_set_up_with_its_secret_or_not_at_all() {
        let id = ("PAYPAL_CLIENT_ID", "client_1");
        assert!(config(&[("PAYPAL_CLIENT_SECRET", "secret_1")], "").unwrap().paypal.is_none());
        assert_eq!(config(&[id], "").unwrap_err(), ConfigError::Missing("PAYPAL_CLIENT_SECRET"));
        let more = [id, ("PAYPAL_CLIENT_SECRET", "secret_1"), ("PAYPAL_WEBHOOK_ID", "WH-1")];
        let with_secret = config(&more, "").unwrap();
        assert!(!format!("{with_secret:?}").contains("secret_1"));
        let paypal = with_secret.paypal.unwrap();
        assert_eq!((paypal.base_url.as_str(), paypal.webhook_id.as_deref()), (PAYPAL_URL, Some("WH-1")));
        assert_eq!(paypal.cancel_url, "https://shop.example/return");
        let sandbox =
            [&more[..], &[("PAYPAL_URL", "https://sandbox/"), ("PAYMENT_CANCEL_URL", "https://no/")]].concat();
        let paypal = config(&sandbox, "").unwrap().paypal.unwrap();
        assert_eq!((paypal.base_url.as_str(), paypal.cancel_url.as_str()), ("https://sandbox", "https://no/"));
    }
}
