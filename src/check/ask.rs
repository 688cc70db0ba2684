//! What a check asks of the world, and what the world has answered so far.
//!
//! A check never touches the world. It is judged with the answers that there are; what it lacks it asks for, and is
//! judged again when that is there. So grading stays synchronous, repeatable and easy to test, and whoever runs the
//! checks decides how questions are asked: at what pace, with what money, from which recording.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::program::Program;
use crate::model::{Completion, ModelError, Request};

/// Something that a check wants to know.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// A model's answer to a request: a judge's, or an embedder's.
    Model {
        /// What is put to it.
        request: Box<Request>,
        /// Whether one answer does for every trial that asks the same.
        once: bool,
    },
    /// What a program makes of an input.
    Program {
        /// The program.
        program: Arc<Program>,
        /// What it is given, as a line of JSON.
        input: Value,
    },
    /// What a service makes of a body.
    Post {
        /// Where it is.
        url: String,
        /// What it is sent, as JSON.
        body: Value,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// What the model said, or why it said nothing.
    Model(Box<Result<Completion, ModelError>>),
    /// What the program answered, or why it did not.
    Program(Result<Ran, String>),
    /// What the service answered, or why it did not.
    Post(Result<Value, String>),
}

/// What a program answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// Its answer.
    pub value: Value,
    /// What it printed beside that.
    pub printed: String,
}

impl Ask {
    /// Returns what tells this question from others: its content, and which of several identical askings it is.
    pub fn key(&self) -> String {
        match self {
            Self::Model { request, .. } => format!("{}#{}", request.digest(), request.sample),
            Self::Program { program, input } => format!("{} {input}", program.digest()),
            Self::Post { url, body } => format!("{url} {body}"),
        }
    }
}

/// The answers that one judgement has so far, and what it still wants.
#[derive(Debug, Default)]
pub struct Answers {
    known: HashMap<String, Answer>,
    wanted: RefCell<HashMap<String, Ask>>,
}

impl Answers {
    /// Returns a model's answer to a request, or notes that it is wanted; `once` if one answer does for every trial that
    /// asks the same.
    pub(super) fn model(
        &self,
        request: Request,
        once: bool,
    ) -> Option<&Result<Completion, ModelError>> {
        let request = Box::new(request);
        match self.get(Ask::Model { request, once })? {
            Answer::Model(result) => Some(result),
            Answer::Program(_) | Answer::Post(_) => None,
        }
    }

    /// Returns what a program answered, or notes that it is to be run.
    pub(super) fn program(
        &self,
        program: Arc<Program>,
        input: Value,
    ) -> Option<&Result<Ran, String>> {
        match self.get(Ask::Program { program, input })? {
            Answer::Program(result) => Some(result),
            Answer::Model(_) | Answer::Post(_) => None,
        }
    }

    /// Returns what a service answered, or notes that it is to be asked.
    pub(super) fn post(&self, url: String, body: Value) -> Option<&Result<Value, String>> {
        match self.get(Ask::Post { url, body })? {
            Answer::Post(result) => Some(result),
            Answer::Model(_) | Answer::Program(_) => None,
        }
    }

    /// Returns what is still wanted, sorted by content, and forgets it.
    pub fn take_wanted(&self) -> Vec<Ask> {
        let mut wanted: Vec<_> = self.wanted.take().into_iter().collect();
        wanted.sort_by(|(a, _), (b, _)| a.cmp(b));
        wanted.into_iter().map(|(_, ask)| ask).collect()
    }

    /// Notes what came of a question.
    pub fn put(&mut self, ask: &Ask, answer: Answer) {
        self.known.insert(ask.key(), answer);
    }

    fn get(&self, ask: Ask) -> Option<&Answer> {
        let key = ask.key();
        let known = self.known.get(&key);
        if known.is_none() {
            self.wanted.borrow_mut().insert(key, ask);
        }
        known
    }
}
