//! `tests/it/hostile/pattern.rs`, fed by libFuzzer.
#![no_main]

#[path = "../../tests/it/hostile/pattern.rs"]
mod pattern;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| pattern::take(bytes));
