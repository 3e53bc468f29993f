//! Integers in JSON that every program reads exactly.

use serde::{Serialize, Serializer};

/// The largest integer that JavaScript reads exactly, as do all programs that use double-precision numbers (RFC
/// 8259, section 6).
const MAX_NUMBER: u128 = (1 << 53) - 1;

/// An integer that is written as a number if every program can read it exactly, and as a string otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonInteger(i128);

impl<T: Into<i128>> From<T> for JsonInteger {
    fn from(integer: T) -> Self {
        Self(integer.into())
    }
}

impl Serialize for JsonInteger {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.unsigned_abs() <= MAX_NUMBER {
            serializer.serialize_i128(self.0)
        } else {
            serializer.collect_str(&self.0)
        }
    }
}
