//! Tokens in the manner of the Penn Treebank: punctuation and contractions are tokens of their own.
//!
//! The rules are those of the sed script published with it in 1995, in its order.

use std::sync::LazyLock;

use fancy_regex::Regex;

/// A rule: what a text must hold for it to be tried at all, what is replaced, and by what.
type Rule = (&'static str, Regex, &'static str);

/// What is replaced in a text, one after the other.
static BEFORE: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    compiled(&[
        ("\"", r#"^""#, " `` "),
        ("\"", r#"([ (\[{<])""#, "${1} `` "),
        ("..", r"\.\.\.*", " ... "),
        ("", r"[;@#$%&]", " ${0} "),
        (".", r#"([^.])(\.)([\])}>"']*)\s*$"#, "${1} ${2}${3} "),
        ("", r"[,?!]", " ${0} "),
        ("", r"[\]\[(){}<>]", " ${0} "),
        ("--", r"---*", " -- "),
    ])
});

/// What is replaced once the text has a blank at either end and no capital letters.
static AFTER: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    compiled(&[
        ("\"", r#"""#, " '' "),
        ("' ", r"([^'])' ", "${1} ' "),
        ("'", r"'([smd]) ", " '${1} "),
        ("'", r"('ll|'re|'ve|n't) ", " ${1} "),
        ("cannot", r"\b(can)(not)\b", " ${1} ${2} "),
        ("d'ye", r"\b(d)('ye)\b", " ${1} ${2} "),
        ("gimme", r"\b(gim)(me)\b", " ${1} ${2} "),
        ("gonna", r"\b(gon)(na)\b", " ${1} ${2} "),
        ("gotta", r"\b(got)(ta)\b", " ${1} ${2} "),
        ("lemme", r"\b(lem)(me)\b", " ${1} ${2} "),
        ("mor'n", r"\b(mor)('n)\b", " ${1} ${2} "),
        ("tis", r"\b(t)(is)\b", " ${1} ${2} "),
        ("twas", r"\b(t)(was)\b", " ${1} ${2} "),
        ("wanna", r"\b(wan)(na)\b", " ${1} ${2} "),
    ])
});

/// Returns the tokens of a text, in small letters.
pub fn treebank_tokens(text: &str) -> Vec<String> {
    let text = replaced(text.to_lowercase(), &BEFORE);
    let text = replaced(format!(" {text} "), &AFTER);
    text.split_whitespace().map(ToOwned::to_owned).collect()
}

fn replaced(text: String, rules: &[Rule]) -> String {
    rules
        .iter()
        .fold(text, |text, (sign, pattern, replacement)| {
            if text.contains(sign) {
                pattern.replace_all(&text, *replacement).into_owned()
            } else {
                text
            }
        })
}

fn compiled(rules: &[(&'static str, &str, &'static str)]) -> Vec<Rule> {
    rules
        .iter()
        .map(|(sign, pattern, replacement)| {
            let pattern = Regex::new(pattern).expect("the rules are written here");
            (*sign, pattern, *replacement)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn punctuation_and_contractions_are_tokens() {
        for (text, expected) in [
            ("", ""),
            ("Hello, World!", "hello , world !"),
            ("a.b. c.", "a.b. c ."),
            ("Wait... what?", "wait ... what ?"),
            ("I can't, she'll (cannot)", "i ca n't , she 'll ( can not )"),
            ("\"Dogs' tails\" -- 5%", "`` dogs ' tails '' -- 5 %"),
        ] {
            assert_eq!(treebank_tokens(text).join(" "), expected, "{text}");
        }
    }
}
