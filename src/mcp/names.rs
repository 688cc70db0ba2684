//! Names of tools: those that models take, and patterns of those that may be used.

use std::collections::BTreeMap;

/// Letters of a name that Bedrock takes at most.
const LONGEST: usize = 64;

/// Returns a name for each tool, given by server and own name: its own where that is a name for models and no other server has it, else with the
/// server's in front, made of letters that models take, and with a number where two would be the same.
pub(super) fn offered(tools: &[(&str, &str)]) -> Vec<String> {
    let mut taken: BTreeMap<String, u32> = BTreeMap::new();
    let is_alone = |name: &str| tools.iter().filter(|(_, other)| *other == name).count() == 1;
    let names = tools.iter().map(|(server, name)| {
        let plain = if is_alone(name) {
            (*name).to_owned()
        } else {
            format!("{server}__{name}")
        };
        let legal: String = plain.chars().map(legal).take(LONGEST).collect();
        let count = taken.entry(legal.clone()).or_default();
        *count += 1;
        if *count == 1 {
            return legal;
        }
        let number = format!("_{count}");
        let kept: String = legal.chars().take(LONGEST - number.len()).collect();
        kept + &number
    });
    names.collect()
}

fn legal(letter: char) -> char {
    if letter.is_ascii_alphanumeric() || letter == '_' || letter == '-' {
        letter
    } else {
        '_'
    }
}

/// Returns whether a tool may be used: one of `allow` means it, if there are any, and none of `deny`.
pub(super) fn may(name: &str, allow: &[String], deny: &[String]) -> bool {
    let means = |pattern: &String| matches(pattern, name);
    (allow.is_empty() || allow.iter().any(means)) && !deny.iter().any(means)
}

/// Returns whether a pattern, in which `*` stands for any letters, means a name.
pub fn matches(pattern: &str, name: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let Some(mut left) = name.strip_prefix(start) else {
        return false;
    };
    let parts: Vec<&str> = rest.split('*').collect();
    let (last, middle) = parts.split_last().unwrap_or((&"", &[]));
    for part in middle {
        match left.find(part) {
            Some(at) => left = &left[at + part.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_legal_unique_and_short() {
        let long = "x".repeat(80);
        let names = offered(&[
            ("a", "read"),
            ("b", "read"),
            ("a", "wri te"),
            ("b", "wri_te"),
            ("c", &long),
        ]);
        assert_eq!(names[..4], ["a__read", "b__read", "wri_te", "wri_te_2"]);
        assert_eq!(names[4].len(), 64);
    }

    #[test]
    fn patterns_mean_names() {
        for (pattern, name, expected) in [
            ("read_file", "read_file", true),
            ("read_*", "read_file", true),
            ("*file", "read_file", true),
            ("r*_*e", "read_file", true),
            ("read_*", "write_file", false),
            ("*", "anything", true),
            ("a*a", "a", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
        let list = |text: &str| vec![text.to_owned()];
        assert!(may("read", &[], &[]));
        assert!(!may("read", &list("write"), &[]));
        assert!(!may("read", &list("*"), &list("re*")));
    }
}
