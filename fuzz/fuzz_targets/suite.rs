//! `tests/it/hostile/suite.rs`, fed by libFuzzer.
#![no_main]

#[path = "../../tests/it/hostile/suite.rs"]
mod suite;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| suite::take(bytes));
