//! Where a stretch of a TOML text stands in the file, with the quotes and escapes that the text no longer shows.

use std::ops::Range;

use crate::diagnostics::Source;

/// For each byte of a text (and its end), its offset in the file.
pub(crate) struct TextPlaces {
    offsets: Vec<usize>,
}

impl TextPlaces {
    /// `literal` is the range of the quoted text in the file, `text` what it says.
    pub(crate) fn new(source: &Source, literal: Range<usize>, text: &str) -> Self {
        let raw = source.text.get(literal.clone()).unwrap_or_default();
        let mut quotes = 1;
        let mut skipped = 1;
        if raw.starts_with("\"\"\"") || raw.starts_with("'''") {
            quotes = 3;
            let body = &raw[3..];
            // The line end right behind the quotes is no part of the text.
            skipped =
                3 + usize::from(body.starts_with('\n')) + 2 * usize::from(body.starts_with("\r\n"));
        }
        let escapes = raw.starts_with('"');
        let end = raw.len().saturating_sub(quotes);
        let mut at = skipped.min(end);
        let mut offsets = Vec::with_capacity(text.len() + 1);
        for character in text.chars() {
            if escapes {
                at = skip_continuation(raw, at);
            }
            if raw[at..].starts_with("\r\n") && character == '\n' {
                at += 1;
            }
            offsets.extend((0..character.len_utf8()).map(|_| literal.start + at.min(end)));
            at = (at + width(&raw[at..], escapes)).min(end);
            at = raw.floor_char_boundary(at);
        }
        offsets.push(literal.start + at.min(end));
        Self { offsets }
    }

    /// The place of a stretch of the text.
    pub(crate) fn place(&self, range: Range<usize>) -> Range<usize> {
        let last = self.offsets.len() - 1;
        self.offsets[range.start.min(last)]..self.offsets[range.end.min(last)]
    }
}

/// How many bytes the next character of the text takes in the file.
fn width(raw: &str, escapes: bool) -> usize {
    let Some(first) = raw.chars().next() else {
        return 0;
    };
    if !(escapes && first == '\\') {
        return first.len_utf8();
    }
    match raw[1..].chars().next() {
        Some('x') => 4,
        Some('u') => 6,
        Some('U') => 10,
        Some(other) => 1 + other.len_utf8(),
        None => 1,
    }
}

/// A backslash at the end of a line takes the white space after it out of the text.
fn skip_continuation(raw: &str, mut at: usize) -> usize {
    // Another one may follow at once.
    while let Some(rest) = raw[at..].strip_prefix('\\') {
        let blank = rest.len() - rest.trim_start().len();
        if !rest[..blank].contains('\n') {
            break;
        }
        at += 1 + blank;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(file: &str, part: &str) -> String {
        let table = toml::de::DeTable::parse(file).unwrap();
        let (_, value) = table.get_ref().iter().next().unwrap();
        let text = value.get_ref().as_str().unwrap();
        let start = text.find(part).unwrap();
        let places = TextPlaces::new(&Source::new("f", file), value.span(), text);
        file[places.place(start..start + part.len())].to_owned()
    }

    #[test]
    fn quotes_escapes_and_line_ends_are_counted() {
        for file in [
            "a = \"x {{ b }}\"",
            "a = 'x {{ b }}'",
            "a = \"\\u00e9\\n\\\" {{ b }}\"",
            "a = \"\"\"\nfirst\n{{ b }}\"\"\"",
            "a = '''\r\nfirst\r\n{{ b }}'''",
            "a = \"\"\"\r\nfirst \\\r\n   second \\\n {{ b }}\"\"\"",
            "a = 'é {{ b }}'",
        ] {
            assert_eq!(shown(file, "{{ b }}"), "{{ b }}", "{file:?}");
        }
    }
}
