//! An answer of any format, streamed or whole.
//!
//! Some servers answer a request for a stream with one JSON object, so the first byte decides, not the header. Both forms fill the
//! same [`Collected`]; what a piece means is the format's to say, by its [`Pieces`].
//!
//! An answer is whole once its end was said: by the reason for it, by the word or the event that closes a stream, or by the end of
//! the one JSON object. Nothing that follows takes it back: no way in which the connection ends, no error beside it or behind it, no
//! other reason, no second object. Only where a stream goes on with more of the answer was its end said too early, and is waited
//! for anew.

use serde_json::Value;
use stepwell_contract::{ChatErrorKind, ChatResponse, Usage};

use super::collected::Collected;
use super::ending::Ending;
use super::failure::{before_answer, inside_answer, sentence};
use super::mended;
use super::{AnswerReader, Problem, excerpt};
use crate::sse::{Event, Events};

/// What a format says of the pieces that its answers come in.
pub(crate) trait Pieces: Default + Send {
    /// What one answer is called, in errors.
    const ANSWER: &'static str;

    /// What an answer that is empty lacks, in errors.
    const CONTENT: &'static str;

    /// The field that says why an answer ended, in errors.
    const ENDING: &'static str;

    /// The data that stands for a stream's end, where the format has such a word. By itself it says that the answer is whole.
    const LAST: Option<&'static str> = None;

    /// Words of which each piece of an answer has one. Data that is no JSON and has none of them is nothing of the answer.
    const MARKS: &'static [&'static str];

    /// Whether an object is a whole answer, and no piece of one. `is_alone` is that the body holds nothing else.
    fn is_whole(value: &Value, is_alone: bool) -> bool;

    /// Adds a piece, or a whole answer.
    fn add(
        &mut self,
        value: Value,
        to: &mut Collected,
        text: &mut dyn FnMut(&str),
    ) -> Result<(), Fault>;

    /// Called once after the last piece of an answer that is there.
    fn finish(&mut self, _to: &mut Collected) {}
}

/// Why a piece is none.
#[derive(Debug)]
pub(crate) enum Fault {
    /// It isn't what the format says.
    Strange(serde_json::Error),
    /// It is an error that the server tells.
    Told(Value),
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Strange(error)
    }
}

/// Reads one answer.
pub(crate) struct Reader<P> {
    provider: String,
    mode: Mode,
    pieces: P,
    answer: Collected,
    /// The error that came before the end was said. Nothing that follows makes an answer of it.
    failed: Option<Problem>,
    /// The first data that is no JSON object. It may be a heartbeat, or the words of a server that failed.
    aside: Option<String>,
    /// The first JSON without an answer in it, to show where none follows.
    beside: Option<String>,
}

enum Mode {
    /// Nothing but space came yet, and what may be the beginning of a mark.
    Unknown {
        start: Vec<u8>,
        has_space: bool,
    },
    Stream {
        events: Events,
        /// The first bytes, to show if no event is among them.
        beginning: Vec<u8>,
        has_events: bool,
    },
    Whole(Vec<u8>),
}

const UNKNOWN: Mode = Mode::Unknown {
    start: Vec::new(),
    has_space: false,
};

/// The mark that some servers send before the first byte. It may come in pieces as everything may.
const MARK: &[u8] = b"\xef\xbb\xbf";

