use super::*;

fn score(measure: Measure, output: &str, references: &[&str]) -> f64 {
    let references: Vec<String> = references.iter().map(|text| (*text).to_owned()).collect();
    measure.score(output, &references)
}

const CAT: &str = "The cat sat on the mat";
const FOX: &str = "The quick brown fox jumps over the lazy dog";
const METEOR: Measure = Measure::Meteor(MeteorWeights {
    alpha: 0.9,
    beta: 3.0,
    gamma: 0.5,
});

#[test]
fn scores_are_those_that_the_formulas_give_by_hand() {
    for (measure, output, references, expected) in [
        (Measure::RougeN(1), CAT, &[CAT][..], 1.0),
        // 6 of 12 and 6 of 6.
        (
            Measure::RougeN(1),
            "the cat sat on the mat a b c d e f",
            &[CAT],
            2.0 / 3.0,
        ),
        // Of 5 pairs, "the cat" and "on the" and "the mat" are in both.
        (Measure::RougeN(2), "the cat is on the mat", &[CAT], 0.6),
        // "the", "on the mat" in this order: 4 of 6; "cat" is elsewhere.
        (Measure::RougeL, "the on the mat dog cat", &[CAT], 4.0 / 6.0),
        (Measure::RougeN(1), "", &[CAT], 0.0),
        // Points, commas and contractions are tokens.
        (Measure::RougeN(1), "hello.", &["hello"], 2.0 / 3.0),
        (Measure::RougeN(1), "I can't", &["i ca n't"], 1.0),
        // One word is right, five are missing: e^(1 - 6/1).
        (Measure::Bleu, "cat", &[CAT], (-5f64).exp()),
        // Precisions 3/5, 2/4, 1/3 and nearly nothing.
        (
            Measure::Bleu,
            "one two three four five",
            &["one two three"],
            0.01,
        ),
        // Each reference gives one word.
        (
            Measure::Bleu,
            "a b",
            &["a x", "y b"],
            (0.5 * 1e-7f64.ln()).exp(),
        ),
        (Measure::Bleu, "", &[""], 0.0),
        // 3 runs of the longer text's 10.
        (Measure::Gleu, "a b c d", &["a b", "c d"], 0.3),
        (Measure::Gleu, "Hello.", &["hello"], 1.0),
        (METEOR, "a b c d", &["a b c d"], 1.0 - 0.5 / 64.0),
        // The words stand in six pieces.
        (
            METEOR,
            "Over the lazy dog jumps the quick brown fox",
            &[FOX],
            1.0 - 4.0 / 27.0,
        ),
        // Stems match, and "strongly" has another one than "strong".
        (
            METEOR,
            "she argues strong",
            &["she argued strongly"],
            2.0 / 3.0 * (1.0 - 1.0 / 16.0),
        ),
        (METEOR, "goodbye", &["hello"], 0.0),
        (METEOR, "zzz", &["aaa", "zzz"], 0.5),
    ] {
        let found = score(measure, output, references);
        assert!(
            (found - expected).abs() < 1e-12,
            "{measure:?} {output:?} {references:?}: {found}, not {expected}"
        );
    }
}

#[test]
fn weights_of_meteor_count() {
    let weights = MeteorWeights {
        gamma: 0.0,
        ..MeteorWeights::default()
    };
    let found = score(
        Measure::Meteor(weights),
        "The brown fox jumps over a dog",
        &[FOX],
    );
    let (precision, recall) = (6.0 / 7.0, 6.0 / 9.0);
    let expected = precision * recall / (0.9 * precision + 0.1 * recall);
    assert!((found - expected).abs() < 1e-12, "{found}");
}

/// A score that a published package gives: see `tests/oracles/reference.py`.
#[derive(serde::Deserialize)]
struct Oracle {
    measure: String,
    candidate: Vec<String>,
    references: Vec<Vec<String>>,
    score: f64,
}

#[test]
fn scores_are_those_of_published_packages() {
    let lines = include_str!("../../../fixtures/oracles/reference.jsonl").lines();
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for line in lines {
        let Oracle {
            measure,
            candidate,
            references,
            score: expected,
        } = serde_json::from_str(line).unwrap();
        let first = &references[0];
        let found = match measure.as_str() {
            "rouge-1" => rouge::n(&candidate, first, 1),
            "rouge-2" => rouge::n(&candidate, first, 2),
            "rouge-l" => rouge::l(&candidate, first),
            "bleu" => bleu::score(&candidate, &references),
            "gleu" => gleu::score(&candidate, first),
            "meteor" => meteor::score(&candidate, first, MeteorWeights::default()),
            other => panic!("no measure {other}"),
        };
        assert!((found - expected).abs() < 1e-9, "{found}: {line}");
        *counts.entry(measure).or_default() += 1;
    }
    assert_eq!(counts.len(), 6);
    assert!(counts.values().all(|count| *count >= 200), "{counts:?}");
}
