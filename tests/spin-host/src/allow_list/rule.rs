//! One entry of `allowed_outbound_hosts`: its grammar and what it matches.

use std::{net::IpAddr, ops::RangeInclusive};
use url::Host;

/// A parsed entry.
#[derive(Debug, Clone)]
pub(super) struct Rule {
    /// `None` is any scheme.
    scheme: Option<String>,
    host: HostRule,
    /// `None` is any port. A written range is half-open, as in Spin.
    ports: Option<RangeInclusive<u16>>,
}

#[derive(Debug, Clone)]
enum HostRule {
    Any,
    /// `*.example.com` as `.example.com`: every name below, not the name itself.
    Below(String),
    Exact(Host),
    Network(Network),
}

impl Rule {
    pub(super) fn parse(entry: &str) -> Result<Self, String> {
        let (scheme, rest) = entry.split_once("://").ok_or("an entry is <scheme>://<host>[:<port>]")?;
        let scheme = parse_scheme(scheme)?;
        let rest = rest.strip_suffix('/').unwrap_or(rest);
        if rest.contains('@') {
            return Err("user information is not part of an entry".to_owned());
        }
        let (host, port) = split_port(rest)?;
        let ports = parse_ports(port, scheme.as_deref())?;
        Ok(Self { scheme, host: parse_host(host)?, ports })
    }

    pub(super) fn allows(&self, scheme: &str, host: &Host, port: u16) -> bool {
        self.scheme.as_deref().is_none_or(|allowed| allowed == scheme)
            && self.ports.as_ref().is_none_or(|allowed| allowed.contains(&port))
            && self.host.allows(host)
    }
}

impl HostRule {
    fn allows(&self, host: &Host) -> bool {
        match (self, host) {
            (Self::Any, _) => true,
            (Self::Below(suffix), Host::Domain(name)) => name.len() > suffix.len() && name.ends_with(suffix.as_str()),
            (Self::Exact(allowed), host) => allowed == host,
            (Self::Network(network), Host::Ipv4(address)) => network.contains((*address).into()),
            (Self::Network(network), Host::Ipv6(address)) => network.contains((*address).into()),
            _ => false,
        }
    }
}

/// An address range in CIDR form.
#[derive(Debug, Clone)]
struct Network {
    base: IpAddr,
    prefix: u32,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (base, prefix) = text.split_once('/')?;
        let (base, prefix) = (base.parse::<IpAddr>().ok()?, prefix.parse().ok()?);
        let width = if base.is_ipv4() { 32 } else { 128 };
        (prefix <= width).then_some(Self { base, prefix })
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.base, address) {
            (IpAddr::V4(base), IpAddr::V4(address)) => {
                let differing = base.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            (IpAddr::V6(base), IpAddr::V6(address)) => {
                let differing = base.to_bits() ^ address.to_bits();
                differing.leading_zeros() >= self.prefix
            }
            _ => false,
        }
    }
}

/// The port that a URL of this scheme means when it names none.
pub(super) fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

fn parse_scheme(scheme: &str) -> Result<Option<String>, String> {
    match scheme {
        "*" => Ok(None),
        _ if !scheme.is_empty() && scheme.chars().all(|c| c.is_ascii_alphabetic()) => {
            Ok(Some(scheme.to_ascii_lowercase()))
        }
        _ => Err(format!("{scheme:?} is not a scheme")),
    }
}

/// Splits `host[:port]`; an IPv6 literal stands in brackets, so its colons are not a port's.
fn split_port(rest: &str) -> Result<(&str, Option<&str>), String> {
    if Network::parse(rest).is_some() {
        return Ok((rest, None));
    }
    if rest.starts_with('[') {
        let end = rest.find(']').ok_or("the bracket of the address is not closed")?;
        let (host, tail) = rest.split_at(end + 1);
        return match tail.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if tail.is_empty() => Ok((host, None)),
            None => Err(format!("{tail:?} after the address")),
        };
    }
    Ok(rest.rsplit_once(':').map_or((rest, None), |(host, port)| (host, Some(port))))
}

fn parse_host(host: &str) -> Result<HostRule, String> {
    if host == "*" {
        return Ok(HostRule::Any);
    }
    if host == "self" || host == "self.alt" || host.ends_with(".spin.internal") {
        return Err("calls to the application itself are not supported by this host".to_owned());
    }
    if let Some(network) = Network::parse(host) {
        return Ok(HostRule::Network(network));
    }
    if host.contains('/') {
        return Err("an entry has no path".to_owned());
    }
    let (name, below) = host.strip_prefix("*.").map_or((host, false), |name| (name, true));
    if name.contains('*') {
        return Err("a wildcard stands alone or as the first label".to_owned());
    }
    match (Host::parse(name).map_err(|error| format!("host {name:?}: {error}"))?, below) {
        (Host::Domain(name), true) => Ok(HostRule::Below(format!(".{name}"))),
        (_, true) => Err("a wildcard needs a domain name after it".to_owned()),
        (host, false) => Ok(HostRule::Exact(host)),
    }
}

fn parse_ports(port: Option<&str>, scheme: Option<&str>) -> Result<Option<RangeInclusive<u16>>, String> {
    let number = |text: &str| text.parse::<u16>().map_err(|_| format!("{text:?} is not a port"));
    match port.filter(|port| !port.is_empty()) {
        Some("*") => Ok(None),
        Some(port) => match port.split_once("..") {
            None => number(port).map(|port| Some(port..=port)),
            Some((start, end)) => {
                let (start, end) = (number(start)?, number(end)?);
                if start < end { Ok(Some(start..=end - 1)) } else { Err(format!("the range {port:?} is empty")) }
            }
        },
        None => match scheme.and_then(default_port) {
            Some(port) => Ok(Some(port..=port)),
            None => Err("name a port: the scheme has no default one".to_owned()),
        },
    }
}
