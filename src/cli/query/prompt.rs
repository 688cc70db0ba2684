//! From flags, files and what is piped in to a request.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

use super::args::QueryArgs;
use super::scaled::{CONVERSE, scaled};
use crate::catalog::{Ability, Support};
use crate::cli::connect::runtime;
use crate::cli::error::CliError;
use crate::cli::named_files::named_files;
use crate::cli::provider::Chosen;
use crate::files::{read_to_end, read_whole};
use crate::model::{CacheTtl, Family, Guardrail, Message, ModelId, Params, Part, Request, Role};
use crate::run::fetch;
use crate::store::Conversation;
use crate::suite::{attachment, attachment_in_s3};

/// The fewest tokens that a model of Anthropic thinks with.
const LEAST_THINKING: u32 = 1_024;

/// What is said, whoever is asked.
pub(super) struct Prompt {
    system: Option<String>,
    parts: Vec<Part>,
    /// How many of them come before what is asked.
    before: usize,
    /// What had to be made smaller.
    pub(super) notices: Vec<String>,
}

impl Prompt {
    /// Gathers everything that is said. Reads what is piped in to its end.
    ///
    /// # Errors
    ///
    /// Nothing is said, or a file cannot be read.
    pub(super) fn gather(args: &QueryArgs) -> Result<Self, CliError> {
        let mut piped = Piped::default();
        let (mut parts, mut notices) = (Vec::new(), Vec::new());
        for written in &args.context {
            for (name, text) in context(written, &mut piped)? {
                parts.push(Part::Text(format!(
                    "<file name=\"{name}\">\n{text}\n</file>"
                )));
            }
        }
        let typed = args.attach_type.chunks_exact(2);
        let typed = typed.map(|pair| (PathBuf::from(&pair[0]), Some(pair[1].as_str())));
        let plain = args.attach.iter().map(|path| (path.clone(), None));
        for (path, told) in plain.chain(typed) {
            parts.push(attached(&path, told, &mut piped, &mut notices)?);
        }
        let before = parts.len();
        let data = match args.input_data.as_deref() {
            Some("-") | None => piped.text()?,
            Some(text) => Some(text.to_owned()),
        };
        let words: Vec<&str> = args.prompt.iter().map(String::as_str).collect();
        let prompt = match words.as_slice() {
            ["-"] | [] => None,
            words => Some(words.join(" ")).filter(|prompt| !prompt.trim().is_empty()),
        };
        let data = data.filter(|data| !data.trim().is_empty());
        match (prompt, data) {
            (Some(prompt), Some(data)) => {
                parts.push(Part::Text(prompt));
                parts.push(Part::Text(format!("\n\n{data}")));
            }
            (Some(text), None) | (None, Some(text)) => parts.push(Part::Text(text)),
            (None, None) => return Err(nothing_asked()),
        }
        Ok(Self {
            system: args.system.as_deref().map(system).transpose()?,
            parts,
            before,
            notices,
        })
    }

