//! Texts to make vectors of, one at a time: arguments, files, and what is piped in.

use std::fs::File;
use std::io::{BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};

use super::args::{EmbedArgs, InputFormat};
use crate::cli::error::CliError;
use crate::cli::named_files::named_files;
use crate::files::{Metered, read_to_end, read_whole, text_of, text_rows};
use crate::model::{Media, Part};
use crate::store::content_name;
use crate::suite::attachment;
use serde_json::Value;

/// One text, with the name that its vectors get.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Input {
    pub(super) id: String,
    pub(super) text: String,
    /// An image, which the text names.
    pub(super) image: Option<Media>,
}

/// Texts as they are read.
pub(super) type Inputs = Box<dyn Iterator<Item = Result<Input, CliError>>>;

/// Returns everything that the arguments name, in their order, read as it is needed.
///
/// # Errors
///
/// A file that is not there, or nothing at all.
pub(super) fn inputs(args: &EmbedArgs) -> Result<Inputs, CliError> {
    let texts: Vec<&String> = args.texts.iter().filter(|text| *text != "-").collect();
    let given = texts.into_iter().enumerate().map(|(number, text)| {
        let id = if args.collection.is_some() {
            content_name(text)
        } else {
            number.to_string()
        };
        Ok(Input {
            id,
            text: text.clone(),
            image: None,
        })
    });
    let given: Vec<Result<Input, CliError>> = given.collect();
    let mut files = Vec::new();
    for written in &args.input {
        files.extend(match written.as_str() {
            "-" => vec![PathBuf::from("-")],
            written => named_files(written)?,
        });
    }
    let nothing = given.is_empty() && files.is_empty() && args.attach.is_empty();
    if args.texts.iter().any(|text| text == "-") || (nothing && !std::io::stdin().is_terminal()) {
        files.push(PathBuf::from("-"));
    } else if nothing {
        return Err(CliError::usage("there is no text to make vectors of").hint(
            "mcp-cli embed \"Your text here\", -i FILE, or pipe something in: cat notes.txt | mcp-cli embed",
        ));
    }
    // A collection holds texts of many runs: names that count rows would clash.
    let several = files.len() > 1 || args.collection.is_some();
    let mut all: Inputs = Box::new(given.into_iter());
    for file in files {
        all = Box::new(all.chain(open(&file, several, args)?));
    }
    let keeps = args.collection.is_some();
    for written in &args.attach {
        let images = named_files(written)?.into_iter();
        all = Box::new(all.chain(images.map(move |path| image(&path, keeps))));
    }
    Ok(all)
}

/// Returns the whole path of a file: collections hold texts of many folders.
fn whole_path(path: &Path) -> String {
    let whole = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    whole.display().to_string()
}

/// Reads an image. Its text names it by its content, so that a collection knows whether it has changed.
fn image(path: &Path, keeps: bool) -> Result<Input, CliError> {
    let shown = path.display();
    let bytes = read_whole(path)
        .map_err(|error| CliError::usage(format!("cannot read `{shown}`: {error}")))?;
    match attachment(path, bytes, None) {
        Ok(Part::Image(image)) => Ok(Input {
            id: if keeps {
                whole_path(path)
            } else {
                shown.to_string()
            },
            text: format!("image {}", &image.sha256()[..12]),
            image: Some(image),
        }),
        Ok(_) => Err(CliError::usage(format!("`{shown}` is no image"))),
        Err(why) => Err(CliError::usage(format!("`{shown}`: {why}"))),
    }
}

/// Opens a file; its texts are named after their rows, and after the file where there are several.
fn open(path: &Path, several: bool, args: &EmbedArgs) -> Result<Inputs, CliError> {
    let shown = path.display().to_string();
    let reader: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        let file = File::open(path);
        Box::new(file.map_err(|error| CliError::usage(format!("cannot read `{shown}`: {error}")))?)
    };
    let format = args
        .input_format
        .unwrap_or(match path.extension().and_then(|it| it.to_str()) {
            _ if args.lines => InputFormat::Lines,
            Some("jsonl") => InputFormat::Jsonl,
            Some("json") => InputFormat::Json,
            Some("csv") => InputFormat::Csv,
            Some("tsv") => InputFormat::Tsv,
            _ => InputFormat::Text,
        });
    let is_file = path != Path::new("-");
    let keeps = args.collection.is_some();
    let id = if keeps && is_file {
        whole_path(path)
    } else {
        shown.clone()
    };
    let source = Source {
        prefix: if several {
            format!("{id}#")
        } else {
            String::new()
        },
        by_content: keeps && !is_file,
        names_rows: keeps && is_file,
        id,
        shown,
        id_field: args.id_field.clone(),
        text_field: args.text_field.clone(),
    };
    Ok(match format {
        InputFormat::Text => Box::new(std::iter::once_with(move || source.whole(reader))),
        InputFormat::Lines => source.lines(reader, |source, number, line| {
            Ok(Some(line)
                .filter(|line| !line.trim().is_empty())
                .map(|text| Input {
                    id: source.name(number, &text),
                    image: None,
                    text,
                }))
        }),
        InputFormat::Jsonl => source.lines(reader, |source, number, line| {
            if line.trim().is_empty() {
                return Ok(None);
            }
            let row = serde_json::from_str(&line);
            let row = row.map_err(|error| source.wrong(number + 1, &error.to_string()))?;
            source.row(number, &row).map(Some)
        }),
        InputFormat::Json => {
            let bytes = read_to_end(reader).map_err(|error| {
                CliError::usage(format!("cannot read `{}`: {error}", source.shown))
                    .hint("a larger list is read line by line as JSONL")
            })?;
            let rows: Result<Vec<Value>, _> = serde_json::from_slice(&bytes);
            let rows = rows.map_err(|error| {
                CliError::usage(format!("`{}` is no JSON list: {error}", source.shown))
            })?;
            let rows = rows.into_iter().enumerate();
            Box::new(rows.map(move |(number, row)| source.row(number, &row)))
        }
        InputFormat::Csv => source.table(reader, b','),
        InputFormat::Tsv => source.table(reader, b'\t'),
    })
}

