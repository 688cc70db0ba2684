//! What all questions of a prompt begin with, and the cache point after it.

use crate::model::{CacheTtl, Part, Request, Role};

/// What several requests begin with: whole parts, and some text of the part after them.
#[derive(Debug, Clone, PartialEq)]
pub struct Beginning {
    whole: Vec<(Option<Role>, Part)>,
    rest: String,
    /// Bytes of the tools, which come before everything else.
    tools: usize,
}

impl Beginning {
    /// Returns what a request begins with: all of it.
    pub(super) fn of(request: &Request) -> Self {
        let whole = units(request).map(|(role, part)| (role, part.clone()));
        Self {
            whole: whole.collect(),
            rest: String::new(),
            tools: request.text_bytes() - text_bytes(request),
        }
    }

    /// Shortens it to what another request begins with as well.
    pub(super) fn shorten(&mut self, request: &Request) {
        let mut others = units(request);
        let mut same = 0;
        for (role, part) in &self.whole {
            match others.next() {
                Some((other_role, other)) if other_role == *role && other == part => same += 1,
                Some((other_role, Part::Text(other))) if other_role == *role => {
                    if let Part::Text(text) = part {
                        self.rest = common(text, other).to_owned();
                        self.whole.truncate(same);
                        return;
                    }
                    break;
                }
                _ => break,
            }
        }
        if same < self.whole.len() {
            self.whole.truncate(same);
            self.rest.clear();
        } else if !self.rest.is_empty() {
            let next = others.next().and_then(|(_, part)| as_text(part));
            let kept = common(&self.rest, next.unwrap_or_default()).len();
            self.rest.truncate(kept);
        }
    }

    /// Returns the bytes of its text, tools included.
    pub fn bytes(&self) -> u64 {
        let whole = self.whole.iter().filter_map(|(_, part)| as_text(part));
        (whole.map(str::len).sum::<usize>() + self.rest.len() + self.tools) as u64
    }

    /// Returns the bytes of its text that a cache point would follow, tools included; 0 where there is no place for one.
    pub fn kept_bytes(&self) -> u64 {
        let cut = cut(&self.rest);
        if self.whole.is_empty() && cut.is_empty() {
            return 0;
        }
        self.bytes() - (self.rest.len() - cut.len()) as u64
    }

    /// Puts a cache point after it into a request that begins with it; others, and those with points of their own, stay as they
    /// are.
    ///
    /// Where it ends within a text, that is cut in two after the last line that is shared, or the last word.
    pub fn keep(&self, request: &mut Request, ttl: CacheTtl) {
        let is_point = |(_, part): (_, &Part)| matches!(part, Part::CachePoint(_));
        let begins = units(request)
            .zip(&self.whole)
            .all(|((role, part), (own_role, own))| role == *own_role && part == own);
        if units(request).any(is_point) || units(request).count() < self.whole.len() || !begins {
            return;
        }
        let cut = cut(&self.rest);
        let next = units(request).nth(self.whole.len());
        let next = next.and_then(|(_, part)| as_text(part));
        let rest = next.and_then(|text| text.strip_prefix(cut));
        match rest.map(str::to_owned) {
            Some(rest) if !cut.is_empty() && !rest.trim().is_empty() => {
                let (list, index) = place(request, self.whole.len());
                list[index] = Part::Text(cut.to_owned());
                list.insert(index + 1, Part::CachePoint(ttl));
                list.insert(index + 2, Part::Text(rest));
            }
            _ if self.whole.is_empty() => {}
            _ => {
                let (list, index) = place(request, self.whole.len() - 1);
                list.insert(index + 1, Part::CachePoint(ttl));
            }
        }
    }
}

/// Returns the parts of a request in the order in which models are told them, those of messages with who says them.
fn units(request: &Request) -> impl Iterator<Item = (Option<Role>, &Part)> {
    let system = request.system.iter().map(|part| (None, part));
    let messages = request.messages.iter();
    let said = messages.flat_map(|message| {
        let parts = message.parts.iter();
        parts.map(|part| (Some(message.role), part))
    });
    system.chain(said)
}

/// Returns the list that holds the part at `index`, and its index there.
fn place(request: &mut Request, mut index: usize) -> (&mut Vec<Part>, usize) {
    let Request {
        system, messages, ..
    } = request;
    let lists = std::iter::once(system).chain(messages.iter_mut().map(|said| &mut said.parts));
    for list in lists {
        if index < list.len() {
            return (list, index);
        }
        index -= list.len();
    }
    unreachable!("whoever asks has seen the part")
}

/// Returns the bytes of a request without its tools.
fn text_bytes(request: &Request) -> usize {
    let bare = Request {
        tools: Vec::new(),
        ..request.clone()
    };
    bare.text_bytes()
}

fn as_text(part: &Part) -> Option<&str> {
    match part {
        Part::Text(text) => Some(text),
        _ => None,
    }
}

