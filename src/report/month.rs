//! What a run's models would cost at a volume: so many questions a month.

use super::document::{Counts, Report};
use super::human::Dollars;
use super::safe::name;
use super::table::rows_of;
use super::verdicts;
use crate::catalog::Usd;

/// Returns what each model, and each pair of them where one is asked first, costs for so many questions, a sentence each.
pub(super) fn sentences(report: &Report, questions: u64) -> Vec<String> {
    let over_all = rows_of(report, None).next().is_some();
    let rows = report
        .models
        .iter()
        .filter(|row| row.suite.is_none() == over_all);
    let mut lines = Vec::new();
    for row in rows {
        let place = match &row.suite {
            Some(suite) if report.suites.len() > 1 => format!(" in {}", name(suite)),
            _ => String::new(),
        };
        let label = format!("{}{place}", name(&row.label));
        let Some(cost) = monthly(&row.counts, row.counts.cost_usd, questions) else {
            lines.push(format!(
                "{label}: unknown, for want of a price or an answer."
            ));
            continue;
        };
        let counts = &row.counts;
        let ways = [
            (counts.batch_cost_usd, "in batch"),
            (counts.flex_cost_usd, "in the flex tier"),
            (counts.cached_cost_usd, "with a prompt cache"),
        ];
        let ways = ways.into_iter().filter_map(|(cost, way)| {
            let cost = monthly(counts, cost, questions)?;
            Some(format!(", {} {way}", dollars(cost)))
        });
        let ways: String = ways.collect();
        lines.push(format!("{label}: {}{ways}.", dollars(cost)));
    }
    for row in verdicts::shown(report) {
        let cascade = row
            .cascade
            .as_ref()
            .filter(|cascade| cascade.cost_saving.value > 0.0);
        let mut baselines = report.models.iter();
        let baseline =
            baselines.find(|model| model.suite == row.suite && model.label == row.baseline);
        let cost =
            baseline.and_then(|model| monthly(&model.counts, model.counts.cost_usd, questions));
        if let (Some(cascade), Some(cost)) = (cascade, cost) {
            lines.push(format!(
                "{} first, {} where a check fails: {}.",
                name(&row.candidate),
                name(&row.baseline),
                dollars(cost * (1.0 - cascade.cost_saving.value))
            ));
        }
    }
    lines
}

/// Returns what so many questions cost, at what the trials of a row cost.
#[expect(clippy::cast_precision_loss, reason = "a projection in three digits")]
fn monthly(counts: &Counts, cost: Option<Usd>, questions: u64) -> Option<f64> {
    let trials = (counts.trials > 0).then_some(counts.trials as f64)?;
    Some(cost?.to_f64() / trials * questions as f64)
}

fn dollars(amount: f64) -> String {
    Dollars::for_all([amount]).show(amount)
}
