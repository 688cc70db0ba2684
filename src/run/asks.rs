//! Answers what checks ask: judges, through lanes, retries, quotas and budgets like everybody else; and programs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::join_all;
use tokio::sync::OnceCell;

use super::budget::{Budget, Payer};
use super::call::{Made, Watch};
use super::event::Event;
use super::lane::Lane;
use super::paced::{Asked, Notice};
use super::stop::Stop;
use super::webhook::Webhooks;
use super::worker::Workers;
use crate::check::{Answer, Answers, Ask, MOST_VOTES};
use crate::journal::{Header, JudgeCall, JudgeRecord};
use crate::model::{ErrorKind, ModelError, Remedy, Request, ToolHost};
use crate::plan::Trial;

/// Answers that are the same for every trial, by what was asked.
#[derive(Debug, Default)]
pub(super) struct Shared(Mutex<HashMap<String, Arc<OnceCell<Answer>>>>);

impl Shared {
    fn cell(&self, key: String) -> Arc<OnceCell<Answer>> {
        let mut cells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(cells.entry(key).or_default())
    }
}

/// What a run asks with, shared by all who ask.
#[derive(Clone)]
pub(super) struct Means {
    /// Every lane of the run, those of judges included.
    pub(super) lanes: Arc<[Arc<Lane>]>,
    pub(super) shared: Arc<Shared>,
    pub(super) workers: Arc<Workers>,
    pub(super) webhooks: Arc<Webhooks>,
    pub(super) tools: Option<Arc<dyn ToolHost>>,
    pub(super) header: Arc<Header>,
    pub(super) budget: Option<Arc<Budget>>,
    pub(super) stop: Stop,
    pub(super) watch: Watch,
}

impl Means {
    /// Returns what those who watch hear of a notice about a trial, if anything.
    pub(super) fn event(&self, trial: &Trial, model: &str, notice: &Notice<'_>) -> Option<Event> {
        let Notice::Made(made) = notice else {
            return Event::of(model, notice);
        };
        if self.watch == Watch::Outcomes {
            return None;
        }
        let suite = &self.header.suites[trial.at.suite as usize];
        let judge = made
            .judge
            .and_then(|index| suite.judges.get(index as usize));
        let price = match judge {
            Some(judge) => judge.price.as_ref(),
            None => suite.models[trial.at.model as usize].price.as_ref(),
        };
        let judge = judge.map(|judge| &*judge.label);
        let call = made.told(trial, judge, price, self.watch);
        Some(Event::Called(Box::new(call)))
    }

    /// Returns whoever answers the checks of a trial.
    pub(super) fn world<'a>(&'a self, trial: &'a Trial) -> World<'a> {
        World {
            trial,
            lanes: &self.lanes,
            shared: &self.shared,
            workers: &self.workers,
            webhooks: &self.webhooks,
            tools: self.tools.as_deref(),
            offline: self.header.options.replay.is_some(),
            judges: &self.header.suites[trial.at.suite as usize].judges,
            budget: self.budget.as_deref(),
            stop: &self.stop,
        }
    }
}

/// Whoever answers the checks of one trial.
pub(super) struct World<'a> {
    pub(super) trial: &'a Trial,
    /// Every lane of the run; judges have theirs among them.
    pub(super) lanes: &'a [Arc<Lane>],
    pub(super) shared: &'a Shared,
    pub(super) workers: &'a Workers,
    pub(super) webhooks: &'a Webhooks,
    /// Whoever runs the tools of servers.
    pub(super) tools: Option<&'a dyn ToolHost>,
    /// Whether nobody but a recording may be asked.
    pub(super) offline: bool,
    /// The judges of the trial's suite.
    pub(super) judges: &'a [JudgeRecord],
    pub(super) budget: Option<&'a Budget>,
    pub(super) stop: &'a Stop,
}

/// What came of one question: the answer, and the call where one was made.
type Answered = (Answer, Option<JudgeCall>);

