//! What a computation costs, from its index alone.

use std::time::Duration;

use crate::fibonacci::length;

/// What may be computed on a worker itself: a page of the first thousand terms is just below. It is
/// about five times what a small request takes with all that is around it, so that one behind it
/// hardly notices.
const LIGHT: Duration = Duration::from_micros(300);

/// About what a computation takes alone on the machine that the README's figures are from. The queue
/// learns how much longer it takes in company, or on another machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(Duration);

impl Cost {
    /// The digits of F(`index`): 2.5 ns times the index, which is 1.9 at 10^6, 2.4 at 10^7 and 4.2 at
    /// 10^8 (the README's table).
    #[must_use]
    pub const fn of_term(index: u64) -> Self {
        Self(Duration::from_nanos(index.saturating_mul(5) / 2))
    }

    /// The sequence from F(`index`) on: two terms.
    #[must_use]
    pub const fn of_start(index: u64) -> Self {
        let Self(term) = Self::of_term(index);
        Self(term.saturating_mul(2))
    }

    /// `count` terms to be read, from F(`from`) on: besides the start, 0.2 ns a digit and 0.2 µs a
    /// term (the last thousand of 10 000 terms take 0.6 ms).
    #[must_use]
    pub fn of_rows(from: u64, count: u64) -> Self {
        let digits = length::digits(from.saturating_add(count));
        let rows = count.saturating_mul(200 + digits / 5);
        Self(Self::of_start(from).0 + Duration::from_nanos(rows))
    }

    /// Whether it may be done on a worker.
    #[must_use]
    pub fn is_light(self) -> bool {
        self.0 <= LIGHT
    }

    /// It, in nanoseconds.
    #[must_use]
    pub fn nanoseconds(self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }
}
