//! What a run is compared with and what must hold, as flags and suites declare it.

use std::path::Path;

use crate::catalog::Catalog;
use crate::cli::baseline_file::{find_earlier, read_baseline};
use crate::cli::error::CliError;
use crate::gate::Rule;
use crate::journal::{Header, RunOptions};
use crate::model::ModelId;
use crate::plan::{Plan, PlannedSuite};
use crate::tally::Baseline;

/// What `--baseline` means.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// A label, or `label@prompt`, of the run itself.
    label: Option<String>,
    /// An earlier run.
    pub(super) earlier: Option<Baseline>,
}

impl Declared {
    /// Finds what the flags mean, and checks that gates can be decided.
    ///
    /// # Errors
    ///
    /// A baseline that is neither label, file nor run; a gate that refers to what the run does not have, lacks a margin, or
    /// bounds the cost of something without a price.
    pub(super) fn find(
        options: &RunOptions,
        plan: &Plan,
        catalog: &Catalog,
        region: Option<&str>,
        run_dir: &Path,
    ) -> Result<Self, CliError> {
        let declared = match &options.baseline {
            None => Self::default(),
            Some(name) if plan.suites.iter().any(|part| has_side(part, name)) => Self {
                label: Some(name.clone()),
                earlier: None,
            },
            Some(name) if Path::new(name).is_file() => Self {
                label: None,
                earlier: Some(read_baseline(Path::new(name))?),
            },
            Some(name) => Self {
                label: None,
                earlier: Some(find_earlier(run_dir, name).map_err(|error| {
                    let entries = plan.suites.iter().flat_map(|part| &part.entries);
                    let mut labels: Vec<&str> = entries.map(|entry| entry.label.as_str()).collect();
                    labels.dedup();
                    let hint = format!(
                        "--baseline takes a label of this run ({}), a run, or a file that `mcp-cli baseline update` wrote",
                        labels.join(", ")
                    );
                    CliError::usage(format!("no label, file or run is called `{name}`"))
                        .hint(hint)
                        .because(error)
                })?),
            },
        };
        check_gates(options, plan, catalog, region)?;
        Ok(declared)
    }

    /// Writes what was declared into the header of the run.
    pub(super) fn apply(&self, header: &mut Header) {
        let (margin, gates) = (header.options.margin, header.options.gates.clone());
        for suite in &mut header.suites {
            if let Some(label) = &self.label
                && crate::tally::Side::named(suite, label).is_some()
            {
                suite.baseline = Some(label.clone());
            }
            suite.margin = margin.or(suite.margin);
            suite.gates.extend(gates.iter().cloned());
        }
    }
}

/// Returns whether a suite has the label, or the prompt of the label.
fn has_side(part: &PlannedSuite, name: &str) -> bool {
    let has_label = |label: &str| part.entries.iter().any(|entry| entry.label == label);
    let has_prompt = |prompt: &str| part.suite.prompts.iter().any(|it| it.name == prompt);
    let with_prompt = name.rsplit_once('@');
    has_label(name)
        || with_prompt.is_some_and(|(label, prompt)| has_label(label) && has_prompt(prompt))
}

fn check_gates(
    options: &RunOptions,
    plan: &Plan,
    catalog: &Catalog,
    region: Option<&str>,
) -> Result<(), CliError> {
    for gate in &options.gates {
        let named = gate.against().and_then(|against| against.baseline.as_ref());
        if let Some(label) = named
            && !plan.suites.iter().any(|part| has_side(part, label))
        {
            let message = format!("the gate `{gate}` names `{label}`, which no suite has");
            return Err(CliError::usage(message).hint("name a model by its label"));
        }
        let without = |part: &PlannedSuite| part.suite.margin.is_none();
        if matches!(&gate.rule, Rule::NoWorseThan(against) if against.margin.is_none())
            && options.margin.is_none()
            && plan.suites.iter().any(without)
        {
            let message = format!("the gate `{gate}` needs a margin");
            return Err(CliError::usage(message)
                .hint("declare one: `margin: 0.02` in the suite, or --margin 0.02"));
        }
    }
    for part in &plan.suites {
        let gates = part.suite.gates.iter().chain(&options.gates);
        for gate in gates.filter(|gate| gate.needs_prices()) {
            for entry in &part.entries {
                if !gate.models.is_empty() && !gate.models.contains(&entry.label) {
                    continue;
                }
                let own = entry.region.as_deref().or(region);
                let id = ModelId::parse(&entry.id);
                if catalog
                    .price(&id, own, entry.service_tier.as_deref())
                    .is_none()
                {
                    let message = format!(
                        "`{}` has no price, so that the gate `{gate}` cannot be decided",
                        entry.id
                    );
                    return Err(CliError::usage(message)
                        .hint("give it a price with --pricing, or leave the gate out"));
                }
            }
        }
    }
    Ok(())
}
