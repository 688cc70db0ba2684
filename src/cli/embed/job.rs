//! A job of `embed`: texts are cut, asked for, and their vectors handed on in the order of the texts.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use futures_util::StreamExt as _;
use futures_util::stream;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::args::EmbedArgs;
use super::done::Done;
use super::input::{Input, inputs};
use super::kept::Kept;
use super::sink::Sink;
use super::unique::unique;
use crate::catalog::{Ability, Kind, PriceRow, Support, Usd};
use crate::cli::connect::Connected;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::provider::Chosen;
use crate::cli::run_folder::cannot_write;
use crate::cli::trouble::Trouble;
use crate::cli::ui::{Ui, plural};
use crate::model::{
    Embedding, Family, Media, Message, ModelId, Params, Part, Purpose, Request, Role, Usage,
};
use crate::report::safe_text;
use crate::run::{Answered, Stop, ask};
use crate::vectors::{Chunking, CutAt, Row, Unit, chunks};

/// Texts of one call to Cohere, at most.
const COHERE_BATCH: usize = 96;
/// Tokens of a text where the model's limit is not known.
const USUAL_LIMIT: u64 = 8_192;

/// What is made vectors of, and how.
pub(super) struct Job<'a> {
    args: &'a EmbedArgs,
    chosen: &'a Chosen,
    pub(super) model: String,
    how: Embedding,
    chunking: Chunking,
    /// Texts of one call.
    batch: usize,
}

/// A chunk that waits for its vector.
struct Waiting {
    id: String,
    chunk: usize,
    start: usize,
    start_char: usize,
    text: String,
    image: Option<Media>,
}

impl<'a> Job<'a> {
    pub(super) fn new(
        args: &'a EmbedArgs,
        chosen: &'a Chosen,
        model: String,
        dimensions: Option<u32>,
    ) -> Result<Self, CliError> {
        let id = ModelId::parse(&model);
        let facts = chosen.catalog.look_up(&id);
        if let Some(facts) = facts.filter(|facts| facts.kind != Kind::Embedding) {
            let message = format!("`{}` makes no vectors", facts.id);
            return Err(
                CliError::usage(message).hint("`mcp-cli embed --show-models` lists those that do")
            );
        }
        if !args.attach.is_empty()
            && facts.is_some_and(|facts| facts.supports(Ability::Images) == Support::No)
        {
            let message = format!("`{model}` makes vectors of texts alone");
            let hint =
                "titan-embed-image, cohere-embed and nova-2-multimodal-embeddings take images";
            return Err(CliError::usage(message).hint(hint));
        }
        let known = facts
            .map(|facts| facts.dimensions.as_slice())
            .unwrap_or_default();
        if let Some(wanted) = dimensions
            && !known.is_empty()
            && !known.contains(&wanted)
        {
            let listed: Vec<String> = known.iter().map(u32::to_string).collect();
            let message = format!("`{model}` makes no vectors of {wanted} numbers");
            return Err(
                CliError::usage(message).hint(format!("it makes them of {}", listed.join(", ")))
            );
        }
        let limit = facts
            .and_then(|facts| facts.max_input_tokens)
            .unwrap_or(USUAL_LIMIT);
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        // Without a word about it, only what is too long for the model is cut.
        let (cut, most) = match args.chunk_strategy {
            Some(strategy) => (CutAt::from(strategy), args.max_chunk_size),
            None => (CutAt::Sentence, args.max_chunk_size.max(limit)),
        };
        let purpose = if args.query {
            Purpose::Query
        } else {
            args.input_type.into()
        };
        // Titan cannot be told a length that is its only one.
        let only = known.len() == 1;
        Ok(Self {
            args,
            chosen,
            batch: match id.family() {
                Family::Cohere => COHERE_BATCH,
                _ => 1,
            },
            how: Embedding {
                purpose,
                dimensions: dimensions.filter(|_| !only),
                normalize: match (args.normalize, args.no_normalize) {
                    (true, _) => Some(true),
                    (_, true) => Some(false),
                    _ => None,
                },
                truncate: args.truncate.map(Into::into),
                quantized: args.encoding_format.quantized(),
            },
            chunking: Chunking {
                strategy: cut,
                most,
                overlap: args.overlap,
                unit: args.chunk_unit.into(),
            },
            model,
        })
    }

