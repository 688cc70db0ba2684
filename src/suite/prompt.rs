//! Prompts: what is put before a model, as templates.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::media::{MediaTemplate, PromptError};
use super::source::Place;
use super::toolset::ToolSet;
use crate::model::{CacheTtl, Message, Part, Role, hex};
use crate::template::{JsonTemplate, Template};

/// A prompt of a suite.
#[derive(Debug, Clone)]
pub struct Prompt {
    /// Its `id`, the stem of its file, or `prompt-N`.
    pub name: String,
    /// System prompt blocks.
    pub system: Vec<PartTemplate>,
    /// Tools that the model is offered in place of its own and the suite's.
    pub tools: ToolSet,
    /// The conversation, oldest first; at least one message.
    pub messages: Vec<MessageTemplate>,
    /// Where it is written.
    pub place: Place,
}

/// A message as written.
#[derive(Debug, Clone)]
pub struct MessageTemplate {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub parts: Vec<PartTemplate>,
}

/// A block as written.
#[derive(Debug, Clone)]
pub enum PartTemplate {
    /// Text with variables.
    Text(Template),
    /// An image or a document.
    Media(Box<MediaTemplate>),
    /// A cache point.
    CachePoint(CacheTtl),
    /// A call of a tool, or its result.
    Tool(Box<ToolBlock>),
}

/// A call of a tool, or its result, as written.
#[derive(Debug, Clone)]
pub struct ToolBlock {
    /// Renders to a [`Part`] as JSON.
    pub(super) template: JsonTemplate,
    /// The same before rendering.
    pub(super) written: String,
}

impl ToolBlock {
    fn part(&self, vars: &Map<String, Value>) -> Result<Part, PromptError> {
        let rendered = self.template.render(vars)?;
        Ok(serde_json::from_value(rendered).expect("its fields were read as those of a part"))
    }
}

impl PartTemplate {
    /// Returns the templates in it.
    fn templates(&self) -> Vec<&Template> {
        match self {
            Self::Text(template) => vec![template],
            Self::Media(media) => vec![&media.data],
            Self::CachePoint(_) => Vec::new(),
            Self::Tool(block) => block.template.texts(),
        }
    }
}

impl Prompt {
    /// Returns the variables that the prompt needs.
    pub fn variables(&self) -> BTreeSet<String> {
        let templates = self.parts().flat_map(PartTemplate::templates);
        templates.flat_map(Template::variables).collect()
    }

    /// Returns the environment variables that the prompt needs.
    pub fn environment(&self) -> BTreeSet<String> {
        let templates = self.parts().flat_map(PartTemplate::templates);
        let names = templates.flat_map(|template| template.fields_of("env"));
        names.collect()
    }

    /// Returns the system prompt and the conversation over `vars`. Blank blocks, which Bedrock refuses, are left out.
    ///
    /// # Errors
    ///
    /// An undefined variable, a wrong type for a filter, too much work; an image or a document that cannot be had.
    pub fn render(
        &self,
        vars: &Map<String, Value>,
    ) -> Result<(Vec<Part>, Vec<Message>), PromptError> {
        let system = render_parts(&self.system, vars)?;
        let mut messages = Vec::with_capacity(self.messages.len());
        for message in &self.messages {
            messages.push(Message {
                role: message.role,
                parts: render_parts(&message.parts, vars)?,
            });
        }
        Ok((system, messages))
    }

    /// Returns a digest of the prompt as written, whatever its name.
    pub fn digest(&self) -> String {
        let mut text = String::new();
        let mut part = |part: &PartTemplate| match part {
            PartTemplate::Text(template) => {
                write!(text, "t{}:{}", template.source().len(), template.source())
            }
            PartTemplate::Media(media) => {
                let (source, digest) = (media.data.source(), media.digest());
                let kind = media.kind.as_str();
                write!(
                    text,
                    "m{kind}{:?}{:?}{}:{source}{digest}",
                    media.format,
                    media.name,
                    source.len()
                )
            }
            PartTemplate::CachePoint(ttl) => write!(text, "c{ttl:?}"),
            PartTemplate::Tool(block) => write!(text, "b{}:{}", block.written.len(), block.written),
        };
        let mut written = Ok(());
        for block in &self.system {
            written = written.and(part(block));
        }
        for message in &self.messages {
            for block in &message.parts {
                written = written.and(part(block));
            }
        }
        written.expect("writing to a string does not fail");
        for message in &self.messages {
            text.push_str(match message.role {
                Role::User => "u",
                Role::Assistant => "a",
            });
            text.push_str(&message.parts.len().to_string());
        }
        if !self.tools.is_empty() {
            text.push_str(&serde_json::json!(self.tools).to_string());
        }
        hex(&Sha256::digest(text.as_bytes())[..16])
    }

    /// Lets images and documents that variables name begin at the suite's folder.
    pub(super) fn set_folder(&mut self, folder: &Path) {
        let messages = self
            .messages
            .iter_mut()
            .flat_map(|message| &mut message.parts);
        for part in self.system.iter_mut().chain(messages) {
            if let PartTemplate::Media(media) = part
                && !media.data.is_literal()
            {
                folder.clone_into(&mut media.folder);
            }
        }
    }

    /// Returns its images and documents.
    pub(super) fn media(&self) -> impl Iterator<Item = &MediaTemplate> {
        self.parts().filter_map(|part| match part {
            PartTemplate::Media(media) => Some(&**media),
            _ => None,
        })
    }

    fn parts(&self) -> impl Iterator<Item = &PartTemplate> {
        self.system
            .iter()
            .chain(self.messages.iter().flat_map(|message| &message.parts))
    }
}

fn render_parts(
    parts: &[PartTemplate],
    vars: &Map<String, Value>,
) -> Result<Vec<Part>, PromptError> {
    let mut rendered = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            PartTemplate::Text(template) => {
                let text = template.render(vars)?;
                if !text.trim().is_empty() {
                    rendered.push(Part::Text(text));
                }
            }
            PartTemplate::Media(media) => rendered.push(media.part(vars)?),
            PartTemplate::CachePoint(ttl) => rendered.push(Part::CachePoint(*ttl)),
            PartTemplate::Tool(block) => rendered.push(block.part(vars)?),
        }
    }
    Ok(rendered)
}
