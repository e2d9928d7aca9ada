//! A JSON object whose members must be distinct.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::Value;

/// Why bytes are not a [`UniqueObject`].
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ObjectError {
    /// Not JSON, or not an object.
    NotAnObject,
    /// A member of the object appears twice (RFC 7519, section 4, lets a parser refuse this).
    Duplicate,
}

/// A JSON object, parsed so that no later member could have replaced an earlier one unseen.
#[derive(Debug)]
pub(crate) struct UniqueObject(BTreeMap<String, Value>);

impl UniqueObject {
    /// Parses `bytes`, which must be one JSON object with distinct members.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, ObjectError> {
        let Members { members, duplicate } = serde_json::from_slice(bytes).map_err(|_| ObjectError::NotAnObject)?;
        if duplicate { Err(ObjectError::Duplicate) } else { Ok(Self(members)) }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }
}

struct Members {
    members: BTreeMap<String, Value>,
    duplicate: bool,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;

        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut found = Members { members: BTreeMap::new(), duplicate: false };
                while let Some((name, value)) = map.next_entry::<String, Value>()? {
                    found.duplicate |= found.members.insert(name, value).is_some();
                }
                Ok(found)
            }
        }

        deserializer.deserialize_map(MembersVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_with_distinct_members_is_read() {
        let object = UniqueObject::parse(br#"{"sub":"a","exp":12}"#).unwrap();
        assert_eq!(object.get("sub"), Some(&Value::from("a")));
        assert_eq!(object.get("nbf"), None);
    }

    #[test]
    fn a_repeated_member_is_refused_however_it_is_spelled() {
        assert_eq!(UniqueObject::parse(br#"{"sub":"a","sub":"a"}"#).unwrap_err(), ObjectError::Duplicate);
        assert_eq!(UniqueObject::parse(br#"{"sub":"a","s\u0075b":"b"}"#).unwrap_err(), ObjectError::Duplicate);
    }

    #[test]
    fn anything_but_one_object_is_refused() {
        for bytes in ["[]", "1", "{}{}", "{", ""] {
            assert_eq!(UniqueObject::parse(bytes.as_bytes()).unwrap_err(), ObjectError::NotAnObject, "{bytes}");
        }
    }
}
