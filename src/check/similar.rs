//! `similar` and `answer-relevance`: meanings compared as vectors.

use std::collections::BTreeSet;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use super::judge::{Finding, Material};
use super::judge::{Panel, Question, asked, reply};
use super::prepared::rendered;
use super::reason::{quoted, text_of};
use super::subject::Subject;
use super::verdict::Verdict;
use crate::model::{Message, Part, Request, Role};
use crate::template::Template;
use crate::text::number_text;

/// How far beyond a bound rounding may carry a similarity.
const ROUNDING: f64 = 1e-6;
/// Questions that a judge makes of an answer, as in promptfoo.
const QUESTIONS: usize = 3;

const TASK: &str = "You are given an answer. Write three different questions, each of which it answers completely. Use \
    nothing but what the answer says.";

static SCHEMA: LazyLock<Value> = LazyLock::new(|| {
    json!({
        "type": "object",
        "properties": {"questions": {"type": "array", "items": {"type": "string"}}},
        "required": ["questions"],
        "additionalProperties": false,
    })
});

/// A model that makes vectors of texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedder {
    /// The name that reports give it.
    pub label: String,
    /// How it is asked; without messages.
    pub request: Request,
}

/// How two vectors are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Closeness {
    /// The cosine of the angle between them: 1 for the same direction.
    Cosine,
    /// Their dot product, which is the cosine for unit vectors.
    Dot,
    /// Their distance, which must be small.
    Euclidean,
}

/// The output means nearly the same as one of several texts.
#[derive(Debug, Clone)]
pub struct Similar {
    /// Who makes the vectors.
    pub embedder: Arc<Embedder>,
    /// The texts, at least one.
    pub texts: Vec<Template>,
    /// How vectors are compared.
    pub closeness: Closeness,
    /// The least similarity, or the greatest distance, that passes.
    pub bound: f64,
}

/// A judge makes questions of the answer, which should mean what was asked.
#[derive(Debug, Clone)]
pub struct AnswerRelevance {
    /// Who makes the questions.
    pub panel: Panel,
    /// Who makes the vectors.
    pub embedder: Arc<Embedder>,
    /// The least mean cosine that passes.
    pub least: f64,
}

impl Embedder {
    /// Returns the vector of a text.
    ///
    /// # Errors
    ///
    /// It is not there yet, or did not come; or the text is blank and has no meaning.
    fn vector(&self, subject: &Subject<'_>, text: &str) -> Result<Vec<f32>, String> {
        if text.trim().is_empty() {
            return Err("a blank text has no meaning to compare".to_owned());
        }
        let answers = subject.answers.ok_or("no model can be asked here")?;
        let request = Request {
            messages: vec![Message {
                role: Role::User,
                parts: vec![Part::Text(text.to_owned())],
            }],
            ..self.request.clone()
        };
        // A text always has the same vector.
        match answers.model(request, true) {
            None => Err("the model is still to be asked".to_owned()),
            Some(Ok(completion)) => {
                let vector = completion.vectors.first().cloned();
                vector.ok_or_else(|| format!("`{}` gave no vector", self.label))
            }
            Some(Err(error)) => Err(format!("`{}` gave no vector: {error}", self.label)),
        }
    }
}

impl Similar {
    /// The bound where a suite names none, as in promptfoo.
    pub const DEFAULT_BOUND: f64 = 0.75;

    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let output = self.embedder.vector(subject, &text_of(subject.output));
        let texts = self.texts.iter().map(|text| rendered(text, subject.vars));
        let texts = texts.collect::<Result<Vec<_>, _>>()?;
        let vectors: Vec<_> = texts
            .iter()
            .map(|text| self.embedder.vector(subject, text))
            .collect();
        let (output, mut best) = (output?, None);
        for (text, vector) in texts.iter().zip(vectors) {
            let value = self.closeness.of(&output, &vector?)?;
            let is_better = |(_, best): &(&String, f64)| match self.closeness {
                Closeness::Euclidean => value < *best,
                Closeness::Cosine | Closeness::Dot => value > *best,
            };
            if best.as_ref().is_none_or(is_better) {
                best = Some((text, value));
            }
        }
        let (text, value) = best.ok_or("there is no text to compare with")?;
        let bound = number_text(self.bound);
        let (holds, score, words) = match self.closeness {
            Closeness::Cosine => (
                value >= self.bound - ROUNDING,
                value,
                format!("cosine {value:.3}, {bound} passes"),
            ),
            Closeness::Dot => (
                value >= self.bound - ROUNDING,
                value,
                format!("dot product {value:.3}, {bound} passes"),
            ),
            Closeness::Euclidean => (
                value <= self.bound + ROUNDING,
                1.0 / (1.0 + value),
                format!("distance {value:.3}, at most {bound} passes"),
            ),
        };
        let reason = format!("{words}: compared with {}", quoted(text));
        Ok(Verdict::scored(holds, score, reason))
    }

    pub(super) fn add_variables(&self, names: &mut BTreeSet<String>) {
        names.extend(self.texts.iter().flat_map(Template::variables));
    }
}

impl AnswerRelevance {
    /// The least mean cosine that passes where a suite names none, as in promptfoo.
    pub const DEFAULT_LEAST: f64 = 0.5;

