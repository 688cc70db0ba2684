//! The types that are code of the suite's author.

use std::time::Duration;

use serde_json::Value;

use super::super::error::Problems;
use super::super::file::read_beside;
use super::super::source::{Node, Place};
use super::fields::{Fields, Noted, Read};
use super::limits::duration_ms;
use crate::check::{Code, JavaScript, Kind, Prepared, Program, ProgramCheck, Webhook};
use crate::script::Script;
use crate::template::Template;

pub(super) fn javascript(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let threshold = fields.number("threshold");
    if let Some((path, node)) = program_file(fields, &["js", "cjs", "mjs"]) {
        let script = file(path, node, fields.problems)?;
        return Ok(Kind::JavaScript(JavaScript {
            script: Prepared::ready(script),
            threshold: threshold?,
        }));
    }
    let given = fields.value()?;
    let place = given.place();
    let Some(source) = given.value.as_str().filter(|text| !text.trim().is_empty()) else {
        return fields.wrong(place, "JavaScript");
    };
    // Braces that are no template are JavaScript's own.
    let script = match Template::parse(source) {
        Ok(template) if !template.is_literal() => Prepared::from_template(template, Script::parse)
            .or_else(|message| fields.error(place, message))?,
        _ => Prepared::ready(parse(source, place, fields.problems)?),
    };
    Ok(Kind::JavaScript(JavaScript {
        script,
        threshold: threshold?,
    }))
}

/// Returns the file that `value` names, if it has one of these extensions, perhaps with `:function` after it.
pub(super) fn program_file<'a>(
    fields: &mut Fields<'a, '_>,
    extensions: &[&str],
) -> Option<(ProgramFile<'a>, &'a Node)> {
    let node = fields.map.take("value")?;
    let path = node.as_text()?.strip_prefix("file://")?;
    let is_program = |path: &str| {
        let extension = path.rsplit_once('.').map(|(_, extension)| extension);
        extension.is_some_and(|extension| extensions.contains(&extension))
    };
    let found = match path.rsplit_once(':') {
        Some((path, function)) if is_program(path) => ProgramFile {
            path,
            function: Some(function),
        },
        _ => ProgramFile {
            path,
            function: None,
        },
    };
    is_program(found.path).then_some((found, node))
}

/// A file with a program, and the function in it that is meant.
#[derive(Clone, Copy)]
pub(super) struct ProgramFile<'a> {
    pub(super) path: &'a str,
    pub(super) function: Option<&'a str>,
}

fn file(program: ProgramFile<'_>, node: &Node, problems: &mut Problems) -> Read<Script> {
    let file = read_beside(program.path, &node.place, problems).ok_or(Noted)?;
    Script::parse_file(&file.text, program.function).map_err(|error| {
        let message = format!(
            "`{}` is not JavaScript that can be run: {error}",
            program.path
        );
        let hint = "it has no `import` and no `require`: all that it needs stands in it";
        problems.error_with(&node.place, message, Some(hint));
        Noted
    })
}

/// Reads a script, or notes what is wrong with it.
pub(super) fn parse(source: &str, place: &Place, problems: &mut Problems) -> Read<Script> {
    Script::parse(source).map_err(|error| {
        let hint = if source.contains('\n') {
            "several lines are a function's body: end it with `return …`"
        } else {
            "one line is an expression over `output` and `context`; a body with `return` takes several lines"
        };
        problems.error_with(place, format!("this is not JavaScript: {error}"), Some(hint));
        Noted
    })
}

pub(super) fn webhook(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let (url, place) = fields.text_value(false)?;
    let is_url = ["http://", "https://", "{{"]
        .iter()
        .any(|start| url.source().starts_with(start));
    if !is_url {
        return fields.wrong(place, "a URL");
    }
    Ok(Kind::Webhook(Webhook { url }))
}

/// What to write for a program.
const COMMAND: &str = "a command is a text such as `./check.sh strict`, or a list of words";

pub(super) fn python(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let threshold = fields.number("threshold");
    let timeout = timeout(fields);
    let folder = fields.folder();
    if let Some((program, node)) = program_file(fields, &["py"]) {
        let file = read_beside(program.path, &node.place, fields.problems).ok_or(Noted)?;
        let function = program.function.unwrap_or("get_assert");
        let code = Code::Python {
            source: file.text.as_str().into(),
            function: Some(function.to_owned()),
        };
        // Where the file stands, so that it finds what stands beside it.
        let folder = file.path.parent().map_or(folder, Into::into);
        return Ok(Kind::Program(ProgramCheck {
            program: Prepared::ready(Program::new(code, folder, timeout?)),
            threshold: threshold?,
        }));
    }
    let given = fields.value()?;
    let place = given.place();
    let Some(source) = given.value.as_str().filter(|text| !text.trim().is_empty()) else {
        return fields.wrong(place, "Python");
    };
    let timeout = timeout?;
    let program = move |source: &str| {
        let code = Code::Python {
            source: source.into(),
            function: None,
        };
        Ok(Program::new(code, folder.clone(), timeout))
    };
    // Braces that are no template are Python's own.
    let program = match Template::parse(source) {
        Ok(template) => Prepared::from_template(template, program),
        Err(_) => program(source).map(Prepared::ready),
    };
    Ok(Kind::Program(ProgramCheck {
        program: program.or_else(|message| fields.error(place, message))?,
        threshold: threshold?,
    }))
}

pub(super) fn exec(fields: &mut Fields<'_, '_>) -> Read<Kind> {
    let threshold = fields.number("threshold");
    let timeout = timeout(fields);
    let folder = fields.folder();
    let given = fields.value()?;
    let place = given.place();
    let words: Vec<String> = match &given.value {
        Value::String(text) => text.split_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => {
            let words = items.iter().map(|item| item.as_str().map(str::to_owned));
            words.collect::<Option<_>>().unwrap_or_default()
        }
        _ => Vec::new(),
    };
    if words.is_empty() {
        let message = "the `value` of `exec` must be a command";
        fields.problems.error_with(place, message, Some(COMMAND));
        return Err(Noted);
    }
    Ok(Kind::Program(ProgramCheck {
        program: Prepared::ready(Program::new(Code::Command(words), folder, timeout?)),
        threshold: threshold?,
    }))
}

/// Reads the longest that an answer may take.
fn timeout(fields: &mut Fields<'_, '_>) -> Read<Duration> {
    let Some(node) = fields.map.take("timeout") else {
        return Ok(Program::DEFAULT_TIMEOUT);
    };
    let found = duration_ms(node).and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
    match found.filter(|timeout| !timeout.is_zero()) {
        Some(timeout) => Ok(timeout),
        None => fields.error(
            &node.place,
            "`timeout` must be milliseconds, or a duration such as `3s` or `500ms`",
        ),
    }
}
