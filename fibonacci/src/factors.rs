//! Prime factors of numbers below 2^64.

#![expect(clippy::cast_possible_truncation, reason = "the lower or the upper half of a product")]

use std::num::NonZeroU64;

use crate::modular::{power, product, sum};

/// The first twelve primes. No composite number below 3.18 · 10^23 is a strong probable prime to
/// all of these bases (J. Sorenson and J. Webster, *Strong pseudoprimes to twelve prime bases*,
/// Mathematics of Computation 86, 2017).
const BASES: [u64; 12] = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37];

/// Factors below this limit are found by trial division. The square of the limit is the least
/// number that is left for the other methods, so that these never see a very small one.
const TRIAL_LIMIT: u64 = 256;

/// The number of differences that are multiplied before a greatest common divisor is computed,
/// which costs about as much as this many products.
const BATCH: u64 = 128;

/// Returns whether `number` is prime, by the test of Miller and Rabin with fixed bases, which is
/// exact for every number below 2^64 (M. O. Rabin, *Probabilistic algorithm for testing primality*,
/// Journal of Number Theory 12, 1980). At most 1 600 modular products.
pub(crate) fn is_prime(number: u64) -> bool {
    if let Some(base) = BASES.into_iter().find(|base| number.is_multiple_of(*base)) {
        return number == base;
    }
    number > 1 && BASES.into_iter().all(|base| is_strong_probable_prime(number, base))
}

/// Returns whether an odd `number` is a strong probable prime to `base`, which it must not divide.
fn is_strong_probable_prime(number: u64, base: u64) -> bool {
    let minus_one = number - 1;
    let twos = minus_one.trailing_zeros();
    let mut residue = power(base % number, minus_one >> twos, number);
    if residue == 1 {
        return true;
    }
    for _ in 1..twos {
        if residue == minus_one {
            return true;
        }
        residue = product(residue, residue, number);
    }
    residue == minus_one
}

/// Returns the prime factors of `number` with their exponents, the smallest prime first; none
/// for 1.
///
/// Small factors are found by trial division, larger ones by [`divisor`]. O(n^(1/4)) products for a
/// number n: about a millisecond for the product of two primes near 2^32.
pub(crate) fn factorize(number: NonZeroU64) -> Vec<(u64, u32)> {
    let mut rest = number.get();
    let mut primes = Vec::new();
    for divisor in 2..TRIAL_LIMIT {
        while rest.is_multiple_of(divisor) {
            primes.push(divisor);
            rest /= divisor;
        }
    }
    let mut parts = vec![rest];
    while let Some(part) = parts.pop() {
        if is_prime(part) {
            primes.push(part);
        } else if part > 1 {
            let divisor = divisor(part);
            parts.extend([divisor, part / divisor]);
        }
    }
    primes.sort_unstable();
    let powers = primes.chunk_by(|prime, next| prime == next);
    powers.map(|power| (power[0], power.len() as u32)).collect()
}

/// Returns a divisor of a composite number without small factors, neither 1 nor the number.
fn divisor(number: u64) -> u64 {
    let walk = Walk::modulo(number);
    // A step is as good as random, so that few of them fail; the first that succeeds ends this.
    (1..).find_map(|step| walk.divisor(step)).expect("a composite number has a divisor")
}

/// Pollard's rho method in the variant of R. P. Brent, *An improved Monte Carlo factorization
/// algorithm* (BIT 20, 1980).
///
/// A walk x → x² + c modulo the number soon returns to an earlier value modulo one of its primes.
/// The difference of the two values then has a factor in common with the number.
struct Walk {
    number: u64,
    /// The inverse of the number modulo 2^64.
    inverse: u64,
}

impl Walk {
    /// The number must be odd.
    const fn modulo(number: u64) -> Self {
        // The square of an odd number is 1 modulo 8. Each of Newton's steps doubles the three bits.
        let mut inverse = number;
        let mut bits = 3;
        while bits < u64::BITS {
            inverse = inverse.wrapping_mul(2_u64.wrapping_sub(number.wrapping_mul(inverse)));
            bits *= 2;
        }
        Self { number, inverse }
    }

    /// Returns `a` · `b` / 2^64 modulo the number (P. L. Montgomery, *Modular multiplication without
    /// trial division*, Mathematics of Computation 44, 1985).
    ///
    /// This takes a fifth of the time of a division. The factor 2^-64 changes the walk into another
    /// quadratic one, and does not change a greatest common divisor with the number.
    const fn product(&self, a: u64, b: u64) -> u64 {
        let product = a as u128 * b as u128;
        let quotient = (product as u64).wrapping_mul(self.inverse);
        // Both products have the same lower half.
        let multiple = (quotient as u128 * self.number as u128) >> u64::BITS;
        let (high, borrow) = ((product >> u64::BITS) as u64).overflowing_sub(multiple as u64);
        if borrow { high.wrapping_add(self.number) } else { high }
    }

    fn next(&self, value: u64, step: u64) -> u64 {
        sum(self.product(value, value), step, self.number)
    }

