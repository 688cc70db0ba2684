//! `is-xml`, `contains-xml`: well-formed XML, with the elements that it needs.

use std::collections::BTreeSet;

use roxmltree::{Document, Node, ParsingOptions};

use super::prepared::rendered;
use super::reason::{listed, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::template::Template;
use crate::text::{Tag, TagKind, tags};

/// Elements of an output that are tried as XML; an output that has more holds none that anyone meant.
const MOST_TRIED: usize = 100;

/// Parses the output, or elements in it, as XML 1.0 with namespaces. Document types with definitions are refused.
#[derive(Debug, Clone)]
pub struct Xml {
    /// Whether the whole output must be a document; else an element anywhere will do.
    pub whole: bool,
    /// Paths such as `order.customer.name`, parted by commas, that lead somewhere; the first name is the root's.
    pub required: Vec<Template>,
}

impl Xml {
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let mut required = Vec::new();
        for paths in &self.required {
            let paths = rendered(paths, subject.vars)?;
            required.extend(paths.split(',').map(|path| path.trim().to_owned()));
        }
        let output = text_of(subject.output);
        Ok(if self.whole {
            match lacking(&output, &required) {
                Err(error) => Verdict::of(false, format!("the output is not XML: {error}")),
                Ok(lacking) => of_lacking("the output is XML", &lacking),
            }
        } else {
            contained(&output, &required)
        })
    }

    pub(super) fn add_variables(&self, names: &mut BTreeSet<String>) {
        names.extend(self.required.iter().flat_map(Template::variables));
    }
}

fn of_lacking(what: &str, lacking: &[String]) -> Verdict {
    if lacking.is_empty() {
        Verdict::of(true, what)
    } else {
        Verdict::of(false, format!("{what} and lacks {}", listed(lacking)))
    }
}

/// Looks for an element that is well formed and lacks nothing.
fn contained(output: &str, required: &[String]) -> Verdict {
    let mut nearest: Option<Vec<String>> = None;
    let mut passed = 0;
    for (start, end) in elements(output).into_iter().take(MOST_TRIED) {
        if end <= passed {
            continue;
        }
        let Ok(lacking) = lacking(&output[start..end], required) else {
            continue;
        };
        if lacking.is_empty() {
            return of_lacking("the output holds XML", &lacking);
        }
        passed = end;
        if nearest
            .as_ref()
            .is_none_or(|other| lacking.len() < other.len())
        {
            nearest = Some(lacking);
        }
    }
    match nearest {
        Some(lacking) => of_lacking("the output holds XML", &lacking),
        None => Verdict::of(false, "the output holds no XML"),
    }
}

/// Returns where the elements of a text stand whose tags close in the right order, outer ones first.
fn elements(text: &str) -> Vec<(usize, usize)> {
    let mut open: Vec<Tag<'_>> = Vec::new();
    let mut found = Vec::new();
    for tag in tags(text) {
        match tag.kind {
            TagKind::Open => open.push(tag),
            TagKind::Empty => found.push((tag.start, tag.end)),
            TagKind::Other => {}
            TagKind::Close => match open.pop() {
                Some(begin) if begin.name == tag.name => found.push((begin.start, tag.end)),
                // Whatever is still open holds an element that does not close.
                _ => open.clear(),
            },
        }
    }
    found.sort_unstable_by_key(|(start, _)| *start);
    found
}

/// Returns which of the paths lead nowhere in a document.
///
/// # Errors
///
/// Says why the text is no document.
fn lacking(text: &str, required: &[String]) -> Result<Vec<String>, String> {
    let defines = tags(text).any(|tag| {
        let inner = &text[tag.start..tag.end];
        inner.starts_with("<!DOCTYPE") && inner.contains('[')
    });
    if defines {
        return Err("its document type has definitions of its own, which are not read".to_owned());
    }
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    let document =
        Document::parse_with_options(text, options).map_err(|error| error.to_string())?;
    let leads_nowhere = |path: &&String| !leads_somewhere(document.root(), path);
    Ok(required.iter().filter(leads_nowhere).cloned().collect())
}

