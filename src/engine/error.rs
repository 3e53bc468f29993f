//! Errors of computations.

use std::sync::Arc;
use std::time::Duration;

/// Why a computation has no result.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EngineError {
    /// The queue is full: the wait would be this long.
    #[error("the queue is full: the wait would be {0:?}")]
    Busy(Duration),
    /// Too little memory is free for the result.
    #[error("too little memory is free")]
    OutOfMemory,
    /// The computation failed or panicked.
    #[error("the computation failed: {0}")]
    Failed(Arc<str>),
}
