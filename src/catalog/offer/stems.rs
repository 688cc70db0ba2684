//! Which of our models a usage type means that names none.

use crate::catalog::{Catalog, ModelFacts};

/// What usage types call models whose products name none.
const STEMS: [(&str, &str); 6] = [
    ("titanembeddingv2-text", "amazon.titan-embed-text-v2:0"),
    ("titanembeddingsg1-text", "amazon.titan-embed-text-v1"),
    ("titanmultimodalembeddings", "amazon.titan-embed-image-v1"),
    ("titantextg1-express", "amazon.titan-text-express-v1"),
    ("titantextg1-lite", "amazon.titan-text-lite-v1"),
    ("titantextg1-premier", "amazon.titan-text-premier-v1:0"),
];

/// Returns the model whose usage type begins with `stem`, after the region.
pub(super) fn model_of_stem<'a>(stem: &str, catalog: &'a Catalog) -> Option<&'a ModelFacts> {
    let stem = stem.to_lowercase();
    let (_, id) = STEMS.iter().find(|(known, _)| stem.ends_with(known))?;
    catalog.facts().find(|facts| facts.id == *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stem_is_a_model_of_ours() {
        let catalog = Catalog::builtin();
        for (stem, id) in STEMS {
            let usage_type = format!("USE1-{}", stem.to_uppercase());
            let found = model_of_stem(&usage_type, &catalog);
            assert_eq!(found.map(|facts| facts.id.as_str()), Some(id));
        }
        assert_eq!(model_of_stem("USE1-Stability", &catalog), None);
    }
}