/// Returns whether a path of names leads to an element, an attribute (`@name`) or text (`#text`).
fn leads_somewhere(root: Node<'_, '_>, path: &str) -> bool {
    let mut at = vec![root];
    for name in path.split('.') {
        // Of several elements with one name, the next part of a path says which.
        if let (true, Ok(index)) = (at.len() > 1, name.parse::<usize>()) {
            at = at.get(index).map(|node| vec![*node]).unwrap_or_default();
            continue;
        }
        let [only] = at.as_slice() else { return false };
        let only = *only;
        if name == "#text" {
            return has_text_beside_others(only);
        }
        if let Some(attribute) = name.strip_prefix("@_").or_else(|| name.strip_prefix('@')) {
            return only.attributes().any(|other| other.name() == attribute);
        }
        let children = only.children().filter(Node::is_element);
        at = children.filter(|node| qualified(*node) == name).collect();
        if at.is_empty() {
            return false;
        }
    }
    true
}

/// Returns whether an element has text and something else too; text alone is the value of the element itself.
fn has_text_beside_others(node: Node<'_, '_>) -> bool {
    let texts = node.children().filter(Node::is_text);
    let has_text = texts
        .filter_map(|text| text.text())
        .any(|text| !text.trim().is_empty());
    let has_others = node.attributes().len() > 0 || node.children().any(|child| child.is_element());
    has_text && has_others
}

/// Returns an element's name as it is written, with its prefix.
fn qualified<'input>(node: Node<'_, 'input>) -> &'input str {
    let source = &node.document().input_text()[node.range()];
    let name = &source[1..];
    let end = name.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/'));
    &name[..end.unwrap_or(name.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_well_formed() {
        for (text, fine) in [
            ("<a/>", true),
            ("  <a>&#65;</a>\n", true),
            ("<x:a xmlns:x=\"u\"/>", true),
            ("<!DOCTYPE a><a/>", true),
            ("<a/><b/>", false),
            ("<a b=1/>", false),
            ("<a b=\"1\" b=\"2\"/>", false),
            ("<x:a/>", false),
            ("<a><b></a>", false),
            ("<!DOCTYPE a [<!ENTITY e \"x\">]><a>&e;</a>", false),
            ("{}", false),
            ("", false),
        ] {
            assert_eq!(lacking(text, &[]).is_ok(), fine, "{text}");
        }
    }

    #[test]
    fn paths_lead_to_elements_attributes_and_text() {
        let text = "<r id=\"1\">x<s><t/><t><u>1</u></t></s><e/><p:q xmlns:p=\"u\"/></r>";
        for (path, leads) in [
            ("r", true),
            ("r.s.t", true),
            ("r.s.t.1.u", true),
            ("r.s.t.u", false),
            ("r.e", true),
            ("r.e.f", false),
            ("r.#text", true),
            ("r.s.t.1.u.#text", false),
            ("r.@_id", true),
            ("r.@no", false),
            ("r.p:q", true),
            ("s", false),
            ("", false),
        ] {
            let lacks = lacking(text, &[path.to_owned()]).unwrap();
            assert_eq!(lacks.is_empty(), leads, "{path}");
        }
    }

    #[test]
    fn elements_are_found_in_other_text() {
        for (text, required, holds) in [
            (
                "Result:\n<user><name>Al</name></user>\nand <meta><k/></meta>",
                "meta",
                true,
            ),
            ("a <é>x</é>", "", true),
            ("if a < b: <i>x</i>", "i", true),
            ("List<String> and <i>x</i>", "i", true),
            ("generic List<String> x", "", false),
            ("<1>x</1>", "", false),
            ("<ul><li>1<li>2</ul>", "", false),
            ("<a b=1><c/></a>", "c", true),
            ("<user/>", "meta", false),
        ] {
            let required: Vec<String> = required.split_terminator(',').map(Into::into).collect();
            let verdict = contained(text, &required);
            assert_eq!(
                verdict.score,
                Some(f64::from(u8::from(holds))),
                "{text}: {verdict:?}"
            );
        }
    }
}
