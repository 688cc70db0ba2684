//! The command that asks a case's question once more, by hand.

use super::safe::name;
use crate::journal::Header;
use crate::plan::Position;

/// Returns a command line that asks what a trial asked. A case whose name could act on a terminal goes by its id.
pub(super) fn again(header: &Header, at: Position, case: &str, case_id: &str) -> Option<String> {
    let suite = header.suites.get(at.suite as usize)?;
    let entry = suite.models.get(at.model as usize)?;
    let model = if suite.prompts.len() > 1 {
        format!("{}@{}", entry.label, suite.prompt_name(at.prompt))
    } else {
        entry.label.clone()
    };
    let case = if name(case) == case { case } else { case_id };
    if name(&suite.path) != suite.path || name(&model) != model {
        return None;
    }
    let words = [&suite.path, case, &model].map(quoted);
    let [path, case, model] = &words;
    let exec = if header.options.allow_exec {
        " --allow-exec"
    } else {
        ""
    };
    Some(format!(
        "mcp-cli query --suite {path} --case {case} -m {model}{exec}"
    ))
}

/// Returns a word as a shell reads it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@#+=,%".contains(c);
    if !word.is_empty() && !word.starts_with('#') && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        for (word, expected) in [
            ("suites/a.yaml", "suites/a.yaml"),
            ("rows.csv#3", "rows.csv#3"),
            ("#3", "'#3'"),
            ("$(rm -rf /)", "'$(rm -rf /)'"),
            ("it's [x=1]", r"'it'\''s [x=1]'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
