//! A JSON value as it was spelled, and types read from it.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{
        IntoDeserializer, MapAccess, SeqAccess, Visitor,
        value::{MapDeserializer, SeqDeserializer},
    },
    forward_to_deserialize_any,
};

use super::refusal::Refusal;

/// How `serde_json` hands over a number that fits no integer: an object with this one member, which holds the digits.
const NUMBER: &str = "$serde_json::private::Number";
/// What the names begin with that mean something else to `serde_json` than to the rest of the world.
const RESERVED: &str = "$serde_json::private::";

/// A JSON value. Objects keep all their members, in the order they were written.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    /// The digits as they were written.
    Number(String),
    Text(String),
    List(Vec<Node>),
    Object(Vec<(String, Node)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Node, E> {
        Ok(Node::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        let mut nodes = Vec::new();
        while let Some(node) = list.next_element()? {
            nodes.push(node);
        }
        Ok(Node::List(nodes))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key()? {
            match key {
                Key::OfNumber => return map.next_value().map(Node::Number),
                Key::Name(name) => members.push((name, map.next_value()?)),
            }
        }
        Ok(Node::Object(members))
    }
}

/// The key of an object, or what stands in its place where `serde_json` hands over a number.
///
/// A client can send an object that looks like that number. The two are told apart by what was parsed, not by what it spells:
/// asked for an option, the key of an object is a value that is there, and the mark of a number answers with its name.
enum Key {
    Name(String),
    OfNumber,
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a member")
            }

            fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
                String::deserialize(deserializer).map(Key::Name)
            }

            fn visit_str<E: serde::de::Error>(self, mark: &str) -> Result<Key, E> {
                if mark == NUMBER { Ok(Key::OfNumber) } else { Err(E::custom("an unknown mark")) }
            }
        }

        deserializer.deserialize_option(KeyVisitor)
    }
}

impl Node {
    fn list<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self {
            Self::List(nodes) => visitor.visit_seq(SeqDeserializer::new(nodes.into_iter())),
            _ => Err(Refusal::new("must be a list")),
        }
    }

    /// The members of an object, each once.
    pub(super) fn into_members(self) -> Result<Vec<(String, Self)>, Refusal> {
        let Self::Object(members) = self else { return Err(Refusal::new("must be an object")) };
        check_names(&members)?;
        Ok(members)
    }

    fn object<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_map(MapDeserializer::new(self.into_members()?.into_iter()))
    }

    /// A whole number as such, any other one as `serde_json` would hand it over.
    fn number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let Self::Number(digits) = self else { return Err(Refusal::new("must be a number")) };
        if let Ok(number) = digits.parse() {
            return visitor.visit_u64(number);
        }
        if let Ok(number) = digits.parse() {
            return visitor.visit_i64(number);
        }
        visitor.visit_map(MapDeserializer::new(std::iter::once((NUMBER, digits))))
    }

    fn whole_number<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match &self {
            Self::Number(digits) if digits.parse::<u64>().is_ok() || digits.parse::<i64>().is_ok() => {
                self.number(visitor)
            }
            _ => Err(Refusal::new("must be a whole number")),
        }
    }

    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self {
            Self::Text(text) => visitor.visit_string(text),
            _ => Err(Refusal::new("must be text")),
        }
    }
}

fn check_names(members: &[(String, Node)]) -> Result<(), Refusal> {
    let mut seen = BTreeSet::new();
    for (name, _) in members {
        if name.starts_with(RESERVED) {
            return Err(Refusal::of(name, "is not known"));
        }
        if !seen.insert(name) {
            return Err(Refusal::of(name, "appears twice"));
        }
    }
    Ok(())
}

/// Forwards the methods of a deserializer that want one kind of value.
macro_rules! wants {
    ($($method:ident => $kind:ident;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            self.$kind(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for Node {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Bool(value) => visitor.visit_bool(value),
            Self::Number(_) => self.number(visitor),
            Self::Text(_) => self.text(visitor),
            Self::List(_) => self.list(visitor),
            Self::Object(_) => self.object(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self {
            Self::Bool(value) => visitor.visit_bool(value),
            _ => Err(Refusal::new("must be true or false")),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self {
            Self::Null => visitor.visit_none(),
            there => visitor.visit_some(there),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        self.object(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    wants! {
        deserialize_i8 => whole_number;
        deserialize_i16 => whole_number;
        deserialize_i32 => whole_number;
        deserialize_i64 => whole_number;
        deserialize_u8 => whole_number;
        deserialize_u16 => whole_number;
        deserialize_u32 => whole_number;
        deserialize_u64 => whole_number;
        deserialize_str => text;
        deserialize_string => text;
        deserialize_identifier => text;
        deserialize_seq => list;
        deserialize_map => object;
    }

    forward_to_deserialize_any! {
        i128 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum ignored_any
    }
}

impl IntoDeserializer<'_, Refusal> for Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}
