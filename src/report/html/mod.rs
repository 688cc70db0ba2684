//! `report.html`: one file that opens anywhere, with no network.
//!
//! Verdict, charts and models come from the counted report; the cases from records as they pass by, one question at a time.
//! What is shown at once is small; answers are packed by the hundred, and opened by the page when somebody looks, so that a
//! hundred thousand trials open at once. Text from models is data: the page makes text nodes of it, and its policy lets nothing
//! be loaded.

mod index;
mod packed;
mod question;

use std::io::{self, Write};

use base64::engine::general_purpose::STANDARD;
use base64::write::EncoderWriter;
use index::{Index, Row};
use packed::Packed;
use question::Open;
use serde_json::{Value, json};

use super::findings::Findings;
use super::format::RenderError;
use super::{front, verdicts, words};
use crate::journal::{Header, Record};
use crate::tally::{PlanOrder, Side};

/// Questions of a packed chunk.
const CHUNK: usize = 200;

const STYLE: &str = include_str!("page/page.css");
const BODY: &str = include_str!("page/page.html");
/// Observable Plot, `TanStack` Virtual and jsdiff; see `vendor/LICENSES.txt`.
const VENDOR: &str = include_str!("vendor/vendor.js");
/// The page's own scripts, in the order in which they need each other.
const SCRIPTS: [&str; 6] = [
    include_str!("page/data.js"),
    include_str!("page/summary.js"),
    include_str!("page/charts.js"),
    include_str!("page/cases.js"),
    include_str!("page/detail.js"),
    include_str!("page/main.js"),
];

/// Writes the page.
pub(super) fn report(
    records: &mut PlanOrder,
    findings: &Findings,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    let mut page = Page::begin(out)?;
    records.each(|header, record| Ok::<_, RenderError>(page.add(header, &record)?))?;
    Ok(page.end(records.header(), findings)?)
}

fn head(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>mcp-cli report</title>
<style>
{STYLE}</style>
</head>
<body>"#
    )
}

/// Writes JSON that the page reads at once.
fn data(id: &str, json: &str, out: &mut dyn Write) -> io::Result<()> {
    // No text can end the element, nor begin a comment in it.
    let inert = json.replace('<', "\\u003c");
    writeln!(
        out,
        r#"<script type="application/json" id="{id}">{inert}</script>"#
    )
}

/// Writes a packed stream, part by part, that the page unpacks when it needs it.
fn packed(id: &str, parts: impl Iterator<Item = Vec<u8>>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, r#"<script type="text/plain" id="{id}">"#)?;
    let mut encoder = EncoderWriter::new(&mut *out, &STANDARD);
    for part in parts {
        encoder.write_all(&part)?;
    }
    encoder.finish()?;
    drop(encoder);
    writeln!(out, "</script>")
}

/// Returns what the page needs of the plan, and sentences that are made here.
fn plan(header: &Header, findings: &Findings) -> Value {
    let report = &findings.report;
    let suites = header.suites.iter().map(|suite| {
        let prompts: Vec<String> = (0..suite.prompt_count())
            .map(|at| suite.prompt_name(at))
            .collect();
        let models: Vec<Value> = suite
            .models
            .iter()
            .map(|model| json!({"label": model.label, "model": model.model, "request": model.request}))
            .collect();
        let rows = report.comparisons.iter();
        let mut own = rows.filter(|row| row.suite.as_deref() == Some(&suite.name));
        let baseline = own.find(|row| row.baseline_run.is_none());
        let baseline = baseline.and_then(|row| Side::named(suite, &row.baseline));
        json!({
            "name": suite.name, "prompts": prompts, "models": models,
            "baseline": baseline.filter(|side| side.prompt.is_none()).map(|side| side.model),
        })
    });
    let quantiles = findings.latencies.iter().map(|(label, quantiles)| {
        let tenths = quantiles.iter().map(|time| (time * 10.0).round() / 10.0);
        json!({"label": label, "quantiles": tenths.collect::<Vec<f64>>()})
    });
    let notes: Vec<String> = words::warnings(report)
        .into_iter()
        .map(|warning| format!("warning: {warning}"))
        .chain(words::judges(report))
        .chain(words::noise(report))
        .chain(verdicts::cascades(report))
        .chain(front::sentences(report))
        .chain(words::conclusion(report))
        .collect();
    json!({
        "chunk": CHUNK,
        "suites": suites.collect::<Vec<_>>(),
        "latencies": quantiles.collect::<Vec<_>>(),
        "verdicts": verdicts::sentences(report),
        "notes": notes,
    })
}

/// The page while it is written: answers as they pass by, everything that is counted at its end.
pub struct Page<'a> {
    out: &'a mut dyn Write,
    open: Option<(Open, Row)>,
    index: Index,
    /// JSON of the questions of this chunk, with commas between.
    chunk: Packed,
    in_chunk: usize,
    chunks: usize,
}

impl<'a> Page<'a> {
    /// Begins a page.
    ///
    /// # Errors
    ///
    /// `out` cannot be written.
    pub fn begin(out: &'a mut dyn Write) -> io::Result<Self> {
        head(out)?;
        out.write_all(BODY.as_bytes())?;
        Ok(Self {
            out,
            open: None,
            index: Index::default(),
            chunk: Packed::default(),
            in_chunk: 0,
            chunks: 0,
        })
    }

