//! What comparisons come to, in words that a manager can read.

use super::comparisons::{ComparisonRow, RatioRow};
use super::document::Report;
use super::human::{counted, listed, points, points_off, whole_percent};
use super::safe::name;

/// Names that are listed of what broke and what got fixed.
const NAMES: usize = 8;

/// Returns the comparisons that a reader should see: those over all suites where there are some, else all.
pub(super) fn shown(report: &Report) -> Vec<&ComparisonRow> {
    let rows = || report.comparisons.iter();
    if rows().any(|row| row.suite.is_none()) {
        rows().filter(|row| row.suite.is_none()).collect()
    } else {
        rows().collect()
    }
}

/// Returns the verdict of each comparison, a sentence each, and what the cases are too few to see.
pub(super) fn sentences(report: &Report) -> Vec<String> {
    let rows = shown(report);
    let several = rows.iter().any(|row| row.suite != rows[0].suite);
    rows.iter()
        .map(|row| {
            let place = match &row.suite {
                Some(suite) if several => format!("{}: ", name(suite)),
                _ => String::new(),
            };
            place + &sentence(row)
        })
        .collect()
}

/// Returns what broke and what got fixed, by name, for each comparison where something did.
pub(super) fn flips(report: &Report) -> Vec<String> {
    let of = |row: &ComparisonRow| {
        let part = |what: &str, flips: &[super::comparisons::FlipRow]| {
            let names = flips.iter().take(NAMES).map(|flip| name(&flip.case));
            let names: Vec<String> = names.collect();
            let more = match flips.len().saturating_sub(NAMES) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            (!flips.is_empty())
                .then(|| format!("{what} {}: {}{more}", flips.len(), names.join(", ")))
        };
        let parts: Vec<String> = [part("broke", &row.broken), part("fixed", &row.fixed)]
            .into_iter()
            .flatten()
            .collect();
        let place = row
            .suite
            .as_ref()
            .filter(|_| report.suites.len() > 1)
            .map(|suite| format!(" in {}", name(suite)));
        (!parts.is_empty()).then(|| {
            format!(
                "{}{} {}",
                name(&row.candidate),
                place.unwrap_or_default(),
                parts.join("; ")
            )
        })
    };
    let rows = report.comparisons.iter();
    rows.filter(|row| row.suite.is_some())
        .filter_map(of)
        .collect()
}

/// Returns what asking the cheaper model first would come to, a sentence for each candidate of which that is worth knowing: it
/// settles some questions and not all, and saves something.
pub(super) fn cascades(report: &Report) -> Vec<String> {
    let of = |row: &&ComparisonRow| {
        let cascade = row.cascade.as_ref()?;
        let saving = cascade.cost_saving.value;
        (cascade.is_worth_it() && !row.is_noise_floor()).then(|| {
            format!(
                "{} first, {} where a check fails: {} pass, {} less cost.",
                name(&row.candidate),
                name(&row.baseline),
                super::human::percent(cascade.pass_rate),
                whole_percent(saving)
            )
        })
    };
    shown(report).iter().filter_map(of).collect()
}

/// Returns what candidates are compared with, as a heading; `None` without a comparison.
pub(super) fn against(report: &Report) -> Option<String> {
    let mut names: Vec<String> = Vec::new();
    for row in shown(report) {
        let known = match &row.baseline_run {
            Some(run) => format!("run {run}"),
            None => name(&row.baseline),
        };
        if !names.contains(&known) {
            names.push(known);
        }
    }
    (!names.is_empty()).then(|| listed(&names))
}

/// Returns what a reader must know of the comparisons before trusting them.
pub(super) fn warnings(report: &Report) -> Vec<String> {
    let mut all = Vec::new();
    let rows: Vec<&ComparisonRow> = report
        .comparisons
        .iter()
        .filter(|row| row.suite.is_some())
        .collect();
    if rows.iter().any(|row| row.margin_post_hoc) {
        all.push("the margin was named after the answers were known".to_owned());
    }
    let most = |of: fn(&ComparisonRow) -> u64| rows.iter().map(|row| of(row)).max().unwrap_or(0);
    let changed = most(|row| row.changed);
    if changed > 0 {
        all.push(format!(
            "{} changed since the baseline: prompt, variables or checks",
            counted(changed, "question")
        ));
    }
    let (new, gone) = (most(|row| row.new), most(|row| row.gone));
    if new > 0 {
        all.push(format!(
            "the baseline does not have {} of this run",
            counted(new, "question")
        ));
    }
    if gone > 0 {
        all.push(format!(
            "this run does not have {} of the baseline",
            counted(gone, "question")
        ));
    }
    for row in rows {
        if row.worst_case.as_ref().is_some_and(|worst| worst.flips) {
            all.push(format!(
                "had the {} without a verdict gone against {}, the verdict would be another",
                counted(row.missing, "answer"),
                name(&row.candidate)
            ));
        }
    }
    all
}

