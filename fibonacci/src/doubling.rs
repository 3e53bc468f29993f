//! Fast doubling: F(2k) and F(2k+1) from F(k) and F(k+1), in three multiplications.

use num_bigint::BigUint;

/// Returns the pair F(`index`), F(`index` + 1).
///
/// D. E. Knuth, *The Art of Computer Programming*, volume 1, section 1.2.8:
/// F(m+n) = F(m) F(n+1) + F(m-1) F(n). With m and n set to k or k+1, this gives the identities of
/// E. W. Dijkstra, *In honour of Fibonacci*, EWD654, 1978:
///
/// - F(2k) = F(k) (2 F(k+1) - F(k))
/// - F(2k+1) = F(k)² + F(k+1)²
///
/// The loop reads the bits of `index` from the highest. k starts at 0; each bit doubles it, and a
/// set bit then adds one. The subtraction is never negative, because F(k) ≤ F(k+1) for k ≥ 0.
pub(crate) fn pair(index: u64) -> (BigUint, BigUint) {
    let (mut term, mut next) = (BigUint::ZERO, BigUint::ONE);
    let bits = u64::BITS - index.leading_zeros();
    for bit in (0..bits).rev() {
        let even = &term * ((&next << 1u32) - &term);
        let odd = &term * &term + &next * &next;
        (term, next) = if index >> bit & 1 == 0 {
            (even, odd)
        } else {
            let after = even + &odd;
            (odd, after)
        };
    }
    (term, next)
}
