//! Reading JSON request bodies: strictly, and every refusal names the field.
//!
//! Serde reads more than the API takes: a list in the place of an object, a repeated key of a map, `serde_json`'s own spelling of
//! a number. So a body is first read as the [`Node`] that it spells, and its types are read from that, which takes none of it.

mod node;
mod refusal;

use serde::de::DeserializeOwned;

use crate::problem::{Problem, ProblemCode};
use node::Node;
use refusal::Refusal;

/// The most characters that a refusal repeats of a body, or says of it.
const MAX_ECHO: usize = 200;

/// The body as `T`.
///
/// Whatever `T` is: objects are objects and never lists, no member appears twice, numbers are plain JSON numbers. Wire types that
/// read requests say `deny_unknown_fields` beside.
///
/// # Errors
/// A 400: `MALFORMED_JSON` if the text is no JSON, `VALIDATION_ERROR` with the field's path if it is not a `T`.
pub fn parse_body<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    if body.is_empty() {
        return Err(Problem::new(ProblemCode::MalformedJson, "The request needs a JSON body"));
    }
    let node: Node = serde_json::from_slice(body)
        .map_err(|_| Problem::new(ProblemCode::MalformedJson, "The request body is not valid JSON"))?;
    serde_path_to_error::deserialize(node).map_err(|error| {
        let path = error.path().to_string();
        let Refusal { member, message } = error.into_inner();
        Problem::invalid(shortened(field_name(&path, member)), shortened(message.into_owned()))
    })
}

/// `path` as far as it was followed, and the member of what lies there.
fn field_name(path: &str, member: Option<String>) -> String {
    match (path, member) {
        ("." | "", Some(member)) => member,
        ("." | "", None) => "body".to_owned(),
        (path, Some(member)) => format!("{path}.{member}"),
        (path, None) => path.to_owned(),
    }
}

fn shortened(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MAX_ECHO) {
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests;
