//! Free JSON on the wire: `serde_json` values and Smithy documents, both ways.
//!
//! Integers stay exact over the whole range of `i64` and `u64`. A document's keys have no order, so the keys of an
//! object read back are sorted: the same answer always gives the same value.

use aws_smithy_types::{Document, Number};
use serde_json::{Map, Value};

/// Returns `value` as a document.
pub(super) fn from_json(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(*value),
        Value::Number(number) => Document::Number(number_from_json(number)),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(from_json).collect()),
        Value::Object(map) => object_from_json(map),
    }
}

/// Returns the JSON object `map` as a document.
pub(super) fn object_from_json(map: &Map<String, Value>) -> Document {
    Document::Object(
        map.iter()
            .map(|(key, value)| (key.clone(), from_json(value)))
            .collect(),
    )
}

/// Returns `document` as JSON with sorted keys. A number that JSON cannot write (an infinity) becomes null.
pub(super) fn to_json(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(value) => Value::Bool(*value),
        Document::Number(number) => number_to_json(*number),
        Document::String(text) => Value::String(text.clone()),
        Document::Array(items) => Value::Array(items.iter().map(to_json).collect()),
        Document::Object(map) => {
            let mut fields: Vec<_> = map.iter().collect();
            fields.sort_by_key(|(key, _)| key.as_str());
            let fields = fields
                .into_iter()
                .map(|(key, value)| (key.clone(), to_json(value)));
            Value::Object(fields.collect())
        }
    }
}

fn number_from_json(number: &serde_json::Number) -> Number {
    if let Some(number) = number.as_u64() {
        return Number::PosInt(number);
    }
    if let Some(number) = number.as_i64() {
        return Number::NegInt(number);
    }
    Number::Float(number.as_f64().unwrap_or_default())
}

fn number_to_json(number: Number) -> Value {
    match number {
        Number::PosInt(number) => Value::from(number),
        Number::NegInt(number) => Value::from(number),
        Number::Float(number) => Value::from(number),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_stay_exact() {
        for value in [
            json!(u64::MAX),
            json!(i64::MIN),
            json!(9_007_199_254_740_993_u64),
            json!(-1),
            json!(0),
            json!(0.1),
        ] {
            assert_eq!(to_json(&from_json(&value)), value);
        }
    }

    #[test]
    fn keys_read_back_in_order() {
        let value = json!({"b": 1, "c": {"z": [], "y": null}, "a": true});
        let text = to_json(&from_json(&value)).to_string();
        assert_eq!(text, r#"{"a":true,"b":1,"c":{"y":null,"z":[]}}"#);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e300..1e300).prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn a_round_trip_changes_nothing(value in any_json()) {
            prop_assert_eq!(to_json(&from_json(&value)), value);
        }
    }
}
