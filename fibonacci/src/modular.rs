//! Arithmetic modulo a number below 2^64. All arguments and results are residues: less than the
//! modulus.

/// Returns `a` + `b`.
pub(crate) const fn sum(a: u64, b: u64, modulus: u64) -> u64 {
    let (sum, overflow) = a.overflowing_add(b);
    if overflow || sum >= modulus { sum.wrapping_sub(modulus) } else { sum }
}

/// Returns `a` - `b`.
pub(crate) const fn difference(a: u64, b: u64, modulus: u64) -> u64 {
    if a >= b { a - b } else { modulus - (b - a) }
}

/// Returns `a` · `b`.
#[expect(clippy::cast_possible_truncation, reason = "the remainder is less than the modulus")]
pub(crate) fn product(a: u64, b: u64, modulus: u64) -> u64 {
    (u128::from(a) * u128::from(b) % u128::from(modulus)) as u64
}

/// Returns `base` to the power of `exponent`, by squaring.
pub(crate) fn power(mut base: u64, mut exponent: u64, modulus: u64) -> u64 {
    let mut power = 1 % modulus;
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = product(power, base, modulus);
        }
        base = product(base, base, modulus);
        exponent >>= 1;
    }
    power
}

/// Returns the terms F(n) and F(n + 1), for the n with these bits, the highest first.
///
/// This is fast doubling with two products for each bit. It takes F(k)² and F(k+1)², from which
/// F(2k+1) is F(k)² + F(k+1)², as in [`doubling`](crate::doubling). F(2k) is 2 F(k) F(k+1) - F(k)².
/// The product in it follows from the identity of Cassini,
/// F(k+1)² - F(k+1) F(k) - F(k)² = (-1)ᵏ (D. E. Knuth, *The Art of Computer Programming*, volume 1,
/// section 1.2.8).
pub(crate) fn pair(bits: impl Iterator<Item = bool>, modulus: u64) -> (u64, u64) {
    let one = 1 % modulus;
    let (mut term, mut next) = (0, one);
    let mut is_odd = false;
    for bit in bits {
        let (square, next_square) = (product(term, term, modulus), product(next, next, modulus));
        let mixed = difference(next_square, square, modulus);
        let mixed = if is_odd { sum(mixed, one, modulus) } else { difference(mixed, one, modulus) };
        let even = difference(sum(mixed, mixed, modulus), square, modulus);
        let odd = sum(square, next_square, modulus);
        (term, next) = if bit { (odd, sum(even, odd, modulus)) } else { (even, odd) };
        is_odd = bit;
    }
    (term, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Moduli at both ends of the range, where sums overflow and where every residue is 0.
    const MODULI: [u64; 7] = [1, 2, 3, 10, 1 << 63, u64::MAX - 58, u64::MAX];

    #[test]
    fn operations_agree_with_wider_integers() {
        for modulus in MODULI {
            let wide = u128::from(modulus);
            let residues = [0, 1, 2, modulus / 2, modulus - 1].map(|number| number % modulus);
            for (a, b) in residues.into_iter().flat_map(|a| residues.map(|b| (a, b))) {
                let (x, y) = (u128::from(a), u128::from(b));
                assert_eq!(u128::from(sum(a, b, modulus)), (x + y) % wide);
                assert_eq!(u128::from(difference(a, b, modulus)), (x + wide - y) % wide);
                assert_eq!(u128::from(product(a, b, modulus)), x * y % wide);
            }
        }
    }

    #[test]
    fn a_power_is_a_repeated_product() {
        for modulus in MODULI {
            for base in [0, 1, 7, modulus - 1].map(|base| base % modulus) {
                let mut expected = 1 % modulus;
                for exponent in 0..70 {
                    assert_eq!(power(base, exponent, modulus), expected);
                    expected = product(expected, base, modulus);
                }
            }
        }
    }

    #[test]
    fn pairs_follow_the_recurrence() {
        for modulus in MODULI {
            let (mut term, mut next) = (0, 1 % modulus);
            for index in 0..2_000_u32 {
                let bits = (0..u32::BITS).rev().map(|bit| index >> bit & 1 == 1);
                assert_eq!(pair(bits, modulus), (term, next), "F({index}) mod {modulus}");
                (term, next) = (next, sum(term, next, modulus));
            }
        }
    }
}
