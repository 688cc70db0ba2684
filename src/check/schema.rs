//! JSON Schema, draft 7, read strictly: what a schema says and we would not check is an error.
//!
//! Strict as Ajv is by default: an unknown keyword or format, another draft's `$schema`, a `then` without `if`. A
//! schema may refer to itself and to nothing else. Before it is compiled it is rewritten where the compiler differs:
//! `nullable` becomes a type, integer formats become bounds, and keywords beside `$ref` count.

use serde_json::{Map, Value, json};

use super::formats;
use super::reason::quoted_json;

/// A compiled JSON Schema.
#[derive(Debug)]
pub struct Schema {
    validator: jsonschema::Validator,
}

/// Why a schema cannot be used: a fragment that names the keyword and its place.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SchemaError {
    message: String,
}

impl SchemaError {
    /// Returns the JSON pointer of what is wrong, with which the message ends; empty if it names none.
    pub fn path(&self) -> &str {
        let end = self.message.rsplit_once(" at `").map(|(_, end)| end);
        let path = end.and_then(|end| end.strip_suffix('`'));
        path.filter(|path| path.starts_with('/')).unwrap_or("")
    }
}

/// Flaws that a reason names.
const NAMED_FLAWS: usize = 3;

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    ///
    /// Everything above, and what is no schema at all. The first error found is told.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        let mut rewritten = schema.clone();
        rewrite(&mut rewritten, "").map_err(|message| SchemaError { message })?;
        let options = jsonschema::options()
            .with_draft(jsonschema::Draft::Draft7)
            .should_validate_formats(true)
            .offline();
        let validator = formats::teach(options)
            .build(&rewritten)
            .map_err(|error| SchemaError {
                message: match error.instance_path().as_str() {
                    "" => error.to_string(),
                    path if path.ends_with("/type") => {
                        let found = quoted_json(error.instance());
                        format!("{found} is no type of JSON values at `{path}`")
                    }
                    path => format!("{error} at `{path}`"),
                },
            })?;
        Ok(Self { validator })
    }

    /// Compiles a schema that is written as YAML or JSON text.
    ///
    /// # Errors
    ///
    /// As [`compile`](Self::compile), and text that is neither.
    pub fn from_text(text: &str) -> Result<Self, SchemaError> {
        let schema = crate::text::lenient_yaml(text).map_err(|error| SchemaError {
            message: format!("the schema is neither YAML nor JSON: {error}"),
        })?;
        Self::compile(&schema)
    }

    /// Returns where `value` does not conform, in a sentence; `None` if it does.
    pub fn flaw(&self, value: &Value) -> Option<String> {
        let flaws: Vec<String> = self
            .validator
            .iter_errors(value)
            .take(NAMED_FLAWS)
            .map(|error| match error.instance_path().as_str() {
                "" => error.to_string(),
                path => format!("{error} at `{path}`"),
            })
            .collect();
        (!flaws.is_empty()).then(|| flaws.join("; "))
    }
}

/// Keywords that hold a schema.
const SCHEMA: [&str; 8] = [
    "not",
    "if",
    "then",
    "else",
    "propertyNames",
    "additionalProperties",
    "additionalItems",
    "contains",
];

/// Keywords that hold a list of schemas. `items` may be one.
const SCHEMAS: [&str; 4] = ["allOf", "anyOf", "oneOf", "items"];

/// Keywords that hold schemas by name. Those of `dependencies` may be lists of names.
const NAMED_SCHEMAS: [&str; 5] = [
    "properties",
    "patternProperties",
    "definitions",
    "$defs",
    "dependencies",
];

/// Keywords that hold none.
const OTHERS: [&str; 35] = [
    "$schema",
    "$id",
    "$ref",
    "$comment",
    "title",
    "description",
    "default",
    "deprecated",
    "readOnly",
    "writeOnly",
    "examples",
    "contentMediaType",
    "contentEncoding",
    "contentSchema",
    "type",
    "nullable",
    "enum",
    "const",
    "format",
    "maximum",
    "minimum",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "multipleOf",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "$vocabulary",
    "$anchor",
];

