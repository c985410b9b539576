//! An answer as it is put together from its pieces, whatever format they came in.
//!
//! It knows no field of any format: a format says what a piece adds, and where that stands.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use stepwell_contract::{
    ChatErrorKind, ChatResponse, FinishReason, Message, Opaque, Part, Role, Text, ToolCall, Usage,
};

use super::Problem;
use super::ending::Ending;
use super::reader::Fault;

/// Where something stands in the answer. Formats count in one number or in two.
pub(crate) type PieceAt = (u32, u32);

/// The answer so far.
#[derive(Default)]
pub(crate) struct Collected {
    texts: BTreeMap<PieceAt, String>,
    calls: BTreeMap<PieceAt, ToolCall>,
    /// What the provider wants back as it came.
    kept: BTreeMap<PieceAt, Map<String, Value>>,
    reasoning: String,
    /// Where the last thought stood.
    thought_at: Option<PieceAt>,
    refusal: String,
    /// Why it ended, once that was said.
    ending: Option<Ending>,
    /// An end that was said, and then the answer went on. A server that says so with each piece says nothing by it.
    doubted: Option<Ending>,
    model: String,
    usage: Usage,
    /// Of the tokens that were written to the provider's cache: those that it keeps for an hour.
    hour_writes: Option<u32>,
    details: Map<String, Value>,
    has_begun: bool,
    is_done: bool,
    /// Bytes of all that was paid for: the answer, and what was thought and said beside it.
    bytes: usize,
    /// Bytes of what the answer is made of, without what was said beside it.
    said: usize,
    /// The same without texts of nothing but space.
    solid: usize,
    /// So often something came that belongs to the answer: a heartbeat doesn't.
    news: usize,
}

/// How far the answer was.
#[derive(Clone, Copy)]
pub(crate) struct Mark {
    said: usize,
    solid: usize,
}

