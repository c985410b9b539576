//! Where the block of a file ends.
//!
//! Markdown ends a block at the first bare fence that is long enough. Models put blocks of the same length inside of a
//! file, and text behind it. So every fence that may be the end is weighed: whether those before it and those after it are
//! pairs, and whether they stand as fences stand that open or close, apart from the text or not.

use std::ops::Range;

use crate::answer::lines::FenceLine;

use super::naming;

/// The lines of an answer, and what stands out in them.
pub(super) struct Ground<'a> {
    pub(super) lines: &'a [&'a str],
    /// The lines that begin a file, with the fence below.
    markers: Vec<(usize, FenceLine<'a>)>,
    /// All fences, by line.
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

/// What speaks against a reading. The numbers weigh against each other, and mean nothing besides.
mod faults {
    /// A fence inside that opens with nothing below it, or closes with nothing above it or with text right behind it.
    pub(super) const AWRY: u32 = 1;
    /// The same at the end of the file, which is set apart with more care.
    pub(super) const END_AWRY: u32 = 2;
    /// The end is indented otherwise than the beginning.
    pub(super) const END_ASIDE: u32 = 2;
    /// Code holds a bare block.
    pub(super) const BLOCK_IN_CODE: u32 = 2;
    /// The fences behind the end are no pairs.
    pub(super) const REST_UNPAIRED: u32 = 4;
}

impl<'a> Ground<'a> {
    pub(super) fn of(lines: &'a [&'a str]) -> Self {
        let markers = (0..lines.len()).filter_map(|at| Some((at, naming::begins_file(lines, at)?)));
        let fences = lines.iter().enumerate();
        Self {
            lines,
            markers: markers.collect(),
            fences: fences
                .filter_map(|(at, line)| Some((at, FenceLine::read(line)?)))
                .collect(),
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
        let weighed = Weighing {
            ground: self,
            inside: &inside,
            limit,
            opening,
            in_code: is_code(path),
        };
        match (weighed.ends(), next) {
            (Some((end, true)), _) if !self.may_hold_another(start, end, opening) => {
                Extent::Closed {
                    end,
                    after: end + 1,
                }
            }
            (Some((end, _)), _) => Extent::Unclear {
                end,
                after: end + 1,
            },
            // Who forgot the closing fence still wrote the file; who was cut off wrote nothing more.
            (None, Some(marker)) => {
                let blank = |line: &usize| self.lines[*line].trim().is_empty();
                let last = (start + 1..marker).rev().find(|line| !blank(line));
                let end = last.map_or(start + 1, |last| {
                    match last > start + 1 && opening.is_closed_by(self.lines[last]) {
                        true => last,
                        false => last + 1,
                    }
                });
                Extent::Closed { end, after: marker }
            }
            (None, None) => {
                let end = self.lines.len();
                match inside.len() < WEIGHED {
                    true => Extent::Open { end },
                    false => Extent::Crowded { end },
                }
            }
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

    fn is_blank(&self, line: usize) -> bool {
        self.lines
            .get(line)
            .is_none_or(|line| line.trim().is_empty())
    }

    /// Whether what stands at a line stands apart from a fence before it.
    fn is_apart(&self, line: usize, limit: usize) -> bool {
        line >= limit
            || self.is_blank(line)
            || FenceLine::read(self.lines[line]).is_some()
            || naming::is_only_a_path(self.lines[line])
    }
}

/// A fence inside of a block that may end it, or is part of a block inside.
#[derive(Debug, Clone, Copy)]
struct Fence {
    line: usize,
    bare: bool,
    indent: usize,
}

struct Weighing<'g, 'a> {
    ground: &'g Ground<'a>,
    inside: &'g [Fence],
    /// The line that the block doesn't reach.
    limit: usize,
    opening: &'g FenceLine<'g>,
    in_code: bool,
}

impl Weighing<'_, '_> {
    /// The line that ends the block most likely, and whether no other one is as likely; none where none can.
    fn ends(&self) -> Option<(usize, bool)> {
        let partners = self.partners();
        let rest = self.rest(&partners);
        let mut best: Option<(u32, usize, bool)> = None;
        let (mut at, mut before) = (0, 0);
        while let Some(fence) = self.inside.get(at) {
            if fence.bare {
                let faults = before + self.at_end(fence) + rest[at + 1];
                best = match best {
                    Some((least, line, _)) if least == faults => Some((least, line, false)),
                    Some(known) if known.0 < faults => Some(known),
                    _ => Some((faults, fence.line, true)),
                };
            }
            let Some(partner) = partners[at] else { break };
            before += self.in_pair(at, partner);
            if self.in_code && fence.bare {
                before += faults::BLOCK_IN_CODE;
            }
            at = partner + 1;
        }
        best.map(|(_, line, only)| (line, only))
    }

    /// The fence that closes the block inside which each one would open. A bare one is closed by the next, which must be
    /// bare; in a block with an info string others with one may stand.
    fn partners(&self) -> Vec<Option<usize>> {
        let mut partners = vec![None; self.inside.len()];
        let mut open = Vec::new();
        for (at, fence) in self.inside.iter().enumerate() {
            if !fence.bare {
                open.push(at);
                continue;
            }
            if let Some(opened) = open.pop() {
                partners[opened] = Some(at);
            }
            let next = self.inside.get(at + 1).filter(|next| next.bare);
            partners[at] = next.map(|_| at + 1);
        }
        partners
    }

    /// What speaks against the fences from each one on as blocks of their own.
    fn rest(&self, partners: &[Option<usize>]) -> Vec<u32> {
        let mut rest = vec![0; self.inside.len() + 1];
        for at in (0..self.inside.len()).rev() {
            rest[at] = match partners[at] {
                Some(partner) => self.in_pair(at, partner).saturating_add(rest[partner + 1]),
                None => faults::REST_UNPAIRED,
            };
        }
        rest
    }

    fn in_pair(&self, opens: usize, closes: usize) -> u32 {
        let (opens, closes) = (self.inside[opens].line, self.inside[closes].line);
        let bare_start = self.ground.is_blank(opens + 1);
        let bare_end = closes > opens + 1 && self.ground.is_blank(closes - 1);
        let glued = !self.ground.is_apart(closes + 1, self.limit);
        faults::AWRY
            * [bare_start, bare_end, glued]
                .iter()
                .map(|fault| u32::from(*fault))
                .sum::<u32>()
    }

    fn at_end(&self, fence: &Fence) -> u32 {
        let bare_end = self.ground.is_blank(fence.line - 1);
        let glued = !self.ground.is_apart(fence.line + 1, self.limit);
        let aside = fence.indent > self.opening.indent;
        u32::from(bare_end) * faults::AWRY
            + u32::from(glued) * faults::END_AWRY
            + u32::from(aside) * faults::END_ASIDE
    }
}

/// Whether a file is code, in which blocks of Markdown are rare.
fn is_code(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((_, extension)) => ![
            "md", "markdown", "mdx", "mdc", "qmd", "rst", "txt", "adoc", "j2", "jinja",
        ]
        .contains(&extension.to_ascii_lowercase().as_str()),
        None => false,
    }
}
