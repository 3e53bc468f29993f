//! What a computation costs, estimated from its index before it starts.

use fibonacci::length;

/// The most expensive computation that a worker runs itself, 0.3 ms: any page of the first 10 000 terms costs
/// less. That is about five times the total time of a small request, so it hardly delays the request
/// behind it.
const LIGHT: Cost = Cost(300_000);

/// The estimated time of a computation in nanoseconds, alone on the machine that the README's figures are
/// from. The queue learns the factor for other machines and for load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(u64);

impl Cost {
    /// Rendering a page without a heavy computation.
    pub const PAGE: Self = Self(50_000);

    /// Drawing and compressing a picture for a shared link. Measured: 0.8 ms for a term, 1.2 ms for squares.
    pub const PICTURE: Self = Self(1_000_000);

    /// The digits of F(`index`): 2.5 ns times the index. Measured: 1.9 ns at 10^6, 2.4 ns at 10^7 and
    /// 4.2 ns at 10^8 (the README's table).
    #[must_use]
    pub const fn of_term(index: u64) -> Self {
        Self(index.saturating_mul(5) / 2)
    }

    /// A page about all digits of F(`index`): the term, and 2 ns for each digit, for its SHA-256.
    #[must_use]
    pub fn of_digits(index: u64) -> Self {
        Self(Self::of_term(index).0.saturating_add(2 * length::digits(index)))
    }

    /// The start of the sequence at F(`index`): two terms.
    #[must_use]
    pub const fn of_start(index: u64) -> Self {
        Self(Self::of_term(index).0.saturating_mul(2))
    }

    /// A page of `count` terms from F(`from`): the start, then 0.5 ns per digit and 0.3 µs per term.
    /// Measured: the first thousand terms take 0.4 ms, the last thousand of 10 000 take 0.9 ms.
    #[must_use]
    pub fn of_rows(from: u64, count: u64) -> Self {
        let digits = length::digits(from.saturating_add(count));
        let rows = count.saturating_mul(300 + digits / 2);
        Self(Self::of_start(from).0.saturating_add(rows))
    }

    /// The remainder of a term whose index has this many digits, and the period modulo this number. Measured: an
    /// index of 10 000 digits takes 0.5 ms, and the factors of a number near 2^64 take up to 1 ms.
    #[must_use]
    pub const fn of_remainder(digits: usize, modulus: u64) -> Self {
        let factors = if modulus.leading_zeros() > 24 { 0 } else { 1_000_000 };
        Self(Self::PAGE.0 + 50 * digits as u64 + factors)
    }

    /// A number of this many digits as a sum of terms. Measured: 0.08 ms for 1 000 digits, 6.8 ms for 10 000.
    #[must_use]
    pub const fn of_sum(digits: usize) -> Self {
        let digits = digits as u64;
        Self(Self::PAGE.0 + digits * digits / 14)
    }

    /// Whether a worker may run it.
    #[must_use]
    pub fn is_light(self) -> bool {
        self <= LIGHT
    }

    /// The estimate in nanoseconds.
    #[must_use]
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }
}