impl Collected {
    /// A part of an answer came, be it an empty one.
    pub(crate) fn begin(&mut self) {
        self.has_begun = true;
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Nothing follows.
    pub(crate) fn done(&mut self) {
        self.is_done = true;
    }

    pub(crate) fn is_done(&self) -> bool {
        self.is_done
    }

    pub(crate) fn ending(&self) -> Option<&Ending> {
        self.ending.as_ref()
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn news(&self) -> usize {
        self.news
    }

    pub(crate) fn usage(&self) -> Usage {
        self.usage
    }

    pub(crate) fn hour_writes(&self) -> Option<u32> {
        self.hour_writes
    }

    pub(crate) fn has_calls(&self) -> bool {
        !self.calls.is_empty()
    }

    pub(crate) fn has_text(&self) -> bool {
        !self.texts.is_empty()
    }

    pub(crate) fn has_kept(&self) -> bool {
        !self.kept.is_empty()
    }

    pub(crate) fn reasoning(&self) -> &str {
        &self.reasoning
    }

    /// The model that answers, as its provider calls it.
    pub(crate) fn model(&mut self, model: String) {
        self.model = model;
    }

    /// What else was said, by its name.
    pub(crate) fn detail(&mut self, name: impl Into<String>, value: Value) {
        if !value.is_null() {
            self.details.insert(name.into(), value);
        }
    }

    /// What it cost. What is told later holds, and what isn't told again stays.
    pub(crate) fn costs(&mut self, told: Usage) {
        let known = self.usage;
        self.usage = Usage {
            input_tokens: told.input_tokens.or(known.input_tokens),
            output_tokens: told.output_tokens.or(known.output_tokens),
            cache_read_tokens: told.cache_read_tokens.or(known.cache_read_tokens),
            cache_write_tokens: told.cache_write_tokens.or(known.cache_write_tokens),
            reasoning_tokens: told.reasoning_tokens.or(known.reasoning_tokens),
        };
        self.news += usize::from(self.usage != known);
    }

    /// So many of the tokens that were written to the provider's cache are kept for an hour.
    pub(crate) fn wrote_for_an_hour(&mut self, tokens: Option<u32>) {
        self.hour_writes = tokens.or(self.hour_writes);
    }

    /// More of a text, which is handed on at once.
    pub(crate) fn say(&mut self, at: PieceAt, piece: &str, text: &mut dyn FnMut(&str)) {
        if piece.is_empty() {
            return;
        }
        self.texts.entry(at).or_default().push_str(piece);
        self.bytes += piece.len();
        self.said += piece.len();
        if !piece.trim().is_empty() {
            self.solid += piece.len();
        }
        text(piece);
    }

    /// The whole of a text of which pieces may have come. What came stays, and where the text begins with it, the rest is added.
    pub(crate) fn say_all(&mut self, at: PieceAt, whole: &str, text: &mut dyn FnMut(&str)) {
        let came = self.texts.get(&at).map_or("", String::as_str);
        if let Some(rest) = whole.strip_prefix(came) {
            let rest = rest.to_owned();
            self.say(at, &rest, text);
        }
    }

    /// A call of a tool is there, by this name of its own where one is told.
    pub(crate) fn call(&mut self, at: PieceAt, id: Option<&str>) {
        let call = self.calls.entry(at).or_insert_with(|| ToolCall {
            id: String::new(),
            name: String::new(),
            arguments_json: String::new(),
        });
        if let Some(id) = id.filter(|id| !id.is_empty()) {
            call.id = id.to_owned();
        }
    }

    /// More of a call's name and of its arguments.
    pub(crate) fn call_with(&mut self, at: PieceAt, name: &str, arguments: &str) {
        self.call(at, None);
        if let Some(call) = self.calls.get_mut(&at) {
            call.name.push_str(name);
            call.arguments_json.push_str(arguments);
        }
        let more = name.len() + arguments.len();
        self.bytes += more;
        self.said += more;
        self.solid += more;
    }

    /// The whole of a call of which pieces may have come, as with [`Self::say_all`].
    pub(crate) fn call_with_all(&mut self, at: PieceAt, name: &str, arguments: &str) {
        let call = self.calls.get(&at);
        let rest = |whole: &str, came: &str| whole.strip_prefix(came).unwrap_or("").to_owned();
        let name = rest(name, call.map_or("", |call| &call.name));
        let arguments = rest(arguments, call.map_or("", |call| &call.arguments_json));
        self.call_with(at, &name, &arguments);
    }

    /// More of what the model thought. Thoughts of another place are a paragraph of their own.
    pub(crate) fn think(&mut self, at: PieceAt, piece: &str) {
        if piece.is_empty() {
            return;
        }
        let before = self.thought_at.replace(at);
        if before.is_some_and(|before| before != at) {
            self.reasoning.push_str("\n\n");
        }
        self.reasoning.push_str(piece);
        self.bytes += piece.len();
    }

    /// More of why the model refuses.
    pub(crate) fn refuse(&mut self, piece: &str) {
        self.refusal.push_str(piece);
        self.bytes += piece.len();
    }

    /// The whole of it, of which pieces may have come.
    pub(crate) fn refuse_all(&mut self, whole: &str) {
        if self.refusal.is_empty() {
            self.refuse(whole);
        }
    }

    /// What the provider wants back as it came.
    pub(crate) fn keep(&mut self, at: PieceAt, content: Map<String, Value>) {
        self.kept.insert(at, content);
    }

    /// The same, of which another piece came.
    pub(crate) fn kept(&mut self, at: PieceAt) -> Option<&mut Map<String, Value>> {
        self.kept.get_mut(&at)
    }

    /// How far the answer is, before a piece of it is added.
    pub(crate) fn mark(&self) -> Mark {
        Mark {
            said: self.said,
            solid: self.solid,
        }
    }

    /// A piece was added since then, with what it says of the answer's end.
    pub(crate) fn settle(&mut self, before: Mark, said: Option<Ending>) {
        // White space behind an end is no more of the answer.
        let is_space = self.solid == before.solid;
        let goes_on = self.said > before.said && !(is_space && self.ending.is_some());
        if goes_on && let Some(ending) = self.ending.take() {
            self.doubted = Some(ending);
        }
        self.news += usize::from(goes_on);
        match said {
            Some(ending) if goes_on && self.doubted.is_some() => self.doubted = Some(ending),
            // The first holds: nothing that is said after the end undoes it.
            Some(_) if matches!(self.ending, Some(Ending::Reached(_))) => {}
            Some(ending) if self.ending.as_ref() != Some(&ending) => {
                self.news += 1;
                self.ending = Some(ending);
            }
            _ => {}
        }
    }

    /// What becomes of an error that stands in a piece: nothing where the answer and its end are there all the same. Else what
    /// ended was nothing but the error, and the end is as it was before.
    pub(crate) fn failed(&mut self, error: Value, before: Option<Ending>) -> Result<(), Fault> {
        let says = self.said > 0 || !self.refusal.is_empty();
        if says && matches!(self.ending, Some(Ending::Reached(_))) {
            return Ok(());
        }
        self.ending = before;
        Err(Fault::Told(error))
    }

    /// The answer. What it cost is asked for after this too.
    pub(crate) fn take_response(&mut self, provider: &str) -> Result<ChatResponse, Problem> {
        let ending = self.ending.take().or(self.doubted.take());
        let finish_reason = match ending {
            Some(Ending::Reached(reason)) => reason,
            Some(Ending::GivenUp(word)) => FinishReason::Other(word),
            None if self.has_calls() => FinishReason::ToolCalls,
            None => FinishReason::Stop,
        };
        if self.said == 0 && !self.has_calls() {
            self.kept_back(&finish_reason)?;
        }
        let text: String = self.texts.values().map(String::as_str).collect();
        Ok(ChatResponse {
            text,
            message: Message {
                role: Role::Assistant,
                parts: self.take_parts(provider),
                options: Vec::new(),
            },
            finish_reason,
            usage: self.usage,
            model: std::mem::take(&mut self.model),
            details: self.take_details(),
        })
    }

    /// Why there is nothing, where that was said.
    fn kept_back(&self, reason: &FinishReason) -> Result<(), Problem> {
        let filtered = |message: String| Problem::lasting(ChatErrorKind::ContentFiltered, message);
        if !self.refusal.is_empty() {
            // Not in part: the end could be half a key, which nobody would find any more.
            return Err(filtered(format!("the model refused: {}", self.refusal)));
        }
        if *reason == FinishReason::ContentFilter {
            let message = "the provider's filter kept the whole answer back";
            return Err(filtered(message.into()));
        }
        Ok(())
    }

    /// The parts in the order in which they stand: a provider wants them back so.
    fn take_parts(&mut self, provider: &str) -> Vec<Part> {
        let texts = std::mem::take(&mut self.texts).into_iter();
        let texts = texts.map(|(at, text)| ((at, 0), Part::Text(text)));
        let calls = std::mem::take(&mut self.calls).into_iter();
        let calls = calls.map(|(at, mut call)| {
            if call.arguments_json.is_empty() {
                call.arguments_json.push_str("{}");
            }
            ((at, 1), Part::ToolCall(call))
        });
        let kept = std::mem::take(&mut self.kept).into_iter();
        let kept = kept.map(|(at, content)| {
            let content = Value::Object(content).to_string();
            let provider = provider.to_owned();
            ((at, 2), Part::Opaque(Opaque { provider, content }))
        });
        let mut parts: Vec<_> = texts.chain(calls).chain(kept).collect();
        parts.sort_by_key(|(at, _)| *at);
        parts.into_iter().map(|(_, part)| part).collect()
    }

    fn take_details(&mut self) -> Vec<Text> {
        let details = std::mem::take(&mut self.details).into_iter();
        let mut details: Vec<Text> = details
            .map(|(name, value)| Text::new(name, value.to_string()))
            .collect();
        for (name, text) in [
            (ChatResponse::REASONING, std::mem::take(&mut self.reasoning)),
            ("refusal", std::mem::take(&mut self.refusal)),
        ] {
            if !text.is_empty() {
                details.push(Text::new(name, Value::String(text).to_string()));
            }
        }
        details
    }
}
