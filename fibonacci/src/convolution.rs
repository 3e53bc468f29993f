//! Products of large numbers by real-valued fast Fourier transforms.
//!
//! A number is a polynomial whose coefficients are its digits in a [`Base`] of 1 000 or 10 000, the
//! least significant first. The coefficients of a product of polynomials are the convolution of
//! their coefficients, and a Fourier transform turns a convolution into a product point by point.
//! So the steps are: transform, multiply point by point, transform back, round to integers, carry.
//! Fast doubling needs sums of products; they are summed before the transform back, so that there
//! is one such transform and not two.
//!
//! See [`base`](crate::base) for the proof that the rounded results are exact.

use std::sync::Arc;

use num_bigint::BigUint;
use realfft::num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

use crate::base::{Base, product_length};

/// 1.5 × 2^52. Adding it to a number of absolute value below 2^51 rounds that number to an integer,
/// which is then in the lowest bits of the sum.
const ROUNDING_CONSTANT: f64 = 6_755_399_441_055_744.0;

/// Greater than the absolute value of any coefficient of a product: 3 m (B/2)² is below 2^43 for m
/// coefficients in base B if the error bound is below 1/2.
const COEFFICIENT_LIMIT: u64 = 1 << 44;

/// The transforms of one product.
pub(crate) struct Plan {
    forward: Arc<dyn RealToComplex<f64>>,
    inverse: Arc<dyn ComplexToReal<f64>>,
}

impl Plan {
    /// Plans transforms of `points` points in both directions.
    pub(crate) fn new(points: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        Self {
            forward: planner.plan_fft_forward(points),
            inverse: planner.plan_fft_inverse(points),
        }
    }

    /// Returns the number of points of the transforms.
    pub(crate) fn length(&self) -> usize {
        self.forward.len()
    }
}

/// A number as coefficients, with the buffers of its transforms, which all steps reuse.
#[derive(Default)]
pub(crate) struct Transformer {
    base: Base,
    /// The coefficients, followed by values of no meaning from the last transform.
    values: Vec<f64>,
    /// The number of coefficients.
    length: usize,
    spectrum: Vec<Complex<f64>>,
    scratch: Vec<Complex<f64>>,
}

impl Transformer {
    /// Sets the value to `number`, which must not be 0, in `base`. The buffers get capacity for
    /// transforms of `capacity` points.
    pub(crate) fn set(&mut self, base: Base, number: &BigUint, capacity: usize) {
        let text = number.to_string();
        let values = &mut self.values;
        values.clear();
        values.reserve_exact(capacity);
        let mut carry = 0;
        for digits in text.as_bytes().rchunks(base.digits()) {
            let digit = digits.iter().fold(0, |value, digit| 10 * value + i64::from(digit - b'0'));
            let radix = base.radix().cast_signed();
            let value = digit + carry;
            carry = i64::from(value >= radix / 2);
            values.push(to_f64(value - carry * radix));
        }
        values.push(to_f64(carry));
        self.base = base;
        self.length = values.len();
        self.spectrum.clear();
        self.spectrum.reserve_exact(capacity / 2 + 1);
        self.trim();
    }

    /// Returns the number of points of transforms for a product of this number and `other`.
    pub(crate) fn points(&self, other: &Self) -> usize {
        product_length(self.length.max(other.length))
    }

    /// Replaces the coefficients by their spectrum.
    pub(crate) fn transform(&mut self, plan: &Plan) {
        let points = plan.length();
        self.values.truncate(self.length);
        self.values.resize(points, 0.0);
        self.spectrum.resize(points / 2 + 1, Complex::ZERO);
        self.scratch.resize(
            plan.forward.get_scratch_len().max(plan.inverse.get_scratch_len()),
            Complex::ZERO,
        );
        plan.forward
            .process_with_scratch(&mut self.values, &mut self.spectrum, &mut self.scratch)
            .expect("buffers of the plan's lengths");
    }

    /// Replaces the spectrum of F(k) by that of F(2k), or of F(2k+1) if `odd`. `next` is the
    /// spectrum of F(k+1).
    pub(crate) fn double_term(&mut self, next: &Self, odd: bool) {
        let points = self.spectrum.iter_mut().zip(&next.spectrum);
        if odd {
            points.for_each(|(term, next)| *term = *term * *term + next * next);
        } else {
            points.for_each(|(term, next)| *term *= next + next - *term);
        }
    }

