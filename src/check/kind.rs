//! One check: a kind of property, and what a suite says around it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::combine::{AssertSet, Combine};
use super::contains::Contains;
use super::contains_json::ContainsJson;
use super::distance::Distance;
use super::ends::Ends;
use super::equals::Equals;
use super::expr::Expr;
use super::group::{Group, WAITS};
use super::guardrail::NotBlocked;
use super::html::Html;
use super::is_json::IsJson;
use super::javascript::JavaScript;
use super::json_path::JsonPath;
use super::judge::{ContextCheck, ConversationRelevance, Factuality, GEval, Panel, Rubric};
use super::language::Language;
use super::limit::Limit;
use super::metrics::Metrics;
use super::number::NumberIs;
use super::prepared::Prepared;
use super::program::ProgramCheck;
use super::reference::Reference;
use super::refusal::Refusal;
use super::regex::RegexMatch;
use super::repetition::NoRepetition;
use super::similar::{AnswerRelevance, Embedder, Similar};
use super::sql::Sql;
use super::stop_reason::StopReasonIs;
use super::subject::Subject;
use super::tool_call_f1::ToolCallF1;
use super::tool_calls::ToolCalls;
use super::transform::Transform;
use super::valid_calls::ValidCalls;
use super::verdict::{CheckResult, Status, Verdict};
use super::webhook::Webhook;
use super::word_count::WordCount;
use super::xml::Xml;
use crate::model::Request;
use crate::template::Template;

/// A property that an answer should have.
#[derive(Debug, Clone)]
pub struct Check {
    /// The property.
    pub kind: Kind,
    /// The type as the suite wrote it, `not-` included.
    pub type_name: String,
    /// Whether the property should not hold.
    pub negated: bool,
    /// The weight in the trial's score; 0: the check always passes and does not count.
    pub weight: f64,
    /// The name of the metric that the score counts for.
    pub metric: Option<Template>,
    /// What to judge instead of the output itself.
    pub transform: Option<Transform>,
}

/// The kinds of properties.
#[derive(Debug, Clone)]
pub enum Kind {
    /// The output is this.
    Equals(Equals),
    /// The output holds these texts.
    Contains(Contains),
    /// The output begins or ends with this.
    Ends(Ends),
    /// The output matches a pattern.
    Regex(RegexMatch),
    /// The output is JSON, perhaps of a schema.
    IsJson(IsJson),
    /// The output holds JSON somewhere.
    ContainsJson(ContainsJson),
    /// The output is XML, or holds some.
    Xml(Xml),
    /// The output is HTML, or holds some.
    Html(Html),
    /// The output is SQL, or holds some.
    Sql(Sql),
    /// The last number in the output is this.
    Number(NumberIs),
    /// The value at a path is like this.
    JsonPath(JsonPath),
    /// The output has so many words.
    WordCount(WordCount),
    /// The output is nearly this.
    Distance(Distance),
    /// The output is much like a reference text.
    Reference(Reference),
    /// The answer took no more than this.
    Limit(Limit),
    /// The model stopped for this reason.
    StopReason(StopReasonIs),
    /// The model refused.
    Refusal(Refusal),
    /// No guardrail stepped in.
    NotBlocked(NotBlocked),
    /// The output does not repeat itself.
    NoRepetition(NoRepetition),
    /// The model called these tools.
    ToolCallF1(ToolCallF1),
    /// The calls of tools are as expected.
    ToolCalls(ToolCalls),
    /// The calls of tools fit the tools.
    ValidCalls(ValidCalls),
    /// An expression is true.
    Expr(Expr),
    /// A script says so.
    JavaScript(JavaScript),
    /// A program says so.
    Program(ProgramCheck),
    /// A service says so.
    Webhook(Webhook),
    /// The output is in one of some languages.
    Language(Language),
    /// A judge finds that the output does what a text asks.
    Rubric(Rubric),
    /// A judge finds the facts of a reference in the output.
    Factuality(Factuality),
    /// A judge scores the output by steps.
    GEval(GEval),
    /// A judge finds that the output rests on its context.
    Context(ContextCheck),
    /// A judge finds the turns of the conversation relevant.
    Conversation(ConversationRelevance),
    /// The output means nearly the same as a text.
    Similar(Similar),
    /// Questions made of the output mean what was asked.
    AnswerRelevance(AnswerRelevance),
    /// Several answers are judged together.
    Group(Group),
    /// A test within the test.
    AssertSet(AssertSet),
    /// Any, all or none of several checks.
    Combine(Combine),
}

