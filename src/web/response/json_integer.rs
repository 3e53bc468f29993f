//! Integers in JSON that every program reads exactly.

use std::fmt::Display;

use serde::{Serialize, Serializer};

/// The largest integer that JavaScript reads exactly, as do all programs that use double-precision numbers (RFC
/// 8259, section 6).
const MAX_NUMBER: u64 = (1 << 53) - 1;

/// An integer that is written as a number if every program can read it exactly, and as a string otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonInteger(String);

impl<T: Display> From<T> for JsonInteger {
    fn from(integer: T) -> Self {
        Self(integer.to_string())
    }
}

impl Serialize for JsonInteger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<i64>() {
            Ok(number) if number.unsigned_abs() <= MAX_NUMBER => serializer.serialize_i64(number),
            _ => serializer.serialize_str(&self.0),
        }
    }
}
