//! Where a request came from, also if proxies forwarded it.

use std::mem;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use actix_web::http::header::{
    FORWARDED, HeaderMap, HeaderValue, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO,
};

use crate::trusted_proxies::TrustedProxies;

/// Where a request came from.
///
/// Each proxy appends the address that it got the request from to `Forwarded` (RFC 7239) or `X-Forwarded-For`. Read
/// from the right, an element is trusted if a trusted proxy added it. Anyone can have written the rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Forwarded<'a> {
    /// The address of the client: from the right, the first one that is not a trusted proxy's; if all are, the
    /// leftmost. The search also ends at an element without a valid address. None if the peer is on a Unix socket and
    /// no header has an address.
    pub client: Option<IpAddr>,
    /// The scheme that the client used, as the trusted proxies say. It may be any text.
    pub scheme: Option<&'a str>,
    /// The host that the client used, as the trusted proxies say. It may be any text.
    pub host: Option<&'a str>,
}

impl<'a> Forwarded<'a> {
    /// Reads the headers if the peer of the connection is a trusted proxy. `Forwarded` is ignored if there is
    /// `X-Forwarded-For`: most proxies set only the latter, and pass on what a client sends as the former.
    #[must_use]
    pub fn new(peer: Option<SocketAddr>, headers: &'a HeaderMap, trusted: &TrustedProxies) -> Self {
        let peer = peer.map(|peer| peer.ip().to_canonical());
        if !trusted.contains_peer(peer) {
            return Self { client: peer, ..Self::default() };
        }
        let forwarded = if headers.contains_key(FORWARDED) && !headers.contains_key(X_FORWARDED_FOR)
        {
            Self::from_forwarded(headers, trusted)
        } else {
            Self::from_x_forwarded(headers, trusted)
        };
        Self { client: forwarded.client.or(peer), ..forwarded }
    }

    fn from_forwarded(headers: &'a HeaderMap, trusted: &TrustedProxies) -> Self {
        headers
            .get_all(FORWARDED)
            .flat_map(|line| split(line.as_bytes(), b','))
            .map(|element| text(element).trim())
            .filter(|element| !element.is_empty())
            .map(|element| Self::from_element(element).unwrap_or_default())
            .fold(Self::default(), |before, element| element.behind(before, trusted))
    }

    fn from_x_forwarded(headers: &'a HeaderMap, trusted: &TrustedProxies) -> Self {
        let forwarded = headers
            .get_all(X_FORWARDED_FOR)
            .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
            .map(|element| text(element).trim())
            .filter(|element| !element.is_empty())
            .map(|element| Self { client: address(element), ..Self::default() })
            .fold(Self::default(), |before, element| element.behind(before, trusted));
        // These lists may be shorter than the list of addresses. The trusted proxy wrote the last value.
        let last = |name| {
            let line: &HeaderValue = headers.get_all(name).last()?;
            let value = line.as_bytes().rsplit(|byte| *byte == b',').next()?;
            Some(text(value).trim())
        };
        Self { scheme: last(X_FORWARDED_PROTO), host: last(X_FORWARDED_HOST), ..forwarded }
    }

    /// Parses an element of `Forwarded`: `for="[2001:db8::1]:4711";proto=https;host=fibonacci.example`. None
    /// if it is malformed.
    fn from_element(element: &'a str) -> Option<Self> {
        let (mut node, mut scheme, mut host) = (None, None, None);
        for pair in split(element.as_bytes(), b';') {
            let pair = text(pair).trim();
            if pair.is_empty() {
                continue;
            }
            let (name, value) = pair.split_once('=')?;
            let value = unquote(value)?;
            let parameter = match name {
                _ if name.eq_ignore_ascii_case("for") => &mut node,
                _ if name.eq_ignore_ascii_case("proto") => &mut scheme,
                _ if name.eq_ignore_ascii_case("host") => &mut host,
                _ => continue,
            };
            if parameter.replace(value).is_some() {
                return None;
            }
        }
        // A port may be obfuscated: `192.0.2.1:_port`.
        let client = node.and_then(|node: &str| {
            address(node.rsplit_once(":_").map_or(node, |(address, _)| address))
        });
        Some(Self { client, scheme, host })
    }

    /// This element. If it names a trusted proxy, that proxy wrote the elements before it, so their values take
    /// precedence.
    fn behind(self, before: Self, trusted: &TrustedProxies) -> Self {
        if !self.client.is_some_and(|client| trusted.contains(client)) {
            return self;
        }
        Self {
            client: before.client.or(self.client),
            scheme: before.scheme.or(self.scheme),
            host: before.host.or(self.host),
        }
    }
}

/// Bytes as text. Invalid UTF-8 makes its element malformed, but leaves the other elements of the line valid.
fn text(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or("?")
}

/// Splits a line, but not within quoted strings. An unclosed string extends to the end of the line.
fn split(line: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    line.split(move |byte| {
        let was_escaped = mem::replace(&mut is_escaped, false);
        match byte {
            b'\\' if is_quoted && !was_escaped => is_escaped = true,
            b'"' if !was_escaped => is_quoted = !is_quoted,
            _ => {}
        }
        *byte == separator && !is_quoted
    })
}

/// The value of a parameter, if it is well-formed. Escapes in a quoted string are kept: no address, scheme or
/// host needs one. Colons and brackets outside of one are accepted, as many proxies forget the quotes.
fn unquote(value: &str) -> Option<&str> {
    let Some(quoted) = value.strip_prefix('"') else {
        let is_valid = |byte: u8| byte.is_ascii_graphic() && byte != b'"';
        return (!value.is_empty() && value.bytes().all(is_valid)).then_some(value);
    };
    let content = quoted.strip_suffix('"')?;
    let mut is_escaped = false;
    let is_valid = content.bytes().all(|byte| {
        let is_end = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        !is_end
    });
    (is_valid && !is_escaped).then_some(content)
}

/// The address in `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`.
fn address(node: &str) -> Option<IpAddr> {
    let bracketed = || node.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok();
    let address = node
        .parse::<IpAddr>()
        .ok()
        .or_else(|| node.parse().ok().as_ref().map(SocketAddr::ip))
        .or_else(|| bracketed().map(IpAddr::V6))?;
    Some(address.to_canonical())
}
