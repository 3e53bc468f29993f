//! Any text where an address has a number: it is read as the number that it is, or refused.
//!
//! The input is the text, before it is encoded for the address.

#![no_main]

use std::collections::HashMap;

use fibonacci_web_fuzz::{BASE_PATH, LIMITS, Response, get};
use form_urlencoded::byte_serialize;
use libfuzzer_sys::{Corpus, fuzz_target};
use num_bigint::{BigInt, BigUint};
use serde_json::Value;
use serde_json::value::RawValue;

/// Three times as long as this, an address still has less than 16 384 bytes.
const MAX_LENGTH: usize = 4_096;

fuzz_target!(|typed: &str| -> Corpus {
    if typed.len() > MAX_LENGTH {
        return Corpus::Reject;
    }
    check_index(typed);
    check_count(typed);
    check_start(typed);
    check_number(typed);
    for path in ["/nth?n=", "/first?n=", "/index?of=", "/first?upto=", "/nth?n=5&mod="] {
        check_page(path, typed);
    }
    Corpus::Keep
});

/// `n` of a single term: a 64-bit number with an optional minus sign.
fn check_index(typed: &str) {
    let response = get(&address("/nth.json?n=", typed));
    match whole(typed).filter(|number| fits(number.magnitude())) {
        Some(number) => {
            // Integers past 2^53 - 1 are strings.
            assert_eq!(member(&response, "n").trim_matches('"'), number.to_string());
            assert_eq!(response.body, get(&format!("/nth.json?n={number}")).body);
        }
        None => {
            for address in refused(&response, "invalid-number") {
                assert_eq!(get(&address).status, 200, "{address}");
            }
        }
    }
}

/// `n` of a list: a 64-bit number without a sign.
fn check_count(typed: &str) {
    let response = get(&address("/first.json?n=", typed));
    let suggestions = match unsigned(typed).filter(fits) {
        Some(count) if count <= LIMITS.max_first.into() => {
            assert_eq!(member(&response, "n"), count.to_string());
            assert_eq!(response.body, get(&format!("/first.json?n={count}")).body);
            return;
        }
        Some(_) => refused(&response, "list-too-long"),
        None => refused(&response, "invalid-number"),
    };
    for address in suggestions {
        assert_eq!(get(&address).status, 200, "{address}");
    }
}

/// `from` of a list: the same.
fn check_start(typed: &str) {
    let response = get(&address("/first.json?n=1&from=", typed));
    match unsigned(typed).filter(fits) {
        Some(from) if from <= LIMITS.max_nth.into() && response.status == 200 => {
            if from == BigUint::ZERO {
                assert!(!members(&response).contains_key("from"));
            } else {
                assert_eq!(member(&response, "from"), from.to_string());
            }
            assert_eq!(response.body, get(&format!("/first.json?n=1&from={from}")).body);
        }
        Some(_) => {
            for address in refused(&response, "list-too-long") {
                assert_eq!(get(&address).status, 200, "{address}");
            }
        }
        None => {
            for address in refused(&response, "invalid-number") {
                // It can still be past the limits, but it is a number.
                let response = get(&address);
                if response.status != 200 {
                    drop(refused(&response, "list-too-long"));
                }
            }
        }
    }
}

/// `of`: a number of any size without a sign.
fn check_number(typed: &str) {
    let response = get(&address("/index.json?of=", typed));
    if let Some(number) = unsigned(typed) {
        assert_eq!(member(&response, "of"), format!("\"{number}\""));
        assert_eq!(response.body, get(&format!("/index.json?of={number}")).body);
        return;
    }
    for address in refused(&response, "invalid-number") {
        assert_eq!(get(&address).status, 200, "{address}");
    }
}

/// A page: a number that is redirected has an address that is not redirected again, and is one.
fn check_page(path: &str, typed: &str) {
    let response = get(&address(path, typed));
    if let Some(location) = response.header("location") {
        assert_eq!(response.status, 303);
        let plain = get(location);
        assert!(plain.status == 200 || plain.status == 422, "{location}: {}", plain.status);
        assert!(location.is_ascii(), "{location}");
    }
}

/// The address with an encoded value at its end.
fn address(start: &str, value: &str) -> String {
    byte_serialize(value.as_bytes()).fold(start.to_owned(), |address, part| address + part)
}

/// The number that the text is, in digits with an optional minus sign.
fn whole(typed: &str) -> Option<BigInt> {
    let typed = typed.trim_matches([' ', '\t', '\n', '\x0C', '\r']);
    let digits = typed.strip_prefix('-').unwrap_or(typed);
    let is_whole = !digits.is_empty() && digits.chars().all(|char| char.is_ascii_digit());
    is_whole.then(|| typed.parse().expect("a whole number"))
}

/// The number that the text is, in digits alone.
fn unsigned(typed: &str) -> Option<BigUint> {
    whole(typed).filter(|_| !typed.contains('-')).and_then(|number| number.try_into().ok())
}

/// Whether the number fits 64 bits.
fn fits(number: &BigUint) -> bool {
    number.bits() <= 64
}

/// The members of a JSON object, each as its text.
fn members(response: &Response) -> HashMap<String, Box<RawValue>> {
    assert_eq!(response.status, 200);
    serde_json::from_slice(&response.body).expect("a JSON object")
}

/// The text of a member of a JSON object.
fn member(response: &Response, name: &str) -> String {
    members(response)[name].get().to_owned()
}

/// The suggestions of a refusal, which has this type.
fn refused(response: &Response, kind: &str) -> Vec<String> {
    assert_eq!(response.status, 422);
    let problem: Value = serde_json::from_slice(&response.body).expect("a JSON body");
    assert_eq!(problem["type"], format!("{BASE_PATH}/api#{kind}"));
    let instead = problem["instead"].as_array().into_iter().flatten();
    instead.map(|address| address.as_str().expect("text").to_owned()).collect()
}
