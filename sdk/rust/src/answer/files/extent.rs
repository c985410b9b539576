//! Where the block of a file ends.
//!
//! Markdown ends a block at the first bare fence that is long enough. Models put blocks of the same length inside of a
//! file, and text behind it. So every fence that may be the end is weighed (`weighing`), and where none is far ahead of the others
//! the end isn't known.

use std::ops::Range;

use crate::answer::edits;
use crate::answer::lines::FenceLine;

use super::naming;
use super::strings::Strings;
use super::weighing::{Fence, Kind, Weighing};

/// The lines of an answer, and what stands out in them.
pub(super) struct Ground<'a> {
    pub(super) lines: &'a [&'a str],
    /// The lines that begin a file, with the fence below.
    markers: Vec<(usize, FenceLine<'a>)>,
    /// All fences, by line, but for those in the halves of an edit: they are text of a file that is there.
    fences: Vec<(usize, FenceLine<'a>)>,
}

/// Where the content of a block ends, and the line behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    Closed {
        end: usize,
        after: usize,
    },
    /// It has no end.
    Open {
        end: usize,
    },
    /// It holds more fences than are weighed.
    Crowded {
        end: usize,
    },
    /// Another fence may be its end as well.
    Unclear {
        end: usize,
        after: usize,
    },
}

impl Extent {
    /// The line behind its content.
    pub(super) fn end(self) -> usize {
        match self {
            Self::Closed { end, .. } | Self::Unclear { end, .. } => end,
            Self::Open { end } | Self::Crowded { end } => end,
        }
    }

    /// The line behind its closing fence.
    pub(super) fn after(self) -> usize {
        match self {
            Self::Closed { after, .. } | Self::Unclear { after, .. } => after,
            Self::Open { end } | Self::Crowded { end } => end,
        }
    }
}

/// How many fences of a file are weighed: of one with more the end isn't known. An answer full of fences must
/// not take for ever.
const WEIGHED: usize = 500;

