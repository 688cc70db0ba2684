//! Whole files, written in one step and read within limits; rows of files without end.
//!
//! A limit stands where memory is taken. It is far above what anybody needs and far below what a machine has, so that a
//! wrong path, such as `/dev/zero`, is an error and not the end of the program.

mod read;
mod rows;
mod write;

pub(crate) use read::{LARGEST, read_to_end, read_whole, read_whole_text, text_of};
pub(crate) use rows::{LONGEST_ROW, Metered, read_row, text_rows, too_long};
pub(crate) use write::write_whole;
