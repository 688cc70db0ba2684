//! What a person keeps in files so that commands need fewer flags: whom to ask, as whom, with which model.
//!
//! Files are YAML, read as strictly as suites are: an unknown key is an error at its line. Text may name variables of the
//! environment, which `.env` files add to. Without any file there is a provider all the same: `bedrock`, with nothing said.

mod dotenv;
mod environment;
mod find;
mod provider;
mod read;
mod server;

pub use environment::{Environment, Origin};
pub use find::{Found, Places, find};
pub use provider::{Known, Provider};
pub use read::{Config, read, read_servers};