    /// Returns the request to one model, and what had to be said otherwise for it.
    ///
    /// # Errors
    ///
    /// The model is known not to take what is attached, or an option is no field.
    pub(super) fn request(
        &self,
        model: &str,
        args: &QueryArgs,
        chosen: &Chosen,
        earlier: Option<&Conversation>,
    ) -> Result<(Request, Vec<String>), CliError> {
        let Chosen {
            catalog, provider, ..
        } = chosen;
        let id = ModelId::parse(model);
        let facts = catalog.look_up(&id);
        let cannot = |ability| facts.is_some_and(|facts| facts.supports(ability) == Support::No);
        for part in &self.parts {
            let (ability, what) = match part {
                Part::Image(_) => (Ability::Images, "images"),
                Part::Document(_) => (Ability::Documents, "documents"),
                // Nobody says which models see videos; none does that sees no images.
                Part::Video(_) => (Ability::Images, "videos"),
                _ => continue,
            };
            if cannot(ability) {
                let message = format!("`{model}` takes no {what}");
                return Err(CliError::usage(message).hint("`mcp-cli models` tells which do"));
            }
        }
        let mut notices = Vec::new();
        let mut parts = self.parts.clone();
        let keep = keep(args, provider.cache).filter(|_| {
            let can = facts.is_none_or(|facts| facts.cache.is_some());
            if !can {
                notices.push(format!("`{model}` keeps no prompts: it is asked without"));
            }
            can
        });
        if let Some(ttl) = keep.filter(|_| self.before > 0) {
            parts.insert(self.before, Part::CachePoint(ttl));
        }
        let before = earlier.and_then(|earlier| earlier.system.clone());
        let mut system = self.system.clone().or(before);
        if let Some(text) = system.take_if(|_| cannot(Ability::System)) {
            notices.push(format!(
                "`{model}` has no system prompt: yours is said first"
            ));
            parts.insert(0, Part::Text(text));
        }
        let mut system: Vec<Part> = system.into_iter().map(Part::Text).collect();
        if let Some(ttl) = keep.filter(|_| !system.is_empty()) {
            system.push(Part::CachePoint(ttl));
        }
        let usual = catalog.default_max_tokens(&id);
        let mut fields = fields(args)?;
        if let Some(tokens) = args.thinking {
            let fields = fields.get_or_insert_default();
            fields.insert("thinking".to_owned(), thinking(tokens, &id)?);
        }
        let guard = args.guardrail.as_ref().or(provider.guardrail.as_ref());
        let stream = !args.no_stream && !cannot(Ability::Stream);
        let request = Request {
            model: model.to_owned(),
            region: None,
            system,
            messages: vec![Message {
                role: Role::User,
                parts,
            }],
            params: Params {
                // What it thinks counts too.
                max_tokens: args
                    .max_tokens
                    .unwrap_or(usual + args.thinking.unwrap_or(0)),
                temperature: args.temperature,
                top_p: args.top_p,
                stop: args.stop.clone(),
                effort: args.effort.clone(),
            },
            tools: Vec::new(),
            tool_choice: None,
            answer_schema: None,
            embedding: None,
            additional_fields: fields,
            service_tier: args.service_tier.clone(),
            performance: None,
            guardrail: guard.map(|written| guardrail(written)).transpose()?,
            stream,
            sample: 0,
            asker: "query".to_owned(),
        };
        Ok((request, notices))
    }
}

/// What is piped in, which can be read once.
#[derive(Default)]
struct Piped {
    taken: bool,
}

impl Piped {
    fn bytes(&mut self) -> Result<Option<Vec<u8>>, CliError> {
        let stdin = std::io::stdin();
        if std::mem::replace(&mut self.taken, true) || stdin.is_terminal() {
            return Ok(None);
        }
        let bytes = read_to_end(stdin.lock());
        let bytes = bytes
            .map_err(|error| CliError::usage(format!("cannot read what is piped in: {error}")))?;
        Ok(Some(bytes))
    }

    fn text(&mut self) -> Result<Option<String>, CliError> {
        let text = self.bytes()?.map(String::from_utf8).transpose();
        text.map_err(|_| {
            CliError::usage("what is piped in is no UTF-8 text")
                .hint("an image or a document: --attach -")
        })
    }
}

fn nothing_asked() -> CliError {
    CliError::usage("there is nothing to ask").hint(
        "mcp-cli query \"What is the capital of France?\", or pipe something in: git diff | mcp-cli query \"Review this\"",
    )
}

fn system(written: &str) -> Result<String, CliError> {
    match written.strip_prefix('@') {
        Some(path) => read_text(Path::new(path)),
        None => Ok(written.to_owned()),
    }
}

/// Returns names and texts of what `-c` names: `-`, a file, a folder, or a pattern.
fn context(written: &str, piped: &mut Piped) -> Result<Vec<(String, String)>, CliError> {
    if written == "-" {
        let text = piped.text()?.unwrap_or_default();
        return Ok(vec![("-".to_owned(), text)]);
    }
    let named = |file: PathBuf| Ok((file.display().to_string(), read_text(&file)?));
    named_files(written)?.into_iter().map(named).collect()
}