    /// Replaces the spectra of F(k) and, in `next`, F(k+1) by those of F(2k) and F(2k+1), or of
    /// F(2k+1) and F(2k+2) if `odd`.
    pub(crate) fn double_pair(&mut self, next: &mut Self, odd: bool) {
        let points = self.spectrum.iter_mut().zip(&mut next.spectrum);
        if odd {
            points.for_each(|(term, next)| {
                (*term, *next) = (*term * *term + *next * *next, *next * (*term + *term + *next));
            });
        } else {
            points.for_each(|(term, next)| {
                (*term, *next) = (*term * (*next + *next - *term), *term * *term + *next * *next);
            });
        }
    }

    /// Replaces the spectrum of a product by its balanced coefficients.
    pub(crate) fn transform_back(&mut self, plan: &Plan) {
        self.inverse_transform(plan);
        match self.base {
            Base::Thousand => balance::<1_000>(&mut self.values),
            Base::TenThousand => balance::<10_000>(&mut self.values),
        }
        self.length = self.values.len();
        self.trim();
    }

    /// Converts the spectrum of a product to its `digits` decimal digits.
    pub(crate) fn text(&mut self, plan: &Plan, digits: usize) -> String {
        self.inverse_transform(plan);
        let mut text = vec![b'0'; digits];
        match self.base {
            Base::Thousand => write_digits::<1_000, 3>(&self.values, &mut text),
            Base::TenThousand => write_digits::<10_000, 4>(&self.values, &mut text),
        }
        String::from_utf8(text).expect("ASCII digits")
    }

    fn inverse_transform(&mut self, plan: &Plan) {
        plan.inverse
            .process_with_scratch(&mut self.spectrum, &mut self.values, &mut self.scratch)
            .expect("buffers of the plan's lengths, and real first and last points");
    }

    /// Removes the leading zeros. The number must not be 0.
    fn trim(&mut self) {
        while self.values[self.length - 1] == 0.0 {
            self.length -= 1;
        }
    }
}

/// Converts a coefficient, exactly.
#[expect(clippy::cast_precision_loss, reason = "coefficients are at most 5 000")]
const fn to_f64(value: i64) -> f64 {
    value as f64
}

/// Returns `value` · `scale`, rounded to the nearest integer, plus `carry` and `offset`. `value` is
/// an output of a transform, and `scale` is [`scale`]. The offset keeps the sum positive.
#[inline]
fn round_and_carry(value: f64, scale: f64, carry: u64, offset: u64) -> u64 {
    (value * scale + ROUNDING_CONSTANT)
        .to_bits()
        .wrapping_sub(ROUNDING_CONSTANT.to_bits())
        .wrapping_add(carry)
        .wrapping_add(offset)
}

/// Rounds the outputs of a transform and carries, which leaves balanced coefficients: integers from
/// -B/2 to B/2 - 1 in base B.
fn balance<const RADIX: u64>(values: &mut [f64]) {
    let scale = scale(values);
    let half = RADIX / 2;
    let shift = COEFFICIENT_LIMIT / RADIX;
    let mut carry = 0;
    for value in values {
        let total = round_and_carry(*value, scale, carry, shift * RADIX + half);
        let quotient = total / RADIX;
        *value = to_f64((total - quotient * RADIX).cast_signed() - half.cast_signed());
        carry = quotient.wrapping_sub(shift);
    }
}

/// Rounds the outputs of a transform, carries, and writes the last decimal digits to `text`, as
/// many as it has bytes.
fn write_digits<const RADIX: u64, const DIGITS: usize>(values: &[f64], text: &mut [u8]) {
    let scale = scale(values);
    let shift = COEFFICIENT_LIMIT / RADIX;
    let mut carry = 0;
    for (digits, &value) in text.rchunks_mut(DIGITS).zip(values) {
        let total = round_and_carry(value, scale, carry, shift * RADIX);
        let quotient = total / RADIX;
        let mut coefficient = total - quotient * RADIX;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (coefficient % 10) as u8;
            coefficient /= 10;
        }
        carry = quotient.wrapping_sub(shift);
    }
}

/// Returns the factor that the library leaves out of an inverse transform: 1/N for N points.
#[expect(clippy::cast_precision_loss, reason = "lengths are far below 2^53")]
fn scale(values: &[f64]) -> f64 {
    1.0 / values.len() as f64
}

#[cfg(test)]
mod tests {
    use num_bigint::BigInt;

    use super::*;

