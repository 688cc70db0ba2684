//! `is-html`, `contains-html`: whether text is meant as HTML, as far as its tags tell. Browsers read anything.

use std::sync::LazyLock;

use super::reason::text_of;
use super::subject::Subject;
use super::verdict::Verdict;
use crate::text::{Pattern, TagKind, tags};

/// Looks for the elements of HTML.
#[derive(Debug, Clone, Copy)]
pub struct Html {
    /// Whether the whole output must be HTML; else some of it will do.
    pub whole: bool,
}

/// Elements that say that a text is HTML: those of the standard, without the ones that are out of use.
const ELEMENTS: &str = " a abbr address area article aside audio b base bdi bdo blockquote body br button canvas caption cite code \
     col colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure footer form h1 h2 \
     h3 h4 h5 h6 head header hgroup hr html i iframe img input ins kbd label legend li link main map mark menu meta meter \
     nav noscript object ol optgroup option output p picture pre progress q rp rt ruby s samp script search section select \
     slot small source span strong style sub summary sup table tbody td template textarea tfoot th thead time title tr \
     track u ul var video wbr ";

/// Elements that have no end tag.
const VOID: &str = " area base br col embed hr img input link meta source track wbr ";

/// What is HTML for sure.
static SURE: LazyLock<Pattern> = LazyLock::new(|| {
    pattern(
        r"<!doctype\s+html|<(?:html|head|body|div|span|p|a|img|h[1-6]|ul|ol|li|table|tr|td|th|form|input|button|script|style|link|meta|br|hr)(?![\w-])",
    )
});

/// What is HTML if two of them are there.
static SIGNS: LazyLock<[Pattern; 6]> = LazyLock::new(|| {
    [
        r"<[a-z][a-z0-9-]*(?:\s[^<>]*)?>",
        r"</[a-z][a-z0-9-]*\s*>",
        r"<[a-z][a-z0-9-]*(?:\s[^<>]*)?/>",
        r"&(?:[a-z][a-z0-9]*|#[0-9]+|#x[0-9a-f]+);",
        r"<!--[\s\S]*?-->",
        r#"\s(?:class|id|href|src|style|alt|title|name|type|value)\s*=\s*["'][^"']*["']"#,
    ]
    .map(pattern)
});

fn pattern(source: &str) -> Pattern {
    Pattern::parse(source, "i").expect("the patterns are written here")
}

impl Html {
    pub(super) fn verdict(self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let output = text_of(subject.output);
        if !self.whole {
            return Ok(if contains_html(&output)? {
                Verdict::of(true, "the output holds HTML")
            } else {
                Verdict::of(false, "the output holds no HTML")
            });
        }
        Ok(match flaw(&output) {
            None => Verdict::of(true, "the output is HTML"),
            Some(flaw) => Verdict::of(false, format!("the output is not HTML: {flaw}")),
        })
    }
}

fn contains_html(text: &str) -> Result<bool, String> {
    let matches = |pattern: &Pattern| pattern.is_match(text).map_err(|error| error.to_string());
    if matches(&SURE)? {
        return Ok(true);
    }
    let mut signs = 0;
    for sign in &*SIGNS {
        signs += usize::from(matches(sign)?);
    }
    Ok(signs >= 2)
}

/// Returns why a text is no HTML: text stands outside of every element but `html`, or no element is one of HTML's.
fn flaw(text: &str) -> Option<&'static str> {
    let text = text.trim();
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.starts_with("<?xml") {
        return Some("it says that it is XML");
    }
    let (mut open, mut is_known, mut from) = (Vec::new(), false, 0);
    for tag in tags(text) {
        if open.is_empty() && !text[from..tag.start].trim().is_empty() {
            return Some("there is text outside of its elements");
        }
        from = tag.end;
        let name = tag.name.to_ascii_lowercase();
        let word = format!(" {name} ");
        is_known |= tag.kind != TagKind::Other && ELEMENTS.contains(&word);
        match tag.kind {
            // Text that stands in `html` alone is in no element of a page.
            TagKind::Open if name != "html" && !VOID.contains(&word) => open.push(name),
            TagKind::Close => {
                // An end tag that ends nothing is passed over, as browsers do.
                if let Some(at) = open.iter().rposition(|other| *other == name) {
                    open.truncate(at);
                }
            }
            TagKind::Open | TagKind::Empty | TagKind::Other => {}
        }
    }
    if open.is_empty() && !text[from..].trim().is_empty() {
        return Some("there is text outside of its elements");
    }
    (!is_known).then_some("none of its elements is one of HTML's")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_pages_and_pieces_are_html() {
        for (text, fine) in [
            ("<body>text</body>", true),
            (" <p>x</p>\n", true),
            ("<br>", true),
            ("<a>1 < 2</a>", true),
            ("<p>x</div>", true),
            (
                "<!doctype html><html><head><title>t</title></head><body><p>x<p>y</body></html>",
                true,
            ),
            ("<html>text</html>", false),
            ("<font>x</font>", false),
            ("1 < 2 and 3 > 2", false),
            ("see <b>this</b>", false),
            ("<b>this</b> there", false),
            ("<?xml version=\"1.0\"?><p/>", false),
            ("", false),
        ] {
            assert_eq!(flaw(text).is_none(), fine, "{text}");
        }
    }

    #[test]
    fn html_is_found_by_common_elements_or_several_signs() {
        for (text, holds) in [
            ("so <p ", true),
            ("<HR>", true),
            ("<a1>x</a1>", true),
            (" class=\"a\" &copy;", true),
            ("<abbr>", false),
            ("&nbsp; &amp;", false),
            ("&copy", false),
            ("<!-- c -->", false),
            ("List<String>", false),
            ("< p >x</ p >", false),
            ("", false),
        ] {
            assert_eq!(contains_html(text), Ok(holds), "{text}");
        }
    }
}
