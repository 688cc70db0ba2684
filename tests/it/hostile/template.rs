//! A template from a stranger, as a template, as an expression, and as JSON that holds some.

use std::sync::LazyLock;

use mcp_cli::template::{Expression, JsonTemplate, Template};
use serde_json::{Map, Value, json};

/// The longest text that any of these may become.
const LONGEST: usize = 64 << 20;

static VARS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let vars = json!({
        "a": "text é", "n": 3, "f": 0.5, "t": true, "none": null,
        "l": [1, "b", [2]], "m": {"k": "<i>", "x": {"y": [1]}}, "output": "Lyon is 1,234.5 big",
    });
    vars.as_object().cloned().expect("an object")
});

pub(crate) fn take(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(template) = Template::parse(text) {
        assert_eq!(template.source(), text);
        template.variables();
        template.fields_of("m");
        if let Ok(rendered) = template.render(&VARS) {
            assert!(rendered.len() <= LONGEST);
        }
    }
    if let Ok(expression) = Expression::parse(text) {
        expression.variables();
        expression.fields_of("m");
        drop(expression.evaluate(&VARS));
    }
    if let Ok(json) = serde_json::from_str::<Value>(text)
        && let Ok(template) = JsonTemplate::parse(&json)
    {
        template.variables();
        drop(template.render(&VARS));
    }
}
