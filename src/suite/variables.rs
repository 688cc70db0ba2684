//! Variables: every one that is used is there, and one that nobody uses is worth a warning.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::case::Test;
use super::error::Problems;
use super::place::Place;
use super::prompt::Prompt;
use super::reader::{listed, nearest};

/// Checks that every variable that prompts and checks use is there, and warns of those that nobody uses.
///
/// A variable that no test has is a mistake of the prompt, and told there; one that some tests lack, a mistake of
/// those. Leaves in each test what its rows must have.
pub(super) fn check(
    prompts: &[Prompt],
    tests: &mut [(Test, Place)],
    env: &Map<String, Value>,
    problems: &mut Problems,
) {
    let by_prompts: BTreeSet<String> = prompts.iter().flat_map(Prompt::variables).collect();
    let by_checks: BTreeSet<String> = tests
        .iter()
        .flat_map(|(test, _)| test.needed.clone())
        .collect();
    let used: BTreeSet<&String> = by_prompts.iter().chain(&by_checks).collect();
    // Where something could not be read, nobody knows what it uses.
    let everything_is_read = !problems.has_errors();
    if !env.is_empty() {
        env_not_listed(prompts, env, problems);
    }
    if used.contains(&"env".to_owned()) && env.is_empty() {
        env_not_allowed(prompts, tests, problems);
    }
    let misspelt = misspelt_in_prompts(prompts, tests, problems);
    for (test, _) in &mut *tests {
        if test.output.is_none() {
            test.needed.extend(by_prompts.iter().cloned());
        }
        test.needed.retain(|name| {
            name != "env" && !misspelt.contains(name) && !test.vars.contains_key(name)
        });
    }
    missing(tests, &by_prompts, problems);
    first_turns(prompts, tests, problems);
    if everything_is_read && misspelt.is_empty() {
        unused(tests, &used, problems);
    }
}

/// Reports prompts that do not say the first turn of a test that has turns.
fn first_turns(prompts: &[Prompt], tests: &[(Test, Place)], problems: &mut Problems) {
    let Some((test, _)) = tests.iter().find(|(test, _)| !test.turns.is_empty()) else {
        return;
    };
    for prompt in prompts
        .iter()
        .filter(|prompt| !prompt.variables().contains("turn"))
    {
        let message = format!(
            "prompt `{}` does not use `turn`, the first of the turns of test `{}`",
            prompt.name, test.name
        );
        let hint = "write `{{ turn }}` where the user says it";
        problems.error_with(&prompt.place, message, Some(hint));
    }
}

/// Reports environment variables that prompts use and the suite does not list.
fn env_not_listed(prompts: &[Prompt], env: &Map<String, Value>, problems: &mut Problems) {
    for prompt in prompts {
        for name in prompt
            .environment()
            .iter()
            .filter(|name| !env.contains_key(*name))
        {
            let listed: Vec<&str> = env.keys().map(String::as_str).collect();
            let hint = match nearest(name, listed) {
                Some(near) => format!("did you mean `env.{near}`?"),
                None => format!("add `{name}` to `env:` at the top of the suite"),
            };
            let message = format!("`env.{name}` is used, but the suite does not list `{name}`");
            problems.error_with(&use_of(name, &prompt.place), message, Some(hint));
        }
    }
}

fn env_not_allowed(prompts: &[Prompt], tests: &[(Test, Place)], problems: &mut Problems) {
    let prompts = prompts
        .iter()
        .filter(|prompt| prompt.variables().contains("env"))
        .map(|prompt| &prompt.place);
    let tests = tests
        .iter()
        .filter(|(test, _)| test.needed.contains("env"))
        .map(|(_, place)| place);
    let Some(place) = prompts.chain(tests).next() else {
        return;
    };
    let hint = "list the names of environment variables under `env:` at the top of the suite";
    problems.error_with(
        &use_of("env", place),
        "`env` is used, but the suite allows no environment variable",
        Some(hint),
    );
}

