//! An answer of `chat/completions`, streamed or whole.
//!
//! Some servers answer a request for a stream with one JSON object, so the first byte decides, not the
//! header. Both forms fill the same [`Collected`].
//!
//! An answer is whole once its end was said: by a reason to finish, by `[DONE]`, or by the end of the one JSON object. Nothing that
//! follows takes it back: no way in which the connection ends, no error beside it or behind it, no other reason, no second
//! object. Only where a stream goes on with more of the answer was its end said too early, and is waited for anew.

use serde_json::Value;
use stepwell_contract::{ChatErrorKind, ChatResponse, Usage};

use super::chunk::Chunk;
use super::collected::Collected;
use super::ending::Ending;
use super::error::{before_answer, inside_answer};
use super::mended;
use crate::sse::{Event, Events};
use crate::wire::{AnswerReader, Problem, excerpt};

/// Reads one answer.
pub(super) struct Reader {
    provider: String,
    mode: Mode,
    answer: Collected,
    is_done: bool,
    /// The first data that is no JSON object. It may be a heartbeat, or the words of a server that failed.
    aside: Option<String>,
    /// The first JSON without an answer in it, to show where none follows.
    beside: Option<String>,
}

enum Mode {
    /// Nothing but space came yet.
    Unknown,
    Stream {
        events: Events,
        /// The first bytes, to show if no event is among them.
        beginning: Vec<u8>,
        has_events: bool,
    },
    Whole(Vec<u8>),
}

impl Reader {
    pub(super) fn new(provider: &str) -> Self {
        Self {
            provider: provider.to_owned(),
            mode: Mode::Unknown,
            answer: Collected::default(),
            is_done: false,
            aside: None,
            beside: None,
        }
    }

    /// Whether all of it came. `[DONE]` alone doesn't say so where something came that nobody understood.
    fn is_whole(&self) -> bool {
        match &self.answer.ending {
            Some(ending) => matches!(ending, Ending::Reached(_)),
            None => self.is_done && self.aside.is_none(),
        }
    }

    fn event(&mut self, event: &Event, text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        let data = event.data.trim();
        if data.is_empty() || self.is_done {
            return Ok(());
        }
        if data == "[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        let was_whole = self.is_whole();
        let read = self.piece(&event.kind, data, text);
        if was_whole { Ok(()) } else { read }
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
            let what = "the stream holds what is no chat completion";
            broken(format!("{what} ({why}): {}", excerpt(data)))
        };
        let read = mended::values(data).map_err(|error| strange(&error))?;
        for value in read.values {
            let chunk = chunk(value).map_err(|error| strange(&error))?;
            let added = self.answer.add(chunk, text);
            added.map_err(|error| inside_answer(&error))?;
        }
        if read.is_cut && !self.is_whole() {
            return Err(strange(&"it breaks off"));
        }
        if !self.answer.has_choice() {
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
        for value in values {
            let chunk = chunk(value).map_err(|error| no_completion(&error, body))?;
            let is_whole = is_alone || chunk.is_whole();
            let added = self.answer.add(chunk, text);
            added.map_err(|error| before_answer(&error))?;
            if is_whole || self.is_whole() {
                // What was said first was the answer, whatever stands behind it.
                self.is_done = true;
                break;
            }
        }
        if !self.answer.has_choice() {
            self.beside = Some(excerpt(body));
        }
        Ok(())
    }

    /// Reads what is left after the last byte, which came as `how` says.
    fn rest(
        &mut self,
        how: Result<(), Problem>,
        text: &mut dyn FnMut(&str),
    ) -> Result<(), Problem> {
        match std::mem::replace(&mut self.mode, Mode::Unknown) {
            Mode::Unknown => how.and_then(|()| Err(broken("the answer is empty"))),
            Mode::Whole(body) => {
                let body = String::from_utf8_lossy(&body);
                match mended::values(&body) {
                    Ok(read) => self.whole(&body, read.values, text).and(how),
                    Err(error) => how.and_then(|()| Err(no_completion(&error, &body))),
                }
            }
            Mode::Stream {
                mut events,
                beginning,
                has_events,
            } => match events.end() {
                // Its blank line never came. What is cut within its JSON is no piece, and not a wrong one either.
                Some(event) if is_json(&event.data) => self.event(&event, text).and(how),
                Some(event) if event.data.trim() == "[DONE]" => self.event(&event, text).and(how),
                None if !has_events => how.and_then(|()| {
                    let shown = excerpt(&String::from_utf8_lossy(&beginning));
                    Err(Problem::lasting(
                        ChatErrorKind::Network,
                        format!("the answer is no chat completion: {shown}"),
                    ))
                }),
                _ => how,
            },
        }
    }

    /// Why it isn't an answer, where the connection ended as it should.
    fn missing(&self) -> Result<(), Problem> {
        let shown = self.aside.as_ref().or(self.beside.as_ref());
        let shown = shown.map(|text| format!(": {text}")).unwrap_or_default();
        if let Some(Ending::GivenUp(word)) = &self.answer.ending {
            return Err(Problem::passing(
                ChatErrorKind::Overloaded,
                format!("the server gave the answer up (`finish_reason` is `{word}`)"),
            ));
        }
        if !self.is_whole() {
            return Err(broken(format!(
                "the stream broke off before the answer was complete{shown}"
            )));
        }
        if !self.answer.has_choice() {
            return Err(broken(format!("the answer holds no choice{shown}")));
        }
        Ok(())
    }
}

fn broken(message: impl Into<String>) -> Problem {
    Problem::passing(ChatErrorKind::Network, message)
}

fn no_completion(error: &serde_json::Error, body: &str) -> Problem {
    let shown = excerpt(body);
    broken(format!(
        "the answer is no chat completion ({error}): {shown}"
    ))
}

fn is_json(text: &str) -> bool {
    mended::values(text).is_ok_and(|read| !read.is_cut)
}

/// By way of a value: a field that stands there twice is no reason to lose the answer.
fn chunk(value: Value) -> serde_json::Result<Chunk> {
    serde_json::from_value(value)
}

impl AnswerReader for Reader {
    fn take(&mut self, bytes: &[u8], text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        let mut bytes = bytes;
        if matches!(self.mode, Mode::Unknown) {
            // The mark that some servers send before the first byte.
            bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
            match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => return Ok(()),
                Some(b'{') => self.mode = Mode::Whole(Vec::new()),
                Some(_) => {
                    self.mode = Mode::Stream {
                        events: Events::default(),
                        beginning: Vec::new(),
                        has_events: false,
                    };
                }
            }
        }
        let mut found = Vec::new();
        match &mut self.mode {
            Mode::Unknown => {}
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
        self.answer.bytes > 0
    }

    fn is_complete(&self) -> bool {
        self.is_done
    }

    fn has_ended(&self) -> bool {
        self.answer.ending.is_some()
    }

    fn news(&self) -> usize {
        self.answer.news
    }

    fn usage(&self) -> Usage {
        self.answer.usage
    }

    fn answer_bytes(&self) -> usize {
        self.answer.bytes
    }

    fn end(
        &mut self,
        how: Result<(), Problem>,
        text: &mut dyn FnMut(&str),
    ) -> Result<ChatResponse, Problem> {
        let ended = self.rest(how, text);
        if !self.is_whole() || !self.answer.has_choice() {
            ended?;
        }
        self.missing()?;
        let answer = std::mem::take(&mut self.answer);
        // What it cost is asked for after the end too.
        self.answer.usage = answer.usage;
        self.answer.bytes = answer.bytes;
        answer.response(&self.provider)
    }
}
