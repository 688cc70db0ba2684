//! Reads a price table from CSV text, with all its mistakes at once.

use std::collections::HashMap;
use std::io;

use csv::StringRecord;

use super::price::{BatchRates, Kind, LongContext, PriceRow, PriceScope, Rates, Tier};
use super::usd::{Usd, UsdError};

/// The columns that every table must have.
const REQUIRED: [&str; 4] = [
    "model_id",
    "region_scope",
    "input_per_mtok",
    "output_per_mtok",
];

/// The columns that a table may have besides.
const OPTIONAL: [&str; 18] = [
    "cache_read_per_mtok",
    "cache_write_5m_per_mtok",
    "cache_write_1h_per_mtok",
    "batch_input_per_mtok",
    "batch_output_per_mtok",
    "tier",
    "long_ctx_over_tokens",
    "long_ctx_input_per_mtok",
    "long_ctx_output_per_mtok",
    "long_ctx_cache_read_per_mtok",
    "long_ctx_cache_write_5m_per_mtok",
    "long_ctx_cache_write_1h_per_mtok",
    "kind",
    "invocable_id",
    "lifecycle",
    "source",
    "as_of",
    "notes",
];

/// Tokens to which the prices of a table refer.
const MTOK: i128 = 1_000_000;

/// The largest price that a table may state, in pico-dollars per million tokens: a thousand million dollars. It
/// keeps every cost within an `i128`.
const MAX_PER_MTOK: Usd = Usd::from_pico(1_000_000_000_000_000_000_000);

/// A mistake in a price table.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {message}")]
pub struct PriceError {
    /// The file, as the caller named it.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub message: String,
}

/// Returns the rows of a price table, in its order.
///
/// Prices are in USD per million tokens. An empty price is one that is not published; input and output must be
/// given, `0` included. `file` is the name that errors carry.
///
/// # Errors
///
/// All mistakes of the file: a missing, unknown or repeated column, a bad or too fine number, an unknown tier, kind
/// or scope, long-context prices without a bound.
pub(super) fn read(file: &str, text: &str) -> Result<Vec<PriceRow>, Vec<PriceError>> {
    let at = |line: u64, message: String| PriceError {
        file: file.to_owned(),
        line,
        message,
    };
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let columns = match reader.headers() {
        Ok(headers) => columns(headers).map_err(|messages| {
            let errors = messages.into_iter().map(|message| at(1, message));
            errors.collect::<Vec<_>>()
        })?,
        Err(error) => return Err(vec![at(1, error.to_string())]),
    };
    let mut rows = Vec::new();
    let mut errors = Vec::new();
    for record in reader.records() {
        match record {
            Ok(record) => {
                let line = record.position().map_or(1, csv::Position::line);
                let mut cells = Cells {
                    columns: &columns,
                    record: &record,
                    wrong: Vec::new(),
                };
                let row = cells.row();
                match row.filter(|_| cells.wrong.is_empty()) {
                    Some(row) => rows.push(row),
                    None => errors.extend(cells.wrong.into_iter().map(|wrong| at(line, wrong))),
                }
            }
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                errors.push(at(line, mistake_of_shape(&error)));
            }
        }
    }
    if errors.is_empty() {
        Ok(rows)
    } else {
        Err(errors)
    }
}

/// Writes rows as a table that reads back the same.
///
/// # Errors
///
/// `out` cannot be written.
pub fn write(rows: &[PriceRow], out: &mut dyn io::Write) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    let per_mtok = |price: Usd| Usd::from_pico(price.pico() * MTOK).to_string();
    let price = |price: Option<Usd>| price.map_or(String::new(), per_mtok);
    let rates = |rates: Option<&Rates>| {
        [
            price(rates.map(|rates| rates.input)),
            price(rates.map(|rates| rates.output)),
            price(rates.and_then(|rates| rates.cache_read)),
            price(rates.and_then(|rates| rates.cache_write_5m)),
            price(rates.and_then(|rates| rates.cache_write_1h)),
        ]
    };
    table.write_record(REQUIRED.iter().chain(&OPTIONAL))?;
    for row in rows {
        let long = row.long_context.as_ref();
        let head = [row.model.clone(), row.scope.to_string()];
        let batch = row.batch.as_ref();
        let middle = [
            price(batch.map(|batch| batch.input)),
            price(batch.map(|batch| batch.output)),
            row.tier.as_str().to_owned(),
            long.map_or(String::new(), |long| long.over_tokens.to_string()),
        ];
        let tail = [
            row.kind.as_str().to_owned(),
            row.invocable_id.clone(),
            row.lifecycle.clone(),
            row.source.clone(),
            row.as_of.map_or(String::new(), |date| date.to_string()),
            row.notes.clone(),
        ];
        let usual = rates(Some(&row.rates));
        let long = rates(long.map(|long| &long.rates));
        table.write_record(
            head.iter()
                .chain(&usual)
                .chain(&middle)
                .chain(&long)
                .chain(&tail),
        )?;
    }
    table.flush()
}

