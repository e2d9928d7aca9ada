//! Objects read member by member, as strictly as types are read. For documents that are read in one place: what derives make of
//! them is many times as large, and the edge has a budget.

use rust_decimal::Decimal;

use super::{Unreadable, node::Node, refusal::Refusal};
use crate::amount;

/// What has not been read of an object, and where it stands. `null` is as good as absent.
pub(crate) struct Object {
    path: String,
    members: Vec<(String, Node)>,
}

impl Object {
    /// The object that a text spells.
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Unreadable> {
        let node = serde_json::from_slice(text).map_err(|_| Unreadable::Malformed)?;
        Self::new(String::new(), node)
    }

    fn new(path: String, node: Node) -> Result<Self, Unreadable> {
        match node.into_members() {
            Ok(members) => Ok(Self { path, members }),
            Err(Refusal { member, message }) => Err(Unreadable::field(&path, member, message.into_owned())),
        }
    }

    /// Where it stands; empty for the whole.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Where a member of it stands.
    pub(crate) fn path_of(&self, member: &str) -> String {
        super::field_name(&self.path, Some(member.to_owned()))
    }

    /// The names of what has not been read, in the order in which they were written.
    pub(crate) fn names(&self) -> Vec<String> {
        self.members.iter().map(|(name, _)| name.clone()).collect()
    }

    /// A member that has to be there, read by one of the functions below.
    pub(crate) fn required<T>(
        &mut self,
        member: &str,
        read: fn(&mut Self, &str) -> Result<Option<T>, Unreadable>,
    ) -> Result<T, Unreadable> {
        read(self, member)?.ok_or_else(|| self.refused(member, "is required"))
    }

    pub(crate) fn text(&mut self, member: &str) -> Result<Option<String>, Unreadable> {
        match self.take(member) {
            None => Ok(None),
            Some(Node::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.refused(member, "must be text")),
        }
    }

    pub(crate) fn flag(&mut self, member: &str) -> Result<Option<bool>, Unreadable> {
        match self.take(member) {
            None => Ok(None),
            Some(Node::Bool(value)) => Ok(Some(value)),
            Some(_) => Err(self.refused(member, "must be true or false")),
        }
    }

    /// A number with all its digits.
    pub(crate) fn number(&mut self, member: &str) -> Result<Option<Decimal>, Unreadable> {
        match self.take(member) {
            None => Ok(None),
            Some(Node::Number(digits)) => match amount::exact(&digits) {
                Ok(number) => Ok(Some(number)),
                Err(message) => Err(self.refused(member, message)),
            },
            Some(_) => Err(self.refused(member, "must be a number")),
        }
    }

    pub(crate) fn object(&mut self, member: &str) -> Result<Option<Self>, Unreadable> {
        self.take(member).map(|node| Self::new(self.path_of(member), node)).transpose()
    }

    /// A list of objects.
    pub(crate) fn list(&mut self, member: &str) -> Result<Option<Vec<Self>>, Unreadable> {
        let path = self.path_of(member);
        let nodes = match self.take(member) {
            None => return Ok(None),
            Some(Node::List(nodes)) => nodes,
            Some(_) => return Err(self.refused(member, "must be a list")),
        };
        let objects = nodes.into_iter().enumerate().map(|(index, node)| Self::new(format!("{path}[{index}]"), node));
        objects.collect::<Result<_, _>>().map(Some)
    }

    /// Refuses what nobody has read.
    pub(crate) fn end(self) -> Result<(), Unreadable> {
        match self.members.first() {
            None => Ok(()),
            Some((name, _)) => Err(self.refused(name, "is not known")),
        }
    }

    fn take(&mut self, member: &str) -> Option<Node> {
        let index = self.members.iter().position(|(name, _)| name == member)?;
        let (_, node) = self.members.remove(index);
        if matches!(node, Node::Null) { None } else { Some(node) }
    }

    fn refused(&self, member: &str, message: &str) -> Unreadable {
        Unreadable::field(&self.path, Some(member.to_owned()), message.to_owned())
    }
}
