//! `tool-calls`: which tools were called, with what arguments, in what order, how often.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::bounds::Bounds;
use super::item::json_equal;
use super::reason::{quoted, quoted_json};
use super::schema::Schema;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::model::ToolCall;
use crate::template::JsonTemplate;

/// What the arguments of a call must be.
#[derive(Debug, Clone)]
pub enum Arguments {
    /// Anything.
    Any,
    /// These, and perhaps others: objects within them likewise.
    Have(JsonTemplate),
    /// These and no others.
    Are(JsonTemplate),
    /// Of this schema.
    Fit(std::sync::Arc<Schema>),
}

/// A call that is expected.
#[derive(Debug, Clone)]
pub struct ExpectedCall {
    /// The tool's name.
    pub name: String,
    /// Its arguments.
    pub arguments: Arguments,
}

/// The calls of an answer are as expected.
#[derive(Debug, Clone)]
pub struct ToolCalls {
    /// Calls that must be there, each one by itself; `None` says nothing of them.
    pub expected: Option<Vec<ExpectedCall>>,
    /// Whether they must come in this order.
    pub in_order: bool,
    /// Whether there may be other calls.
    pub others: bool,
    /// How many calls there are in all.
    pub count: Option<Bounds>,
}

impl ToolCalls {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let calls = subject.tool_calls;
        if let Some(count) = &self.count {
            #[expect(clippy::cast_precision_loss, reason = "no answer has 2^52 calls")]
            let number = calls.len() as f64;
            if !count.contains(number) {
                let reason = format!(
                    "{} tool calls, expected {count}: {}",
                    calls.len(),
                    told(calls)
                );
                return Ok(Verdict::of(false, reason));
            }
        }
        let Some(expected) = &self.expected else {
            return Ok(Verdict::of(true, told(calls)));
        };
        let mut fits = Vec::with_capacity(expected.len());
        for call in expected {
            fits.push(call.fits(calls, subject.vars)?);
        }
        let found = if self.in_order {
            in_order(&fits)
        } else {
            each_by_itself(&fits, calls.len())
        };
        if let Err(missing) = found {
            let call = &expected[missing];
            let what = call.describe(subject.vars);
            let place = if self.in_order { " in its place" } else { "" };
            let reason = format!("no call of {what}{place}: {}", told(calls));
            return Ok(Verdict::of(false, reason));
        }
        let is_exact = calls.len() == expected.len();
        let reason = told(calls);
        if !is_exact && !self.others {
            let expected = expected.len();
            let reason = format!(
                "{} tool calls where {expected} are expected: {reason}",
                calls.len()
            );
            return Ok(Verdict::of(false, reason));
        }
        Ok(Verdict::of(true, reason))
    }

    pub(super) fn add_variables(&self, names: &mut BTreeSet<String>) {
        for call in self.expected.iter().flatten() {
            if let Arguments::Have(template) | Arguments::Are(template) = &call.arguments {
                names.extend(template.variables());
            }
        }
    }
}

impl ExpectedCall {
    /// Returns which calls are this one.
    fn fits(&self, calls: &[ToolCall], vars: &Map<String, Value>) -> Result<Vec<bool>, String> {
        let rendered = match &self.arguments {
            Arguments::Have(template) | Arguments::Are(template) => {
                let rendered = template.render(vars);
                Some(rendered.map_err(|error| format!("the arguments do not render: {error}"))?)
            }
            Arguments::Any | Arguments::Fit(_) => None,
        };
        let fits = calls.iter().map(|call| {
            call.name == self.name
                && match (&self.arguments, &rendered) {
                    (Arguments::Have(_), Some(part)) => holds(&call.input, part),
                    (Arguments::Are(_), Some(whole)) => json_equal(&call.input, whole),
                    (Arguments::Fit(schema), _) => schema.flaw(&call.input).is_none(),
                    _ => true,
                }
        });
        Ok(fits.collect())
    }

    fn describe(&self, vars: &Map<String, Value>) -> String {
        let name = quoted(&self.name);
        match &self.arguments {
            Arguments::Any => name,
            Arguments::Have(template) | Arguments::Are(template) => match template.render(vars) {
                Ok(arguments) => format!("{name} with {}", quoted_json(&arguments)),
                Err(_) => name,
            },
            Arguments::Fit(_) => format!("{name} with arguments of the schema"),
        }
    }
}

/// Returns whether a value holds all of `part`: objects at least its fields, anything else equal.
fn holds(value: &Value, part: &Value) -> bool {
    match (value, part) {
        (Value::Object(value), Value::Object(part)) => part
            .iter()
            .all(|(name, part)| value.get(name).is_some_and(|value| holds(value, part))),
        (Value::Array(values), Value::Array(parts)) => {
            values.len() == parts.len() && values.iter().zip(parts).all(|(a, b)| holds(a, b))
        }
        _ => json_equal(value, part),
    }
}

/// Finds the expected calls one after the other, or says which is the first that is not there.
fn in_order(fits: &[Vec<bool>]) -> Result<(), usize> {
    let mut from = 0;
    for (index, fits) in fits.iter().enumerate() {
        let found = fits.iter().skip(from).position(|fits| *fits);
        from += found.ok_or(index)? + 1;
    }
    Ok(())
}

