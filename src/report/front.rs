//! The front of cost and quality, as the document has it and in words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::document::Report;
use super::human::listed;
use super::safe::name;
use crate::journal::Header;
use crate::tally::OnFront;

/// A model, and which others are surely as good and cheaper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FrontRow {
    /// The suite.
    pub suite: String,
    /// The model.
    pub label: String,
    /// Models that are not worse by the margin, and cost less; empty for one on the front.
    pub dominated_by: Vec<String>,
}

impl FrontRow {
    /// Returns the row of a model.
    pub(super) fn of(header: &Header, found: OnFront) -> Self {
        let suite = header.suites.get(found.suite as usize);
        Self {
            suite: suite.map(|suite| suite.name.clone()).unwrap_or_default(),
            label: found.label,
            dominated_by: found.dominated_by,
        }
    }
}

/// Says for each suite which models nobody beats at cost and quality both, where that leaves somebody out.
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for suite in &report.suites {
        let rows = report.front.iter().filter(|row| row.suite == suite.name);
        let (front, beaten): (Vec<&FrontRow>, Vec<&FrontRow>) =
            rows.partition(|row| row.dominated_by.is_empty());
        if beaten.is_empty() {
            continue;
        }
        let place = match report.suites.len() {
            1 => String::new(),
            _ => format!("{}: ", name(&suite.name)),
        };
        let front: Vec<String> = front.iter().map(|row| name(&row.label)).collect();
        let front = match front.as_slice() {
            [one] => format!("{one} is"),
            several => format!("{} are", listed(several)),
        };
        let beaten: Vec<String> = beaten
            .iter()
            .map(|row| {
                let by: Vec<String> = row.dominated_by.iter().map(|label| name(label)).collect();
                format!(
                    "{} is no better than {}, which costs less",
                    name(&row.label),
                    listed(&by)
                )
            })
            .collect();
        lines.push(format!(
            "{place}{} on the front of cost and quality. {}.",
            front,
            beaten.join("; ")
        ));
    }
    lines
}
