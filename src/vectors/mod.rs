//! Texts on their way to vectors and vectors on their way to files: pure, and never more of either than is needed at once.

mod chunk;
mod format;
mod near;
mod npy;
mod topics;

pub use chunk::{Chunk, Chunking, CutAt, Unit, chunks};
pub use format::{Numbers, Row, VectorFormat, write_row};
pub use near::cosine;
pub use npy::npy_header;
pub use topics::{sentences, turns};
