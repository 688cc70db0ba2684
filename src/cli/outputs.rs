//! Where a report goes: stdout, the run's folder, and files that the user names.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;

use super::baseline_file::kept;
use super::error::CliError;
use super::exit::Exit;
use super::run_folder::{RunFolder, cannot_write};
use super::ui::Ui;
use super::verdict;
use crate::files::write_whole;
use crate::journal::{Header, JournalError, JournalReader, Record};
use crate::report::{
    Colour, Comparing, Findings, Format, Junit, Options, Page, RenderError, Report, render, result,
};
use crate::tally::{PlanOrder, RecordsError};

/// Flags of every command that shows a run.
#[derive(Debug, Clone, Args)]
pub(super) struct OutputArgs {
    /// Also write a report here; the extension says the format: .json .jsonl .csv .xml .md .html .txt
    #[arg(short = 'o', long = "output", value_name = "FILE")]
    pub output: Vec<PathBuf>,
    /// What goes to stdout: terminal, json, jsonl, csv, markdown, junit or html
    #[arg(long, value_name = "FORMAT", default_value = "terminal", value_parser = format)]
    pub format: Format,
    /// Say what N questions a month would cost, at what those of the run did
    #[arg(long, value_name = "N", value_parser = super::args::at_least_one)]
    pub per_month: Option<u64>,
    /// Print the report as JSON, the same as `--format json`
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
}

impl OutputArgs {
    /// Returns what goes to stdout.
    pub(super) fn stdout(&self) -> Format {
        if self.json { Format::Json } else { self.format }
    }

    /// Checks that every file has a format, before anything is asked.
    ///
    /// # Errors
    ///
    /// An extension that is no format, or a place that cannot be written.
    pub(super) fn check(&self) -> Result<(), CliError> {
        for path in &self.output {
            format_of(path)?;
            check_writable(path).map_err(|error| cannot_write(path, &error))?;
        }
        Ok(())
    }
}

/// What every run's folder has beside its journal and what is written as records pass by.
const FOLDER_FILES: [(&str, Format); 2] = [
    ("report.json", Format::Json),
    ("summary.md", Format::Markdown),
];

/// A line for each trial, in the run's folder.
const RESULTS: &str = "results.jsonl";

/// The page for people, in the run's folder.
const PAGE: &str = "report.html";

/// What CI systems read, in the run's folder.
const JUNIT: &str = "junit.xml";

/// A run that can be shown.
pub(super) struct Shown {
    records: PlanOrder,
    findings: Findings,
    exit: Exit,
}

