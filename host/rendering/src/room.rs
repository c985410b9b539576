//! How much of a text there is room for.

use stepwell_contract::amounts;

/// How much of each text is shown, so that a browser opens a page at once however much was written.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// The most bytes of one text.
    bytes: usize,
}

impl Room {
    /// What all texts of a file may take together, about. Fewer cells have more room each.
    const WHOLE: usize = 16 * 1024 * 1024;

    /// No text is cut shorter than this, however many cells there are.
    const LEAST: usize = 2 * 1024;

    /// Texts of a cell that are long: its prompt, its answer, its document, and what differs in them.
    const OF_A_CELL: usize = 6;

    /// As the page shows a text; the rest is behind a link.
    pub const PAGE: Self = Self { bytes: 64 * 1024 };

    /// As the page shows a text of which many stand beside each other.
    pub const CELL: Self = Self { bytes: 16 * 1024 };

    pub(crate) fn for_cells(cells: usize) -> Self {
        let each = Self::WHOLE / (cells.max(1) * Self::OF_A_CELL);
        Self {
            bytes: each.max(Self::LEAST),
        }
    }

    /// The beginning of a text that has room, to the end of a line where one is near.
    #[must_use]
    pub fn shown(self, text: &str) -> &str {
        beginning(text, self.bytes)
    }
}

/// The beginning of a text, of at most so many bytes, to the end of a line where one is near.
pub(crate) fn beginning(text: &str, bytes: usize) -> &str {
    if text.len() <= bytes {
        return text;
    }
    let cut = &text[..text.floor_char_boundary(bytes)];
    let line = cut.rfind('\n').map_or(0, |end| end + 1);
    match line * 2 > cut.len() {
        true => &cut[..line],
        false => cut,
    }
}

/// Such as `The first 64 KiB of 5 MiB.`
pub(crate) fn said_of(shown: &str, whole: &str) -> String {
    let size = |text: &str| amounts::size(text.len() as u64);
    format!("The first {} of {}.", size(shown), size(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_the_end_of_a_line_where_one_is_near() {
        assert_eq!(beginning("a\nb\n", 4), "a\nb\n");
        assert_eq!(beginning("tea\nmilk\n", 6), "tea\n");
        assert_eq!(beginning("a\nmilk", 5), "a\nmil");
        assert_eq!(beginning("ää", 3), "ä");
    }
}
