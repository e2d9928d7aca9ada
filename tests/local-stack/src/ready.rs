//! The file that says where everything is, once everything answers.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use crate::{StackError, state::write_private};

/// Addresses, tokens and keys of a running stack. Good on this machine alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ready {
    /// The origin.
    pub origin_url: String,
    /// The token issuer.
    pub issuer_url: String,
    /// A token of a shopper.
    pub shopper_token: String,
    /// A token of another one.
    pub other_shopper_token: String,
    /// A token of an administrator.
    pub admin_token: String,
    /// The database, with user and password.
    pub database_url: String,
    /// DynamoDB, as clients reach it.
    pub dynamodb_endpoint: String,
    /// The payment provider.
    pub payments_url: String,
    /// The local PayPal.
    pub paypal_url: String,
    /// The carrier.
    pub carrier_url: String,
    /// The edge's key pair.
    pub aws_access_key_id: String,
    /// The edge's key pair.
    pub aws_secret_access_key: String,
    /// The settings and secrets of an edge before this origin, by name.
    pub edge_variables: BTreeMap<String, String>,
    /// This process.
    pub pid: u32,
}

impl Ready {
    /// Writes the file, readable by its owner alone, whole or not at all.
    ///
    /// # Errors
    /// [`StackError::State`].
    pub fn write(&self, path: &Path) -> Result<(), StackError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| StackError::state(path)(error.into()))?;
        write_private(path, format!("{text}\n").as_bytes())
    }
}
