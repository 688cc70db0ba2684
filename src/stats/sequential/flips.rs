//! Evidence that two models differ, from the cases on which they do.

use statrs::distribution::{Beta, ContinuousCDF};
use statrs::function::beta::ln_beta;

use crate::stats::sample::float;

/// Flips so far: cases that one model passed and the other failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FlipEvidence {
    /// The candidate passed alone.
    pub up: u64,
    /// The baseline passed alone.
    pub down: u64,
}

impl FlipEvidence {
    /// Returns the evidence that flips are not as likely one way as the other: the capital of a bet on every share alike.
    ///
    /// Source: the uniform mixture of A. Ramdas, P. Grünwald, V. Vovk and G. Shafer, Statistical Science 38 (2023), 576–601.
    pub fn of_difference(self) -> f64 {
        self.log_capital().exp()
    }

    /// Returns the evidence that the candidate is better: all bets on shares above one half.
    #[expect(clippy::missing_panics_doc, reason = "both shapes are at least 1")]
    pub fn of_better(self) -> f64 {
        let posterior = Beta::new(real(self.up) + 1.0, real(self.down) + 1.0);
        let posterior = posterior.expect("both shapes are at least 1");
        2.0 * self.of_difference() * posterior.sf(0.5)
    }

    /// Returns the evidence that the candidate is worse.
    pub fn of_worse(self) -> f64 {
        let mirrored = Self {
            up: self.down,
            down: self.up,
        };
        mirrored.of_better()
    }

    fn log_capital(self) -> f64 {
        let flips = real(self.up + self.down);
        flips * std::f64::consts::LN_2 + ln_beta(real(self.up) + 1.0, real(self.down) + 1.0)
    }
}

fn real(count: u64) -> f64 {
    float(usize::try_from(count).unwrap_or(usize::MAX))
}
