//! The flags of `embed`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::provider::ProviderArgs;
use crate::model::{Purpose, Quantized, Truncate};
use crate::vectors::{CutAt, Unit, VectorFormat};

/// Make vectors of texts
///
/// Texts are arguments, files, or what is piped in; long ones are cut into chunks that are exact slices of them.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  mcp-cli embed \"Your text here\" -m titan-embed\n  mcp-cli embed -i docs/*.md -o vectors.jsonl\n  mcp-cli embed -i rows.jsonl --text-field body --id-field key --resume vectors.jsonl"
)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(in crate::cli) struct EmbedArgs {
    /// Texts
    #[arg(value_name = "TEXT")]
    pub texts: Vec<String>,
    #[command(flatten)]
    pub whom: ProviderArgs,

    /// Files to read texts from: paths, patterns, folders, or `-`
    #[arg(short, long = "input-file", value_name = "FILE", num_args = 1.., help_heading = "Texts")]
    pub input: Vec<String>,
    /// Images, each a vector of its own: files, patterns, folders
    #[arg(short, long, value_name = "FILE", num_args = 1.., help_heading = "Texts")]
    pub attach: Vec<String>,
    /// How files are read; without it, by their extension
    #[arg(long, value_enum, value_name = "FORMAT", help_heading = "Texts")]
    pub input_format: Option<InputFormat>,
    /// A text for each line, the same as `--input-format lines`
    #[arg(long, conflicts_with = "input_format", help_heading = "Texts")]
    pub lines: bool,
    /// The field of a row that names it
    #[arg(
        long,
        value_name = "NAME",
        default_value = "id",
        help_heading = "Texts"
    )]
    pub id_field: String,
    /// The field of a row that is its text
    #[arg(
        long,
        value_name = "NAME",
        default_value = "text",
        help_heading = "Texts"
    )]
    pub text_field: String,

    /// Where long texts are cut: sentences, where a text is too long for the model and nothing is said
    #[arg(long, value_enum, value_name = "WHERE", help_heading = "Chunks")]
    pub chunk_strategy: Option<ChunkStrategy>,
    /// The most units of a chunk
    #[arg(long, value_name = "N", default_value_t = 512, value_parser = units, help_heading = "Chunks")]
    pub max_chunk_size: usize,
    /// Units that a chunk repeats of the one before
    #[arg(long, value_name = "N", default_value_t = 0, help_heading = "Chunks")]
    pub overlap: usize,
    /// What is counted; tokens are estimated at four bytes each
    #[arg(long, value_enum, default_value_t = ChunkUnit::Tokens, help_heading = "Chunks")]
    pub chunk_unit: ChunkUnit,

    /// How long the vectors are
    #[arg(long, value_name = "N", help_heading = "Vectors")]
    pub dimensions: Option<u32>,
    /// Make unit vectors, for models that can be told
    #[arg(long, conflicts_with = "no_normalize", help_heading = "Vectors")]
    pub normalize: bool,
    /// Do not make unit vectors
    #[arg(long, help_heading = "Vectors")]
    pub no_normalize: bool,
    /// What the vectors are for
    #[arg(long, value_enum, value_name = "TYPE", default_value_t = InputType::Document, help_heading = "Vectors")]
    pub input_type: InputType,
    /// The same as `--input-type query`
    #[arg(long, conflicts_with = "input_type", help_heading = "Vectors")]
    pub query: bool,
    /// What becomes of a text that is too long for the model
    #[arg(long, value_enum, value_name = "END", help_heading = "Vectors")]
    pub truncate: Option<Cut>,

    /// json, jsonl, csv, compact, npy or raw
    #[arg(long, value_name = "FORMAT", help_heading = "What is written")]
    pub output_format: Option<VectorFormat>,
    /// Write to a file; its extension says the format
    #[arg(
        short,
        long = "output-file",
        visible_alias = "output",
        value_name = "FILE",
        help_heading = "What is written"
    )]
    pub output: Option<PathBuf>,
    /// Go on with a file of `jsonl`: what it holds is not asked again; made if it is not there
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with = "output",
        help_heading = "What is written"
    )]
    pub resume: Option<PathBuf>,
    /// Keep the vectors in this collection, for `similar`; texts that it holds are not asked again
    #[arg(long, value_name = "NAME", conflicts_with_all = ["output", "resume", "output_format", "encoding_format"], help_heading = "What is written")]
    pub collection: Option<String>,
    #[command(flatten)]
    pub db: DbArgs,
    /// Leave the texts out
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_value_t = true, default_missing_value = "true", action = clap::ArgAction::Set, help_heading = "What is written")]
    pub include_metadata: bool,
    /// Digits behind the point
    #[arg(long, value_name = "N", help_heading = "What is written")]
    pub precision: Option<usize>,
    /// float, base64 of 32-bit floats, or int8 and binary, where the model makes them
    #[arg(long, value_enum, default_value_t = Encoding::Float, help_heading = "What is written")]
    pub encoding_format: Encoding,

    /// Requests in flight
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = units, help_heading = "How")]
    pub concurrency: usize,
    /// Requests a minute, in place of the quota that is known for the model
    #[arg(long, value_name = "N", value_parser = crate::cli::args::at_least_one, help_heading = "How")]
    pub rpm: Option<u64>,
    /// Tokens a minute, likewise
    #[arg(long, value_name = "N", value_parser = crate::cli::args::at_least_one, help_heading = "How")]
    pub tpm: Option<u64>,
    /// Tell tokens, cost and time on stderr
    #[arg(short, long, help_heading = "How")]
    pub usage: bool,
    /// Show chunks, tokens and cost; send nothing
    #[arg(long, help_heading = "How")]
    pub dry_run: bool,
    /// Say how near these two texts are: the cosine of the angle between their vectors
    #[arg(long, num_args = 2, value_names = ["A", "B"], conflicts_with_all = ["texts", "input", "attach", "dry_run"], help_heading = "How")]
    pub compare: Vec<String>,
    /// List the models that make vectors
    #[arg(long, help_heading = "How")]
    pub show_models: bool,
    /// List the ways of cutting texts
    #[arg(long, help_heading = "How")]
    pub show_strategies: bool,
    /// No warnings
    #[arg(short, long, help_heading = "How")]
    pub quiet: bool,
}

