//! The JSON Schema of suites, for editors: they complete keys, show what each means, and underline mistakes.
//!
//! The types below exist for the schema alone and are never filled: suites are decoded by hand, so that every error
//! knows its line. The tests hold both to one list of keys.

mod assertion;
mod gates;
mod group;
mod judged;
mod markup;
mod measured;
mod model;
mod prompt;
mod reference;
mod test;
mod tools;
mod top;

#[cfg(test)]
mod tests;

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use serde_json::{Map, Value, json};

use super::reader::camel_case;

/// Returns the JSON Schema (draft 2020-12) of a suite file, as `config/suite.schema.json` holds it.
///
/// It knows each key in both spellings, `default_test` and `defaultTest`; editors suggest the first only.
pub fn schema() -> Value {
    let tidy = RecursiveTransform(|schema: &mut Schema| tidy(schema));
    let generator = SchemaSettings::draft2020_12()
        .with_transform(tidy)
        .into_generator();
    let mut schema = generator.into_root_schema_for::<top::Suite>().to_value();
    schema["title"] = "mcp-cli suite".into();
    spell_both_ways(&mut schema, "#");
    if let Some(Value::Object(definitions)) = schema.get_mut("$defs") {
        for (name, definition) in definitions {
            spell_both_ways(definition, &format!("#/$defs/{name}"));
        }
    }
    schema
}

/// Removes formats, which say what Rust holds (`uint64`), and line breaks in descriptions.
fn tidy(schema: &mut Schema) {
    schema.remove("format");
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = description.replace('\n', " ");
    }
}

/// Adds to the properties of `schema`, which stands at `pointer`, their spellings in camel case.
fn spell_both_ways(schema: &mut Value, pointer: &str) {
    let Some(Value::Object(properties)) = schema.get_mut("properties") else {
        return;
    };
    let aliases: Map<String, Value> = properties
        .keys()
        .filter(|name| name.contains('_'))
        .map(|name| {
            // `doNotSuggest` is a word of the JSON and YAML language servers.
            let same =
                json!({"$ref": format!("{pointer}/properties/{name}"), "doNotSuggest": true});
            (camel_case(name), same)
        })
        .collect();
    properties.extend(aliases);
}
