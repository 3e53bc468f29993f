//! Where a request came from, through trusted and untrusted proxies.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use fibonacci_web::trusted_proxies::TrustedProxies;
use fibonacci_web::web::request::forwarded::Forwarded;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::support::cases;

/// The trusted proxies of all tests.
const TRUSTED: &str = "10.0.0.0/8, 2001:db8:1::/48, 192.0.2.7, unix";

fn trusted() -> TrustedProxies {
    TRUSTED.parse().expect("valid proxies")
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    lines
        .iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).expect("a value");
            (HeaderName::from_static(name), value)
        })
        .collect()
}

/// The client, scheme and host of a request from this peer with these headers. A peer `unix` has no address,
/// and an empty text stands for none.
fn read(peer: &str, lines: &[(&'static str, &str)]) -> (String, String, String) {
    let peer = peer.parse().ok().map(|peer| SocketAddr::new(peer, 4711));
    let headers = headers(lines);
    let forwarded = Forwarded::new(peer, &headers, &trusted());
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let client = forwarded.client.map(|client| client.to_string()).unwrap_or_default();
    (client, text(forwarded.scheme), text(forwarded.host))
}

/// The client of a request from a trusted proxy with these lines of a header.
fn client(name: &'static str, lines: &[&str]) -> String {
    let lines: Vec<_> = lines.iter().map(|line| (name, *line)).collect();
    read("10.0.0.1", &lines).0
}

#[test]
fn a_trusted_proxy_is_in_one_of_the_networks_or_on_a_unix_socket_if_that_is_listed() {
    let contains = |list: &str, peer: &str| {
        let proxies: TrustedProxies = list.parse().expect("valid proxies");
        proxies.contains_peer(peer.parse().ok())
    };
    assert!(contains(TRUSTED, "10.255.255.255") && !contains(TRUSTED, "11.0.0.0"));
    assert!(contains(TRUSTED, "192.0.2.7") && !contains(TRUSTED, "192.0.2.8"));
    assert!(contains(TRUSTED, "::ffff:10.0.0.1") && !contains(TRUSTED, "::10.0.0.1"));
    assert!(contains(TRUSTED, "2001:db8:1::1") && !contains(TRUSTED, "2001:db8:2::1"));
    assert!(contains(TRUSTED, "unix") && !contains("10.0.0.0/8", "unix"));
    assert!(contains("unix", "unix") && !contains("unix", "127.0.0.1"));
    assert!(contains("0.0.0.0/0", "203.0.113.1") && !contains("0.0.0.0/0", "2001:db8::1"));
    assert!(!TrustedProxies::default().contains_peer(Some(Ipv4Addr::LOCALHOST.into())));
    assert!(!TrustedProxies::default().contains_peer(None));
}

#[test]
fn the_headers_of_a_peer_that_is_not_trusted_are_ignored() {
    let lines = [
        ("forwarded", "for=203.0.113.1;proto=https;host=evil.example"),
        ("x-forwarded-for", "203.0.113.1"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example"),
    ];
    let alone = |client: &str| (client.to_owned(), String::new(), String::new());
    assert_eq!(read("192.0.2.1", &lines), alone("192.0.2.1"));
    assert_eq!(read("::ffff:192.0.2.1", &lines), alone("192.0.2.1"));
    let headers = headers(&lines);
    let none = Forwarded::new(None, &headers, &TrustedProxies::default());
    assert_eq!(none, Forwarded::default());
}

#[test]
fn the_client_is_the_last_address_that_is_not_a_trusted_proxy() {
    for name in ["x-forwarded-for", "forwarded"] {
        let element = |address: &str| match name {
            "forwarded" if address.contains(':') => format!("for=\"[{address}]\""),
            "forwarded" => format!("for={address}"),
            _ => address.to_owned(),
        };
        let client = |lines: &[&[&str]]| {
            let lines: Vec<String> = lines
                .iter()
                .map(|line| line.iter().map(|part| element(part)).collect::<Vec<_>>().join(", "))
                .collect();
            client(name, &lines.iter().map(String::as_str).collect::<Vec<_>>())
        };
        assert_eq!(client(&[]), "10.0.0.1");
        assert_eq!(client(&[&["203.0.113.1"]]), "203.0.113.1");
        assert_eq!(client(&[&["203.0.113.9", "203.0.113.1", "10.0.0.2"]]), "203.0.113.1");
        assert_eq!(client(&[&["203.0.113.9", "2001:db8::1", "2001:db8:1::2"]]), "2001:db8::1");
        assert_eq!(client(&[&["203.0.113.9"], &["203.0.113.1"], &["10.0.0.2"]]), "203.0.113.1");
        assert_eq!(client(&[&["10.0.0.4", "10.0.0.3"], &["10.0.0.2"]]), "10.0.0.4");
        assert_eq!(client(&[&["203.0.113.1", "::ffff:10.0.0.2"]]), "203.0.113.1");
        assert_eq!(client(&[&["::ffff:203.0.113.1"]]), "203.0.113.1");
    }
    assert_eq!(read("unix", &[("x-forwarded-for", "203.0.113.1")]).0, "203.0.113.1");
    assert_eq!(read("unix", &[]).0, "");
}

#[test]
fn addresses_may_have_ports_and_brackets() {
    for (node, address) in [
        ("203.0.113.1:4711", "203.0.113.1"),
        ("2001:db8::1", "2001:db8::1"),
        ("[2001:db8::1]", "2001:db8::1"),
        ("[2001:db8::1]:4711", "2001:db8::1"),
        ("2001:DB8:0:0::1", "2001:db8::1"),
    ] {
        assert_eq!(client("x-forwarded-for", &[node]), address, "{node}");
        assert_eq!(client("forwarded", &[&format!("for=\"{node}\"")]), address, "{node}");
        // Many proxies forget the quotes.
        assert_eq!(client("forwarded", &[&format!("for={node}")]), address, "{node}");
    }
    for node in ["203.0.113.1:_port", "203.0.113.1:_p.o-r_t"] {
        assert_eq!(client("forwarded", &[&format!("for=\"{node}\"")]), "203.0.113.1");
    }
}

#[test]
fn an_invalid_element_ends_the_search_at_the_address_to_its_right() {
    for nonsense in [
        "unknown",
        "_hidden",
        "203.0.113",
        "203.0.113.1.1",
        "203.0.113.1:99999",
        "203.0.113.1:",
        "[203.0.113.1]",
        "[2001:db8::1",
        "2001:db8::1]",
        "2001:db8::1%eth0",
        "localhost",
        "0x7f.1",
        "203.0.113.1 203.0.113.2",
        "\u{e9}",
    ] {
        let line = format!("203.0.113.9, {nonsense}, 10.0.0.2");
        assert_eq!(client("x-forwarded-for", &[&line]), "10.0.0.2", "{nonsense}");
        assert_eq!(client("x-forwarded-for", &["203.0.113.9", nonsense]), "10.0.0.1", "{nonsense}");
        let line = format!("for=203.0.113.9, for=\"{nonsense}\", for=10.0.0.2");
        assert_eq!(client("forwarded", &[&line]), "10.0.0.2", "{nonsense}");
    }
    for nonsense in [
        "203.0.113.1",
        "for",
        "for=",
        "for=\"",
        "for=\"\"",
        "for=\"203.0.113.1",
        "for=203.0.113.1\"",
        "for=\"203.0.113.1\"x",
        "for=\"203.0.113.1\\\"",
        "for=\"203.0.113.1\\\\\"\"",
        "for = 203.0.113.1",
        "for=203.0.113.1;for=203.0.113.1",
        "for=203.0.113.1;proto",
        "proto=https",
    ] {
        let lines = ["for=203.0.113.9", nonsense];
        assert_eq!(client("forwarded", &lines), "10.0.0.1", "{nonsense}");
    }
    // Empty elements are allowed (RFC 9110, section 5.6.1.2).
    assert_eq!(client("x-forwarded-for", &[", 203.0.113.1,, 10.0.0.2 , ", ""]), "203.0.113.1");
    assert_eq!(client("forwarded", &[", for=203.0.113.1;,, FOR=10.0.0.2 , ", ""]), "203.0.113.1");
}

#[test]
fn an_open_quote_of_the_client_cannot_forge_an_address() {
    // What a proxy appends to the client's own line.
    for appended in ["for=203.0.113.1", "for=\"[2001:db8::1]\"", "for=\"203.0.113.1\";by=\"_a\""] {
        for forged in ["for=\"", "for=198.51.100.1;by=\"", "for=198.51.100.1;by=\"\\", "\"", "\\\""]
        {
            let client = client("forwarded", &[&format!("{forged}, {appended}")]);
            assert_ne!(client, "198.51.100.1", "{forged}, {appended}");
        }
    }
    // A comma in quotes separates nothing.
    for by in ["a, for=198.51.100.1", "a;for=198.51.100.1", "a\\\", for=198.51.100.1", "\\\\"] {
        let line = format!("by=\"{by}\";for=203.0.113.1");
        assert_eq!(client("forwarded", &[&line]), "203.0.113.1", "{line}");
    }
}

#[test]
fn the_scheme_and_the_host_are_those_that_the_client_used() {
    let forwarded = |lines: &[&str]| {
        let lines: Vec<_> = lines.iter().map(|line| ("forwarded", *line)).collect();
        let (_, scheme, host) = read("10.0.0.1", &lines);
        (scheme, host)
    };
    let expected = ("https".to_owned(), "outer.example:8443".to_owned());
    let outer = "for=203.0.113.1;Proto=https;HOST=\"outer.example:8443\"";
    assert_eq!(forwarded(&[outer]), expected);
    // A second proxy, which the first one reaches under another name and without TLS.
    let inner = "for=10.0.0.2;proto=http;host=inner.example";
    assert_eq!(forwarded(&[&format!("{outer}, {inner}")]), expected);
    assert_eq!(forwarded(&[outer, inner]), expected);
    // What a client that is not trusted wrote.
    let forged = "for=10.0.0.3;proto=ftp;host=evil.example";
    assert_eq!(forwarded(&[forged, outer, inner]), expected);
    // A proxy may hide who sent the request.
    assert_eq!(forwarded(&[forged, "proto=https;host=outer.example:8443"]), expected);
    assert_eq!(forwarded(&[forged, &outer.replace("203.0.113.1", "_hidden")]), expected);
    assert_eq!(forwarded(&[forged, "nonsense"]), (String::new(), String::new()));

    let (client, scheme, host) = read(
        "10.0.0.1",
        &[
            ("x-forwarded-for", "203.0.113.1"),
            ("x-forwarded-proto", "ftp, https"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-host", "other.example,outer.example:8443"),
        ],
    );
    assert_eq!((scheme, host), expected);
    assert_eq!(client, "203.0.113.1");
}

#[test]
fn forwarded_is_ignored_beside_x_forwarded_for() {
    let forged = ("forwarded", "for=203.0.113.2;proto=https;host=evil.example");
    let client = |client: &str| (client.to_owned(), String::new(), String::new());
    let outcome = read("10.0.0.1", &[forged, ("x-forwarded-for", "203.0.113.1")]);
    assert_eq!(outcome, client("203.0.113.1"));
    let outcome = read("10.0.0.1", &[forged, ("x-forwarded-for", "unknown")]);
    assert_eq!(outcome, client("10.0.0.1"));
}

/// An address: one in the trusted networks, or any other.
fn any_address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        any::<[u8; 3]>().prop_map(|[a, b, c]| IpAddr::from([10, a, b, c])),
        any::<u16>().prop_map(|part| IpAddr::from([0x2001, 0xdb8, 1, 0, 0, 0, 0, part])),
        any::<u8>().prop_map(|part| Ipv4Addr::new(10, 0, 0, part).to_ipv6_mapped().into()),
        any::<Ipv4Addr>().prop_map(IpAddr::V4),
        any::<Ipv6Addr>().prop_map(IpAddr::V6),
    ]
}

/// What a proxy appends to a list: the address in it, and its text.
type Element = (Option<IpAddr>, String);

/// What a proxy may append to a list: an address in one of its forms, or something else.
fn any_element() -> impl Strategy<Value = Element> {
    let node = |(address, form): (IpAddr, u8)| {
        let node = match (address, form) {
            (IpAddr::V4(_), 0) | (IpAddr::V6(_), 1) => address.to_string(),
            (IpAddr::V4(_), _) => format!("{address}:{form}"),
            (IpAddr::V6(_), 0) => format!("[{address}]"),
            (IpAddr::V6(_), _) => format!("[{address}]:{form}"),
        };
        (Some(address), node)
    };
    prop_oneof![
        6 => (any_address(), 0_u8..3).prop_map(node),
        1 => prop_oneof!["unknown", "_[a-z]{1,5}", r"[!#-+.-:<-\[\]-~]{1,9}"]
            .prop_filter("an address", |text| text.parse::<IpAddr>().is_err())
            .prop_map(|text| (None, text)),
    ]
}

/// The definition: from the right, on to the next address as long as this one is a trusted proxy's.
fn slow_client(peer: IpAddr, elements: &[Option<IpAddr>]) -> IpAddr {
    let is_trusted = |address: IpAddr| match address.to_canonical() {
        IpAddr::V4(address) => address.octets()[0] == 10 || address.octets() == [192, 0, 2, 7],
        IpAddr::V6(address) => address.segments()[..3] == [0x2001, 0xdb8, 1],
    };
    let (mut client, mut position) = (peer, elements.len());
    while is_trusted(client) && position > 0 {
        position -= 1;
        match elements[position] {
            Some(address) => client = address,
            None => break,
        }
    }
    client.to_canonical()
}

#[test]
fn every_list_is_searched_as_the_definition_says() {
    let list = proptest::collection::vec((any_element(), any::<bool>()), 0..8);
    let input = (any_address(), list, any::<bool>());
    let check = |(peer, list, is_standard): (IpAddr, Vec<(Element, bool)>, bool)| {
        let name = if is_standard { "forwarded" } else { "x-forwarded-for" };
        let mut lines: Vec<(&str, String)> = Vec::new();
        for ((_, node), begins_line) in &list {
            let element = if is_standard { format!("for=\"{node}\"") } else { node.clone() };
            match lines.last_mut() {
                Some((_, line)) if !begins_line => *line = format!("{line}, {element}"),
                _ => lines.push((name, element)),
            }
        }
        let lines: Vec<_> = lines.iter().map(|(name, line)| (*name, line.as_str())).collect();
        let elements: Vec<_> = list.iter().map(|((address, _), _)| *address).collect();
        let client = read(&peer.to_string(), &lines).0;
        prop_assert_eq!(client, slow_client(peer, &elements).to_string());
        Ok(())
    };
    TestRunner::new(cases(2_000)).run(&input, check).expect("the same client");
}

#[test]
fn no_header_makes_the_parser_panic_or_an_untrusted_peer_change() {
    let value = "[ -~]{0,40}|([,;=\"\\\\: ]|for|proto|host|10\\.0\\.0\\.2|\\[::1\\]){0,12}";
    let input = (any_address(), proptest::collection::vec((0_usize..4, value), 0..5));
    let names = ["forwarded", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host"];
    let check = |(peer, lines): (IpAddr, Vec<(usize, String)>)| {
        let lines: Vec<_> = lines.iter().map(|(name, value)| (names[*name], &**value)).collect();
        let (client, scheme, host) = read(&peer.to_string(), &lines);
        if !trusted().contains(peer) {
            prop_assert_eq!(client, peer.to_canonical().to_string());
            prop_assert_eq!(scheme + &host, "");
        }
        Ok(())
    };
    TestRunner::new(cases(2_000)).run(&input, check).expect("no panic");
}
