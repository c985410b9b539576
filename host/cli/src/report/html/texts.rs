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

/// A whole text.
pub(super) fn text(text: &str) -> Markup {
    html! {
        @if text.is_empty() { p.quiet { "empty" } }
        // The first line break of a `pre` is not shown: it stands there, so that one of the text isn't lost.
        @else { pre tabindex="0" { "\n" (visible(text)) } }
    }
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

/// A text, and above it what differs from the one that it is held against.
pub(super) fn beside(name: &str, own: &str, baseline: Option<&str>, open: bool) -> Markup {
    let Some(before) = baseline else {
        return folded(name, open, &text(own));
    };
    let difference = differences(before, own);
    if difference.is_none() {
        return folded(&format!("{name}: as with the baseline"), false, &text(own));
    }
    let counted = format!("{name}: {}", counted(&difference));
    html! {
        (folded(&counted, open, &changes(&difference)))
        (folded(&format!("{name}: the whole text"), false, &text(own)))
    }
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
        assert_eq!(text("\na").into_string(), "<pre tabindex=\"0\">\n\na</pre>");
    }

    #[test]
    fn changed_words_are_marked() {
        let shown = beside("document", "a long text\n", Some("a short text\n"), true).into_string();
        assert!(
            shown.contains("<summary>document: 1 line added, 1 removed</summary>"),
            "{shown}"
        );
        assert!(shown.contains("<del>a <b>short</b> text</del>"), "{shown}");
        assert!(shown.contains("<ins>a <b>long</b> text</ins>"), "{shown}");
    }
}
