//! One case and prompt put to one model, once.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::beginning::Beginning;
use super::digest::key_of;
use super::order::Turn;
use super::position::Position;
use crate::model::{CacheTtl, Part, Request, hex};
use crate::suite::{Case, ModelEntry, Prompt, PromptError, Suite, ToolSet};

/// The first 64 bits of a trial's id: enough to know it again among millions.
pub type TrialKey = u64;

/// What is asked once.
///
/// Its id hashes content: case, prompt as written, model entry and repeat. Edit any of them and it is another trial; give
/// the entry another label and it is the same.
#[derive(Debug, Clone)]
pub struct Trial {
    /// Where it stands in the plan.
    pub at: Position,
    /// 32 hex digits of content.
    pub id: String,
    /// The suite it belongs to.
    pub suite: Arc<Suite>,
    /// The case.
    pub case: Arc<Case>,
    /// The model entry.
    pub entry: Arc<ModelEntry>,
    /// A digest of the prompt as written.
    pub prompt_digest: Arc<str>,
    /// A digest of everything in the entry that changes what is sent.
    pub entry_digest: Arc<str>,
    /// How many earlier cases of the suite have the case's name.
    pub twin: u32,
    /// Where it stands in the order of asking, where that is not the plan's.
    pub turn: Option<Turn>,
    /// What its question begins with, where that is kept in a prompt cache.
    pub kept: Option<Arc<Beginning>>,
}

impl Trial {
    /// Returns the prompt.
    pub fn prompt(&self) -> &Prompt {
        &self.suite.prompts[self.at.prompt as usize]
    }

    /// Returns the first 64 bits of the id.
    pub fn key(&self) -> TrialKey {
        key_of(&self.id)
    }

    /// Returns the case's variables and, as `env`, the environment that the suite allows.
    pub fn context(&self) -> Cow<'_, Map<String, Value>> {
        if self.suite.env.is_empty() {
            return Cow::Borrowed(&self.case.vars);
        }
        let mut vars = self.case.vars.clone();
        vars.insert("env".to_owned(), Value::Object(self.suite.env.clone()));
        Cow::Owned(vars)
    }

    /// Renders the request that this trial puts to its model.
    ///
    /// # Errors
    ///
    /// A template that cannot be rendered over this case's variables, or an image or a document that cannot be had.
    pub fn request(
        &self,
        context: &Map<String, Value>,
        stream: bool,
    ) -> Result<Request, PromptError> {
        let (mut system, messages) = if self.case.turns.is_empty() {
            self.prompt().render(context)?
        } else {
            let mut context = context.clone();
            let said = self.case.said(0, &context)?;
            context.insert("turn".to_owned(), Value::String(said));
            self.prompt().render(&context)?
        };
        if let Some(ttl) = self.entry.cache_system
            && !system.is_empty()
        {
            system.push(Part::CachePoint(ttl));
        }
        let mut request = Request {
            system,
            messages,
            ..self.frame(stream)
        };
        if let Some(kept) = &self.kept {
            kept.keep(&mut request, CacheTtl::FiveMinutes);
        }
        Ok(request)
    }

    /// Returns how the model is asked, without what.
    pub fn frame(&self, stream: bool) -> Request {
        let tools = self.tools();
        Request {
            model: self.entry.id.clone(),
            region: self.entry.region.clone(),
            system: Vec::new(),
            messages: Vec::new(),
            params: self.entry.params.clone(),
            tools: tools.tools.clone(),
            tool_choice: tools.choice.clone(),
            answer_schema: None,
            embedding: None,
            additional_fields: self.entry.additional_fields.clone(),
            service_tier: self.entry.service_tier.clone(),
            performance: self.entry.performance.clone(),
            guardrail: self.entry.guardrail.clone(),
            stream: stream && (tools.is_empty() || self.entry.streams_tools),
            sample: self.at.repeat,
            asker: self.asker(),
        }
    }

    /// Returns the tools that are offered: the prompt's, else the model's, else the suite's.
    fn tools(&self) -> &ToolSet {
        let own = [&self.prompt().tools, &self.entry.tools];
        let own = own.into_iter().find(|tools| !tools.is_empty());
        own.unwrap_or(&self.suite.tools)
    }

    /// Returns who asks, whatever is asked: the names of suite, case, prompt and model entry, hashed.
    pub fn asker(&self) -> String {
        let mut names = vec![
            json!(self.suite.name),
            json!(self.case.name),
            json!(self.prompt().name),
            json!(self.entry.label),
        ];
        // Twins ask the same, each for itself.
        names.extend((self.twin > 0).then(|| json!(self.twin)));
        let names = Value::from(names);
        hex(&Sha256::digest(names.to_string().as_bytes())[..4])
    }
}
