//! `compare`: recorded runs against each other, or models of one run. Asks no model.

use std::path::PathBuf;

use clap::Args;

use super::args::{RunDirArgs, fraction};
use super::baseline_file::{baseline_of, kept, read_baseline};
use super::error::CliError;
use super::exit::Exit;
use super::outputs::{OutputArgs, Shown, records_of};
use super::run_folder::RunFolder;
use super::ui::Ui;
use super::verdict;
use crate::gate::{Gate, Rule};
use crate::journal::Header;
use crate::report::Comparing;
use crate::tally::{Baseline, Chosen, Side};

const EXAMPLES: &str = "Examples:
  mcp-cli compare latest --baseline sonnet --candidate haiku --margin 0.05
  mcp-cli compare 20261121-090000 latest";

/// Compare recorded runs, or models of one run
///
/// One run: its models, or prompts as LABEL@PROMPT, with one of them. Two runs or more:
/// each label of the later ones with the same label of the first. A baseline file may
/// stand in place of the first run. Exit code 0 unless a gate is given.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES)]
pub(super) struct CompareArgs {
    /// A run (folder, id, beginning of one, or `latest`), then those that are compared with it
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// The baseline's label, or label@prompt. Default: what the suite declares, else its first model
    #[arg(long, value_name = "LABEL")]
    baseline: Option<String>,
    /// Compare only these labels, or label@prompt
    #[arg(long = "candidate", value_name = "LABEL")]
    candidates: Vec<String>,
    /// How much worse than the baseline is still as good, as a fraction: 0.02 is two points
    #[arg(long, value_name = "FRACTION", value_parser = fraction)]
    margin: Option<f64>,
    /// What must hold: `pass_rate>=0.95`, `no_worse_than=LABEL`; quote it for the shell
    #[arg(long = "gate", value_name = "EXPR")]
    gates: Vec<Gate>,
    #[command(flatten)]
    folder: RunDirArgs,
    #[command(flatten)]
    outputs: OutputArgs,
}

pub(super) fn run(args: &CompareArgs, ui: &Ui) -> Result<Exit, CliError> {
    args.outputs.check()?;
    let (first, others) = args.runs.split_first().expect("clap asks for one at least");
    if others.len() > 1 && !args.outputs.output.is_empty() {
        let message = "-o writes one comparison, and these are several";
        return Err(CliError::usage(message).hint("compare two runs at a time"));
    }
    let chosen = Chosen {
        baseline: args.baseline.clone(),
        candidates: args.candidates.clone(),
    };
    let mut exit = Exit::Done;
    if others.is_empty() {
        let folder = RunFolder::find(&args.folder.run_dir, first)?;
        let earlier = match args.baseline {
            // Whoever names a baseline means one of this run.
            Some(_) => None,
            None => kept(&folder)?,
        };
        exit = exit.or(args.show(&folder, earlier, chosen, ui)?);
        return Ok(exit);
    }
    let as_file = PathBuf::from(first);
    let earlier = if as_file.is_file() {
        read_baseline(&as_file)?
    } else {
        baseline_of(&RunFolder::find(&args.folder.run_dir, first)?)?
    };
    for name in others {
        let folder = RunFolder::find(&args.folder.run_dir, name)?;
        exit = exit.or(args.show(&folder, Some(earlier.clone()), chosen.clone(), ui)?);
    }
    Ok(exit)
}

impl CompareArgs {
    /// Shows one comparison; returns what its gates come to.
    fn show(
        &self,
        folder: &RunFolder,
        earlier: Option<Baseline>,
        chosen: Chosen,
        ui: &Ui,
    ) -> Result<Exit, CliError> {
        let mut records = records_of(folder)?;
        check_names(records.header(), earlier.as_ref(), &chosen)?;
        let margin = self.margin;
        if margin.is_none()
            && let Some(gate) = self.gates.iter().find(|gate| needs_margin(gate))
            && records
                .header()
                .suites
                .iter()
                .any(|suite| suite.margin.is_none())
        {
            let message = format!("the gate `{gate}` needs a margin");
            return Err(CliError::usage(message).hint("name one: --margin 0.02"));
        }
        let named_later = margin.is_some_and(|margin| {
            let suites = &records.header().suites;
            suites.iter().any(|suite| suite.margin != Some(margin))
        });
        records.redeclare(|header| {
            for suite in &mut header.suites {
                suite.margin = margin.or(suite.margin);
                suite.gates.clone_from(&self.gates);
                for gate in &mut suite.gates {
                    // Whoever names candidates asks about these.
                    gate.models.clone_from(&self.candidates);
                }
            }
        });
        let comparing = Comparing {
            earlier,
            chosen,
            margin_post_hoc: named_later,
        };
        let mut shown = Shown::compared(records, &comparing)?;
        if shown.report().comparisons.is_empty() {
            let message = format!("there is nothing to compare in run `{}`", folder.id);
            return Err(CliError::usage(message)
                .hint("it needs a second model or prompt, or a second run with the same suites"));
        }
        let exit = verdict::of_gates(shown.report());
        shown.end_with(exit);
        shown.write_comparison(&self.outputs, ui)?;
        Ok(exit)
    }
}

fn needs_margin(gate: &Gate) -> bool {
    matches!(&gate.rule, Rule::NoWorseThan(against) if against.margin.is_none())
}

/// Checks that labels that were named exist.
fn check_names(
    header: &Header,
    earlier: Option<&Baseline>,
    chosen: &Chosen,
) -> Result<(), CliError> {
    let here = |name: &str| {
        let mut suites = header.suites.iter();
        suites.any(|suite| Side::named(suite, name).is_some())
    };
    let then = |name: &str| match earlier {
        None => here(name),
        Some(earlier) => {
            let mut suites = header.suites.iter();
            suites.any(|suite| earlier.labels(&suite.name).contains(&name))
        }
    };
    let mut labels: Vec<&str> = Vec::new();
    for model in header.suites.iter().flat_map(|suite| &suite.models) {
        if !labels.contains(&model.label.as_str()) {
            labels.push(&model.label);
        }
    }
    let unknown = |name: &String| {
        CliError::usage(format!("no model has the label `{name}`"))
            .hint(format!("the run's models are {}", labels.join(", ")))
    };
    if let Some(name) = chosen.baseline.as_ref().filter(|name| !then(name)) {
        return Err(unknown(name));
    }
    match chosen.candidates.iter().find(|name| !here(name)) {
        Some(name) => Err(unknown(name)),
        None => Ok(()),
    }
}
