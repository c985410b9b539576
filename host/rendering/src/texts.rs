//! Texts that somebody else wrote, as they are.

use maud::{Markup, html};
use stepwell_contract::visible;

use crate::room::{Room, said_of};

/// A text as it is. It can be reached by keyboard, to scroll it.
#[must_use]
pub fn text(label: &str, text: &str) -> Markup {
    // The first line break of a `pre` is not shown: it stands there, so that one of the text isn't lost.
    html! { pre.text.short tabindex="0" role="region" aria-label=(visible(label)) { "\n" (visible(text)) } }
}

/// A text as high as it is: a page of its own.
#[must_use]
pub fn whole_text(label: &str, text: &str) -> Markup {
    html! { pre.text tabindex="0" role="region" aria-label=(visible(label)) { "\n" (visible(text)) } }
}

/// The beginning of a text, and where it is shown whole; all of it where it isn't long.
#[must_use]
pub fn bounded_text(label: &str, whole: &str, room: Room, all: &str) -> Markup {
    let shown = room.shown(whole);
    html! { (text(label, shown)) (cut(shown, whole, all)) }
}

/// What says that a text is shown by its beginning, with the address of the whole.
#[must_use]
pub fn cut(shown: &str, whole: &str, all: &str) -> Markup {
    cut_of(shown, whole.len() as u64, all)
}

/// The same of a text of so many bytes, which isn't at hand.
pub(crate) fn cut_of(shown: &str, whole: u64, all: &str) -> Markup {
    cut_with(shown, whole, &html! { a href=(all) { "Show all" } })
}

/// The same, with what leads to the whole.
#[must_use]
pub fn cut_with(shown: &str, whole: u64, all: &Markup) -> Markup {
    html! { @if (shown.len() as u64) < whole { p.small.cut { (said_of(shown, whole)) " " (all) } } }
}

/// What opens by a click, or by a key.
pub(crate) fn folded(name: &str, content: &Markup) -> Markup {
    html! { details.more { summary { (visible(name)) } (content) } }
}

/// A prompt's template, with what is between braces marked; the beginning of a long one, and where it is shown whole.
#[must_use]
pub fn bounded_prompt(label: &str, whole: &str, all: &str) -> Markup {
    let shown = Room::PAGE.shown(whole);
    html! { (prompt_text(label, shown)) (cut(shown, whole, all)) }
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
    said(&capital(text))
}

/// A text that begins with a capital.
pub(crate) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(char::to_uppercase);
    first.into_iter().flatten().chain(letters).collect()
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
    fn the_first_line_break_of_a_text_is_kept() {
        assert!(text("a", "\na").into_string().ends_with(">\n\na</pre>"));
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
