//! From here to there, both included.

use std::fmt;

use crate::text::number_text;

/// A lower and an upper bound, either of which may be missing. Both belong to the range.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bounds {
    /// The least value allowed.
    pub least: Option<f64>,
    /// The greatest value allowed.
    pub most: Option<f64>,
}

impl Bounds {
    /// Returns whether `value` lies within.
    pub fn contains(&self, value: f64) -> bool {
        self.least.is_none_or(|least| value >= least) && self.most.is_none_or(|most| value <= most)
    }

    /// Returns whether no value lies within.
    pub fn is_empty(&self) -> bool {
        matches!((self.least, self.most), (Some(least), Some(most)) if least > most)
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.least, self.most) {
            (Some(least), Some(most)) => {
                write!(f, "{} to {}", number_text(least), number_text(most))
            }
            (Some(least), None) => write!(f, "at least {}", number_text(least)),
            (None, Some(most)) => write!(f, "at most {}", number_text(most)),
            (None, None) => f.write_str("any number"),
        }
    }
}