impl<P: Pieces> Reader<P> {
    pub(crate) fn new(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            mode: UNKNOWN,
            pieces: P::default(),
            answer: Collected::default(),
            failed: None,
            aside: None,
            beside: None,
        }
    }

    /// Whether all of it came. The word that closes a stream doesn't say so where something came that nobody understood.
    fn is_whole(&self) -> bool {
        match self.answer.ending() {
            Some(ending) => matches!(ending, Ending::Reached(_)),
            None => self.answer.is_done() && self.aside.is_none(),
        }
    }

    fn event(&mut self, event: &Event, text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        let data = event.data.trim();
        if data.is_empty() || self.answer.is_done() || self.failed.is_some() {
            return Ok(());
        }
        if P::LAST == Some(data) {
            self.answer.done();
            return Ok(());
        }
        let was_whole = self.is_whole();
        let read = self.piece(&event.kind, data, text);
        if was_whole {
            return Ok(());
        }
        self.failed = read.as_ref().err().cloned();
        read
    }

    fn piece(&mut self, kind: &str, data: &str, text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        if kind == "error" {
            let error = serde_json::from_str(data).unwrap_or_else(|_| Value::String(data.into()));
            return Err(inside_answer(error.get("error").unwrap_or(&error)));
        }
        if !data.starts_with('{') {
            self.aside.get_or_insert_with(|| excerpt(data));
            return Ok(());
        }
        let strange = |why: &dyn std::fmt::Display| {
            let what = format!("the stream holds what is no {}", P::ANSWER);
            broken(format!("{what} ({why}): {}", excerpt(data)))
        };
        let read = match mended::values(data) {
            Ok(read) => read,
            // What is cut off may have been a piece.
            Err(error) if !error.is_eof() && !P::MARKS.iter().any(|mark| data.contains(mark)) => {
                self.aside.get_or_insert_with(|| excerpt(data));
                return Ok(());
            }
            Err(error) => return Err(strange(&error)),
        };
        for value in read.values {
            let added = self.pieces.add(value, &mut self.answer, text);
            added.map_err(|fault| match fault {
                Fault::Strange(error) => strange(&error),
                Fault::Told(error) => inside_answer(&error),
            })?;
        }
        if read.is_cut && !self.is_whole() {
            return Err(strange(&"it breaks off"));
        }
        if !self.answer.has_begun() {
            self.beside.get_or_insert_with(|| excerpt(data));
        }
        Ok(())
    }

    /// Reads a body that is no stream of events: one object, or the pieces of a stream that nobody framed.
    fn whole(
        &mut self,
        body: &str,
        values: Vec<Value>,
        text: &mut dyn FnMut(&str),
    ) -> Result<(), Problem> {
        let is_alone = values.len() == 1;
        let alone = values.first().filter(|_| is_alone);
        let alone = alone.filter(|value| sentence(value).is_some()).cloned();
        for value in values {
            let is_whole = P::is_whole(&value, is_alone);
            let added = self.pieces.add(value, &mut self.answer, text);
            added.map_err(|fault| match fault {
                Fault::Strange(error) => no_answer::<P>(&error, body),
                Fault::Told(error) => before_answer(&error),
            })?;
            if is_whole || self.is_whole() {
                // What was said first was the answer, whatever stands behind it.
                self.answer.done();
                break;
            }
        }
        if !self.answer.has_begun() {
            self.beside = Some(excerpt(body));
            if let Some(told) = alone {
                return Err(before_answer(&told));
            }
        }
        Ok(())
    }

    /// Reads what is left after the last byte, which came as `how` says.
    fn rest(
        &mut self,
        how: Result<(), Problem>,
        text: &mut dyn FnMut(&str),
    ) -> Result<(), Problem> {
        match std::mem::replace(&mut self.mode, UNKNOWN) {
            Mode::Unknown { .. } => how.and_then(|()| Err(broken("the answer is empty"))),
            Mode::Whole(body) => {
                let body = String::from_utf8_lossy(&body);
                match mended::values(&body) {
                    Ok(read) => match out_of_list(read.values) {
                        Some(values) => self.whole(&body, values, text).and(how),
                        None => how.and_then(|()| Err(no_such_answer::<P>(&body))),
                    },
                    Err(_) if body.trim_start().starts_with('[') => {
                        how.and_then(|()| Err(no_such_answer::<P>(&body)))
                    }
                    Err(error) => how.and_then(|()| Err(no_answer::<P>(&error, &body))),
                }
            }
            Mode::Stream {
                mut events,
                beginning,
                has_events,
            } => match events.end() {
                // Its blank line never came. What is cut within its JSON is no piece, and not a wrong one either.
                Some(event) if is_json(&event.data) => self.event(&event, text).and(how),
                Some(event) if P::LAST == Some(event.data.trim()) => {
                    self.event(&event, text).and(how)
                }
                None if !has_events && !begins_stream(&beginning) => how.and_then(|()| {
                    let beginning = String::from_utf8_lossy(&beginning);
                    Err(no_such_answer::<P>(&beginning))
                }),
                _ => how,
            },
        }
    }

    /// Why it isn't an answer, where the connection ended as it should.
    fn missing(&self) -> Result<(), Problem> {
        let shown = self.aside.as_ref().or(self.beside.as_ref());
        let shown = shown.map(|text| format!(": {text}")).unwrap_or_default();
        if let Some(Ending::GivenUp(word)) = self.answer.ending() {
            let field = P::ENDING;
            return Err(Problem::passing(
                ChatErrorKind::Overloaded,
                format!("the server gave the answer up (`{field}` is `{word}`)"),
            ));
        }
        if !self.is_whole() {
            return Err(broken(format!(
                "the stream broke off before the answer was complete{shown}"
            )));
        }
        if !self.answer.has_begun() {
            return Err(broken(format!("the answer holds no {}{shown}", P::CONTENT)));
        }
        Ok(())
    }
}

