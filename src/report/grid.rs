//! Small tables of one number per model: the pass rates of suites, and named metrics.

use super::document::{ModelRow, Rate, Report};
use super::human::percent;
use super::safe::name;
use super::table::rows_of;

/// Metrics that are shown, those in which the models differ most.
const METRICS: usize = 8;

/// Numbers by row and column, as text.
#[derive(Debug, PartialEq)]
pub(super) struct Grid {
    /// What the numbers are.
    pub(super) title: String,
    /// What is left out; may be empty.
    pub(super) rest: String,
    /// The headings: that of the names first.
    pub(super) headings: Vec<String>,
    /// A name and as many values as there are further headings.
    pub(super) rows: Vec<Vec<String>>,
}

impl Grid {
    /// Returns the pass rate of every suite and model, several prompts of a suite also apart; `None` for one suite, and
    /// where nothing was judged.
    pub(super) fn pass_rates(report: &Report) -> Option<Self> {
        let judged = report.models.iter().any(|row| row.counts.n > 0);
        if report.suites.len() < 2 || !judged {
            return None;
        }
        let labels = labels(report);
        let mut rows = Vec::new();
        for suite in &report.suites {
            let models: Vec<&ModelRow> = rows_of(report, Some(&suite.name)).collect();
            let of = |label: &str| models.iter().find(|row| row.label == label);
            let mut row = vec![name(&suite.name), suite.cases.to_string()];
            row.extend(labels.iter().map(|label| match of(label) {
                Some(row) => rate(row.counts.pass_rate.as_ref()),
                None => "not run".to_owned(),
            }));
            rows.push(row);
            for prompt in prompts(&models) {
                let mut row = vec![format!("· {}", name(prompt)), String::new()];
                row.extend(labels.iter().map(|label| {
                    let prompts = of(label).into_iter().flat_map(|row| &row.prompts);
                    let mut prompts = prompts.filter(|row| row.prompt == prompt);
                    rate(prompts.next().and_then(|row| row.counts.pass_rate.as_ref()))
                }));
                rows.push(row);
            }
        }
        let heading = ["suite", "cases"].map(str::to_owned).into_iter();
        Some(Self {
            title: "Pass rate by suite".to_owned(),
            rest: String::new(),
            headings: heading
                .chain(labels.iter().map(|label| name(label)))
                .collect(),
            rows,
        })
    }

    /// Returns the mean of each named metric by model, the ones in which models differ most first, then the lowest;
    /// `None` if there are none. `suite` as for [`rows_of`].
    pub(super) fn metrics(report: &Report, suite: Option<&str>) -> Option<Self> {
        let models: Vec<&ModelRow> = rows_of(report, suite).collect();
        let mut names: Vec<&str> = models
            .iter()
            .flat_map(|row| row.counts.metrics.keys().map(String::as_str))
            .collect();
        names.sort_unstable();
        names.dedup();
        if names.is_empty() {
            return None;
        }
        let values = |metric: &str| -> Vec<Option<f64>> {
            let of = |row: &&ModelRow| row.counts.metrics.get(metric).map(|mean| mean.value);
            models.iter().map(of).collect()
        };
        let mut metrics: Vec<_> = names
            .into_iter()
            .map(|metric| (metric, values(metric)))
            .collect();
        // Sorting is stable: what is equal stays in the order of names.
        metrics.sort_by(|(_, a), (_, b)| {
            let by_spread = spread(b).total_cmp(&spread(a));
            by_spread.then(least(a).total_cmp(&least(b)))
        });
        let untold = metrics.len().saturating_sub(METRICS);
        metrics.truncate(METRICS);
        let rows = metrics.into_iter().map(|(metric, values)| {
            let shown = values
                .into_iter()
                .map(|value| value.map_or_else(|| "–".to_owned(), mean));
            std::iter::once(name(metric)).chain(shown).collect()
        });
        let labels = models.iter().map(|row| name(&row.label));
        Some(Self {
            title: "Metrics, means over cases".to_owned(),
            rest: match untold {
                0 => String::new(),
                more => {
                    format!("… and {more} more in report.json, in which the models differ less")
                }
            },
            headings: std::iter::once("metric".to_owned()).chain(labels).collect(),
            rows: rows.collect(),
        })
    }
}

/// Returns every label of the run, in the order in which they first appear.
fn labels(report: &Report) -> Vec<&str> {
    let mut labels = Vec::new();
    for row in report.models.iter().filter(|row| row.suite.is_some()) {
        if !labels.contains(&row.label.as_str()) {
            labels.push(&row.label);
        }
    }
    labels
}

/// Returns the prompts of a suite if it has several.
fn prompts<'a>(models: &[&'a ModelRow]) -> Vec<&'a str> {
    let mut prompts = Vec::new();
    for row in models.iter().flat_map(|row| &row.prompts) {
        if !prompts.contains(&row.prompt.as_str()) {
            prompts.push(row.prompt.as_str());
        }
    }
    if prompts.len() > 1 {
        prompts
    } else {
        Vec::new()
    }
}

fn rate(rate: Option<&Rate>) -> String {
    rate.map_or_else(|| "–".to_owned(), |rate| percent(rate.value))
}

/// Returns a mean with two decimals; only what is really 1 reads `1.00`.
fn mean(value: f64) -> String {
    let below_one = value < 1.0 && value > 0.99;
    format!("{:.2}", if below_one { 0.99 } else { value })
}

/// Returns how far the values lie apart.
fn spread(values: &[Option<f64>]) -> f64 {
    let most = values.iter().flatten().copied();
    most.fold(f64::NEG_INFINITY, f64::max) - least(values)
}

fn least(values: &[Option<f64>]) -> f64 {
    values
        .iter()
        .flatten()
        .copied()
        .fold(f64::INFINITY, f64::min)
}
