//! A suite from a stranger: loaded with all that it names, every problem rendered, its first cases made and rendered.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use annotate_snippets::Renderer;
use mcp_cli::catalog::Catalog;
use mcp_cli::suite::{Loaded, Surroundings, load};
use serde_json::{Map, Value};
use tempfile::TempDir;

/// The folder that suites stand in, with files that they may name.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder for suites");
    for (name, text) in [
        ("data.csv", "a,b\n1,x\n2,y\n"),
        ("data.jsonl", "{\"a\":1}\n{\"a\":[2]}\n"),
        ("p.txt", "Say {{ a }}"),
        ("s.json", "{\"type\":\"object\",\"required\":[\"a\"]}"),
        ("i.png", "\u{89}PNG"),
    ] {
        std::fs::write(folder.path().join(name), text).expect("a file beside suites");
    }
    folder
});

static CATALOG: LazyLock<Catalog> = LazyLock::new(Catalog::builtin);

/// Cases of one suite that are made: a few are as good as all.
const CASES: usize = 20;

pub(crate) fn take(bytes: &[u8]) {
    let path = FOLDER.path().join("suite.yaml");
    std::fs::write(&path, bytes).expect("room for a suite");
    read(path);
}

/// Reads the suite at a path as far as one can without asking anybody.
pub(crate) fn read(path: PathBuf) -> Loaded {
    let around = Surroundings {
        catalog: &CATALOG,
        environment: &BTreeMap::from([("TEAM".to_owned(), "billing".to_owned())]),
        today: jiff::civil::date(2026, 7, 1),
    };
    let mut loaded = load(&[path], &around).expect("the file is there");
    let renderer = Renderer::plain();
    for problem in &loaded.problems {
        assert!(!problem.render(&renderer).is_empty());
    }
    for suite in loaded.suites.drain(..) {
        let suite = Arc::new(suite);
        for case in suite.cases().take(CASES).flatten() {
            let mut vars: Map<String, Value> = case.vars;
            vars.insert("env".to_owned(), Value::Object(suite.env.clone()));
            for prompt in &suite.prompts {
                drop(prompt.render(&vars));
            }
        }
    }
    loaded
}
