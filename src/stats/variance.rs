//! Where the spread of scores comes from: cases, repeats of a model, repeats of a judge.

use super::sample::{float, mean, sd};

/// The spread of scores of cases that were repeated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spread {
    /// Variance between the true means of cases.
    pub between: f64,
    /// Variance of one repeat around the mean of its case.
    pub within: f64,
}

impl Spread {
    /// Takes in the scores of each case. Cases with one repeat tell only of the spread between; `None` without a case that
    /// has more, or with fewer than two cases.
    pub fn of(cases: &[Vec<f64>]) -> Option<Self> {
        let repeated: Vec<&Vec<f64>> = cases.iter().filter(|scores| scores.len() > 1).collect();
        if cases.len() < 2 || repeated.is_empty() {
            return None;
        }
        let variances: Vec<f64> = repeated.iter().map(|scores| sd(scores).powi(2)).collect();
        let within = mean(&variances);
        let means: Vec<f64> = cases.iter().map(|scores| mean(scores)).collect();
        let per_repeat: Vec<f64> = cases.iter().map(|case| 1.0 / float(case.len())).collect();
        Some(Self {
            between: (sd(&means).powi(2) - within * mean(&per_repeat)).max(0.0),
            within,
        })
    }

    /// Returns the share of the spread that lies between cases; not a number if there is no spread.
    pub fn intraclass(self) -> f64 {
        self.between / (self.between + self.within)
    }

    /// Returns the standard error of the mean over `cases` cases, each repeated `repeats` times.
    pub fn error(self, cases: usize, repeats: u32) -> f64 {
        ((self.between + self.within / f64::from(repeats)) / float(cases)).sqrt()
    }
}

/// The spread of scores by what causes it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Causes {
    /// Variance between cases.
    pub cases: f64,
    /// Variance between a model's answers to one case.
    pub answers: f64,
    /// Variance between a judge's opinions of one answer.
    pub judge: f64,
}

impl Causes {
    /// Takes in scores by case, answer and opinion, as many answers of each case and opinions of each answer, two of each at
    /// least; `None` for anything else. Below 0, a variance is 0.
    ///
    /// Source: S. R. Searle, G. Casella and C. E. `McCulloch`, "Variance Components" (1992), section 3.5, balanced nested
    /// analysis of variance.
    pub fn of(scores: &[Vec<Vec<f64>>]) -> Option<Self> {
        let answers = scores.first()?.len();
        let opinions = scores.first()?.first()?.len();
        let balanced = scores.iter().all(|case| {
            case.len() == answers && case.iter().all(|answer| answer.len() == opinions)
        });
        if !balanced || scores.len() < 2 || answers < 2 || opinions < 2 {
            return None;
        }
        let of_answers: Vec<Vec<f64>> = scores
            .iter()
            .map(|case| case.iter().map(|answer| mean(answer)).collect())
            .collect();
        let of_cases: Vec<f64> = of_answers.iter().map(|case| mean(case)).collect();
        let judge = mean_of(scores.iter().flatten().map(|answer| sd(answer).powi(2)));
        let answer = mean_of(of_answers.iter().map(|case| sd(case).powi(2))) * float(opinions);
        let case = sd(&of_cases).powi(2) * float(answers * opinions);
        Some(Self {
            cases: ((case - answer) / float(answers * opinions)).max(0.0),
            answers: ((answer - judge) / float(opinions)).max(0.0),
            judge,
        })
    }
}

fn mean_of(values: impl Iterator<Item = f64>) -> f64 {
    mean(&values.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_repeats_nothing_is_known_of_noise() {
        assert_eq!(Spread::of(&[vec![1.0], vec![0.0]]), None);
        assert_eq!(Causes::of(&[vec![vec![1.0, 2.0]]]), None);
        assert_eq!(Causes::of(&[]), None);
    }
}
