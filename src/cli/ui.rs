//! What reaches the terminal: results on stdout, everything else on stderr. A closed pipe is a quiet end.

#![expect(
    clippy::unused_self,
    reason = "the terminal is one thing, whichever of its answers need its state"
)]

use std::io::{self, IsTerminal, Write};

use annotate_snippets::Renderer;
use jiff::Timestamp;

use super::error::CliError;
use super::exit::Exit;
use super::log::{Level, Line, LogFormat};
use crate::report::safe_text;
use crate::suite::{Severity, SuiteError};

/// Columns where no terminal says how many it has.
const WIDTH: usize = 100;
/// Problems that are shown one by one: who has more begins with these.
const MOST_PROBLEMS: usize = 100;
/// The narrowest width that tables are made for.
const MIN_WIDTH: usize = 80;

/// The terminal, or what stands in its place.
#[derive(Debug, Clone)]
pub(super) struct Ui {
    colour_out: bool,
    colour_err: bool,
    log: LogFormat,
}

impl Ui {
    /// Returns the terminal, told of in this way on stderr.
    pub(super) fn new(log: LogFormat) -> Self {
        let takes_colour = |choice| choice != anstream::ColorChoice::Never;
        Self {
            colour_out: takes_colour(anstream::AutoStream::choice(&io::stdout())),
            colour_err: takes_colour(anstream::AutoStream::choice(&io::stderr())),
            log,
        }
    }

    /// Returns whether stdout takes colours.
    pub(super) fn colour(&self) -> bool {
        self.colour_out
    }

    /// Returns whether stderr is a terminal that may be drawn on.
    pub(super) fn may_draw(&self) -> bool {
        self.log == LogFormat::Text
            && io::stderr().is_terminal()
            && std::env::var_os("CI").is_none()
    }

    /// Returns the columns that results may take.
    pub(super) fn width(&self) -> usize {
        let columns = std::env::var("COLUMNS")
            .ok()
            .and_then(|columns| columns.parse().ok());
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        columns.or_else(measured).unwrap_or(WIDTH).max(MIN_WIDTH)
    }

    /// Prints a result.
    ///
    /// # Errors
    ///
    /// Anything but a closed pipe, which ends the program quietly as the reader wished.
    pub(super) fn print(&self, text: &str) -> Result<(), CliError> {
        self.print_bytes(text.as_bytes())
    }

    /// Prints a result of bytes.
    ///
    /// # Errors
    ///
    /// As for [`print`](Self::print).
    pub(super) fn print_bytes(&self, bytes: &[u8]) -> Result<(), CliError> {
        self.print_with(|out| out.write_all(bytes))
    }

