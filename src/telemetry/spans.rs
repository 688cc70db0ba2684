//! Spans: one for the run, below it one for each trial, below that one for each call.
//!
//! They are made when what they tell of is over, with the times at which it was.

use std::collections::{BTreeMap, HashMap};
use std::time::SystemTime;

use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{
    Span as _, SpanContext, SpanKind, Status, TraceContextExt as _, Tracer as _,
};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracer, Span};

use super::attributes::{count, of_call, of_trial, operation};
use super::content;
use super::{Server, Settings};
use crate::catalog::Usd;
use crate::journal::TrialStatus;
use crate::run::{Call, Ended, Event, TrialName};

/// The spans of a run.
pub(super) struct Spans {
    tracer: SdkTracer,
    server: Server,
    run: Context,
    /// Trials that go on, by their ids, with the end of their last call.
    open: HashMap<String, (Context, SystemTime)>,
    /// Those that are over: checks of several answers ask judges later.
    closed: HashMap<String, SpanContext>,
    trials: BTreeMap<&'static str, u64>,
    paid: Usd,
}

impl Spans {
    /// Begins the span of a run.
    pub(super) fn begin(tracer: SdkTracer, settings: &Settings) -> Self {
        let parent = settings.parent.iter();
        let parent = parent.map(|parent| ("traceparent".to_owned(), parent.clone()));
        let carrier: HashMap<String, String> = parent.collect();
        let parent = TraceContextPropagator::new().extract_with_context(&Context::new(), &carrier);
        let run = tracer
            .span_builder("mcp-cli eval")
            .with_kind(SpanKind::Internal)
            .with_attributes([KeyValue::new("mcp_cli.run.id", settings.run.clone())]);
        let run = tracer.build_with_context(run, &parent);
        Self {
            tracer,
            server: settings.server.clone(),
            run: Context::new().with_span(run),
            open: HashMap::new(),
            closed: HashMap::new(),
            trials: BTreeMap::new(),
            paid: Usd::ZERO,
        }
    }

    pub(super) fn hear(&mut self, event: &Event) {
        match event {
            Event::Called(call) => self.called(call),
            Event::Finished {
                status,
                paid,
                more: Some(more),
                ..
            } => {
                *self.trials.entry(status.as_str()).or_default() += 1;
                self.paid += paid.unwrap_or(Usd::ZERO);
                self.finished(*status, more);
            }
            Event::GivenUp { model, message, .. } => {
                let said = [
                    ("gen_ai.request.model", model),
                    ("exception.message", message),
                ];
                let said = said.map(|(name, value)| KeyValue::new(name, value.clone()));
                let span = self.run.span();
                span.add_event("mcp_cli.model_given_up", said.to_vec());
            }
            Event::Finished { .. } | Event::Retrying { .. } | Event::Slow { .. } => {}
        }
    }

    fn called(&mut self, call: &Call) {
        let end = call.sent + call.took;
        let began = call.sent.checked_sub(call.waited).unwrap_or(call.sent);
        let parent = self.of_trial(&call.trial, began, end);
        let name = format!("{} {}", operation(call), call.model);
        let mut attributes = of_call(call, &self.server);
        if let Some(content) = &call.content {
            attributes.extend(content::of(content));
        }
        let builder = self
            .tracer
            .span_builder(name)
            .with_kind(SpanKind::Client)
            .with_start_time(call.sent)
            .with_attributes(attributes);
        let mut span = self.tracer.build_with_context(builder, &parent);
        if let Err(error) = &call.outcome {
            span.set_status(Status::error(error.message.clone()));
        }
        span.end_with_timestamp(end);
    }

    /// Returns the context of a trial, which is begun where it is new.
    fn of_trial(&mut self, trial: &TrialName, began: SystemTime, end: SystemTime) -> Context {
        if let Some(closed) = self.closed.get(&trial.id) {
            return Context::new().with_remote_span_context(closed.clone());
        }
        if let Some((context, last)) = self.open.get_mut(&trial.id) {
            *last = end;
            return context.clone();
        }
        let context = Context::new().with_span(self.begun(trial, began));
        self.open.insert(trial.id.clone(), (context.clone(), end));
        context
    }

    fn begun(&self, trial: &TrialName, began: SystemTime) -> Span {
        let builder = self
            .tracer
            .span_builder(format!("trial {}", trial.label))
            .with_kind(SpanKind::Internal)
            .with_start_time(began)
            .with_attributes(of_trial(trial));
        self.tracer.build_with_context(builder, &self.run)
    }

    fn finished(&mut self, status: TrialStatus, more: &Ended) {
        let trial = &more.trial;
        let context = match self.open.remove(&trial.id) {
            Some((context, _)) => context,
            None => Context::new().with_span(self.begun(trial, more.at)),
        };
        let span = context.span();
        span.set_attribute(KeyValue::new("mcp_cli.status", status.as_str()));
        if let Some(cost) = more.cost {
            span.set_attribute(KeyValue::new("mcp_cli.cost_usd", cost.to_f64()));
        }
        let mut verdict = vec![
            KeyValue::new("gen_ai.evaluation.name", trial.suite.clone()),
            KeyValue::new("gen_ai.evaluation.score.label", status.as_str()),
        ];
        let score = more.score;
        verdict.extend(score.map(|score| KeyValue::new("gen_ai.evaluation.score.value", score)));
        if let Some(error) = &more.error {
            let kind = KeyValue::new("error.type", error.kind.as_str());
            span.set_attribute(kind.clone());
            verdict.push(kind);
            span.set_status(Status::error(error.message.clone()));
        }
        span.add_event_with_timestamp("gen_ai.evaluation.result", more.at, verdict);
        span.end_with_timestamp(more.at);
        self.closed
            .insert(trial.id.clone(), span.span_context().clone());
    }

    /// Ends what is open: trials that were abandoned, and the run.
    pub(super) fn end(self) {
        for (context, last) in self.open.into_values() {
            context.span().end_with_timestamp(last);
        }
        let span = self.run.span();
        for (status, trials) in self.trials {
            let name = format!("mcp_cli.trials.{status}");
            span.set_attribute(KeyValue::new(name, count(trials)));
        }
        span.set_attribute(KeyValue::new("mcp_cli.cost_usd", self.paid.to_f64()));
        span.end();
    }
}