/// Reports variables of prompts that no test has, each once, and returns their names.
///
/// Says nothing where a dataset may bring them.
fn misspelt_in_prompts(
    prompts: &[Prompt],
    tests: &[(Test, Place)],
    problems: &mut Problems,
) -> BTreeSet<String> {
    let mut misspelt = BTreeSet::new();
    let asks = tests.iter().any(|(test, _)| test.output.is_none());
    if !asks || tests.iter().any(|(test, _)| test.dataset.is_some()) {
        return misspelt;
    }
    let known: BTreeSet<&str> = tests
        .iter()
        .flat_map(|(test, _)| test.vars.keys())
        .map(String::as_str)
        .collect();
    for prompt in prompts {
        for name in prompt.variables() {
            if name == "env" || known.contains(&*name) || misspelt.contains(&name) {
                continue;
            }
            let hint = match nearest(&name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => {
                    format!("give each test the variable: `vars: {{ {name}: … }}`")
                }
                None => format!("the tests have {}", listed(&Vec::from_iter(&known))),
            };
            let message = format!(
                "prompt `{}` uses the variable `{name}`, which no test has",
                prompt.name
            );
            problems.error_with(&use_of(&name, &prompt.place), message, Some(hint));
            misspelt.insert(name);
        }
    }
    misspelt
}

/// Reports variables that tests lack: each once, at the first test that lacks it.
fn missing(tests: &[(Test, Place)], by_prompts: &BTreeSet<String>, problems: &mut Problems) {
    let mut lacking: BTreeMap<&String, Vec<&(Test, Place)>> = BTreeMap::new();
    for test in tests.iter().filter(|(test, _)| test.dataset.is_none()) {
        for name in &test.0.needed {
            lacking.entry(name).or_default().push(test);
        }
    }
    for (name, tests) in lacking {
        let (test, place) = tests[0];
        let known: Vec<&str> = test.vars.keys().map(String::as_str).collect();
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => format!("it has `{near}`: spell both alike"),
            None if known.is_empty() => format!("add it to the test: `vars: {{ {name}: … }}`"),
            None => format!("it has {}", listed(&known)),
        };
        let who = match tests.len() {
            1 => format!("test `{}` has", test.name),
            2 => format!("test `{}` and another have", test.name),
            count => format!("test `{}` and {} others have", test.name, count - 1),
        };
        let (user, place) = if by_prompts.contains(name) {
            ("a prompt", place.clone())
        } else {
            ("an assertion", use_of(name, place))
        };
        let message = format!("{who} no variable `{name}`, which {user} uses");
        problems.error_with(&place, message, Some(hint));
    }
}

/// Warns of variables that nobody uses, each once.
fn unused(tests: &[(Test, Place)], used: &BTreeSet<&String>, problems: &mut Problems) {
    let mut told = BTreeSet::new();
    let is_told = |test: &Test| test.output.is_none() && !test.grading.has_script();
    for (test, place) in tests.iter().filter(|(test, _)| is_told(test)) {
        for name in test.vars.keys().filter(|name| !used.contains(name)) {
            if told.insert(name) {
                let is_key = |_: &str, after: &str| {
                    let after = after.trim_start_matches(['"', '\'']);
                    after.trim_start().starts_with(':')
                };
                let message = format!("no prompt and no assertion uses the variable `{name}`");
                problems.warning(&word(name, place, is_key), message, None::<String>);
            }
        }
    }
}

/// Returns where a template or an expression first uses a variable, from `place` on.
fn use_of(name: &str, place: &Place) -> Place {
    word(name, place, |before, _| {
        let opens = before.rfind("{{").max(before.rfind("{%"));
        let closes = before.rfind("}}").max(before.rfind("%}"));
        opens > closes || before.ends_with("vars.")
    })
}

/// Returns where `name` first stands as a word of its own, from `place` on; else from the start of the file; else
/// `place`. `is_it` sees what stands before it in its line, and what after it.
fn word(name: &str, place: &Place, is_it: impl Fn(&str, &str) -> bool) -> Place {
    let text = &place.file.text;
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let find = |from: usize| {
        text[from..].match_indices(name).find_map(|(at, _)| {
            let at = from + at;
            let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
            let (before, after) = (&text[line..at], &text[at + name.len()..]);
            let is_word = !before.ends_with(is_part) && !after.starts_with(is_part);
            (is_word && is_it(before, after)).then(|| at..at + name.len())
        })
    };
    let found = find(place.bytes().start).or_else(|| find(0));
    found.map_or_else(
        || place.clone(),
        |bytes| Place::of_bytes(&place.file, bytes),
    )
}