    /// Lets `write` print a result.
    ///
    /// # Errors
    ///
    /// As for [`print`](Self::print).
    pub(super) fn print_with(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), CliError> {
        let mut out = io::BufWriter::new(io::stdout().lock());
        match write(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::new(
                Exit::Incomplete,
                format!("cannot write to stdout: {error}"),
            )),
            _ => Ok(()),
        }
    }

    /// Returns whether stderr is read by a program, a JSON object a line.
    pub(super) fn is_json(&self) -> bool {
        self.log == LogFormat::Json
    }

    /// Tells a line of text; `warning: ` and `error: ` at its beginning say how much it matters.
    pub(super) fn note(&self, line: &str) {
        if self.is_json() {
            return self.tell(&Line::of(line));
        }
        self.write(line);
    }

    /// Tells a line that programs know by its name: its message, or all of it as JSON.
    pub(super) fn tell(&self, line: &Line) {
        if !self.is_json() {
            return self.write(&safe_text(&line.text()));
        }
        self.write(&line.to_json(Timestamp::now()));
    }

    /// Writes a line in one piece, so that those of several programs do not mix.
    fn write(&self, line: &str) {
        // Nobody can be told that stderr is gone.
        let _ = io::stderr()
            .lock()
            .write_all(format!("{line}\n").as_bytes());
    }

    /// Tells a CI job of something in its own words, which it reads at the beginning of a line of text only.
    pub(super) fn annotate(&self, line: &str) {
        if self.is_json() {
            return self.tell(&Line::new(Level::Info, "annotation", line));
        }
        self.write(line);
    }

    /// Asks something, and leaves the line open for the answer.
    pub(super) fn prompt(&self, text: &str) {
        self.piece("question", text);
    }

    /// Shows a piece of a text that goes on.
    pub(super) fn piece(&self, event: &'static str, text: &str) {
        if self.is_json() {
            return self.tell(&Line::new(Level::Info, event, text));
        }
        let mut err = io::stderr().lock();
        // Nobody can be told that stderr is gone.
        let _ = write!(err, "{text}").and_then(|()| err.flush());
    }

    /// Prints problems of suites, each with its line and caret, and a line that counts them.
    pub(super) fn problems(&self, problems: &[SuiteError]) {
        if self.is_json() {
            return problems
                .iter()
                .for_each(|problem| self.tell(&line_of(problem)));
        }
        let renderer = if self.colour_err {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        for problem in problems.iter().take(MOST_PROBLEMS) {
            self.note(&problem.render(&renderer));
            self.note("");
        }
        if let Some(more @ 1..) = problems.len().checked_sub(MOST_PROBLEMS) {
            self.note(&format!("… and {more} more problems\n"));
        }
    }

    /// Prints an error and returns its exit code.
    pub(super) fn error(&self, error: &CliError) -> Exit {
        if self.is_json() {
            let line = Line::new(Level::Error, "error", &*error.message)
                .with("causes", error.causes.clone())
                .with("hints", error.hints.clone())
                .with("exit_code", error.exit.code());
            self.tell(&line);
            return error.exit;
        }
        self.note(&format!(
            "{} {}",
            self.word("error:", anstyle::AnsiColor::Red),
            safe_text(&error.message)
        ));
        for cause in &error.causes {
            self.note(&format!("caused by: {}", safe_text(cause)));
        }
        for hint in &error.hints {
            self.note(&format!(
                "{} {}",
                self.word("hint:", anstyle::AnsiColor::Cyan),
                safe_text(hint)
            ));
        }
        error.exit
    }

    /// Prints help, a version, or what is wrong with the arguments.
    pub(super) fn clap_error(&self, error: &clap::Error) -> Exit {
        if self.is_json() && error.use_stderr() {
            let text = error.to_string();
            let message = text.strip_prefix("error: ").unwrap_or(&text);
            return self.error(&CliError::usage(message));
        }
        let printed = error.print();
        if error.use_stderr()
            || printed.is_err_and(|error| error.kind() != io::ErrorKind::BrokenPipe)
        {
            Exit::Usage
        } else {
            Exit::Done
        }
    }

    fn word(&self, word: &str, colour: anstyle::AnsiColor) -> String {
        if !self.colour_err {
            return word.to_owned();
        }
        let style = colour.on_default().bold();
        format!("{style}{word}{style:#}")
    }
}

/// Returns a problem of a suite as programs read it.
fn line_of(problem: &SuiteError) -> Line {
    let level = match problem.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warn,
    };
    let place = &problem.place;
    Line::new(level, "problem", &*problem.message)
        .with("path", place.file.path.display().to_string())
        .with("line", place.line)
        .with("column", place.column)
        .with("hint", problem.hint.clone())
}

/// Returns how many errors and warnings there are, in words.
pub(super) fn count_problems(problems: &[SuiteError]) -> String {
    let count = |severity| {
        problems
            .iter()
            .filter(|problem| problem.severity == severity)
            .count() as u64
    };
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    format!(
        "{}, {}",
        plural(errors, "error"),
        plural(warnings, "warning")
    )
}

/// Returns a count with its noun: `1 case`, `2 cases`.
pub(super) fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
