//! Which of our models a name means, as AWS spells it in price lists and quotas.

use super::facts::ModelFacts;
use super::table::Catalog;

/// What servicenames end with.
const EDITION: &str = "(amazon bedrock edition)";
/// Makers whose names may stand before a model's, word by word.
const MAKERS: [&str; 12] = [
    "amazon",
    "anthropic",
    "meta",
    "mistral",
    "ai",
    "cohere",
    "ai21",
    "labs",
    "deepseek",
    "google",
    "openai",
    "qwen",
];

/// Returns the model that goes by `name`, if exactly one does.
pub(super) fn model_of<'a>(name: &str, catalog: &'a Catalog) -> Option<&'a ModelFacts> {
    let wanted = plain(name);
    let mut found = catalog.facts().filter(|facts| plain(&facts.name) == wanted);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// Returns the words of a name in small letters, without its maker and its edition.
fn plain(name: &str) -> String {
    let name = name.to_lowercase();
    let name = name.trim().trim_end_matches(EDITION);
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '.' && c != '+');
    let mut words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    while words.len() > 1 && MAKERS.contains(&words[0]) {
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
            (
                "Mistral AI Mistral 7B Instruct",
                Some("mistral.mistral-7b-instruct-v0:2"),
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
    }
}