    /// Takes in a trial; they come in the order of the plan.
    ///
    /// # Errors
    ///
    /// `out` cannot be written.
    pub fn add(&mut self, header: &Header, record: &Record) -> io::Result<()> {
        let at = record.at;
        let is_open = |(open, _): &(Open, Row)| {
            (open.suite, open.case, open.prompt) == (at.suite, at.case, at.prompt)
        };
        if !self.open.as_ref().is_some_and(is_open) {
            self.close()?;
            if self.in_chunk == CHUNK {
                self.write_chunk()?;
            }
        }
        let begin = || (Open::of(record), Row::of(header, record));
        let (open, row) = self.open.get_or_insert_with(begin);
        open.add(header, record);
        row.add(header, record);
        Ok(())
    }

    /// Ends the page with what the run came to.
    ///
    /// # Errors
    ///
    /// `out` cannot be written.
    pub fn end(mut self, header: &Header, findings: &Findings) -> io::Result<()> {
        self.close()?;
        self.write_chunk()?;
        let out = self.out;
        packed("data-index", self.index.into_parts(), out)?;
        let report = serde_json::to_string(&findings.report)?;
        data("data-report", &report, out)?;
        let plan = plan(header, findings);
        data("data-plan", &plan.to_string(), out)?;
        writeln!(out, "<script>{VENDOR}</script>")?;
        writeln!(out, "<script>\n\"use strict\";\n(() => {{")?;
        for script in SCRIPTS {
            out.write_all(script.as_bytes())?;
        }
        writeln!(out, "}})();\n</script>\n</body>\n</html>")
    }

    /// Ends the question that was being read.
    fn close(&mut self) -> io::Result<()> {
        let Some((open, row)) = self.open.take() else {
            return Ok(());
        };
        self.index.add(&row);
        let before = if self.in_chunk == 0 { b"[" } else { b"," };
        self.chunk.write_all(before)?;
        self.chunk.write_all(&open.into_json())?;
        self.in_chunk += 1;
        Ok(())
    }

    fn write_chunk(&mut self) -> io::Result<()> {
        if self.in_chunk == 0 {
            return Ok(());
        }
        let mut chunk = std::mem::take(&mut self.chunk);
        chunk.write_all(b"]")?;
        let id = format!("data-{}", self.chunks);
        packed(&id, [chunk.into_last()].into_iter(), self.out)?;
        (self.in_chunk, self.chunks) = (0, self.chunks + 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;
    use crate::model::Json;
    use crate::report::{Comparing, Findings};
    use crate::tally::RecordsError;
    use crate::tally::fixture::{failed, header, journal, record};

    /// Returns the page of these records.
    fn page(records: Vec<Record>) -> String {
        let (_folder, mut order) = journal(&header(), records);
        let comparing = Comparing::default();
        let findings = Findings::gather(&mut order, &comparing, |_, _| Ok::<_, RecordsError>(()));
        let mut out = Vec::new();
        report(&mut order, &findings.unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Returns the content of a script element of the page.
    fn content<'a>(page: &'a str, id: &str) -> &'a str {
        let begin = page.split_once(&format!("id=\"{id}\">")).unwrap().1;
        begin.split_once("</script>").unwrap().0
    }

    fn unpacked(page: &str, id: &str) -> Value {
        let packed = STANDARD.decode(content(page, id)).unwrap();
        let json = miniz_oxide::inflate::decompress_to_vec(&packed).unwrap();
        serde_json::from_slice(&json).unwrap()
    }

    #[test]
    fn chunks_and_index_hold_every_question() {
        let mut records = Vec::new();
        for case in 0..450 {
            records.push(record(0, case, 0, 0));
            let mut second = record(0, case, 0, 1);
            second.asked = Some(Json::of(&r#"{"system":[],"messages":[]}"#));
            records.push(if case % 3 == 0 {
                failed(second, "no")
            } else {
                second
            });
        }
        let page = page(records);
        let index = unpacked(&page, "data-index");
        assert_eq!(index["name"].as_array().unwrap().len(), 450);
        assert_eq!(
            (&index["status"][0], &index["status"][1]),
            (&json!("pf"), &json!("pp"))
        );
        assert_eq!(index["reason"][0], "contains: no");
        let sizes =
            ["data-0", "data-1", "data-2"].map(|id| unpacked(&page, id).as_array().unwrap().len());
        assert_eq!(sizes, [200, 200, 50]);
        let question = &unpacked(&page, "data-2")[49];
        assert_eq!(question["trials"][1]["output"], "Yes.");
        assert!(question["asked"].is_string());
        let plan: Value = serde_json::from_str(content(&page, "data-plan")).unwrap();
        assert_eq!(plan["suites"][0]["baseline"], 0);
        assert_eq!(
            plan["latencies"][1]["quantiles"].as_array().unwrap().len(),
            101
        );
    }

    #[test]
    fn nothing_leaves_its_element() {
        let mut nasty = record(0, 0, 0, 0);
        nasty.case = "</script><!--<script>".to_owned();
        let page = page(vec![failed(nasty, "</script>")]);
        assert!(!page.contains("--<script>"));
        let opened = page.matches("<script").count();
        assert_eq!(opened, page.matches("</script>").count());
    }
}
