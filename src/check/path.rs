//! Paths into a JSON value, a small part of JSON Path: `$.a.b[0]`, `$['x']`, `$.items[*].name`, `$.list[-1]`.

use serde_json::Value;

/// A path into a JSON value.
///
/// `$` is the value itself and may be left out. `.name` and `['name']` step into an object, `[n]` into a list, from its
/// end if `n` is negative; `[*]` and `.*` step into every item of a list or object. Filters, slices and `..` are not
/// known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    source: String,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Index(i64),
    Every,
}

/// Why a text is no path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{found} cannot stand in a path; known are `.name`, `['name']`, `[0]`, `[-1]` and `[*]`")]
pub struct PathError {
    found: String,
}

impl Path {
    /// Parses a path.
    ///
    /// # Errors
    ///
    /// Quotes the part that is not known.
    pub fn parse(source: &str) -> Result<Self, PathError> {
        let mut rest = source.trim();
        let mut steps = Vec::new();
        match rest.strip_prefix('$') {
            Some(after) => rest = after,
            None if rest.starts_with(['[', '.']) || rest.is_empty() => {}
            None => {
                let (step, after) = name(rest)?;
                steps.push(step);
                rest = after;
            }
        }
        while !rest.is_empty() {
            let (step, after) = match rest.strip_prefix('.') {
                Some(after) => match after.strip_prefix('*') {
                    Some(after) => (Step::Every, after),
                    None => name(after).map_err(|_| unknown(rest))?,
                },
                None => bracket(rest)?,
            };
            steps.push(step);
            rest = after;
        }
        Ok(Self {
            source: source.trim().to_owned(),
            steps,
        })
    }

    /// Returns the path as it was written.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns the values that the path leads to, in order.
    pub fn find<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        self.steps.iter().fold(vec![value], |values, step| {
            values
                .into_iter()
                .flat_map(|value| step.from(value))
                .collect()
        })
    }
}

impl Step {
    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Self::Name(name), Value::Object(map)) => map.get(name).into_iter().collect(),
            (Self::Index(index), Value::Array(items)) => {
                let from_end = items
                    .len()
                    .checked_sub(usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX));
                let index = if *index < 0 {
                    from_end
                } else {
                    usize::try_from(*index).ok()
                };
                index
                    .and_then(|index| items.get(index))
                    .into_iter()
                    .collect()
            }
            (Self::Every, Value::Array(items)) => items.iter().collect(),
            (Self::Every, Value::Object(map)) => map.values().collect(),
            _ => Vec::new(),
        }
    }
}

fn unknown(text: &str) -> PathError {
    PathError {
        found: format!("`{text}`"),
    }
}

/// Reads a bare name: up to the next point or bracket.
fn name(text: &str) -> Result<(Step, &str), PathError> {
    let end = text
        .find(['.', '[', ']', '\'', '"', '*', ' '])
        .unwrap_or(text.len());
    let is_end = end == text.len() || text[end..].starts_with(['.', '[']);
    if end == 0 || !is_end {
        return Err(unknown(text));
    }
    Ok((Step::Name(text[..end].to_owned()), &text[end..]))
}

/// Reads `[0]`, `[*]`, `['name']` or `["name"]`.
fn bracket(text: &str) -> Result<(Step, &str), PathError> {
    let inside = text.strip_prefix('[').ok_or_else(|| unknown(text))?;
    for quote in ['\'', '"'] {
        if let Some(quoted) = inside.strip_prefix(quote) {
            let (name, after) = quoted.split_once(quote).ok_or_else(|| unknown(text))?;
            let after = after.strip_prefix(']').ok_or_else(|| unknown(text))?;
            return Ok((Step::Name(name.to_owned()), after));
        }
    }
    let (index, after) = inside.split_once(']').ok_or_else(|| unknown(text))?;
    let step = match index.trim() {
        "*" => Step::Every,
        index => Step::Index(index.parse().map_err(|_| unknown(text))?),
    };
    Ok((step, after))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leads_to_values() {
        let value = json!({"a": {"b": [10, 20, {"c d": "x"}]}, "x.y": 1, "é": 2});
        for (path, expected) in [
            ("$.a.b[0]", json!([10])),
            ("a.b[-1]['c d']", json!(["x"])),
            ("$['x.y']", json!([1])),
            ("$[\"é\"]", json!([2])),
            ("$.é", json!([2])),
            ("$.a.b[*]", json!([10, 20, {"c d": "x"}])),
            ("$.a.*", json!([[10, 20, {"c d": "x"}]])),
            ("$.a.b[3]", json!([])),
            ("$.a.b[-4]", json!([])),
            ("$.none.b", json!([])),
            ("$.x[0]", json!([])),
        ] {
            let found = Path::parse(path)
                .unwrap()
                .find(&value)
                .into_iter()
                .cloned()
                .collect();
            assert_eq!(Value::Array(found), expected, "{path}");
        }
        assert_eq!(Path::parse("$").unwrap().find(&value), [&value]);
    }

    #[test]
    fn refuses_what_it_does_not_know() {
        for path in [
            "$..a",
            "$.a[1:2]",
            "$.a[?(@.b)]",
            "$.",
            "$.a[",
            "$['a",
            "$['a'",
            "a b",
            "$a",
        ] {
            assert!(Path::parse(path).is_err(), "{path}");
        }
    }
}
