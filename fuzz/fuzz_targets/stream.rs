//! `tests/it/hostile/stream.rs`, fed by libFuzzer.
#![no_main]

#[path = "../../tests/it/hostile/stream.rs"]
mod stream;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| stream::take(bytes));
