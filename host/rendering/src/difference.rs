//! What differs between two texts, by line and by word.

use maud::{Markup, html};
use stepwell_comparison::{DiffLine, LineKind, Segment, TextDifference, differences};

use crate::texts::visible;

/// The difference of two texts; where nothing differs, it says so.
#[must_use]
pub fn between(label: &str, old: &str, new: &str) -> Markup {
    let told = differences(old, new);
    html! { @if told.is_none() { p.quiet { "Nothing differs." } } @else { (changes(label, &told)) } }
}

/// What differs, line by line, with the changed words marked.
pub(crate) fn changes(label: &str, told: &TextDifference) -> Markup {
    html! {
        div.diff tabindex="0" role="region" aria-label=(label) {
            @for hunk in &told.hunks {
                (gap(hunk.skipped, "the same"))
                @for told in &hunk.lines { (line(told)) }
            }
            (gap(told.skipped, "the same"))
            (gap(told.left_out, "more that differ"))
        }
    }
}

fn gap(lines: u32, what: &str) -> Markup {
    html! {
        @if lines > 0 { div.gap { "⋯ " (lines) @if lines == 1 { " line " } @else { " lines " } (what) } }
    }
}

/// Such as `2 lines added, 1 removed`.
pub(crate) fn counted(difference: &TextDifference) -> String {
    let lines = |count| if count == 1 { "line" } else { "lines" };
    match (difference.added, difference.removed) {
        (added, 0) => format!("{added} {} added", lines(added)),
        (0, removed) => format!("{removed} {} removed", lines(removed)),
        (added, removed) => format!("{added} {} added, {removed} removed", lines(added)),
    }
}

/// A unified diff of files, as the engine gives it.
#[must_use]
pub fn unified(label: &str, diff: &str) -> Markup {
    let mut shown = Vec::new();
    let (mut old, mut new) = (0, 0);
    for text in diff.lines() {
        if let Some(places) = text.strip_prefix("@@ ") {
            (old, new) = starts(places);
            shown.push(html! { div.gap { "@@ " (places) } });
        } else if text.starts_with("--- ") {
            // The line below names the file too.
        } else if let Some(name) = text.strip_prefix("+++ ") {
            let path = name.strip_prefix("b/").unwrap_or(name);
            shown.push(html! { div.gap.path { (visible(path)) } });
        } else if let Some(piece) = text.strip_prefix('+') {
            shown.push(line(&plain(LineKind::Added, None, Some(new), piece)));
            new += 1;
        } else if let Some(piece) = text.strip_prefix('-') {
            shown.push(line(&plain(LineKind::Removed, Some(old), None, piece)));
            old += 1;
        } else if let Some(piece) = text.strip_prefix(' ') {
            shown.push(line(&plain(LineKind::Same, Some(old), Some(new), piece)));
            (old, new) = (old + 1, new + 1);
        } else {
            shown.push(html! { div.gap { (visible(text)) } });
        }
    }
    html! {
        div.diff tabindex="0" role="region" aria-label=(label) {
            @for part in shown { (part) }
        }
    }
}

/// Where the lines of a part of a unified diff start, from 1.
fn starts(places: &str) -> (u32, u32) {
    let start = |sign: char| {
        let place = places.split(' ').find_map(|part| part.strip_prefix(sign));
        let number = place.and_then(|place| place.split(',').next()?.parse().ok());
        number.unwrap_or(1)
    };
    (start('-'), start('+'))
}

/// A line of which no words are told apart.
fn plain(kind: LineKind, before: Option<u32>, after: Option<u32>, text: &str) -> DiffLine {
    let segment = Segment {
        text: text.to_owned(),
        changed: false,
    };
    DiffLine {
        kind,
        before,
        after,
        segments: vec![segment],
        unterminated: false,
    }
}

fn line(told: &DiffLine) -> Markup {
    let number = |number: Option<u32>| number.map(|number| number.to_string()).unwrap_or_default();
    let words = html! {
        @for Segment { text, changed } in &told.segments {
            @if *changed { b { (visible(text)) } } @else { (visible(text)) }
        }
        @if told.unterminated { span.quiet { " ⏎ missing" } }
    };
    let (class, sign) = match told.kind {
        LineKind::Same => (None, ""),
        LineKind::Added => (Some("added"), "+"),
        LineKind::Removed => (Some("removed"), "−"),
    };
    html! {
        div class=[class] {
            span.at { (number(told.before)) }
            span.at { (number(told.after)) }
            span.sign aria-hidden="true" { (sign) }
            @match told.kind {
                LineKind::Same => span.line { (words) },
                LineKind::Added => ins.line { (words) },
                LineKind::Removed => del.line { (words) },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changed_words_are_marked_within_their_lines() {
        let shown = between("Diff", "a short text\nsame\n", "a long text\nsame\n").into_string();
        assert!(shown.contains("a <b>short</b> text</del>"), "{shown}");
        assert!(shown.contains("a <b>long</b> text</ins>"), "{shown}");
        assert!(shown.contains(">same</span>"), "{shown}");
        let counted = counted(&differences("a\nb", "a\nc\nd"));
        assert_eq!(counted, "2 lines added, 1 removed");
    }

    #[test]
    fn a_diff_of_hostile_files_stays_text() {
        let diff = "--- a/<b>\n+++ b/<b>\n@@ -1 +1 @@\n-<i>\n+<script>\n";
        let shown = unified("Files", diff).into_string();
        assert!(
            !shown.contains("<script>") && !shown.contains("<i>"),
            "{shown}"
        );
        assert!(shown.contains("&lt;script&gt;</ins>"), "{shown}");
    }
}
