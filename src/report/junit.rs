//! The XML of `JUnit`: what CI systems show as tests.
//!
//! A `testsuite` per suite and model, a `testcase` per trial. Failed trials are failures. Errors and trials that could
//! not be judged are errors, not skipped tests: a run that could not finish must not look green. Trials that were not
//! asked are one skipped test per model that says how many. Gates are a `testsuite` of their own.
//!
//! Written by hand, as trials pass by one at a time: libraries for it hold the whole document in memory. The form is
//! that of <https://github.com/testmoapp/junitxml>, on which the readers of CI systems agree.

use std::io::{self, Write};

use super::again::again;
use super::document::{Counts, Report};
use super::format::RenderError;
use super::gates::GateRow;
use super::results::text_of;
use super::safe::{block, name, one_line};
use super::spool::Spool;
use super::table::rows_of;
use super::trouble::reason;
use super::words::because;
use crate::check::Status;
use crate::journal::{Header, Record, TrialStatus};
use crate::tally::PlanOrder;
use crate::text::shortened;

/// Characters of an output that are shown; `results.jsonl` has them all.
const OUTPUT: usize = 4_000;

/// Writes the report.
pub(super) fn report(
    records: &mut PlanOrder,
    report: &Report,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let mut junit = Junit::default();
    records.each(|header, record| Ok::<_, RenderError>(junit.add(header, &record)?))?;
    Ok(junit.end(report, out)?)
}

/// The report while trials pass by, which come case by case, and stand in it model by model.
#[derive(Debug, Default)]
pub struct Junit {
    trials: Spool<(u32, u32)>,
}

impl Junit {
    /// Takes in a trial; they come in the order of the plan.
    ///
    /// # Errors
    ///
    /// What is too much to be held cannot be put aside.
    pub fn add(&mut self, header: &Header, record: &Record) -> io::Result<()> {
        let at = record.at;
        self.trials.add((at.suite, at.model), |out| {
            let suite = header.suites.get(at.suite as usize);
            let model = suite.and_then(|suite| suite.models.get(at.model as usize));
            let (suite, label) = suite
                .zip(model)
                .map_or(("", ""), |(suite, model)| (&suite.name, &model.label));
            trial(header, record, &group(suite, label), out)
        })
    }

