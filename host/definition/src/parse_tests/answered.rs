//! What answers a step in its tests: the model's responses, or a cassette.

use std::ops::Range;

use serde_json::Value;
use stepwell_contract::ChatErrorKind;
use toml::de::DeValue;

use super::Tests;
use crate::case_rules::check_size;
use crate::reader::Table;
use crate::test_cases::{Cassette, Response, ToolCalled};
use crate::test_keys;
use crate::values::{TomlValue, json, string, table};

/// The most responses of a case: so many calls no step makes.
const MOST_RESPONSES: usize = 1_000;

impl Tests<'_> {
    /// The responses, or the cassette in their place.
    pub(super) fn answered(&mut self, opened: &Table<'_, '_>) -> (Vec<Response>, Option<Cassette>) {
        let values = opened.list("responses", self.reading.problems);
        if values.len() > MOST_RESPONSES {
            let place = opened
                .entry("responses")
                .map_or(0..0, |entry| entry.place());
            let message = format!("a case has at most {MOST_RESPONSES} responses");
            let problems = &mut *self.reading.problems;
            problems.error("too-large", place, message, None);
            return (Vec::new(), None);
        }
        let responses = values.into_iter().filter_map(|value| self.response(value));
        let responses = responses.collect();
        let named = opened.string("cassette", self.reading.problems);
        if let (Some(entry), Some(_)) = (opened.entry("cassette"), opened.entry("responses")) {
            let message = "a case has `responses` or a `cassette`";
            let hint = "leave one of them out";
            let problems = &mut *self.reading.problems;
            problems.error("both", entry.place(), message, hint);
        }
        let cassette = named.and_then(|named| {
            let found = self.sources.cassette(&named.value);
            let place = named.span.start..named.span.end;
            let text = self.reading.found(found, place, &named.value)?;
            Some(Cassette {
                path: named.value,
                text,
            })
        });
        (responses, cassette)
    }

    fn response(&mut self, value: &TomlValue<'_>) -> Option<Response> {
        let text = match value.get_ref() {
            DeValue::Table(said) => {
                let problems = &mut *self.reading.problems;
                let what = "a response";
                let opened = Table::open(said, value.span(), what, &test_keys::RESPONSE, problems);
                return self.said(&opened, value.span());
            }
            _ => string(value, "responses", self.reading.problems)?.value,
        };
        self.sized(&text, value.span());
        Some(Response::Answer {
            text,
            tools: Vec::new(),
        })
    }

    fn said(&mut self, opened: &Table<'_, '_>, place: Range<usize>) -> Option<Response> {
        let problems = &mut *self.reading.problems;
        let error = opened.word::<String>("error", problems, "errors");
        let message = opened.text("message", problems);
        let text = opened.text("text", problems);
        let file = opened.string("file", problems);
        let has_tools = opened.entry("tools").is_some();
        let is_error = opened.entry("error").is_some();
        let said = usize::from(text.is_some()) + usize::from(file.is_some());
        if (is_error && (said > 0 || has_tools)) || said > 1 || (!is_error && message.is_some()) {
            let message = "a response is a text, a file or an error";
            let hint = "`text` or `file`, each with `tools` if it calls some; or `error` with its `message`";
            problems.error("response", place, message, hint);
            return None;
        }
        if error.is_some() && message.as_ref().is_none_or(|it| it.trim().is_empty()) {
            let message = "the error says nothing";
            let hint = "write what the provider says: `message = \"…\"`";
            problems.error("response", place, message, hint);
            return None;
        }
        if is_error {
            return Some(Response::Error {
                kind: ChatErrorKind::of(&error?),
                message: message.unwrap_or_default(),
            });
        }
        if said == 0 && !has_tools {
            // A key that isn't known was told, and is most likely what it says.
            if !opened.is_empty() {
                return None;
            }
            let message = "the response says nothing";
            let hint = "write a text in quotes, or `{ file = \"PATH\" }`";
            problems.error("response", place, message, hint);
            return None;
        }
        let text = match (text, file) {
            (Some(text), _) => text,
            (None, Some(file)) => {
                let found = self.sources.text(&file.value);
                let at = file.span.start..file.span.end;
                self.reading.found(found, at, &file.value)?
            }
            (None, None) => String::new(),
        };
        self.sized(&text, place);
        let tools = opened.list("tools", self.reading.problems);
        let tools = tools.into_iter().filter_map(|tool| self.tool(tool));
        let tools = tools.collect();
        Some(Response::Answer { text, tools })
    }

    fn tool(&mut self, value: &TomlValue<'_>) -> Option<ToolCalled> {
        let problems = &mut *self.reading.problems;
        let own = table(value, "tools", problems)?;
        let opened = Table::open(own, value.span(), "a tool", &test_keys::TOOL, problems);
        opened.lacks("name", "the tool has no `name`", None, problems);
        let name = opened.text("name", problems);
        let arguments = match opened.entry("arguments") {
            Some(entry) => {
                table(entry.value, "arguments", problems)?;
                json(entry.value, problems)?
            }
            None => Value::Object(serde_json::Map::new()),
        };
        Some(ToolCalled {
            name: name?,
            arguments,
        })
    }

    pub(super) fn sized(&mut self, text: &str, place: Range<usize>) {
        if let Err(reason) = check_size(text) {
            let problems = &mut *self.reading.problems;
            problems.error("too-large", place, reason, None);
        }
    }
}
