//! `pass_at_k`: the chance that one of k repeats passes (Chen et al. 2021, arXiv 2107.03374).

use super::Member;
use crate::check::verdict::{Status, Verdict};
use crate::text::number_text;

/// Of k repeats one passes its other checks, often enough.
#[derive(Debug, Clone, Copy)]
pub struct PassAtK {
    /// How many repeats are drawn, at least 1.
    pub k: u32,
    /// The least chance that passes.
    pub least: f64,
}

impl PassAtK {
    /// The least chance that passes where a suite names none.
    pub const DEFAULT_LEAST: f64 = 1.0;

    pub(super) fn verdicts(self, members: &[Member<'_>]) -> Vec<Result<Verdict, String>> {
        let verdict = self.verdict(members);
        members.iter().map(|_| verdict.clone()).collect()
    }

    fn verdict(self, members: &[Member<'_>]) -> Result<Verdict, String> {
        let has = |member: &Member<'_>, status| {
            let mut results = member.results.iter();
            results.any(|result| result.weight != 0.0 && result.status == status)
        };
        let judged = members
            .iter()
            .filter(|member| has(member, Status::Failed) || !has(member, Status::Undecided));
        let (mut all, mut passed) = (0_u32, 0_u32);
        for member in judged {
            all += 1;
            passed += u32::from(!has(member, Status::Failed));
        }
        let k = self.k;
        if all < k {
            return Err(format!(
                "{all} repeats were judged, {k} are needed: see `repeat`"
            ));
        }
        let chance = pass_at_k(all, passed, k);
        let (text, least) = (number_text(chance), number_text(self.least));
        let reason = format!("{passed} of {all} repeats pass: pass@{k} is {text}, {least} passes");
        Ok(Verdict::scored(chance >= self.least, chance, reason).keeping_score())
    }
}

/// Returns the chance that one of k of n trials passes, of which c do: 1 − C(n − c, k) ÷ C(n, k).
fn pass_at_k(n: u32, c: u32, k: u32) -> f64 {
    if n - c < k {
        return 1.0;
    }
    let failing = (n - c + 1..=n).map(|i| 1.0 - f64::from(k) / f64::from(i));
    1.0 - failing.product::<f64>()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn the_estimator_is_that_of_the_paper() {
        for (n, c, k, expected) in [
            (10, 7, 3, 1.0 - 1.0 / 120.0),
            (10, 0, 3, 0.0),
            (10, 10, 3, 1.0),
            (5, 1, 1, 0.2),
            (4, 2, 3, 1.0),
        ] {
            assert!((pass_at_k(n, c, k) - expected).abs() < 1e-12, "{n} {c} {k}");
        }
    }
}
