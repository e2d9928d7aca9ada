//! Who is calling: the edge, known by its signature, on behalf of a shopper, known by a signed header and a token.

use commerce_api::{Access, Problem, ProblemCode, Route, headers};
use commerce_auth::{Principal, PrincipalHeader, TokenError};
use commerce_aws::{CallerKeys, SigningScope, VerifyPolicy, verify_request};
use commerce_domain::CustomerId;
use http::{HeaderName, request::Parts};
use jiff::Timestamp;
use origin_core::{
    Backend,
    customers::known_customer,
    tokens::{TokenRefusal, TokenVerifier},
};

use crate::{ApiError, call::Call};

/// The service that the edge signs for: the one of function URLs.
const SERVICE: &str = "lambda";

/// How the edge proves that it is the edge.
#[derive(Debug, Clone)]
pub enum CallerPolicy {
    /// By a signature that is verified here: the local origin, and hosts without IAM in front.
    Signed {
        /// The edge's keys.
        keys: CallerKeys,
        /// The region that it signs for.
        region: String,
    },
    /// IAM has verified the signature (a function URL with `AWS_IAM`), and the caller must be this principal.
    Iam {
        /// The edge's principal.
        user_arn: String,
    },
}

/// The `requestContext.authorizer.iam.userArn` of a function URL, as an extension of the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallerArn(pub String);

impl CallerPolicy {
    /// Accepts the request as one of the edge's.
    ///
    /// # Errors
    /// A 403 `SIGNATURE_REJECTED` whose detail names the reason by a code.
    pub(crate) fn check(&self, parts: &Parts, body: &[u8], now: Timestamp) -> Result<(), ApiError> {
        match self {
            Self::Signed { keys, region } => {
                let scope = SigningScope { region, service: SERVICE };
                let policy = VerifyPolicy { keys, scope, also_signed: &[headers::REQUEST_ID] };
                verify_request(parts, body, &policy, now).map(drop).map_err(|error| rejected(error.code(), &error))
            }
            Self::Iam { user_arn } => match parts.extensions.get::<CallerArn>() {
                Some(CallerArn(arn)) if arn == user_arn => Ok(()),
                Some(CallerArn(arn)) => Err(rejected("CALLER_UNKNOWN", &arn)),
                None => Err(rejected("SIGNATURE_MISSING", &"no IAM caller in the request's context")),
            },
        }
    }
}

fn rejected(code: &'static str, cause: &impl ToString) -> ApiError {
    let problem = Problem::new(ProblemCode::SignatureRejected, ProblemCode::SignatureRejected.title());
    ApiError::Problem(problem.with_field("authorization", code).with_cause(cause.to_string()))
}

/// The shopper behind an accepted request, if the route needs one.
///
/// # Errors
/// A 401 without a principal or with a bad token, a 403 without the role.
pub(crate) async fn principal<B: Backend>(
    backend: &B,
    route: Route,
    parts: &Parts,
) -> Result<Option<Principal>, ApiError> {
    if !route.access().needs_token() {
        return Ok(None);
    }
    let header = text(parts, &headers::PRINCIPAL).ok_or_else(|| unauthorized("no principal header"))?;
    let mut principal = PrincipalHeader::decode(header).map_err(|error| unauthorized(error.to_string()))?;
    if needs_token(route) || principal.is_admin() {
        principal = verified_again(backend, parts, &principal).await?;
    }
    if route.access() == Access::Admin && !principal.is_admin() {
        return Err(ApiError::Problem(Problem::new(ProblemCode::Forbidden, "This needs the role admin")));
    }
    Ok(Some(principal))
}

/// Whose things the caller may read: its own, or everybody's, where it runs the shop.
pub(crate) async fn reader<B: Backend>(backend: &B, call: &Call) -> Result<Option<CustomerId>, ApiError> {
    let principal = call.principal()?;
    if principal.is_admin() { Ok(None) } else { Ok(Some(known_customer(backend, principal).await?)) }
}

/// Routes on which a leaked key of the edge must not be enough: those that move money or run the shop. Who is said to run it is
/// asked for a token everywhere.
fn needs_token(route: Route) -> bool {
    route.access() == Access::Admin || matches!(route, Route::CreatePayment | Route::CancelOrder)
}

async fn verified_again<B: Backend>(backend: &B, parts: &Parts, said: &Principal) -> Result<Principal, ApiError> {
    let token = text(parts, &headers::SHOPPER_TOKEN).ok_or_else(|| unauthorized("no shopper's token"))?;
    let verified = backend.tokens().verify(token).await.map_err(|refusal| match refusal {
        TokenRefusal::Invalid(error) => unauthorized(token_cause(&error)),
        TokenRefusal::Unavailable(cause) => ApiError::Problem(Problem::unavailable(2, cause)),
    })?;
    if (&verified.issuer, &verified.subject) == (&said.issuer, &said.subject) {
        Ok(verified)
    } else {
        Err(unauthorized("the token is not the principal's"))
    }
}

fn token_cause(error: &TokenError) -> String {
    format!("{}: {error}", error.code())
}

fn unauthorized(cause: impl ToString) -> ApiError {
    let problem = Problem::new(ProblemCode::Unauthorized, ProblemCode::Unauthorized.title());
    ApiError::Problem(problem.with_cause(cause))
}

/// The header's value, if it is there once and is ASCII.
pub(crate) fn text<'a>(parts: &'a Parts, name: &HeaderName) -> Option<&'a str> {
    let mut values = parts.headers.get_all(name).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then_some(value)
}
