//! Reading JSON request bodies: every refusal names the field.

use serde::{Deserialize, de::DeserializeOwned};

use crate::problem::{Problem, ProblemCode};

/// The body as `T`.
///
/// Wire types that read requests say `deny_unknown_fields`; duplicate keys are refused by serde's derive.
///
/// # Errors
/// A 400: `MALFORMED_JSON` if the text is no JSON, `VALIDATION_ERROR` with the field's path if it is not a `T`.
pub fn parse_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() {
        return Err(Problem::new(ProblemCode::MalformedJson, "The request needs a JSON body"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let cause = error.into_inner();
        match cause.classify() {
            serde_json::error::Category::Data => Problem::invalid(field_name(&path), plain_message(&cause)),
            _ => Problem::new(ProblemCode::MalformedJson, "The request body is not valid JSON"),
        }
    })?;
    match deserializer.end() {
        Ok(()) => Ok(parsed),
        Err(_) => Err(Problem::new(ProblemCode::MalformedJson, "The request body is not valid JSON")),
    }
}

/// A field that tells "absent" (`None`) from "null" (`Some(None)`); use with `#[serde(default, deserialize_with)]`.
///
/// # Errors
/// As `T`'s own deserialiser.
pub fn present<'de, T: Deserialize<'de>, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

fn field_name(path: &str) -> String {
    if path == "." || path.is_empty() { "body".to_owned() } else { path.to_owned() }
}

/// Serde's message without the place in the text, which the field's path already tells.
fn plain_message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cart::AddItemRequest;

    fn refusal(body: &str) -> (ProblemCode, Vec<String>) {
        let problem = parse_body::<AddItemRequest>(body.as_bytes()).unwrap_err();
        (problem.code(), problem.fields().iter().map(|error| error.field.clone()).collect())
    }

    #[test]
    fn each_kind_of_bad_body_is_told_apart() {
        assert_eq!(refusal("").0, ProblemCode::MalformedJson);
        assert_eq!(refusal("{").0, ProblemCode::MalformedJson);
        assert_eq!(refusal("{} x").0, ProblemCode::ValidationError, "missing fields come first");
        assert_eq!(refusal("[]").0, ProblemCode::ValidationError);
        assert_eq!(
            refusal(r#"{"productId":"p","quantity":"2"}"#),
            (ProblemCode::ValidationError, vec!["quantity".into()])
        );
        assert_eq!(refusal(r#"{"productId":"p","quantity":1,"quantity":2}"#).0, ProblemCode::ValidationError);
        assert_eq!(refusal(r#"{"productId":"p","quantity":1,"colour":"red"}"#).0, ProblemCode::ValidationError);
        assert_eq!(refusal(r#"{"productId":"p","quantity":1} x"#).0, ProblemCode::MalformedJson);
    }
}
