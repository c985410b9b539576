//! What servers answer a step in its tests.

use std::ops::Range;

use stepwell_contract::HttpErrorKind;
use url::Url;

use super::Tests;
use crate::reader::Table;
use crate::test_cases::{Served, ServerAnswer};
use crate::test_keys;
use crate::values::{TomlValue, table};

/// The most answers of a case.
const MOST: usize = 1_000;

impl Tests<'_> {
    /// The key `http`.
    pub(super) fn served(&mut self, opened: &Table<'_, '_>) -> Vec<ServerAnswer> {
        let values = opened.list("http", self.reading.problems);
        if values.len() > MOST {
            let place = opened.entry("http").map_or(0..0, |entry| entry.place());
            let message = format!("a case has at most {MOST} answers of servers");
            let problems = &mut *self.reading.problems;
            problems.error("too-large", place, message, None);
            return Vec::new();
        }
        let answers = values.into_iter().filter_map(|value| self.server(value));
        answers.collect()
    }

    fn server(&mut self, value: &TomlValue<'_>) -> Option<ServerAnswer> {
        let problems = &mut *self.reading.problems;
        let own = table(value, "http", problems)?;
        let what = "an answer of a server";
        let opened = Table::open(own, value.span(), what, &test_keys::SERVED, problems);
        let hint = "write the whole address: `url = \"https://api.example.org/v1\"`";
        opened.lacks("url", "the answer has no `url`", hint, problems);
        let url = opened.string("url", problems)?;
        let is_of_the_web = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host();
        let Some(parsed) = Url::parse(&url.value).ok().filter(is_of_the_web) else {
            problems.error("bad-url", url.span, "`url` is no web address", hint);
            return None;
        };
        let method = opened.word::<String>("method", problems, "methods");
        let outcome = self.outcome(&opened, value.span())?;
        Some(ServerAnswer {
            method: method.unwrap_or_else(|| "GET".to_owned()),
            url: parsed.to_string(),
            outcome,
        })
    }

    fn outcome(&mut self, opened: &Table<'_, '_>, place: Range<usize>) -> Option<Served> {
        let problems = &mut *self.reading.problems;
        let error = opened.word::<String>("error", problems, "errors");
        let message = opened.text("message", problems);
        let (body, file) = (
            opened.text("body", problems),
            opened.string("file", problems),
        );
        let answers = ["status", "headers", "body", "file"];
        let is_answer = answers.iter().any(|key| opened.entry(key).is_some());
        let is_error = opened.entry("error").is_some();
        if (is_error && is_answer)
            || (!is_error && message.is_some())
            || (body.is_some() && file.is_some())
        {
            let message = "a server answers, or there is an error";
            let hint =
                "`status` and `headers`, with `body` or `file`; or `error`, with its `message`";
            problems.error("response", place, message, hint);
            return None;
        }
        if is_error {
            return Some(Served::Error {
                kind: HttpErrorKind::of(&error?),
                message: message.unwrap_or_else(|| "the case says so".to_owned()),
            });
        }
        let status = opened.number("status", problems).unwrap_or(200);
        let body = match (body, file) {
            (Some(body), _) => body,
            (None, Some(file)) => {
                let found = self.sources.text(&file.value);
                let at = file.span.start..file.span.end;
                self.reading.found(found, at, &file.value)?
            }
            (None, None) => String::new(),
        };
        self.sized(&body, place);
        Some(Served::Answer {
            status,
            headers: self.reading.texts(opened, "headers"),
            body,
        })
    }
}
