//! The lines that are spoken with programs.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::check::{Code, Program, Ran};

/// Returns the line that puts a question. `known` are the functions that the process has compiled already.
pub(super) fn line(program: &Program, input: &Value, known: &mut HashSet<Arc<str>>) -> String {
    let Code::Python { source, function } = &program.code else {
        return format!("{input}\n");
    };
    let key = program.digest();
    let mut request = json!({"key": **key, "input": input});
    if known.insert(Arc::clone(key)) {
        request["source"] = (**source).into();
        request["folder"] = program.folder.display().to_string().into();
        if let Some(function) = function {
            request["function"] = function.clone().into();
        }
    }
    format!("{request}\n")
}

/// Reads a line as an answer; `None` if it is something that the program printed.
pub(super) fn answer(program: &Program, line: &str) -> Option<Result<Ran, String>> {
    let value: Value = serde_json::from_str(line).ok()?;
    match &program.code {
        Code::Python { .. } => Some(of_python(value)),
        Code::Command(_) => is_verdict(&value).then(|| {
            Ok(Ran {
                value,
                printed: String::new(),
            })
        }),
    }
}

fn of_python(answer: Value) -> Result<Ran, String> {
    let mut fields: Map<String, Value> = match answer {
        Value::Object(fields) => fields,
        _ => return Err("the program's answer cannot be read".to_owned()),
    };
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    let printed = text(fields.get("printed")).unwrap_or_default();
    if let Some(error) = text(fields.get("error")) {
        let printed = printed.trim();
        let also = if printed.is_empty() {
            String::new()
        } else {
            format!(" (it printed: {printed})")
        };
        return Err(format!("the program failed: {error}{also}"));
    }
    Ok(Ran {
        value: fields.remove("value").unwrap_or_default(),
        printed,
    })
}

fn is_verdict(value: &Value) -> bool {
    match value {
        Value::Bool(_) | Value::Number(_) => true,
        Value::Object(fields) => fields.contains_key("pass"),
        _ => false,
    }
}
