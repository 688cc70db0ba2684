//! `tests/it/hostile/dataset.rs`, fed by libFuzzer.
#![no_main]

#[path = "../../tests/it/hostile/dataset.rs"]
mod dataset;
#[path = "../../tests/it/hostile/suite.rs"]
#[expect(dead_code, reason = "a suite is read here, not taken")]
mod suite;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| dataset::take(bytes));
