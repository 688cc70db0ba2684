//! What somebody who waits is told.

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::trouble::Trouble;
use crate::cli::ui::{Ui, plural};
use crate::report::safe_text;

/// Says which texts have no vector, and why.
pub(super) fn tell_missing(trouble: &Trouble, ids: &[&str], ui: &Ui) {
    trouble.tell(ui);
    let count = plural(ids.len() as u64, "text");
    let ids = ids.join(", ");
    ui.note(&safe_text(&format!("without a vector: {count}: {ids}")));
}

/// Returns what shows how far it is, where somebody is there to see it.
pub(super) fn progress(ui: &Ui, quiet: bool) -> ProgressBar {
    if quiet || !ui.may_draw() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("{spinner} {human_pos} vectors, {per_sec}");
    if let Ok(style) = style {
        bar.set_style(style);
    }
    bar
}
