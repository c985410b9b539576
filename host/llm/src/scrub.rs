//! Removes a key from an answer, should a server send it back.
//!
//! It sits before everything that reads, shows or stores an answer, so that none of those has to think of it. The bytes go
//! through it as they come; what was joined from the pieces of a stream goes through it once more, in `scrub/answer.rs`.

mod answer;
mod several;

pub(crate) use several::Scrubs;

use std::sync::Arc;

use crate::keys::Secret;

/// What stands in the place of a key.
const INSTEAD: &str = "[key removed]";

/// The same for a key that the sentence above could be a part of. No key has this character, since no header takes it.
const INSTEAD_OF_BRACKETS: &str = "…";

/// Takes an answer in pieces and gives it on without the key.
#[derive(Debug, Default)]
pub(crate) struct Scrub {
    key: Option<Arc<Pattern>>,
    /// The end of what came, as far as it may be the beginning of the key.
    held: Vec<u8>,
    /// The ways in which what is held may go on to be the key, the earliest beginning first.
    ways: Vec<Way>,
    has_removed: bool,
}

struct Pattern {
    key: Vec<u8>,
    instead: &'static str,
}

impl Pattern {
    /// Whether a reading of the key may begin with a byte: its first character, or what an escape begins with.
    fn may_begin_with(&self, byte: u8) -> bool {
        matches!(byte, b'\\' | b'%' | b'&') || self.key.first() == Some(&byte)
    }
}

impl std::fmt::Debug for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// One reading of what is held.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// Where it begins, in what is held.
    start: usize,
    /// So many characters of the key were read.
    read: usize,
    within: Within,
}

/// Where a reading stands within the next character of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Within {
    Nothing,
    /// Behind backslashes. There are many where JSON lies in a string of JSON.
    Backslashes,
    /// Behind `\u`, `\x` or `%`, and so many of its digits.
    Digits {
        read: usize,
        of: usize,
    },
    /// Behind `%2`: with a `5` that is an escaped `%`.
    HalfAPercent,
    /// Behind `&`.
    Ampersand,
    /// Behind `&` and so many letters of the name that HTML has for the character, such as `&quot;`.
    Named(u8),
    /// Behind `&#`, `&#x` or `\u{`: a number, so far with this value and so many digits, up to its end.
    Number {
        base: u8,
        value: u8,
        digits: u8,
        end: u8,
    },
}

/// The most digits of a number: more than that are no letter that somebody wrote.
const MOST_DIGITS: u8 = 8;

impl Scrub {
    pub(crate) fn new(key: Option<&Secret>) -> Self {
        Self::of(key, |key| key.as_bytes().to_vec())
    }

    /// For what is told in lower case, such as names of headers.
    pub(crate) fn in_lower_case(key: Option<&Secret>) -> Self {
        Self::of(key, |key| key.to_lowercase().into_bytes())
    }

    fn of(key: Option<&Secret>, form: impl Fn(&str) -> Vec<u8>) -> Self {
        // One that isn't ASCII fits into no header, and so was never sent.
        let key = key.filter(|key| key.is_sensitive() && key.expose().is_ascii());
        let pattern = |key: &Secret| {
            let overlaps = key.expose().contains(['[', ']']) || INSTEAD.contains(key.expose());
            Arc::new(Pattern {
                key: form(key.expose()),
                instead: if overlaps {
                    INSTEAD_OF_BRACKETS
                } else {
                    INSTEAD
                },
            })
        };
        Self {
            key: key.map(pattern),
            ..Self::default()
        }
    }

    /// One for another text that has the same key.
    fn again(&self) -> Self {
        Self {
            key: self.key.clone(),
            ..Self::default()
        }
    }

    /// The next piece, without the key; its end is held back while it could be the key's beginning.
    pub(crate) fn take(&mut self, piece: &[u8]) -> Vec<u8> {
        let Some(pattern) = self.key.clone() else {
            return piece.to_vec();
        };
        let mut clean = Vec::with_capacity(piece.len());
        for byte in piece {
            // Nearly all bytes of an answer are neither held nor the beginning of anything.
            if self.held.is_empty() && !pattern.may_begin_with(*byte) {
                clean.push(*byte);
                continue;
            }
            self.ways.push(Way {
                start: self.held.len(),
                read: 0,
                within: Within::Nothing,
            });
            self.held.push(*byte);
            let mut next: Vec<Way> = Vec::new();
            for way in std::mem::take(&mut self.ways) {
                way.follow(&pattern.key, *byte, |way| {
                    let is_known =
                        |other: &Way| other.read == way.read && other.within == way.within;
                    if !next.iter().any(is_known) {
                        next.push(way);
                    }
                });
            }
            match next.iter().find(|way| way.read == pattern.key.len()) {
                Some(way) => self.remove(way.start, &mut clean, pattern.instead),
                None => {
                    let free = next.first().map_or(self.held.len(), |way| way.start);
                    clean.extend(self.held.drain(..free));
                    next.iter_mut().for_each(|way| way.start -= free);
                    self.ways = next;
                }
            }
        }
        clean
    }

    /// What is still held back: the answer ended before it became the key. What became most of it is removed, too.
    pub(crate) fn end(&mut self) -> Vec<u8> {
        let mut clean = Vec::new();
        if let Some(pattern) = self.key.clone()
            && let Some(way) = self.ways.iter().find(|way| way.is_most_of(&pattern.key))
        {
            self.remove(way.start, &mut clean, pattern.instead);
        }
        self.ways.clear();
        clean.append(&mut self.held);
        clean
    }

    fn remove(&mut self, start: usize, clean: &mut Vec<u8>, instead: &str) {
        clean.extend_from_slice(&self.held[..start]);
        clean.extend_from_slice(instead.as_bytes());
        self.held.clear();
        self.ways.clear();
        self.has_removed = true;
    }