    /// Writes the whole, with what the run came to.
    ///
    /// # Errors
    ///
    /// `out` cannot be written.
    pub fn end(mut self, report: &Report, out: &mut dyn Write) -> io::Result<()> {
        let mut totals = Totals::default();
        for row in report.models.iter().filter(|row| row.suite.is_some()) {
            totals.add(&row.counts);
        }
        totals.add_gates(&report.gates);
        writeln!(out, r#"<?xml version="1.0" encoding="UTF-8"?>"#)?;
        writeln!(
            out,
            r#"<testsuites name="mcp-cli" {}>"#,
            totals.attributes()
        )?;
        for (suite, suite_at) in report.suites.iter().zip(0u32..) {
            for (row, model_at) in rows_of(report, Some(&suite.name)).zip(0u32..) {
                let mut totals = Totals::default();
                totals.add(&row.counts);
                let group = group(&suite.name, &row.label);
                writeln!(
                    out,
                    r#"  <testsuite name="{}" {} timestamp="{}">"#,
                    attribute(&group),
                    totals.attributes(),
                    report.run.started_at.strftime("%Y-%m-%dT%H:%M:%SZ")
                )?;
                properties(&[("model", &row.model), ("suite", &suite.path)], out)?;
                self.trials.write(&(suite_at, model_at), out)?;
                if let Some(count) = row.counts.not_asked.filter(|count| *count > 0) {
                    let why = report.run.stopped_by.map_or("the run stopped", because);
                    not_asked(count, &group, why, out)?;
                }
                writeln!(out, "  </testsuite>")?;
            }
        }
        gates(report, out)?;
        writeln!(out, "</testsuites>")
    }
}

/// Returns the name of a `testsuite`.
fn group(suite: &str, label: &str) -> String {
    format!("{}.{}", name(suite), name(label))
}

/// Writes gates as a `testsuite` of their own: one that fails is a failure, one that could not be decided an error.
fn gates(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    if report.gates.is_empty() {
        return Ok(());
    }
    let mut totals = Totals::default();
    totals.add_gates(&report.gates);
    writeln!(out, r#"  <testsuite name="gates" {}>"#, totals.attributes())?;
    for gate in &report.gates {
        let whose = gate.model.as_deref().map(name);
        let whose = whose.map(|label| format!(" ({label})")).unwrap_or_default();
        write!(
            out,
            r#"    <testcase name="{}" classname="gates.{}" time="0""#,
            attribute(&format!("{}{whose}", name(&gate.gate))),
            attribute(&name(&gate.suite)),
        )?;
        let tag = match gate.status.as_str() {
            "passed" => {
                writeln!(out, "/>")?;
                continue;
            }
            "failed" => "failure",
            _ => "error",
        };
        writeln!(
            out,
            r#"><{tag} type="{}" message="{}"/></testcase>"#,
            attribute(&gate.status),
            attribute(&one_line(&gate.reason))
        )?;
    }
    writeln!(out, "  </testsuite>")
}

/// The counts of a `testsuite`, as its attributes.
#[derive(Default)]
struct Totals {
    tests: u64,
    failures: u64,
    errors: u64,
    skipped: u64,
    /// Latencies of the answers together.
    milliseconds: f64,
}

impl Totals {
    fn add(&mut self, counts: &Counts) {
        let skipped = u64::from(counts.not_asked.is_some_and(|count| count > 0));
        self.tests += counts.trials + skipped;
        self.failures += counts.failed;
        self.errors += counts.errors + counts.undecided;
        self.skipped += skipped;
        if let Some(latency) = &counts.latency_ms {
            #[expect(clippy::cast_precision_loss, reason = "milliseconds are shown")]
            let measured = latency.n as f64;
            self.milliseconds += latency.mean * measured;
        }
    }

    fn add_gates(&mut self, gates: &[GateRow]) {
        let count = |status: &str| {
            let with = gates.iter().filter(|gate| gate.status == status);
            with.count() as u64
        };
        self.tests += gates.len() as u64;
        self.failures += count("failed");
        self.errors += count("undecided");
    }

    fn attributes(&self) -> String {
        format!(
            r#"tests="{}" failures="{}" errors="{}" skipped="{}" time="{}""#,
            self.tests,
            self.failures,
            self.errors,
            self.skipped,
            seconds(self.milliseconds)
        )
    }
}

fn properties(properties: &[(&str, &str)], out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "    <properties>")?;
    for (key, value) in properties {
        let value = attribute(&one_line(value));
        writeln!(out, r#"      <property name="{key}" value="{value}"/>"#)?;
    }
    writeln!(out, "    </properties>")
}

fn trial(header: &Header, record: &Record, group: &str, out: &mut dyn Write) -> io::Result<()> {
    write!(
        out,
        r#"    <testcase name="{}" classname="{}" time="{}""#,
        attribute(&trial_name(header, record)),
        attribute(group),
        seconds(record.latency_ms.unwrap_or(0.0))
    )?;
    let (tag, kind, message) = match record.status {
        TrialStatus::Passed => return writeln!(out, "/>"),
        TrialStatus::Failed => ("failure", "failed", reason(record, Status::Failed)),
        TrialStatus::Undecided => ("error", "undecided", reason(record, Status::Undecided)),
        TrialStatus::Error => {
            let error = record.error.as_ref();
            let kind = error.map_or("unknown", |error| error.kind.as_str());
            let message = error.map(|error| one_line(&error.message));
            ("error", kind, message.unwrap_or_default())
        }
    };
    writeln!(
        out,
        "><{tag} type=\"{}\" message=\"{}\">{}</{tag}></testcase>",
        attribute(kind),
        attribute(&message),
        text(&details(header, record))
    )
}

/// Returns the name of a trial, unique within its suite and model.
fn trial_name(header: &Header, record: &Record) -> String {
    let at = record.at;
    let suite = header.suites.get(at.suite as usize);
    let several = suite.filter(|suite| suite.prompts.len() > 1);
    let prompt = several.map(|suite| suite.prompt_name(at.prompt));
    let prompt = prompt.map(|prompt| format!(" [{}]", name(&prompt)));
    let repeat = match at.repeat {
        0 => String::new(),
        repeat => format!(" (repeat {})", repeat + 1),
    };
    let case = name(&record.case);
    format!("{case}{}{repeat}", prompt.unwrap_or_default())
}

/// Returns what a reader needs to understand a trial: every check that did not pass, what the model said, what to do.
fn details(header: &Header, record: &Record) -> String {
    let mut lines = vec![String::new()];
    for check in record
        .checks
        .iter()
        .filter(|check| check.status != Status::Passed)
    {
        let status = match check.status {
            Status::Undecided => " (undecided)",
            Status::Passed | Status::Failed => "",
        };
        lines.push(format!("{}{status}: {}", check.kind, check.reason));
    }
    if let Some(error) = &record.error {
        lines.push(format!("{}: {}", error.kind.as_str(), error.message));
        lines.extend(error.hint.iter().map(|hint| format!("hint: {hint}")));
        lines.extend(error.request_id.iter().map(|id| format!("request: {id}")));
    }
    if record.stop_reason.as_deref() == Some("max_tokens") {
        lines.push("the answer was cut off at max_tokens".to_owned());
    }
    if let Some(output) = &record.output {
        lines.push(format!("output:\n{}", shortened(&text_of(output), OUTPUT)));
    }
    let again = again(header, record.at, &record.case, &record.case_id);
    lines.extend(again.map(|again| format!("by hand: {again}")));
    lines.push(String::new());
    lines.join("\n")
}

fn not_asked(count: u64, group: &str, why: &str, out: &mut dyn Write) -> io::Result<()> {
    let (noun, verb) = match count {
        1 => ("trial", "was"),
        _ => ("trials", "were"),
    };
    writeln!(
        out,
        "    <testcase name=\"{count} {noun} that {verb} not asked\" classname=\"{}\" time=\"0.000\"><skipped message=\"{}\"/></testcase>",
        attribute(group),
        attribute(why)
    )
}

fn seconds(milliseconds: f64) -> String {
    format!("{:.3}", milliseconds / 1000.0)
}

/// Returns one line of text as the value of an attribute.
fn attribute(text: &str) -> String {
    escaped(text).replace('"', "&quot;")
}

/// Returns text of several lines as the content of an element.
fn text(text: &str) -> String {
    escaped(&block(text))
}

/// Returns text without markup and without the characters that XML 1.0 forbids even as references (section 2.2; the
/// control characters among them are gone where text is made safe).
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_markup_and_nothing_is_forbidden() {
        for (raw, expected) in [
            ("a < b && \"c\"", "a &lt; b &amp;&amp; &quot;c&quot;"),
            ("]]>", "]]&gt;"),
            ("a\u{0}b\u{b}c\u{ffff}d\u{7f}", "abcd"),
            ("日本語 é", "日本語 é"),
        ] {
            assert_eq!(attribute(raw), expected, "{raw:?}");
        }
        assert_eq!(
            text("x\n::error::\u{1b}[31mred"),
            "x\n: :error::red",
            "content"
        );
    }
}
