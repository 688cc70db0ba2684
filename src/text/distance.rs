//! Edit distance, as far as it matters.

/// Returns the edit distance of two texts, or `None` if it is above `most`.
///
/// Counts insertions, deletions and replacements of UTF-16 units, as JavaScript libraries do: an emoji counts 2.
/// Looks only at the diagonal band that a distance of `most` can reach, so that two long texts cost
/// length × `most` and not length × length.
///
/// Source: E. Ukkonen, "Algorithms for approximate string matching", Information and Control 64 (1985).
pub fn distance_within(a: &str, b: &str, most: usize) -> Option<usize> {
    let a: Vec<u16> = a.encode_utf16().collect();
    let b: Vec<u16> = b.encode_utf16().collect();
    if a.len().abs_diff(b.len()) > most {
        return None;
    }
    let beyond = most.saturating_add(1);
    // `row[j]` is the distance between the first `i` units of `a` and the first `j` of `b`, never above `beyond`.
    let mut row: Vec<usize> = (0..=b.len()).map(|j| j.min(beyond)).collect();
    for i in 1..=a.len() {
        let from = i.saturating_sub(most).max(1);
        let to = i.saturating_add(most).min(b.len());
        let mut diagonal = row[from - 1];
        row[from - 1] = if from == 1 { i.min(beyond) } else { beyond };
        for j in from..=to {
            let replaced = diagonal + usize::from(a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = replaced.min(row[j] + 1).min(row[j - 1] + 1).min(beyond);
        }
    }
    row.last().copied().filter(|distance| *distance <= most)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_utf16_units() {
        for (a, b, most, expected) in [
            ("kitten", "sitting", 5, Some(3)),
            ("kitten", "sitting", 2, None),
            ("", "", 0, Some(0)),
            ("", "abc", 3, Some(3)),
            ("😀", "x", 2, Some(2)),
            ("same", "same", 0, Some(0)),
            ("abc", "abd", 0, None),
            ("abc", "", usize::MAX, Some(3)),
        ] {
            assert_eq!(distance_within(a, b, most), expected, "{a} {b} {most}");
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_whole_table(a in "[ab]{0,12}", b in "[ab]{0,12}", most in 0usize..14) {
            let whole = strsim::levenshtein(&a, &b);
            prop_assert_eq!(distance_within(&a, &b, most), (whole <= most).then_some(whole));
        }
    }
}
