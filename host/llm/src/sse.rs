//! Server-sent events, read from bytes that come in any pieces.
//!
//! Only the data of an event is kept: no format that streams answers gives `id` or `retry` a meaning, and
//! `event` repeats what the data says.

/// Takes bytes, gives the data of each event as it is complete.
#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The line that is not complete yet. Bytes, since a piece may end inside a character.
    line: Vec<u8>,
    /// The data of the event that is not complete yet.
    data: Option<Vec<u8>>,
    /// The last piece ended in a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    /// Whether the mark that some servers send before the first byte was looked for.
    started: bool,
}

impl Events {
    /// Takes a piece, and calls `event` with the data of each event that it completes.
    pub(crate) fn take(&mut self, piece: &[u8], mut event: impl FnMut(String)) {
        for &byte in piece {
            match byte {
                b'\n' if self.after_return => self.after_return = false,
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    if let Some(data) = self.end_line() {
                        event(data);
                    }
                }
                _ => {
                    self.after_return = false;
                    self.line.push(byte);
                }
            }
        }
    }

    /// The data of an event whose blank line never came: many servers close right after the last line.
    pub(crate) fn end(&mut self) -> Option<String> {
        if !self.line.is_empty()
            && let Some(data) = self.end_line()
        {
            return Some(data);
        }
        self.data.take().map(text)
    }

    fn end_line(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !std::mem::replace(&mut self.started, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            return self.data.take().map(text);
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &b""[..]),
        };
        if field == b"data" {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push(b'\n');
                    data.extend_from_slice(value);
                }
                None => self.data = Some(value.to_vec()),
            }
        }
        None
    }
}

fn text(data: Vec<u8>) -> String {
    match String::from_utf8(data) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut events = Events::default();
        let mut found = Vec::new();
        for piece in pieces {
            events.take(piece, |data| found.push(data));
        }
        found.extend(events.end());
        found
    }

    #[test]
    fn comments_fields_and_several_lines_of_data() {
        let stream = "\u{feff}: keep-alive\n\nevent: x\ndata: {\"a\":\ndata:1}\nid: 7\n\ndata\n\n\ndata: é\r\n\r\ndata: last";
        assert_eq!(read([stream.as_bytes()]), ["{\"a\":\n1}", "", "é", "last"]);
    }

    #[test]
    fn every_kind_of_line_end() {
        for end in ["\n", "\r\n", "\r"] {
            let stream = ["data: a", "data: b", "", ": c", "data: d", "", ""].join(end);
            assert_eq!(read([stream.as_bytes()]), ["a\nb", "d"], "{end:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_may_be_cut_anywhere(
            texts in prop::collection::vec("[^\r\n]{0,12}", 1..6),
            end in prop::sample::select(vec!["\n", "\r\n", "\r"]),
            cuts in prop::collection::vec(1usize..5, 1..60),
        ) {
            let stream: String = texts
                .iter()
                .map(|text| format!("data: {text}{end}: noise{end}data: é€😀{end}{end}"))
                .collect();
            let mut rest = stream.as_bytes();
            let mut pieces = Vec::new();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, after) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            let whole: Vec<String> = texts.iter().map(|text| format!("{text}\né€😀")).collect();
            prop_assert_eq!(read(pieces), whole);
        }
    }
}
