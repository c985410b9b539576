//! Texts that somebody else wrote, as they are, and as what differs from another one.

use std::borrow::Cow;

use maud::{Markup, html};
use stepwell_comparison::differences;
use stepwell_contract::amounts;

use crate::around::Texts;
use crate::difference::{changes, counted};

/// A text in which nothing hides: characters that show nothing, or turn the order of others round, are named.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
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

/// A text as it is. It can be reached by keyboard, to scroll it.
#[must_use]
pub fn text(label: &str, text: &str) -> Markup {
    // The first line break of a `pre` is not shown: it stands there, so that one of the text isn't lost.
    html! { pre.text.short tabindex="0" role="region" aria-label=(visible(label)) { "\n" (visible(text)) } }
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

/// What opens by a click, or by a key.
pub(crate) fn folded(name: &str, content: &Markup) -> Markup {
    html! { details.more { summary { (visible(name)) } (content) } }
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

/// A prompt's template, with what is between braces marked.
#[must_use]
pub fn prompt_text(label: &str, template: &str) -> Markup {
    html! {
        pre.text tabindex="0" role="region" aria-label=(label) {
            "\n"
            @for (marked, piece) in pieces(template) {
                @if marked { mark { (visible(piece)) } } @else { (visible(piece)) }
            }
        }
    }
}

/// A sentence of the engine, standing alone: it begins with a capital, and what it has between backticks is code.
#[must_use]
pub fn sentence(text: &str) -> Markup {
    // Errors begin small, because they also stand within others.
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string())
        .unwrap_or_default();
    said(&(first + letters.as_str()))
}

/// A part of a sentence of the engine: what it has between backticks is code.
#[must_use]
pub fn said(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    // One that is not closed is a letter as any other.
    let closed = if parts.len() % 2 == 1 {
        parts.len()
    } else {
        parts.len() - 1
    };
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index >= closed { "`" (visible(part)) } @else if index % 2 == 1 { code { (visible(part)) } } @else { (visible(part)) }
        }
    }
}

/// The pieces of a template: those between braces are marked.
fn pieces(template: &str) -> Vec<(bool, &str)> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((start, end)) = next_braces(rest) {
        pieces.push((false, &rest[..start]));
        pieces.push((true, &rest[start..end]));
        rest = &rest[end..];
    }
    pieces.push((false, rest));
    pieces.retain(|(_, piece)| !piece.is_empty());
    pieces
}

fn next_braces(text: &str) -> Option<(usize, usize)> {
    let start = text.find("{{").into_iter().chain(text.find("{%")).min()?;
    let closing = if text[start..].starts_with("{{") {
        "}}"
    } else {
        "%}"
    };
    let length = text[start..].find(closing)? + closing.len();
    Some((start, start + length))
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
        assert!(text("a", "\na").into_string().ends_with(">\n\na</pre>"));
    }

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
        assert!(many.contains("of 30.0 kB"), "{many}");
        assert!(many.contains("A line of tea.\n</pre>"), "{many}");

        // What lies beyond the beginning is not called the same.
        let (one, other) = (format!("{long}x"), format!("{long}y"));
        let differs = shown(&one, Some(&other), 2_000);
        assert!(differs.contains("differs after its beginning"));
    }

    #[test]
    fn what_is_between_braces_is_marked() {
        let template = "Hello {{ name }}{% if x %}, {{ x }}{% endif %} {{ open";
        let marked: Vec<_> = pieces(template)
            .into_iter()
            .filter_map(|(marked, piece)| marked.then_some(piece))
            .collect();
        assert_eq!(
            marked,
            ["{{ name }}", "{% if x %}", "{{ x }}", "{% endif %}"]
        );
        let whole: String = pieces(template)
            .into_iter()
            .map(|(_, piece)| piece)
            .collect();
        assert_eq!(whole, template);
    }

    #[test]
    fn a_sentence_begins_large_and_shows_its_code() {
        let shown = sentence("there is no step `a`; `b").into_string();
        assert_eq!(shown, "There is no step <code>a</code>; `b");
    }

    #[test]
    fn a_text_stays_text() {
        let shown = prompt_text("Text", "<script>alert({{ x }})</script>").into_string();
        assert!(shown.contains("&lt;script&gt;alert(<mark>{{ x }}</mark>)"));
    }
}