    /// Compares with the variable `query`, or else with what was asked.
    pub(super) fn verdict(&self, subject: &Subject<'_>) -> Result<Verdict, String> {
        let query = subject.vars.get("query").and_then(Value::as_str);
        let query = query.map(str::to_owned).or_else(|| asked(subject));
        let query = query.ok_or("nobody knows what was asked: give the test a `query`")?;
        let output = text_of(subject.output);
        let question = Question {
            task: TASK,
            material: Material::Texts(vec![("answer", &output)]),
            schema: &SCHEMA,
            once: false,
        };
        let wanted = self.embedder.vector(subject, &query);
        self.panel.verdict(subject, |seat| {
            let questions = seat.ask(&question, |fields| {
                let questions = reply::texts(fields, "questions")?;
                if questions.len() != QUESTIONS {
                    return Err(format!("its `questions` are not {QUESTIONS}"));
                }
                Ok(questions)
            })?;
            let vectors: Vec<_> = questions
                .iter()
                .map(|question| self.embedder.vector(subject, question))
                .collect();
            let (wanted, mut sum) = (wanted.clone()?, 0.0);
            for vector in vectors {
                sum += Closeness::Cosine.of(&wanted, &vector?)?;
            }
            #[expect(clippy::cast_precision_loss, reason = "there are three")]
            let score = sum / QUESTIONS as f64;
            let least = number_text(self.least);
            Ok(Finding {
                pass: score >= self.least - ROUNDING,
                score,
                reason: format!(
                    "mean cosine {score:.3}, {least} passes: {}",
                    questions.join(" ")
                ),
                by_place: None,
            })
        })
    }
}

impl Closeness {
    fn of(self, a: &[f32], b: &[f32]) -> Result<f64, String> {
        if a.len() != b.len() {
            return Err("the vectors are not of one length".to_owned());
        }
        let pairs = || a.iter().zip(b).map(|(a, b)| (f64::from(*a), f64::from(*b)));
        let dot: f64 = pairs().map(|(a, b)| a * b).sum();
        Ok(match self {
            Self::Dot => dot,
            Self::Euclidean => pairs().map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
            Self::Cosine => {
                let length = |vector: &[f32]| {
                    let squares = vector.iter().map(|number| f64::from(*number).powi(2));
                    squares.sum::<f64>().sqrt()
                };
                let lengths = length(a) * length(b);
                if lengths == 0.0 {
                    return Err("a vector has no direction".to_owned());
                }
                dot / lengths
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::super::{Answer, Answers, Ask, Check, Kind, Status};
    use super::*;
    use crate::model::{Completion, Embedding};

    fn embedder() -> Embedder {
        Embedder {
            label: "e".to_owned(),
            request: serde_json::from_value(json!({
                "model": "e", "messages": [], "params": {"max_tokens": 1}, "embedding": Embedding::default(),
            }))
            .unwrap(),
        }
    }

    /// Judges with a model whose vectors are written as the texts.
    fn judged(
        type_name: &str,
        closeness: Closeness,
        bound: f64,
        texts: &[&str],
    ) -> (Status, Option<f64>) {
        let similar = Kind::Similar(Similar {
            embedder: Arc::new(embedder()),
            texts: texts
                .iter()
                .map(|text| Template::parse(text).unwrap())
                .collect(),
            closeness,
            bound,
        });
        let check = Check::new(type_name, similar);
        let (output, vars, mut answers) = (json!("3 4"), Map::new(), Answers::default());
        for _ in 0..2 {
            let result = check.judge(&Subject {
                answers: Some(&answers),
                ..Subject::canned(&output, &vars)
            });
            let wanted = answers.take_wanted();
            if wanted.is_empty() {
                return (result.status, result.score);
            }
            for ask in wanted {
                let Ask::Model { request, .. } = &ask else {
                    panic!("a model is asked");
                };
                let [Part::Text(text)] = &request.messages[0].parts[..] else {
                    panic!("it is one text")
                };
                let numbers = text.split(' ').map(|number| number.parse().unwrap());
                let completion = Completion {
                    vectors: vec![numbers.collect()],
                    ..Completion::default()
                };
                answers.put(&ask, Answer::Model(Box::new(Ok(completion))));
            }
        }
        panic!("it is asked once");
    }

    #[test]
    fn the_nearest_text_counts() {
        use Closeness::{Cosine, Dot, Euclidean};
        use Status::{Failed, Passed, Undecided};
        for (name, closeness, bound, texts, expected) in [
            ("similar", Cosine, 0.75, &["6 8"][..], (Passed, Some(1.0))),
            (
                "similar",
                Cosine,
                1.0,
                &["4 -3", "0.3 0.4"],
                (Passed, Some(1.0)),
            ),
            ("similar", Cosine, 0.75, &["4 -3"], (Failed, Some(0.0))),
            ("not-similar", Cosine, 0.75, &["4 -3"], (Passed, Some(1.0))),
            ("similar", Dot, 20.0, &["1 4"], (Failed, Some(19.0))),
            ("similar", Dot, 19.0, &["1 4", "0 0"], (Passed, Some(19.0))),
            (
                "similar",
                Euclidean,
                3.0,
                &["3 1", "9 9"],
                (Passed, Some(0.25)),
            ),
            ("similar", Euclidean, 2.0, &["3 1"], (Failed, Some(0.25))),
            ("similar", Cosine, 0.0, &["1 2 3"], (Undecided, None)),
            ("similar", Cosine, 0.0, &["0 0"], (Undecided, None)),
            ("similar", Cosine, 0.0, &["1 0", " "], (Undecided, None)),
        ] {
            let (status, score) = judged(name, closeness, bound, texts);
            let score = score.map(|score| (score * 1e6).round() / 1e6);
            assert_eq!((status, score), expected, "{name} {closeness:?} {texts:?}");
        }
    }
}