/// Finds a call of its own for each expected one, or says for which there is none (Kuhn's matching).
fn each_by_itself(fits: &[Vec<bool>], calls: usize) -> Result<(), usize> {
    let mut taken_by: Vec<Option<usize>> = vec![None; calls];
    for index in 0..fits.len() {
        let mut seen = vec![false; calls];
        if !take(index, fits, &mut taken_by, &mut seen) {
            return Err(index);
        }
    }
    Ok(())
}

/// Gives expected call `index` a call, moving others to other calls if that helps.
fn take(
    index: usize,
    fits: &[Vec<bool>],
    taken_by: &mut [Option<usize>],
    seen: &mut [bool],
) -> bool {
    for call in 0..taken_by.len() {
        if !fits[index][call] || seen[call] {
            continue;
        }
        seen[call] = true;
        let is_free = match taken_by[call] {
            None => true,
            Some(other) => take(other, fits, taken_by, seen),
        };
        if is_free {
            taken_by[call] = Some(index);
            return true;
        }
    }
    false
}

/// Tells which tools were called.
fn told(calls: &[ToolCall]) -> String {
    if calls.is_empty() {
        return "the model called no tool".to_owned();
    }
    let calls = calls.iter().map(|call| {
        let arguments = quoted_json(&call.input);
        format!("`{}` with {arguments}", call.name)
    });
    format!("the model called {}", calls.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{Check, Kind, Status};
    use super::*;

    fn expected(value: &Value) -> Vec<ExpectedCall> {
        let parse = |value: &Value| JsonTemplate::parse(value).unwrap();
        let call = |call: &Value| ExpectedCall {
            name: call["name"].as_str().unwrap().to_owned(),
            arguments: match (call.get("has"), call.get("is"), call.get("fits")) {
                (Some(part), _, _) => Arguments::Have(parse(part)),
                (_, Some(whole), _) => Arguments::Are(parse(whole)),
                (_, _, Some(schema)) => Arguments::Fit(Schema::compile(schema).unwrap().into()),
                _ => Arguments::Any,
            },
        };
        value.as_array().unwrap().iter().map(call).collect()
    }

    #[test]
    fn calls_are_found_by_name_arguments_order_and_number() {
        let calls: Vec<ToolCall> = serde_json::from_value(json!([
            {"id": "1", "name": "find", "input": {"q": "Paris", "page": {"n": 1, "of": 9}}},
            {"id": "2", "name": "find", "input": {"q": "Rome"}},
            {"id": "3", "name": "buy", "input": {"n": 2}},
        ]))
        .unwrap();
        let vars = Map::from_iter([("city".to_owned(), json!("Paris"))]);
        for (value, in_order, others, passes) in [
            (
                json!([{"name": "find"}, {"name": "find"}, {"name": "buy"}]),
                true,
                false,
                true,
            ),
            (json!([{"name": "find"}]), false, true, true),
            (json!([{"name": "find"}]), false, false, false),
            (
                json!([{"name": "find"}, {"name": "find"}, {"name": "find"}]),
                false,
                true,
                false,
            ),
            (json!([{"name": "sell"}]), false, true, false),
            (json!([]), false, true, true),
            (json!([]), false, false, false),
            (
                json!([{"name": "buy"}, {"name": "find"}]),
                false,
                true,
                true,
            ),
            (
                json!([{"name": "buy"}, {"name": "find"}]),
                true,
                true,
                false,
            ),
            (
                json!([{"name": "find", "has": {"q": "{{ city }}"}}]),
                false,
                true,
                true,
            ),
            (
                json!([{"name": "find", "has": {"page": {"n": 1.0}}}]),
                false,
                true,
                true,
            ),
            (
                json!([{"name": "find", "is": {"page": {"n": 1}, "q": "Paris"}}]),
                false,
                true,
                false,
            ),
            (
                json!([{"name": "find", "is": {"q": "Rome"}}]),
                false,
                true,
                true,
            ),
            // The first may be either, the second only the first: both find one.
            (
                json!([{"name": "find"}, {"name": "find", "has": {"q": "Paris"}}]),
                false,
                true,
                true,
            ),
            (
                json!([{"name": "buy", "fits": {"properties": {"n": {"minimum": 3}}}}]),
                false,
                true,
                false,
            ),
            (
                json!([{"name": "buy", "fits": {"properties": {"n": {"minimum": 2}}}}]),
                false,
                true,
                true,
            ),
        ] {
            let check = ToolCalls {
                expected: Some(expected(&value)),
                in_order,
                others,
                count: None,
            };
            let output = json!("");
            let subject = Subject {
                tool_calls: &calls,
                ..Subject::canned(&output, &vars)
            };
            let result = Check::new("tool-calls", Kind::ToolCalls(check)).judge(&subject);
            assert_eq!(
                result.status == Status::Passed,
                passes,
                "{value}: {}",
                result.reason
            );
        }
    }
}
