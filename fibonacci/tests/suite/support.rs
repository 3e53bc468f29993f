//! Functions that several test modules use.

use std::fmt::Write;

use fibonacci::{Fibonacci, Layout, ListText};
use proptest::test_runner::{Config, RngSeed};
use sha2::{Digest, Sha256};

/// A configuration for this number of cases with a fixed seed, so that every run tests the same
/// cases.
pub fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x0011_2358_1321),
        ..Config::default()
    }
}

/// The SHA-256 of a text, in hexadecimal.
pub fn sha256(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text) {
        write!(hex, "{byte:02x}").expect("writing to a String cannot fail");
    }
    hex
}

/// One term on each line.
pub const LINES: Layout = Layout { separator: b"\n", numbered: false };

/// The text of `count` terms from F(`from`) on, read through a buffer of this size.
pub fn list_text(from: u64, count: u64, layout: Layout, buffer: usize) -> String {
    read_all(ListText::new(from, count, layout), buffer)
}

/// The remaining text, read through a buffer of this size.
pub fn read_all(mut list: ListText, buffer: usize) -> String {
    let mut buffer = vec![0; buffer];
    let mut text = Vec::new();
    loop {
        let length = list.fill(&mut buffer);
        if length == 0 {
            return String::from_utf8(text).expect("ASCII digits");
        }
        text.extend_from_slice(&buffer[..length]);
    }
}

/// The same text as [`list_text`] with [`LINES`], by the definition.
pub fn expected_lines(from: u64, count: u64) -> String {
    let terms: Vec<String> =
        (0..count).zip(Fibonacci::starting_at(from)).map(|(_, term)| term.to_string()).collect();
    terms.join("\n")
}
