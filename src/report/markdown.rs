//! A table for pull requests, with what failed below it.

use std::io::{self, Write};

use super::document::Report;
use super::findings::Findings;
use super::human::counted;
use super::parts::{Part, parts};
use super::safe::name;
use super::table::{Cell, Table};
use super::trouble::{Affected, Troubles};
use super::{month, verdicts, words};

/// Writes the report.
pub(super) fn report(
    Findings {
        report, troubles, ..
    }: &Findings,
    per_month: Option<u64>,
    out: &mut dyn Write,
) -> io::Result<()> {
    gates(report, out)?;
    let sentences = verdicts::sentences(report);
    for sentence in &sentences {
        writeln!(out, "- {}", escaped(sentence))?;
    }
    if !sentences.is_empty() {
        writeln!(out)?;
    }
    for part in parts(report) {
        match part {
            Part::Models(title, size, table) => {
                writeln!(out, "### {}: {size}\n", escaped(&title))?;
                models(&table, out)?;
            }
            Part::Grid(grid) => {
                writeln!(out, "**{}**\n", grid.title)?;
                table(&grid.headings, &grid.rows, out)?;
                if !grid.rest.is_empty() {
                    writeln!(out, "{}\n", grid.rest)?;
                }
            }
        }
    }
    let flips = verdicts::flips(report);
    if let Some(against) = verdicts::against(report).filter(|_| !flips.is_empty()) {
        writeln!(out, "**Against {}**\n", escaped(&against))?;
        for line in &flips {
            writeln!(out, "- {}", escaped(line))?;
        }
        writeln!(out)?;
    }
    affected(report, "Failed", &troubles.failed, out)?;
    affected(report, "Could not be judged", &troubles.undecided, out)?;
    errors(troubles, out)?;
    list("Judges", &words::judges(report), out)?;
    list("Repeats", &words::noise(report), out)?;
    if let Some(questions) = per_month {
        let title = format!("{questions} questions a month");
        list(&title, &month::sentences(report, questions), out)?;
    }
    for warning in words::warnings(report) {
        writeln!(out, "> warning: {}\n", escaped(&warning))?;
    }
    for line in words::conclusion(report) {
        writeln!(out, "{}  ", escaped(&line))?;
    }
    Ok(())
}

fn gates(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for gate in &report.gates {
        let mark = match gate.status.as_str() {
            "passed" => "✅",
            "failed" => "❌",
            _ => "❔",
        };
        let sentence = escaped(&gate.sentence(report));
        writeln!(out, "{mark} **{}** {sentence}  ", gate.status)?;
    }
    if !report.gates.is_empty() {
        writeln!(out)?;
    }
    Ok(())
}

fn list(title: &str, sentences: &[String], out: &mut dyn Write) -> io::Result<()> {
    if sentences.is_empty() {
        return Ok(());
    }
    writeln!(out, "**{title}**\n")?;
    for sentence in sentences {
        writeln!(out, "- {}", escaped(sentence))?;
    }
    writeln!(out)
}

fn models(models: &Table, out: &mut dyn Write) -> io::Result<()> {
    let headings = models.headings.iter().map(|cell| cell.joined(" "));
    let row = |cells: &Vec<Cell>| {
        let cells = cells.iter().zip(&models.joints);
        cells.map(|(cell, joint)| cell.joined(joint)).collect()
    };
    let rows: Vec<Vec<String>> = models.rows.iter().map(row).collect();
    table(&headings.collect::<Vec<_>>(), &rows, out)
}

fn table(headings: &[String], rows: &[Vec<String>], out: &mut dyn Write) -> io::Result<()> {
    line(headings, out)?;
    let rules = (0..headings.len()).map(|column| if column == 0 { "---" } else { "---:" });
    writeln!(out, "| {} |", rules.collect::<Vec<_>>().join(" | "))?;
    for row in rows {
        line(row, out)?;
    }
    writeln!(out)
}

fn line(cells: &[String], out: &mut dyn Write) -> io::Result<()> {
    let cells = cells.iter().map(|cell| escaped(cell.trim_end()));
    writeln!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "))
}

fn affected(report: &Report, what: &str, all: &[Affected], out: &mut dyn Write) -> io::Result<()> {
    for affected in all {
        let Some(suite) = report.suites.get(affected.suite as usize) else {
            continue;
        };
        let (place, cases) = (name(&suite.name), counted(suite.cases, "case"));
        let count = affected.count;
        writeln!(
            out,
            "**{what} in {}**: {count} of {cases}\n",
            escaped(&place)
        )?;
        for case in &affected.told {
            for reason in &case.reasons {
                let text = format!("{}{}", reason.heading(), reason.text);
                writeln!(out, "- **{}** – {}", escaped(&case.case), escaped(&text))?;
            }
        }
        if affected.untold() > 0 {
            let more = counted(affected.untold(), "more case");
            writeln!(out, "- … and {more}; results.jsonl has every trial")?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn errors(troubles: &Troubles, out: &mut dyn Write) -> io::Result<()> {
    if troubles.errors.is_empty() {
        return Ok(());
    }
    writeln!(out, "**Errors** (neither passed nor failed)\n")?;
    for errors in &troubles.errors {
        let (heading, message) = (escaped(&errors.heading()), escaped(&errors.message));
        writeln!(out, "- {heading}: {message}")?;
    }
    writeln!(out)
}

/// Returns one line of text as Markdown that shows just that: no markup, no HTML, no mention of a person.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '#' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    // What would become a link by itself.
    escaped
        .replace("://", "&#58;//")
        .replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_is_markup() {
        for (text, expected) in [
            ("a|b", r"a\|b"),
            ("`code` **bold**", r"\`code\` \*\*bold\*\*"),
            ("<img src=x>", "&lt;img src=x&gt;"),
            ("![x](http://y)", r"\!\[x\](http&#58;//y)"),
            ("@team see #12", r"&#64;team see \#12"),
            ("~$5~ \\|", r"\~$5\~ \\\|"),
        ] {
            assert_eq!(escaped(text), expected, "{text}");
        }
    }
}