    /// Returns the chunks of a text that are not done.
    fn chunks(&self, input: &Input, done: &Done) -> Result<Vec<Waiting>, CliError> {
        if input.text.trim().is_empty() {
            return Err(CliError::usage(format!("the text `{}` is blank", input.id)));
        }
        if let Some(image) = &input.image {
            let one = Waiting {
                id: input.id.clone(),
                chunk: 0,
                start: 0,
                start_char: 0,
                text: input.text.clone(),
                image: Some(image.clone()),
            };
            let is_done = done.holds(&one.id, 0, &one.text)?;
            return Ok(if is_done { Vec::new() } else { vec![one] });
        }
        let chunks = chunks(&input.text, &self.chunking);
        done.ends(&input.id, chunks.len())?;
        let chunks = chunks.into_iter().enumerate();
        let filled = chunks.filter(|(_, chunk)| !chunk.text.trim().is_empty());
        let waiting = filled.map(|(number, chunk)| Waiting {
            id: input.id.clone(),
            chunk: number,
            start: chunk.start,
            start_char: chunk.start_char,
            text: chunk.text.to_owned(),
            image: None,
        });
        let mut new = Vec::new();
        for one in waiting {
            if !done.holds(&one.id, one.chunk, &one.text)? {
                new.push(one);
            }
        }
        Ok(new)
    }

    /// Returns the texts of one call after the other.
    fn batches<'b>(
        &'b self,
        done: &'b Done,
    ) -> Result<impl Iterator<Item = Result<Vec<Waiting>, CliError>> + 'b, CliError> {
        let mut inputs = inputs(self.args)?;
        let keeps = self.args.collection.is_some();
        if keeps || self.args.resume.is_some() {
            inputs = unique(inputs, keeps);
        }
        let mut waiting: VecDeque<Waiting> = VecDeque::new();
        Ok(std::iter::from_fn(move || {
            while waiting.len() < self.batch {
                match inputs.next().map(|input| self.chunks(&input?, done)) {
                    Some(Ok(more)) => waiting.extend(more),
                    Some(Err(error)) => return Some(Err(error)),
                    None => break,
                }
            }
            // An image is asked for alone.
            let texts = waiting.iter().position(|one| one.image.is_some());
            let next = match texts {
                Some(0) => 1,
                texts => texts.unwrap_or(waiting.len()).min(self.batch),
            };
            (next > 0).then(|| Ok(waiting.drain(..next).collect()))
        }))
    }

    fn request(&self, batch: &[Waiting]) -> Request {
        let parts = batch.iter().map(|one| match &one.image {
            Some(image) => Part::Image(image.clone()),
            None => Part::Text(one.text.clone()),
        });
        request_for(&self.model, self.how.clone(), parts)
    }

    /// Asks for the vector of one text.
    pub(super) async fn vector(&self, text: &str) -> Result<Result<Vec<f32>, Trouble>, CliError> {
        let how = self.how.clone();
        vector_of(self.chosen, &self.model, how, text.to_owned()).await
    }

    fn price(&self) -> Option<&PriceRow> {
        self.chosen.price(&self.model, None)
    }

    /// Counts what would be asked.
    pub(super) fn dry_run(&self, kept: Option<Kept>, ui: &Ui) -> Result<Exit, CliError> {
        let (mut calls, mut texts, mut tokens) = (0u64, 0u64, 0u64);
        let done = kept.map_or_else(Done::nothing, Done::in_collection);
        for batch in self.batches(&done)? {
            let batch = batch?;
            calls += 1;
            texts += batch.len() as u64;
            let sizes = batch.iter().map(|one| Unit::Tokens.of(&one.text) as u64);
            tokens += sizes.sum::<u64>();
        }
        let cost = self
            .price()
            .filter(|_| self.args.attach.is_empty())
            .map(|price| price.cost(&Usage::new(tokens, 0)).usd);
        let shown = json!({
            "model": self.model, "chunks": texts, "calls": calls, "input_tokens": tokens, "cost_usd": cost,
        });
        ui.print(&format!("{shown:#}\n"))?;
        Ok(Exit::Done)
    }

    pub(super) async fn ask(&self, kept: Option<Kept>, ui: &Ui) -> Result<Exit, CliError> {
        let began = Instant::now();
        let (mut output, done) = Sink::open(self.args, kept, &self.model, self.how.dimensions)?;
        let batches = self.batches(&done)?;
        let Connected { client, region, .. } = self.chosen.connect().await?;
        let quota = (self.args.rpm, self.args.tpm);
        let lane = self
            .chosen
            .lane(&self.model, client, self.args.concurrency, quota);
        let stop = Stop::default();
        let failed = |error: &io::Error| cannot_write(self.path(), error);
        let provider = &self.chosen.provider.name;
        let written = output.begin(provider, &self.model);
        written.map_err(|error| failed(&error))?;
        let asking = batches.map(|batch| async {
            let batch = batch?;
            let answered = ask(&lane, &self.request(&batch), &stop, |_| {}).await;
            Ok::<_, CliError>((batch, answered))
        });
        let mut answers = stream::iter(asking).buffered(self.args.concurrency);
        let (mut usage, mut exit) = (Usage::default(), Exit::Done);
        let mut cost = Some(Usd::ZERO);
        let bar = progress(ui, self.args.quiet);
        let interrupted = tokio::signal::ctrl_c();
        tokio::pin!(interrupted);
        loop {
            let next = tokio::select! {
                next = answers.next() => next,
                _ = &mut interrupted => return Ok(Exit::Interrupted),
            };
            let Some(next) = next else { break };
            let (batch, Answered { result, attempts }) = next?;
            for billed in attempts.iter().filter_map(|attempt| attempt.usage) {
                usage += billed;
                // What an image costs stands in no table.
                let priced = self
                    .price()
                    .filter(|_| batch.iter().all(|one| one.image.is_none()));
                let price = priced.map(|price| price.cost(&billed).usd);
                cost = cost.zip(price).map(|(sum, price)| sum + price);
            }
            match result {
                Ok(completion) => {
                    let rows: Vec<Row> =
                        batch.into_iter().zip(completion.vectors).map(row).collect();
                    bar.inc(rows.len() as u64);
                    match output.add(&rows) {
                        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                            return Ok(Exit::Done);
                        }
                        written => written.map_err(|error| failed(&error))?,
                    }
                }
                Err(error) => {
                    let trouble = Trouble::new(error, region.clone(), attempts.len());
                    trouble.tell(ui);
                    let ids: Vec<&str> = batch.iter().map(|one| one.id.as_str()).collect();
                    let count = plural(ids.len() as u64, "text");
                    let ids = ids.join(", ");
                    ui.note(&safe_text(&format!("without a vector: {count}: {ids}")));
                    exit = exit.or(trouble.exit());
                    if trouble.is_final() {
                        break;
                    }
                }
            }
        }
        bar.finish_and_clear();
        drop(answers);
        if exit == Exit::Done {
            done.shorten()?;
        }
        let seconds = began.elapsed().as_secs_f64();
        let totals =
            json!({"usage": usage, "cost_usd": cost, "seconds": (seconds * 1e3).round() / 1e3});
        match output.end(&totals) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(Exit::Done),
            ended => ended.map_err(|error| failed(&error))?,
        }
        if self.args.usage {
            let cost = cost.map_or("unpriced".to_owned(), |cost| format!("${cost}"));
            let tokens = usage.input_tokens;
            ui.note(&format!(
                "{}: {tokens} tokens, {cost}, {seconds:.2} s",
                self.model
            ));
        }
        Ok(exit)
    }

    /// Returns where vectors go, for errors.
    fn path(&self) -> &std::path::Path {
        let named = self.args.resume.as_deref().or(self.args.output.as_deref());
        let named = named.or(self.args.collection.as_deref().map(std::path::Path::new));
        named.unwrap_or(std::path::Path::new("stdout"))
    }
}

