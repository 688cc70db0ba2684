//! Answers held to a JSON Schema: by Bedrock, where the model can be; by a tool that it must call; else by asking it to.

use std::io::ErrorKind;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::catalog::{Ability, Catalog, Restriction, Support};
use crate::check::Schema;
use crate::cli::error::CliError;
use crate::files::read_whole_text;
use crate::model::{
    AnswerSchema, Completion, Message, ModelId, Part, Request, Role, Tool, ToolChoice,
};

/// The name of the tool, or of the schema.
pub(super) const NAME: &str = "answer";

/// A schema, and how a model is held to it.
pub(super) struct Shape {
    schema: Value,
    compiled: Schema,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Native,
    Tool,
    Words,
}

/// Returns the schema of a list of such values, in the object that models give.
fn list_of(schema: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {"items": {"type": "array", "items": schema}},
        "required": ["items"],
        "additionalProperties": false,
    })
}

impl Shape {
    /// Reads what `--schema` says, or, where `several` are wanted, `--schema-multi`: a file, JSON, or a list of names with types.
    ///
    /// # Errors
    ///
    /// It is none of these, or no schema.
    pub(super) fn read(written: &str, several: bool) -> Result<Self, CliError> {
        let text = match read_whole_text(Path::new(written)) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::FileTooLarge => {
                return Err(CliError::usage(format!("cannot read `{written}`: {error}")));
            }
            Err(_) => written.to_owned(),
        };
        let schema = if text.trim_start().starts_with('{') {
            serde_json::from_str(&text)
                .map_err(|error| CliError::usage(format!("the schema is no JSON: {error}")))?
        } else {
            listed(&text).map_err(|why| {
                CliError::usage(why)
                    .hint("name a file, write JSON, or a list such as `name, age int`")
            })?
        };
        let schema = if several { list_of(&schema) } else { schema };
        let compiled = Schema::compile(&schema)
            .map_err(|error| CliError::usage(format!("the schema cannot be used: {error}")))?;
        Ok(Self { schema, compiled })
    }

    /// Holds a request to it.
    pub(super) fn hold(&self, request: &mut Request, catalog: &Catalog) {
        match way(&request.model, catalog) {
            Way::Native => {
                request.answer_schema = Some(AnswerSchema {
                    name: NAME.to_owned(),
                    schema: self.schema.clone(),
                });
            }
            Way::Tool => {
                request.tools.push(Tool {
                    name: NAME.to_owned(),
                    description: Some("Gives your answer.".to_owned()),
                    input_schema: self.schema.clone(),
                });
                request.tool_choice = Some(ToolChoice::Tool(NAME.to_owned()));
                request.stream = false;
            }
            Way::Words => {
                let rule = format!(
                    "Answer with JSON alone, without a code fence, that conforms to this JSON Schema:\n{}",
                    self.schema
                );
                if let Some(message) = request.messages.last_mut() {
                    message.parts.push(Part::Text(format!("\n\n{rule}")));
                }
            }
        }
    }

    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// Why it does not conform, in a sentence.
    pub(super) fn value(&self, answer: &Completion) -> Result<Value, String> {
        let call = answer.tool_calls.iter().find(|call| call.name == NAME);
        let value = match call {
            Some(call) => call.input.clone(),
            None => serde_json::from_str(unfenced(&answer.text))
                .map_err(|error| format!("the answer is no JSON: {error}"))?,
        };
        match self.compiled.flaw(&value) {
            Some(flaw) => Err(flaw),
            None => Ok(value),
        }
    }

    /// Tells a model what was wrong with its answer, so that it gives another.
    pub(super) fn again(request: &Request, answer: &Completion, flaw: &str) -> Request {
        let mut again = Request {
            sample: request.sample + 1,
            ..request.clone()
        };
        let said = answer.as_message(|_| false);
        if !said.parts.is_empty() {
            let text = format!("That does not conform: {flaw}. Give the whole answer again.");
            again.messages.push(said);
            again.messages.push(Message {
                role: Role::User,
                parts: vec![Part::Text(text)],
            });
        }
        again
    }
}

