//! Which of our models a name of the price list means.

use crate::catalog::{Catalog, ModelFacts};

/// What servicenames end with.
const EDITION: &str = "(amazon bedrock edition)";
/// Makers whose name may stand before a model's.
const MAKERS: [&str; 9] = [
    "amazon",
    "anthropic",
    "meta",
    "mistral",
    "cohere",
    "ai21",
    "deepseek",
    "google",
    "qwen",
];
/// What usage types call models whose products name none.
const STEMS: [(&str, &str); 6] = [
    ("titanembeddingv2-text", "amazon.titan-embed-text-v2:0"),
    ("titanembeddingsg1-text", "amazon.titan-embed-text-v1"),
    ("titanmultimodalembeddings", "amazon.titan-embed-image-v1"),
    ("titantextg1-express", "amazon.titan-text-express-v1"),
    ("titantextg1-lite", "amazon.titan-text-lite-v1"),
    ("titantextg1-premier", "amazon.titan-text-premier-v1:0"),
];

/// Returns the model that goes by `name`, if exactly one does.
pub(super) fn model_of<'a>(name: &str, catalog: &'a Catalog) -> Option<&'a ModelFacts> {
    let wanted = plain(name);
    let mut found = catalog.facts().filter(|facts| plain(&facts.name) == wanted);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Returns the model whose usage type begins with `stem`, after the region.
pub(super) fn model_of_stem<'a>(stem: &str, catalog: &'a Catalog) -> Option<&'a ModelFacts> {
    let stem = stem.to_lowercase();
    let (_, id) = STEMS.iter().find(|(known, _)| stem.ends_with(known))?;
    catalog.facts().find(|facts| facts.id == *id)
}

/// Returns the words of a name in small letters, without its maker and its edition.
fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    let name = name.trim().trim_end_matches(EDITION);
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '.' && c != '+');
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    if words.len() > 1 && MAKERS.contains(&words[0]) {
        words.remove(0);
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_one_model_or_none() {
        let catalog = Catalog::builtin();
        for (name, expected) in [
            ("Nova Lite", Some("amazon.nova-lite-v1:0")),
            ("Amazon Nova Lite", Some("amazon.nova-lite-v1:0")),
            (
                "Claude Sonnet 5 (Amazon Bedrock Edition)",
                Some("anthropic.claude-sonnet-5"),
            ),
            (
                "Claude 3.5 Sonnet",
                Some("anthropic.claude-3-5-sonnet-20240620-v1:0"),
            ),
            (
                "Llama 3.1 8B Instruct",
                Some("meta.llama3-1-8b-instruct-v1:0"),
            ),
            (
                "Meta Llama 3.1 8B Instruct",
                Some("meta.llama3-1-8b-instruct-v1:0"),
            ),
            // Two models have this name, and nothing tells which is meant.
            ("Kimi K2 Thinking", None),
            ("Claude Sonnet", None),
            ("Nova", None),
            ("", None),
        ] {
            let found = model_of(name, &catalog).map(|facts| facts.id.as_str());
            assert_eq!(found, expected, "{name}");
        }
        let stem = model_of_stem("USE1-TitanEmbeddingV2-Text", &catalog);
        assert_eq!(
            stem.map(|facts| facts.id.as_str()),
            Some("amazon.titan-embed-text-v2:0")
        );
    }

    #[test]
    fn every_stem_is_a_model_of_ours() {
        let catalog = Catalog::builtin();
        for (stem, id) in STEMS {
            assert_eq!(
                model_of_stem(stem, &catalog).map(|it| it.id.as_str()),
                Some(id)
            );
        }
    }
}
