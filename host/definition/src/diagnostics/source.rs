//! A text that knows where its lines start.

use std::ops::Range;
use std::sync::Arc;

use super::Span;

/// A text under its file's name, which knows where its lines start.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) file: String,
    pub(crate) text: String,
    lines: Vec<usize>,
    /// How many characters begin before each block: a line may be as long as the text, and have thousands of places.
    characters: Vec<usize>,
}

/// Bytes of a block: what is counted for a place, at most.
const BLOCK: usize = 1 << 6;

/// How many characters begin in these bytes.
fn beginnings(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 != 0x80).count()
}

impl Source {
    pub(crate) fn new(file: &str, text: &str) -> Arc<Self> {
        let lines = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        let blocks = text.as_bytes().chunks(BLOCK).scan(0, |before, block| {
            *before += beginnings(block);
            Some(*before)
        });
        let characters = std::iter::once(0).chain(blocks).collect();
        Arc::new(Self {
            file: file.to_owned(),
            text: text.to_owned(),
            lines,
            characters,
        })
    }

    /// The place of these bytes. Offsets that are no border of characters are moved down to one.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        let start = self.text.floor_char_boundary(range.start);
        let end = self.text.floor_char_boundary(range.end).max(start);
        let (start_line, start_column) = self.position(start);
        let (end_line, end_column) = self.position(end);
        Span {
            start,
            end,
            start_line,
            start_column,
            end_line,
            end_column,
        }
    }

    fn position(&self, offset: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= offset).max(1) - 1;
        let before = self.characters_before(offset) - self.characters_before(self.lines[line]);
        // A byte order mark has no width for whoever looks at the file.
        let has_mark = line == 0 && offset > 0 && self.text.starts_with('\u{feff}');
        (line + 1, before + 1 - usize::from(has_mark))
    }

    fn characters_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        self.characters[block] + beginnings(&self.text.as_bytes()[block * BLOCK..offset])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_skip_a_byte_order_mark() {
        let source = Source::new("f", "\u{feff}é = 1\r\n\tß = 2\r\n");
        let at = source.text.find('1').unwrap();
        let span = source.span(at..at + 1);
        assert_eq!((span.start_line, span.start_column), (1, 5));
        let at = source.text.find('2').unwrap();
        let span = source.span(at..at + 1);
        assert_eq!((span.start_line, span.start_column), (2, 6));
    }
}
