//! Tables of text whose columns line up, also where a cell has colours or wide characters.

use stepwell_contract::Field;

use super::style::plain_line;

/// A table. The last column isn't padded.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
    indent: usize,
}

#[derive(Debug)]
enum Row {
    Cells(Vec<String>),
    /// A text across all columns.
    Whole(String),
}

impl Table {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// A table whose rows begin with this many spaces.
    pub(crate) fn indented(indent: usize) -> Self {
        Self {
            rows: Vec::new(),
            indent,
        }
    }

    /// A line for each field of a step or prompt.
    pub(crate) fn of_fields(fields: &[Field]) -> Self {
        let mut table = Self::indented(2);
        for field in fields {
            let optional = if field.required { "" } else { "optional" };
            let (name, about) = (plain_line(&field.name), plain_line(&field.description));
            table.row([name.as_str(), optional, about.as_str()]);
        }
        table
    }

    /// A row. A cell has one line, whoever wrote it: what broke it would begin rows of its own.
    pub(crate) fn row<T: Into<String>>(&mut self, cells: impl IntoIterator<Item = T>) {
        let cells = cells.into_iter().map(|cell| {
            let cell: String = cell.into();
            match cell.contains(['\n', '\r']) {
                true => cell.replace(['\n', '\r'], " "),
                false => cell,
            }
        });
        self.rows.push(Row::Cells(cells.collect()));
    }

    /// A line that belongs to the row above it, and to no column.
    pub(crate) fn line(&mut self, text: impl Into<String>) {
        self.rows.push(Row::Whole(text.into()));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn text(&self) -> String {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            let Row::Cells(cells) = row else { continue };
            widths.resize(widths.len().max(cells.len()), 0);
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(console::measure_text_width(cell));
            }
        }
        let mut text = String::new();
        for row in &self.rows {
            let mut line = " ".repeat(self.indent);
            match row {
                Row::Whole(whole) => line.push_str(whole),
                Row::Cells(cells) => {
                    for (cell, width) in cells.iter().zip(&widths) {
                        line.push_str(cell);
                        line.push_str(&" ".repeat(width - console::measure_text_width(cell) + 2));
                    }
                }
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_is_in_them() {
        let mut table = Table::indented(1);
        table.row(["\x1b[32m✓\x1b[0m", "a", "x"]);
        table.row(["long", "語", "y"]);
        table.line("a line that is longer than any column");
        table.row(["", "b"]);
        let expected = " \x1b[32m✓\x1b[0m     a   x\n long  語  y\n a line that is longer than any column\n       b\n";
        assert_eq!(table.text(), expected);
        assert_eq!(Table::new().text(), "");
    }

    #[test]
    fn a_cell_begins_no_row_of_its_own() {
        let mut table = Table::new();
        table.row(["a\nerror: b\r", "c"]);
        table.row(["d", "e"]);
        assert_eq!(table.text(), "a error: b   c\nd            e\n");
    }
}
