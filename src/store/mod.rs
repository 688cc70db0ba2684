//! What is kept between commands in `SQLite` files: questions that were asked by hand, and vectors to search in.
//!
//! Evaluations keep nothing here: their journal is a file of its own. Files are made for their owner alone to read, and several
//! commands may use one at a time.

mod collection;
mod database;
mod log;

pub use collection::{Collection, Near, Stored, Vectors, content_name};
pub use database::StoreError;
pub use log::{Conversation, Log, Turn};