/// A file that is being read.
struct Source {
    shown: String,
    prefix: String,
    /// Whether texts are named by what they say.
    by_content: bool,
    /// Whether names that rows give themselves are names within their file alone.
    names_rows: bool,
    /// The name of the file as a text.
    id: String,
    id_field: String,
    text_field: String,
}

impl Source {
    fn name(&self, number: usize, text: &str) -> String {
        if self.by_content {
            return content_name(text);
        }
        format!("{}{number}", self.prefix)
    }

    fn row_name(&self, id: &str) -> String {
        if self.names_rows {
            format!("{}{id}", self.prefix)
        } else {
            id.to_owned()
        }
    }

    fn wrong(&self, line: usize, why: &str) -> CliError {
        CliError::usage(format!("line {line} of `{}`: {why}", self.shown))
    }

    fn whole(&self, reader: Box<dyn Read>) -> Result<Input, CliError> {
        let text = read_to_end(reader).and_then(text_of);
        let text = text
            .map_err(|error| CliError::usage(format!("cannot read `{}`: {error}", self.shown)))?;
        Ok(Input {
            id: if self.by_content {
                content_name(&text)
            } else {
                self.id.clone()
            },
            image: None,
            text,
        })
    }

    fn lines(
        self,
        reader: Box<dyn Read>,
        read: impl Fn(&Self, usize, String) -> Result<Option<Input>, CliError> + 'static,
    ) -> Inputs {
        let lines = text_rows(BufReader::new(reader)).enumerate();
        Box::new(lines.filter_map(move |(number, line)| match line {
            Ok(line) => read(&self, number, line).transpose(),
            Err(error) => Some(Err(self.wrong(number + 1, &error.to_string()))),
        }))
    }

    /// Reads a row: a text, or an object with a field that is one.
    fn row(&self, number: usize, row: &Value) -> Result<Input, CliError> {
        let text = row.as_str().or_else(|| row.get(&self.text_field)?.as_str());
        let text = text.ok_or_else(|| {
            let error = self.wrong(
                number + 1,
                &format!("there is no text `{}`", self.text_field),
            );
            error.hint("name the field with --text-field")
        })?;
        let id = match row.get(&self.id_field) {
            Some(Value::String(id)) => self.row_name(id),
            Some(Value::Number(id)) => self.row_name(&id.to_string()),
            _ => self.name(number, text),
        };
        Ok(Input {
            id,
            image: None,
            text: text.to_owned(),
        })
    }

    fn table(self, reader: Box<dyn Read>, delimiter: u8) -> Inputs {
        let (reader, meter) = Metered::new(reader);
        let mut builder = csv::ReaderBuilder::new();
        let mut table = builder.delimiter(delimiter).from_reader(reader);
        let headers = table.headers().cloned().unwrap_or_default();
        let column = |name: &str| headers.iter().position(|header| header == name);
        let (id, text) = (column(&self.id_field), column(&self.text_field));
        let Some(text) = text else {
            let names: Vec<&str> = headers.iter().collect();
            let message = format!("there is no column `{}`", self.text_field);
            let hint = format!("name the column with --text-field: {}", names.join(", "));
            return Box::new(std::iter::once(Err(self.wrong(1, &message).hint(hint))));
        };
        let rows = table.into_records().enumerate();
        Box::new(rows.map(move |(number, row)| {
            meter.next_row();
            let row = row.map_err(|error| self.wrong(number + 2, &error.to_string()))?;
            let id = id.and_then(|id| row.get(id)).filter(|id| !id.is_empty());
            let text = row.get(text).unwrap_or_default();
            Ok(Input {
                id: id.map_or_else(|| self.name(number, text), |id| self.row_name(id)),
                image: None,
                text: text.to_owned(),
            })
        }))
    }
}
