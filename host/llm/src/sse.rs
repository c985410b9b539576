//! Server-sent events, read from bytes that come in any pieces: a provider's, and those of a server of our own.
//!
//! Fields that nobody here gives a meaning, `id` and `retry`, are passed over. It is not a library's work, since those for
//! it (`sse-stream`, `eventsource-stream`) keep all of an event that never ends, whoever sends it.

/// An event larger than this is given up: no model's answer is, and memory is finite.
pub const LARGEST: usize = 64 << 20;

/// One event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Event {
    /// Its type; empty where none is named.
    pub kind: String,
    /// Its data: the lines of it, one below the other.
    pub data: String,
}

/// An event has no end within [`LARGEST`] bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is larger than {}", stepwell_contract::amounts::size(LARGEST as u64))]
pub struct TooLarge;

/// Takes bytes, gives each event as it is complete.
#[derive(Debug, Default)]
pub struct Events {
    /// The line that is not complete yet. Bytes, since a piece may end inside a character.
    line: Vec<u8>,
    /// The type of the event that is not complete yet.
    kind: Vec<u8>,
    /// Its data.
    data: Option<Vec<u8>>,
    /// The last piece ended in a carriage return: a line feed that follows belongs to it.
    after_return: bool,
    /// Whether the mark that some servers send before the first byte was looked for.
    started: bool,
}

impl Events {
    /// Takes a piece, and calls `event` with each event that it completes.
    ///
    /// # Errors
    /// [`TooLarge`] where an event grows beyond the bound. Nothing is to be read on then.
    pub fn take(&mut self, piece: &[u8], mut event: impl FnMut(Event)) -> Result<(), TooLarge> {
        let mut rest = piece;
        while let Some(first) = rest.first() {
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                rest = &rest[1..];
                continue;
            }
            let end = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let line = &rest[..end.unwrap_or(rest.len())];
            let data = self.data.as_ref().map_or(0, Vec::len);
            if self.line.len() + data + line.len() > LARGEST {
                return Err(TooLarge);
            }
            self.line.extend_from_slice(line);
            let Some(end) = end else {
                break;
            };
            self.after_return = rest[end] == b'\r';
            rest = &rest[end + 1..];
            self.end_line().into_iter().for_each(&mut event);
        }
        Ok(())
    }

    /// The event whose blank line never came: many servers close right after the last line.
    pub fn end(&mut self) -> Option<Event> {
        let last = (!self.line.is_empty()).then(|| self.end_line()).flatten();
        last.or_else(|| self.end_event())
    }

    fn end_line(&mut self) -> Option<Event> {
        let line = std::mem::take(&mut self.line);
        let mut line = line.as_slice();
        if !std::mem::replace(&mut self.started, true) {
            line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        }
        if line.is_empty() {
            return self.end_event();
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match (field, &mut self.data) {
            (b"event", _) => self.kind = value.to_vec(),
            (b"data", Some(data)) => {
                data.push(b'\n');
                data.extend_from_slice(value);
            }
            (b"data", data) => *data = Some(value.to_vec()),
            _ => {}
        }
        None
    }

    /// What has no data is no event.
    fn end_event(&mut self) -> Option<Event> {
        let kind = text(std::mem::take(&mut self.kind));
        let data = text(self.data.take()?);
        Some(Event { kind, data })
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes)
        .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<String> {
        let mut events = Events::default();
        let mut found = Vec::new();
        for piece in pieces {
            events.take(piece, |event| found.push(event.data)).unwrap();
        }
        found.extend(events.end().map(|event| event.data));
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

    #[test]
    fn a_type_belongs_to_one_event() {
        let mut found = Vec::new();
        let stream = b"event: none\n\nevent: live\ndata: 1\n\ndata: 2\n\n";
        let mut events = Events::default();
        events
            .take(stream, |event| found.push((event.kind, event.data)))
            .unwrap();
        let expected = [("live", "1"), ("", "2")];
        assert_eq!(
            found,
            expected.map(|(kind, data)| (kind.into(), data.into()))
        );
    }

    #[test]
    fn an_event_without_an_end_is_given_up() {
        for piece in [
            "x".repeat(1 << 20),
            format!("data: {}\n", "x".repeat(1 << 20)),
        ] {
            let mut events = Events::default();
            let mut taken = 0;
            while events.take(piece.as_bytes(), |_| ()).is_ok() {
                taken += piece.len();
                assert!(taken <= LARGEST + piece.len(), "it keeps everything");
            }
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
