//! Suites of `fixtures/suites`: good ones load without a word, broken ones say what, where and what to do.
//!
//! A broken suite marks each line that must be pointed at with `# <- here`. Where YAML does not allow a comment there,
//! or the mistake stands in another file, its first line says `# error at line N` or `# error at line N of FILE`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use annotate_snippets::Renderer;
use mcp_cli::catalog::Catalog;
use mcp_cli::suite::{Loaded, Severity, SuiteError, Surroundings, load};

const BROKEN: &str = "fixtures/suites/broken";
const GOOD: &str = "fixtures/suites/good";

/// Loads from a path below the project's folder, where tests run.
fn loaded(path: impl AsRef<Path>) -> Loaded {
    let around = Surroundings {
        catalog: &Catalog::builtin(),
        environment: &BTreeMap::from([("TEAM".to_owned(), "billing".to_owned())]),
        today: jiff::civil::date(2026, 7, 1),
    };
    load(&[path.as_ref().to_owned()], &around).unwrap()
}

/// Returns the suites that stand in `folder` itself, by name.
fn suites_in(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    paths.sort();
    paths
}

fn rendered(problems: &[SuiteError]) -> String {
    let renderer = Renderer::plain();
    let texts: Vec<String> = problems
        .iter()
        .map(|problem| problem.render(&renderer))
        .collect();
    texts.join("\n\n")
}

/// A line of a file.
type Line = (PathBuf, usize);

fn error_lines(problems: &[SuiteError]) -> BTreeSet<Line> {
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    errors
        .map(|error| (error.place.file.path.clone(), error.place.line))
        .collect()
}

/// Returns the lines that a broken suite marks.
fn marked_lines(path: &Path) -> BTreeSet<Line> {
    let text = std::fs::read_to_string(path).unwrap();
    let first_line = text.lines().next().unwrap();
    if let Some(place) = first_line.strip_prefix("# error at line ") {
        let (line, file) = match place.split_once(" of ") {
            Some((line, file)) => (line, path.with_file_name(file)),
            None => (place, path.to_owned()),
        };
        return BTreeSet::from([(file, line.parse().unwrap())]);
    }
    let marked = (1..)
        .zip(text.lines())
        .filter(|(_, line)| line.contains("# <- here"));
    marked
        .map(|(number, _)| (path.to_owned(), number))
        .collect()
}

#[test]
fn broken_suites_say_what_where_and_what_to_do() {
    let paths = suites_in(BROKEN);
    assert!(paths.len() >= 45, "only {} broken suites", paths.len());
    let mut misplaced = Vec::new();
    for path in paths {
        let problems = loaded(&path).problems;
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let text = rendered(&problems);
        let (errors, marked) = (error_lines(&problems), marked_lines(&path));
        if errors.is_empty() || errors != marked {
            misplaced.push(format!("{name}: marked {marked:?}, told {errors:?}"));
        }
        insta::with_settings!({snapshot_path => "snapshots/broken", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, text);
        });
    }
    assert!(misplaced.is_empty(), "{}", misplaced.join("\n"));
}

#[test]
fn ten_mistakes_are_told_at_once() {
    let problems = loaded(Path::new(BROKEN).join("ten-mistakes.yaml")).problems;
    let errors = problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error);
    assert_eq!(errors.count(), 10, "{}", rendered(&problems));
}

#[test]
fn two_suites_of_one_folder_have_two_names() {
    let loaded = loaded(Path::new(BROKEN).join("one-name"));
    assert_eq!((loaded.files, loaded.suites.len()), (2, 1));
    insta::assert_snapshot!(rendered(&loaded.problems), @r"
    error: two suites are called `routing`; the other is `fixtures/suites/broken/one-name/a.yaml`
     --> fixtures/suites/broken/one-name/b.yaml:1:1
      |
    1 | name: routing
      | ^
      |
      = hint: give each a `name` of its own
    ");
}

#[test]
fn good_suites_load_without_a_word() {
    let paths = suites_in(GOOD);
    assert!(paths.len() >= 6, "only {} good suites", paths.len());
    for path in paths {
        let loaded = loaded(&path);
        assert_eq!(rendered(&loaded.problems), "", "{}", path.display());
        assert_eq!(loaded.suites.len(), 1, "{}", path.display());
    }
}