    /// Returns the greatest error of a coefficient in the products whose coefficients are as large
    /// as balanced factors allow. All coefficients of the factors are -B/2, except that in the
    /// second product those of F(k+1) are B/2, which makes the sum in parentheses three times as
    /// large.
    fn worst_error(base: Base, coefficients: usize) -> f64 {
        let half = to_f64(base.radix().cast_signed() / 2);
        let mut worst: f64 = 0.0;
        for (first, second, odd, largest) in
            [(-half, -half, true, 2.0 * half * half), (-half, half, false, -3.0 * half * half)]
        {
            let mut term = constant(base, coefficients, first);
            let mut next = constant(base, coefficients, second);
            let plan = Plan::new(term.points(&next));
            term.transform(&plan);
            next.transform(&plan);
            term.double_term(&next, odd);
            term.inverse_transform(&plan);
            let scale = scale(&term.values);
            for (position, value) in term.values.iter().enumerate() {
                // The number of pairs of coefficients whose positions have this sum.
                let pairs = (position + 1).min((2 * coefficients).saturating_sub(position + 1));
                let expected = to_f64(i64::try_from(pairs).expect("few pairs")) * largest;
                worst = worst.max((value * scale - expected).abs());
            }
        }
        worst
    }

    /// Returns a number with all coefficients equal to `value`.
    fn constant(base: Base, coefficients: usize, value: f64) -> Transformer {
        Transformer {
            base,
            values: vec![value; coefficients],
            length: coefficients,
            spectrum: Vec::new(),
            scratch: Vec::new(),
        }
    }

    /// The number with these coefficients, the least significant first.
    fn number(base: Base, coefficients: &[f64]) -> BigInt {
        #[expect(clippy::cast_possible_truncation, reason = "coefficients are integers")]
        coefficients
            .iter()
            .rev()
            .fold(BigInt::ZERO, |sum, &value| sum * base.radix() + value as i64)
    }

    #[test]
    fn coefficients_are_balanced_and_without_leading_zeros() {
        for base in [Base::Thousand, Base::TenThousand] {
            let half = to_f64(base.radix().cast_signed() / 2);
            for digits in 1..60 {
                for text in ["4", "5", "9", "49", "4999", "50", "500", "5000", "1234567890"] {
                    let text: String = text.chars().cycle().take(digits).collect();
                    let expected: BigUint = text.parse().expect("decimal digits");
                    let mut converted = Transformer::default();
                    converted.set(base, &expected, 0);
                    let coefficients = &converted.values[..converted.length];
                    assert_eq!(number(base, coefficients), expected.into(), "{text}");
                    let range = -half..half;
                    assert!(coefficients.iter().all(|value| range.contains(value)), "{text}");
                    assert_ne!(coefficients.last(), Some(&0.0), "{text}");
                }
            }
        }
    }

    #[test]
    fn products_have_room_for_their_last_carry() {
        for base in [Base::Thousand, Base::TenThousand] {
            let half = to_f64(base.radix().cast_signed() / 2);
            for coefficients in 1..100 {
                // The largest number with these coefficients. F(k+1) (2 F(k) + F(k+1)) is then three
                // times its square, and one coefficient longer than its square.
                let mut term = constant(base, coefficients, half - 1.0);
                let mut next = constant(base, coefficients, half - 1.0);
                let square = number(base, &term.values).pow(2);
                let plan = Plan::new(term.points(&next));
                term.transform(&plan);
                next.transform(&plan);
                term.double_pair(&mut next, true);
                for (mut product, expected) in [(term, 2 * &square), (next, 3 * &square)] {
                    product.transform_back(&plan);
                    let product = &product.values[..product.length];
                    assert_eq!(number(base, product), expected, "{coefficients} in {base:?}");
                    assert!(product.iter().all(|value| (-half..half).contains(value)), "{base:?}");
                    assert_ne!(product.last(), Some(&0.0), "{coefficients} in {base:?}");
                }
            }
        }
    }

    #[test]
    fn the_error_of_the_largest_coefficients_is_within_the_bound() {
        for (base, indices) in [
            (Base::TenThousand, [20_000, 200_000, 2_000_000]),
            (Base::Thousand, [20_000, 10_000_000, 100_000_000]),
        ] {
            for index in indices {
                let bound = base.error_bound(index);
                assert!(bound < 0.5, "F({index}) is too large for {base:?}");
                let error = worst_error(base, base.coefficients_of_factor(index));
                assert!(error <= bound, "F({index}) in {base:?}: {error} > {bound}");
                // The bound assumes the worst of all roundings; the actual error is far smaller.
                assert!(error < 0.05, "F({index}) in {base:?}: {error}");
            }
        }
    }
}
