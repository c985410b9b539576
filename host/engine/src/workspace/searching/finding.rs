//! The lines that a search finds in one text, as far as there is room for them.

use std::io::{self, Read};
use std::time::Instant;

use grep_searcher::{Searcher, Sink, SinkContext, SinkContextKind, SinkMatch};
use stepwell_contract::FoundLine;

/// Bytes of one line that are told; what is more is cut.
const LONGEST_TOLD: usize = 500;
/// Bytes of all lines that are told.
const MOST_TOLD: usize = 1 << 20;
/// Bytes that a line costs beside its text.
const OF_A_LINE: usize = 16;

/// The room for what is found, in all texts together.
pub(super) struct Room {
    matches: u32,
    bytes: usize,
    /// Whether there was more than it took.
    pub(super) is_more: bool,
}

impl Room {
    pub(super) fn of(matches: u32) -> Self {
        Self {
            matches,
            bytes: MOST_TOLD,
            is_more: false,
        }
    }

    /// Whether something was found that it couldn't take: then nothing more is told.
    pub(super) fn is_full(&self) -> bool {
        self.is_more
    }
}

/// What is found in one text.
pub(super) struct Found<'a> {
    room: &'a mut Room,
    lines: Vec<FoundLine>,
    /// Lines in front of a match that may yet come.
    before: Vec<FoundLine>,
}

impl<'a> Found<'a> {
    pub(super) fn new(room: &'a mut Room) -> Self {
        Self {
            room,
            lines: Vec::new(),
            before: Vec::new(),
        }
    }

    pub(super) fn lines(self) -> Vec<FoundLine> {
        self.lines
    }

    /// Takes lines if there is room for all of them.
    fn take(&mut self, lines: Vec<FoundLine>) -> bool {
        let bytes: usize = lines.iter().map(|line| line.text.len() + OF_A_LINE).sum();
        match self.room.bytes.checked_sub(bytes) {
            Some(left) => {
                self.room.bytes = left;
                self.lines.extend(lines);
                true
            }
            None => {
                self.room.is_more = true;
                false
            }
        }
    }
}

impl Sink for Found<'_> {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        let Some(left) = self.room.matches.checked_sub(1) else {
            self.room.is_more = true;
            return Ok(false);
        };
        self.room.matches = left;
        let mut lines = std::mem::take(&mut self.before);
        lines.push(told(found.line_number(), found.bytes(), true));
        Ok(self.take(lines))
    }

    fn context(&mut self, _: &Searcher, around: &SinkContext<'_>) -> io::Result<bool> {
        let line = told(around.line_number(), around.bytes(), false);
        match around.kind() {
            SinkContextKind::Before => {
                self.before.push(line);
                Ok(true)
            }
            SinkContextKind::After | SinkContextKind::Other => Ok(self.take(vec![line])),
        }
    }
}

fn told(number: Option<u64>, bytes: &[u8], matches: bool) -> FoundLine {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    // As many characters as the bytes that are told can have, and what a cut through one leaves is cut with the rest.
    let beginning = &bytes[..bytes.len().min(LONGEST_TOLD + 4)];
    let mut text = String::from_utf8_lossy(beginning).into_owned();
    if text.len() > LONGEST_TOLD {
        text.truncate(text.floor_char_boundary(LONGEST_TOLD));
        text.push('…');
    }
    FoundLine {
        number: number
            .and_then(|number| u32::try_from(number).ok())
            .unwrap_or(u32::MAX),
        text,
        matches,
    }
}

/// A text that is read until a time, and no further.
pub(super) struct Timed<'a> {
    text: &'a [u8],
    until: Instant,
}

impl<'a> Timed<'a> {
    pub(super) fn new(text: &'a [u8], until: Instant) -> Self {
        Self { text, until }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if Instant::now() >= self.until {
            return Err(io::ErrorKind::TimedOut.into());
        }
        self.text.read(into)
    }
}