impl World<'_> {
    /// Answers everything that is wanted, at once, and returns the calls that it took; `None` if calls in flight were
    /// abandoned.
    ///
    /// A run that is stopped still judges the answers that it has: they are paid for.
    pub(super) async fn answer(
        &self,
        wanted: &[Ask],
        answers: &mut Answers,
        notify: &impl Fn(&str, Notice<'_>),
    ) -> Option<Vec<JudgeCall>> {
        let answered = join_all(wanted.iter().map(|ask| self.answer_one(ask, notify))).await;
        let mut calls = Vec::new();
        for (ask, answered) in wanted.iter().zip(answered) {
            let (answer, call) = answered?;
            answers.put(ask, answer);
            calls.extend(call);
        }
        Some(calls)
    }

    async fn answer_one(&self, ask: &Ask, notify: &impl Fn(&str, Notice<'_>)) -> Option<Answered> {
        let (request, once) = match ask {
            Ask::Model { request, once } => (request, once),
            Ask::Program { program, input } => {
                let ran = tokio::select! {
                    biased;
                    () = self.stop.abandoned() => return None,
                    ran = self.workers.ask(program, input) => ran,
                };
                return Some((Answer::Program(ran), None));
            }
            Ask::Post { url, body } => {
                if self.offline {
                    let message = "no service is asked where answers are replayed".to_owned();
                    return Some((Answer::Post(Err(message)), None));
                }
                let answer = tokio::select! {
                    biased;
                    () = self.stop.abandoned() => return None,
                    answer = self.webhooks.post(url, body) => answer,
                };
                return Some((Answer::Post(answer), None));
            }
        };
        if !once {
            let mut request = (**request).clone();
            request.sample += self.trial.at.repeat * MOST_VOTES;
            request.asker = self.trial.asker();
            return self.ask_judge(&request, notify).await;
        }
        let cell = self.shared.cell(ask.key());
        let mut made = None;
        let asked = cell.get_or_try_init(async || {
            let (told, new) = self.ask_judge(request, notify).await.ok_or(None)?;
            made = new;
            match &told {
                Answer::Model(result) if result.is_ok() => Ok(told),
                // What failed for one trial may work for the next.
                _ => Err(Some(told)),
            }
        });
        match asked.await {
            Ok(answer) => Some((answer.clone(), made)),
            Err(failed) => failed.map(|answer| (answer, made)),
        }
    }

    /// Puts a question to a judge; `None` if the call was abandoned.
    async fn ask_judge(
        &self,
        request: &Request,
        notify: &impl Fn(&str, Notice<'_>),
    ) -> Option<Answered> {
        let lane = self.lanes.iter().find(|lane| lane.takes(request));
        let judge = (0u32..)
            .zip(self.judges)
            .find(|(_, judge)| judge.is_asked_by(request));
        let (Some(lane), Some((index, judge))) = (lane, judge) else {
            let message = format!("`{}` is no judge of this run", request.model);
            let error = ModelError::new(ErrorKind::Invalid, Remedy::None, message);
            return Some((Answer::Model(Box::new(Err(error))), None));
        };
        let payer = self.budget.map(|budget| Payer {
            budget,
            suite: self.trial.at.suite as usize,
            price: judge.price.as_ref(),
        });
        let stop = self.stop.only_abandoning();
        let notify = |notice: Notice<'_>| {
            let notice = match notice {
                Notice::Made(made) => Notice::Made(Made {
                    judge: Some(index),
                    ..made
                }),
                other => other,
            };
            notify(&request.model, notice);
        };
        let Asked {
            result, attempts, ..
        } = lane.paced.ask(request, payer, &stop, notify).await;
        if self.stop.is_abandoned() {
            return None;
        }
        let call = (!attempts.is_empty()).then_some(JudgeCall {
            judge: index,
            attempts,
        });
        Some((Answer::Model(Box::new(result)), call))
    }
}
