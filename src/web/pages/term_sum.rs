//! A number as a sum of terms: 150 = 144 + 5 + 1 = F(12) + F(5) + F(2).

use fibonacci::{nth, zeckendorf};

use crate::web::format;

/// The longest number whose sum is also written with the values of its terms, in digits.
const VALUE_DIGITS: usize = 40;

/// The most terms of a sum on a page; of a longer one it has half as many at either end.
const PAGE_TERMS: usize = 20;

/// The indices of different terms that add up to a number, no two of them neighbours: its Zeckendorf
/// representation. The largest comes first.
pub struct TermSum {
    pub indices: Vec<u64>,
    /// The values, if the number is not too long.
    values: Option<String>,
}

impl TermSum {
    /// The sum for a number in decimal digits.
    pub fn of(number: &str) -> Self {
        let indices = zeckendorf(number);
        let values = || join(indices.iter().map(|index| nth(*index).to_string()));
        let values = (number.len() <= VALUE_DIGITS).then(values);
        Self { indices, values }
    }

    /// The sum for programs, with all of its terms: `144 + 5 + 1 = F(12) + F(5) + F(2)`.
    pub fn in_full(&self) -> String {
        self.with_values(join(self.indices.iter().map(|index| format!("F({index})"))))
    }

    /// The sum for a page.
    pub fn in_short(&self) -> String {
        let names = |indices: &[u64]| join(indices.iter().map(format::term));
        let count = self.indices.len();
        if count <= PAGE_TERMS {
            return self.with_values(names(&self.indices));
        }
        let (first, last) =
            (&self.indices[..PAGE_TERMS / 2], &self.indices[count - PAGE_TERMS / 2..]);
        let all = format::terms(count);
        self.with_values(format!("{} + … + {}, {all} in all", names(first), names(last)))
    }

    fn with_values(&self, names: String) -> String {
        match &self.values {
            Some(values) => format!("{values} = {names}"),
            None => names,
        }
    }
}

fn join(terms: impl Iterator<Item = String>) -> String {
    terms.collect::<Vec<_>>().join(" + ")
}
