//! Whose tokens are taken, and who is asked about their bearers.

use commerce_auth::TokenPolicy;

use crate::ConfigError;

/// The issuer of shoppers' tokens.
#[derive(Debug)]
pub struct Issuer {
    /// `TOKEN_ISSUER`, and `TOKEN_CLIENT_IDS` separated by commas: any client's tokens if absent.
    pub tokens: TokenPolicy,
    /// `JWKS_URL`; the issuer's `/.well-known/jwks.json` if absent.
    pub jwks_url: String,
    /// `USER_INFO_URL`, such as `https://<domain>/oauth2/userInfo`; nobody is asked for customers' addresses if absent.
    pub user_info_url: Option<String>,
}

impl Issuer {
    /// What `lookup` says, which knows no empty values.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] without an issuer.
    pub(crate) fn from_lookup(lookup: &impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let issuer = lookup("TOKEN_ISSUER").ok_or(ConfigError::Missing("TOKEN_ISSUER"))?;
        let client_ids = lookup("TOKEN_CLIENT_IDS").map(|ids| ids.split(',').map(|id| id.trim().to_owned()).collect());
        Ok(Self {
            jwks_url: lookup("JWKS_URL")
                .unwrap_or_else(|| format!("{}/.well-known/jwks.json", issuer.trim_end_matches('/'))),
            tokens: TokenPolicy { issuer, client_ids },
            user_info_url: lookup("USER_INFO_URL"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_tokens_are_where_their_issuer_is() {
        let lookup = |name: &str| (name == "TOKEN_ISSUER").then(|| "https://issuer.example/pool/".to_owned());
        let issuer = Issuer::from_lookup(&lookup).unwrap();
        assert_eq!(issuer.jwks_url, "https://issuer.example/pool/.well-known/jwks.json");
    }
}