/// Returns the index of each column by its name, or what is wrong with the header.
fn columns(headers: &StringRecord) -> Result<HashMap<&'static str, usize>, Vec<String>> {
    let mut columns = HashMap::new();
    let mut wrong = Vec::new();
    for (index, header) in headers.iter().enumerate() {
        let mut known = REQUIRED.iter().chain(&OPTIONAL);
        let header = header.trim_start_matches('\u{feff}');
        let Some(name) = known.find(|name| **name == header) else {
            wrong.push(format!("unknown column `{header}`"));
            continue;
        };
        if columns.insert(*name, index).is_some() {
            wrong.push(format!("column `{name}` stands twice"));
        }
    }
    let missing = REQUIRED.iter().filter(|name| !columns.contains_key(*name));
    wrong.extend(missing.map(|name| format!("missing column `{name}`")));
    if wrong.is_empty() {
        Ok(columns)
    } else {
        Err(wrong)
    }
}

/// Returns what is wrong with a line that is no row at all.
fn mistake_of_shape(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => format!("{len} cells, where the header has {expected_len}"),
        _ => error.to_string(),
    }
}

/// One line being read, and what was found wrong with it.
struct Cells<'a> {
    columns: &'a HashMap<&'static str, usize>,
    record: &'a StringRecord,
    wrong: Vec<String>,
}

impl<'a> Cells<'a> {
    /// Reads the whole line; `None` or a note in `wrong` if something is amiss.
    fn row(&mut self) -> Option<PriceRow> {
        let model = self.text("model_id").to_owned();
        if model.is_empty() {
            self.wrong.push("`model_id` is empty".to_owned());
        }
        let scope = self.one_of("region_scope", PriceScope::parse);
        let tier = self.one_of_or("tier", Tier::Default, Tier::parse);
        let kind = self.one_of_or("kind", Kind::Chat, Kind::parse);
        let rates = self.rates("");
        let long_context = self.long_context();
        let batch = self.batch();
        let as_of = match self.text("as_of") {
            "" => None,
            text => {
                let date = text.parse().ok();
                if date.is_none() {
                    self.wrong
                        .push(format!("`as_of` is no date: `{text}` (like 2026-11-22)"));
                }
                date
            }
        };
        Some(PriceRow {
            model,
            scope: scope?,
            tier: tier?,
            kind: kind?,
            rates: rates?,
            long_context,
            batch,
            invocable_id: self.text("invocable_id").to_owned(),
            lifecycle: self.text("lifecycle").to_owned(),
            source: self.text("source").to_owned(),
            as_of,
            notes: self.text("notes").to_owned(),
        })
    }

