//! The report on a terminal: what the models did, what broke by name, warnings, and what it comes to.
//!
//! Made for 80 columns. Nothing hides behind colour: it only repeats what words say.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

use super::document::Report;
use super::draw;
use super::findings::Findings;
use super::format::Options;
use super::human::{counted, folded, padded, wrapped};
use super::parts::{Part, parts};
use super::safe::name;
use super::trouble::{Affected, CaseTrouble, Reason, Troubles};
use super::{front, month, verdicts, words};

/// Whether words that matter also have a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Plain text.
    Never,
    /// ANSI escapes.
    Ansi,
}

impl Colour {
    fn paint(self, style: Style, text: &str) -> String {
        match self {
            Self::Never => text.to_owned(),
            Self::Ansi => format!("{style}{text}{style:#}"),
        }
    }
}

const TITLE: Style = Style::new().bold();
const DIM: Style = Style::new().dimmed();
const BAD: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Narrower than this, nothing could be aligned.
const LEAST_WIDTH: u16 = 40;
/// Lines that one reason may take.
const REASON_LINES: usize = 2;
/// Columns below which a quote of the output is not begun.
const LEAST_QUOTE: usize = 20;
/// Lines that one error may take.
const ERROR_LINES: usize = 4;

/// Writes the report.
pub(super) fn report(
    Findings {
        report, troubles, ..
    }: &Findings,
    options: Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let page = Page {
        report,
        width: options.width.max(LEAST_WIDTH),
        colour: options.colour,
    };
    page.tables(out)?;
    page.flips(out)?;
    if !options.comparison {
        page.affected("Failed", &troubles.failed, out)?;
        page.affected("Could not be judged", &troubles.undecided, out)?;
        page.errors(troubles, out)?;
        page.list("Judges", &words::judges(report), out)?;
        page.list("Repeats", &words::noise(report), out)?;
    }
    page.warnings(out)?;
    if !options.comparison {
        page.conclusion(out)?;
    }
    page.list("Verdict", &verdicts::sentences(report), out)?;
    page.list("Both together", &verdicts::cascades(report), out)?;
    page.list("Cost and quality", &front::sentences(report), out)?;
    if let Some(questions) = options.per_month {
        let title = format!("{questions} questions a month");
        page.list(&title, &month::sentences(report, questions), out)?;
    }
    page.gates(out)
}

impl Page<'_> {
    fn conclusion(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out)?;
        for line in words::conclusion(self.report) {
            writeln!(out, "{}", wrapped(&line, usize::from(self.width), "  "))?;
        }
        Ok(())
    }
}

/// Returns a reason in lines of at most `width` columns. What the model said fills the last line and takes none of its
/// own.
fn reason_lines(reason: &Reason, width: usize) -> Vec<String> {
    let told = format!("{}{}", reason.heading(), &reason.text[..reason.told]);
    let lines = folded(&told, width, REASON_LINES);
    let room = width - lines.last().map_or(0, |line| line.width());
    if room < LEAST_QUOTE {
        return lines;
    }
    let rest = &reason.text[reason.told..];
    folded(&format!("{told}{rest}"), width, lines.len())
}

/// One report on its way to the terminal.
struct Page<'a> {
    report: &'a Report,
    width: u16,
    colour: Colour,
}

