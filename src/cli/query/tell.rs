//! What is shown of answers, and of what was not answered.

use std::fmt::Write as _;
use std::io::IsTerminal as _;

use serde_json::{Value, json};

use super::answer::{Answer, Show};
use super::job::{Job, Told};
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::run_folder::cannot_write;
use crate::cli::ui::Ui;
use crate::files::write_whole;
use crate::report::safe_text;

impl Job<'_> {
    /// Shows what was answered, and what was not.
    pub(super) fn tell(&self, answers: Vec<Told>, show: &Show, ui: &Ui) -> Result<Exit, CliError> {
        let args = self.args;
        let mut exit = Exit::Done;
        let (mut text, mut objects) = (String::new(), Vec::new());
        for (told, request) in answers.into_iter().zip(&self.requests) {
            if args.models.len() > 1 {
                let _ = writeln!(text, "── {} ──", request.model);
            }
            match told {
                Ok((answer, flaw)) => {
                    objects.push(Self::object(&answer, flaw.as_deref(), show));
                    if !args.quiet && answer.completion.stop_reason.is_cut_off() {
                        ui.note("warning: the answer was cut off: raise --max-tokens");
                    }
                    if let Some(flaw) = flaw {
                        exit = exit.or(Exit::Failed);
                        ui.note(&format!(
                            "error: the answer does not conform to the schema: {}",
                            safe_text(&flaw)
                        ));
                    } else if args.raw_data {
                        let _ = writeln!(text, "{:#}", answer.tool_results());
                    } else {
                        text.push_str(answer.text(args.extract).trim_end_matches('\n'));
                        text.push('\n');
                    }
                    if args.usage {
                        ui.note(&answer.usage_line());
                    }
                    if args.verbose {
                        ui.note(&answer.trace_line());
                    }
                }
                Err(trouble) => {
                    exit = exit.or(trouble.exit());
                    let error = json!({"type": "error", "model": request.model, "error": trouble.to_json()});
                    show.event(&error);
                    objects.push(error);
                    if !args.error_code_only {
                        trouble.tell(ui);
                    }
                }
            }
            if args.models.len() > 1 {
                text.push('\n');
            }
        }
        if args.json {
            text = match objects.as_slice() {
                [one] if args.models.len() < 2 => format!("{one:#}\n"),
                several => format!("{:#}\n", Value::from(several.to_vec())),
            };
        }
        if let (Some(path), Exit::Done) = (&args.output, exit) {
            let written = write_whole(path, |out| out.write_all(text.as_bytes()));
            written.map_err(|error| cannot_write(path, &error))?;
        }
        if !args.follows() && (args.output.is_none() || args.tee) {
            let is_read = std::io::stdout().is_terminal();
            ui.print(&if is_read {
                safe_text(&text)
            } else {
                text.into()
            })?;
        }
        Ok(exit)
    }

    /// Returns an answer as JSON, and tells it as events where those are shown.
    fn object(answer: &Answer, flaw: Option<&str>, show: &Show) -> Value {
        let mut object = answer.to_json();
        if let Some(flaw) = flaw {
            object["error"] = json!({"kind": "schema", "message": flaw});
        }
        show.event(
            &json!({"type": "usage", "usage": object["usage"], "cost_usd": object["cost_usd"]}),
        );
        let mut done = object.clone();
        done["type"] = "done".into();
        show.event(&done);
        object
    }
}
