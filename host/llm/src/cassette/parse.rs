//! A cassette from text.
//!
//! It stops at the first problem: what follows a misread entry would be misread too.

use serde::Deserialize;
use serde_json::Value;
use stepwell_contract::{
    ChatError, ChatErrorKind, ChatResponse, FinishReason, Message, Text, Usage, amounts,
};

use super::section::{self, MARK};
use super::write::plain_message;
use super::{
    CallEnd, CallPlace, Cassette, CassetteProblem as Problem, Entry, Matching, RecordedAnswer,
    RecordedCall,
};
use crate::canonical::sorted;

type Failure = (usize, Problem);

/// The most bytes of a line that a message shows.
const MOST_SHOWN: usize = 200;

fn shown(line: &str) -> String {
    amounts::cut(line.to_owned(), MOST_SHOWN)
}

pub(super) fn cassette(text: &str) -> Result<Cassette, Failure> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines: Vec<&str> = text.split('\n').collect();
    // The last line break ends the last line; it doesn't begin another.
    if lines.last() == Some(&"") {
        lines.pop();
    }
    let starts: Vec<usize> = (0..lines.len())
        .filter(|line| lines[*line].starts_with(MARK))
        .collect();
    let head_end = starts.first().copied().unwrap_or(lines.len());
    let mut cassette = head(&lines[..head_end])?;
    for (index, &start) in starts.iter().enumerate() {
        let end = starts.get(index + 1).copied().unwrap_or(lines.len());
        let title = lines[start][MARK.len()..].trim();
        if title == "end" {
            let after = lines.get(start + 1..).unwrap_or_default();
            cassette.cut_off = after.iter().any(|line| !line.trim().is_empty());
            break;
        }
        section(&mut cassette, start + 1, title, &lines[start + 1..end])?;
    }
    Ok(cassette)
}

fn head(lines: &[&str]) -> Result<Cassette, Failure> {
    let version = lines
        .first()
        .and_then(|line| line.trim().strip_prefix("stepwell-cassette "))
        .ok_or((1, Problem::NotACassette))?;
    if version != "1" {
        let version = shown(version);
        return Err((1, Problem::OtherVersion { version }));
    }
    let (mut matching, mut default_model) = (None, None);
    let mut at = 1;
    while let Some(line) = lines.get(at).map(|line| line.trim())
        && !line.is_empty()
    {
        let bad = || {
            let line = shown(line);
            (at + 1, Problem::BadHead { line })
        };
        let (name, value) = line.split_once('=').ok_or_else(bad)?;
        let value = section::read_value(value).map_err(|_| bad())?;
        match (name.trim(), value.as_str()) {
            ("match", "request") => matching = Some(Matching::Request),
            ("match", "sequence") => matching = Some(Matching::Sequence),
            ("default-model", _) => default_model = Some(value),
            _ => return Err(bad()),
        }
        at += 1;
    }
    let mut cassette = Cassette::new(matching.ok_or((2, Problem::NoMatch))?);
    cassette.default_model = default_model;
    cassette.set_comment(&body(lines.get(at..).unwrap_or_default()));
    Ok(cassette)
}

fn section(
    cassette: &mut Cassette,
    line: usize,
    title: &str,
    lines: &[&str],
) -> Result<(), Failure> {
    let bad = |reason: String| {
        let title = shown(title);
        (
            line,
            Problem::BadEntry {
                line: title,
                reason,
            },
        )
    };
    let (word, rest) = title.split_once(char::is_whitespace).unwrap_or((title, ""));
    match word {
        "call" | "error" => {
            let place = place(cassette, rest).map_err(|problem| match problem {
                Placing::Bad(reason) => bad(reason),
                Placing::Twice(place) => (line, Problem::Twice { place }),
            })?;
            let (fields, text) = fields(line, lines)?;
            let call = call(place, word == "error", fields, text)
                .map_err(|line| (line.0, Problem::BadField { line: line.1 }))?;
            cassette.push(Entry::Call(call));
            cassette.lines.push(line);
        }
        "answer" => {
            let (step, key) = answer_title(rest).map_err(bad)?;
            let (fields, text) = fields(line, lines)?;
            if let Some(field) = fields.into_iter().next() {
                return Err((
                    field.line,
                    Problem::BadField {
                        line: shown(&field.name),
                    },
                ));
            }
            let answer = RecordedAnswer { step, key, text };
            cassette.push(Entry::Answer(answer));
            cassette.lines.push(line);
        }
        "request" | "message" if rest.is_empty() => {
            let stray = || {
                let section = word.to_owned();
                (line, Problem::Stray { section })
            };
            let Some(Entry::Call(call)) = cassette.entries.last_mut() else {
                return Err(stray());
            };
            let bad_json = |error: serde_json::Error| {
                let (section, reason) = (word.to_owned(), error.to_string());
                (line, Problem::BadJson { section, reason })
            };
            let json: Value = serde_json::from_str(&body(lines)).map_err(bad_json)?;
            if word == "request" {
                call.request = Some(sorted(json));
            } else if let CallEnd::Answer(response) = &mut call.outcome {
                let more: BeyondText = serde_json::from_value(json).map_err(bad_json)?;
                response.message = more.message;
                response.details = more.details;
            } else {
                return Err(stray());
            }
        }
        _ => {
            return Err(bad(
                "an entry is one of `call`, `error`, `request`, `message`, `answer` and `end`"
                    .into(),
            ));
        }
    }
    Ok(())
}

