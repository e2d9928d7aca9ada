//! The AWS Query protocol: a form goes out, XML comes back (Smithy, "AWS Query protocol").

use bytes::Bytes;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use roxmltree::{Document, Node};

use crate::error::AwsError;

/// What stands in a form as it is: the unreserved characters (RFC 3986, section 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The body of a request: the operation, the API's version, and the parameters in the given order.
pub(crate) fn form(operation: &str, version: &str, parameters: &[(String, String)]) -> String {
    let mut form = format!("Action={operation}&Version={version}");
    for (name, value) in parameters {
        form.push('&');
        form.extend(utf8_percent_encode(name, ESCAPED));
        form.push('=');
        form.extend(utf8_percent_encode(value, ESCAPED));
    }
    form
}

/// Hands the root of an answer to `take`.
///
/// # Errors
/// [`AwsError::UnreadableResponse`] where it is not XML.
pub(crate) fn read<T>(body: &Bytes, take: impl FnOnce(Node<'_, '_>) -> T) -> Result<T, AwsError> {
    let unreadable = |message: String| AwsError::UnreadableResponse { message };
    let text = std::str::from_utf8(body).map_err(|error| unreadable(error.to_string()))?;
    let document = Document::parse(text).map_err(|error| unreadable(error.to_string()))?;
    Ok(take(document.root_element()))
}

/// Code and message of an error response.
pub(crate) fn error(body: &[u8]) -> Option<(String, String)> {
    let document = Document::parse(std::str::from_utf8(body).ok()?).ok()?;
    let error = descendant(document.root_element(), "Error")?;
    Some((text(error, "Code"), text(error, "Message")))
}

/// The first element of that name, whatever its namespace, at any depth.
pub(crate) fn descendant<'a, 'input>(node: Node<'a, 'input>, name: &str) -> Option<Node<'a, 'input>> {
    node.descendants().find(|node| node.tag_name().name() == name)
}

/// The text of a child, empty where there is no such child.
pub(crate) fn text(node: Node<'_, '_>, name: &str) -> String {
    let child = node.children().find(|child| child.tag_name().name() == name);
    child.and_then(|child| child.text()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_escapes_all_that_has_a_meaning_in_it() {
        let parameters = [("Message".to_owned(), "{\"a\": 1}&b=ü+~".to_owned())];
        let expected = "Action=Publish&Version=2010-03-31&Message=%7B%22a%22%3A%201%7D%26b%3D%C3%BC%2B~";
        assert_eq!(form("Publish", "2010-03-31", &parameters), expected);
    }

    #[test]
    fn elements_are_found_whatever_their_namespace_and_their_text_is_unescaped() {
        let body = Bytes::from_static(b"<A xmlns=\"http://x/\"><B><C>1 &lt; 2 &amp; 3</C></B></A>");
        let found = read(&body, |root| descendant(root, "B").map(|node| (text(node, "C"), text(node, "D")))).unwrap();
        assert_eq!(found, Some(("1 < 2 & 3".to_owned(), String::new())));
    }

    #[test]
    fn what_is_not_xml_is_unreadable() {
        for body in ["", "{}", "<A>", "<A>\u{0}</A>"] {
            let error = read(&Bytes::from(body.to_owned()), |_| ()).unwrap_err();
            assert!(matches!(error, AwsError::UnreadableResponse { .. }), "{body:?}: {error}");
        }
    }
}
