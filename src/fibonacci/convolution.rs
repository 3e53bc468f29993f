//! Products of large numbers by real-valued fast Fourier transforms, and the proof that they are
//! exact.
//!
//! # The method
//!
//! A number is a polynomial: its coefficients are its digits in a [`Base`] of 1 000 or 10 000, from
//! the least significant on. The coefficients of a product of polynomials are the convolution of
//! theirs, and a Fourier transform makes of a convolution a product point by point. So: transform,
//! multiply the points, transform back, round to integers, carry. A sum of products, as in fast
//! doubling, is summed before the way back, which then is one instead of two.
//!
//! # Why it is exact
//!
//! A coefficient of the result is an integer, and comes out of floating point with an error. Rounding
//! takes that away whole if it is below 1/2. The bound is that of R. P. Brent and P. Zimmermann,
//! *Modern Computer Arithmetic* (2010), section 3.3.1, after C. Percival, *Rapid multiplication modulo
//! the sum and difference of highly composite numbers*, Math. Comp. 72 (2003): of a convolution of x
//! and y by transforms of length 2ⁿ, every coefficient is off by at most
//!
//! ‖x‖ ‖y‖ ((1 + ε)³ⁿ (1 + ε√5)³ⁿ⁺¹ (1 + β)³ⁿ - 1),
//!
//! where ε = 2⁻⁵³ is what a rounding may be off, β what a root of unity in a table may be off, and
//! ‖x‖² the sum of the squares of the coefficients of x. What goes into it here:
//!
//! - *Coefficients* are balanced, from -B/2 to B/2 in base B, and so m of them have ‖x‖ ≤ √m B/2. The
//!   products of fast doubling are F(k) (2 F(k+1) - F(k)), F(k+1) (2 F(k) + F(k+1)) and
//!   F(k)² + F(k+1)²; with 3 √m B/2 for the norm of the sum in brackets, 3 m (B/2)² is no less than
//!   ‖x‖ ‖y‖ in any of them.
//! - *Levels*: n = ⌈log₂ N⌉ for N real points. Transforming them as N/2 complex ones and taking those
//!   apart is N complex points with the first level's work left out. Where the library joins levels,
//!   there are fewer roots and roundings than the bound counts. A factor 3 or 5 of N makes a level of
//!   its own, with a few roundings more than one of two and with roots inside, of angles no larger
//!   than 4π/5: some 31 ε for three and 39 ε for five, where the bound has 20 ε for each of the
//!   log₂ 3 or log₂ 5 levels it counts, which is 32 ε and 47 ε.
//! - *Roots*: the library computes them from an angle of at most 2π, which three roundings may have
//!   put 2.4 ε off in proportion, and rounds sine and cosine: β ≤ 17 ε.
//! - *The rest*: adding products up point by point, and dividing by N, take at most four roundings
//!   more.
//!
//! [`Base::for_term`] puts these numbers in, for the last and largest product of a term. Base 10 000
//! is exact for terms to F(2 200 000) or so, base 1 000 to F(120 000 000) or so; past that there is no
//! base, and the term is computed in integers.

use std::sync::Arc;

use num_bigint::BigUint;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use super::length;

/// What a rounding may be off, in proportion.
const ROUNDING: f64 = f64::EPSILON / 2.0;

/// What a root of unity in a table may be off: β.
const ROOT: f64 = 17.0 * ROUNDING;

/// 1.5 × 2^52. A number of less than 2^51 in size that is added to it is rounded to an integer, which
/// the lowest bits of the sum then hold.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// More than any coefficient of a product is in size: 3 m (B/2)² is below 2^43 where the bound holds.
const LARGEST: u64 = 1 << 44;

/// The odd factors that a length of transform may have, beside its powers of two: the library is at
/// its best with these.
const ODD_FACTORS: [usize; 8] = [1, 3, 5, 9, 15, 25, 27, 45];

/// A power of ten whose digits are the coefficients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Base {
    Thousand,
    TenThousand,
}

impl Base {
    /// The largest base in which F(`index`) is proved to come out exact; none for terms too large.
    pub(super) fn for_term(index: u64) -> Option<Self> {
        [Self::TenThousand, Self::Thousand]
            .into_iter()
            .find(|base| base.error_bound(index) < 0.5)
    }

