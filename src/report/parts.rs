//! Which tables a report for people shows, and in which order.
//!
//! One suite has its own table. Several have one over all of them and a grid of pass rates; a suite in which not every
//! model ran is not in the former, so it has its own table too.

use super::document::{Report, SuiteSummary};
use super::grid::Grid;
use super::human::counted;
use super::safe::name;
use super::table::{Table, rows_of};

/// A table with its title.
#[derive(Debug)]
pub(super) enum Part {
    /// What the models did, with what, and over how much.
    Models(String, String, Table),
    /// One number per model.
    Grid(Grid),
}

/// Returns the tables of a report.
pub(super) fn parts(report: &Report) -> Vec<Part> {
    let of_suite = |suite: &SuiteSummary| {
        let table = Table::of(report, Some(&suite.name));
        Part::Models(name(&suite.name), counted(suite.cases, "case"), table)
    };
    let metrics = |suite: Option<&str>| Grid::metrics(report, suite).map(Part::Grid);
    if let [only] = report.suites.as_slice() {
        let own = std::iter::once(of_suite(only));
        return own.chain(metrics(Some(&only.name))).collect();
    }
    let labels = rows_of(report, None).count();
    let (shared, partial): (Vec<_>, Vec<_>) = report
        .suites
        .iter()
        .partition(|suite| labels > 0 && rows_of(report, Some(&suite.name)).count() == labels);
    let mut parts = Vec::new();
    if labels > 0 {
        let cases = counted(shared.iter().map(|suite| suite.cases).sum(), "case");
        let (title, size) = match partial.len() {
            0 => (counted(shared.len() as u64, "suite"), cases),
            _ => (
                format!("{} of {} suites", shared.len(), report.suites.len()),
                format!("{cases} (only suites that every model ran in)"),
            ),
        };
        parts.push(Part::Models(title, size, Table::of(report, None)));
    }
    parts.extend(Grid::pass_rates(report).map(Part::Grid));
    parts.extend(metrics(None));
    for suite in partial {
        parts.push(of_suite(suite));
        parts.extend(metrics(Some(&suite.name)));
    }
    parts
}
