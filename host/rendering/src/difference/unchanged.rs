//! Unchanged lines between those that differ: folded where there is room for them, and a link where there is none.

use maud::{Markup, html};
use stepwell_comparison::{DiffLine, LineKind, Segment};

use super::lines::{of_text, run};
use super::{Layout, Shown, counted_lines, fitting};

/// What is unfolded by a link, in bytes of HTML: about as much as somebody scrolls through.
const PART: usize = 192 * 1024;

/// The earlier text, read line by line beside its difference.
pub(super) struct Unchanged<'u> {
    lines: std::str::SplitInclusive<'u, char>,
    /// The numbers that the next line has in both texts, from 1.
    next: (u32, u32),
    /// The first lines of both texts in the files that they are from.
    begins: (u32, u32),
    shown: Shown<'u>,
    /// What is left of the room for lines that can be unfolded.
    room: usize,
}

impl<'u> Unchanged<'u> {
    pub(super) fn of(old: &'u str, begins: (u32, u32), shown: Shown<'u>) -> Self {
        Self {
            lines: old.split_inclusive('\n'),
            next: (1, 1),
            begins,
            shown,
            room: shown.folded,
        }
    }

    /// The room that is left for further lines that can be unfolded.
    pub(super) fn room_left(&self) -> usize {
        self.room
    }

    /// Goes on behind lines that were told.
    pub(super) fn pass(&mut self, told: &[DiffLine]) {
        for line in told {
            if line.kind != LineKind::Added {
                self.lines.next();
                self.next.0 += 1;
            }
            if line.kind != LineKind::Removed {
                self.next.1 += 1;
            }
        }
    }

    /// The next lines, which are the same in both texts.
    pub(super) fn gap(&mut self, lines: u32) -> Markup {
        if lines == 0 {
            return html! {};
        }
        let texts: Vec<&str> = self.lines.by_ref().take(lines as usize).collect();
        let first = self.next;
        self.next.0 += lines;
        self.next.1 += lines;
        let said = format!("{} the same", counted_lines(lines));
        let mut room = self.room;
        if fitting(self.costs(&texts), &mut room) == texts.len() && !texts.is_empty() {
            self.room = room;
            return html! {
                details.gap { summary { (said) } (self.drawn(&texts, first)) }
            };
        }
        // A number in an address may be any: only what lies here is shown.
        let from = self
            .shown
            .from
            .filter(|from| (first.0..first.0 + lines).contains(from));
        match from {
            Some(from) => self.part(&texts, first, from),
            None => self.beyond(&said, first.0),
        }
    }

    fn costs(&self, texts: &[&str]) -> impl Iterator<Item = usize> {
        let layout = self.shown.layout;
        let lengths: Vec<usize> = texts.iter().map(|text| text.len()).collect();
        lengths
            .into_iter()
            .map(move |length| of_text(length, true, layout))
    }

    /// As many of these lines as there is room for, from one of them on, and what leads to the others.
    fn part(&self, texts: &[&str], first: (u32, u32), from: u32) -> Markup {
        let before = from - first.0;
        let texts = texts.get(before as usize..).unwrap_or_default();
        let mut room = PART;
        let fits = fitting(self.costs(texts), &mut room)
            .max(1)
            .min(texts.len());
        let after = super::lines_out(texts.len() - fits);
        let next = from + super::lines_out(fits);
        html! {
            @if before > 0 { (self.beyond(&format!("{} the same", counted_lines(before)), first.0)) }
            div.unfolded id=(format!("line-{from}")) { (self.drawn(&texts[..fits], (from, first.1 + before))) }
            @if after > 0 { (self.beyond(&format!("{} more the same", counted_lines(after)), next)) }
        }
    }

    /// Lines that aren't there, and where they are.
    fn beyond(&self, said: &str, line: u32) -> Markup {
        html! {
            div.gap {
                @match self.shown.further {
                    Some(further) => a href=(further(line)) { (said) },
                    None => (said),
                }
            }
        }
    }

    fn drawn(&self, texts: &[&str], first: (u32, u32)) -> Markup {
        let lines = texts.iter().zip(0..).map(|(text, at)| DiffLine {
            kind: LineKind::Same,
            before: Some(first.0 + at),
            after: Some(first.1 + at),
            segments: vec![Segment {
                text: text.strip_suffix('\n').unwrap_or(text).to_owned(),
                changed: false,
            }],
            unterminated: !text.ends_with('\n'),
        });
        let lines: Vec<DiffLine> = lines.collect();
        let layout: Layout = self.shown.layout;
        run(&lines, self.begins, layout)
    }
}
