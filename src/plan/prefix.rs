//! What all questions of a prompt begin with: the part that a prompt cache could keep.

use super::build::Plan;
use super::trial::Trial;
use crate::model::{Part, Request};

/// Cases that are looked at.
const LOOKED_AT: usize = 20;

impl Plan {
    /// Returns for each prompt of a suite with how many bytes of text every question of it begins, tools and system prompt included,
    /// as its first cases show; 0 where there is but one case, or a question cannot be rendered.
    pub fn prefixes(&self, suite: usize) -> Vec<u64> {
        let count = self.suites[suite].suite.prompts.len();
        let mut prefixes = Vec::new();
        for prompt in 0..count {
            prefixes.push(self.prefix(suite, prompt).unwrap_or(0));
        }
        prefixes
    }

    fn prefix(&self, suite: usize, prompt: usize) -> Option<u64> {
        let mut shared: Option<Vec<u8>> = None;
        let (mut looked_at, mut tools) = (0, 0);
        for trial in self.first_trials(suite, prompt, LOOKED_AT) {
            let Trial { case, .. } = &trial;
            if case.output.is_some() {
                continue;
            }
            let request = trial.request(&trial.context(), false).ok()?;
            let text = beginning(&request);
            tools = request.text_bytes() - text_bytes(&request);
            looked_at += 1;
            shared = Some(match shared {
                None => text,
                Some(mut shared) => {
                    let same = shared.iter().zip(&text).take_while(|(a, b)| a == b).count();
                    shared.truncate(same);
                    shared
                }
            });
        }
        (looked_at > 1).then(|| (shared.map_or(0, |shared| shared.len()) + tools) as u64)
    }
}

/// Returns the texts of a request up to the first part that is none.
fn beginning(request: &Request) -> Vec<u8> {
    let messages = request.messages.iter().flat_map(|message| &message.parts);
    let texts = request
        .system
        .iter()
        .chain(messages)
        .map_while(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            Part::CachePoint(_) => Some(""),
            _ => None,
        });
    texts.collect::<String>().into_bytes()
}

/// Returns the bytes of a request without its tools.
fn text_bytes(request: &Request) -> usize {
    let bare = Request {
        tools: Vec::new(),
        ..request.clone()
    };
    bare.text_bytes()
}
