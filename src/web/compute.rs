//! Where a computation runs: short ones where they are asked for, long ones off the worker.

use actix_web::web::block;

use log::error;

use super::Error;

/// Does `work`, which is `long` or not: at once on this worker, or on the pool for blocking work, so
/// that the worker goes on answering others meanwhile.
pub async fn compute<T: Send + 'static>(
    long: bool,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    if long {
        block(work)
            .await
            .map_err(|error| Error::Internal(error.into()))
    } else {
        Ok(work())
    }
}

/// Tells the log where the term F(`n`) failed its check, and so was `recomputed` the slow way.
pub fn note_check(n: u64, recomputed: bool) {
    if recomputed {
        error!(n; "the term failed its check and was computed again the slow way");
    }
}
