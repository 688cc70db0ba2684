//! Holds the code to ARCHITECTURE.md: who may import whom, and which folder alone may name a package.
//!
//! Reads the sources as text and links nothing of the library, so it is quick and cannot be fooled by what compiles.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot read the sources should say so and stop"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Floors from the ground up; on each, a module and what it may import. Arrows point to lower floors only.
const FLOORS: &[&[(&str, &[&str])]] = &[
    &[
        ("files", &[]),
        ("text", &[]),
        ("stats", &[]),
        ("model", &[]),
    ],
    &[
        ("template", &["text"]),
        ("gate", &["text"]),
        ("script", &[]),
        ("vectors", &[]),
    ],
    &[
        ("bedrock", &["model", "files"]),
        ("mcp", &["model"]),
        ("cassette", &["model", "files"]),
        ("catalog", &["model"]),
        ("store", &["model", "vectors"]),
    ],
    &[("check", &["catalog", "model", "template", "script", "text"])],
    &[(
        "suite",
        &[
            "check", "catalog", "model", "template", "gate", "script", "text", "files",
        ],
    )],
    &[
        ("plan", &["suite", "model", "template", "text"]),
        ("config", &["suite", "model", "files"]),
    ],
    &[(
        "journal",
        &["plan", "check", "catalog", "gate", "model", "files"],
    )],
    &[
        (
            "run",
            &[
                "journal", "plan", "suite", "check", "catalog", "model", "files",
            ],
        ),
        (
            "tally",
            &[
                "journal", "plan", "suite", "check", "catalog", "gate", "stats", "model", "files",
            ],
        ),
    ],
    &[
        (
            "report",
            &[
                "tally", "journal", "plan", "check", "check", "catalog", "gate", "stats", "model",
                "text",
            ],
        ),
        ("telemetry", &["run", "journal", "catalog", "model"]),
    ],
    &[(
        "cli",
        &[
            "report",
            "telemetry",
            "tally",
            "run",
            "journal",
            "plan",
            "config",
            "suite",
            "check",
            "catalog",
            "bedrock",
            "cassette",
            "mcp",
            "gate",
            "vectors",
            "store",
            "model",
            "files",
        ],
    )],
    &[("main", &["cli"])],
];

/// Packages that one place alone may name.
const PACKAGES: &[(&str, &[&str])] = &[
    ("aws_config", &["bedrock"]),
    ("aws_sdk_bedrockruntime", &["bedrock"]),
    ("aws_sdk_bedrock", &["bedrock"]),
    ("aws_sdk_s3", &["bedrock"]),
    ("aws_sdk_servicequotas", &["bedrock"]),
    ("aws_sigv4", &["bedrock"]),
    ("aws_smithy", &["bedrock"]),
    ("minijinja", &["template"]),
    ("clap", &["cli"]),
    ("clap_mangen", &["cli"]),
    ("indicatif", &["cli"]),
    ("anstream", &["cli"]),
    ("comfy_table", &["report", "cli"]),
    ("jsonschema", &["check"]),
    ("porter_stemmer", &["check"]),
    ("whatlang", &["check"]),
    ("hyper", &["run", "mcp", "telemetry"]),
    ("rustls", &["run", "mcp", "telemetry"]),
    ("opentelemetry", &["telemetry"]),
    ("rmcp", &["mcp"]),
    ("rusqlite", &["store"]),
    ("roxmltree", &["check"]),
    ("sqlparser", &["text"]),
    ("rquickjs", &["script"]),
    ("fancy_regex", &["text"]),
    ("statrs", &["stats"]),
    ("csv", &["catalog", "suite", "report", "cli"]),
    ("unicode_segmentation", &["vectors"]),
    ("serde_saphyr", &["catalog", "suite", "text"]),
    ("walkdir", &["suite", "cassette", "cli"]),
    ("glob", &["config", "cli"]),
    ("ignore", &["cli"]),
    ("image", &["cli"]),
    ("annotate_snippets", &["suite", "cli"]),
    ("tokio", &["bedrock", "mcp", "run", "telemetry", "cli"]),
];

/// What nothing below `cli` may do.
const ONLY_CLI: &[(&str, &str)] = &[
    ("println!", "prints"),
    ("std::env::var", "reads the environment"),
    ("std::process::exit", "exits"),
];

