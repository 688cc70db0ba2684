//! Reads the facts about models from YAML text.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;

use super::facts::ModelFacts;

/// Facts that are no facts: bad YAML, an unknown key or word, a model or alias that stands twice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {message}")]
pub struct ModelsError {
    /// The file, as the caller named it.
    pub file: String,
    /// What is wrong, with its place.
    pub message: String,
}

/// The file as it may be written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ModelsFile {
    source: String,
    as_of: Date,
    models: Vec<ModelFacts>,
}

/// Returns the facts by model id, each with its source and date.
///
/// # Errors
///
/// The first mistake of the text; `file` is the name that the error carries.
pub(super) fn read(file: &str, text: &str) -> Result<BTreeMap<String, ModelFacts>, ModelsError> {
    let wrong = |message: String| ModelsError {
        file: file.to_owned(),
        message,
    };
    let content: ModelsFile =
        serde_saphyr::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let mut models = BTreeMap::new();
    for mut facts in content.models {
        if facts.source.is_empty() {
            facts.source.clone_from(&content.source);
        }
        facts.as_of = facts.as_of.or(Some(content.as_of));
        if let Some(twice) = models.insert(facts.id.clone(), facts) {
            return Err(wrong(format!("model `{}` stands twice", twice.id)));
        }
    }
    Ok(models)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_is_an_error() {
        for (entry, expected) in [
            ("{id: a.b, name: B, colour: red}", "colour"),
            ("{id: a.b, name: B, can: [fly]}", "fly"),
            (
                "{id: a.b, name: B, quota: {moon: {tokens_per_minute: 1}}}",
                "moon",
            ),
            ("{id: a.b, name: B, cache: {min_tokens: 1}}", "one_hour"),
            ("{id: a.b, name: B, lifecycle: {end_of_life: soon}}", "soon"),
            (
                "{id: a.b, name: B}\n  - {id: a.b, name: C}",
                "model `a.b` stands twice",
            ),
        ] {
            let text = format!("source: s\nas_of: 2026-11-22\nmodels:\n  - {entry}\n");
            let error = read("m.yaml", &text).expect_err(entry).to_string();
            assert!(
                error.starts_with("m.yaml: ") && error.contains(expected),
                "{error}"
            );
        }
    }

    #[test]
    fn source_and_date_are_those_of_the_file_unless_given() {
        let models = read(
            "m.yaml",
            "source: s\nas_of: 2026-11-22\nmodels:\n  - {id: a, name: A}\n  \
             - {id: b, name: B, source: t, as_of: 2026-01-02}\n",
        )
        .expect("good facts");
        let of = |id: &str| {
            (
                models[id].source.clone(),
                models[id].as_of.map(|date| date.to_string()),
            )
        };
        assert_eq!(of("a"), ("s".to_owned(), Some("2026-11-22".to_owned())));
        assert_eq!(of("b"), ("t".to_owned(), Some("2026-01-02".to_owned())));
    }
}