    /// How far off a coefficient may be before it is rounded, in the last product for F(`index`).
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    fn error_bound(self, index: u64) -> f64 {
        let coefficients = self.coefficients_of_factor(index);
        let half = self.radix() as f64 / 2.0;
        let norms = 3.0 * coefficients as f64 * half * half;
        let length = product_length(coefficients);
        let levels = f64::from(length.next_power_of_two().ilog2());
        let exponent = (3.0 * levels + 4.0) * ROUNDING
            + (3.0 * levels + 1.0) * 5_f64.sqrt() * ROUNDING
            + 3.0 * levels * ROOT;
        // (1 + a) (1 + b) … - 1 ≤ e^(a + b + …) - 1 ≤ s + s², for a sum s below 1.
        norms * (exponent + exponent * exponent)
    }

    /// How many coefficients the factors of the last product for F(`index`) have at most: those of
    /// F(k) and F(k+1) for k = `index` / 2, and one for a carry.
    fn coefficients_of_factor(self, index: u64) -> usize {
        let digits = length::digits(index / 2 + 1);
        usize::try_from(digits).map_or(usize::MAX / 16, |digits| digits.div_ceil(self.digits()) + 1)
    }

    /// The room that the largest product for F(`index`) takes.
    pub(super) fn room_for_term(self, index: u64) -> usize {
        product_length(self.coefficients_of_factor(index))
    }

    const fn radix(self) -> u64 {
        match self {
            Self::Thousand => 1_000,
            Self::TenThousand => 10_000,
        }
    }

    /// The decimal digits of a coefficient.
    const fn digits(self) -> usize {
        self.radix().ilog10() as usize
    }
}

/// The length of transform for a product of two factors of so many coefficients: those of the product,
/// and one for the last carry.
fn product_length(coefficients: usize) -> usize {
    transform_length(2 * coefficients + 1)
}

/// The shortest good length of transform for so many points.
fn transform_length(points: usize) -> usize {
    // Whole vectors of the processor's, at the least.
    const SHORTEST_POWER: usize = 16;
    ODD_FACTORS
        .into_iter()
        .map(|factor| {
            factor
                * points
                    .div_ceil(factor)
                    .next_power_of_two()
                    .max(SHORTEST_POWER)
        })
        .min()
        .unwrap_or(points)
}

/// How to transform there and back.
pub(super) struct Plan {
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
}

impl Plan {
    /// How many points are transformed.
    pub(super) fn length(&self) -> usize {
        self.forward.len()
    }
}

