//! Texts that somebody else wrote, as they are.

use maud::{Markup, html};

use super::markdown;

/// A text as it is. It can be reached by keyboard, to scroll it.
pub(crate) fn text(label: &str, text: &str) -> Markup {
    html! { pre.text.short tabindex="0" role="region" aria-label=(label) { (text) } }
}

/// A document: its text, and beside it what it looks like as Markdown, below so many levels of headings. One that is JSON
/// looks like nothing else.
pub(crate) fn document(name: &str, under: usize, content: &str) -> Markup {
    let begins = content.trim_start().starts_with(['{', '[']);
    if begins && serde_json::from_str::<serde::de::IgnoredAny>(content).is_ok() {
        return text(&format!("{name} as text"), content);
    }
    html! {
        div.beside {
            (text(&format!("{name} as text"), content))
            (markdown(&format!("{name} rendered"), under, content))
        }
    }
}

/// A prompt's template, with what is between braces marked.
pub(crate) fn prompt_text(label: &str, template: &str) -> Markup {
    html! {
        pre.text tabindex="0" role="region" aria-label=(label) {
            @for (marked, piece) in pieces(template) {
                @if marked { mark { (piece) } } @else { (piece) }
            }
        }
    }
}

/// A sentence of the engine, standing alone: it begins with a capital, and what it has between backticks is code.
pub(crate) fn sentence(text: &str) -> Markup {
    // Errors begin small, because they also stand within others.
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|letter| letter.to_uppercase().to_string())
        .unwrap_or_default();
    said(&(first + letters.as_str()))
}

/// A part of a sentence of the engine: what it has between backticks is code.
pub(crate) fn said(text: &str) -> Markup {
    let parts: Vec<&str> = text.split('`').collect();
    // One that is not closed is a letter as any other.
    let closed = if parts.len() % 2 == 1 {
        parts.len()
    } else {
        parts.len() - 1
    };
    html! {
        @for (index, part) in parts.iter().enumerate() {
            @if index >= closed { "`" (part) } @else if index % 2 == 1 { code { (part) } } @else { (part) }
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
    fn a_document_that_is_json_is_not_rendered() {
        assert!(
            !document("a", 1, "[1, 2]")
                .into_string()
                .contains("rendered")
        );
        assert!(
            document("a", 1, "[1, 2](x)")
                .into_string()
                .contains("rendered")
        );
    }

    #[test]
    fn a_text_stays_text() {
        let shown = prompt_text("Text", "<script>alert({{ x }})</script>").into_string();
        assert!(shown.contains("&lt;script&gt;alert(<mark>{{ x }}</mark>)"));
    }
}