/// Checks a schema and what it holds, and rewrites it in place. `path` is where it stands, as a JSON pointer.
fn rewrite(schema: &mut Value, path: &str) -> Result<(), String> {
    let map = match schema {
        Value::Object(map) => map,
        Value::Bool(_) => return Ok(()),
        other => {
            let found = quoted_json(other);
            return Err(format!(
                "a schema must be an object, true or false, found {found}{}",
                at(path)
            ));
        }
    };
    check_keywords(map, path)?;
    for (keyword, value) in map.iter_mut() {
        let inner = format!("{path}/{keyword}");
        let keyword = keyword.as_str();
        match value {
            Value::Object(named) if NAMED_SCHEMAS.contains(&keyword) => {
                for (name, schema) in named.iter_mut() {
                    if !(keyword == "dependencies" && schema.is_array()) {
                        rewrite(schema, &format!("{inner}/{name}"))?;
                    }
                }
            }
            Value::Array(schemas) if SCHEMAS.contains(&keyword) => {
                for (index, schema) in schemas.iter_mut().enumerate() {
                    rewrite(schema, &format!("{inner}/{index}"))?;
                }
            }
            schema if SCHEMA.contains(&keyword) || keyword == "items" => rewrite(schema, &inner)?,
            _ => {}
        }
    }
    apply_nullable(map, path)?;
    apply_integer_format(map);
    apply_reference(map);
    Ok(())
}

fn check_keywords(map: &Map<String, Value>, path: &str) -> Result<(), String> {
    let is_known = |keyword: &str| {
        [&SCHEMA[..], &SCHEMAS, &NAMED_SCHEMAS, &OTHERS]
            .iter()
            .any(|known| known.contains(&keyword))
    };
    if let Some(unknown) = map.keys().find(|keyword| !is_known(keyword)) {
        return Err(format!(
            "unknown keyword `{unknown}` of JSON Schema draft 7{}",
            at(path)
        ));
    }
    if let Some(dialect) = map.get("$schema").and_then(Value::as_str)
        && dialect.trim_end_matches('#') != "http://json-schema.org/draft-07/schema"
    {
        return Err(format!(
            "only draft 7 of JSON Schema is known, not `{dialect}`"
        ));
    }
    if let Some(Value::String(format)) = map.get("format")
        && !formats::is_known(format)
    {
        return Err(format!("unknown format `{format}`{}", at(path)));
    }
    let has = |keyword: &str| map.contains_key(keyword);
    if (has("then") || has("else")) && !has("if") {
        return Err(format!(
            "`then` and `else` mean nothing without `if`{}",
            at(path)
        ));
    }
    if has("if") && !has("then") && !has("else") {
        return Err(format!(
            "`if` means nothing without `then` or `else`{}",
            at(path)
        ));
    }
    if has("additionalItems") && !map.get("items").is_some_and(Value::is_array) {
        return Err(format!(
            "`additionalItems` means nothing unless `items` is a list{}",
            at(path)
        ));
    }
    Ok(())
}

/// `nullable: true` adds null to the type.
fn apply_nullable(map: &mut Map<String, Value>, path: &str) -> Result<(), String> {
    let Some(nullable) = map.shift_remove("nullable") else {
        return Ok(());
    };
    match (nullable, map.get_mut("type")) {
        (Value::Bool(false), _) => Ok(()),
        (Value::Bool(true), Some(Value::Array(types))) => {
            if !types.contains(&json!("null")) {
                types.push(json!("null"));
            }
            Ok(())
        }
        (Value::Bool(true), Some(kind)) => {
            if *kind != json!("null") {
                *kind = json!([kind.clone(), "null"]);
            }
            Ok(())
        }
        (Value::Bool(true), None) => Err(format!(
            "`nullable` means nothing without `type`{}",
            at(path)
        )),
        _ => Err(format!("`nullable` must be true or false{}", at(path))),
    }
}

