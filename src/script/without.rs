//! What is said where the program was built without the feature `js`.

use serde_json::Value;

const MESSAGE: &str = "this mcp-cli was built without JavaScript: build it with the feature `js`";

pub(super) fn check(_function: &str) -> Result<(), String> {
    Err(MESSAGE.to_owned())
}

pub(super) fn call(
    _function: &str,
    _output: &Value,
    _context: &Value,
) -> Result<Option<Value>, String> {
    Err(MESSAGE.to_owned())
}
