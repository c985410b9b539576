//! Pieces of prose that may be JSON: from a bracket to the one that closes it.

use super::Candidate;
use super::lenient::{self, Fault};

/// How many bytes are looked at for each byte of the text: one full of brackets must not take for ever.
const LOOKS: usize = 8;

/// From left to right, none inside of one that could be read.
pub(super) struct Places<'a> {
    text: &'a str,
    at: usize,
    looks: usize,
}

impl<'a> Places<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            looks: text.len().saturating_mul(LOOKS),
        }
    }
}

impl Iterator for Places<'_> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        while self.looks > 0 {
            let start = self.at + self.text.get(self.at..)?.find(['{', '['])?;
            let rest = &self.text[start..];
            self.at = start + 1;
            let Some(length) = length(rest, &mut self.looks) else {
                if begins_json(rest) {
                    // All that follows stands inside of it: a part isn't the whole.
                    self.at = self.text.len();
                    return Some((start, Err(Fault::broken_off(rest.len()))));
                }
                continue;
            };
            let piece = &rest[..length];
            let read = lenient::read(piece);
            // Brackets in prose are mostly none of JSON; but they may hold some: `{as asked: [1]}`.
            if read.is_ok() || piece.contains('"') {
                self.at = start + length;
                return Some((start, read));
            }
        }
        None
    }
}

/// Whether what follows a bracket is how JSON goes on.
fn begins_json(text: &str) -> bool {
    let inside = text[1..].trim_start();
    match text.starts_with('{') {
        true => inside.starts_with('"'),
        false => inside.starts_with(['{', '[', '"']),
    }
}

/// Up to the bracket that closes the first one, with strings and comments passed over.
fn length(text: &str, looks: &mut usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut open: Vec<u8> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        *looks = looks.checked_sub(1)?;
        match bytes[at] {
            b'{' => open.push(b'}'),
            b'[' => open.push(b']'),
            closing @ (b'}' | b']') => {
                if open.pop() != Some(closing) {
                    return None;
                }
                if open.is_empty() {
                    return Some(at + 1);
                }
            }
            b'"' => {
                let end = end_of_string(&bytes[at + 1..])?;
                *looks = looks.saturating_sub(end);
                at += end + 1;
            }
            b'/' if bytes[at..].starts_with(b"//") => at += to(&bytes[at..], b"\n")?,
            b'/' if bytes[at..].starts_with(b"/*") => at += to(&bytes[at..], b"*/")? + 1,
            _ => {}
        }
        at += 1;
    }
    None
}

/// Bytes before the quote that ends a string.
fn end_of_string(bytes: &[u8]) -> Option<usize> {
    let mut escaped = false;
    bytes.iter().position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    })
}

fn to(bytes: &[u8], end: &[u8]) -> Option<usize> {
    bytes.windows(end.len()).position(|window| window == end)
}
