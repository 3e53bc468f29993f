//! Errors of computations.

use std::fmt;
use std::time::Duration;

/// Why a computation has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EngineError {
    /// The queue is full: the wait would be this long.
    Busy(Duration),
    /// The computation panicked. The log has the message.
    Panicked,
}

impl fmt::Display for EngineError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Busy(wait) => write!(out, "the queue is full: the wait would be {wait:?}"),
            Self::Panicked => out.write_str("the computation panicked"),
        }
    }
}

impl std::error::Error for EngineError {}