fn broken(message: impl Into<String>) -> Problem {
    Problem::passing(ChatErrorKind::Network, message)
}

fn no_answer<P: Pieces>(error: &serde_json::Error, body: &str) -> Problem {
    let (what, shown) = (P::ANSWER, excerpt(body));
    broken(format!("the answer is no {what} ({error}): {shown}"))
}

/// What comes where nothing of the kind is answered.
fn no_such_answer<P: Pieces>(body: &str) -> Problem {
    let message = format!("the answer is no {}: {}", P::ANSWER, excerpt(body));
    Problem::lasting(ChatErrorKind::Network, message).of_address()
}

/// The objects that came. Some gateways put what they say into a list; none where there is something else in it.
fn out_of_list(mut values: Vec<Value>) -> Option<Vec<Value>> {
    match &mut values[..] {
        [Value::Array(inner)] => {
            let is_fit = !inner.is_empty() && inner.iter().all(Value::is_object);
            is_fit.then(|| std::mem::take(inner))
        }
        _ => Some(values),
    }
}

/// Whether these may be the first bytes of a stream of events, and of no page.
fn begins_stream(bytes: &[u8]) -> bool {
    let bytes = bytes.trim_ascii_start();
    let fields: [&[u8]; 5] = [b":", b"data:", b"event:", b"id:", b"retry:"];
    let begins = |field: &&[u8]| bytes.starts_with(field) || field.starts_with(bytes);
    fields.iter().any(begins)
}

fn is_json(text: &str) -> bool {
    mended::values(text).is_ok_and(|read| !read.is_cut)
}

impl<P: Pieces> AnswerReader for Reader<P> {
    fn take(&mut self, bytes: &[u8], text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        let mut begun = Vec::new();
        if let Mode::Unknown { start, has_space } = &mut self.mode {
            start.extend_from_slice(bytes);
            if !*has_space && start.len() < MARK.len() && MARK.starts_with(start) {
                return Ok(());
            }
            begun = std::mem::take(start);
            if !*has_space && begun.starts_with(MARK) {
                begun.drain(..MARK.len());
            }
            *has_space = true;
            match begun.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => return Ok(()),
                Some(b'{' | b'[') => self.mode = Mode::Whole(Vec::new()),
                Some(_) => {
                    self.mode = Mode::Stream {
                        events: Events::default(),
                        beginning: Vec::new(),
                        has_events: false,
                    };
                }
            }
        }
        let bytes = if begun.is_empty() { bytes } else { &begun };
        let mut found = Vec::new();
        match &mut self.mode {
            Mode::Unknown { .. } => {}
            Mode::Whole(body) => body.extend_from_slice(bytes),
            Mode::Stream {
                events,
                beginning,
                has_events,
            } => {
                let room = 1000_usize.saturating_sub(beginning.len());
                beginning.extend_from_slice(&bytes[..bytes.len().min(room)]);
                events.take(bytes, |event| found.push(event))?;
                *has_events |= !found.is_empty();
            }
        }
        found.iter().try_for_each(|event| self.event(event, text))
    }

    fn has_started(&self) -> bool {
        self.answer.bytes() > 0
    }

    fn is_complete(&self) -> bool {
        self.answer.is_done()
    }

    fn has_ended(&self) -> bool {
        self.answer.ending().is_some()
    }

    fn news(&self) -> usize {
        self.answer.news()
    }

    fn usage(&self) -> Usage {
        self.answer.usage()
    }

    fn hour_writes(&self) -> Option<u32> {
        self.answer.hour_writes()
    }

    fn answer_bytes(&self) -> usize {
        self.answer.bytes()
    }

    fn end(
        &mut self,
        how: Result<(), Problem>,
        text: &mut dyn FnMut(&str),
    ) -> Result<ChatResponse, Problem> {
        let ended = self.rest(how, text);
        if let Some(problem) = self.failed.take() {
            return Err(problem);
        }
        if !self.is_whole() || !self.answer.has_begun() {
            ended?;
        }
        self.missing()?;
        self.pieces.finish(&mut self.answer);
        self.answer.take_response(&self.provider)
    }
}
