//! Sparse answers: some fields of each product alone.

use std::{collections::BTreeSet, fmt};

use serde_json::Value;

use crate::Problem;

/// Every field of a product in a list, as JSON names it.
const KNOWN: [&str; 11] = [
    "id",
    "name",
    "description",
    "price",
    "currency",
    "category",
    "brand",
    "imageUrl",
    "stock",
    "rating",
    "reviewCount",
];

/// The fields that are wanted. The id is always among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields(BTreeSet<&'static str>);

impl Fields {
    /// Reads names with commas between them.
    ///
    /// # Errors
    /// A 400 where one of them is no field.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let known = |name: &str| KNOWN.into_iter().find(|known| *known == name);
        let wanted: Option<BTreeSet<&'static str>> = text.split(',').map(known).collect();
        let mut wanted = wanted.ok_or_else(|| {
            Problem::invalid("fields", format!("must be some of {}, with commas between them", KNOWN.join(", ")))
        })?;
        wanted.insert("id");
        Ok(Self(wanted))
    }

    /// Leaves them alone in a product.
    pub(super) fn keep(&self, product: &mut Value) {
        if let Value::Object(fields) = product {
            fields.retain(|name, _| self.0.contains(name.as_str()));
        }
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().copied().collect();
        f.write_str(&names.join(","))
    }
}

#[cfg(test)]
pub(super) fn known() -> BTreeSet<&'static str> {
    KNOWN.into()
}
