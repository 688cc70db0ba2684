//! Which formats there are, and the one door to all of them.

use std::io::{self, Write};
use std::path::Path;
use std::str::FromStr;

use super::findings::Findings;
use super::terminal::{self, Colour};
use super::{csv, html, json, junit, markdown};
use crate::tally::{PlanOrder, RecordsError};

/// A format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Tables and sentences, for people.
    Terminal,
    /// `report.json`.
    Json,
    /// `results.jsonl`, one object per trial.
    Jsonl,
    /// One row per trial.
    Csv,
    /// A table for pull requests.
    Markdown,
    /// The XML of `JUnit`, which CI systems show as tests.
    Junit,
    /// One page that opens anywhere.
    Html,
}

/// How a report for people looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Columns of the terminal.
    pub width: u16,
    /// Whether words that matter also have a colour.
    pub colour: Colour,
    /// Whether a terminal shows only what sets models apart, and not what failed.
    pub comparison: bool,
    /// How many questions a month costs are projected to, where somebody asks.
    pub per_month: Option<u64>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 80,
            colour: Colour::Never,
            comparison: false,
            per_month: None,
        }
    }
}

/// Why a report could not be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The journal cannot be read.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// The output cannot be written; a closed pipe among others.
    #[error("cannot write the report")]
    Write(#[from] io::Error),
}

impl From<RenderError> for io::Error {
    fn from(error: RenderError) -> Self {
        match error {
            RenderError::Write(error) => error,
            RenderError::Records(error) => Self::other(error),
        }
    }
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format `{name}`, expected one of {}", Format::names())]
pub struct UnknownFormat {
    /// What was asked for.
    name: String,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::Terminal,
        Self::Json,
        Self::Jsonl,
        Self::Csv,
        Self::Markdown,
        Self::Junit,
        Self::Html,
    ];

    /// Returns the format as `--format` spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Terminal => "terminal",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Markdown => "markdown",
            Self::Junit => "junit",
            Self::Html => "html",
        }
    }

    /// Returns the extension of files in this format.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Terminal => "txt",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Csv => "csv",
            Self::Markdown => "md",
            Self::Junit => "xml",
            Self::Html => "html",
        }
    }

    /// Returns the format that a file's extension asks for; `None` if it asks for none of ours.
    pub fn from_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?;
        Self::ALL
            .into_iter()
            .find(|format| format.extension().eq_ignore_ascii_case(extension))
    }

    fn names() -> String {
        Self::ALL
            .map(|format| format!("`{}`", format.as_str()))
            .join(", ")
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        let found = Self::ALL.into_iter().find(|format| format.as_str() == name);
        found.ok_or_else(|| UnknownFormat {
            name: name.to_owned(),
        })
    }
}

/// Writes a run in a format. `findings` must be those of `records`.
///
/// # Errors
///
/// The journal cannot be read, or `out` cannot be written.
pub fn render(
    format: Format,
    records: &mut PlanOrder,
    findings: &Findings,
    options: Options,
    out: &mut dyn Write,
) -> Result<(), RenderError> {
    match format {
        Format::Terminal => Ok(terminal::report(findings, options, out)?),
        Format::Json => Ok(json::report(&findings.report, out)?),
        Format::Jsonl => json::results(records, out),
        Format::Csv => csv::trials(records, out),
        Format::Markdown => Ok(markdown::report(findings, options.per_month, out)?),
        Format::Junit => junit::report(records, &findings.report, out),
        Format::Html => html::report(records, findings, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_and_names_lead_to_formats() {
        for (path, expected) in [
            ("out/report.json", Some(Format::Json)),
            ("results.jsonl", Some(Format::Jsonl)),
            ("a.CSV", Some(Format::Csv)),
            ("summary.md", Some(Format::Markdown)),
            ("table.txt", Some(Format::Terminal)),
            ("junit.xml", Some(Format::Junit)),
            ("report.html", Some(Format::Html)),
            ("page.pdf", None),
            ("json", None),
        ] {
            assert_eq!(Format::from_path(Path::new(path)), expected, "{path}");
        }
        for format in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        assert_eq!(
            "yaml".parse::<Format>().unwrap_err().to_string(),
            "unknown format `yaml`, expected one of `terminal`, `json`, `jsonl`, `csv`, `markdown`, `junit`, `html`"
        );
    }
}
