//! JSON that is handed on and rarely looked at.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// A JSON value kept as its text: reading one is finding its end, writing one is a copy.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

impl Json {
    /// Returns the text of `value`, which must be plain data: maps with text for keys.
    pub fn of(value: &impl Serialize) -> Self {
        Self(serde_json::value::to_raw_value(value).expect("plain data has a text"))
    }

    /// Returns the value.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.0.get()).expect("it was read or written as JSON")
    }

    /// Returns whether it is a string.
    pub fn is_string(&self) -> bool {
        self.0.get().starts_with('"')
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_kept_as_it_is() {
        let text = r#"{"b":1.50,"a":["\u00e9",null]}"#;
        let json: Json = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), text);
        assert_eq!(json.value(), json!({"b": 1.5, "a": ["é", null]}));
        assert!(!json.is_string());
        assert!(Json::of(&"x").is_string());
        assert_eq!(Json::of(&"x").value(), "x");
    }
}