impl Page<'_> {
    fn tables(&self, out: &mut dyn Write) -> io::Result<()> {
        for (index, part) in parts(self.report).iter().enumerate() {
            if index > 0 {
                writeln!(out)?;
            }
            let (title, size, mut lines) = match part {
                Part::Models(title, size, table) => {
                    (title, format!(": {size}"), draw::table(table, self.width))
                }
                Part::Grid(grid) => (&grid.title, String::new(), draw::grid(grid, self.width)),
            };
            if let Part::Grid(grid) = part
                && !grid.rest.is_empty()
            {
                lines.push(wrapped(&grid.rest, usize::from(self.width), "  "));
            }
            let heading = wrapped(&format!("{title}{size}"), usize::from(self.width), "  ");
            let painted = self.colour.paint(TITLE, title);
            writeln!(out, "{}", heading.replacen(title.as_str(), &painted, 1))?;
            for line in lines {
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }

    fn flips(&self, out: &mut dyn Write) -> io::Result<()> {
        let lines = verdicts::flips(self.report);
        let Some(against) = verdicts::against(self.report).filter(|_| !lines.is_empty()) else {
            return Ok(());
        };
        let title = self.colour.paint(TITLE, "Against");
        writeln!(out, "\n{title} {against}")?;
        for line in lines {
            let line = format!("  {line}");
            writeln!(out, "{}", wrapped(&line, usize::from(self.width), "    "))?;
        }
        Ok(())
    }

    fn gates(&self, out: &mut dyn Write) -> io::Result<()> {
        for (index, gate) in self.report.gates.iter().enumerate() {
            if index == 0 {
                writeln!(out, "\n{}", self.colour.paint(TITLE, "Gates"))?;
            }
            let style = match gate.status.as_str() {
                "passed" => TITLE,
                "failed" => BAD,
                _ => WARNING,
            };
            let line = format!("  {:9}  {}", gate.status, gate.sentence(self.report));
            let line = wrapped(&line, usize::from(self.width), "             ");
            let painted = self.colour.paint(style, &gate.status);
            writeln!(out, "{}", line.replacen(&gate.status, &painted, 1))?;
        }
        Ok(())
    }

    fn affected(&self, what: &str, all: &[Affected], out: &mut dyn Write) -> io::Result<()> {
        for affected in all {
            let Some(suite) = self.report.suites.get(affected.suite as usize) else {
                continue;
            };
            let place = match self.report.suites.len() {
                1 => String::new(),
                _ => format!(" in {}", name(&suite.name)),
            };
            let title = self.colour.paint(BAD, &format!("{what}{place}"));
            let cases = counted(suite.cases, "case");
            writeln!(out, "\n{title}: {} of {cases}", affected.count)?;
            let names = self.names(&affected.told);
            for case in &affected.told {
                for line in self.case_lines(case, names) {
                    writeln!(out, "{line}")?;
                }
            }
            if affected.untold() > 0 {
                let more = counted(affected.untold(), "more case");
                writeln!(out, "  … and {more}; results.jsonl has every trial")?;
            }
            // Not broken into lines: it is there to be copied.
            if let Some(again) = affected.told.first().and_then(|case| case.again.as_ref()) {
                let line = self.colour.paint(DIM, &format!("  by hand: {again}"));
                writeln!(out, "{line}")?;
            }
        }
        Ok(())
    }

    /// Returns the columns that names of cases take beside their reasons; longer names stand on lines of their own, and
    /// all of them do where that makes fewer lines.
    fn names(&self, cases: &[CaseTrouble]) -> usize {
        let most = usize::from(self.width) / 3;
        let widths = cases.iter().map(|case| case.case.width());
        let widest = widths.filter(|width| *width <= most).max().unwrap_or(0);
        let lines = |names: &usize| -> usize {
            let lines = cases.iter().map(|case| self.case_lines(case, *names).len());
            lines.sum()
        };
        [widest, 0].into_iter().min_by_key(lines).unwrap_or(widest)
    }

    /// Returns the lines of a case, its name beside the reasons if it has at most `names` columns.
    fn case_lines(&self, case: &CaseTrouble, names: usize) -> Vec<String> {
        let width = usize::from(self.width);
        let beside = case.case.width() <= names;
        let indent = if beside { names + 4 } else { 4 };
        let reasons = case.reasons.iter();
        let reasons = reasons.flat_map(|reason| reason_lines(reason, width - indent));
        let mut lines: Vec<String> = reasons
            .map(|line| format!("{}{line}", " ".repeat(indent)))
            .collect();
        if beside {
            if let Some(first) = lines.first_mut() {
                let name = padded(&case.case, names);
                first.replace_range(..indent, &format!("  {name}  "));
            }
            return lines;
        }
        let name = folded(&case.case, width - 2, REASON_LINES).into_iter();
        name.map(|line| format!("  {line}")).chain(lines).collect()
    }

    fn errors(&self, troubles: &Troubles, out: &mut dyn Write) -> io::Result<()> {
        if troubles.errors.is_empty() {
            return Ok(());
        }
        let width = usize::from(self.width);
        let title = self.colour.paint(BAD, "Errors");
        writeln!(out, "\n{title} (neither passed nor failed)")?;
        for (index, errors) in troubles.errors.iter().enumerate() {
            let text = format!("{}: {}", errors.heading(), errors.message);
            let lines = folded(&text, width - 4, ERROR_LINES);
            for (line_index, line) in lines.iter().enumerate() {
                let indent = if line_index == 0 { "  " } else { "    " };
                writeln!(out, "{indent}{line}")?;
            }
            let next = troubles.errors.get(index + 1);
            let said_next = next.is_some_and(|next| next.hint == errors.hint);
            if let Some(hint) = errors.hint.as_ref().filter(|_| !said_next) {
                let hint = format!("    hint: {hint}");
                writeln!(out, "{}", wrapped(&hint, width, "    "))?;
            }
        }
        Ok(())
    }

    fn list(&self, title: &str, sentences: &[String], out: &mut dyn Write) -> io::Result<()> {
        if sentences.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", self.colour.paint(TITLE, title))?;
        for sentence in sentences {
            let line = wrapped(&format!("  {sentence}"), usize::from(self.width), "    ");
            writeln!(out, "{line}")?;
        }
        Ok(())
    }

    fn warnings(&self, out: &mut dyn Write) -> io::Result<()> {
        for (index, warning) in words::warnings(self.report).iter().enumerate() {
            if index == 0 {
                writeln!(out)?;
            }
            let warning = format!("warning: {warning}");
            let warning = wrapped(&warning, usize::from(self.width), "  ");
            let painted = self.colour.paint(WARNING, "warning");
            writeln!(out, "{}", warning.replacen("warning", &painted, 1))?;
        }
        Ok(())
    }
}
