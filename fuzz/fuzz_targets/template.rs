//! `tests/it/hostile/template.rs`, fed by libFuzzer.
#![no_main]

#[path = "../../tests/it/hostile/template.rs"]
mod template;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| template::take(bytes));
