//! How far raters agree: two of them, or more; and what a rate is once the errors of the rater are known.

use super::distribution::normal_quantile;
use super::interval::Interval;
use super::sample::float;

/// How often two raters said yes and no to the same things.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agreement {
    /// Both said yes.
    pub both: usize,
    /// The first said yes, the second no.
    pub only_first: usize,
    /// The first said no, the second yes.
    pub only_second: usize,
    /// Both said no.
    pub neither: usize,
}

impl Agreement {
    /// Notes what both said of one thing.
    pub fn add(&mut self, first: bool, second: bool) {
        let cell = match (first, second) {
            (true, true) => &mut self.both,
            (true, false) => &mut self.only_first,
            (false, true) => &mut self.only_second,
            (false, false) => &mut self.neither,
        };
        *cell += 1;
    }

    /// Returns how many things both have rated.
    pub fn n(&self) -> usize {
        self.both + self.only_first + self.only_second + self.neither
    }

    /// Returns on how many of them they agree.
    pub fn agreed(&self) -> usize {
        self.both + self.neither
    }

    /// Returns Cohen's kappa and its interval: agreement beyond chance, 1 at most. `None` where both only ever said the
    /// same one word, or nothing.
    ///
    /// Source: J. Cohen, Educational and Psychological Measurement 20 (1960), 37–46; the standard error of J. L. Fleiss,
    /// J. Cohen and B. S. Everitt, Psychological Bulletin 72 (1969), 323–327.
    pub fn kappa(&self, confidence: f64) -> Option<(f64, Interval)> {
        let n = float(self.n());
        let share = |count: usize| float(count) / n;
        let cells = [
            [share(self.both), share(self.only_first)],
            [share(self.only_second), share(self.neither)],
        ];
        let first = [cells[0][0] + cells[0][1], cells[1][0] + cells[1][1]];
        let second = [cells[0][0] + cells[1][0], cells[0][1] + cells[1][1]];
        let by_chance = first[0] * second[0] + first[1] * second[1];
        if self.n() == 0 || by_chance >= 1.0 {
            return None;
        }
        let observed = cells[0][0] + cells[1][1];
        let kappa = (observed - by_chance) / (1.0 - by_chance);
        let miss = 1.0 - kappa;
        let same: f64 = (0..2)
            .map(|i| cells[i][i] * (1.0 - (first[i] + second[i]) * miss).powi(2))
            .sum();
        let other = cells[0][1] * (second[0] + first[1]).powi(2)
            + cells[1][0] * (second[1] + first[0]).powi(2);
        let centre = (kappa - by_chance * miss).powi(2);
        let variance = (same + miss * miss * other - centre) / ((1.0 - by_chance).powi(2) * n);
        let half = normal_quantile(confidence) * variance.max(0.0).sqrt();
        Some((kappa, Interval::around(kappa, half).clipped(-1.0, 1.0)))
    }
}

/// A share that was counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Share {
    /// 0..=1.
    pub value: f64,
    /// Of how many independent things.
    pub n: usize,
}

impl Share {
    /// Returns the share of `part` in `n`, `None` of nothing.
    pub fn of(part: usize, n: usize) -> Option<Self> {
        (n > 0).then(|| Self {
            value: float(part) / float(n),
            n,
        })
    }

    fn variance(self) -> f64 {
        self.value * (1.0 - self.value) / float(self.n)
    }
}

/// Returns the rate that a judge would have found had it made no errors, and its interval, within 0..=1: `found` is the rate
/// it did find, `sensitivity` its share of passes among what should pass, `specificity` that of failures among what should
/// fail. `None` for a judge that is no better than chance.
///
/// Source: W. J. Rogan and B. Gladen, American Journal of Epidemiology 107 (1978), 71–76; the interval by the delta method,
/// as in Z. Lang and J. Reiczigel, Preventive Veterinary Medicine 113 (2014), 13–22.
pub fn corrected_rate(
    found: Share,
    sensitivity: Share,
    specificity: Share,
    confidence: f64,
) -> Option<(f64, Interval)> {
    let power = sensitivity.value + specificity.value - 1.0;
    if power <= 0.0 {
        return None;
    }
    let rate = (found.value + specificity.value - 1.0) / power;
    let variance = found.variance()
        + (1.0 - rate).powi(2) * specificity.variance()
        + rate.powi(2) * sensitivity.variance();
    let half = normal_quantile(confidence) * variance.sqrt() / power;
    let interval = Interval::around(rate, half).clipped(0.0, 1.0);
    Some((rate.clamp(0.0, 1.0), interval))
}

