//! Texts from outside, whole or as what differs from another one.

use std::borrow::Cow;

use maud::{Markup, html};
use stepwell_engine::{DiffLine, LineKind, TextDifference, differences};

/// A text in which nothing hides: characters that show nothing, or turn the order of others round, are named.
pub(super) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        match u32::from(letter) {
            _ if !is_hidden(letter) => shown.push(letter),
            // Unicode has pictures of the first 32.
            low @ ..0x20 => shown.extend(char::from_u32(0x2400 + low)),
            other => shown += &format!("⟨U+{other:04X}⟩"),
        }
    }
    shown.into()
}

fn is_hidden(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        letter => letter.is_control(),
    }
}

/// How much of each text the report holds, so that a browser opens it at once however many cells there are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
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

    pub(super) fn for_cells(cells: usize) -> Self {
        let each = Self::WHOLE / (cells.max(1) * Self::OF_A_CELL);
        Self {
            bytes: each.max(Self::LEAST),
        }
    }

    /// The beginning of a text that has room, to the end of a line where one is near.
    fn beginning<'t>(&self, text: &'t str) -> Option<&'t str> {
        if text.len() <= self.bytes {
            return None;
        }
        let cut = &text[..text.floor_char_boundary(self.bytes)];
        let line = cut.rfind('\n').map_or(0, |end| end + 1);
        Some(match line * 2 > cut.len() {
            true => &cut[..line],
            false => cut,
        })
    }
}

/// A text, whole or as much of it as there is room for.
pub(super) fn text(text: &str, room: Room) -> Markup {
    let beginning = room.beginning(text);
    html! {
        @if text.is_empty() { p.quiet { "empty" } }
        // The first line break of a `pre` is not shown: it stands there, so that one of the text isn't lost.
        @else { pre tabindex="0" { "\n" (visible(beginning.unwrap_or(text))) } }
        @if let Some(beginning) = beginning {
            p.quiet.small {
                "The first " (kilobytes(beginning)) " of " (kilobytes(text)) ". Stepwell has the rest: "
                code { "stepwell comparison show" } ", with " code { "--case" } "."
            }
        }
    }
}

fn kilobytes(text: &str) -> String {
    format!("{} KB", text.len().div_ceil(1000))
}

/// A text that opens by a click, or by a key.
pub(super) fn folded(name: &str, open: bool, content: &Markup) -> Markup {
    html! {
        details open[open] {
            summary { (visible(name)) }
            (content)
        }
    }
}

/// A text, and above it what differs from the one that it is held against. One that is the same is not told again.
pub(super) fn beside(
    name: &str,
    own: &str,
    baseline: Option<&str>,
    open: bool,
    room: Room,
) -> Markup {
    let Some(before) = baseline else {
        return folded(name, open, &text(own, room));
    };
    if before == own {
        return as_elsewhere(name, "as with the baseline");
    }
    // Texts that are shown in part differ in what is shown, or it is said that they do.
    let (before, shown) = (
        room.beginning(before).unwrap_or(before),
        room.beginning(own).unwrap_or(own),
    );
    let difference = differences(before, shown);
    if difference.is_none() {
        let name = format!("{name}: differs after its beginning");
        return folded(&name, false, &text(own, room));
    }
    let counted = format!("{name}: {}", counted(&difference));
    html! {
        (folded(&counted, open, &changes(&difference)))
        (folded(&format!("{name}: the whole text"), false, &text(own, room)))
    }
}

/// A text that stands in another place already.
pub(super) fn as_elsewhere(name: &str, place: &str) -> Markup {
    html! { p.small.quiet { (visible(name)) ": " (visible(place)) } }
}

/// Such as `2 lines added, 1 removed`.
fn counted(difference: &TextDifference) -> String {
    let lines = |count| if count == 1 { "line" } else { "lines" };
    match (difference.added, difference.removed) {
        (added, 0) => format!("{added} {} added", lines(added)),
        (0, removed) => format!("{removed} {} removed", lines(removed)),
        (added, removed) => format!("{added} {} added, {removed} removed", lines(added)),
    }
}

/// What differs, line by line, with the changed words marked.
pub(super) fn changes(difference: &TextDifference) -> Markup {
    html! {
        div.diff tabindex="0" {
            @for hunk in &difference.hunks {
                (gap(hunk.skipped, "the same"))
                @for changed in &hunk.lines { (line(changed)) }
            }
            (gap(difference.skipped, "the same"))
            (gap(difference.left_out, "more that are not shown"))
        }
    }
}

fn gap(lines: u32, what: &str) -> Markup {
    html! {
        @if lines > 0 { div.gap { "⋯ " (lines) @if lines == 1 { " line " } @else { " lines " } (what) } }
    }
}

fn line(line: &DiffLine) -> Markup {
    let words = html! {
        @for segment in &line.segments {
            @if segment.changed { b { (visible(&segment.text)) } } @else { (visible(&segment.text)) }
        }
        @if line.unterminated { span.quiet { " ⏎ missing" } }
    };
    html! {
        @match line.kind {
            LineKind::Same => div { span.sign { " " } span { (words) } },
            LineKind::Removed => div.removed { span.sign { "−" } del { (words) } },
            LineKind::Added => div.added { span.sign { "+" } ins { (words) } },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_in_a_text() {
        assert_eq!(visible("a\tb\n"), "a\tb\n");
        assert_eq!(
            visible("a\u{202e}b\u{1b}[1m\r\n\u{7f}"),
            "a⟨U+202E⟩b␛[1m␍\n⟨U+007F⟩"
        );
    }

    #[test]
    fn the_first_line_break_of_a_text_is_kept() {
        assert_eq!(
            text("\na", Room::for_cells(1)).into_string(),
            "<pre tabindex=\"0\">\n\na</pre>"
        );
    }

    #[test]
    fn changed_words_are_marked() {
        let shown = beside(
            "document",
            "a long text\n",
            Some("a short text\n"),
            true,
            Room::for_cells(1),
        )
        .into_string();
        assert!(
            shown.contains("<summary>document: 1 line added, 1 removed</summary>"),
            "{shown}"
        );
        assert!(shown.contains("<del>a <b>short</b> text</del>"), "{shown}");
        assert!(shown.contains("<ins>a <b>long</b> text</ins>"), "{shown}");
    }

    #[test]
    fn a_text_that_is_the_same_is_not_told_again() {
        let shown = beside("document", "tea\n", Some("tea\n"), true, Room::for_cells(1));
        assert!(!shown.into_string().contains("tea"));
    }

    #[test]
    fn of_many_cells_each_text_is_told_by_its_beginning() {
        let long = "A line of tea.\n".repeat(2_000);
        let few = text(&long, Room::for_cells(20)).into_string();
        assert_eq!(few.matches("tea").count(), 2_000);
        let many = text(&long, Room::for_cells(2_000)).into_string();
        assert!(many.len() < 4 * 1024, "{}", many.len());
        assert!(many.contains("of 30 KB"), "{many}");
        assert!(many.contains("A line of tea.\n</pre>"), "{many}");

        // What lies beyond the beginning is not called the same.
        let (one, other) = (format!("{long}x"), format!("{long}y"));
        let shown = beside("document", &one, Some(&other), true, Room::for_cells(2_000));
        assert!(shown.into_string().contains("differs after its beginning"));
    }
}
