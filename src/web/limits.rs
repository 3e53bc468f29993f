//! How much a request may ask for.

/// How much a request may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The maximum number of terms in a list.
    pub max_first: u64,
    /// The largest index whose term is returned in full.
    pub max_nth: u64,
}

impl Limits {
    /// The last index whose term is returned in full, alone or in a list.
    #[must_use]
    pub const fn last_index(&self) -> u64 {
        if self.max_first > self.max_nth { self.max_first - 1 } else { self.max_nth }
    }
}
