//! `allowed_outbound_hosts`: which URLs a component may call.
//!
//! The grammar is Spin's (<https://spinframework.dev/v3/http-outbound#granting-http-permissions-to-components>):
//! `scheme://host[:port]`, where the scheme may be `*`, the host `*`, `*.example.com`, a name, an IP literal or a network
//! in CIDR form, and the port `*`, a number or a half-open range `8000..9000`. Without a port, the scheme's own counts.
//! Nothing is allowed that no entry allows.

mod rule;

use http::Uri;
use rule::Rule;
use url::Host;

/// The entries of one component.
#[derive(Debug, Clone, Default)]
pub struct AllowList(Vec<Rule>);

/// Why a call was refused before anything was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The request names no scheme or no host.
    #[error("the URL is not absolute")]
    Relative,
    /// The authority carries a user name or password.
    #[error("the URL carries user information")]
    UserInfo,
    /// The authority is not a host with an optional port.
    #[error("the URL has a malformed host or port")]
    Malformed,
    /// No entry of `allowed_outbound_hosts` matches.
    #[error("no entry of allowed_outbound_hosts matches")]
    NotListed,
}

impl AllowList {
    /// Parses the manifest's entries, templates already filled. An entry that came out empty (`""`, `http://` or
    /// `https://`, an optional endpoint that is not set) is left out, as in Spin.
    ///
    /// # Errors
    /// One line that names the entry and what is wrong with it.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, String> {
        let is_set = |entry: &&str| !matches!(*entry, "" | "http://" | "https://");
        let parse = |entry: &str| Rule::parse(entry).map_err(|reason| format!("{entry:?}: {reason}"));
        entries.iter().map(|entry| entry.as_ref().trim()).filter(is_set).map(parse).collect::<Result<_, _>>().map(Self)
    }

    /// Whether a request to `uri` may leave.
    ///
    /// # Errors
    /// The [`Refusal`] that the log line states.
    pub fn check(&self, uri: &Uri) -> Result<(), Refusal> {
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(Refusal::Relative);
        };
        if authority.as_str().contains('@') {
            return Err(Refusal::UserInfo);
        }
        // What is checked must be what is dialled: a host, and a port that reads as a number, with nothing around them.
        let written = match authority.port() {
            Some(port) => format!("{}:{}", authority.host(), port.as_str()),
            None => authority.host().to_owned(),
        };
        let host = Host::parse(authority.host()).map_err(|_| Refusal::Malformed)?;
        if written != authority.as_str() {
            return Err(Refusal::Malformed);
        }
        let scheme = scheme.to_ascii_lowercase();
        let port = authority.port_u16().or_else(|| rule::default_port(&scheme)).ok_or(Refusal::Malformed)?;
        if self.0.iter().any(|rule| rule.allows(&scheme, &host, port)) { Ok(()) } else { Err(Refusal::NotListed) }
    }
}

#[cfg(test)]
mod tests;
