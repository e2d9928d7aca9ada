//! Reading JSON request bodies: strictly, and every refusal names the field.
//!
//! Serde reads more than the API takes: a list in the place of an object, a repeated key of a map, `serde_json`'s own spelling of
//! a number. So a body is first read as the [`Node`] that it spells, and its types are read from that, which takes none of it.

mod node;
mod object;
mod refusal;

use serde::de::DeserializeOwned;

use crate::problem::{Problem, ProblemCode};
use node::Node;
pub(crate) use object::Object;
use refusal::Refusal;

/// The most characters that a refusal repeats of a body, or says of it.
const MAX_ECHO: usize = 200;

/// The path of the whole.
pub(crate) const ROOT: &str = "body";

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
    read(body).map_err(|unreadable| match unreadable {
        Unreadable::Malformed => Problem::new(ProblemCode::MalformedJson, "The request body is not valid JSON"),
        Unreadable::Field { field, message } => Problem::invalid(field, message),
    })
}

/// Why a text is not of its type.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It is no JSON.
    Malformed,
    /// A field of it is wrong.
    Field {
        /// The field's path.
        field: String,
        /// The end of a sentence that begins with the field.
        message: String,
    },
}

impl Unreadable {
    /// What lies at `path`, or the member of it, shortened.
    fn field(path: &str, member: Option<String>, message: String) -> Self {
        Self::Field { field: shortened(field_name(path, member)), message: shortened(message) }
    }
}

fn read<T: DeserializeOwned>(text: &[u8]) -> Result<T, Unreadable> {
    let node: Node = serde_json::from_slice(text).map_err(|_| Unreadable::Malformed)?;
    serde_path_to_error::deserialize(node).map_err(|error| {
        let path = error.path().to_string();
        let Refusal { member, message } = error.into_inner();
        Unreadable::field(&path, member, message.into_owned())
    })
}

/// `path` as far as it was followed, and the member of what lies there.
fn field_name(path: &str, member: Option<String>) -> String {
    match (path, member) {
        ("." | "", Some(member)) => member,
        ("." | "", None) => ROOT.to_owned(),
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