#[derive(Deserialize)]
struct BeyondText {
    message: Message,
    #[serde(default)]
    details: Vec<Text>,
}

enum Placing {
    Bad(String),
    Twice(String),
}

/// The place of an entry, numbered where the file doesn't.
fn place(cassette: &Cassette, text: &str) -> Result<CallPlace, Placing> {
    let (mut place, given) = section::read_place(text).map_err(Placing::Bad)?;
    if given.is_none() {
        place.sequence = cassette.index.next_beside(&place);
    }
    if cassette.matching == Matching::Sequence && !cassette.index.at(&place).is_empty() {
        return Err(Placing::Twice(place.to_string()));
    }
    Ok(place)
}

/// A line `name: value` before the text.
struct Field {
    line: usize,
    name: String,
    value: String,
}

/// The fields and the text of an entry that begins on `line`.
fn fields(line: usize, lines: &[&str]) -> Result<(Vec<Field>, String), Failure> {
    let mut fields = Vec::new();
    for (index, text) in lines.iter().map(|line| line.trim()).enumerate() {
        if text.is_empty() {
            return Ok((fields, body(&lines[index + 1..])));
        }
        let bad = || {
            let text = shown(text);
            (line + 1 + index, Problem::BadField { line: text })
        };
        let (name, value) = text.split_once(':').ok_or_else(bad)?;
        fields.push(Field {
            line: line + 1 + index,
            name: name.to_owned(),
            value: section::read_value(value).map_err(|_| bad())?,
        });
    }
    Ok((fields, String::new()))
}

/// The text that stands in these lines.
fn body(lines: &[&str]) -> String {
    let lines: Vec<&str> = lines.iter().map(|line| section::unescaped(line)).collect();
    lines.join("\n")
}

fn call(
    place: CallPlace,
    is_error: bool,
    fields: Vec<Field>,
    text: String,
) -> Result<RecordedCall, (usize, String)> {
    let mut model = None;
    let mut instead = None;
    let mut answered_by = String::new();
    let mut finish_reason = FinishReason::Stop;
    let mut usage = Usage::default();
    let mut kind = ChatErrorKind::Overloaded;
    for Field { line, name, value } in fields {
        let shown = format!("{name}: {value}");
        match name.as_str() {
            "model" => model = Some(value),
            "asked-instead" => instead = Some(value),
            "answered-by" if !is_error => answered_by = value,
            "finish" if !is_error => {
                finish_reason = section::variant(&value).unwrap_or(FinishReason::Other(value));
            }
            "usage" if !is_error => usage = section::read_usage(&value).ok_or((line, shown))?,
            "kind" if is_error => {
                kind = section::variant(&value).unwrap_or(ChatErrorKind::Other(value));
            }
            _ => return Err((line, shown)),
        }
    }
    let outcome = if is_error {
        CallEnd::Error(ChatError::new(kind, text))
    } else {
        CallEnd::Answer(ChatResponse {
            message: plain_message(&text),
            text,
            finish_reason,
            usage,
            model: answered_by,
            details: Vec::new(),
        })
    };
    Ok(RecordedCall {
        place,
        model,
        instead,
        request: None,
        outcome,
    })
}

/// The step and key of `=== answer [STEP] KEY`.
fn answer_title(text: &str) -> Result<(Option<stepwell_contract::StepPath>, String), String> {
    let text = text.trim();
    let (step, key) = match text.split_once(char::is_whitespace) {
        // A key in quotation marks may hold spaces.
        Some((step, key)) if !step.starts_with('"') => (Some(step), key.trim()),
        _ => (None, text),
    };
    if key.is_empty() {
        return Err("it names no question".into());
    }
    if !key.starts_with('"') && key.contains(char::is_whitespace) {
        return Err(format!("`{key}` has spaces: put it in quotation marks"));
    }
    let step = match step {
        Some(step) => Some(step.parse().map_err(|error| format!("{error}"))?),
        None => None,
    };
    Ok((step, section::read_value(key)?))
}
