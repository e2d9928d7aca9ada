//! What is asked for, and what every answer has to show.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Uri, header};
use http_body_util::Empty;

/// A URL on this machine.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    authority: String,
    path: Uri,
}

impl Target {
    /// A GET with nothing but `host`.
    pub(crate) fn request(&self) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = self.path.clone();
        if let Ok(host) = self.authority.parse() {
            request.headers_mut().insert(header::HOST, host);
        }
        request
    }
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let url: Uri = text.parse().map_err(|error| format!("not a URL: {error}"))?;
        let authority = url.authority().filter(|_| url.scheme_str() == Some("http"));
        let authority = authority.ok_or("a URL here begins with http:// and a host")?;
        let host = match authority.host() {
            "localhost" => IpAddr::V4(Ipv4Addr::LOCALHOST),
            host => host.trim_matches(['[', ']']).parse().map_err(|_| "the host must be a loopback address")?,
        };
        if !host.is_loopback() {
            return Err("the host must be a loopback address".to_owned());
        }
        let path = url.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
        Ok(Self {
            address: SocketAddr::new(host, authority.port_u16().unwrap_or(80)),
            authority: authority.to_string(),
            path: path.parse().map_err(|error| format!("not a path: {error}"))?,
        })
    }
}

/// A header that has to be there, and what has to stand somewhere in it.
#[derive(Debug, Clone)]
pub(crate) struct Expectation {
    name: HeaderName,
    text: String,
}

impl Expectation {
    pub(crate) fn holds(&self, headers: &HeaderMap) -> bool {
        headers.get(&self.name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(&self.text))
    }
}

impl FromStr for Expectation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, text) = text.split_once('=').ok_or("an expected header is NAME=TEXT")?;
        let name = name.parse().map_err(|error| format!("{name:?} is no header: {error}"))?;
        Ok(Self { name, text: text.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loopback_url_gives_address_host_and_path() {
        let target: Target = "http://127.0.0.1:3000/v1/products?limit=20".parse().unwrap();
        assert_eq!(target.address, "127.0.0.1:3000".parse().unwrap());
        let request = target.request();
        assert_eq!(request.uri(), "/v1/products?limit=20");
        assert_eq!(request.headers()[header::HOST], "127.0.0.1:3000");
        assert_eq!("http://[::1]:80".parse::<Target>().unwrap().request().uri(), "/");
    }

    #[test]
    fn other_machines_are_refused() {
        for url in ["http://10.0.0.1/", "http://example.com/", "https://127.0.0.1/", "/v1/products", "http://0.0.0.0/"]
        {
            assert!(url.parse::<Target>().is_err(), "{url}");
        }
    }

    #[test]
    fn an_expected_header_has_the_text_somewhere() {
        let expectation: Expectation = "cache-status=; hit".parse().unwrap();
        let with =
            |value: &str| HeaderMap::from_iter([(HeaderName::from_static("cache-status"), value.parse().unwrap())]);
        assert!(expectation.holds(&with("edge; hit; ttl=3")));
        assert!(!expectation.holds(&with("edge; fwd=miss")) && !expectation.holds(&HeaderMap::new()));
    }
}
