//! The texts of cells: whole, or as what differs from the baseline's, as far as there is room.

use maud::{Markup, html};
use stepwell_comparison::differences;
use stepwell_contract::amounts;

use crate::difference::{changes, counted};
use crate::texts::{folded, text, visible};

/// How texts are shown.
#[derive(Debug, Clone, Copy)]
pub struct Texts {
    /// Whether each opens by a click, or by a key.
    pub folded: bool,
    /// Whether they are shown whole, and not as what differs from the baseline.
    pub whole: bool,
    /// How much of each there is room for.
    pub(crate) room: Room,
}

impl Texts {
    /// As the page shows them: all that there is.
    #[must_use]
    pub fn open(whole: bool) -> Self {
        Self {
            folded: false,
            whole,
            room: Room::UNBOUNDED,
        }
    }

    /// As a file holds them, of so many cells.
    #[must_use]
    pub(crate) fn folded(cells: usize) -> Self {
        Self {
            folded: true,
            whole: false,
            room: Room::for_cells(cells),
        }
    }
}

/// A text of a cell, by its name: whole, or as what differs from the one that it is held against. One that is the same
/// is not told again.
pub(crate) fn beside(name: &str, own: &str, other: Option<&str>, texts: Texts) -> Markup {
    let Some(other) = other.filter(|_| !texts.whole) else {
        return opened("the text", &bounded(name, own, texts.room), texts);
    };
    if other == own {
        return as_elsewhere("as with the baseline");
    }
    // Texts that are shown in part differ in what is shown, or it is said that they do.
    let (beginning, of_other) = (texts.room.shown(own), texts.room.shown(other));
    let difference = differences(of_other, beginning);
    let whole = bounded(name, own, texts.room);
    html! {
        @if difference.is_none() { (opened("differs after its beginning", &whole, texts)) }
        @else {
            (opened(&counted(&difference), &changes(&format!("{name}: what differs"), &difference), texts))
            (folded("the whole text", &whole))
        }
    }
}

/// A text that is there no more.
pub(crate) fn gone(name: &str, before: &str, texts: Texts) -> Markup {
    folded("removed, or no text", &bounded(name, before, texts.room))
}

/// A text that stands in another place already.
pub(crate) fn as_elsewhere(place: &str) -> Markup {
    html! { p.small.quiet { (visible(place)) } }
}

fn opened(name: &str, content: &Markup, texts: Texts) -> Markup {
    match texts.folded {
        true => folded(name, content),
        false => content.clone(),
    }
}

/// As much of a text as there is room for.
fn bounded(name: &str, own: &str, room: Room) -> Markup {
    let shown = room.shown(own);
    let size = |text: &str| amounts::size(text.len() as u64);
    html! {
        @if own.is_empty() { p.quiet { "empty" } } @else { (text(name, shown)) }
        @if shown.len() < own.len() {
            p.quiet.small {
                "The first " (size(shown)) " of " (size(own)) ". Stepwell has the rest: "
                code { "stepwell comparison show" } ", with " code { "--case" } "."
            }
        }
    }
}

/// How much of each text the report holds, so that a browser opens it at once however many cells there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Room {
    /// The most bytes of one text.
    bytes: usize,
}

impl Room {
    /// What all texts together may take, about. Fewer cells have more room each.
    const WHOLE: usize = 16 * 1024 * 1024;

    /// No text is cut shorter than this, however many cells there are.
    const LEAST: usize = 2 * 1024;

    /// Texts of a cell that are long: its prompt, its answer, its document, and what differs in them.
    const OF_A_CELL: usize = 6;

    /// All that there is.
    pub(crate) const UNBOUNDED: Self = Self { bytes: usize::MAX };

    pub(crate) fn for_cells(cells: usize) -> Self {
        let each = Self::WHOLE / (cells.max(1) * Self::OF_A_CELL);
        Self {
            bytes: each.max(Self::LEAST),
        }
    }

    /// The beginning of a text that has room, to the end of a line where one is near.
    fn shown(self, text: &str) -> &str {
        if text.len() <= self.bytes {
            return text;
        }
        let cut = &text[..text.floor_char_boundary(self.bytes)];
        let line = cut.rfind('\n').map_or(0, |end| end + 1);
        match line * 2 > cut.len() {
            true => &cut[..line],
            false => cut,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_the_same_is_not_told_again() {
        let told = |own, whole| beside("document", own, Some("tea\n"), Texts::open(whole));
        assert!(!told("tea\n", false).into_string().contains("tea"));
        assert!(told("tea\n", true).into_string().contains("tea"));
        let differs = told("a tea\n", false).into_string();
        assert!(differs.contains("<b>a </b>tea</ins>"), "{differs}");
    }

    #[test]
    fn of_many_cells_each_text_is_told_by_its_beginning() {
        let long = "A line of tea.\n".repeat(2_000);
        let shown = |own: &str, other, cells| {
            beside("document", own, other, Texts::folded(cells)).into_string()
        };
        assert_eq!(shown(&long, None, 20).matches("tea").count(), 2_000);
        let many = shown(&long, None, 2_000);
        assert!(many.len() < 4 * 1024, "{}", many.len());
        assert!(many.contains("of 29.3 KiB"), "{many}");
        assert!(many.contains("A line of tea.\n</pre>"), "{many}");

        // What lies beyond the beginning is not called the same.
        let (one, other) = (format!("{long}x"), format!("{long}y"));
        let differs = shown(&one, Some(&other), 2_000);
        assert!(differs.contains("differs after its beginning"));
    }
}
