//! Long texts cut into chunks: exact slices, whole sentences where they fit.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// Bytes that are counted as one token.
///
/// No tokenizer of these models is published; four bytes are the usual estimate for English. Texts in other scripts have more bytes
/// to a letter and fewer letters to a token, which levels out.
const BYTES_PER_TOKEN: usize = 4;

/// Where a text may be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CutAt {
    /// Nowhere.
    Whole,
    /// Between sentences, by the rules of Unicode (UAX #29).
    Sentence,
    /// Between paragraphs: at blank lines.
    Paragraph,
    /// Before the headings of Markdown, and where a section is too large between its paragraphs; never within a fenced block that
    /// fits.
    Markdown,
    /// Between words.
    Fixed,
}

/// What a chunk's size is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Tokens, estimated at four bytes each.
    Tokens,
    /// Characters.
    Chars,
}

/// How texts are cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunking {
    /// Where.
    pub strategy: CutAt,
    /// The most units of a chunk, at least 1.
    pub most: usize,
    /// Units that a chunk repeats of the one before it, at most.
    pub overlap: usize,
    /// What is counted.
    pub unit: Unit,
}

/// A slice of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk<'a> {
    /// The slice.
    pub text: &'a str,
    /// Bytes of the text before it.
    pub start: usize,
    /// Characters of the text before it.
    pub start_char: usize,
}

impl Unit {
    /// Returns the size of a text.
    pub fn of(self, text: &str) -> usize {
        match self {
            Self::Tokens => text.len().div_ceil(BYTES_PER_TOKEN),
            Self::Chars => text.chars().count(),
        }
    }
}

/// Cuts a text. Every character is in a chunk, in order; no chunk is larger than it may be, but where one character is.
///
/// What is too large for a chunk is cut between its words, and a word that is too large between its letters. Where a text turns to
/// something else (`turns`, in bytes, in order), a chunk begins; so it does at a heading.
pub fn chunks<'a>(text: &'a str, how: &Chunking, turns: &[usize]) -> Vec<Chunk<'a>> {
    let pieces = pieces(text, how);
    let headings = match how.strategy {
        CutAt::Markdown => blocks(text).1,
        _ => Vec::new(),
    };
    let begins = |start: usize| {
        headings.binary_search(&start).is_ok() || turns.binary_search(&start).is_ok()
    };
    let size = |range: Range<usize>| how.unit.of(&text[range]);
    let mut found = Vec::new();
    let (mut from, mut counted, mut chars) = (0, 0, 0);
    while from < pieces.len() {
        let start = pieces[from].start;
        let mut to = from + 1;
        let takes =
            |piece: &Range<usize>| !begins(piece.start) && size(start..piece.end) <= how.most;
        while pieces.get(to).is_some_and(takes) {
            to += 1;
        }
        let end = pieces[to - 1].end;
        chars += text[counted..start].chars().count();
        counted = start;
        found.push(Chunk {
            text: &text[start..end],
            start,
            start_char: chars,
        });
        if to == pieces.len() {
            break;
        }
        // The next chunk begins as early as its overlap allows, and as leaves room for something new.
        let fits = |at: &usize| {
            let repeated = pieces[*at].start..end;
            size(repeated) <= how.overlap && size(pieces[*at].start..pieces[to].end) <= how.most
        };
        from = if begins(pieces[to].start) {
            to
        } else {
            (from + 1..to).find(fits).unwrap_or(to)
        };
    }
    found
}

/// Returns the pieces that chunks are made of: they follow each other without a gap.
fn pieces(text: &str, how: &Chunking) -> Vec<Range<usize>> {
    let spans: Vec<&str> = match how.strategy {
        CutAt::Whole => vec![text],
        CutAt::Sentence => text.split_sentence_bounds().collect(),
        CutAt::Paragraph => paragraphs(text),
        CutAt::Markdown => blocks(text).0,
        CutAt::Fixed => text.split_word_bounds().collect(),
    };
    let mut pieces = Vec::with_capacity(spans.len());
    let mut at = 0;
    for span in spans.into_iter().filter(|span| !span.is_empty()) {
        let whole = at..at + span.len();
        at = whole.end;
        if how.strategy == CutAt::Whole || how.unit.of(span) <= how.most {
            pieces.push(whole);
            continue;
        }
        let mut start = whole.start;
        for word in span.split_word_bounds() {
            if how.unit.of(word) <= how.most {
                pieces.push(start..start + word.len());
            } else {
                let letters = word.char_indices();
                let letters =
                    letters.map(|(at, letter)| start + at..start + at + letter.len_utf8());
                pieces.extend(letters);
            }
            start += word.len();
        }
    }
    pieces
}

/// Returns paragraphs, each with the blank lines after it.
fn paragraphs(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut from, mut at, mut is_blank) = (0, 0, false);
    for line in text.split_inclusive('\n') {
        let blank = line.trim().is_empty();
        if is_blank && !blank {
            found.push(&text[from..at]);
            from = at;
        }
        is_blank = blank;
        at += line.len();
    }
    found.push(&text[from..]);
    found
}

