//! What a report comes to, in plain words: warnings, and facts a reader would look for first.
//!
//! Says nothing that the counts do not say: which model is better than another is `verdicts`' to say.

use super::document::{ModelRow, Report};
use super::human::{Dollars, counted, listed, percent};
use super::safe::name;
use super::table::{PASSES, rows_of};
use super::verdicts;
use crate::catalog::Usd;
use crate::journal::Stopped;

/// Fewer groups than this say little about how sure a rate is.
const FEW_CLUSTERS: u64 = 5;

/// Returns how far judges can be trusted, a sentence each.
pub(super) fn judges(report: &Report) -> Vec<String> {
    let of_several = report.suites.len() > 1;
    let rows = report.judges.iter();
    rows.flat_map(|row| row.sentences(of_several)).collect()
}

/// Returns what repeats say, a sentence for each model.
pub(super) fn noise(report: &Report) -> Vec<String> {
    let of_several = report.suites.len() > 1;
    let rows = report.noise.iter();
    rows.map(|row| row.sentence(of_several)).collect()
}

/// Returns what a reader must know before trusting the numbers, a sentence each, the gravest last.
pub(super) fn warnings(report: &Report) -> Vec<String> {
    let rows = Rows::of(report);
    let mut warnings = Vec::new();
    let cut_off = rows.sum(|row| row.counts.cut_off);
    if cut_off > 0 {
        let whose = rows.labels(|row| row.counts.cut_off > 0);
        let answers = were(cut_off, "answer");
        warnings.push(format!("{answers} cut off at max_tokens ({whose})"));
    }
    let estimated = rows.sum(|row| row.counts.estimated);
    if estimated > 0 {
        let trials = counted(estimated, "trial");
        let whose = rows.labels(|row| row.counts.estimated > 0);
        warnings.push(format!("the cost of {trials} is estimated ({whose})"));
    }
    let few = |row: &ModelRow| row.counts.pass_rate.as_ref()?.clusters;
    if rows.any(|row| few(row).is_some_and(|clusters| clusters < FEW_CLUSTERS)) {
        warnings.push("too few clusters of cases: the intervals are a rough guide".to_owned());
    }
    warnings.extend(verdicts::warnings(report));
    let unpriced: Vec<String> = report
        .cost
        .unpriced_models
        .iter()
        .map(|id| format!("`{}`", name(id)))
        .collect();
    if !unpriced.is_empty() {
        let (cost, price) = match unpriced.len() {
            1 => ("its cost", "its price"),
            _ => ("their cost", "their prices"),
        };
        warnings.push(format!(
            "no price is known for {}: {cost} is unknown, not zero; add {price} with `--pricing FILE`",
            listed(&unpriced)
        ));
    }
    let early = report.run.stopped_by == Some(Stopped::Early);
    if report.run.not_asked > 0 && !early {
        let planned = counted(report.run.planned, "trial");
        let why = report
            .run
            .stopped_by
            .map(|stopped| format!(": {}", because(stopped)));
        let why = why.unwrap_or_default();
        let were = if report.run.not_asked == 1 {
            "was"
        } else {
            "were"
        };
        warnings.push(format!(
            "{} of {planned} {were} not asked{why}",
            report.run.not_asked
        ));
    }
    warnings
}

/// Returns the facts a reader looks for first, a line each: who passed most, who is cheapest per pass, what was
/// charged, and what the intervals mean.
pub(super) fn conclusion(report: &Report) -> Vec<String> {
    let overall: Vec<&ModelRow> = rows_of(report, None).collect();
    let rows: Vec<&ModelRow> = match (overall.is_empty(), report.suites.as_slice()) {
        (false, _) => overall,
        (true, [only]) => rows_of(report, Some(&only.name)).collect(),
        (true, _) => Vec::new(),
    };
    let mut lines = Vec::new();
    if rows.len() > 1 {
        lines.extend(best_rate(&rows));
        lines.extend(cheapest(&rows));
    }
    lines.extend(patience(report));
    lines.extend(left_out(report));
    lines.extend(batched(report));
    lines.extend(cached(report));
    lines.push(charged(report));
    lines.push(meaning(report, &rows));
    lines
}

/// Returns why a run stopped early.
pub(super) fn because(stopped: Stopped) -> &'static str {
    match stopped {
        Stopped::Interrupted => "the run was interrupted",
        Stopped::Budget => "the budget was reached",
        Stopped::Failures => "too many trials failed",
        Stopped::Denied => "access was denied",
        Stopped::DayQuota => "the day's quota is used up",
        Stopped::Early => "their verdict was there before",
    }
}

