//! An answer of `chat/completions`, streamed or whole.
//!
//! Some servers answer a request for a stream with one JSON object, so the first byte decides, not the
//! header. Both forms fill the same [`Collected`].

use stepwell_contract::{ChatErrorKind, ChatResponse, Usage};

use super::chunk::Chunk;
use super::collected::Collected;
use crate::sse::Events;
use crate::wire::{AnswerReader, Problem, excerpt};

/// Reads one answer.
pub(super) struct Reader {
    provider: String,
    mode: Mode,
    answer: Collected,
    is_done: bool,
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
        }
    }

    fn event(&mut self, data: &str, text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        let data = data.trim();
        if data.is_empty() || self.is_done {
            return Ok(());
        }
        if data == "[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        let chunk: Chunk = serde_json::from_str(data).map_err(|error| {
            Problem::passing(
                ChatErrorKind::Network,
                format!(
                    "the stream holds what is no chat completion ({error}): {}",
                    excerpt(data)
                ),
            )
        })?;
        self.answer.add(chunk, text)
    }
}

impl AnswerReader for Reader {
    fn take(&mut self, bytes: &[u8], text: &mut dyn FnMut(&str)) -> Result<(), Problem> {
        if matches!(self.mode, Mode::Unknown) {
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
                events.take(bytes, |event| found.push(event.data))?;
                *has_events |= !found.is_empty();
            }
        }
        found.iter().try_for_each(|data| self.event(data, text))
    }

    fn has_started(&self) -> bool {
        self.answer.bytes > 0
    }

    fn is_complete(&self) -> bool {
        self.is_done
    }

    fn usage(&self) -> Usage {
        self.answer.usage
    }

    fn answer_bytes(&self) -> usize {
        self.answer.bytes
    }

    fn end(&mut self, text: &mut dyn FnMut(&str)) -> Result<ChatResponse, Problem> {
        let broken = |message: &str| Problem::passing(ChatErrorKind::Network, message);
        match std::mem::replace(&mut self.mode, Mode::Unknown) {
            Mode::Unknown => return Err(broken("the answer is empty")),
            Mode::Whole(body) => {
                let chunk = serde_json::from_slice(&body).map_err(|error| {
                    Problem::passing(
                        ChatErrorKind::Network,
                        format!(
                            "the answer is no chat completion ({error}): {}",
                            excerpt(&String::from_utf8_lossy(&body))
                        ),
                    )
                })?;
                self.answer.add(chunk, text)?;
                self.is_done = true;
            }
            Mode::Stream {
                mut events,
                beginning,
                has_events,
            } => match events.end() {
                Some(event) => self.event(&event.data, text)?,
                None if !has_events => {
                    return Err(Problem::lasting(
                        ChatErrorKind::Network,
                        format!(
                            "the answer is no chat completion: {}",
                            excerpt(&String::from_utf8_lossy(&beginning))
                        ),
                    ));
                }
                None => {}
            },
        }
        if !self.is_done && self.answer.finish.is_none() {
            return Err(broken(
                "the stream broke off before the answer was complete",
            ));
        }
        if !self.answer.has_choice {
            return Err(broken("the answer holds no choice"));
        }
        let answer = std::mem::take(&mut self.answer);
        // What it cost is asked for after the end too.
        self.answer.usage = answer.usage;
        self.answer.bytes = answer.bytes;
        answer.response(&self.provider)
    }
}