#[test]
fn arrows_point_down_only() {
    let allowed = allowed();
    let mut broken = String::new();
    for (path, module, text) in sources() {
        let Some(may) = allowed.get(module.as_str()) else {
            writeln!(broken, "{}: module `{module}` has no floor", path.display()).unwrap();
            continue;
        };
        for import in imports(&text) {
            if import != module && !may.contains(import.as_str()) {
                writeln!(broken, "{}: `{module}` imports `{import}`", path.display()).unwrap();
            }
        }
    }
    assert!(
        broken.is_empty(),
        "arrows that ARCHITECTURE.md does not have:\n{broken}"
    );
}

#[test]
fn the_table_itself_points_down() {
    let mut below = BTreeSet::new();
    for floor in FLOORS {
        for (module, may) in *floor {
            for import in *may {
                assert!(
                    below.contains(import),
                    "`{module}` may import `{import}`, which is not below it"
                );
            }
        }
        below.extend(floor.iter().map(|(module, _)| *module));
    }
}

#[test]
fn packages_stay_in_their_place() {
    let mut broken = String::new();
    for (path, module, text) in sources() {
        for (package, places) in PACKAGES {
            if !places.contains(&module.as_str()) && names(&text, package) {
                writeln!(broken, "{}: `{module}` names `{package}`", path.display()).unwrap();
            }
        }
    }
    assert!(broken.is_empty(), "packages outside their place:\n{broken}");
}

#[test]
fn only_the_command_line_meets_the_world() {
    let mut broken = String::new();
    for (path, module, text) in sources() {
        if ["cli", "main", "bedrock"].contains(&module.as_str()) {
            continue;
        }
        for (word, what) in ONLY_CLI {
            if without_tests(&text).contains(word) {
                writeln!(broken, "{}: `{module}` {what}", path.display()).unwrap();
            }
        }
    }
    assert!(broken.is_empty(), "{broken}");
}

#[test]
fn the_page_names_every_module() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (module, _) in FLOORS.iter().copied().flatten() {
        assert!(
            page.contains(&format!("`{module}`")),
            "ARCHITECTURE.md does not name `{module}`"
        );
    }
}

fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    FLOORS
        .iter()
        .copied()
        .flatten()
        .map(|(module, may)| (*module, may.iter().copied().collect()))
        .collect()
}

/// Returns every source file with its module and its text. `lib.rs` is the list of modules and no module; files of
/// tests may import anything.
fn sources() -> Vec<(PathBuf, String, String)> {
    let source = root().join("src");
    let mut files = Vec::new();
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let below = path.strip_prefix(&source).unwrap();
                let module = below
                    .components()
                    .next()
                    .unwrap()
                    .as_os_str()
                    .to_str()
                    .unwrap();
                let module = module.trim_end_matches(".rs").to_owned();
                let is_test = path
                    .file_stem()
                    .is_some_and(|stem| stem == "tests" || stem == "fixture");
                if module != "lib" && !is_test {
                    files.push((below.to_owned(), module, fs::read_to_string(&path).unwrap()));
                }
            }
        }
    }
    assert!(files.len() > 50, "the sources were not found");
    files.sort();
    files
}

/// Returns the modules of ours that a file names: `crate::x`, and in `main.rs` `mcp_cli::x`. Tests may import anything.
fn imports(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in without_tests(text)
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
    {
        for mark in ["crate::", "mcp_cli::"] {
            for (at, _) in line.match_indices(mark) {
                let rest = &line[at + mark.len()..];
                let group = rest
                    .strip_prefix('{')
                    .map_or(rest, |rest| rest.split('}').next().unwrap());
                let names = if rest.starts_with('{') {
                    group.split(',').collect()
                } else {
                    vec![group]
                };
                for name in names {
                    let name: String = name
                        .trim()
                        .chars()
                        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                        .collect();
                    if !name.is_empty() && name.starts_with(|c: char| c.is_ascii_lowercase()) {
                        found.insert(name);
                    }
                }
            }
        }
    }
    found
}

/// Returns whether a file names a package, as `package::…` or `package_more::…`.
fn names(text: &str, package: &str) -> bool {
    let code = without_tests(text);
    code.lines()
        .map(str::trim)
        .filter(|line| !line.starts_with("//"))
        .any(|line| {
            line.match_indices(package).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                let after = line[at + package.len()..]
                    .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
                let begins = before
                    .is_none_or(|c| !c.is_ascii_alphanumeric() && c != '_' && c != ':' && c != '"');
                begins && after.starts_with("::")
            })
        })
}

/// Returns a file up to its tests.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or(text)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