/// Returns the verdict of one comparison.
fn sentence(row: &ComparisonRow) -> String {
    if row.is_noise_floor() {
        return noise_floor(row);
    }
    let candidate = name(&row.candidate);
    let baseline = match &row.baseline_run {
        Some(run) => format!("{} in run {run}", name(&row.baseline)),
        None => name(&row.baseline),
    };
    let difference = row.difference.as_ref();
    let found = difference.map_or_else(String::new, |rate| {
        let ends = match (rate.low, rate.high) {
            (Some(low), Some(high)) => format!(" [{}, {}]", points_off(low), points_off(high)),
            _ => String::new(),
        };
        format!("{}{ends}", points(rate.value))
    });
    let apart = difference.map_or(0.0, |rate| rate.value);
    let margin = row.margin.map(points_of).unwrap_or_default();
    let rest = [cost(row), time(row)].into_iter().flatten();
    let rest: Vec<String> = rest.collect();
    let rest = match rest.as_slice() {
        [] => String::new(),
        [one] => format!(" and {one}"),
        parts => format!(", {}", parts.join(" and ")),
    };
    let said = match row.verdict.as_str() {
        "better" => format!("{candidate} is better than {baseline} by {found}{rest}"),
        "non_inferior" => {
            format!("{candidate} is not worse than {baseline} (margin {margin}){rest}: {found}")
        }
        "worse_within_margin" => format!(
            "{candidate} is worse than {baseline} by {}, which the margin of {margin} allows ({found}){rest}",
            points_of(-apart)
        ),
        "worse_beyond_margin" => format!(
            "{candidate} is worse than {baseline} by more than the margin of {margin} ({found}){rest}"
        ),
        "worse_margin_unclear" if row.margin.is_some() => format!(
            "{candidate} is worse than {baseline}; whether by more than the margin of {margin} is not sure ({found}){rest}"
        ),
        "worse_margin_unclear" => format!(
            "{candidate} is worse than {baseline} by {}{rest}",
            found.trim_start_matches('−')
        ),
        _ => return inconclusive(row, &candidate, &baseline, &found),
    };
    format!("{said}.{}", after(row))
}

/// Says after how many cases a verdict was there that was watched for.
fn after(row: &ComparisonRow) -> String {
    let watched = row.watched.as_ref();
    let decided = watched.and_then(|watched| watched.decided_after);
    decided.map_or_else(String::new, |cases| {
        format!(" That was clear after {}.", counted(cases, "case"))
    })
}

/// Says how often a model that was asked twice disagrees with itself.
fn noise_floor(row: &ComparisonRow) -> String {
    let flips = row.candidate_only + row.baseline_only;
    // Flips are rare events: their number varies by about its root.
    #[expect(clippy::cast_precision_loss, reason = "a rough width")]
    let give = (flips.max(1) as f64).sqrt();
    format!(
        "Noise floor: {} asked again comes out otherwise on {flips} ± {give:.0} of {}.",
        name(&row.baseline),
        counted(row.pairs, "question")
    )
}

fn inconclusive(row: &ComparisonRow, candidate: &str, baseline: &str, found: &str) -> String {
    if row.pairs == 0 {
        return format!("Nothing was judged for both {candidate} and {baseline}.");
    }
    let cases = counted(row.pairs, "question");
    let verb = if row.pairs == 1 { "does" } else { "do" };
    let why = match row.withheld.as_deref() {
        Some("incomplete") => {
            return format!(
                "No verdict on {candidate}: only {} of the questions were judged for both it and {baseline}.",
                whole_percent(row.completeness)
            );
        }
        Some("few_groups") => "there are too few groups of cases".to_owned(),
        Some("few_pairs") => "there are too few cases".to_owned(),
        _ => match row.minimum_detectable_difference {
            Some(least) => format!("differences below {} are mostly missed", points_of(least)),
            None => "how small a difference they show is not known".to_owned(),
        },
    };
    let more = match &row.cases_needed {
        Some(needed) if needed.is_margin => format!(
            "; about {} cases show that a model as good is within the margin of {}",
            needed.cases,
            points_of(needed.difference)
        ),
        Some(needed) => format!(
            "; about {} cases show a difference of {}",
            needed.cases,
            points_of(needed.difference)
        ),
        None => String::new(),
    };
    let found = if found.is_empty() {
        String::new()
    } else {
        format!(" ({found})")
    };
    let rest: Vec<String> = [cost(row), time(row)].into_iter().flatten().collect();
    let rest = match rest.as_slice() {
        [] => String::new(),
        parts => format!(" It {}.", parts.join(" and ")),
    };
    format!("{cases} {verb} not tell {candidate} from {baseline}{found}: {why}{more}.{rest}")
}

/// Says what it costs against the baseline.
fn cost(row: &ComparisonRow) -> Option<String> {
    let saving = row.cost_saving.as_ref()?.value;
    Some(if saving.abs() < 0.005 {
        "costs the same".to_owned()
    } else if saving > 0.0 {
        format!("costs {} less", whole_percent(saving))
    } else if saving > -1.0 {
        format!("costs {} more", whole_percent(-saving))
    } else {
        format!("costs {:.1} times as much", 1.0 - saving)
    })
}

/// Says how long it takes against the baseline, where that is sure.
fn time(row: &ComparisonRow) -> Option<String> {
    let RatioRow { value, low, high } = row.latency_ratio.as_ref()?;
    let sure = low
        .zip(*high)
        .is_some_and(|(low, high)| low > 1.0 || high < 1.0);
    sure.then(|| {
        if *value < 1.0 {
            format!("takes {} less time", whole_percent(1.0 - value))
        } else {
            format!("takes {value:.1} times as long")
        }
    })
}

/// Returns a share as points without a sign: `2 points`.
fn points_of(share: f64) -> String {
    let shown = format!("{:.1}", share.abs() * 100.0);
    let shown = shown.trim_end_matches('0').trim_end_matches('.');
    let ending = if shown == "1" { "" } else { "s" };
    format!("{shown} point{ending}")
}
