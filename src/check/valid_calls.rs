//! `is-valid-openai-tools-call` and `is-valid-function-call`: calls that fit the schemas of the tools that were offered.

use serde_json::Value;

use super::reason::quoted_json;
use super::schema::Schema;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::model::Tool;

/// The shape of calls that are written into an output; a model's own calls need none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallShape {
    /// A list of `{type: function, function: {name, arguments}}`.
    Tools,
    /// `{name, arguments}`, or that within `function_call`.
    Function,
}

/// Every tool that is called was offered, with arguments of its schema, and at least one is called.
#[derive(Debug, Clone, Copy)]
pub struct ValidCalls {
    /// The shape of calls in an output.
    pub shape: CallShape,
}

impl ValidCalls {
    pub(super) fn verdict(self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let request = subject
            .request
            .ok_or("nobody knows which tools were offered")?;
        let calls: Option<Vec<(String, Value)>> = if subject.tool_calls.is_empty() {
            self.written(subject.output)
        } else {
            let calls = subject.tool_calls.iter();
            Some(
                calls
                    .map(|call| (call.name.clone(), call.input.clone()))
                    .collect(),
            )
        };
        let Some(calls) = calls.filter(|calls| !calls.is_empty()) else {
            let output = quoted_json(subject.output);
            return Ok(Verdict::of(
                false,
                format!("the answer calls no tool: {output}"),
            ));
        };
        for (name, arguments) in &calls {
            if let Some(flaw) = flaw(name, arguments, &request.tools)? {
                return Ok(Verdict::of(false, flaw));
            }
        }
        let names: Vec<&str> = calls.iter().map(|(name, _)| name.as_str()).collect();
        Ok(Verdict::of(
            true,
            format!("valid calls: {}", names.join(", ")),
        ))
    }

    /// Returns the calls in an output; `None` if it has another shape.
    fn written(self, output: &Value) -> Option<Vec<(String, Value)>> {
        match self.shape {
            CallShape::Tools => {
                let call = |call: &Value| {
                    let is_function = call.get("type").and_then(Value::as_str) == Some("function");
                    function(call.get("function")?).filter(|_| is_function)
                };
                output.as_array()?.iter().map(call).collect()
            }
            CallShape::Function => {
                let call = output.get("function_call").unwrap_or(output);
                function(call).map(|call| vec![call])
            }
        }
    }
}

/// Reads a name and its arguments, which are JSON in a text. What is no JSON stays text, which fits no schema.
fn function(call: &Value) -> Option<(String, Value)> {
    let name = call.get("name")?.as_str()?;
    let arguments = call.get("arguments")?.as_str()?;
    let parsed = serde_json::from_str(arguments);
    Some((name.to_owned(), parsed.unwrap_or_else(|_| arguments.into())))
}

/// Says what is wrong with a call.
///
/// # Errors
///
/// The tool's schema cannot be used.
fn flaw(name: &str, arguments: &Value, tools: &[Tool]) -> Result<Option<String>, String> {
    let Some(tool) = tools.iter().find(|tool| tool.name == name) else {
        return Ok(Some(format!("the tool `{name}` was not offered")));
    };
    if !arguments.is_object() {
        let found = quoted_json(arguments);
        return Ok(Some(format!(
            "the arguments of `{name}` are no JSON object: {found}"
        )));
    }
    let schema = Schema::compile(&tool.input_schema)
        .map_err(|error| format!("the schema of the tool `{name}` cannot be used: {error}"))?;
    let flaw = schema.flaw(arguments);
    Ok(flaw.map(|flaw| format!("the arguments of `{name}` do not fit its schema: {flaw}")))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::super::{Check, Kind, Status};
    use super::*;
    use crate::model::{Request, ToolCall};

    #[test]
    fn calls_must_fit_the_schema_of_their_tool() {
        let schema = json!({
            "type": "object", "required": ["city"], "additionalProperties": false,
            "properties": {"city": {"type": "string"}},
        });
        let request: Request = serde_json::from_value(json!({
            "model": "m", "messages": [], "params": {"max_tokens": 1},
            "tools": [{"name": "weather", "input_schema": schema}],
        }))
        .unwrap();
        let function = |arguments: &str| json!({"name": "weather", "arguments": arguments});
        let tool = |arguments| json!([{"type": "function", "function": function(arguments)}]);
        let call = |name: &str, input| {
            let (id, name) = ("1".to_owned(), name.to_owned());
            vec![ToolCall { id, name, input }]
        };
        let (good, bad) = (r#"{"city": "Paris"}"#, r#"{"town": "Paris"}"#);
        let (tools, one) = (CallShape::Tools, CallShape::Function);
        for (shape, output, calls, passes) in [
            (
                tools,
                json!(""),
                call("weather", json!({"city": "Paris"})),
                true,
            ),
            (tools, json!(""), call("weather", json!({"city": 7})), false),
            (
                tools,
                json!(""),
                call("whether", json!({"city": "Paris"})),
                false,
            ),
            (tools, tool(good), vec![], true),
            (tools, tool(bad), vec![], false),
            (tools, tool("{bad"), vec![], false),
            (tools, json!([]), vec![], false),
            (tools, json!("no call"), vec![], false),
            (tools, json!(tool(good).to_string()), vec![], false),
            (tools, function(good), vec![], false),
            (one, function(good), vec![], true),
            (one, json!({"function_call": function(good)}), vec![], true),
            (one, json!([function(good)]), vec![], false),
        ] {
            let vars = Map::new();
            let subject = Subject {
                request: Some(&request),
                tool_calls: &calls,
                ..Subject::canned(&output, &vars)
            };
            for (name, expected) in [("it", passes), ("not-it", !passes)] {
                let check = Check::new(name, Kind::ValidCalls(ValidCalls { shape }));
                let result = check.judge(&subject);
                assert_eq!(
                    result.status == Status::Passed,
                    expected,
                    "{output}: {}",
                    result.reason
                );
            }
        }
    }
}
