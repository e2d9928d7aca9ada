//! A request that was accepted, as handlers read it.

use std::borrow::Cow;

use bytes::Bytes;
use commerce_api::{Problem, ProblemCode, ProblemContext, Route, idempotency::key_of, json::parse_body};
use commerce_auth::Principal;
use commerce_domain::CustomerId;
use http::{Response, header, request::Parts};
use origin_core::{
    catalog::ExpectedVersion,
    idempotency::{Hash, IdempotencyKey, KeyedRequest, StoredAnswer, request_hash},
};
use serde::de::DeserializeOwned;

use crate::{ApiError, caller::text, error::problem, respond::stored};

/// A request with its route, its whole body and its caller.
#[derive(Debug)]
pub(crate) struct Call {
    /// The route.
    pub(crate) route: Route,
    /// What stands in the place of the route's braces, percent-decoded.
    pub(crate) parameter: String,
    /// Method, target and headers.
    pub(crate) parts: Parts,
    /// The body.
    pub(crate) body: Bytes,
    /// The shopper; none on routes that ask for no token.
    pub(crate) principal: Option<Principal>,
    /// Names the request.
    pub(crate) request_id: String,
}

impl Call {
    /// The shopper of a route that needs one.
    ///
    /// # Errors
    /// A 500 on a route that asks for no token, and has none.
    pub(crate) fn principal(&self) -> Result<&Principal, ApiError> {
        self.principal
            .as_ref()
            .ok_or_else(|| ApiError::Problem(Problem::internal("a route without a token asked for its caller")))
    }

    /// The parameter as an id.
    ///
    /// # Errors
    /// A 404: what is no id names nothing. `what` begins the sentence: "Order".
    pub(crate) fn id<I: std::str::FromStr>(&self, what: &str) -> Result<I, ApiError> {
        self.parameter.parse().map_err(|_| ApiError::Problem(Problem::not_found(what)))
    }

    /// The JSON body.
    ///
    /// # Errors
    /// A 415 for another media type, else as [`parse_body`].
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        if self.parts.headers.contains_key(header::CONTENT_TYPE) && !self.is_json() {
            return Err(ApiError::Problem(Problem::new(
                ProblemCode::UnsupportedMediaType,
                ProblemCode::UnsupportedMediaType.title(),
            )));
        }
        parse_body(&self.body).map_err(ApiError::Problem)
    }

    /// Nothing, for a request that is about what its path names.
    ///
    /// # Errors
    /// A 400 for a body that says something.
    pub(crate) fn no_body(&self) -> Result<(), ApiError> {
        let says_nothing = matches!(self.body.trim_ascii(), b"" | b"{}");
        says_nothing.then_some(()).ok_or_else(|| ApiError::Problem(Problem::invalid("body", "must be empty")))
    }

    fn is_json(&self) -> bool {
        let Some(value) = text(&self.parts, &header::CONTENT_TYPE) else { return false };
        value.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
    }

    /// The Idempotency-Key.
    ///
    /// # Errors
    /// A 400 if there are several, or one that is no key.
    pub(crate) fn idempotency_key(&self) -> Result<Option<IdempotencyKey>, ApiError> {
        Ok(key_of(&self.parts.headers)?.as_deref().map(IdempotencyKey::of))
    }

    /// What the request is compared by under its Idempotency-Key.
    pub(crate) fn request_hash(&self) -> Hash {
        request_hash(self.route, &self.parameter, &self.body)
    }

    /// The request as it is claimed for `customer`.
    ///
    /// # Errors
    /// As [`Self::idempotency_key`].
    pub(crate) fn keyed(&self, customer: CustomerId) -> Result<KeyedRequest, ApiError> {
        let (key, request_hash) = (self.idempotency_key()?, self.request_hash());
        Ok(KeyedRequest { customer, route: self.route, key, request_hash })
    }

    /// The answer to the request, as it is kept for whoever repeats it: the response, or the problem that it failed with.
    pub(crate) fn kept(&self, response: Result<Response<Bytes>, ApiError>) -> StoredAnswer {
        let context = ProblemContext { request_id: &self.request_id, instance: self.parts.uri.path() };
        stored(response.unwrap_or_else(|error| problem(error).into_response(context)))
    }

    /// What `If-Match` says (RFC 9110, section 13.1.1). The tags of this resource are its version in quotes; any other tag
    /// matches no version.
    pub(crate) fn expected_version(&self) -> ExpectedVersion {
        let values: Vec<&str> =
            self.parts.headers.get_all(header::IF_MATCH).iter().filter_map(|value| value.to_str().ok()).collect();
        let mut tags = values.iter().flat_map(|value| value.split(',')).map(str::trim).peekable();
        if tags.peek().is_none() || values.iter().any(|value| value.trim() == "*") {
            return ExpectedVersion::Any;
        }
        let version = |tag: &str| tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok();
        ExpectedVersion::OneOf(tags.filter_map(version).collect())
    }

    /// The query as it was sent.
    pub(crate) fn query_text(&self) -> &str {
        self.parts.uri.query().unwrap_or_default()
    }

    /// The query's fields in order, decoded.
    fn query(&self) -> Vec<(String, String)> {
        self.query_text().split('&').filter(|pair| !pair.is_empty()).map(decode_pair).collect()
    }

    /// The query's fields, each of which must be one of `known` and stand once; in the order of `known`.
    ///
    /// # Errors
    /// A 400 that names the field.
    pub(crate) fn query_fields<const N: usize>(&self, known: [&str; N]) -> Result<[Option<String>; N], ApiError> {
        let mut found = [const { None }; N];
        for (name, value) in self.query() {
            let Some(place) = known.iter().position(|field| *field == name) else {
                return Err(ApiError::Problem(Problem::invalid(name, "is not a known parameter")));
            };
            if found[place].replace(value).is_some() {
                return Err(ApiError::Problem(Problem::invalid(name, "must stand only once")));
            }
        }
        Ok(found)
    }
}

fn decode_pair(pair: &str) -> (String, String) {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    (decode(name, true), decode(value, true))
}

/// Percent-decoding; bytes that are no UTF-8 become U+FFFD, which no id and no number contains.
pub(crate) fn decode(text: &str, plus_is_space: bool) -> String {
    let text = if plus_is_space { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    percent_encoding::percent_decode_str(&text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use http::{HeaderValue, Request};

    use super::*;

    fn expected(values: &[&str]) -> ExpectedVersion {
        let mut request = Request::new(());
        for value in values {
            request.headers_mut().append(header::IF_MATCH, HeaderValue::from_str(value).unwrap());
        }
        let (parts, ()) = request.into_parts();
        let (request_id, parameter, body) = (String::new(), String::new(), Bytes::new());
        Call { request_id, route: Route::UpdateProduct, parameter, parts, body, principal: None }.expected_version()
    }

    #[test]
    fn if_match_names_versions_or_any() {
        assert_eq!(expected(&[]), ExpectedVersion::Any);
        assert_eq!(expected(&["*"]), ExpectedVersion::Any);
        assert_eq!(expected(&["\"3\""]), ExpectedVersion::OneOf(vec![3]));
        assert_eq!(expected(&["\"3\", \"4\"", "\"7\""]), ExpectedVersion::OneOf(vec![3, 4, 7]));
        for nothing in ["3", "W/\"3\"", "\"\"", "\"x\"", ""] {
            assert_eq!(expected(&[nothing]), ExpectedVersion::OneOf(vec![]), "{nothing}");
        }
    }
}
