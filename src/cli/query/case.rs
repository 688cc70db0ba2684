//! The question of a suite's case, asked by hand: the very request that an evaluation makes.

use std::sync::Arc;

use super::args::QueryArgs;
use crate::catalog::Catalog;
use crate::cli::error::CliError;
use crate::cli::eval::{entry_of, may_start};
use crate::cli::ui::{Ui, count_problems};
use crate::cli::validate::load;
use crate::model::{Request, ServerSpec};
use crate::plan::{self, Selection, Trial};
use crate::suite::{Severity, Suite, listed, nearest};

/// A case that was found.
pub(super) struct Case {
    trial: Trial,
    suite: String,
    /// Servers that its suite describes itself.
    pub(super) specs: Vec<ServerSpec>,
}

impl Case {
    /// Finds the case that `--suite`, `--case` and `--model` name; the first, where they leave it open.
    ///
    /// # Errors
    ///
    /// A suite with mistakes, no such case, prompt or model, or a case that asks nobody.
    pub(super) fn find(args: &QueryArgs, catalog: &Catalog, ui: &Ui) -> Result<Self, CliError> {
        let paths = args.suite.as_slice();
        let loaded = load(paths, catalog)?;
        ui.problems(&loaded.problems);
        let errors = loaded.problems.iter();
        if errors.filter(|one| one.severity == Severity::Error).count() > 0 {
            let found = count_problems(&loaded.problems);
            return Err(CliError::usage(format!("{found}; nothing was sent")));
        }
        let [suite] = <[Suite; 1]>::try_from(loaded.suites).map_err(|suites| {
            let found = suites.len();
            CliError::usage(format!("there are {found} suites")).hint("name the file of one")
        })?;
        let (label, prompt) = whom(args.whom.model.as_deref(), &suite)?;
        let specs = suite.server_specs.clone();
        let name = suite.name.clone();
        let selection = Selection {
            models: label.into_iter().collect(),
            repeat: Some(1),
            ..Selection::default()
        };
        let plan = Arc::new(plan::build(vec![suite], selection, |id| {
            entry_of(id, catalog)
        })?);
        let mut names = Vec::new();
        for trial in plan.trials(|_| true) {
            let trial = trial.map_err(|error| CliError::usage(error.to_string()))?;
            let is_wanted = args
                .case
                .as_ref()
                .is_none_or(|wanted| *wanted == trial.case.name || *wanted == trial.case.case_id);
            let is_prompt = prompt
                .as_ref()
                .is_none_or(|name| trial.prompt().name == *name);
            if is_wanted && is_prompt {
                return Self::of(trial, name, specs, ui);
            }
            names.push(trial.case.name.clone());
        }
        names.dedup();
        Err(missing(args.case.as_deref().unwrap_or_default(), &names))
    }

    fn of(trial: Trial, suite: String, specs: Vec<ServerSpec>, ui: &Ui) -> Result<Self, CliError> {
        let case = &trial.case;
        if case.output.is_some() {
            let message = format!("`{}` has an answer of its own", case.name);
            return Err(CliError::usage(message).hint("no model is asked for it in an evaluation"));
        }
        if case.turns.len() > 1 {
            ui.note(&format!(
                "warning: `{}` has {} turns: the first is asked",
                case.name,
                case.turns.len()
            ));
        }
        Ok(Self {
            trial,
            suite,
            specs,
        })
    }

    /// Returns the flags with those about tools as the case has them: the servers that it names, and no others.
    ///
    /// # Errors
    ///
    /// One of them is a program that the suite may not start.
    pub(super) fn tools_of(&self, args: &QueryArgs) -> Result<QueryArgs, CliError> {
        let servers = &self.trial.case.servers;
        for spec in self
            .specs
            .iter()
            .filter(|spec| servers.contains(&spec.name))
        {
            may_start(&self.suite, spec, args.allow_exec)?;
        }
        Ok(QueryArgs {
            // What a suite takes from the environment may be secret.
            no_log: args.no_log || !self.trial.suite.env.is_empty(),
            server: servers.to_vec(),
            no_tools: args.no_tools || servers.is_empty(),
            ..args.clone()
        })
    }

    /// Returns its request; flags that say how to ask win over the suite.
    ///
    /// # Errors
    ///
    /// A template that cannot be rendered, or a file that cannot be read.
    pub(super) fn request(&self, args: &QueryArgs) -> Result<Request, CliError> {
        let request = self.trial.request(&self.trial.context(), !args.no_stream);
        let mut request = request.map_err(|error| CliError::usage(error.to_string()))?;
        let params = &mut request.params;
        params.max_tokens = args.max_tokens.unwrap_or(params.max_tokens);
        params.temperature = args.temperature.or(params.temperature);
        params.top_p = args.top_p.or(params.top_p);
        params.effort = args.effort.clone().or_else(|| params.effort.take());
        if !args.stop.is_empty() {
            params.stop.clone_from(&args.stop);
        }
        Ok(request)
    }
}

/// Returns the label and the prompt that `LABEL`, `LABEL@PROMPT` or nothing means.
fn whom(named: Option<&str>, suite: &Suite) -> Result<(Option<String>, Option<String>), CliError> {
    let has = |label: &str| suite.models.iter().any(|model| model.label == label);
    let Some(named) = named else {
        let first = suite.models.first();
        return Ok((first.map(|model| model.label.clone()), None));
    };
    let (label, prompt) = match named.rsplit_once('@') {
        Some((label, prompt)) if !has(named) => (label, Some(prompt)),
        _ => (named, None),
    };
    let prompts: Vec<&str> = suite.prompts.iter().map(|prompt| &*prompt.name).collect();
    if let Some(prompt) = prompt.filter(|prompt| !prompts.contains(prompt)) {
        let error = CliError::usage(format!("there is no prompt `{prompt}`"));
        return Err(error.hint(format!("there is {}", listed(&prompts))));
    }
    Ok((Some(label.to_owned()), prompt.map(str::to_owned)))
}

fn missing(wanted: &str, names: &[String]) -> CliError {
    let error = CliError::usage(format!("there is no case `{wanted}`"));
    match nearest(wanted, names.iter().map(String::as_str)) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None if names.len() <= 10 => error.hint(format!("there is {}", listed(names))),
        None => error,
    }
}