impl Shown {
    /// Reads a run's journal and counts it.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub(super) fn read(folder: &RunFolder) -> Result<Self, CliError> {
        let comparing = Comparing {
            earlier: kept(folder)?,
            ..Comparing::default()
        };
        Self::compared(records_of(folder)?, &comparing)
    }

    /// Counts the records of a run, and compares it as a command asks.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub(super) fn compared(records: PlanOrder, comparing: &Comparing) -> Result<Self, CliError> {
        Self::counted(records, comparing, |_, _| Ok::<_, RecordsError>(()))
            .map_err(|error| CliError::caused(Exit::Usage, &error))
    }

    /// Reads a run's journal, counts it and writes the files of the run's folder.
    ///
    /// # Errors
    ///
    /// The journal cannot be read, or a file cannot be written.
    pub(super) fn publish(folder: &RunFolder) -> Result<Self, CliError> {
        let records = records_of(folder)?;
        let comparing = Comparing {
            earlier: kept(folder)?,
            ..Comparing::default()
        };
        let (results, page) = (folder.path.join(RESULTS), folder.path.join(PAGE));
        // One pass counts and writes: reading a journal back costs more than what is done with it.
        let written = write_whole(&results, |results| {
            write_whole(&page, |page| {
                let mut page = Page::begin(page)?;
                let mut junit = Junit::default();
                let counted = Self::counted(records, &comparing, |header, record| {
                    page.add(header, &record)?;
                    junit.add(header, &record)?;
                    result(header, record, results).map_err(RenderError::from)
                });
                let shown = counted.map_err(io::Error::from)?;
                page.end(shown.records.header(), &shown.findings)?;
                let path = folder.path.join(JUNIT);
                write_whole(&path, |out| junit.end(shown.report(), out))?;
                Ok(shown)
            })
        });
        let mut shown = written.map_err(|error| cannot_write(&folder.path, &error))?;
        for (name, format) in FOLDER_FILES {
            shown.write_file(&folder.path.join(name), format, Options::default())?;
        }
        Ok(shown)
    }

    fn counted<E: From<RecordsError>>(
        mut records: PlanOrder,
        comparing: &Comparing,
        mut see: impl FnMut(&Header, Record) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut exit = Exit::Done;
        let mut findings = Findings::gather(&mut records, comparing, |header, record| {
            exit = exit.or(verdict::of_trial(header, &record));
            see(header, record)
        })?;
        exit = exit.or(verdict::of_run(
            records.header(),
            &findings.report,
            records.end(),
        ));
        findings.report.exit_code = exit.code();
        Ok(Self {
            records,
            findings,
            exit,
        })
    }

    /// Returns the report.
    pub(super) fn report(&self) -> &Report {
        &self.findings.report
    }

    /// Says how the command ends, where it is not how the run did.
    pub(super) fn end_with(&mut self, exit: Exit) {
        self.exit = exit;
        self.findings.report.exit_code = exit.code();
    }

    /// Returns what the run came to.
    pub(super) fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Writes the run in a format.
    ///
    /// # Errors
    ///
    /// The journal cannot be read, or `out` cannot be written.
    pub(super) fn render(
        &mut self,
        format: Format,
        options: Options,
        out: &mut dyn io::Write,
    ) -> io::Result<()> {
        let (records, findings) = (&mut self.records, &self.findings);
        render(format, records, findings, options, out).map_err(io::Error::from)
    }

    /// Returns the report alone.
    pub(super) fn into_report(self) -> Report {
        self.findings.report
    }

    /// Returns how the run ended.
    pub(super) fn exit(&self) -> Exit {
        self.exit
    }

    /// Writes the files that the user named, then stdout.
    ///
    /// # Errors
    ///
    /// One cannot be written.
    pub(super) fn write(&mut self, args: &OutputArgs, ui: &Ui) -> Result<(), CliError> {
        self.write_all(args, false, ui)
    }

    /// Writes the same; on a terminal, only what models have in common and what sets them apart.
    ///
    /// # Errors
    ///
    /// One cannot be written.
    pub(super) fn write_comparison(&mut self, args: &OutputArgs, ui: &Ui) -> Result<(), CliError> {
        self.write_all(args, true, ui)
    }

    /// Writes the files that the user named, and nothing to stdout.
    ///
    /// # Errors
    ///
    /// One cannot be written.
    pub(super) fn write_files(&mut self, args: &OutputArgs) -> Result<(), CliError> {
        for path in &args.output {
            let options = Options {
                per_month: args.per_month,
                ..Options::default()
            };
            self.write_file(path, format_of(path)?, options)?;
        }
        Ok(())
    }

    /// Reads the records of the run once more, in the order of its plan.
    ///
    /// # Errors
    ///
    /// The journal cannot be read.
    pub(super) fn each(&mut self, mut see: impl FnMut(Record)) -> Result<(), CliError> {
        let read = self.records.each(|_, record| {
            see(record);
            Ok::<_, RecordsError>(())
        });
        read.map_err(|error| CliError::caused(Exit::Usage, &error))
    }

    fn write_all(&mut self, args: &OutputArgs, comparison: bool, ui: &Ui) -> Result<(), CliError> {
        self.write_files(args)?;
        let width = u16::try_from(ui.width()).unwrap_or(u16::MAX);
        let colour = if ui.colour() {
            Colour::Ansi
        } else {
            Colour::Never
        };
        let options = Options {
            width,
            colour,
            comparison,
            per_month: args.per_month,
        };
        ui.print_with(|out| self.render(args.stdout(), options, out))
    }

    fn write_file(
        &mut self,
        path: &Path,
        format: Format,
        options: Options,
    ) -> Result<(), CliError> {
        write_whole(path, |out| self.render(format, options, out))
            .map_err(|error| cannot_write(path, &error))
    }
}

/// Opens a run's journal in the order of its plan.
///
/// # Errors
///
/// It cannot be read.
pub(super) fn records_of(folder: &RunFolder) -> Result<PlanOrder, CliError> {
    let reader = JournalReader::open(&folder.journal()).map_err(|error| journal_error(&error))?;
    PlanOrder::read(reader).map_err(|error| CliError::caused(Exit::Usage, &error))
}

/// Returns the error of a journal that cannot be read.
pub(super) fn journal_error(error: &JournalError) -> CliError {
    let cli = CliError::caused(Exit::Usage, error);
    match error {
        JournalError::NewerSchema { .. } => {
            cli.hint("it was written by a later version of mcp-cli: install that one to read it")
        }
        _ => cli,
    }
}

/// Checks that a file can be written where the user wants it, without writing it.
pub(super) fn check_writable(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    let here = Path::new(".");
    let mut folders = path.ancestors().skip(1);
    let folder = folders.find(|folder| folder.exists()).unwrap_or(here);
    let folder = if folder.as_os_str().is_empty() {
        here
    } else {
        folder
    };
    tempfile::tempfile_in(folder).map(drop)
}

fn format_of(path: &Path) -> Result<Format, CliError> {
    Format::from_path(path).ok_or_else(|| {
        CliError::usage(format!(
            "`{}` has no extension that is a report's format",
            path.display()
        ))
        .hint("use .json, .jsonl, .csv, .xml, .md, .html or .txt")
    })
}

fn format(name: &str) -> Result<Format, String> {
    name.parse()
        .map_err(|error: crate::report::UnknownFormat| error.to_string())
}