/// The rows of single suites.
struct Rows<'a>(Vec<&'a ModelRow>);

impl<'a> Rows<'a> {
    fn of(report: &'a Report) -> Self {
        let rows = report.models.iter().filter(|row| row.suite.is_some());
        Self(rows.collect())
    }

    fn sum(&self, count: impl Fn(&ModelRow) -> u64) -> u64 {
        self.0.iter().map(|row| count(row)).sum()
    }

    fn any(&self, holds: impl Fn(&ModelRow) -> bool) -> bool {
        self.0.iter().any(|row| holds(row))
    }

    /// Returns the labels of the rows of which it holds, each once.
    fn labels(&self, holds: impl Fn(&ModelRow) -> bool) -> String {
        let mut names: Vec<String> = Vec::new();
        for row in self.0.iter().filter(|row| holds(row)) {
            let label = name(&row.label);
            if !names.contains(&label) {
                names.push(label);
            }
        }
        listed(&names)
    }
}

/// Returns `1 answer was`, `2 answers were`.
fn were(count: u64, noun: &str) -> String {
    let verb = if count == 1 { "was" } else { "were" };
    format!("{} {verb}", counted(count, noun))
}

/// Returns how often models had to be asked again, and why.
fn patience(report: &Report) -> Option<String> {
    let rows = Rows::of(report);
    let throttled = rows.sum(|row| row.counts.throttled);
    let retried = rows.sum(|row| row.counts.retried);
    let slow = || rows.labels(|row| row.counts.throttled > 0);
    let again = || rows.labels(|row| row.counts.retried > 0);
    Some(match (throttled, retried) {
        (0, 0) => return None,
        (0, _) => format!("{} asked again ({}).", were(retried, "call"), again()),
        _ if throttled == retried => {
            let calls = were(throttled, "call");
            format!("{calls} throttled and asked again ({}).", slow())
        }
        _ => format!(
            "{} throttled ({}), {retried} asked again.",
            were(throttled, "call"),
            slow()
        ),
    })
}

/// Says what stopping early has saved, at what a trial of the same model and suite took.
fn left_out(report: &Report) -> Option<String> {
    if report.run.stopped_by != Some(Stopped::Early) {
        return None;
    }
    let rows = Rows::of(report);
    let saved = rows.0.iter().map(|row| {
        let (asked, left) = (row.counts.trials, row.counts.not_asked.unwrap_or(0));
        let cost = row.counts.cost_usd?;
        (asked > 0).then(|| cost.to_f64() * share(left, asked))
    });
    let saved = saved.sum::<Option<f64>>();
    let saved = saved.map(|saved| format!(", about {}", Dollars::for_all([saved]).show(saved)));
    Some(format!(
        "Stopping early saved {} of {}{}.",
        report.run.not_asked,
        counted(report.run.planned, "trial"),
        saved.unwrap_or_default()
    ))
}

#[expect(clippy::cast_precision_loss, reason = "an estimate in two digits")]
fn share(part: u64, of: u64) -> f64 {
    part as f64 / of as f64
}

/// Returns how many answers came in a batch, if any did.
fn batched(report: &Report) -> Option<String> {
    let batched = Rows::of(report).sum(|row| row.counts.batched);
    let answers = counted(batched, "answer");
    (batched > 0).then(|| {
        format!(
            "{answers} of batch inference, at its price; their latency says nothing of a model."
        )
    })
}

/// Returns how much of the prompts came from caches, and what that saved; `None` where none was used.
fn cached(report: &Report) -> Option<String> {
    let rows = Rows::of(report);
    let shares: Vec<String> = rows
        .0
        .iter()
        .filter_map(|row| {
            let rate = row.counts.cache_hit_rate?;
            Some(format!("{:.0} % ({})", rate * 100.0, name(&row.label)))
        })
        .collect();
    let saved = report
        .cost
        .saved_by_cache_usd
        .filter(|saved| *saved > Usd::ZERO);
    let saved = saved.map_or_else(String::new, |saved| {
        let amount = saved.to_f64();
        format!(
            "; reading them cost {} less than sending them",
            Dollars::for_all([amount]).show(amount)
        )
    });
    (!shares.is_empty()).then(|| {
        format!(
            "Prompt tokens from the cache: {}{saved}.",
            shares.join(", ")
        )
    })
}