/// A model that a check asks: a judge, or one that makes vectors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Helper<'a> {
    /// The name that reports give it.
    pub label: &'a str,
    /// How it is asked, without what.
    pub request: &'a Request,
}

/// A result, and the metrics that come with it.
pub(super) struct Judged {
    pub(super) result: CheckResult,
    pub(super) metrics: Metrics,
}

impl Check {
    /// Returns a check of `kind`, written as `type_name`, with weight 1.
    ///
    /// A `type_name` that begins with `not-` negates it.
    pub fn new(type_name: impl Into<String>, kind: Kind) -> Self {
        let type_name = type_name.into();
        Self {
            kind,
            negated: type_name.starts_with("not-"),
            type_name,
            weight: 1.0,
            metric: None,
            transform: None,
        }
    }

    /// Judges an answer.
    pub fn judge(&self, subject: &Subject<'_>) -> CheckResult {
        self.judged(subject).result
    }

    /// Returns the variables that the check needs, sorted.
    pub fn variables(&self) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        self.kind.add_variables(&mut names);
        if let Some(metric) = &self.metric {
            names.extend(metric.variables());
        }
        if let Some(transform) = &self.transform {
            names.extend(transform.variables());
        }
        names
    }

    pub(super) fn has_script(&self) -> bool {
        let own = match &self.kind {
            Kind::JavaScript(_) | Kind::Program(_) => true,
            Kind::Context(check) => matches!(check.transform, Some(Transform::Script(_))),
            _ => false,
        };
        own || matches!(self.transform, Some(Transform::Script(_)))
            || self.inner().iter().any(Self::has_script)
    }

    /// Returns the models that it asks, those of checks inside it included.
    pub(super) fn helpers(&self) -> Vec<Helper<'_>> {
        let judges = self.kind.panel().map_or(&[][..], |panel| &panel.judges);
        let judges = judges.iter().map(|judge| Helper {
            label: &judge.label,
            request: &judge.request,
        });
        let embedder = self.kind.embedder().map(|embedder| Helper {
            label: &embedder.label,
            request: &embedder.request,
        });
        let inner = self.inner().iter().flat_map(Self::helpers);
        judges.chain(embedder).chain(inner).collect()
    }

    /// Returns whether it looks at what was asked.
    pub(super) fn looks_at_request(&self) -> bool {
        matches!(self.kind, Kind::ValidCalls(_) | Kind::Webhook(_))
            || self.kind.panel().is_some()
            || self.inner().iter().any(Self::looks_at_request)
    }

    /// Returns whether it starts a program.
    pub(super) fn runs_program(&self) -> bool {
        matches!(self.kind, Kind::Program(_)) || self.inner().iter().any(Self::runs_program)
    }

    /// Returns the checks inside it.
    fn inner(&self) -> &[Self] {
        match &self.kind {
            Kind::AssertSet(set) => &set.checks,
            Kind::Combine(combine) => &combine.checks,
            _ => &[],
        }
    }

    pub(super) fn judged(&self, subject: &Subject<'_>) -> Judged {
        let mut metrics = Metrics::default();
        let verdict = self
            .verdict(subject, &mut metrics)
            .unwrap_or_else(Verdict::undecided);
        let mut result = self.result(verdict, subject.vars);
        result.labels = self.labelled(subject);
        Judged {
            metrics: metrics.under(&result),
            result,
        }
    }

    /// Returns the line of a verdict.
    fn result(&self, verdict: Verdict, vars: &Map<String, Value>) -> CheckResult {
        let hides = self.weight == 0.0 && !matches!(self.kind, Kind::AssertSet(_));
        CheckResult {
            kind: self.type_name.clone(),
            status: if hides {
                Status::Passed
            } else {
                verdict.status
            },
            score: verdict.score,
            reason: verdict.reason,
            metric: self.metric_name(vars),
            weight: if verdict.weightless { 0.0 } else { self.weight },
            opinions: verdict.opinions,
            labels: Vec::new(),
        }
    }

    /// Returns the check of several answers that this is, if it is one.
    pub fn group(&self) -> Option<&Group> {
        match &self.kind {
            Kind::Group(group) => Some(group),
            _ => None,
        }
    }

    /// Returns the result of a check of several answers from its verdict on one of them.
    pub fn settle(
        &self,
        verdict: Result<Verdict, String>,
        vars: &Map<String, Value>,
    ) -> CheckResult {
        let verdict = verdict.unwrap_or_else(Verdict::undecided);
        let verdict = if self.negated {
            self.kind.negate(verdict)
        } else {
            verdict
        };
        self.result(verdict, vars)
    }

    pub(super) fn verdict(
        &self,
        subject: &Subject<'_>,
        metrics: &mut Metrics,
    ) -> Result<Verdict, String> {
        let verdict = match &self.transform {
            None => self.kind.verdict(subject, metrics)?,
            Some(transform) => {
                let output: Value = transform.apply(subject)?;
                let subject = Subject {
                    output: &output,
                    ..*subject
                };
                self.kind.verdict(&subject, metrics)?
            }
        };
        Ok(if self.negated {
            self.kind.negate(verdict)
        } else {
            verdict
        })
    }

    /// Returns the metric's name; a name that renders empty is none, one that does not render stays as written.
    fn metric_name(&self, vars: &Map<String, Value>) -> Option<String> {
        let metric = self.metric.as_ref()?;
        let name = metric
            .render(vars)
            .unwrap_or_else(|_| metric.source().to_owned());
        (!name.is_empty()).then_some(name)
    }
}

