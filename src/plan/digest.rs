//! Content-addressed names: what makes a trial the same trial in another sitting.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::model::{canonical, hex};
use crate::suite::{Case, ModelEntry, Prompt};

/// Counts how often a name came before, so that equal content is still told apart. Holds nine bytes for each: there may be
/// millions, and hardly one comes twice.
#[derive(Debug, Default)]
pub(super) struct Twins {
    seen: HashSet<u64, BuildHasherDefault<AsIs>>,
    again: HashMap<u64, u32>,
}

impl Twins {
    /// Returns how often `digest` was counted before.
    pub(super) fn count(&mut self, digest: &str) -> u32 {
        let key = key_of(digest);
        if self.seen.insert(key) {
            return 0;
        }
        let again = self.again.entry(key).or_default();
        *again += 1;
        *again
    }
}

/// Takes a number for its own hash: digests are as evenly spread as hashes of them would be.
#[derive(Debug, Default)]
struct AsIs(u64);

impl Hasher for AsIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// Returns a digest of each prompt of a suite, whatever it is called there; no two are equal.
pub(super) fn prompt_digests(prompts: &[Prompt]) -> Vec<Arc<str>> {
    shared(distinct(prompts.iter().map(Prompt::digest)))
}

/// Returns a digest of each model entry, made of everything that changes what is sent; no two are equal.
///
/// The label is left out: with another one the same is asked.
pub(super) fn entry_digests<'a>(entries: impl Iterator<Item = &'a ModelEntry>) -> Vec<Arc<str>> {
    shared(distinct(entries.map(|entry| {
        let mut content = json!([
            entry.id,
            entry.region,
            entry.params,
            entry.additional_fields,
            entry.service_tier,
            entry.performance,
            entry.guardrail,
            entry.cache_system,
        ]);
        // An entry has the name that it had before there were tools, and caches by themselves, if it has none.
        if let (Value::Array(content), false) = (&mut content, entry.tools.is_empty()) {
            content.push(json!(entry.tools));
        }
        if let (Value::Array(content), true) = (&mut content, entry.cache_auto) {
            content.push(json!("cache: auto"));
        }
        digest(&[&canonical(&content)])
    })))
}

fn shared(digests: Vec<String>) -> Vec<Arc<str>> {
    digests.into_iter().map(Arc::from).collect()
}

/// Returns the id of a trial: 32 hex digits. `twin` counts the earlier cases of the same name.
pub(super) fn trial_id(case: &Case, twin: u32, prompt: &str, entry: &str, repeat: u32) -> String {
    digest(&[
        &case.case_id,
        &case.case_hash,
        prompt,
        entry,
        &repeat.to_string(),
        &twin.to_string(),
    ])
}

/// Returns the first 64 bits of a digest; 0 for what is no digest.
pub(crate) fn key_of(digest: &str) -> u64 {
    digest
        .get(..16)
        .and_then(|digits| u64::from_str_radix(digits, 16).ok())
        .unwrap_or_default()
}

/// Numbers the later ones of equal digests.
fn distinct(digests: impl Iterator<Item = String>) -> Vec<String> {
    let mut twins = Twins::default();
    digests
        .map(|digest| match twins.count(&digest) {
            0 => digest,
            twin => format!("{digest}+{twin}"),
        })
        .collect()
}

/// Returns the first 128 bits of the SHA-256 of `parts`, none of which holds a NUL.
fn digest(parts: &[&str]) -> String {
    let mut content = Sha256::new();
    for part in parts {
        content.update(part);
        content.update([0]);
    }
    hex(&content.finalize()[..16])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_digests_get_numbers() {
        let digests = ["a1", "b2", "a1", "a1"].map(|short| format!("{short:0<32}"));
        let [a, b, ..] = digests.clone();
        let expected = [a.clone(), b, format!("{a}+1"), format!("{a}+2")];
        assert_eq!(distinct(digests.into_iter()), expected);
    }

    #[test]
    fn a_key_is_the_beginning_of_a_digest() {
        let digest = "00000000000000ffeeeeeeeeeeeeeeee";
        for (text, expected) in [
            (digest, 255),
            (&digest[..16], 255),
            (&digest[..15], 0),
            ("not a digest at all", 0),
            ("", 0),
            ("äöüäöüäöüäöü", 0),
        ] {
            assert_eq!(key_of(text), expected, "{text}");
        }
    }
}