    /// Returns a divisor, neither 1 nor the number. `None` if this walk returns modulo all primes
    /// at once.
    fn divisor(&self, step: u64) -> Option<u64> {
        let mut value = 2;
        // The walk is compared with its value after 1, 2, 4, 8, … steps, and then only when it is
        // half as far again.
        for length in (0..u64::BITS).map(|exponent| 1 << exponent) {
            let base = value;
            for _ in 0..length / 2 {
                value = self.next(value, step);
            }
            let mut compared = length / 2;
            while compared < length {
                let (start, batch) = (value, BATCH.min(length - compared));
                let mut differences = 1;
                for _ in 0..batch {
                    value = self.next(value, step);
                    differences = self.product(differences, base.abs_diff(value));
                }
                match gcd(differences, self.number) {
                    1 => compared += batch,
                    all if all == self.number => return self.first_divisor(base, start, step),
                    divisor => return Some(divisor),
                }
            }
        }
        None
    }

    /// Repeats a batch with a greatest common divisor after every step.
    fn first_divisor(&self, base: u64, mut value: u64, step: u64) -> Option<u64> {
        loop {
            value = self.next(value, step);
            let divisor = gcd(base.abs_diff(value), self.number);
            if divisor > 1 {
                return (divisor < self.number).then_some(divisor);
            }
        }
    }
}

/// Returns the greatest common divisor, by Euclid's algorithm. That of 0 and a number is the number.
pub(crate) fn gcd<N>(mut a: N, mut b: N) -> N
where
    N: Copy + Default + PartialEq + std::ops::Rem<Output = N>,
{
    while b != N::default() {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::test_runner::{Config, RngSeed};

    use super::*;

    /// The oracle: divides by every number.
    fn factors_by_division(mut number: u64) -> Vec<(u64, u32)> {
        let mut factors = Vec::new();
        for divisor in 2.. {
            if divisor * divisor > number {
                break;
            }
            let mut exponent = 0;
            while number.is_multiple_of(divisor) {
                number /= divisor;
                exponent += 1;
            }
            if exponent > 0 {
                factors.push((divisor, exponent));
            }
        }
        if number > 1 {
            factors.push((number, 1));
        }
        factors
    }

    fn factors(number: u64) -> Vec<(u64, u32)> {
        factorize(NonZeroU64::new(number).expect("not zero"))
    }

    #[test]
    fn factors_of_every_small_number_are_those_of_trial_division() {
        assert!(!is_prime(0));
        for number in 1..100_000 {
            let expected = factors_by_division(number);
            assert_eq!(is_prime(number), expected == [(number, 1)], "{number}");
            assert_eq!(factors(number), expected, "{number}");
        }
    }

    #[test]
    fn powers_of_primes_are_factorized() {
        for prime in (2..70_000).filter(|number| is_prime(*number)) {
            for exponent in (1..64).take_while(|exponent| prime.checked_pow(*exponent).is_some()) {
                assert_eq!(factors(prime.pow(exponent)), [(prime, exponent)]);
            }
        }
        let largest = u64::from(u32::MAX) - 4;
        assert_eq!(factors(largest * largest), [(largest, 2)]);
    }

    #[test]
    fn pseudoprimes_are_composite() {
        for number in [
            // The least strong pseudoprimes to the first 1, 2, … 9 primes (OEIS A014233).
            2_047,
            1_373_653,
            25_326_001,
            3_215_031_751,
            2_152_302_898_747,
            3_474_749_660_383,
            341_550_071_728_321,
            3_825_123_056_546_413_051,
            // Carmichael numbers.
            561,
            1_729,
            9_746_347_772_161,
        ] {
            assert!(!is_prime(number), "{number}");
            let factors = factors(number);
            assert!(factors.len() > 1 && factors.iter().all(|(prime, _)| is_prime(*prime)));
        }
    }

    #[test]
    fn the_largest_numbers_are_factorized() {
        assert!(is_prime(u64::MAX - 58)); // 2^64 - 59, the greatest prime below 2^64
        let fermat = [(3, 1), (5, 1), (17, 1), (257, 1), (641, 1), (65_537, 1), (6_700_417, 1)];
        assert_eq!(factors(u64::MAX), fermat);
        for number in u64::MAX - 200..=u64::MAX {
            let factors = factors(number);
            assert!(factors.iter().all(|(prime, _)| is_prime(*prime)));
            let product: u64 = factors.iter().map(|(prime, power)| prime.pow(*power)).product();
            assert_eq!(product, number);
        }
    }

    proptest! {
        #![proptest_config(Config {
            cases: 300,
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(0x0011_2358_1321),
            ..Config::default()
        })]

        #[test]
        fn products_of_two_large_primes_are_factorized(a in 1..=u32::MAX, b in 1..=u32::MAX) {
            // There is a prime between any number and its double.
            let prime_from = |n: u32| (n.max(2).into()..=2 * u64::from(n) + 2).find(|n| is_prime(*n));
            let [a, b] = [a / 2, b / 2].map(|number| prime_from(number).expect("a prime"));
            let expected =
                if a == b { vec![(a, 2)] } else { vec![(a.min(b), 1), (a.max(b), 1)] };
            prop_assert_eq!(factors(a * b), expected);
        }

        #[test]
        fn the_product_of_the_factors_is_the_number(number in 1..=u64::MAX) {
            let factors = factors(number);
            prop_assert!(factors.is_sorted() && factors.iter().all(|(prime, _)| is_prime(*prime)));
            let product: u64 = factors.iter().map(|(prime, power)| prime.pow(*power)).product();
            prop_assert_eq!(product, number);
        }
    }
}