fn way(model: &str, catalog: &Catalog) -> Way {
    let Some(facts) = catalog.look_up(&ModelId::parse(model)) else {
        return Way::Words;
    };
    let can_be_forced = !facts.refuses(Restriction::ForcedToolChoice);
    if facts.supports(Ability::StructuredOutput) == Support::Yes {
        Way::Native
    } else if facts.supports(Ability::Tools) == Support::Yes && can_be_forced {
        Way::Tool
    } else {
        Way::Words
    }
}

/// Returns text without the code fence around it, if it has one.
fn unfenced(text: &str) -> &str {
    super::answer::fenced(text).unwrap_or(text).trim()
}

/// Reads a list of properties: `name, age int, bio: in a sentence`; separated by commas or lines.
fn listed(text: &str) -> Result<Value, String> {
    let separator = if text.contains('\n') { '\n' } else { ',' };
    let mut properties = Map::new();
    for item in text
        .split(separator)
        .map(str::trim)
        .filter(|item| !item.is_empty())
    {
        let (head, description) = match item.split_once(':') {
            Some((head, description)) => (head.trim(), Some(description.trim())),
            None => (item, None),
        };
        let mut words = head.split_whitespace();
        let (name, kind, rest) = (words.next(), words.next(), words.next());
        let kind = match kind {
            None | Some("str" | "string") => "string",
            Some("int" | "integer") => "integer",
            Some("float" | "number") => "number",
            Some("bool" | "boolean") => "boolean",
            Some(other) => {
                return Err(format!(
                    "`{other}` is no type of a property: str, int, float or bool"
                ));
            }
        };
        let (Some(name), None) = (name, rest) else {
            return Err(format!("`{item}` is no property"));
        };
        let mut property = json!({"type": kind});
        if let Some(description) = description {
            property["description"] = description.into();
        }
        properties.insert(name.to_owned(), property);
    }
    if properties.is_empty() {
        return Err("the schema is empty".to_owned());
    }
    let required: Vec<&String> = properties.keys().collect();
    Ok(
        json!({"type": "object", "required": required, "additionalProperties": false, "properties": properties}),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_names_is_a_schema() {
        let schema = listed("name, age int, bio: in a sentence").unwrap();
        assert_eq!(schema["required"], json!(["name", "age", "bio"]));
        assert_eq!(schema["properties"]["age"], json!({"type": "integer"}));
        let bio = json!({"type": "string", "description": "in a sentence"});
        assert_eq!(schema["properties"]["bio"], bio);
        for wrong in ["", "a b c", "age years"] {
            assert!(listed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn answers_are_read_with_and_without_a_fence() {
        let shape = Shape::read("n int", false).unwrap();
        let answer = |text: &str| Completion {
            text: text.to_owned(),
            ..Completion::default()
        };
        assert_eq!(shape.value(&answer("{\"n\": 1}")), Ok(json!({"n": 1})));
        assert_eq!(
            shape.value(&answer("```json\n{\"n\": 1}\n```")),
            Ok(json!({"n": 1}))
        );
        assert!(shape.value(&answer("{\"n\": \"x\"}")).is_err());
        assert!(
            shape
                .value(&answer("one"))
                .unwrap_err()
                .starts_with("the answer is no JSON")
        );
    }

    #[test]
    fn models_are_held_as_they_can_be() {
        let catalog = Catalog::builtin();
        for (model, expected) in [
            ("anthropic.claude-haiku-4-5-20251001-v1:0", Way::Native),
            ("amazon.nova-lite-v1:0", Way::Tool),
            ("amazon.titan-text-express-v1", Way::Words),
            ("no.such-model", Way::Words),
        ] {
            assert_eq!(way(model, &catalog), expected, "{model}");
        }
    }
}
