//! `pricing`: what AWS's price list says otherwise than the table in use.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};

use super::error::CliError;
use super::exit::Exit;
use super::header::catalog;
use super::outputs::check_writable;
use super::run_folder::cannot_write;
use super::ui::{Ui, plural};
use crate::catalog::{Change, Differences, Offer, OfferError, Usd, write_prices};
use crate::files::write_whole;
use crate::report::safe_text;

/// The version of the JSON document.
const SCHEMA: u32 = 1;
/// Tokens to which prices are shown.
const MTOK: u64 = 1_000_000;

const EXAMPLES: &str = "Where the files are (no credentials are needed to download them):
  https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonBedrock/current/us-east-1/index.json
  https://pricing.us-east-1.amazonaws.com/offers/v1.0/aws/AmazonBedrockFoundationModels/current/us-east-1/index.json

Example:
  mcp-cli pricing --from index.json --write prices.csv";

/// Hold AWS's published price list against the price table
///
/// Reads offer files as AWS publishes them and says what is new, what has changed, what is gone,
/// and what is not understood. Asks no network.
/// Exit codes: 0 done, 1 with --check if prices are new or have changed, 2 a file that cannot be read.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment, after_help = EXAMPLES)]
pub(super) struct PricingArgs {
    /// An offer file of AWS, the `index.json` of one region: that of Bedrock, or that of its foundation models
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    from: Vec<PathBuf>,
    /// Write a table of what is new or has changed, which --pricing takes
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
    /// End with exit code 1 if prices are new or have changed
    #[arg(long)]
    check: bool,
    /// A price table whose rows add to or replace the built-in ones
    #[arg(long, value_name = "FILE")]
    pricing: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &PricingArgs, ui: &Ui) -> Result<Exit, CliError> {
    let catalog = catalog(args.pricing.as_deref())?;
    if let Some(path) = &args.write {
        check_writable(path).map_err(|error| cannot_write(path, &error))?;
    }
    let offers: Result<Vec<Offer>, CliError> = args.from.iter().map(|path| read(path)).collect();
    let offers = offers?;
    let differences = Differences::of(&offers, &catalog);
    if args.json {
        let document = document(&offers, &differences);
        ui.print(&(serde_json::to_string_pretty(&document).expect("plain data") + "\n"))?;
    } else {
        ui.print_with(|out| tell(&offers, &differences, out))?;
    }
    if let Some(path) = &args.write {
        write_whole(path, |out| write_prices(&differences.rows, out))
            .map_err(|error| cannot_write(path, &error))?;
        ui.note(&format!(
            "{} in `{}`; use it with --pricing",
            plural(differences.rows.len() as u64, "row"),
            path.display()
        ));
    }
    let differs = !(differences.changed.is_empty() && differences.new.is_empty());
    Ok(if args.check && differs {
        Exit::Failed
    } else {
        Exit::Done
    })
}

fn read(path: &Path) -> Result<Offer, CliError> {
    let shown = path.display();
    let file = File::open(path)
        .map_err(|error| CliError::usage(format!("cannot read `{shown}`: {error}")))?;
    Offer::read(BufReader::with_capacity(1 << 16, file)).map_err(|error| {
        let hint = match error {
            OfferError::NotAnOffer(_) => {
                "download `index.json` of the offer AmazonBedrock or AmazonBedrockFoundationModels; CSV is not read"
            }
            OfferError::OtherService(_) | OfferError::WithoutTokens => {
                "name files of the offers AmazonBedrock and AmazonBedrockFoundationModels"
            }
        };
        let cause = CliError::caused(Exit::Usage, &error);
        let message = format!("cannot use `{shown}`");
        CliError {
            causes: [cause.message].into_iter().chain(cause.causes).collect(),
            ..CliError::usage(message).hint(hint)
        }
    })
}

