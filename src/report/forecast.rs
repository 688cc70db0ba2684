//! A plan's forecast, for people and for programs.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value, json};

use super::draw;
use super::grid::Grid;
use super::human::{Dollars, counted, listed, span_of_time, tokens, whole_percent, wrapped};
use super::safe::{name, safe_json};
use crate::catalog::Usd;
use crate::tally::{Basis, Forecast, ForecastRow, Span};

/// Standard errors to either side that hold 95 % of a normal distribution.
const NORMAL: f64 = 1.96;
/// The share of a cost from which on an error of it is told.
const WORTH_SAYING: f64 = 0.1;

/// The version of the JSON document.
const SCHEMA: u32 = 1;

impl Forecast {
    /// Writes the forecast as tables and sentences for a terminal of some width.
    ///
    /// # Errors
    ///
    /// `out` cannot be written.
    pub fn write_text(&self, width: u16, out: &mut dyn Write) -> io::Result<()> {
        let every = |row: &ForecastRow| {
            let cost = row.cost.unwrap_or_default();
            [cost.low, cost.expected, cost.high]
        };
        let costs = self.rows.iter().flat_map(every).chain(self.judge_cost());
        let costs = costs.map(Usd::to_f64);
        let dollars = Dollars::for_all(costs);
        for rows in self.rows.chunk_by(|a, b| a.suite == b.suite) {
            let grid = grid(rows, dollars);
            writeln!(out, "{}", grid.title)?;
            for line in draw::grid(&grid, width) {
                writeln!(out, "{line}")?;
            }
            writeln!(out)?;
        }
        for sentence in self.sentences(dollars) {
            writeln!(out, "{}", wrapped(&sentence, usize::from(width), ""))?;
        }
        Ok(())
    }

    /// Writes the forecast as indented JSON.
    ///
    /// # Errors
    ///
    /// `out` cannot be written.
    pub fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        let sum = |count: fn(&ForecastRow) -> u64| self.rows.iter().map(count).sum::<u64>();
        let document = json!({
            "schema": SCHEMA,
            "planned": sum(|row| row.planned),
            "calls": sum(|row| row.calls),
            "models": self.rows.iter().map(row_json).collect::<Vec<Value>>(),
            "cost_usd": span_json(&self.cost()),
            "expected_seconds": self.duration.map(|duration| (duration.as_secs_f64() * 10.0).round() / 10.0),
            "longer": self.longer,
            "judges": self.judges,
            "expected_error_usd": self.doubt(),
            "judge_cost_usd": self.judge_cost(),
            "total_usd": self.judge_cost().map(|judges| self.cost().expected + judges),
            "unpriced_models": self.unpriced(),
        });
        let text = serde_json::to_string_pretty(&document)?;
        writeln!(out, "{}", safe_json(&text))
    }

    fn sentences(&self, dollars: Dollars) -> Vec<String> {
        let show = |amount: Usd| dollars.show(amount.to_f64());
        let calls = self.rows.iter().map(|row| row.calls).sum();
        let total = self.cost();
        let mut sentences = vec![format!(
            "In all {}: {} expected, {} at least, {} at most. Retries come on top.",
            counted(calls, "call"),
            show(total.expected),
            show(total.low),
            show(total.high),
        )];
        if let Some(duration) = self.duration {
            sentences.push(format!(
                "It will take about {}, if the quotas are those that are known.",
                span_of_time(duration)
            ));
        }
        if self.longer > 0 {
            let trials = counted(self.longer, "trial");
            sentences.push(format!(
                "{trials} may take more than the one call that is counted: turns and tools."
            ));
        }
        if !self.judges.is_empty() {
            let judges: Vec<String> = self.judges.iter().map(|it| name(it)).collect();
            let what = match self.judge_cost() {
                Some(cost) => format!("{} expected", show(cost)),
                None => "what they take is known after a first run".to_owned(),
            };
            sentences.push(format!("Judges come on top ({}): {what}.", listed(&judges)));
        }
        let unpriced = self.unpriced();
        if !unpriced.is_empty() {
            let ids: Vec<String> = unpriced
                .iter()
                .map(|id| format!("`{}`", name(id)))
                .collect();
            let whose = listed(&ids);
            sentences.push(format!("Without the cost of {whose}: no price is known."));
        }
        sentences.extend(self.grounds());
        let (doubt, expected) = (self.doubt().to_f64() * NORMAL, total.expected.to_f64());
        if doubt > WORTH_SAYING * expected {
            sentences.push(format!(
                "It may be off by {}: few answers were heard yet, or of very different lengths.",
                whole_percent(doubt / expected)
            ));
        }
        if self.rows.iter().any(|row| row.unlearned > 0) {
            let what = "an answer of a quarter of max_tokens, at most 250 tokens";
            sentences.push(format!("Expected without an earlier run: {what}."));
        }
        if let Some((count, why)) = &self.broken {
            let prompts = counted(*count, "prompt");
            sentences.push(format!("{prompts} cannot be rendered: {}.", name(why)));
        }
        let counted: u64 = self.rows.iter().map(|row| row.counted).sum();
        sentences.push(match counted {
            0 => "Nothing was sent.".to_owned(),
            some => format!(
                "{} counted by Bedrock, the others follow by their bytes. Nothing else was sent.",
                if some == 1 {
                    "1 prompt was".to_owned()
                } else {
                    format!("{some} prompts were")
                }
            ),
        });
        sentences
    }

    /// Says what the expectation rests on, where earlier runs told something.
    fn grounds(&self) -> Option<String> {
        let runs = self.rows.iter();
        let newest = runs.filter_map(|row| row.learned_from.as_deref()).max()?;
        let calls = |basis: Basis| -> u64 {
            let of = |row: &ForecastRow| {
                row.learned
                    .iter()
                    .find(|(it, _)| *it == basis)
                    .map(|it| it.1)
            };
            self.rows.iter().filter_map(of).sum()
        };
        let told: Vec<String> = Basis::ALL
            .into_iter()
            .map(|basis| (basis, calls(basis)))
            .filter(|(_, calls)| *calls > 0)
            .map(|(basis, calls)| format!("{calls} {}", like(basis)))
            .collect();
        let told = listed(&told);
        Some(format!(
            "Expected is what earlier runs took, the newest {newest}: {told}."
        ))
    }

    fn unpriced(&self) -> Vec<&str> {
        let unpriced = self.rows.iter().filter(|row| row.cost.is_none());
        distinct(unpriced.map(|row| row.model.as_str()))
    }
}