/// Integer formats bound numbers, which the compiler's formats never see.
fn apply_integer_format(map: &mut Map<String, Value>) {
    let bounds = match map.get("format").and_then(Value::as_str) {
        Some("int32") => json!({"multipleOf": 1, "minimum": i32::MIN, "maximum": i32::MAX}),
        Some("int64") => json!({"multipleOf": 1}),
        _ => return,
    };
    also(map, bounds);
}

/// The compiler ignores what stands beside `$ref` in draft 7; Ajv does not, and nobody expects it.
fn apply_reference(map: &mut Map<String, Value>) {
    if map.len() > 1
        && let Some(reference) = map.shift_remove("$ref")
    {
        also(map, json!({"$ref": reference}));
    }
}

/// Adds a schema that must hold too.
fn also(map: &mut Map<String, Value>, schema: Value) {
    let all = map.entry("allOf").or_insert_with(|| json!([]));
    if let Value::Array(schemas) = all {
        schemas.push(schema);
    }
}

fn at(path: &str) -> String {
    if path.is_empty() {
        String::new()
    } else {
        format!(" at `{path}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn judges_values() {
        for (schema, value, expected) in [
            (json!({"type": "integer"}), json!(1.0), true),
            (json!({"type": ["string", "null"]}), json!(null), true),
            (
                json!({"type": "string", "nullable": true}),
                json!(null),
                true,
            ),
            (
                json!({"type": "string", "nullable": false}),
                json!(null),
                false,
            ),
            (json!({"format": "int32"}), json!(2_147_483_648_u64), false),
            (json!({"format": "int32"}), json!(1.5), false),
            (json!({"minLength": 2}), json!("é😀"), true),
            (json!({"items": [{"type": "string"}]}), json!([1]), false),
            (
                json!({"$ref": "#/$defs/p", "$defs": {"p": {"required": ["n"]}}}),
                json!({}),
                false,
            ),
            (
                json!({"$ref": "#/definitions/p", "required": ["m"], "definitions": {"p": {"required": ["n"]}}}),
                json!({"n": 1}),
                false,
            ),
            (
                json!({"properties": {"c": {"$ref": "#"}}, "required": ["v"]}),
                json!({"v": 1, "c": {}}),
                false,
            ),
            (
                json!({"dependencies": {"a": ["b"]}}),
                json!({"a": 1}),
                false,
            ),
            (json!({"pattern": r"^\p{Lu}"}), json!("Äx"), true),
            (json!(false), json!(1), false),
        ] {
            let compiled = Schema::compile(&schema).unwrap();
            assert_eq!(
                compiled.flaw(&value).is_none(),
                expected,
                "{schema} {value}"
            );
        }
    }

    #[test]
    fn says_where_a_value_is_wrong() {
        let schema = Schema::compile(&json!({"properties": {"age": {"type": "integer"}}})).unwrap();
        assert_eq!(
            schema.flaw(&json!({"age": "3"})).as_deref(),
            Some(r#""3" is not of type "integer" at `/age`"#)
        );
    }

    #[test]
    fn what_would_not_be_checked_is_an_error() {
        for (schema, part) in [
            (json!({"propertees": {}}), "unknown keyword `propertees`"),
            (
                json!({"properties": {"a": {"prefixItems": []}}}),
                "at `/properties/a`",
            ),
            (json!({"format": "adress"}), "unknown format `adress`"),
            (json!({"type": "strin"}), "strin"),
            (
                json!({"$schema": "https://json-schema.org/draft/2020-12/schema"}),
                "only draft 7",
            ),
            (json!({"then": true}), "without `if`"),
            (
                json!({"additionalItems": false}),
                "unless `items` is a list",
            ),
            (
                json!({"$ref": "https://example.com/schema.json"}),
                "example.com",
            ),
            (json!({"$ref": "#/definitions/none"}), "none"),
            (json!({"pattern": "("}), "("),
            (json!("just words"), "must be an object"),
            (json!([1]), "must be an object"),
        ] {
            let error = Schema::compile(&schema).unwrap_err().to_string();
            assert!(error.contains(part), "{schema}: {error}");
        }
    }
}
