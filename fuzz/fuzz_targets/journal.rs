//! `tests/it/hostile/journal.rs`, fed by libFuzzer.
#![no_main]

#[path = "../../tests/it/hostile/journal.rs"]
mod journal;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| journal::take(bytes));
