//! Whose trials they are, in few words: label, prompt and notes.

use super::human::counted;
use super::safe::name;
use crate::journal::SuiteRecord;

/// How trials are told apart.
pub(super) struct Whose<'a> {
    /// Their suite.
    pub(super) suite: &'a SuiteRecord,
    /// Whether the run has only one label, which then goes without saying.
    pub(super) alone: bool,
}

impl Whose<'_> {
    /// Returns label, prompt where the suite has several, and notes: `haiku@short (2 of 3)`.
    pub(super) fn one(&self, model: u32, prompt: u32, notes: &str) -> String {
        let model = self.suite.models.get(model as usize);
        let label = model.filter(|_| !self.alone).map(|it| name(&it.label));
        let label = label.unwrap_or_default();
        let prompt = match self.suite.prompts.as_slice() {
            [] | [_] => String::new(),
            _ => name(&self.suite.prompt_name(prompt)),
        };
        let who = match (label.is_empty(), prompt.is_empty()) {
            (false, false) => format!("{label}@{prompt}"),
            _ => label + &prompt,
        };
        match (who.is_empty(), notes.is_empty()) {
            (false, false) => format!("{who} ({notes})"),
            (true, _) => notes.to_owned(),
            (false, true) => who,
        }
    }

    /// Returns a list of them, `all 4 models` where it holds just these, each once.
    pub(super) fn all(&self, those: &[String]) -> String {
        let models = &self.suite.models;
        let plain = || models.iter().map(|model| name(&model.label));
        if models.len() > 2 && self.suite.prompts.len() < 2 && plain().eq(those.iter().cloned()) {
            return format!("all {}", counted(models.len() as u64, "model"));
        }
        those.join(", ")
    }
}
