//! How much of a text there is room for.

use stepwell_contract::amounts::{self, beginning};

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

/// Such as `The first 64 KiB of 5 MiB.`, of a text of so many bytes.
pub(crate) fn said_of(shown: &str, whole: u64) -> String {
    let (shown, whole) = (amounts::size(shown.len() as u64), amounts::size(whole));
    format!("The first {shown} of {whole}.")
}
