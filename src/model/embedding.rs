//! Texts as vectors: how they are asked for.

use serde::{Deserialize, Serialize};

/// What vectors are for; some models make others for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To be found.
    #[default]
    Document,
    /// To find.
    Query,
    /// To be sorted into classes.
    Classification,
    /// To be grouped.
    Clustering,
}

/// Which end of a text is cut off where it is too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Truncate {
    /// None: it is refused.
    Never,
    /// Its beginning.
    Start,
    /// Its end.
    End,
}

/// Numbers that a vector is made of, where they are no floats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantized {
    /// Whole numbers from -128 to 127.
    Int8,
    /// Bits: as such, or packed into bytes, as the model gives them.
    Binary,
}

/// How the texts and images of a request are made vectors.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Embedding {
    /// What the vectors are for.
    pub purpose: Purpose,
    /// How long they are; `None` is as long as the model likes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dimensions: Option<u32>,
    /// Whether they are made unit vectors, for models that can be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub normalize: Option<bool>,
    /// What becomes of a text that is too long; `None` is what the model does by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub truncate: Option<Truncate>,
    /// What the vectors are made of; `None` is floats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantized: Option<Quantized>,
}