fn charged(report: &Report) -> String {
    let Some(paid) = report.cost.total_usd else {
        return "Charged in this run: unknown, as not every model has a price.".to_owned();
    };
    let rows = Rows::of(report);
    let costs = rows
        .0
        .iter()
        .flat_map(|row| [row.counts.cost_usd, row.counts.judge_cost_usd]);
    let recorded = costs.flatten().sum::<Usd>().to_f64() - paid.to_f64();
    let show = |amount: f64| Dollars::for_all([amount]).show(amount);
    let charged = match report.cost.judges_usd {
        Some(judges) if judges > Usd::ZERO => format!(
            "{}, {} of it by judges",
            show(paid.to_f64()),
            show(judges.to_f64())
        ),
        _ => show(paid.to_f64()),
    };
    match (paid == Usd::ZERO, recorded > 0.0) {
        (true, false) => "Charged in this run: nothing.".to_owned(),
        (true, true) => format!(
            "Charged in this run: nothing; the answers are recorded ones, which cost {}.",
            show(recorded)
        ),
        (false, false) => format!("Charged in this run: {charged}."),
        (false, true) => format!(
            "Charged in this run: {charged}; recorded answers, not charged again, cost {}.",
            show(recorded)
        ),
    }
}

fn best_rate(rows: &[&ModelRow]) -> Option<String> {
    let rate = |row: &ModelRow| Some(row.counts.pass_rate.as_ref()?.value);
    let best = rows.iter().filter_map(|row| rate(row)).reduce(f64::max)?;
    let leads = |row: &&&ModelRow| rate(row).is_some_and(|rate| rate >= best);
    let leaders: Vec<String> = rows
        .iter()
        .filter(leads)
        .map(|row| name(&row.label))
        .collect();
    let rate = percent(best);
    // What failed to answer is in nobody's rate, so the cases behind two rates may differ.
    let apart = rows.iter().any(|row| row.counts.n != rows[0].counts.n);
    let apart = if apart {
        " (not over the same cases)"
    } else {
        ""
    };
    if leaders.len() == rows.len() {
        let all = if rows.len() == 2 { "Both" } else { "All" };
        return Some(format!(
            "{all} models have the same pass rate, {rate}{apart}."
        ));
    }
    Some(format!(
        "Highest pass rate: {}, {rate}{apart}.",
        listed(&leaders)
    ))
}

fn cheapest(rows: &[&ModelRow]) -> Option<String> {
    let cost = |row: &ModelRow| row.counts.cost_per_pass_usd.and_then(|cost| cost.value);
    let mut costs: Vec<(f64, String)> = rows
        .iter()
        .filter_map(|row| Some((cost(row)? * PASSES, name(&row.label))))
        .collect();
    costs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let [first, .., last] = costs.as_slice() else {
        return None;
    };
    let dollars = Dollars::for_all(costs.iter().map(|(cost, _)| *cost));
    let (low, high) = (dollars.show(first.0), dollars.show(last.0));
    if low == high {
        return None;
    }
    Some(format!(
        "Lowest cost of 1k passes: {}, {low}; highest: {}, {high}.",
        first.1, last.1
    ))
}

/// Says what a pass rate is a mean of.
fn meaning(report: &Report, rows: &[&ModelRow]) -> String {
    let judged = |rows: &mut dyn Iterator<Item = &ModelRow>| -> Vec<u64> {
        rows.map(|row| row.counts.n).filter(|n| *n > 0).collect()
    };
    let cases = match rows {
        [] => judged(&mut report.models.iter()),
        rows => judged(&mut rows.iter().copied()),
    };
    let trials: u64 = Rows::of(report).sum(|row| row.counts.trials);
    match (cases.iter().min(), cases.iter().max()) {
        _ if trials == 0 => "Nothing was asked, so there is no pass rate.".to_owned(),
        (Some(1), Some(1)) => {
            "A single case was judged, which says little about a model.".to_owned()
        }
        (Some(low), Some(high)) => {
            let n = if low == high {
                counted(*high, "case")
            } else {
                format!("{low} to {high} cases")
            };
            format!("Pass rates are means over {n}, with 95 % intervals in brackets.")
        }
        _ => "Nothing could be judged, so there is no pass rate.".to_owned(),
    }
}
