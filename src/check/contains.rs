//! `contains`, `icontains` and their `-any` and `-all` forms: texts within the output.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::item::Item;
use super::prepared::{Prepared, rendered};
use super::reason::{listed, quoted, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::template::Template;

/// Whether letter case matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterCase {
    /// It does.
    Exact,
    /// Both sides are lower-cased, by Unicode's full mapping and no locale.
    Folded,
}

/// The texts that are looked for.
#[derive(Debug, Clone)]
pub enum Needles {
    /// One text, not empty.
    One(Template),
    /// Any or all of a list's items.
    List(Vec<Item>),
    /// Any or all of the fields of one text, parted by commas.
    Commas(Prepared<Vec<String>>),
}

/// Looks for texts in the output.
#[derive(Debug, Clone)]
pub struct Contains {
    /// What is looked for.
    pub needles: Needles,
    /// Whether every text must be found, or one will do. For one text it is the same.
    pub all: bool,
    /// Whether letter case matters.
    pub case: LetterCase,
}

impl Contains {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let output = text_of(subject.output);
        let haystack = self.folded(&output);
        let (found, missing): (Vec<_>, Vec<_>) = self
            .texts(subject)?
            .into_iter()
            .partition(|needle| haystack.contains(&*self.folded(needle)));
        let holds = if self.all {
            missing.is_empty()
        } else {
            !found.is_empty()
        };
        let reason = match (holds, self.all) {
            (true, _) if found.is_empty() => "there is nothing to look for".to_owned(),
            (true, true) => format!("the output contains {}", listed(&found)),
            (true, false) => format!("the output contains {}", quoted(&found[0])),
            (false, _) if missing.is_empty() => "there is nothing to look for".to_owned(),
            (false, _) => format!(
                "the output does not contain {}; it is {}",
                listed(&missing),
                quoted(&output)
            ),
        };
        Ok(Verdict::of(holds, reason))
    }

    fn texts(&self, subject: &Subject<'_>) -> Result<Vec<String>, String> {
        match &self.needles {
            Needles::One(template) => {
                let needle = rendered(template, subject.vars)?;
                if needle.is_empty() {
                    return Err("the text to look for renders empty".to_owned());
                }
                Ok(vec![needle])
            }
            Needles::List(items) => items.iter().map(|item| item.text(subject.vars)).collect(),
            Needles::Commas(fields) => fields.get(subject.vars).map(|fields| fields.to_vec()),
        }
    }

    fn folded<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.case {
            LetterCase::Exact => Cow::Borrowed(text),
            LetterCase::Folded => Cow::Owned(text.to_lowercase()),
        }
    }

    pub(super) fn add_variables(&self, names: &mut BTreeSet<String>) {
        match &self.needles {
            Needles::One(template) => names.extend(template.variables()),
            Needles::List(items) => names.extend(items.iter().flat_map(Item::variables)),
            Needles::Commas(fields) => names.extend(fields.variables()),
        }
    }
}