/// Where collections are.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct DbArgs {
    /// The file of collections; without it, one for all commands
    #[arg(long, value_name = "FILE", help_heading = "What is written")]
    pub db: Option<PathBuf>,
}

/// How a file is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum InputFormat {
    /// One text.
    Text,
    /// A text for each line.
    Lines,
    /// A JSON object for each line.
    Jsonl,
    /// A JSON list of objects, or of texts.
    Json,
    /// Rows with commas between.
    Csv,
    /// Rows with tabs between.
    Tsv,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ChunkStrategy {
    /// Nowhere
    None,
    /// Between sentences
    Sentence,
    /// At blank lines
    Paragraph,
    /// At headings of Markdown, then at blank lines
    Markdown,
    /// Between words
    Fixed,
    /// Where sentences turn to something else: the model is asked for the vectors of all of them first
    Semantic,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum ChunkUnit {
    /// Four bytes each
    Tokens,
    /// Letters
    Chars,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum InputType {
    /// To be found
    Document,
    /// To find
    Query,
    /// To be sorted into classes
    Classification,
    /// To be grouped
    Clustering,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Cut {
    /// It is refused
    None,
    /// Its beginning is left out
    Start,
    /// Its end is left out
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Encoding {
    /// Numbers
    Float,
    /// Text
    Base64,
    /// Whole numbers from -128 to 127
    Int8,
    /// Bits
    Binary,
}

impl Encoding {
    /// Returns what vectors are made of, where it is no floats.
    pub(super) fn quantized(self) -> Option<Quantized> {
        match self {
            Self::Float | Self::Base64 => None,
            Self::Int8 => Some(Quantized::Int8),
            Self::Binary => Some(Quantized::Binary),
        }
    }
}

impl From<ChunkStrategy> for CutAt {
    fn from(strategy: ChunkStrategy) -> Self {
        match strategy {
            ChunkStrategy::None => Self::Whole,
            ChunkStrategy::Sentence | ChunkStrategy::Semantic => Self::Sentence,
            ChunkStrategy::Paragraph => Self::Paragraph,
            ChunkStrategy::Markdown => Self::Markdown,
            ChunkStrategy::Fixed => Self::Fixed,
        }
    }
}

impl From<ChunkUnit> for Unit {
    fn from(unit: ChunkUnit) -> Self {
        match unit {
            ChunkUnit::Tokens => Self::Tokens,
            ChunkUnit::Chars => Self::Chars,
        }
    }
}

impl From<InputType> for Purpose {
    fn from(purpose: InputType) -> Self {
        match purpose {
            InputType::Document => Self::Document,
            InputType::Query => Self::Query,
            InputType::Classification => Self::Classification,
            InputType::Clustering => Self::Clustering,
        }
    }
}

impl From<Cut> for Truncate {
    fn from(cut: Cut) -> Self {
        match cut {
            Cut::None => Self::Never,
            Cut::Start => Self::Start,
            Cut::End => Self::End,
        }
    }
}

fn units(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number of at least 1".to_owned()),
        Ok(number) => Ok(number),
    }
}
