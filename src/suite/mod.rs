//! From YAML to cases that cannot be wrong.
//!
//! Files come in, [`Suite`]s go out, with every problem of every file at its line and column. What has passed here has
//! prompts that parse, variables that exist and checks that can be evaluated; nothing later needs to ask again.
//! Cases are made one at a time, so that a dataset of any size fits.

mod assertion;
mod case;
mod cases;
mod dataset;
mod decode;
mod decode_chat;
mod decode_dataset;
mod decode_gates;
mod decode_media;
mod decode_model;
mod decode_prompt;
mod decode_servers;
mod decode_test;
mod decode_tool_block;
mod decode_tools;
mod decode_turns;
mod error;
mod file;
mod judging;
mod load;
mod media;
mod place;
mod prompt;
mod promptfoo;
mod reader;
mod references;
mod row_source;
mod rows;
mod sample;
mod schema;
mod server;
mod source;
mod toolset;
mod variables;
mod yaml_error;

pub use case::{Case, ModelEntry, SharedCase, Suite, Test};
pub use dataset::DatasetError;
pub use decode::Surroundings;
pub use decode_model::entry_of;
pub use error::{Problems, Severity, SuiteError};
pub(crate) use file::read as read_file;
pub use load::{LoadError, Loaded, candidates, load, suite_paths};
pub use media::{IMAGE_BYTES, PromptError, attachment, attachment_in_s3};
pub use prompt::Prompt;
pub(crate) use reader::MapReader;
pub use reader::{listed, nearest};
pub use references::references;
pub use sample::{draw, rank};
pub use schema::schema;
pub(crate) use server::{Texts, server};
pub(crate) use source::{Node, Tree};
pub use toolset::{ToolResults, ToolSet};