/// Krippendorff's alpha of yes and no in the making, fed one thing at a time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Alpha {
    yes: usize,
    no: usize,
    disagreement: f64,
    things: usize,
}

impl Alpha {
    /// Notes how many raters said yes and no to one thing. What fewer than two have rated says nothing.
    pub fn add(&mut self, yes: usize, no: usize) {
        if yes + no < 2 {
            return;
        }
        self.yes += yes;
        self.no += no;
        self.things += 1;
        self.disagreement += float(yes * no) / float(yes + no - 1);
    }

    /// Returns how many things at least two have rated.
    pub fn things(&self) -> usize {
        self.things
    }

    /// Returns alpha: 1 where all agree, 0 where they agree by chance. `None` where everybody always said the same one
    /// word: then there was nothing to agree on.
    ///
    /// Source: K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), for nominal data with gaps.
    pub fn get(&self) -> Option<f64> {
        let by_chance = float(self.yes) * float(self.no);
        let all = self.yes + self.no;
        (by_chance > 0.0).then(|| 1.0 - float(all - 1) * self.disagreement / by_chance)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn near(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-9, "{found} {expected}");
    }

    /// Oracle: `cohens_kappa` of statsmodels 0.15.0.
    #[test]
    fn kappa_agrees_with_another_package() {
        let table = Agreement {
            both: 45,
            only_first: 5,
            only_second: 8,
            neither: 42,
        };
        let (kappa, interval) = table.kappa(0.95).unwrap();
        near(kappa, 0.74);
        near(interval.low, 0.608_408_981_423_948);
        near(interval.high, 0.871_591_018_576_052);
    }

    #[test]
    fn one_word_alone_has_no_kappa() {
        assert_eq!(Agreement::default().kappa(0.95), None);
        let table = Agreement {
            both: 9,
            ..Agreement::default()
        };
        assert_eq!(table.kappa(0.95), None);
        let (kappa, _) = Agreement {
            neither: 1,
            ..table
        }
        .kappa(0.95)
        .unwrap();
        near(kappa, 1.0);
    }

    #[test]
    fn a_rate_is_corrected_by_the_errors_of_its_judge() {
        let share = |value, n| Share { value, n };
        let found = corrected_rate(share(0.78, 500), share(0.92, 100), share(0.85, 80), 0.95);
        let (rate, interval) = found.unwrap();
        near(rate, 0.818_181_818_181_818);
        near(interval.low, 0.742_305_600_600_763_1);
        near(interval.high, 0.894_058_035_762_872_9);
        let coin = corrected_rate(share(0.5, 9), share(0.5, 9), share(0.5, 9), 0.95);
        assert_eq!(coin, None);
        let low = corrected_rate(share(0.1, 9), share(0.9, 9), share(0.8, 9), 0.95);
        near(low.unwrap().0, 0.0);
    }

    /// By hand: of the ratings that have a partner three are yes and three no, and one thing is disputed.
    #[test]
    fn alpha_is_one_less_disagreement_over_chance() {
        let mut alpha = Alpha::default();
        for (yes, no) in [(2, 0), (1, 1), (0, 2), (1, 0)] {
            alpha.add(yes, no);
        }
        assert_eq!(alpha.things(), 3);
        near(alpha.get().unwrap(), 1.0 - 5.0 / 9.0);
        let mut same = Alpha::default();
        same.add(3, 0);
        assert_eq!(same.get(), None);
    }

    proptest! {
        #[test]
        fn alpha_and_kappa_never_exceed_one(pairs in prop::collection::vec((any::<bool>(), any::<bool>()), 1..40)) {
            let (mut table, mut alpha) = (Agreement::default(), Alpha::default());
            for (first, second) in &pairs {
                table.add(*first, *second);
                let yes = usize::from(*first) + usize::from(*second);
                alpha.add(yes, 2 - yes);
            }
            prop_assert_eq!(table.n(), pairs.len());
            if let Some((kappa, ends)) = table.kappa(0.95) {
                prop_assert!(kappa <= 1.0 + 1e-12 && ends.low <= kappa && kappa <= ends.high + 1e-12);
            }
            if let Some(alpha) = alpha.get() {
                prop_assert!(alpha <= 1.0 + 1e-12);
                prop_assert_eq!(alpha >= 1.0 - 1e-12, table.agreed() == table.n());
            }
        }
    }
}
