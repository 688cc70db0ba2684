//! What GitHub Actions gets by itself: the summary of a step, and annotations on the lines of suites.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use super::outputs::Shown;
use super::ui::Ui;
use crate::report::{Format, Options, annotations};

/// Tells GitHub of a run, if that is where it ran. What cannot be written there is worth a warning and no more.
pub(super) fn tell(shown: &mut Shown, ui: &Ui) {
    let variable = |name: &str| std::env::var(name).ok();
    if variable("GITHUB_ACTIONS").as_deref() != Some("true") {
        return;
    }
    if let Some(summary) = variable("GITHUB_STEP_SUMMARY") {
        let mut text = Vec::new();
        let written = shown
            .render(Format::Markdown, Options::default(), &mut text)
            .and_then(|()| {
                let file = OpenOptions::new().append(true).create(true).open(&summary);
                file?.write_all(&text)
            });
        if let Err(error) = written {
            ui.note(&format!("warning: cannot write `{summary}`: {error}"));
        }
    }
    let root = variable("GITHUB_WORKSPACE");
    let root = root.and_then(|root| Path::new(&root).canonicalize().ok());
    for line in annotations(shown.findings(), |path| from_root(path, root.as_deref())) {
        ui.annotate(&line);
    }
}

/// Returns a path as it is from the root of the repository.
fn from_root(path: &str, root: Option<&Path>) -> String {
    let whole = Path::new(path).canonicalize().ok();
    let below = whole.as_deref().zip(root);
    let below = below.and_then(|(whole, root)| whole.strip_prefix(root).ok());
    below.map_or_else(|| path.to_owned(), |below| below.display().to_string())
}
