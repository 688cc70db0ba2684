//! A page of the documentation, taken apart: fenced blocks, headings, links.

use crate::program::repository;

/// A page.
pub(crate) struct Page {
    /// Its path in the repository.
    pub name: &'static str,
    /// All its text.
    pub text: String,
}

/// A fenced block.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    /// The line of its fence, from 1.
    pub line: usize,
    /// The first word after the fence.
    pub language: String,
    /// The second word, which says how the block is tried.
    pub mark: String,
    /// The file that it shows: a line before it that is a name in backticks and a colon.
    pub file: Option<String>,
    /// What stands between the fences.
    pub body: String,
}

impl Page {
    pub(crate) fn read(name: &'static str) -> Self {
        let text = std::fs::read_to_string(repository(name)).unwrap();
        Self { name, text }
    }

    /// Returns its fenced blocks, in order.
    pub(crate) fn blocks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut open: Option<Block> = None;
        let mut before = "";
        for (line, number) in self.text.lines().zip(1..) {
            match (&mut open, line.strip_prefix("```")) {
                (None, Some(info)) => {
                    let mut words = info.split_whitespace().map(str::to_owned);
                    open = Some(Block {
                        line: number,
                        language: words.next().unwrap_or_default(),
                        mark: words.next().unwrap_or_default(),
                        file: file_name(before).map(str::to_owned),
                        body: String::new(),
                    });
                }
                (Some(_), Some(_)) => blocks.extend(open.take()),
                (Some(block), None) => block.body.extend([line, "\n"]),
                (None, None) if line.is_empty() => {}
                (None, None) => before = line,
            }
            if open.is_some() {
                before = "";
            }
        }
        assert!(open.is_none(), "{}: a block is not closed", self.name);
        blocks
    }

    /// Returns its text outside of blocks, line by line with line numbers from 1.
    fn prose(&self) -> impl Iterator<Item = (usize, &str)> {
        let mut inside = false;
        (1..).zip(self.text.lines()).filter(move |(_, line)| {
            let fence = line.starts_with("```");
            inside ^= fence;
            !inside && !fence
        })
    }

    /// Returns where its links lead, with their lines.
    pub(crate) fn links(&self) -> Vec<(usize, &str)> {
        self.prose()
            .flat_map(|(number, line)| {
                line.split("](")
                    .skip(1)
                    .filter_map(move |rest| Some((number, rest.split_once(')')?.0)))
            })
            .collect()
    }

    /// Returns the anchors of its headings, as GitHub makes them.
    pub(crate) fn anchors(&self) -> Vec<String> {
        self.prose()
            .filter(|(_, line)| line.starts_with('#'))
            .map(|(_, line)| anchor(line.trim_start_matches('#').trim()))
            .collect()
    }

    /// Returns the text from a heading with this anchor up to the next heading.
    pub(crate) fn section(&self, wanted: &str) -> String {
        let lines = self.text.lines();
        let is_heading = |line: &&str| line.starts_with("## ") || line.starts_with("### ");
        lines
            .skip_while(|line| !is_heading(line) || anchor(line.trim_matches(['#', ' '])) != wanted)
            .enumerate()
            .take_while(|(index, line)| *index == 0 || !is_heading(line))
            .flat_map(|(_, line)| [line, "\n"])
            .collect()
    }
}

/// Returns the name in a line such as "`tickets.csv`:".
fn file_name(line: &str) -> Option<&str> {
    line.strip_prefix('`')?
        .strip_suffix("`:")
        .filter(|name| !name.contains('`'))
}

fn anchor(heading: &str) -> String {
    heading
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}