    /// So many bytes are held back.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// Whether the key was in it.
    pub(crate) fn has_removed(&self) -> bool {
        self.has_removed
    }

    /// A whole text without the key.
    pub(crate) fn text(&self, text: &str) -> String {
        if self.key.is_none() {
            return text.to_owned();
        }
        let mut scrub = self.again();
        let mut clean = scrub.take(text.as_bytes());
        clean.append(&mut scrub.end());
        // Whole characters alone are removed.
        String::from_utf8_lossy(&clean).into_owned()
    }
}

impl Within {
    fn number(base: u8, end: u8) -> Self {
        Self::Number {
            base,
            value: 0,
            digits: 0,
            end,
        }
    }

    /// A number with one more digit; none where it becomes no character of a key.
    fn and(self, byte: u8) -> Option<Self> {
        let Self::Number {
            base,
            value,
            digits,
            end,
        } = self
        else {
            return None;
        };
        let digit = char::from(byte).to_digit(base.into())?;
        let value = value
            .checked_mul(base)?
            .checked_add(u8::try_from(digit).ok()?)?;
        (digits < MOST_DIGITS).then_some(Self::Number {
            base,
            value,
            digits: digits + 1,
            end,
        })
    }
}

/// The name that HTML has for a character, with what ends it; empty where pages write the character itself.
fn name_of(character: u8) -> &'static [u8] {
    match character {
        b'&' => b"amp;",
        b'<' => b"lt;",
        b'>' => b"gt;",
        b'"' => b"quot;",
        b'\'' => b"apos;",
        _ => b"",
    }
}

impl Way {
    /// Hands on how this reading goes on with one more byte: a character of the key stands as itself, behind backslashes,
    /// as `\u0073`, `\x73`, `\u{73}` or `\U00000073`, as `%73` or `%2573`, or as `&#115;`, `&#x73;` or, where
    /// HTML has a name for it, `&amp;`. Control characters between
    /// those of the key are passed over: a terminal shows none.
    fn follow(self, key: &[u8], byte: u8, mut to: impl FnMut(Self)) {
        let Some(wanted) = key.get(self.read) else {
            return;
        };
        let mut on = |read, within| {
            to(Self {
                start: self.start,
                read,
                within,
            });
        };
        match self.within {
            Within::Nothing | Within::Backslashes => self.begin(*wanted, byte, &mut on),
            Within::HalfAPercent => {
                if byte == b'5' {
                    on(self.read, Within::Digits { read: 0, of: 2 });
                }
            }
            Within::Ampersand => {
                if byte == b'#' {
                    on(self.read, Within::number(10, b';'));
                } else if name_of(*wanted).first() == Some(&byte) {
                    on(self.read, Within::Named(1));
                }
            }
            Within::Named(read) => match name_of(*wanted).get(usize::from(read)) {
                Some(b';') if byte == b';' => on(self.read + 1, Within::Nothing),
                Some(letter) if *letter == byte => on(self.read, Within::Named(read + 1)),
                _ => {}
            },
            Within::Number { end, value, .. } if byte == end => {
                if value == *wanted {
                    on(self.read + 1, Within::Nothing);
                }
            }
            Within::Number {
                base: 10,
                digits: 0,
                end,
                ..
            } if matches!(byte, b'x' | b'X') => on(self.read, Within::number(16, end)),
            number @ Within::Number { .. } => {
                if let Some(number) = number.and(byte) {
                    on(self.read, number);
                }
            }
            Within::Digits { read, of } => self.digit((read, of), *wanted, byte, &mut on),
        }
    }

    /// A character of the key as itself, or the beginning of one that is written otherwise.
    fn begin(self, wanted: u8, byte: u8, on: &mut impl FnMut(usize, Within)) {
        let is_behind = self.within == Within::Backslashes;
        let is_tab = is_behind && (wanted, byte) == (b'\t', b't');
        if byte == wanted || is_tab {
            on(self.read + 1, Within::Nothing);
        }
        match byte {
            b'\\' => on(self.read, Within::Backslashes),
            b'u' if is_behind => on(self.read, Within::Digits { read: 0, of: 4 }),
            b'x' if is_behind => on(self.read, Within::Digits { read: 0, of: 2 }),
            b'U' if is_behind => on(self.read, Within::Digits { read: 0, of: 8 }),
            b'%' => on(self.read, Within::Digits { read: 0, of: 2 }),
            b'&' => on(self.read, Within::Ampersand),
            _ if byte.is_ascii_control() && self.read > 0 => {
                on(self.read, Within::Nothing);
            }
            _ => {}
        }
    }

    /// The next of so many digits.
    fn digit(
        self,
        (read, of): (usize, usize),
        wanted: u8,
        byte: u8,
        on: &mut impl FnMut(usize, Within),
    ) {
        match (byte, read, of) {
            (b'{', 0, 4) => on(self.read, Within::number(16, b'}')),
            (b'2', 0, 2) => on(self.read, Within::HalfAPercent),
            _ => {}
        }
        let digit = match of - read {
            1 => wanted & 0xf,
            2 => wanted >> 4,
            _ => 0,
        };
        if char::from(byte).to_digit(16) != Some(digit.into()) {
            return;
        }
        if read + 1 == of {
            on(self.read + 1, Within::Nothing);
        } else {
            on(self.read, Within::Digits { read: read + 1, of });
        }
    }

    /// Whether somebody could guess the rest.
    fn is_most_of(&self, key: &[u8]) -> bool {
        self.read > key.len() / 2 && self.read >= Secret::SHORTEST
    }
}

#[cfg(test)]
mod tests;
