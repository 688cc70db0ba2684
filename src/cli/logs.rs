//! `logs`: what was asked by hand, and answered.

use std::fmt::Write as _;

use clap::Args;
use serde_json::Value;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use super::data_file::data_file;
use super::error::CliError;
use super::exit::Exit;
use super::query::{open_log, store_error};
use super::ui::Ui;
use crate::report::safe_text;
use crate::store::Turn;

/// What was asked with `query`, and answered
///
/// One line for each question, the newest last; `--conversation` shows one whole.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  mcp-cli logs -n 3\n  mcp-cli logs -q parcel\n  mcp-cli logs --conversation 12\n  mcp-cli query \"And then?\" --conversation 12"
)]
pub(super) struct LogsArgs {
    /// How many questions, the newest
    #[arg(short, long, value_name = "N", default_value_t = 10)]
    number: usize,
    /// Those that hold this text, in question or answer
    #[arg(short, long, value_name = "TEXT")]
    query: Option<String>,
    /// One conversation, from its beginning
    #[arg(long, value_name = "ID")]
    conversation: Option<i64>,
    /// Print JSON: a list of objects
    #[arg(short, long)]
    json: bool,
    /// Tell where the log is
    #[arg(long, conflicts_with_all = ["number", "query", "conversation", "json"])]
    path: bool,
}

/// Runs the command.
pub(super) fn run(args: &LogsArgs, ui: &Ui) -> Result<Exit, CliError> {
    if args.path {
        let path = data_file("log.db").unwrap_or_default();
        ui.print(&format!("{}\n", path.display()))?;
        return Ok(Exit::Done);
    }
    let most = if args.conversation.is_some() {
        usize::MAX
    } else {
        args.number
    };
    let turns = open_log()?.turns(args.conversation, args.query.as_deref(), most);
    let turns = turns.map_err(|error| store_error(&error))?;
    if let (Some(id), [], None) = (args.conversation, turns.as_slice(), &args.query) {
        let error = CliError::usage(format!("there is no conversation {id}"));
        return Err(error.hint("`mcp-cli logs` lists what was asked"));
    }
    let text = if args.json {
        let objects = turns.iter().map(as_json).collect::<Vec<_>>();
        format!("{:#}\n", Value::from(objects))
    } else if args.conversation.is_some() {
        turns.iter().map(whole).collect::<Vec<_>>().join("\n")
    } else {
        turns.iter().map(|turn| line(turn, ui.width())).collect()
    };
    ui.print(&text)?;
    Ok(Exit::Done)
}

fn as_json(turn: &Turn) -> Value {
    let mut object = serde_json::to_value(turn).expect("a turn is plain data");
    let map = object.as_object_mut().expect("a turn is an object");
    let id = map.shift_remove("conversation").unwrap_or_default();
    map.shift_insert(0, "conversation_id".to_owned(), id);
    object
}

/// Returns a question on one line of so many columns.
fn line(turn: &Turn, width: usize) -> String {
    let when: String = turn.at.chars().take(16).collect();
    let id = turn.conversation.unwrap_or_default();
    let begin = format!("{id:>5}  {}  {}  ", when.replace('T', " "), turn.model);
    let left = width.saturating_sub(begin.chars().count()).max(20);
    let said = format!("{} → {}", turn.prompt, turn.response);
    let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
    let said = cut(&safe_text(&said), left);
    format!("{begin}{said}\n")
}

/// Cuts a text to so many columns.
fn cut(text: &str, columns: usize) -> String {
    if text.width() <= columns {
        return text.to_owned();
    }
    let mut taken = 1;
    let fits = text.chars().take_while(|c| {
        taken += c.width().unwrap_or(0);
        taken <= columns
    });
    fits.chain(['…']).collect()
}

fn whole(turn: &Turn) -> String {
    let mut text = String::new();
    let cost = turn.cost_usd.as_deref();
    let cost = cost.map_or_else(|| "unpriced".to_owned(), |cost| format!("${cost}"));
    let _ = writeln!(text, "── {}, {}, {cost} ──", turn.at, turn.model);
    for line in turn.prompt.lines() {
        let _ = writeln!(text, "> {}", safe_text(line));
    }
    let _ = writeln!(text, "\n{}", safe_text(turn.response.trim_end()));
    text
}
