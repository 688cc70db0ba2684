//! What a model may say, read in every way that checks read an answer.

use mcp_cli::text::{
    Dialect, count_words, distance_within, json_text, last_number, lenient_yaml, sentences,
    shortened, sql_uses, tags, treebank_tokens,
};
use serde_json::Value;

pub(crate) fn take(bytes: &[u8]) {
    let text = &*String::from_utf8_lossy(bytes);
    if let Some(found) = last_number(text) {
        assert!(found.value.is_finite(), "{text:?}");
    }
    for tag in tags(text) {
        assert!(text.get(tag.start..tag.end).is_some(), "{tag:?}");
    }
    if let Ok(value) = lenient_yaml(text) {
        json_text(&value);
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        json_text(&value);
    }
    for (_, dialect) in Dialect::NAMES {
        drop(sql_uses(text, dialect));
    }
    sentences(text);
    treebank_tokens(text);
    count_words(text);
    assert!(shortened(text, 10).chars().count() <= 10 + 1);
    distance_within(text, "an answer", 9);
}
