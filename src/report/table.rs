//! The table of models: what stands in each cell, for the terminal and for Markdown.

use super::comparisons::ComparisonRow;
use super::document::{Counts, ModelRow, Report};
use super::human::{Dollars, Times, ends, percent, points_off, points_within, tokens};
use super::safe::name;
use crate::catalog::Usd;

/// Passed trials whose cost is shown: that of one is too small to read.
pub(super) const PASSES: f64 = 1000.0;

/// A cell: one fact, or two related ones, which stand side by side or one above the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cell {
    /// The first.
    pub(super) first: String,
    /// The second; may be empty.
    pub(super) second: String,
}

/// The rows of one suite, or of all suites together.
#[derive(Debug)]
pub(super) struct Table {
    /// Column headings, the one of the models first; each has two lines.
    pub(super) headings: Vec<Cell>,
    /// What stands between the two facts of each column where they stand side by side.
    pub(super) joints: Vec<&'static str>,
    /// Rows of as many cells.
    pub(super) rows: Vec<Vec<Cell>>,
}

impl Table {
    /// Returns the rows of `suite`; `None` is the rows over all suites.
    pub(super) fn of(report: &Report, suite: Option<&str>) -> Self {
        let models: Vec<&ModelRow> = rows_of(report, suite).collect();
        let every = || models.iter().flat_map(|row| counts(row));
        let style = Style {
            cost: Dollars::for_all(every().filter_map(cost)),
            per_pass: Dollars::for_all(every().filter_map(per_passes)),
            times: Times::for_all(every().filter_map(|counts| Some(counts.latency_ms?.p95.value))),
            errors: every().any(|counts| counts.errors > 0),
            undecided: every().any(|counts| counts.undecided > 0),
            compared: report
                .comparisons
                .iter()
                .filter(|row| row.suite.as_deref() == suite)
                .collect(),
        };
        let rows = models.iter().flat_map(|row| {
            let alone = std::iter::once((name(&row.label), row.label.clone(), &row.counts));
            let prompts = row.prompts.iter().filter(|_| row.prompts.len() > 1);
            let prompts = prompts.map(|prompt| {
                let side = format!("{}@{}", row.label, prompt.prompt);
                (format!("· {}", name(&prompt.prompt)), side, &prompt.counts)
            });
            alone.chain(prompts)
        });
        let rows = rows
            .map(|(label, side, counts)| style.row(label, &side, counts))
            .collect();
        let (headings, joints) = style.headings();
        Self {
            headings,
            joints,
            rows,
        }
    }
}

/// Returns the rows of `suite` in the order of the report; `None` is the rows over all suites.
pub(super) fn rows_of<'a>(
    report: &'a Report,
    suite: Option<&'a str>,
) -> impl Iterator<Item = &'a ModelRow> {
    report
        .models
        .iter()
        .filter(move |row| row.suite.as_deref() == suite)
}

/// Returns a row's own counts, and those of its prompts if there are several.
fn counts(row: &ModelRow) -> impl Iterator<Item = &Counts> {
    let several = row.prompts.len() > 1;
    let prompts = row.prompts.iter().filter(move |_| several);
    std::iter::once(&row.counts).chain(prompts.map(|row| &row.counts))
}

/// What the rows of one table agree on.
struct Style<'a> {
    cost: Dollars,
    per_pass: Dollars,
    times: Times,
    errors: bool,
    undecided: bool,
    compared: Vec<&'a ComparisonRow>,
}

impl Style<'_> {
    fn headings(&self) -> (Vec<Cell>, Vec<&'static str>) {
        let latency = format!("latency {}", self.times.unit());
        let mut columns = vec![
            (Cell::new("", "model"), ""),
            (Cell::new("pass rate", "[95 %]"), " "),
        ];
        if !self.compared.is_empty() {
            columns.push((Cell::new("difference", "[95 %]"), " "));
        }
        columns.extend([
            (Cell::new(latency, "p50 / p95"), " / "),
            (Cell::new("tokens", "in / out"), " / "),
            (Cell::new("cost of all", "1k passes"), " / "),
        ]);
        match (self.errors, self.undecided) {
            (true, true) => columns.push((Cell::new("errors /", "undecided"), " / ")),
            (true, false) => columns.push((Cell::new("", "errors"), "")),
            (false, true) => columns.push((Cell::new("", "undecided"), "")),
            (false, false) => {}
        }
        columns.into_iter().unzip()
    }

    fn row(&self, label: String, side: &str, counts: &Counts) -> Vec<Cell> {
        let rate = counts.pass_rate.as_ref();
        let time = |time: f64| self.times.show(time);
        let prompt = counts.usage.input_tokens
            + counts.usage.cache_read_tokens
            + counts.usage.cache_write_tokens;
        let mut cells = vec![
            Cell::new(label, ""),
            Cell {
                first: rate.map_or_else(none, |rate| percent(rate.value)),
                second: rate.map(ends).unwrap_or_default(),
            },
        ];
        if !self.compared.is_empty() {
            cells.push(self.difference(side));
        }
        cells.extend([
            match &counts.latency_ms {
                Some(latency) => Cell::new(time(latency.p50.value), time(latency.p95.value)),
                None => Cell::new(none(), ""),
            },
            Cell::new(tokens(prompt), tokens(counts.usage.output_tokens)),
            match cost(counts) {
                Some(cost) => Cell::new(self.cost.aligned(cost), self.cost_of_passes(counts)),
                None => Cell::new(unpriced(), ""),
            },
        ]);
        let (errors, undecided) = (counts.errors.to_string(), counts.undecided.to_string());
        match (self.errors, self.undecided) {
            (true, true) => cells.push(Cell::new(errors, undecided)),
            (true, false) => cells.push(Cell::new(errors, "")),
            (false, true) => cells.push(Cell::new(undecided, "")),
            (false, false) => {}
        }
        cells
    }

    /// Returns the difference of a side from its baseline.
    fn difference(&self, side: &str) -> Cell {
        let mut rows = self.compared.iter();
        if let Some(row) = rows.find(|row| row.candidate == side) {
            return match &row.difference {
                Some(rate) => Cell::new(points_off(rate.value), points_within(rate)),
                None => Cell::new(none(), ""),
            };
        }
        let is_baseline = |row: &&&ComparisonRow| row.baseline == side;
        match self.compared.iter().find(is_baseline) {
            Some(_) => Cell::new("baseline", ""),
            None => Cell::new("", ""),
        }
    }

    fn cost_of_passes(&self, counts: &Counts) -> String {
        match (counts.cost_per_pass_usd, per_passes(counts)) {
            (_, Some(cost)) => self.per_pass.aligned(cost),
            (Some(_), None) if counts.failed > 0 => "no pass".to_owned(),
            _ => none(),
        }
    }
}

impl Cell {
    fn new(first: impl Into<String>, second: impl Into<String>) -> Self {
        Self {
            first: first.into(),
            second: second.into(),
        }
    }

    /// Returns both facts with `joint` between them.
    pub(super) fn joined(&self, joint: &str) -> String {
        match (self.first.as_str(), self.second.as_str()) {
            (first, "") => first.to_owned(),
            ("", second) => second.to_owned(),
            (first, second) => format!("{first}{joint}{second}"),
        }
    }
}

fn cost(counts: &Counts) -> Option<f64> {
    counts.cost_usd.map(Usd::to_f64)
}

fn per_passes(counts: &Counts) -> Option<f64> {
    Some(counts.cost_per_pass_usd?.value? * PASSES)
}

fn none() -> String {
    "–".to_owned()
}

fn unpriced() -> String {
    "unpriced".to_owned()
}
