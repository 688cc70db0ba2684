//! A job of `embed`: texts are cut, asked for, and their vectors handed on in the order of the texts.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::pin::pin;
use std::time::Instant;

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use serde_json::json;
use tokio::sync::mpsc;

use super::args::{ChunkStrategy, EmbedArgs};
use super::bill::Bill;
use super::done::Done;
use super::input::{Input, Inputs, inputs};
use super::kept::Kept;
use super::request::{request_for, vector_of};
use super::sink::Sink;
use super::tell::{progress, tell_missing};
use super::topics::{Topics, compared};
use super::unique::unique;
use crate::catalog::{Ability, Kind, PriceRow, Support};
use crate::cli::connect::Connected;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::provider::Chosen;
use crate::cli::run_folder::cannot_write;
use crate::cli::trouble::Trouble;
use crate::cli::ui::Ui;
use crate::model::{Embedding, Family, Media, ModelId, Part, Purpose, Request, Usage};
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

/// A text, and where it turns to something else.
struct Read {
    input: Input,
    turns: Vec<usize>,
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
    fn chunks(&self, read: &Read, done: &Done) -> Result<Vec<Waiting>, CliError> {
        let Read { input, turns } = read;
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
        let chunks = chunks(&input.text, &self.chunking, turns);
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

    /// Returns the texts as they are read.
    fn inputs(&self) -> Result<Inputs, CliError> {
        let inputs = inputs(self.args)?;
        let keeps = self.args.collection.is_some();
        Ok(if keeps || self.args.resume.is_some() {
            unique(inputs, keeps)
        } else {
            inputs
        })
    }

    fn is_semantic(&self, input: &Input) -> bool {
        self.args.chunk_strategy == Some(ChunkStrategy::Semantic) && input.image.is_none()
    }

    /// Reads all texts, and asks where they turn, if they are to be cut there. A text of which that cannot be told is left out.
    async fn read(
        &self,
        inputs: Inputs,
        topics: Topics<'_>,
        sender: mpsc::Sender<Result<Read, CliError>>,
        ui: &Ui,
    ) -> Exit {
        let mut exit = Exit::Done;
        for input in inputs {
            let read = match input {
                Ok(input) if self.is_semantic(&input) => match topics.turns(&input.text).await {
                    Ok(turns) => Ok(Read { input, turns }),
                    Err(trouble) => {
                        tell_missing(&trouble, &[&input.id], ui);
                        exit = exit.or(trouble.exit());
                        if trouble.is_final() {
                            break;
                        }
                        continue;
                    }
                },
                input => input.map(|input| Read {
                    input,
                    turns: Vec::new(),
                }),
            };
            if sender.send(read).await.is_err() {
                break;
            }
        }
        exit
    }

    /// Returns the texts of one call after the other.
    fn batches(
        &self,
        texts: impl Stream<Item = Result<Read, CliError>> + Unpin,
        done: &Done,
    ) -> impl Stream<Item = Result<Vec<Waiting>, CliError>> {
        let begun = (texts, VecDeque::new());
        stream::try_unfold(begun, move |(mut texts, mut waiting)| async move {
            while waiting.len() < self.batch {
                let Some(read) = texts.try_next().await? else {
                    break;
                };
                waiting.extend(self.chunks(&read, done)?);
            }
            // An image is asked for alone.
            let image = waiting.iter().position(|one: &Waiting| one.image.is_some());
            let next = match image {
                Some(0) => 1,
                image => image.unwrap_or(waiting.len()).min(self.batch),
            };
            let batch: Vec<Waiting> = waiting.drain(..next).collect();
            Ok((!batch.is_empty()).then_some((batch, (texts, waiting))))
        })
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
    ///
    /// Where texts are cut by what they say, their sentences count, and of their chunks the fewest that there can be.
    pub(super) async fn dry_run(&self, kept: Option<Kept>, ui: &Ui) -> Result<Exit, CliError> {
        let (mut texts, mut calls, mut tokens) = (0u64, 0u64, 0u64);
        let first = Cell::new((0u64, 0u64));
        let done = kept.map_or_else(Done::nothing, Done::in_collection);
        let inputs = self.inputs()?.map(|input| {
            let input = input?;
            if self.is_semantic(&input) {
                let sentences = compared(&input.text);
                let sizes = sentences.iter().map(|(_, one)| Unit::Tokens.of(one) as u64);
                let (calls, tokens) = first.get();
                let more = sentences.len().div_ceil(self.batch) as u64;
                first.set((calls + more, tokens + sizes.sum::<u64>()));
            }
            let turns = Vec::new();
            Ok(Read { input, turns })
        });
        let mut batches = pin!(self.batches(stream::iter(inputs), &done));
        while let Some(batch) = batches.try_next().await? {
            calls += 1;
            texts += batch.len() as u64;
            let sizes = batch.iter().map(|one| Unit::Tokens.of(&one.text) as u64);
            tokens += sizes.sum::<u64>();
        }
        calls += first.get().0;
        tokens += first.get().1;
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
        let inputs = self.inputs()?;
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
        // Both stages are polled side by side: one that waits for the other must not keep a slot of the lane.
        let (sender, mut receiver) = mpsc::channel(1);
        let bill = RefCell::new(Bill::new());
        let topics = Topics {
            lane: &lane,
            model: &self.model,
            how: &self.how,
            batch: self.batch,
            concurrency: self.args.concurrency,
            price: self.price(),
            region: region.clone(),
            bill: &bill,
        };
        let mut reading = pin!(self.read(inputs, topics, sender, ui));
        let texts = stream::poll_fn(|context| receiver.poll_recv(context));
        let asking = self.batches(texts, &done).map(|batch| async {
            let batch = batch?;
            let answered = ask(&lane, &self.request(&batch), &stop, |_| {}).await;
            Ok::<_, CliError>((batch, answered))
        });
        let mut answers = pin!(asking.buffered(self.args.concurrency));
        let (mut exit, mut is_read) = (Exit::Done, false);
        let bar = progress(ui, self.args.quiet);
        let interrupted = tokio::signal::ctrl_c();
        tokio::pin!(interrupted);
        loop {
            let next = tokio::select! {
                next = answers.next() => next,
                read = &mut reading, if !is_read => {
                    (is_read, exit) = (true, exit.or(read));
                    continue;
                }
                _ = &mut interrupted => return Ok(Exit::Interrupted),
            };
            let Some(next) = next else { break };
            let (batch, Answered { result, attempts }) = next?;
            // What an image costs stands in no table.
            let price = self.price();
            let price = price.filter(|_| batch.iter().all(|one| one.image.is_none()));
            bill.borrow_mut().add(&attempts, price);
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
                    let ids: Vec<&str> = batch.iter().map(|one| one.id.as_str()).collect();
                    tell_missing(&trouble, &ids, ui);
                    exit = exit.or(trouble.exit());
                    if trouble.is_final() {
                        break;
                    }
                }
            }
        }
        bar.finish_and_clear();
        let Bill { usage, cost } = *bill.borrow();
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