impl Kind {
    /// Judges an answer; what cannot be evaluated is an error that says why.
    fn verdict(&self, subject: &Subject<'_>, metrics: &mut Metrics) -> Result<Verdict, String> {
        match self {
            Self::Equals(check) => check.verdict(subject),
            Self::Contains(check) => check.verdict(subject),
            Self::Ends(check) => check.verdict(subject),
            Self::Regex(check) => check.verdict(subject),
            Self::IsJson(check) => check.verdict(subject),
            Self::ContainsJson(check) => check.verdict(subject),
            Self::Xml(check) => check.verdict(subject),
            Self::Html(check) => check.verdict(subject),
            Self::Sql(check) => check.verdict(subject),
            Self::Number(check) => check.verdict(subject),
            Self::JsonPath(check) => check.verdict(subject),
            Self::WordCount(check) => check.verdict(subject),
            Self::Distance(check) => check.verdict(subject),
            Self::Reference(check) => check.verdict(subject),
            Self::Limit(check) => check.verdict(subject),
            Self::StopReason(check) => check.verdict(subject),
            Self::Refusal(check) => Ok(check.verdict(subject)),
            Self::NotBlocked(_) => Ok(NotBlocked::verdict(subject)),
            Self::NoRepetition(check) => Ok(check.verdict(subject)),
            Self::ToolCallF1(check) => check.verdict(subject),
            Self::ToolCalls(check) => check.verdict(subject),
            Self::ValidCalls(check) => check.verdict(subject),
            Self::Expr(check) => check.verdict(subject),
            Self::JavaScript(check) => check.verdict(subject, metrics),
            Self::Program(check) => check.verdict(subject, metrics),
            Self::Webhook(check) => check.verdict(subject),
            Self::Language(check) => check.verdict(subject),
            Self::Rubric(check) => check.verdict(subject),
            Self::Factuality(check) => check.verdict(subject),
            Self::GEval(check) => check.verdict(subject),
            Self::Context(check) => check.verdict(subject),
            Self::Conversation(check) => check.verdict(subject),
            Self::Similar(check) => check.verdict(subject),
            Self::AnswerRelevance(check) => check.verdict(subject),
            Self::Group(_) => Err(WAITS.to_owned()),
            Self::AssertSet(check) => Ok(check.verdict(subject, metrics)),
            Self::Combine(check) => Ok(check.verdict(subject, metrics)),
        }
    }

