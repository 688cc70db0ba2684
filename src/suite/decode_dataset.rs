//! YAML to datasets: which file, which of its rows, and what names and groups them.

use super::dataset::{DataFormat, Dataset};
use super::error::Problems;
use super::file::{beside, near_file, unreadable};
use super::reader::{MapReader, listed, nearest};
use super::source::{Node, Place};
use crate::template::Expression;

/// The seed of a dataset's `sample`: fixed, so that a suite always means the same rows.
const SAMPLE_SEED: u64 = 0;

/// Reads the path of a file of rows.
pub(super) fn dataset_file(path: &str, place: &Place, problems: &mut Problems) -> Option<Dataset> {
    let path = beside(path, place);
    let Some(format) = DataFormat::of(&path) else {
        let hint = "datasets end in .csv, .tsv, .json, .jsonl, .yaml or .yml";
        problems.error_with(
            place,
            format!("`{}` is no dataset that can be read", path.display()),
            Some(hint),
        );
        return None;
    };
    if let Err(error) = std::fs::metadata(&path) {
        problems.error_with(place, unreadable(&path, &error), near_file(&path));
        return None;
    }
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    Some(Dataset {
        path,
        name,
        place: place.clone(),
        format,
        keep: None,
        drawn: None,
        limit: None,
        id: None,
        cluster: None,
    })
}

/// Reads the value of `dataset`: a path, or a map.
pub(super) fn dataset(node: &Node, problems: &mut Problems) -> Option<Dataset> {
    if let Some(path) = node.as_text() {
        return dataset_file(path, &node.place, problems);
    }
    let mut map = MapReader::new("a dataset", node, problems)?;
    let file_node = map.take("file");
    let file = map.text("file", problems);
    let limit = map.count("limit", 1, problems);
    let sample_node = map.take("sample");
    let sample = map.count("sample", 1, problems);
    let where_node = map.take("where");
    let keep = map
        .text("where", problems)
        .and_then(|source| match Expression::parse(source) {
            Ok(expression) => Some(expression),
            Err(error) => {
                let place = where_node.map_or(&node.place, |node| &node.place);
                problems.template("expression", &error, source, place);
                None
            }
        });
    let id = map.text("id", problems).map(str::to_owned);
    let cluster = map.text("cluster", problems).map(str::to_owned);
    if file_node.is_none() {
        map.miss("file", "a dataset needs a `file`");
    }
    map.finish(problems);
    let (file, file_node) = (file?, file_node?);
    let mut dataset = Dataset {
        keep,
        limit,
        id,
        cluster,
        ..dataset_file(file, &file_node.place, problems)?
    };
    if let (Some(keep), Some(where_node)) = (&dataset.keep, where_node) {
        let fields = dataset.fields().unwrap_or_default();
        let unknown = keep
            .variables()
            .into_iter()
            .find(|name| !fields.contains(name));
        if let Some(name) = unknown.filter(|_| !fields.is_empty()) {
            let hint = match nearest(&name, fields.iter().map(String::as_str)) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("the fields are {}", listed(&fields)),
            };
            let message = format!("the rows of `{}` have no field `{name}`", dataset.name);
            problems.error_with(&where_node.place, message, Some(hint));
            return None;
        }
    }
    if let (Some(count), Some(sample_node)) = (sample, sample_node)
        && let Err(error) = dataset.draw(count, SAMPLE_SEED)
    {
        problems.push(error.at(&sample_node.place));
        return None;
    }
    Some(dataset)
}
