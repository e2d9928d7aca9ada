//! The caller that a verified token stands for.

use std::{collections::BTreeSet, fmt};

/// The most characters of a subject, a client id, a user name or a token id.
pub const MAX_CLAIM_CHARS: usize = 128;

/// The most bytes of a scope.
pub const MAX_SCOPE_LENGTH: usize = 512;

/// What a caller may do beyond being a customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Role {
    /// Runs the shop: catalog, stock, shipping, other customers' orders.
    Admin,
}

impl Role {
    /// The group name that grants this role.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
        }
    }

    /// The role that membership of `group` grants. Groups that mean nothing here grant nothing.
    pub fn from_group(group: &str) -> Option<Self> {
        (group == Self::Admin.as_str()).then_some(Self::Admin)
    }
}

/// A verified caller. `Debug` leaves out the user name, which is often an e-mail address.
#[derive(Clone, PartialEq, Eq)]
pub struct Principal {
    /// The token's `sub`: opaque, 1 to 128 characters, unique within the issuer.
    pub subject: String,
    /// The token's `iss`.
    pub issuer: String,
    /// What the token's groups grant.
    pub roles: BTreeSet<Role>,
    /// The token's `client_id`: the application that signed the caller in.
    pub client_id: String,
    /// The token's `scope`: what the application may do for the caller, names separated by single spaces.
    pub scope: Option<String>,
    /// The token's `username`.
    pub username: Option<String>,
    /// The token's `jti`, by which a single token is revoked.
    pub token_id: Option<String>,
}

impl Principal {
    /// Whether the caller runs the shop.
    pub fn is_admin(&self) -> bool {
        self.roles.contains(&Role::Admin)
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Principal")
            .field("subject", &self.subject)
            .field("issuer", &self.issuer)
            .field("roles", &self.roles)
            .field("client_id", &self.client_id)
            .finish_non_exhaustive()
    }
}

/// Whether `text` may stand in a principal: neither empty nor too long, and free of control characters.
pub(crate) fn is_claim_text(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_CLAIM_CHARS && !text.chars().any(char::is_control)
}

/// Whether `text` is a scope (RFC 6749, section 3.3) that may stand in a principal.
pub(crate) fn is_scope(text: &str) -> bool {
    let is_name =
        |name: &str| !name.is_empty() && name.bytes().all(|byte| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e));
    text.len() <= MAX_SCOPE_LENGTH && text.split(' ').all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_admin_group_grants_a_role() {
        assert_eq!(Role::from_group("admin"), Some(Role::Admin));
        for group in ["Admin", "admins", "", "editor"] {
            assert_eq!(Role::from_group(group), None, "{group}");
        }
    }

    #[test]
    fn claim_text_is_counted_in_characters_and_holds_no_controls() {
        assert!(is_claim_text(&"é".repeat(MAX_CLAIM_CHARS)));
        assert!(!is_claim_text(&"e".repeat(MAX_CLAIM_CHARS + 1)));
        assert!(!is_claim_text(""));
        assert!(!is_claim_text("a\nb"));
    }

    #[test]
    fn a_scope_is_a_list_of_names() {
        for good in ["openid", "openid aws.cognito.signin.user.admin", "https://shop.example/orders:read"] {
            assert!(is_scope(good), "{good}");
        }
        assert!(is_scope(&"s".repeat(MAX_SCOPE_LENGTH)) && !is_scope(&"s".repeat(MAX_SCOPE_LENGTH + 1)));
        for bad in ["", " ", "a ", " a", "a  b", "a\tb", "a\"b", "a\\b", "\u{e9}"] {
            assert!(!is_scope(bad), "{bad:?}");
        }
    }

    #[test]
    fn debug_output_leaves_out_the_user_name() {
        let principal = Principal {
            subject: "sub-1".into(),
            issuer: "https://issuer.example".into(),
            roles: BTreeSet::new(),
            client_id: "app-1".into(),
            scope: None,
            username: Some("ada@example.com".into()),
            token_id: None,
        };
        let shown = format!("{principal:?}");
        assert!(shown.contains("sub-1") && !shown.contains("ada@"), "{shown}");
    }
}