    /// Returns the judges of this kind, if it has any.
    pub(super) fn panel(&self) -> Option<&Panel> {
        match self {
            Self::Rubric(check) => Some(&check.panel),
            Self::Factuality(check) => Some(&check.panel),
            Self::GEval(check) => Some(&check.panel),
            Self::Context(check) => Some(&check.panel),
            Self::Conversation(check) => Some(&check.panel),
            Self::AnswerRelevance(check) => Some(&check.panel),
            Self::Group(group) => group.panel(),
            _ => None,
        }
    }

    /// Returns who makes vectors for this kind, if anybody does.
    fn embedder(&self) -> Option<&Embedder> {
        match self {
            Self::Similar(check) => Some(&check.embedder),
            Self::AnswerRelevance(check) => Some(&check.embedder),
            _ => None,
        }
    }

    /// Returns the verdict of the `not-` form.
    fn negate(&self, verdict: Verdict) -> Verdict {
        match self {
            // An empty answer is a refusal of score 0, whose opposite scores 0 too.
            Self::Refusal(_) => Verdict::of(verdict.status == Status::Failed, verdict.reason),
            _ => verdict.negated(),
        }
    }

    fn add_variables(&self, names: &mut BTreeSet<String>) {
        match self {
            Self::Equals(check) => check.add_variables(names),
            Self::Contains(check) => check.add_variables(names),
            Self::Ends(check) => names.extend(check.value.variables()),
            Self::Regex(check) => names.extend(check.pattern.variables()),
            Self::IsJson(check) => names.extend(check.schema.iter().flat_map(Prepared::variables)),
            Self::ContainsJson(check) => {
                names.extend(check.schema.iter().flat_map(Prepared::variables));
            }
            Self::Xml(check) => check.add_variables(names),
            Self::Number(check) => names.extend(check.value.variables()),
            Self::JsonPath(check) => check.add_variables(names),
            Self::WordCount(check) => check.add_variables(names),
            Self::Distance(check) => names.extend(check.value.variables()),
            Self::Reference(check) => check.add_variables(names),
            Self::StopReason(check) => {
                names.extend(check.values.iter().flat_map(Template::variables));
            }
            Self::ToolCallF1(check) => names.extend(check.expected.variables()),
            Self::ToolCalls(check) => check.add_variables(names),
            Self::Expr(check) => names.extend(check.expression.fields_of("vars")),
            Self::JavaScript(check) => check.add_variables(names),
            Self::Program(check) => names.extend(check.program.variables()),
            Self::Webhook(check) => names.extend(check.url.variables()),
            Self::Rubric(check) => check.add_variables(names),
            Self::Factuality(check) => names.extend(check.reference.variables()),
            Self::GEval(check) => check.add_variables(names),
            Self::Context(check) => check.add_variables(names),
            Self::Similar(check) => check.add_variables(names),
            Self::Group(check) => names.extend(check.variables()),
            Self::AssertSet(check) => names.extend(check.checks.iter().flat_map(Check::variables)),
            Self::Combine(check) => names.extend(check.checks.iter().flat_map(Check::variables)),
            Self::AnswerRelevance(_)
            | Self::Conversation(_)
            | Self::Html(_)
            | Self::Language(_)
            | Self::Limit(_)
            | Self::NotBlocked(_)
            | Self::NoRepetition(_)
            | Self::Refusal(_)
            | Self::Sql(_)
            | Self::ValidCalls(_) => {}
        }
    }
}