/// Returns the blocks of a Markdown text, each with the blank lines after it, and the places at which headings begin.
fn blocks(text: &str) -> (Vec<&str>, Vec<usize>) {
    let (mut found, mut headings) = (Vec::new(), Vec::new());
    let (mut from, mut at, mut is_blank, mut is_fenced) = (0, 0, false, false);
    for line in text.split_inclusive('\n') {
        let blank = line.trim().is_empty();
        let hashes = line.len() - line.trim_start_matches('#').len();
        let is_heading = !is_fenced && (1..=6).contains(&hashes) && line[hashes..].starts_with(' ');
        if is_heading {
            headings.push(at);
        }
        if at > from && (is_heading || (is_blank && !blank && !is_fenced)) {
            found.push(&text[from..at]);
            from = at;
        }
        is_fenced ^= line.trim_start().starts_with("```");
        is_blank = blank;
        at += line.len();
    }
    found.push(&text[from..]);
    (found, headings)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str, strategy: CutAt, most: usize, overlap: usize) -> Vec<&str> {
        let how = Chunking {
            strategy,
            most,
            overlap,
            unit: Unit::Chars,
        };
        chunks(text, &how, &[])
            .into_iter()
            .map(|chunk| chunk.text)
            .collect()
    }

    #[test]
    fn texts_are_cut_where_they_may_be() {
        let text = "One is here. Two is there.\n\nThree is a new one.";
        let paragraphs = ["One is here. Two is there.\n\n", "Three is a new one."];
        assert_eq!(cut(text, CutAt::Paragraph, 30, 0), paragraphs);
        let sentences = ["One is here. ", "Two is there.\n\n", "Three is a new one."];
        assert_eq!(cut(text, CutAt::Sentence, 20, 0), sentences);
        assert_eq!(
            cut("one two three", CutAt::Fixed, 8, 0),
            ["one two ", "three"]
        );
        assert_eq!(cut(text, CutAt::Whole, 3, 0), [text]);
        assert_eq!(cut("", CutAt::Sentence, 3, 0), [""; 0]);
    }

    #[test]
    fn sections_of_markdown_begin_chunks() {
        let text = "# One\nIt is.\n\nMore.\n## Two\n```\n# no heading\n\nstill code\n```\nend\n";
        let whole = [
            "# One\nIt is.\n\nMore.\n",
            "## Two\n```\n# no heading\n\nstill code\n```\nend\n",
        ];
        assert_eq!(cut(text, CutAt::Markdown, 100, 50), whole);
        // A section that is too large is cut all the same.
        let cut = cut(text, CutAt::Markdown, 20, 0);
        assert_eq!(cut[0], whole[0]);
        assert!(cut.len() > 3, "{cut:?}");
        assert_eq!(cut.concat(), text);
    }

    #[test]
    fn a_turn_begins_a_chunk() {
        let text = "One. Two. Three. Four.";
        let how = Chunking {
            strategy: CutAt::Sentence,
            most: 12,
            overlap: 12,
            unit: Unit::Chars,
        };
        let cut: Vec<&str> = chunks(text, &how, &[10])
            .iter()
            .map(|chunk| chunk.text)
            .collect();
        assert_eq!(cut, ["One. Two. ", "Three. Four."]);
    }

    #[test]
    fn what_is_too_large_is_cut_between_words_and_then_letters() {
        assert_eq!(
            cut("abcdefg hi", CutAt::Sentence, 4, 0),
            ["abcd", "efg ", "hi"]
        );
    }

    #[test]
    fn chunks_overlap_by_whole_pieces() {
        let cut = cut("a b c d e f", CutAt::Fixed, 5, 2);
        assert_eq!(cut, ["a b c", " c d ", "d e f"]);
    }

    proptest! {
        #[test]
        fn every_character_is_in_a_chunk_that_is_not_too_large(
            text in "([a-zé日 .!\\n\\PC]|# |\n## |```){0,200}",
            strategy in prop::sample::select(vec![CutAt::Sentence, CutAt::Paragraph, CutAt::Markdown, CutAt::Fixed]),
            most in 1..40usize,
            overlap in 0..20usize,
            tokens in any::<bool>(),
            turns in prop::collection::btree_set(0..200usize, 0..5),
        ) {
            let unit = if tokens { Unit::Tokens } else { Unit::Chars };
            let how = Chunking { strategy, most, overlap, unit };
            let turns: Vec<usize> = turns.into_iter().collect();
            let mut covered = 0;
            let mut before = None;
            for chunk in chunks(&text, &how, &turns) {
                prop_assert_eq!(&text[chunk.start..chunk.start + chunk.text.len()], chunk.text);
                prop_assert_eq!(text[..chunk.start].chars().count(), chunk.start_char);
                prop_assert!(unit.of(chunk.text) <= most || chunk.text.chars().count() == 1);
                prop_assert!(chunk.start <= covered, "a gap");
                prop_assert!(before.is_none_or(|before| before < chunk.start), "no progress");
                prop_assert!(unit.of(&text[chunk.start..covered]) <= overlap);
                before = Some(chunk.start);
                let end = chunk.start + chunk.text.len();
                prop_assert!(end > covered, "nothing new");
                covered = end;
            }
            prop_assert_eq!(covered, text.len());
        }
    }
}
