//! A JavaScript pattern from a stranger: flags, a slash, the pattern; from the next line on, the text it searches.

use mcp_cli::text::Pattern;

pub(crate) fn take(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (written, text) = text.split_once('\n').unwrap_or((text, "ab 12"));
    let Some((flags, source)) = written.split_once('/') else {
        return;
    };
    let Ok(pattern) = Pattern::parse(source, flags) else {
        return;
    };
    let (is_match, found) = (pattern.is_match(text), pattern.find(text));
    if let (Ok(is_match), Ok(found)) = (is_match, found) {
        assert_eq!(is_match, found.is_some(), "/{source}/{flags} on {text:?}");
    }
}
