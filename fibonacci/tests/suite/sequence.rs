//! The iterator and `nth`, against published terms, GMP and identities.

use fibonacci::{Fibonacci, nth};
use num_bigint::BigUint;
use proptest::prelude::*;

use crate::support::{cases, sha256};

/// From the On-Line Encyclopedia of Integer Sequences, A000045 (0 to 300), and from GMP 6.3.0
/// through Python's gmpy2 2.3.2: `str(gmpy2.fib(n))`.
const PUBLISHED: [(u64, &str); 27] = [
    (0, "0"),
    (1, "1"),
    (2, "1"),
    (3, "2"),
    (4, "3"),
    (5, "5"),
    (6, "8"),
    (7, "13"),
    (8, "21"),
    (9, "34"),
    (10, "55"),
    (11, "89"),
    (12, "144"),
    (13, "233"),
    (14, "377"),
    (15, "610"),
    (16, "987"),
    (17, "1597"),
    (18, "2584"),
    (19, "4181"),
    (20, "6765"),
    (93, "12200160415121876738"),
    (94, "19740274219868223167"),
    (186, "332825110087067562321196029789634457848"),
    (187, "538522340430300790495419781092981030533"),
    (300, "222232244629420445529739893461909967206666939096499764990979600"),
    (
        1000,
        "43466557686937456435688527675040625802564660517371780402481729089536555417949051890403879840\
         07925516929592259308032263477520968962323987332247116164299644090653318793829896964992851600\
         3704476137795166849228875",
    ),
];

/// SHA-256 of the digits, without a line feed, from GMP 6.3.0 through Python's gmpy2 2.3.2:
/// `hashlib.sha256(gmpy2.fib(n).digits().encode()).hexdigest()`.
const HASHES: [(u64, &str); 2] = [
    (100_000, "9fe22f691a91170da9006226d479ad986b2f92021b7045ecfb0a5091b641b802"),
    (1_000_000, "aef6e8c19df607aa07940f2abde8460d1b34c18df1a6f46b5fc04dfe9be51706"),
];

/// F(`index`), by the definition.
fn naive(index: u64) -> BigUint {
    let mut pair = (BigUint::ZERO, BigUint::ONE);
    for _ in 0..index {
        pair = (pair.1.clone(), pair.0 + pair.1);
    }
    pair.0
}

/// The greatest common divisor, by Euclid's algorithm.
fn gcd(mut a: BigUint, mut b: BigUint) -> BigUint {
    while b != BigUint::ZERO {
        (a, b) = (b.clone(), a % b);
    }
    a
}

#[test]
fn small_terms_are_as_published() {
    for (index, digits) in PUBLISHED {
        assert_eq!(nth(index).to_string(), digits, "F({index})");
    }
}

#[test]
fn large_terms_have_the_digits_that_gmp_computes() {
    for (index, hash) in HASHES {
        let digits = nth(index).to_string();
        assert_eq!(sha256(&digits), hash, "F({index})");
    }
}

#[test]
fn the_sequence_can_start_at_any_small_index() {
    let sequence: Vec<BigUint> = Fibonacci::new().take(1_010).collect();
    for start in 0..1_000 {
        let terms: Vec<BigUint> = Fibonacci::starting_at(start).take(10).collect();
        let start = usize::try_from(start).expect("small");
        assert_eq!(terms, sequence[start..start + 10], "from F({start})");
    }
}

#[test]
fn the_current_term_is_the_one_that_next_returns() {
    let mut terms = Fibonacci::starting_at(90);
    for _ in 0..10 {
        let term = terms.term().clone();
        assert_eq!(terms.next(), Some(term));
    }
    assert_eq!(terms, Fibonacci::starting_at(100));
}

#[test]
fn the_size_hint_says_that_the_sequence_is_endless() {
    assert_eq!(Fibonacci::new().size_hint(), (usize::MAX, None));
    assert_eq!(Fibonacci::default(), Fibonacci::new());
}

#[test]
fn a_step_allocates_only_when_a_buffer_has_to_grow() {
    // From F(1 000) to F(20 000), terms grow from 11 to 217 words. A vector at least doubles its
    // capacity when it grows, so that each of the two buffers grows at most five times.
    let mut terms = Fibonacci::starting_at(1_000);
    let allocations = allocation_counter::measure(|| {
        for _ in 1_000..20_000 {
            terms.advance();
        }
    });
    assert!(allocations.count_total <= 10, "{allocations:?}");
    // F(20 000) to F(20 005) all have 217 words.
    let allocations = allocation_counter::measure(|| {
        for _ in 20_000..20_005 {
            terms.advance();
        }
    });
    assert_eq!(allocations.count_total, 0);
}

#[test]
fn last_digits_have_a_period_of_sixty() {
    let digits: Vec<BigUint> = Fibonacci::new().take(180).map(|term| term % 10u32).collect();
    assert_eq!(digits[..120], digits[60..]);
    // No smaller shift works, so that sixty is the smallest period.
    assert!((1..60).all(|shift| digits[..120] != digits[shift..shift + 120]));
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn nth_agrees_with_the_definition(index in 0..20_000u64) {
        prop_assert_eq!(nth(index), naive(index));
    }

    #[test]
    fn cassini_identity_holds(n in 1..20_000u64) {
        // F(n-1) F(n+1) - F(n)² = (-1)ⁿ
        let outer = nth(n - 1) * nth(n + 1);
        let inner = nth(n).pow(2);
        if n % 2 == 0 {
            prop_assert_eq!(outer, inner + 1u32);
        } else {
            prop_assert_eq!(outer + 1u32, inner);
        }
    }

    #[test]
    fn addition_formula_holds(m in 1..20_000u64, n in 0..20_000u64) {
        // F(m+n) = F(m) F(n+1) + F(m-1) F(n)
        prop_assert_eq!(nth(m + n), nth(m) * nth(n + 1) + nth(m - 1) * nth(n));
    }

    #[test]
    fn the_gcd_of_terms_is_the_term_of_the_gcd(m in 0..3_000u64, n in 0..3_000u64) {
        // gcd(F(m), F(n)) = F(gcd(m, n))
        let index = gcd(m.into(), n.into());
        let index = u64::try_from(index).expect("at most m and n");
        prop_assert_eq!(gcd(nth(m), nth(n)), nth(index));
    }
}