/// Returns what both texts begin with.
fn common<'a>(a: &'a str, b: &str) -> &'a str {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    let length = same.map(|(letter, _)| letter.len_utf8()).sum();
    &a[..length]
}

/// Returns a text up to the end of its last line, or else of its last word.
fn cut(text: &str) -> &str {
    let end = text.rfind('\n').or_else(|| text.rfind(' '));
    let cut = &text[..end.map_or(0, |end| end + 1)];
    if cut.trim().is_empty() { "" } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Message, Params};

    fn request(system: &[&str], said: &[&str]) -> Request {
        let texts = |texts: &[&str]| {
            let parts = texts.iter().map(|text| Part::Text((*text).to_owned()));
            parts.collect::<Vec<_>>()
        };
        Request {
            model: "m".to_owned(),
            region: None,
            system: texts(system),
            messages: vec![Message {
                role: Role::User,
                parts: texts(said),
            }],
            params: Params::default(),
            tools: Vec::new(),
            tool_choice: None,
            answer_schema: None,
            embedding: None,
            additional_fields: None,
            service_tier: None,
            performance: None,
            guardrail: None,
            stream: false,
            sample: 0,
            asker: String::new(),
        }
    }

    fn shared(requests: &[Request]) -> Beginning {
        let mut beginning = Beginning::of(&requests[0]);
        for request in &requests[1..] {
            beginning.shorten(request);
        }
        beginning
    }

    /// Returns the parts of a request with a point after its beginning; `|` is the point.
    fn kept(beginning: &Beginning, request: &Request) -> Vec<String> {
        let mut request = request.clone();
        beginning.keep(&mut request, CacheTtl::FiveMinutes);
        let shown = units(&request).map(|(_, part)| match part {
            Part::Text(text) => text.clone(),
            _ => "|".to_owned(),
        });
        shown.collect()
    }

    #[test]
    fn the_point_follows_what_is_shared() {
        for (system, texts, expected) in [
            // A system prompt.
            (
                &["Be kind."][..],
                [&["a"][..], &["b"]],
                &["Be kind.", "|", "a"][..],
            ),
            // A document of its own.
            (&[], [&["doc", "a"], &["doc", "b"]], &["doc", "|", "a"]),
            // The beginning of a text, to the end of a line.
            (
                &[],
                [&["doc\nQ: a"], &["doc\nQ: b"]],
                &["doc\n", "|", "Q: a"],
            ),
            // To the end of a word.
            (
                &["s"],
                [&["Where is Rome?"], &["Where is Riga?"]],
                &["s", "Where is ", "|", "Rome?"],
            ),
            // Nothing is shared.
            (&[], [&["a"], &["b"]], &["a"]),
            // Half a word is nothing.
            (&[], [&["abc"], &["abd"]], &["abc"]),
            // All of it.
            (&[], [&["a b"], &["a b"]], &["a b", "|"]),
        ] {
            let requests = texts.map(|said| request(system, said));
            assert_eq!(kept(&shared(&requests), &requests[0]), expected);
        }
    }

    #[test]
    fn what_begins_otherwise_stays_as_it_is() {
        let beginning = shared(&[request(&["s"], &["a"]), request(&["s"], &["b"])]);
        let other = request(&["t"], &["a"]);
        assert_eq!(kept(&beginning, &other), ["t", "a"]);
        let mut own = request(&["s"], &["a"]);
        own.system.push(Part::CachePoint(CacheTtl::OneHour));
        assert_eq!(kept(&beginning, &own), ["s", "|", "a"]);
        // A later question that shares less than the first ones did.
        let beginning = shared(&[
            request(&[], &["one two three"]),
            request(&[], &["one two four"]),
        ]);
        assert_eq!(
            kept(&beginning, &request(&[], &["one other"])),
            ["one other"]
        );
        assert_eq!(
            kept(&beginning, &request(&[], &["one two six"])),
            ["one two ", "|", "six"]
        );
    }

    #[test]
    fn it_gets_shorter_with_every_question() {
        let texts = ["ab cd ef", "ab cd xy", "ab zz", "q"];
        let requests = texts.map(|text| request(&[], &[text]));
        let lengths: Vec<u64> = (1..=4)
            .map(|count| shared(&requests[..count]).bytes())
            .collect();
        assert_eq!(lengths, [8, 6, 3, 0]);
        let kept: Vec<u64> = (1..=4)
            .map(|count| shared(&requests[..count]).kept_bytes())
            .collect();
        assert_eq!(kept, [8, 6, 3, 0]);
        let crabs = [request(&[], &["🦀🦀a"]), request(&[], &["🦀🦞b"])];
        assert_eq!(shared(&crabs).bytes(), 4);
        assert_eq!(shared(&crabs).kept_bytes(), 0);
    }
}
