//! Lines of a difference.

use std::borrow::Cow;

use maud::{Markup, html};
use stepwell_comparison::{DiffLine, LineKind, Segment};
use stepwell_contract::{amounts, visible};

use super::Layout;

/// Of a longer line only the beginning is shown: nobody reads a line of 5 MB.
const LONGEST_LINE: usize = 16 * 1024;

/// What stands around a line, in bytes of HTML.
const AROUND: usize = 110;

/// About how many bytes of HTML a line takes.
pub(super) fn cost(line: &DiffLine, layout: Layout) -> usize {
    let text: usize = line.segments.iter().map(|piece| piece.text.len()).sum();
    of_text(text, line.kind == LineKind::Same, layout)
}

/// As much for an unchanged line or another one, of a text of so many bytes.
pub(super) fn of_text(bytes: usize, is_same: bool, layout: Layout) -> usize {
    let once = AROUND + bytes.min(LONGEST_LINE);
    match layout {
        Layout::Beside if is_same => 2 * once,
        _ => once,
    }
}

/// Lines that are all the same, or all of which differ, of texts that begin with these lines.
pub(super) fn run(lines: &[DiffLine], begins: (u32, u32), layout: Layout) -> Markup {
    match layout {
        Layout::Below => html! { @for told in lines { (line(told, begins, false)) } },
        Layout::Beside => html! {
            @if !lines.is_empty() {
                div.pair {
                    @for told in lines {
                        (line(told, begins, false))
                        @if told.kind == LineKind::Same { (line(told, begins, true)) }
                    }
                }
            }
        },
    }
}

/// A line; `again` is its copy on the other side, which nobody has to hear twice.
fn line(told: &DiffLine, begins: (u32, u32), again: bool) -> Markup {
    let number = |number: Option<u32>, begins: u32| {
        number
            .map(|number| (number + begins - 1).to_string())
            .unwrap_or_default()
    };
    let (class, sign) = match told.kind {
        LineKind::Same if again => ("same again", ""),
        LineKind::Same => ("same", ""),
        LineKind::Added => ("added", "+"),
        LineKind::Removed => ("removed", "−"),
    };
    html! {
        div class=(class) aria-hidden=[again.then_some("true")] {
            span.at { (number(told.before, begins.0)) }
            span.at { (number(told.after, begins.1)) }
            span.sign aria-hidden="true" { (sign) }
            @match told.kind {
                LineKind::Same => span.line { (words(told)) },
                LineKind::Added => ins.line { (words(told)) },
                LineKind::Removed => del.line { (words(told)) },
            }
        }
    }
}

/// What stands in a line, as far as somebody reads it.
fn words(told: &DiffLine) -> Markup {
    let mut room = LONGEST_LINE;
    let mut beyond = 0;
    let mut pieces: Vec<(bool, Cow<str>)> = Vec::new();
    for Segment { text, changed } in &told.segments {
        let shown = &text[..text.floor_char_boundary(room)];
        room -= shown.len();
        beyond += text.len() - shown.len();
        if shown.len() < text.len() {
            room = 0;
        }
        if !shown.is_empty() {
            pieces.push((*changed, visible(shown)));
        }
    }
    html! {
        @for (changed, text) in &pieces {
            @if *changed { b { (text) } } @else { (text) }
        }
        @if beyond > 0 { span.quiet { " … " (amounts::size(beyond as u64)) " more of this line" } }
        @if told.unterminated { span.quiet { " ⏎ missing" } }
    }
}
