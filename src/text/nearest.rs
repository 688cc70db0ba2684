//! What a misspelt word was meant to be.

/// Returns the candidate that `word` was most likely meant to be, if any is near enough.
///
/// Near is a third of the shorter word's letters, at least one, or a word that goes on from the other.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let mut near: Option<(usize, &str)> = None;
    for candidate in candidates {
        let lower = candidate.to_lowercase();
        let distance = strsim::damerau_levenshtein(&word, &lower);
        let shorter = word.chars().count().min(lower.chars().count());
        let goes_on = shorter >= 4 && (word.starts_with(&lower) || lower.starts_with(&word));
        let is_near = distance <= (shorter / 3).max(1) || goes_on;
        if is_near && near.is_none_or(|(least, _)| distance < least) {
            near = Some((distance, candidate));
        }
    }
    near.map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_what_was_meant() {
        let known = ["contains", "icontains", "equals", "file", "similar", "in"];
        for (word, expected) in [
            ("contians", Some("contains")),
            ("Equals", Some("equals")),
            ("equal", Some("equals")),
            ("similarity", Some("similar")),
            ("filter", None),
            ("int", Some("in")),
            ("zzz", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }
}
