//! `tests/it/hostile/answer.rs`, fed by libFuzzer.
#![no_main]

#[path = "../../tests/it/hostile/answer.rs"]
mod answer;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| answer::take(bytes));
