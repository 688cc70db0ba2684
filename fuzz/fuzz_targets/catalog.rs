//! `tests/it/hostile/catalog.rs`, fed by libFuzzer.
#![no_main]

#[path = "../../tests/it/hostile/catalog.rs"]
mod catalog;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| catalog::take(bytes));