    /// Returns the cell of a column, empty if the table has no such column.
    fn text(&self, column: &str) -> &'a str {
        let index = self.columns.get(column);
        index
            .and_then(|index| self.record.get(*index))
            .unwrap_or_default()
    }

    fn one_of<T>(&mut self, column: &str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(column);
        let value = parse(text);
        if value.is_none() {
            self.wrong.push(format!("`{column}` is unknown: `{text}`"));
        }
        value
    }

    fn one_of_or<T>(
        &mut self,
        column: &str,
        default: T,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        if self.text(column).is_empty() {
            return Some(default);
        }
        self.one_of(column, parse)
    }

    /// Reads the rates of the columns that begin with `prefix`.
    fn rates(&mut self, prefix: &str) -> Option<Rates> {
        let column = |name: &str| format!("{prefix}{name}_per_mtok");
        let [input, output] = ["input", "output"].map(|name| self.required_price(&column(name)));
        let [cache_read, usual_write, hour_write] =
            ["cache_read", "cache_write_5m", "cache_write_1h"]
                .map(|name| self.price(&column(name)));
        Some(Rates {
            input: input?,
            output: output?,
            cache_read,
            cache_write_5m: usual_write,
            cache_write_1h: hour_write,
        })
    }

    fn long_context(&mut self) -> Option<LongContext> {
        let bound = self.text("long_ctx_over_tokens");
        if bound.is_empty() {
            let mut prices = OPTIONAL.iter().filter(|name| name.starts_with("long_ctx_"));
            if let Some(column) = prices.find(|name| !self.text(name).is_empty()) {
                self.wrong
                    .push(format!("`{column}` without `long_ctx_over_tokens`"));
            }
            return None;
        }
        let over_tokens = bound.parse().ok();
        if over_tokens.is_none() {
            self.wrong.push(format!(
                "`long_ctx_over_tokens` is no whole number: `{bound}`"
            ));
        }
        let rates = self.rates("long_ctx_");
        Some(LongContext {
            over_tokens: over_tokens?,
            rates: rates?,
        })
    }

    fn batch(&mut self) -> Option<BatchRates> {
        let columns = ["batch_input_per_mtok", "batch_output_per_mtok"];
        if columns.iter().all(|column| self.text(column).is_empty()) {
            return None;
        }
        let [input, output] = columns.map(|column| self.required_price(column));
        Some(BatchRates {
            input: input?,
            output: output?,
        })
    }

    fn required_price(&mut self, column: &str) -> Option<Usd> {
        if self.text(column).is_empty() {
            self.wrong.push(format!(
                "`{column}` is empty: write 0 for what costs nothing"
            ));
            return None;
        }
        self.price(column)
    }

    /// Reads a price per million tokens as a price per token; `None` if the cell is empty.
    fn price(&mut self, column: &str) -> Option<Usd> {
        const TOO_FINE: &str = "finer than a pico-dollar per token (6 digits after the point)";
        let text = self.text(column);
        if text.is_empty() {
            return None;
        }
        let price = match text.parse::<Usd>() {
            Ok(price) if price < Usd::ZERO => Err("below zero".to_owned()),
            Ok(price) if price > MAX_PER_MTOK => Err(UsdError::TooLarge.to_string()),
            Ok(price) if price.pico() % MTOK != 0 => Err(TOO_FINE.to_owned()),
            Ok(price) => Ok(Usd::from_pico(price.pico() / MTOK)),
            Err(UsdError::TooFine) => Err(TOO_FINE.to_owned()),
            Err(error) => Err(error.to_string()),
        };
        match price {
            Ok(price) => Some(price),
            Err(wrong) => {
                self.wrong.push(format!("`{column}` is {wrong}: `{text}`"));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "model_id,region_scope,input_per_mtok,output_per_mtok";

    /// Returns the errors of a table, one a line.
    fn mistakes(table: &str) -> String {
        let errors = read("p.csv", table).expect_err(table);
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn a_short_table_is_enough() {
        let rows = read(
            "p.csv",
            &format!("\u{feff}{HEADER}\nmine,in-region,3,0.000001\n"),
        );
        let row = &rows.expect("a good table")[0];
        assert_eq!(row.rates.input, Usd::from_pico(3_000_000));
        assert_eq!(row.rates.output, Usd::from_pico(1));
        assert_eq!((row.tier, row.kind), (Tier::Default, Kind::Chat));
        assert_eq!((&row.batch, &row.long_context), (&None, &None));
    }

    #[test]
    fn every_mistake_names_its_line() {
        for (more, cells, expected) in [
            (
                "",
                "m,in-region,x,1",
                "`input_per_mtok` is not a plain decimal number: `x`",
            ),
            (
                "",
                "m,in-region,1,",
                "`output_per_mtok` is empty: write 0 for what costs nothing",
            ),
            (
                "",
                "m,in-region,-1,1",
                "`input_per_mtok` is below zero: `-1`",
            ),
            (
                "",
                "m,in-region,1,9999999999",
                "`output_per_mtok` is too large: `9999999999`",
            ),
            (
                "",
                "m,in-region,0.0000001,1",
                "`input_per_mtok` is finer than a pico-dollar per token (6 digits after the point): `0.0000001`",
            ),
            ("", "m,mars,1,1", "`region_scope` is unknown: `mars`"),
            ("", "m,region:,1,1", "`region_scope` is unknown: `region:`"),
            ("", ",us,1,1", "`model_id` is empty"),
            ("", "m,us,1", "3 cells, where the header has 4"),
            (",tier", "m,us,1,1,turbo", "`tier` is unknown: `turbo`"),
            (",kind", "m,us,1,1,song", "`kind` is unknown: `song`"),
            (
                ",as_of",
                "m,us,1,1,May",
                "`as_of` is no date: `May` (like 2026-11-22)",
            ),
            (
                ",batch_input_per_mtok,batch_output_per_mtok",
                "m,us,1,1,1,",
                "`batch_output_per_mtok` is empty: write 0 for what costs nothing",
            ),
            (
                ",long_ctx_input_per_mtok",
                "m,us,1,1,1",
                "`long_ctx_input_per_mtok` without `long_ctx_over_tokens`",
            ),
            (
                ",long_ctx_over_tokens,long_ctx_input_per_mtok,long_ctx_output_per_mtok",
                "m,us,1,1,lots,1,1",
                "`long_ctx_over_tokens` is no whole number: `lots`",
            ),
        ] {
            let padding = ",".repeat(more.matches(',').count());
            let table = format!("{HEADER}{more}\nok,us,1,1{padding}\n{cells}\n");
            assert_eq!(mistakes(&table), format!("p.csv:3: {expected}"), "{cells}");
        }
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let table = format!("{HEADER}\nm,mars,x,1\nm,us,1,1\nm,us,1,y\n");
        assert_eq!(mistakes(&table).lines().count(), 3);
        assert_eq!(
            mistakes("model_id,price,model_id\n"),
            "p.csv:1: unknown column `price`\n\
             p.csv:1: column `model_id` stands twice\n\
             p.csv:1: missing column `region_scope`\n\
             p.csv:1: missing column `input_per_mtok`\n\
             p.csv:1: missing column `output_per_mtok`"
        );
    }
}
