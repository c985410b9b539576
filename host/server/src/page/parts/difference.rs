//! What differs between two texts, by line and by word.

use maud::{Markup, html};
use similar::{ChangeTag, TextDiff};

/// Lines around a change.
const CONTEXT: usize = 3;

/// The difference of two texts; where nothing differs, it says so.
pub(crate) fn between(label: &str, old: &str, new: &str) -> Markup {
    if old == new {
        return html! { p.quiet { "Nothing differs." } };
    }
    let diff = TextDiff::from_lines(old, new);
    let groups = diff.grouped_ops(CONTEXT);
    html! {
        div.diff tabindex="0" role="region" aria-label=(label) {
            @for (index, group) in groups.iter().enumerate() {
                @if index > 0 || group.first().is_some_and(|op| op.old_range().start > 0) {
                    div.gap { "⋯" }
                }
                @for op in group {
                    @for change in diff.iter_inline_changes(op) {
                        @let pieces: Vec<_> = change.iter_strings_lossy().collect();
                        (line(change.tag(), change.old_index(), change.new_index(), &pieces))
                    }
                }
            }
        }
    }
}

/// A unified diff of files, as the engine gives it.
pub(crate) fn unified(label: &str, diff: &str) -> Markup {
    let mut shown = Vec::new();
    let (mut old, mut new) = (0, 0);
    for text in diff.lines() {
        let plain = |piece: &'_ str| [(false, std::borrow::Cow::from(piece.to_owned()))];
        if let Some(places) = text.strip_prefix("@@ ") {
            (old, new) = starts(places);
            shown.push(html! { div.gap { "@@ " (places) } });
        } else if text.starts_with("--- ") {
            // The line below names the file too.
        } else if let Some(name) = text.strip_prefix("+++ ") {
            let path = name.strip_prefix("b/").unwrap_or(name);
            shown.push(html! { div.gap.path { (path) } });
        } else if let Some(piece) = text.strip_prefix('+') {
            shown.push(line(ChangeTag::Insert, None, Some(new), &plain(piece)));
            new += 1;
        } else if let Some(piece) = text.strip_prefix('-') {
            shown.push(line(ChangeTag::Delete, Some(old), None, &plain(piece)));
            old += 1;
        } else if let Some(piece) = text.strip_prefix(' ') {
            shown.push(line(ChangeTag::Equal, Some(old), Some(new), &plain(piece)));
            (old, new) = (old + 1, new + 1);
        } else {
            shown.push(html! { div.gap { (text) } });
        }
    }
    html! {
        div.diff tabindex="0" role="region" aria-label=(label) {
            @for part in shown { (part) }
        }
    }
}

/// Where the lines of a part of a unified diff start, from 0.
fn starts(places: &str) -> (usize, usize) {
    let start = |sign: char| {
        let place = places.split(' ').find_map(|part| part.strip_prefix(sign));
        let number = place.and_then(|place| place.split(',').next()?.parse::<usize>().ok());
        number.unwrap_or(1).saturating_sub(1)
    };
    (start('-'), start('+'))
}

fn line(
    tag: ChangeTag,
    old: Option<usize>,
    new: Option<usize>,
    pieces: &[(bool, std::borrow::Cow<'_, str>)],
) -> Markup {
    let number = |index: Option<usize>| index.map(|index| (index + 1).to_string());
    let words = html! {
        @for (emphasised, piece) in pieces {
            @let piece = piece.strip_suffix('\n').unwrap_or(piece);
            @if *emphasised { b { (piece) } } @else { (piece) }
        }
    };
    let (class, sign) = match tag {
        ChangeTag::Equal => (None, ""),
        ChangeTag::Insert => (Some("added"), "+"),
        ChangeTag::Delete => (Some("removed"), "−"),
    };
    html! {
        div class=[class] {
            span.at { (number(old).unwrap_or_default()) }
            span.at { (number(new).unwrap_or_default()) }
            span.sign aria-hidden="true" { (sign) }
            @match tag {
                ChangeTag::Equal => span.line { (words) },
                ChangeTag::Insert => ins.line { (words) },
                ChangeTag::Delete => del.line { (words) },
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