/// A number as coefficients, and the room to transform them in, which all steps share.
pub(super) struct Transformer {
    base: Base,
    /// The coefficients, then whatever the last transform left.
    values: Vec<f64>,
    /// How many coefficients there are.
    length: usize,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl Transformer {
    /// `number` in `base`, with room for transforms of `room` points.
    pub(super) fn new(base: Base, number: &BigUint, room: usize) -> Self {
        let text = number.to_string();
        let mut values = Vec::with_capacity(room);
        let mut carry = 0;
        for digits in text.as_bytes().rchunks(base.digits()) {
            let digit = digits
                .iter()
                .fold(0, |value, digit| 10 * value + i64::from(digit - b'0'));
            let radix = base.radix().cast_signed();
            let value = digit + carry;
            carry = i64::from(value >= radix / 2);
            values.push(exact(value - carry * radix));
        }
        values.push(exact(carry));
        let mut number = Self {
            base,
            length: values.len(),
            values,
            spectrum: Vec::with_capacity(room / 2 + 1),
            scratch: Vec::new(),
        };
        number.trim();
        number
    }

    /// The plan for a product of this number and `other`, or of their like.
    pub(super) fn plan(&self, other: &Self, planner: &mut RealFftPlanner<f64>) -> Plan {
        let points = product_length(self.length.max(other.length));
        Plan {
            forward: planner.plan_fft_forward(points),
            inverse: planner.plan_fft_inverse(points),
        }
    }

    /// From coefficients to their spectrum.
    pub(super) fn transform(&mut self, plan: &Plan) {
        let points = plan.length();
        self.values.truncate(self.length);
        self.values.resize(points, 0.0);
        self.spectrum.resize(points / 2 + 1, Complex::ZERO);
        self.scratch.resize(
            plan.forward
                .get_scratch_len()
                .max(plan.inverse.get_scratch_len()),
            Complex::ZERO,
        );
        plan.forward
            .process_with_scratch(&mut self.values, &mut self.spectrum, &mut self.scratch)
            .expect("buffers of the plan's lengths");
    }

    /// From F(k), with F(k+1) in `next`, to F(2k), or for an odd index to F(2k+1), all as spectra.
    pub(super) fn multiply(&mut self, next: &Self, odd: bool) {
        let points = self.spectrum.iter_mut().zip(&next.spectrum);
        if odd {
            points.for_each(|(term, next)| *term = *term * *term + next * next);
        } else {
            points.for_each(|(term, next)| *term *= next + next - *term);
        }
    }

    /// From F(k), with F(k+1) in `next`, to the doubled pair, F(2k) and F(2k+1), or for an odd index
    /// to the pair after it, F(2k+1) and F(2k+2), all as spectra.
    pub(super) fn multiply_both(&mut self, next: &mut Self, odd: bool) {
        let points = self.spectrum.iter_mut().zip(&mut next.spectrum);
        if odd {
            points.for_each(|(term, next)| {
                (*term, *next) = (
                    *term * *term + *next * *next,
                    *next * (*term + *term + *next),
                );
            });
        } else {
            points.for_each(|(term, next)| {
                (*term, *next) = (
                    *term * (*next + *next - *term),
                    *term * *term + *next * *next,
                );
            });
        }
    }

    /// From the spectrum of a product to its coefficients, balanced.
    pub(super) fn transform_back(&mut self, plan: &Plan) {
        self.invert(plan);
        match self.base {
            Base::Thousand => balance::<1_000>(&mut self.values),
            Base::TenThousand => balance::<10_000>(&mut self.values),
        }
        self.length = self.values.len();
        self.trim();
    }

    /// From the spectrum of a product to its `digits` decimal digits.
    pub(super) fn into_text(mut self, plan: &Plan, digits: usize) -> String {
        self.invert(plan);
        // The spectrum's room is not needed any more.
        self.spectrum = Vec::new();
        let mut text = vec![b'0'; digits];
        match self.base {
            Base::Thousand => write_digits::<1_000, 3>(&self.values, &mut text),
            Base::TenThousand => write_digits::<10_000, 4>(&self.values, &mut text),
        }
        String::from_utf8(text).expect("ASCII digits")
    }

    fn invert(&mut self, plan: &Plan) {
        plan.inverse
            .process_with_scratch(&mut self.spectrum, &mut self.values, &mut self.scratch)
            .expect("buffers of the plan's lengths, real where they have to be");
    }

    fn trim(&mut self) {
        while self.length > 1 && self.values[self.length - 1] == 0.0 {
            self.length -= 1;
        }
    }
}

/// A coefficient as a floating-point number.
#[expect(clippy::cast_precision_loss, reason = "coefficients are at most 5 000")]
const fn exact(value: i64) -> f64 {
    value as f64
}

/// Rounds what comes out of a transform, scaled by the number of points, and adds a carry. The sum is
/// given as if `offset` were added too, which keeps it positive.
#[inline]
fn rounded(value: f64, scale: f64, carry: u64, offset: u64) -> u64 {
    (value * scale + ROUNDER)
        .to_bits()
        .wrapping_sub(ROUNDER.to_bits())
        .wrapping_add(carry)
        .wrapping_add(offset)
}

/// Makes balanced coefficients of those that come out of a transform, which have not been divided by
/// its length: whole numbers from -B/2 to B/2 - 1, carrying what is more.
fn balance<const RADIX: u64>(values: &mut [f64]) {
    let scale = scale(values);
    let half = RADIX / 2;
    let shift = LARGEST / RADIX;
    let mut carry = 0;
    for value in values {
        let total = rounded(*value, scale, carry, shift * RADIX + half);
        let quotient = total / RADIX;
        *value = exact((total - quotient * RADIX).cast_signed() - half.cast_signed());
        carry = quotient.wrapping_sub(shift);
    }
}

/// Writes the coefficients that come out of a transform as decimal digits, carrying, as many as
/// `text` takes.
fn write_digits<const RADIX: u64, const DIGITS: usize>(values: &[f64], text: &mut [u8]) {
    let scale = scale(values);
    let shift = LARGEST / RADIX;
    let mut carry = 0;
    for (digits, &value) in text.rchunks_mut(DIGITS).zip(values) {
        let total = rounded(value, scale, carry, shift * RADIX);
        let quotient = total / RADIX;
        let mut digit = total - quotient * RADIX;
        for place in digits.iter_mut().rev() {
            *place = b'0' + (digit % 10) as u8;
            digit /= 10;
        }
        carry = quotient.wrapping_sub(shift);
    }
}

#[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
fn scale(values: &[f64]) -> f64 {
    1.0 / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The coefficients of a product that are as large as balanced ones can make them, and how far
    /// off they come out. All factors are -B/2, but F(k+1) in the second case, which is B/2 and makes
    /// the sum in brackets three times as large.
    fn worst_error(base: Base, coefficients: usize) -> f64 {
        let half = exact(base.radix().cast_signed() / 2);
        let mut worst: f64 = 0.0;
        for (first, second, odd, largest) in [
            (-half, -half, true, 2.0 * half * half),
            (-half, half, false, -3.0 * half * half),
        ] {
            let mut term = extreme(base, coefficients, first);
            let mut next = extreme(base, coefficients, second);
            let plan = term.plan(&next, &mut RealFftPlanner::new());
            term.transform(&plan);
            next.transform(&plan);
            term.multiply(&next, odd);
            term.invert(&plan);
            let scale = scale(&term.values);
            for (place, value) in term.values.iter().enumerate() {
                // As many pairs of coefficients as have this sum of places.
                let pairs = (place + 1).min((2 * coefficients).saturating_sub(place + 1));
                let expected = exact(i64::try_from(pairs).expect("few")) * largest;
                worst = worst.max((value * scale - expected).abs());
            }
        }
        worst
    }

    fn extreme(base: Base, coefficients: usize, value: f64) -> Transformer {
        Transformer {
            base,
            values: vec![value; coefficients],
            length: coefficients,
            spectrum: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// The last index that the bound allows the base.
    fn last_index(base: Base) -> u64 {
        let (mut allowed, mut refused) = (1, 1 << 30);
        while refused - allowed > 1 {
            let middle = u64::midpoint(allowed, refused);
            if base.error_bound(middle) < 0.5 {
                allowed = middle;
            } else {
                refused = middle;
            }
        }
        allowed
    }

    #[test]
    fn the_worst_coefficients_are_off_by_less_than_the_bound() {
        for (base, indices) in [
            (Base::TenThousand, [20_000, 200_000, 2_000_000]),
            (Base::Thousand, [20_000, 10_000_000, 100_000_000]),
        ] {
            for index in indices {
                let bound = base.error_bound(index);
                assert!(bound < 0.5, "{base:?} is not for F({index})");
                let error = worst_error(base, base.coefficients_of_factor(index));
                assert!(error <= bound, "F({index}) in {base:?}: {error} > {bound}");
                // The bound is for the worst of roundings; what they do is far from that.
                assert!(error < 0.05, "F({index}) in {base:?}: {error}");
            }
        }
    }

    #[test]
    fn the_bases_reach_as_far_as_the_documentation_says() {
        let reach = [Base::TenThousand, Base::Thousand].map(last_index);
        assert_eq!(reach.map(|index| index / 100_000), [22, 1_204]);
        assert_eq!(Base::for_term(reach[0]), Some(Base::TenThousand));
        assert_eq!(Base::for_term(2_500_000), Some(Base::Thousand));
        assert_eq!(Base::for_term(100_000_000), Some(Base::Thousand));
        assert_eq!(Base::for_term(u64::MAX), None);
    }

    #[test]
    fn lengths_of_transform_suffice_and_waste_little() {
        for points in 1..10_000 {
            let length = transform_length(points);
            assert!(length >= points && length.is_multiple_of(2), "{points}");
            assert!(
                length <= points + points / 5 || points < 200,
                "{points}: {length}"
            );
        }
    }
}
