//! Bedrock itself: the only code that knows the AWS SDK.
//!
//! A [`Request`](crate::model::Request) comes in at [`Bedrock`], a [`Completion`](crate::model::Completion) or a
//! classified [`ModelError`](crate::model::ModelError) goes out; no type of the SDK leaves this folder. One call is
//! one attempt: the SDK's own retries are off, so that no attempt hides in a latency or spends quota unseen.
//!
//! The environment is read here for the AWS variables alone, by the SDK's chain and for `AWS_CA_BUNDLE`.

#[cfg(feature = "cloud")]
mod account;
#[cfg(feature = "cloud")]
mod batch;
mod body;
mod class;
mod client;
mod clock;
mod complaint;
mod connect;
mod converse;
mod count;
mod document;
mod embed;
mod error;
mod fold;
mod geo;
mod hint;
mod http;
mod media;
mod operation;
#[cfg(feature = "cloud")]
mod quotas;
mod reasoning;
mod route;
mod scout;
mod settings;
mod sign;
mod stream;
mod tools;
mod words;

#[cfg(feature = "cloud")]
pub use account::Listed;
#[cfg(feature = "cloud")]
pub use batch::{Batches, S3Prefix, S3PrefixError};
pub use client::Bedrock;
pub use geo::profile_of;
#[cfg(feature = "cloud")]
pub use quotas::named_quotas;
pub use settings::{ApiKey, Credentials, Settings};