/// Returns what shows how far it is, where somebody is there to see it.
fn progress(ui: &Ui, quiet: bool) -> ProgressBar {
    if quiet || !ui.may_draw() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {human_pos} vectors, {per_sec}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}

fn row((waiting, vector): (Waiting, Vec<f32>)) -> Row {
    Row {
        id: waiting.id,
        chunk: waiting.chunk,
        start: waiting.start,
        start_char: waiting.start_char,
        text: waiting.text,
        vector,
    }
}

/// Asks for the vector of one text.
pub(super) async fn vector_of(
    chosen: &Chosen,
    model: &str,
    how: Embedding,
    text: String,
) -> Result<Result<Vec<f32>, Trouble>, CliError> {
    let Connected { client, region, .. } = chosen.connect().await?;
    let lane = chosen.lane(model, client, 1, (None, None));
    let request = request_for(model, how, [Part::Text(text)]);
    let answered = ask(&lane, &request, &Stop::default(), |_| {}).await;
    let attempts = answered.attempts.len();
    let answer = answered
        .result
        .map_err(|error| Trouble::new(error, region, attempts));
    Ok(answer.map(|answer| answer.vectors.into_iter().next().unwrap_or_default()))
}

/// Returns a request for vectors of texts or an image.
pub(super) fn request_for(
    model: &str,
    how: Embedding,
    parts: impl IntoIterator<Item = Part>,
) -> Request {
    Request {
        model: model.to_owned(),
        region: None,
        system: Vec::new(),
        messages: vec![Message {
            role: Role::User,
            parts: parts.into_iter().collect(),
        }],
        params: Params {
            max_tokens: 1,
            ..Params::default()
        },
        tools: Vec::new(),
        tool_choice: None,
        answer_schema: None,
        embedding: Some(how),
        additional_fields: None,
        service_tier: None,
        performance: None,
        guardrail: None,
        stream: false,
        sample: 0,
        asker: "embed".to_owned(),
    }
}
