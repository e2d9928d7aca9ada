//! The printer. Its routes read and issue papers: it knows the database and the issuer of tokens, and no key of the payment provider, of
//! the carrier or of AWS, whatever its environment holds.

use std::process::ExitCode;

use commerce_api::ServedBy;
use commerce_aws::{AwsClient, Credentials};
use commerce_domain::PricingRules;
use http::Uri;
use origin_core::{
    Assembled, Backend, Parts,
    hooks::NoHooks,
    invoices::{Papers, Print, Seller},
};
use origin_dynamo::{DynamoCarts, DynamoStock};
use origin_events::SnsTopic;
use origin_gateways::{
    CaptureMethod, CarrierApi, JwksVerifier, Secret, Stripe, StripeConfig, System, SystemClock, SystemEntropy,
    SystemTimer, UserInfo,
};
use origin_http::{CallerPolicy, Settings};
use origin_postgres::{Database, DatabaseSettings};

use crate::{
    ConfigError,
    aws::http,
    config::{SELLER, caller, given},
    issuer::Issuer,
    run::{RunError, run, variable},
    serve::serve_on,
};

/// What stands behind the ports that no route of the printer comes to is reached here: nobody listens.
const NOBODY: &str = "http://127.0.0.1:9";

/// All that the printer reads from its environment.
struct PrinterConfig {
    /// `DATABASE_URL`
    database: DatabaseSettings,
    issuer: Issuer,
    /// `AWS_REGION` is in the scope of what the edge signs.
    caller: CallerPolicy,
    /// `INVOICE_SELLER`, a JSON document; no invoices are issued if absent.
    seller: Option<Seller>,
}

impl PrinterConfig {
    fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let lookup = given(lookup);
        let required = |name: &'static str| lookup(name).ok_or(ConfigError::Missing(name));
        Ok(Self {
            database: DatabaseSettings::new(required("DATABASE_URL")?),
            issuer: Issuer::from_lookup(&lookup)?,
            caller: caller(&lookup, &required("AWS_REGION")?)?,
            seller: lookup(SELLER).map(|document| document.parse()).transpose()?,
        })
    }
}

/// Serves what is printed, and nothing else, to the Lambda runtime, until that ends.
pub async fn serve_printed(print: Print) -> ExitCode {
    run(start(print)).await
}

async fn start(print: Print) -> Result<(), RunError> {
    let PrinterConfig { database, issuer, caller, seller } = PrinterConfig::from_lookup(variable)?;
    let backend = backend(&database, issuer, Papers { seller, print: Some(print) })?;
    serve_on(backend, Settings { caller, only: Some(ServedBy::Printer) }).await
}

fn backend(database: &DatabaseSettings, issuer: Issuer, papers: Papers) -> Result<impl Backend, RunError> {
    let http = http()?;
    let nobody =
        AwsClient::new(System::new(http.clone()), Credentials::new("", ""), "", Some(Uri::from_static(NOBODY)));
    let no_provider = StripeConfig {
        base_url: NOBODY.to_owned(),
        secret_key: Secret::new(""),
        return_url: NOBODY.to_owned(),
        capture: CaptureMethod::Automatic,
        webhook_secrets: Vec::new(),
    };
    Ok(Assembled::new(Parts {
        clock: SystemClock,
        entropy: SystemEntropy,
        timer: SystemTimer,
        database: Database::new(database)?,
        stock: DynamoStock::new(nobody.clone(), ""),
        carts: DynamoCarts::new(nobody, ""),
        gateway: Stripe::new(no_provider)?,
        carrier: None::<CarrierApi>,
        tokens: JwksVerifier::new(http, SystemClock, issuer.jwks_url, issuer.tokens),
        profiles: UserInfo::new(issuer.user_info_url)?,
        events: None::<SnsTopic<System>>,
        hooks: NoHooks,
        pricing: PricingRules::default(),
        papers,
    }))
}
