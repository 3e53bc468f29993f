//! What a computation costs, from its index alone.

use crate::fibonacci::length;

/// The most that may be computed on a worker itself, 0.3 ms: a page of the first 750 terms is just below.
/// It is about five times what a small request takes with all that is around it, so that one behind it
/// hardly notices.
const LIGHT: Cost = Cost(300_000);

/// About how many nanoseconds a computation takes alone on the machine that the README's figures are from. The queue
/// learns how much longer it takes in company, or on another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(u64);

impl Cost {
    /// The digits of F(`index`): 2.5 ns times the index, which is 1.9 at 10^6, 2.4 at 10^7 and 4.2 at
    /// 10^8 (the README's table).
    #[must_use]
    pub const fn of_term(index: u64) -> Self {
        Self(index.saturating_mul(5) / 2)
    }

    /// The sequence from F(`index`) on: two terms.
    #[must_use]
    pub const fn of_start(index: u64) -> Self {
        let Self(term) = Self::of_term(index);
        Self(term.saturating_mul(2))
    }

    /// A page of `count` terms from F(`from`) on: besides the start, 0.5 ns a digit and 0.3 µs a term (the
    /// first thousand take 0.4 ms, and the last thousand of 10 000 take 0.9 ms).
    #[must_use]
    pub fn of_rows(from: u64, count: u64) -> Self {
        let digits = length::digits(from.saturating_add(count));
        let rows = count.saturating_mul(300 + digits / 2);
        let Self(start) = Self::of_start(from);
        Self(start.saturating_add(rows))
    }

    /// Whether it may be done on a worker.
    #[must_use]
    pub fn is_light(self) -> bool {
        self <= LIGHT
    }

    /// It, in nanoseconds.
    #[must_use]
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }
}
