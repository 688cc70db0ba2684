//! How small a difference a suite can see, and how many cases a question needs.
//!
//! All tests are two-sided at 5 % unless it says one-sided, and see what is there in 80 % of runs.

use super::distribution::{normal_at, t_quantile};
use super::pairs::PairTable;
use super::sample::float;
use super::verdict::LEVEL;

/// How often a difference that is there is to be found.
const POWER: f64 = 0.8;
/// The share of cases on which two models differ, until it is known.
pub const USUAL_DISCORDANCE: f64 = 0.1;

/// Returns how many standard errors a difference must be away to be found that often.
fn reach() -> f64 {
    normal_at(1.0 - LEVEL / 2.0) + normal_at(POWER)
}

/// Returns the smallest difference of means that is found, from the standard error of the difference.
pub fn detectable(error: f64) -> f64 {
    reach() * error
}

/// Returns the smallest mean difference that a t test of `n` pairs finds, by its exact power, the differences having standard
/// deviation `sd`. `n` is at least 2.
///
/// The power is that of the noncentral t distribution, integrated over the spread that the sample may show.
pub fn detectable_by_t(sd: f64, n: usize) -> f64 {
    let (mut low, mut high) = (0.0, 20.0 * sd);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if t_power(middle / sd * float(n).sqrt(), n - 1) >= POWER {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

/// Returns how many pairs a t test needs to find a mean difference, the differences having standard deviation `sd`: by the
/// normal approximation, and by exact power.
pub fn pairs_needed(sd: f64, difference: f64) -> (u64, u64) {
    let normal = ceil((reach() * sd / difference).powi(2));
    let power = |n: u64| {
        let n = usize::try_from(n).unwrap_or(usize::MAX);
        t_power(difference / sd * float(n).sqrt(), n - 1)
    };
    let mut exact = normal.max(2);
    while power(exact) < POWER {
        exact += 1;
    }
    (normal, exact)
}

/// Returns the number of cases, not rounded, on which a difference of pass rates is found, if the models differ on a share
/// `discordance` of them.
///
/// Source: R. J. Connor, Biometrics 43 (1987), 207–211.
pub fn cases_needed(discordance: f64, difference: f64) -> f64 {
    let spread = (discordance - difference.powi(2)).max(0.0).sqrt();
    let reach = normal_at(1.0 - LEVEL / 2.0) * discordance.sqrt() + normal_at(POWER) * spread;
    (reach / difference).powi(2)
}

/// Returns the smallest difference of pass rates that `n` cases find; `None` if even flips all one way would not be enough.
pub fn detectable_rate(n: u64, discordance: f64) -> Option<f64> {
    let n = real(n);
    if cases_needed(discordance, discordance) > n {
        return None;
    }
    Some(smallest(discordance, |difference| {
        cases_needed(discordance, difference) <= n
    }))
}

/// Returns the smallest difference of pass rates that `n` cases find if all flips go one way: less cannot be seen.
pub fn detectable_at_best(n: u64) -> f64 {
    let n = real(n);
    smallest(1.0, |difference| cases_needed(difference, difference) <= n)
}

/// Returns how many cases show that a candidate is not worse by `margin`, if it is truly as good; one-sided at 5 %.
pub fn cases_for_margin(discordance: f64, margin: f64) -> u64 {
    let reach = normal_at(1.0 - LEVEL) + normal_at(POWER);
    ceil(reach.powi(2) * discordance / margin.powi(2))
}

/// Returns how many cases a mean difference needs with `repeats` of each: `apart` is the variance of the true differences of
/// cases, `noise` that of one trial of either model, both models together.
///
/// Source: E. Miller, arXiv 2411.00640 (2024), section 5.
pub fn cases_with_repeats(apart: f64, noise: f64, repeats: u32, difference: f64) -> u64 {
    let variance = apart + noise / f64::from(repeats);
    ceil(reach().powi(2) * variance / difference.powi(2))
}

/// How often `McNemar`'s test finds something, by mid-p and by its exact form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairPower {
    /// By mid-p.
    pub mid_p: f64,
    /// By the exact test.
    pub exact: f64,
}

/// Returns how often `n` pairs are found to differ where the candidate alone passes with probability `up` and the baseline
/// alone with `down`, by going through all outcomes. With both equal, it is the size of the test.
pub fn pair_power(n: u64, up: f64, down: f64) -> PairPower {
    let logs = log_factorials(n);
    let mut power = PairPower {
        mid_p: 0.0,
        exact: 0.0,
    };
    let log = |p: f64, times: u64| {
        if times == 0 {
            0.0
        } else {
            real(times) * p.ln()
        }
    };
    for b in 0..=n {
        for c in 0..=(n - b) {
            let rest = n - b - c;
            let ways = logs[at(n)] - logs[at(b)] - logs[at(c)] - logs[at(rest)];
            let chance = (ways + log(up, b) + log(down, c) + log(1.0 - up - down, rest)).exp();
            // Outcomes this rare change nothing that is printed.
            if chance < 1e-16 {
                continue;
            }
            let table = PairTable {
                only_candidate: b,
                only_baseline: c,
                neither: rest,
                both: 0,
            };
            power.mid_p += if table.mid_p() <= LEVEL { chance } else { 0.0 };
            power.exact += if table.exact_p() <= LEVEL {
                chance
            } else {
                0.0
            };
        }
    }
    power
}

/// Returns the power of a two-sided t test with this noncentrality.
fn t_power(noncentrality: f64, freedom: usize) -> f64 {
    let critical = t_quantile(freedom, 1.0 - LEVEL);
    let nu = float(freedom);
    let log_scale = (nu / 2.0).mul_add(
        (nu / 2.0).ln(),
        std::f64::consts::LN_2 - statrs::function::gamma::ln_gamma(nu / 2.0),
    );
    // The density of s = sqrt(chi²/nu), the ratio of the sample's spread to the true one.
    let density = |s: f64| (log_scale + (nu - 1.0) * s.ln() - nu * s * s / 2.0).exp();
    let found = |s: f64| {
        super::distribution::normal_tail(critical * s - noncentrality)
            + super::distribution::normal_tail(critical * s + noncentrality)
    };
    // Simpson's rule over nine standard deviations of s.
    let half = 9.0 / (2.0 * nu).sqrt();
    let (low, high) = ((1.0 - half).max(1e-9), 1.0 + half);
    let steps = 2000_u32;
    let width = (high - low) / f64::from(steps);
    let sum: f64 = (0..=steps)
        .map(|step| {
            let s = width.mul_add(f64::from(step), low);
            let weight = match step {
                0 => 1.0,
                step if step == steps => 1.0,
                step if step % 2 == 1 => 4.0,
                _ => 2.0,
            };
            weight * density(s) * found(s)
        })
        .sum();
    sum * width / 3.0
}

/// Returns the smallest difference, up to `most`, for which `enough`, which holds for all above it.
fn smallest(most: f64, enough: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (0.0, most);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    high
}

fn log_factorials(n: u64) -> Vec<f64> {
    let mut sum = 0.0;
    let logs = (1..=n).map(|k| {
        sum += real(k).ln();
        sum
    });
    std::iter::once(0.0).chain(logs).collect()
}

/// Returns a positive number rounded up.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts of cases are positive; beyond 2^64 the largest is as good"
)]
fn ceil(cases: f64) -> u64 {
    cases.ceil() as u64
}

fn real(count: u64) -> f64 {
    float(at(count))
}

fn at(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_at_all_has_no_size() {
        assert_eq!(detectable_rate(50, 0.1), None);
        let best = detectable_at_best(50);
        assert!((0.12..0.18).contains(&best), "{best}");
        assert!(detectable_at_best(5) > 0.7);
    }
}
