//! Which fence ends a file, where several may: what speaks against each, and whether one is far enough ahead of the others.

use crate::answer::lines::FenceLine;

use super::naming;
use super::strings::Strings;

/// A fence inside of a block that may end it, or is part of a block inside.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fence {
    pub(super) line: usize,
    pub(super) bare: bool,
    pub(super) indent: usize,
}

/// What a file holds, as far as fences mean something else in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Markdown and other texts, in which blocks are usual.
    Prose,
    /// Code, in which they stand in a comment or a string, if at all.
    Code,
    /// Code whose long strings show by their quotes where they begin and end.
    Python,
}

impl Kind {
    pub(super) fn of(path: &str) -> Self {
        const PROSE: [&str; 10] = [
            "md", "markdown", "mdx", "mdc", "qmd", "rst", "txt", "adoc", "j2", "jinja",
        ];
        match naming::extension(path).as_deref() {
            None => Self::Prose,
            Some("py" | "pyi") => Self::Python,
            Some(extension) if PROSE.contains(&extension) => Self::Prose,
            Some(_) => Self::Code,
        }
    }

    /// By how much the likeliest end has to be ahead of every other one. A file is lost where the guess is wrong, and a call where it
    /// isn't made. In code no fence says which of them opens a block, so it takes more.
    fn margin(self) -> u32 {
        match self {
            Self::Prose => 2,
            Self::Code | Self::Python => 3,
        }
    }
}

/// What speaks against a reading. The numbers weigh against each other, and mean nothing besides.
mod faults {
    /// A fence inside that opens with nothing below it, or closes with nothing above it or with text right behind it.
    pub(super) const AWRY: u32 = 1;
    /// The end of the file has nothing above it.
    pub(super) const BARE_END: u32 = 1;
    /// Text stands right behind the end of the file, which is set apart with more care.
    pub(super) const GLUED_END: u32 = 3;
    /// The end is indented otherwise than the beginning.
    pub(super) const END_ASIDE: u32 = 4;
    /// A fence closes something right below a line that announces it: `Use it so:`.
    pub(super) const ANNOUNCED: u32 = 2;
    /// The same below a line that names a file.
    pub(super) const NAMED: u32 = 4;
    /// Code holds a bare block.
    pub(super) const BLOCK_IN_CODE: u32 = 2;
    /// A file of Python ends within a string.
    pub(super) const IN_STRING: u32 = 8;
    /// The fences behind the end are no pairs.
    pub(super) const REST_UNPAIRED: u32 = 4;
}

/// The fences of a block, weighed as its end.
pub(super) struct Weighing<'g> {
    pub(super) lines: &'g [&'g str],
    pub(super) inside: &'g [Fence],
    /// The line of the opening fence.
    pub(super) start: usize,
    /// The line that the block doesn't reach.
    pub(super) limit: usize,
    pub(super) indent: usize,
    pub(super) kind: Kind,
}

/// The end that is likeliest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Likeliest {
    pub(super) line: usize,
    /// Whether no other reading is near.
    pub(super) is_clear: bool,
}

/// What is behind a fence.
#[derive(Debug, Clone, Copy, Default)]
struct Rest {
    faults: u32,
    is_odd: bool,
}

/// The best reading so far, and how near the next best one is.
#[derive(Debug, Clone, Copy)]
struct Best {
    faults: u32,
    next: u32,
    line: usize,
    /// Whether a fence behind the end lacks its partner. Then the end may be part of a block inside.
    is_odd: bool,
}

impl Weighing<'_> {
    /// The line that ends the block most likely; none where none can.
    pub(super) fn ends(&self) -> Option<Likeliest> {
        let partners = self.partners();
        let rest = self.rest(&partners);
        let mut strings = Strings::default();
        let mut best: Option<Best> = None;
        let (mut at, mut before, mut looked) = (0, 0_u32, self.start + 1);
        while let Some(fence) = self.inside.get(at) {
            strings.take(&self.lines[looked..fence.line]);
            looked = fence.line;
            if fence.bare {
                let behind = rest[at + 1];
                let reading = Best {
                    faults: before + self.at_end(fence, &strings) + behind.faults,
                    next: u32::MAX,
                    line: fence.line,
                    is_odd: behind.is_odd,
                };
                best = Some(best.map_or(reading, |best| best.or(reading)));
            }
            let Some(partner) = partners[at] else { break };
            before = before.saturating_add(self.in_pair(at, partner));
            if self.kind != Kind::Prose && fence.bare {
                before += faults::BLOCK_IN_CODE;
            }
            at = partner + 1;
        }
        best.map(|best| Likeliest {
            line: best.line,
            is_clear: !best.is_odd && best.next - best.faults >= self.kind.margin(),
        })
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
    fn rest(&self, partners: &[Option<usize>]) -> Vec<Rest> {
        let mut rest = vec![Rest::default(); self.inside.len() + 1];
        for at in (0..self.inside.len()).rev() {
            rest[at] = match partners[at] {
                Some(partner) => Rest {
                    faults: self
                        .in_pair(at, partner)
                        .saturating_add(rest[partner + 1].faults),
                    is_odd: rest[partner + 1].is_odd,
                },
                None => Rest {
                    faults: faults::REST_UNPAIRED,
                    is_odd: true,
                },
            };
        }
        rest
    }

    fn in_pair(&self, opens: usize, closes: usize) -> u32 {
        let (opens, closes) = (self.inside[opens].line, self.inside[closes].line);
        let bare_start = self.is_blank(opens + 1);
        let bare_end = closes > opens + 1 && self.is_blank(closes - 1);
        let glued = !self.is_apart(closes + 1);
        let awry = [bare_start, bare_end, glued];
        let awry: u32 = awry.iter().map(|fault| u32::from(*fault)).sum();
        faults::AWRY * awry + self.announced(closes)
    }

    fn at_end(&self, fence: &Fence, strings: &Strings) -> u32 {
        let bare_end = self.is_blank(fence.line - 1);
        let glued = !self.is_apart(fence.line + 1);
        let aside = fence.indent > self.indent;
        let in_string = self.kind == Kind::Python && strings.is_open();
        u32::from(bare_end) * faults::BARE_END
            + u32::from(glued) * faults::GLUED_END
            + u32::from(aside) * faults::END_ASIDE
            + self.announced(fence.line)
            + u32::from(in_string) * faults::IN_STRING
    }

    /// What the last thing that is said before a fence has against its closing something.
    fn announced(&self, line: usize) -> u32 {
        let mut before = self.lines[self.start + 1..line].iter().rev();
        match before.find(|line| !line.trim().is_empty()) {
            Some(said) if FenceLine::read(said).is_some() => 0,
            Some(said) if naming::names_a_file(said) => faults::NAMED,
            Some(said) if said.trim_end().ends_with(':') => faults::ANNOUNCED,
            _ => 0,
        }
    }

    fn is_blank(&self, line: usize) -> bool {
        self.lines
            .get(line)
            .is_none_or(|line| line.trim().is_empty())
    }

    /// Whether what stands at a line stands apart from a fence before it.
    fn is_apart(&self, line: usize) -> bool {
        line >= self.limit
            || self.is_blank(line)
            || FenceLine::read(self.lines[line]).is_some()
            || naming::is_only_a_path(self.lines[line])
    }
}

impl Best {
    /// The better of two; of equals the one that ends first.
    fn or(self, other: Self) -> Self {
        match other.faults < self.faults {
            true => Self {
                next: self.faults,
                ..other
            },
            false => Self {
                next: self.next.min(other.faults),
                ..self
            },
        }
    }
}
