//! Tables as lines of text for a terminal of some width.

use comfy_table::{Cell as TableCell, CellAlignment, ContentArrangement, TableStyle};
use unicode_width::UnicodeWidthStr;

use super::grid::Grid;
use super::human::cut;
use super::table::{Cell, Table};

/// Columns of a terminal that the names of a grid may take.
const NAMES: usize = 30;
/// Columns of a terminal that a value of a grid may take, however narrow it is.
const LEAST: usize = 8;
/// Spaces between two columns.
const GAP: usize = 2;

/// A line below the headings, and nothing else.
const STYLE: TableStyle =
    TableStyle::new().header_separator(comfy_table::LineStyle::none().fill('─').junction('─'));

/// Returns the lines of the table of models: a line per row where that fits, else the two facts of a cell above each
/// other.
pub(super) fn table(table: &Table, width: u16) -> Vec<String> {
    for joints in [Joints::Wide, Joints::Tight] {
        let side_by_side = |cells: &[Cell]| joints.joined(table, cells);
        let headings = table.headings.iter();
        let headings = headings.map(|cell| joints.of(&cell.joined("\n")));
        let rows = table.rows.iter().map(|row| side_by_side(row));
        let drawn = drawn(headings.collect(), rows);
        if fits(&drawn, width) {
            return lines(&drawn);
        }
    }
    let stacked = |cells: &[Cell]| cells.iter().map(|cell| cell.joined("\n")).collect();
    let rows = table.rows.iter().map(|row| stacked(row));
    let mut drawn = drawn(stacked(&table.headings), rows);
    if !fits(&drawn, width) {
        drawn
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_width(width);
    }
    lines(&drawn)
}

/// Returns the lines of a grid: as many columns as fit, then the next of them below.
pub(super) fn grid(grid: &Grid, width: u16) -> Vec<String> {
    let room = usize::from(width);
    let column_width = |column: usize| {
        let cells = grid.rows.iter().map(|row| row[column].width());
        cells.chain([grid.headings[column].width()]).max()
    };
    let names = column_width(0).unwrap_or(0).min(NAMES);
    let widest = room.saturating_sub(names + GAP).max(LEAST);
    let columns: Vec<(usize, usize)> = (1..grid.headings.len())
        .map(|column| (column, column_width(column).unwrap_or(0).min(widest)))
        .collect();
    let mut all = Vec::new();
    let mut rest = columns.as_slice();
    while !rest.is_empty() {
        let mut used = names;
        let fitting = rest.iter().take_while(|(_, width)| {
            used += GAP + width;
            used <= room
        });
        let (block, later) = rest.split_at(fitting.count().max(1));
        rest = later;
        let pick = |row: &[String]| -> Vec<String> {
            let cells = block
                .iter()
                .map(|(column, width)| cut(&row[*column], *width));
            std::iter::once(cut(&row[0], names)).chain(cells).collect()
        };
        if !all.is_empty() {
            all.push(String::new());
        }
        all.extend(lines(&drawn(
            pick(&grid.headings),
            grid.rows.iter().map(|row| pick(row)),
        )));
    }
    all
}

/// How two facts stand side by side.
#[derive(Clone, Copy, PartialEq)]
enum Joints {
    /// `296 / 392`
    Wide,
    /// `296/392`
    Tight,
}

impl Joints {
    fn of(self, text: &str) -> String {
        match self {
            Self::Wide => text.to_owned(),
            Self::Tight => text.replace(" / ", "/"),
        }
    }

    /// Returns the texts of a row, the second facts of a column below each other where there is room.
    fn joined(self, table: &Table, cells: &[Cell]) -> Vec<String> {
        let columns = cells.iter().zip(&table.joints).enumerate();
        columns
            .map(|(column, (cell, joint))| {
                if cell.second.is_empty() {
                    return cell.first.clone();
                }
                let seconds = table.rows.iter().map(|row| row[column].second.width());
                let widest = seconds.max().unwrap_or(0);
                let missing = match self.of(joint).as_str() {
                    "/" => String::new(),
                    _ => " ".repeat(widest.saturating_sub(cell.second.width())),
                };
                format!("{}{}{missing}{}", cell.first, self.of(joint), cell.second)
            })
            .collect()
    }
}

fn drawn(headings: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> comfy_table::Table {
    let mut drawn = comfy_table::Table::new();
    drawn.load_style(STYLE);
    drawn.set_header(headings.into_iter().map(TableCell::new_owned));
    for row in rows {
        drawn.add_row(row.into_iter().map(TableCell::new_owned));
    }
    for column in drawn.column_iter_mut() {
        column.set_padding((0, 1));
    }
    for column in drawn.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    if let Some(last) = drawn.column_iter_mut().last() {
        last.set_padding((0, 0));
    }
    drawn
}

fn fits(drawn: &comfy_table::Table, width: u16) -> bool {
    drawn
        .lines()
        .all(|line| line.trim_end().width() <= usize::from(width))
}

fn lines(drawn: &comfy_table::Table) -> Vec<String> {
    drawn
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect()
}
