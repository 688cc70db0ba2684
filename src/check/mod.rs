//! What a good answer is: pure judgements of one answer.
//!
//! A [`Check`] is a property of an answer, made once where a suite is read: patterns and schemas are compiled there,
//! templates parsed. A [`Grading`] is all checks of a case with its threshold. What comes in is a [`Subject`], what
//! goes out a [`CheckResult`] or a [`Grade`]. What cannot be evaluated is undecided and never disturbs its neighbours.
//! A check that needs a judge asks for one in [`Answers`], and is judged again when the answer is there.
//!
//! Must never ask a model, read a file or a clock.

mod ask;
mod bounds;
mod combine;
mod commas;
mod contains;
mod contains_json;
mod distance;
mod ends;
mod equals;
mod expr;
mod formats;
mod grade;
mod group;
mod guardrail;
mod html;
mod is_json;
mod item;
mod javascript;
mod json_path;
mod judge;
mod kind;
mod label;
mod language;
mod limit;
mod metrics;
mod number;
mod path;
mod prepared;
mod program;
mod reason;
mod reference;
mod refusal;
mod regex;
mod repetition;
mod returned;
mod schema;
mod scope;
mod similar;
mod sql;
mod stop_reason;
mod subject;
mod tool_call_f1;
mod tool_calls;
mod transform;
mod valid_calls;
mod verdict;
mod webhook;
mod word_count;
mod xml;

#[cfg(test)]
mod tests;

pub use ask::{Answer, Answers, Ask, Ran};
pub use bounds::Bounds;
pub use combine::{AssertSet, Combinator, Combine};
pub use commas::{CommaError, comma_list};
pub use contains::{Contains, LetterCase, Needles};
pub use contains_json::ContainsJson;
pub use distance::Distance;
pub use ends::{End, Ends};
pub use equals::Equals;
pub use expr::Expr;
pub use grade::{Grade, Grading};
pub use group::{Group, MaxScore, Member, Pairwise, PassAtK, SelectBest, Span, WAITS};
pub use guardrail::NotBlocked;
pub use html::Html;
pub use is_json::IsJson;
pub use item::Item;
pub use javascript::JavaScript;
pub use json_path::{Condition, JsonPath, JsonType};
pub use judge::{
    ByPlace, Category, ContextCheck, ContextMeasure, ConversationRelevance, Factuality, GEval,
    Judge, MOST_VOTES, Opinion, Panel, Rubric, RubricKind, Shape,
};
pub use kind::{Check, Helper, Kind};
pub use label::{Label, Labelled};
pub use language::Language;
pub use limit::Limit;
pub use number::NumberIs;
pub use path::{Path, PathError};
pub use prepared::Prepared;
pub use program::{Code, Program, ProgramCheck};
pub use reference::{Measure, MeteorWeights, Reference};
pub use refusal::Refusal;
pub use regex::RegexMatch;
pub use repetition::NoRepetition;
pub use schema::{Schema, SchemaError};
pub use scope::SCOPE;
pub use similar::{AnswerRelevance, Closeness, Embedder, Similar};
pub use sql::Sql;
pub use stop_reason::StopReasonIs;
pub use subject::Subject;
pub use tool_call_f1::ToolCallF1;
pub use tool_calls::{Arguments, ExpectedCall, ToolCalls};
pub use transform::Transform;
pub use valid_calls::{CallShape, ValidCalls};
pub use verdict::{CheckResult, Status, Verdict};
pub use webhook::Webhook;
pub use word_count::WordCount;
pub use xml::Xml;