impl<'a> Ground<'a> {
    pub(super) fn of(lines: &'a [&'a str]) -> Self {
        let markers = (0..lines.len()).filter_map(|at| Some((at, naming::begins_file(lines, at)?)));
        let mut edits = edits_of(lines).into_iter().peekable();
        let fences = lines.iter().enumerate().filter_map(|(at, line)| {
            while edits.next_if(|edit| edit.end <= at).is_some() {}
            let is_edited = edits.peek().is_some_and(|edit| edit.contains(&at));
            let fence = FenceLine::read(line).filter(|_| !is_edited)?;
            Some((at, fence))
        });
        let fences: Vec<_> = fences.collect();
        Self {
            lines,
            markers: markers.collect(),
            fences,
        }
    }

    /// How far the block goes that begins at a line, the file of that path if it is one.
    pub(super) fn extent(
        &self,
        start: usize,
        opening: &FenceLine<'_>,
        path: Option<&str>,
    ) -> Extent {
        // A fence that is longer than usual was made longer for what is inside.
        if opening.length > 3
            && let Some(end) = self
                .fences_in(start + 1..self.lines.len(), opening)
                .find(|fence| fence.bare)
        {
            return Extent::Closed {
                end: end.line,
                after: end.line + 1,
            };
        }
        let Some(path) = path else {
            return self.first_end(start, opening);
        };
        let next = self.next_marker(start, opening);
        let limit = next.unwrap_or(self.lines.len());
        let inside = self.fences_in(start + 1..limit, opening).take(WEIGHED);
        let inside: Vec<Fence> = inside.collect();
        let weighing = Weighing {
            lines: self.lines,
            inside: &inside,
            start,
            limit,
            indent: opening.indent,
            kind: Kind::of(path),
        };
        match (weighing.ends(), next) {
            (Some(end), _) => {
                let (end, is_clear) = (end.line, end.is_clear);
                let after = end + 1;
                match is_clear && !self.may_hold_another(start, end, opening) {
                    true => Extent::Closed { end, after },
                    false => Extent::Unclear { end, after },
                }
            }
            (None, Some(marker)) => self.forgotten(start, marker, inside.is_empty(), weighing.kind),
            (None, None) => {
                let end = self.lines.len();
                match inside.len() < WEIGHED {
                    true => Extent::Open { end },
                    false => Extent::Crowded { end },
                }
            }
        }
    }

    /// Who forgot the closing fence before the next file still wrote this one; who was cut off wrote nothing more. But only of code it
    /// is known that nothing else stands between the two, nor that the next one is part of it.
    fn forgotten(&self, start: usize, marker: usize, is_plain: bool, kind: Kind) -> Extent {
        let within = start + 1..marker;
        let last = within
            .rev()
            .find(|line| !self.lines[*line].trim().is_empty());
        let end = last.map_or(start + 1, |last| last + 1);
        let inside = &self.lines[start + 1..end];
        let is_code = match kind {
            Kind::Prose => false,
            Kind::Code => true,
            Kind::Python => !Strings::of(inside).is_open(),
        };
        let ends_fenced = inside
            .last()
            .is_some_and(|line| FenceLine::read(line).is_some());
        let last_part = inside.rsplit(|line| line.trim().is_empty()).next();
        let is_said =
            last_part.is_some_and(|part| part.iter().all(|line| naming::is_a_sentence(line)));
        match is_plain && is_code && !ends_fenced && (inside.is_empty() || !is_said) {
            true => Extent::Closed { end, after: marker },
            false => Extent::Unclear { end, after: marker },
        }
    }

    /// Of a block that is no file: up to the first bare fence, but for those of blocks with an info string inside. It doesn't
    /// reach over the next file.
    fn first_end(&self, start: usize, opening: &FenceLine<'_>) -> Extent {
        let limit = self.next_marker(start, opening).unwrap_or(self.lines.len());
        let mut inner = 0_usize;
        for fence in self.fences_in(start + 1..limit, opening) {
            match (fence.bare, inner) {
                (false, _) => inner += 1,
                (true, 0) => {
                    return Extent::Closed {
                        end: fence.line,
                        after: fence.line + 1,
                    };
                }
                (true, _) => inner -= 1,
            }
        }
        Extent::Open { end: limit }
    }

    /// The first line behind a fence that begins a file. A bare fence below it may also be the end of the block: then it
    /// counts only where the block's end may stand right before it.
    fn next_marker(&self, line: usize, opening: &FenceLine<'_>) -> Option<usize> {
        let follows_end = |marker: usize| {
            let before = (line + 1..marker).rev();
            let before = before
                .map(|at| self.lines[at])
                .find(|line| !line.trim().is_empty());
            before.is_some_and(|line| opening.is_closed_by(line))
        };
        let mut following = self.markers_after(line, opening);
        let next = following.find(|(marker, fence)| !fence.info.is_empty() || follows_end(*marker));
        next.map(|(marker, _)| *marker)
    }

    /// Whether a line before the end of a block may begin another file.
    fn may_hold_another(&self, start: usize, end: usize, opening: &FenceLine<'_>) -> bool {
        let next = self.markers_after(start, opening).next();
        next.is_some_and(|(marker, _)| *marker < end)
    }

    fn markers_after(
        &self,
        line: usize,
        opening: &FenceLine<'_>,
    ) -> impl Iterator<Item = &(usize, FenceLine<'a>)> {
        let next = self.markers.partition_point(|(marker, _)| *marker <= line);
        let mark = opening.mark;
        self.markers[next..]
            .iter()
            .filter(move |(_, fence)| fence.mark == mark)
    }

    fn fences_in(
        &self,
        lines: Range<usize>,
        opening: &FenceLine<'_>,
    ) -> impl Iterator<Item = Fence> {
        let first = self.fences.partition_point(|(line, _)| *line < lines.start);
        let inside = self.fences[first..]
            .iter()
            .take_while(move |(line, _)| *line < lines.end);
        let matching = inside.filter(move |(_, fence)| fence.matches(opening));
        matching.map(|(line, fence)| Fence {
            line: *line,
            bare: fence.info.is_empty(),
            indent: fence.indent,
        })
    }
}

/// The lines between the markers of each edit.
fn edits_of(lines: &[&str]) -> Vec<Range<usize>> {
    let mut edits = Vec::new();
    let mut open = None;
    for (at, line) in lines.iter().enumerate() {
        if edits::begins(line) {
            open = Some(at);
        } else if edits::ends(line) {
            edits.extend(open.take().map(|opened| opened..at));
        } else if naming::begins_file(lines, at).is_some() {
            // The one before it has no end.
            open = None;
        }
    }
    edits
}