fn read_text(path: &Path) -> Result<String, CliError> {
    let shown = path.display();
    let bytes = read_whole(path)
        .map_err(|error| CliError::usage(format!("cannot read `{shown}`: {error}")))?;
    let text = String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.contains('\0'));
    text.ok_or_else(|| {
        let error = CliError::usage(format!("`{shown}` is no text"));
        error.hint(format!("an image or a document: --attach {shown}"))
    })
}

/// Returns what is attached; notes what had to be made smaller.
fn attached(
    path: &Path,
    told: Option<&str>,
    piped: &mut Piped,
    notices: &mut Vec<String>,
) -> Result<Part, CliError> {
    let shown = path.display();
    let place = path.to_str().unwrap_or_default();
    if place.starts_with("s3://") {
        let part = attachment_in_s3(place, told);
        return part.map_err(|why| CliError::usage(format!("`{shown}`: {why}")));
    }
    let bytes = if path == Path::new("-") {
        piped.bytes()?.unwrap_or_default()
    } else if place.starts_with("https://") || place.starts_with("http://") {
        runtime()?.block_on(fetch(place)).map_err(CliError::usage)?
    } else {
        read_whole(path)
            .map_err(|error| CliError::usage(format!("cannot read `{shown}`: {error}")))?
    };
    let bytes = match scaled(&bytes, CONVERSE) {
        Some(scaled) => {
            notices.push(format!("`{shown}`: {}", scaled.what));
            scaled.bytes
        }
        None => bytes,
    };
    attachment(path, bytes, told).map_err(|why| CliError::usage(format!("`{shown}`: {why}")))
}

/// Returns the fields of `-O` and `--option-json`.
fn fields(args: &QueryArgs) -> Result<Option<Map<String, Value>>, CliError> {
    let mut fields = match &args.option_json {
        Some(text) => serde_json::from_str::<Map<String, Value>>(text).map_err(|error| {
            CliError::usage(format!("--option-json is no JSON object: {error}"))
        })?,
        None => Map::new(),
    };
    for option in &args.options {
        let (key, value) = option.split_once('=').ok_or_else(|| {
            CliError::usage(format!("`{option}` is no option")).hint("write -O top_k=40")
        })?;
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        fields.insert(key.trim().to_owned(), value);
    }
    Ok((!fields.is_empty()).then_some(fields))
}

/// Returns how long what comes before a prompt is to be kept, if at all.
fn keep(args: &QueryArgs, usual: Option<CacheTtl>) -> Option<CacheTtl> {
    match args.cache_prompt.as_deref() {
        Some("5m") => Some(CacheTtl::FiveMinutes),
        Some("1h") => Some(CacheTtl::OneHour),
        Some(_) => None,
        None => usual,
    }
}

/// Returns the field that lets a model of Anthropic think.
fn thinking(tokens: u32, id: &ModelId) -> Result<Value, CliError> {
    let error = if id.family() != Family::Claude {
        CliError::usage(format!(
            "`{}` takes no number of tokens to think with",
            id.as_str()
        ))
        .hint("--effort says how hard a model thinks, where it can be told")
    } else if tokens < LEAST_THINKING {
        CliError::usage(format!("{tokens} tokens are too few to think with"))
            .hint(format!("{LEAST_THINKING} at least"))
    } else {
        return Ok(json!({"type": "enabled", "budget_tokens": tokens}));
    };
    Err(error)
}

fn guardrail(written: &str) -> Result<Guardrail, CliError> {
    match written.rsplit_once(':') {
        Some((id, version)) if !id.is_empty() && !version.is_empty() => Ok(Guardrail {
            id: id.to_owned(),
            version: version.to_owned(),
        }),
        _ => Err(CliError::usage(format!("`{written}` is no guardrail"))
            .hint("write its id and its version: gr-1234:1, or gr-1234:DRAFT")),
    }
}