/// Returns what calls are expected to be like.
fn like(basis: Basis) -> &'static str {
    match basis {
        Basis::Question => "as the same question",
        Basis::Prompt => "as other cases of the prompt",
        Basis::Edited => "as before the prompt or the parameters were edited",
        Basis::Suite => "as other prompts of the suite",
        Basis::Model => "as the model in other suites",
    }
}

/// Returns each name once, in the order in which they first appear.
fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

fn grid(rows: &[ForecastRow], dollars: Dollars) -> Grid {
    let headings = [
        "model",
        "calls",
        "tokens in",
        "tokens out",
        "at least",
        "expected",
        "at most",
    ];
    let cells = rows.iter().map(|row| {
        let cost = |pick: fn(&Span<Usd>) -> Usd| match &row.cost {
            Some(cost) => dollars.aligned(pick(cost).to_f64()),
            None => "unpriced".to_owned(),
        };
        vec![
            name(&row.label),
            row.calls.to_string(),
            tokens(row.input_tokens.expected),
            tokens(row.output_tokens.expected),
            cost(|span| span.low),
            cost(|span| span.expected),
            cost(|span| span.high),
        ]
    });
    let suite = rows.first().map_or("", |row| &row.suite);
    Grid {
        title: format!("{}: what it will take", name(suite)),
        rest: String::new(),
        headings: headings.map(str::to_owned).to_vec(),
        rows: cells.collect(),
    }
}

fn row_json(row: &ForecastRow) -> Value {
    json!({
        "suite": row.suite,
        "model": row.model,
        "label": row.label,
        "planned": row.planned,
        "calls": row.calls,
        "input_tokens": span_json(&row.input_tokens),
        "output_tokens": span_json(&row.output_tokens),
        "cost_usd": row.cost.as_ref().map(span_json),
        "judge_cost_usd": row.judge_cost,
        "unpriced": row.cost.is_none(),
        "learned_from": row.learned_from,
        "learned": Basis::ALL.into_iter().map(|basis| {
            let calls = row.learned.iter().find(|(it, _)| *it == basis);
            (basis.as_str().to_owned(), json!(calls.map_or(0, |it| it.1)))
        }).collect::<serde_json::Map<String, Value>>(),
        "unlearned": row.unlearned,
        "counted": row.counted,
    })
}

fn span_json<T: Serialize>(span: &Span<T>) -> Value {
    json!({"low": span.low, "expected": span.expected, "high": span.high})
}