/// Writes what is different, a line each, in dollars per million tokens.
fn tell(offers: &[Offer], differences: &Differences, out: &mut dyn Write) -> io::Result<()> {
    for offer in offers {
        let date = offer
            .published
            .map_or(String::new(), |date| format!(", {date}"));
        let line = format!("{} {}{date}", offer.code, offer.version);
        writeln!(out, "{}", safe_text(&line))?;
    }
    for (title, changes) in [
        ("changed", &differences.changed),
        ("new", &differences.new),
        ("gone: in the table, not in the list", &differences.gone),
    ] {
        if changes.is_empty() {
            continue;
        }
        writeln!(out, "\n{title}, $ per million tokens")?;
        for change in changes {
            writeln!(out, "  {}", line(change))?;
        }
    }
    if !differences.unheard.is_empty() {
        writeln!(out, "\nmodels of the table of which the list says nothing")?;
        for model in &differences.unheard {
            writeln!(out, "  {model}")?;
        }
    }
    let count: u64 = differences.not_understood.values().map(|it| it.0).sum();
    if count > 0 {
        writeln!(out, "\nnot understood, and left as they are")?;
        for (why, (count, example)) in &differences.not_understood {
            let line = format!("{count} × {why}, such as {example}");
            writeln!(out, "  {}", safe_text(&line))?;
        }
    }
    writeln!(
        out,
        "\n{} changed, {} new, {} gone, {} the same, {count} not understood",
        differences.changed.len(),
        differences.new.len(),
        differences.gone.len(),
        differences.same,
    )
}

fn line(change: &Change) -> String {
    let price = &change.price;
    let name = format!(
        "{} {} {} {}",
        price.model,
        price.scope,
        price.tier.as_str(),
        price.slot.as_str()
    );
    let amounts = match (change.old, change.new) {
        (Some(old), Some(new)) => {
            let percent =
                percent(old, new).map_or(String::new(), |percent| format!(" ({percent})"));
            format!("{} → {}{percent}", per_mtok(old), per_mtok(new))
        }
        (None, Some(only)) | (Some(only), None) => per_mtok(only),
        (None, None) => String::new(),
    };
    format!("{name}: {amounts}")
}

fn per_mtok(price: Usd) -> String {
    price.times(MTOK).to_string()
}

/// Returns by how many percent a price went up or down, to a tenth; `None` from nothing.
fn percent(old: Usd, new: Usd) -> Option<String> {
    if old == Usd::ZERO {
        return None;
    }
    let (old, difference) = (old.pico(), new.pico() - old.pico());
    // Half a tenth rounds away from zero.
    let tenths = (difference.abs() * 2_000 + old) / (old * 2);
    let sign = if difference < 0 { '−' } else { '+' };
    Some(format!("{sign}{}.{} %", tenths / 10, tenths % 10))
}

fn document(offers: &[Offer], differences: &Differences) -> Value {
    let changes = |changes: &[Change]| -> Vec<Value> {
        let each = changes.iter().map(|change| {
            json!({
                "model": change.price.model,
                "scope": change.price.scope.to_string(),
                "tier": change.price.tier.as_str(),
                "kind": change.price.slot.as_str(),
                "old_per_mtok": change.old.map(per_mtok),
                "new_per_mtok": change.new.map(per_mtok),
            })
        });
        each.collect()
    };
    let offers = offers.iter().map(|offer| {
        json!({"offer": offer.code, "version": offer.version, "published": offer.published})
    });
    let not_understood = differences
        .not_understood
        .iter()
        .map(|(why, (count, example))| json!({"reason": why, "count": count, "example": example}));
    json!({
        "schema": SCHEMA,
        "offers": offers.collect::<Vec<_>>(),
        "changed": changes(&differences.changed),
        "new": changes(&differences.new),
        "gone": changes(&differences.gone),
        "unheard": differences.unheard,
        "same": differences.same,
        "not_understood": not_understood.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_is_rounded_to_a_tenth_without_floats() {
        for (old, new, expected) in [
            (60_000, 50_000, Some("−16.7 %")),
            (60_000, 66_000, Some("+10.0 %")),
            (3, 4, Some("+33.3 %")),
            (1_000, 1_001, Some("+0.1 %")),
            (0, 5, None),
        ] {
            let found = percent(Usd::from_pico(old), Usd::from_pico(new));
            assert_eq!(found.as_deref(), expected, "{old} → {new}");
        }
    }
}
