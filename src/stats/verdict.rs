//! What a comparison comes to, in one of six words.

use super::interval::Interval;

/// The level that p-values of a verdict are held to, two-sided.
pub const LEVEL: f64 = 0.05;

/// What a comparison of a candidate with a baseline comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The candidate is better.
    Better,
    /// It is worse by more than the margin.
    WorseBeyondMargin,
    /// It is worse, and by less than the margin.
    WorseWithinMargin,
    /// It is not worse by the margin or more.
    NonInferior,
    /// It is worse, and whether by more than the margin is not sure.
    WorseMarginUnclear,
    /// The cases do not tell.
    Inconclusive,
}

impl Verdict {
    /// Returns the verdict. `wide` is the 95 % interval of the difference, `narrow` the 90 % one, whose ends are one-sided 95 %
    /// bounds; `p` is the two-sided p-value of the difference, adjusted where several candidates are compared. Without a
    /// `margin` nothing is said about one.
    ///
    /// Interval and p-value must both speak before a difference is called real, so that no report calls better what has a p
    /// of 0.06. The first that matches holds.
    pub fn of(wide: Interval, narrow: Interval, p: f64, margin: Option<f64>) -> Self {
        let real = p <= LEVEL;
        let within = margin.is_some_and(|margin| narrow.low > -margin);
        if wide.low > 0.0 && real {
            Self::Better
        } else if margin.is_some_and(|margin| narrow.high < -margin) {
            Self::WorseBeyondMargin
        } else if wide.high < 0.0 && real && within {
            Self::WorseWithinMargin
        } else if within {
            Self::NonInferior
        } else if wide.high < 0.0 && real {
            Self::WorseMarginUnclear
        } else {
            Self::Inconclusive
        }
    }

    /// Returns whether the candidate may take the baseline's place: it is better, or worse by less than the margin at most.
    pub fn allows_switch(self) -> bool {
        matches!(
            self,
            Self::Better | Self::WorseWithinMargin | Self::NonInferior
        )
    }

    /// Returns the verdict as reports spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Better => "better",
            Self::WorseBeyondMargin => "worse_beyond_margin",
            Self::WorseWithinMargin => "worse_within_margin",
            Self::NonInferior => "non_inferior",
            Self::WorseMarginUnclear => "worse_margin_unclear",
            Self::Inconclusive => "inconclusive",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_margin_three_words_remain() {
        let ends = |low, high| Interval { low, high };
        for (wide, p, expected) in [
            (ends(0.01, 0.2), 0.01, Verdict::Better),
            (ends(0.01, 0.2), 0.06, Verdict::Inconclusive),
            (ends(-0.2, -0.01), 0.01, Verdict::WorseMarginUnclear),
            (ends(-0.001, 0.001), 0.9, Verdict::Inconclusive),
        ] {
            assert_eq!(Verdict::of(wide, wide, p, None), expected);
        }
    }
}
