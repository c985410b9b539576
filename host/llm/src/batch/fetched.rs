//! An answer out of a batch, which becomes what an answer is that came by itself.

use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use stepwell_contract::{ChatError, ChatErrorKind, ProviderKind};

use super::answer::{Answered, BatchAnswer};
use super::request_of;
use crate::provider::Provider;
use crate::scrub::Scrubs;
use crate::transport::{Exchange, leave_raw_out};
use crate::wire::{Problem, shortened};

/// A line of a batch's answers, of either format.
#[derive(Deserialize)]
struct Line<'l> {
    custom_id: String,
    /// OpenAI's.
    #[serde(borrow, default)]
    response: Option<Response<'l>>,
    #[serde(default)]
    error: Option<Value>,
    /// Anthropic's.
    #[serde(borrow, default)]
    result: Option<Outcome<'l>>,
}

#[derive(Deserialize)]
struct Response<'l> {
    status_code: u16,
    #[serde(borrow)]
    body: &'l RawValue,
}

#[derive(Deserialize)]
struct Outcome<'l> {
    r#type: String,
    #[serde(borrow, default)]
    message: Option<&'l RawValue>,
    #[serde(borrow, default)]
    error: Option<&'l RawValue>,
}

/// Reads a line: which request it is about, and what came. None where it is about none of this batch.
pub(super) fn read(kind: ProviderKind, batch: u128, line: &Bytes) -> Option<(u32, BatchAnswer)> {
    let read: Line<'_> = serde_json::from_slice(line).ok()?;
    let request = request_of(batch, &read.custom_id)?;
    let answered = match kind {
        ProviderKind::AnthropicMessages => of_result(read.result, line),
        _ => of_response(read.response, read.error, line),
    };
    Some((request, BatchAnswer(answered)))
}

/// The body is a part of the line, and isn't held twice.
fn answer(line: &Bytes, status: u16, body: &RawValue) -> Answered {
    Answered::Line {
        line: line.clone(),
        status,
        body: line.slice_ref(body.get().as_bytes()),
    }
}

fn of_response(response: Option<Response<'_>>, error: Option<Value>, line: &Bytes) -> Answered {
    if let Some(response) = response {
        return answer(line, response.status_code, response.body);
    }
    let error = error.unwrap_or_default();
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    Answered::None(match text("code") {
        "batch_expired" => expired(),
        "batch_cancelled" => cancelled(),
        code => {
            let told = format!(
                "the batch has an error for it: {} ({code})",
                text("message")
            );
            Problem::passing(ChatErrorKind::Overloaded, shortened(&told))
        }
    })
}

fn of_result(result: Option<Outcome<'_>>, line: &Bytes) -> Answered {
    let Some(result) = result else {
        return Answered::None(missing());
    };
    match (result.r#type.as_str(), result.message, result.error) {
        ("succeeded", Some(message), _) => answer(line, 200, message),
        ("errored", _, Some(error)) => answer(line, status_of(error), error),
        ("canceled", _, _) => Answered::None(cancelled()),
        ("expired", _, _) => Answered::None(expired()),
        _ => Answered::None(missing()),
    }
}

/// The status with which Anthropic answers by itself what it tells in a batch by the error's type.
fn status_of(error: &RawValue) -> u16 {
    let error: Value = serde_json::from_str(error.get()).unwrap_or_default();
    let inner = error.get("error").unwrap_or(&error);
    match inner.get("type").and_then(Value::as_str) {
        Some("authentication_error") => 401,
        Some("billing_error") => 402,
        Some("permission_error") => 403,
        Some("not_found_error") => 404,
        Some("request_too_large") => 413,
        Some("rate_limit_error") => 429,
        Some("api_error") => 500,
        Some("timeout_error") => 504,
        Some("overloaded_error") => 529,
        _ => 400,
    }
}

pub(super) fn expired() -> Problem {
    let message = "the batch ended before this request was answered, since its time was over";
    Problem::passing(ChatErrorKind::Timeout, message).unpaid()
}

pub(super) fn cancelled() -> Problem {
    let message = "the batch was cancelled before this request was answered";
    Problem::passing(ChatErrorKind::Overloaded, message).unpaid()
}

/// Whether it was paid nobody says.
pub(super) fn missing() -> Problem {
    let message = "the batch ended, and has no answer to this request";
    Problem::passing(ChatErrorKind::Network, message)
}

/// What came, as if it had come by itself so long after it was sent.
///
/// # Errors
/// Why nobody knows what came.
pub(crate) fn exchange(
    provider: &Provider,
    answer: BatchAnswer,
    duration: Duration,
) -> Result<Exchange, ChatError> {
    let mut exchange = Exchange::nothing();
    exchange.duration = duration;
    let (line, status, body) = match answer.0 {
        Answered::Line { line, status, body } => (line, status, body),
        Answered::None(problem) => {
            exchange.outcome = Err(problem);
            return Ok(exchange);
        }
        Answered::Left(error) => return Err(error),
    };
    exchange.raw = Some(line);
    exchange.status = Some(status);
    if !(200..300).contains(&status) {
        exchange.outcome = Err(provider.format.refusal(status, &body));
        return Ok(exchange);
    }
    let mut reader = provider.format.reader(&provider.name);
    let mut nobody = |_: &str| {};
    let taken = reader.take(&body, &mut nobody);
    let outcome = reader.end(taken, &mut nobody);
    exchange.usage = reader.usage();
    exchange.hour_writes = reader.hour_writes();
    exchange.answer_bytes = reader.answer_bytes();
    // The line came without the key. Joined from pieces, it could be there again.
    exchange.outcome = outcome.map(|response| {
        let clean = Scrubs::new(provider.secrets()).response(response.clone());
        if clean != response {
            leave_raw_out(&mut exchange.raw);
        }
        clean
    });
    Ok(exchange)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::batch::custom_id;
    use crate::wire::Paid;

    fn came(kind: ProviderKind, line: &Value) -> Answered {
        let (request, answer) = read(kind, 7, &line.to_string().into()).unwrap();
        assert_eq!(request, 3);
        answer.0
    }

    #[test]
    fn a_line_is_an_answer_a_refusal_or_why_there_is_none() {
        let (openai, anthropic) = (ProviderKind::OpenaiChat, ProviderKind::AnthropicMessages);
        let id = custom_id(7, 3);
        let response = |status: u16| {
            let response = json!({ "status_code": status, "body": { "a": 1 } });
            json!({ "custom_id": id, "response": response, "error": null })
        };
        for status in [200, 429] {
            let Answered::Line {
                status: read, body, ..
            } = came(openai, &response(status))
            else {
                panic!("{status}");
            };
            assert_eq!((read, &body[..]), (status, &br#"{"a":1}"#[..]));
        }
        let error = |code: &str| json!({ "custom_id": id, "response": null, "error": { "code": code, "message": "m" } });
        for (code, kind, paid) in [
            ("batch_expired", ChatErrorKind::Timeout, Paid::No),
            ("batch_cancelled", ChatErrorKind::Overloaded, Paid::No),
            ("other", ChatErrorKind::Overloaded, Paid::Unknown),
        ] {
            let Answered::None(problem) = came(openai, &error(code)) else {
                panic!("{code}");
            };
            assert_eq!(
                (problem.kind, problem.paid, problem.may_pass),
                (kind, paid, true)
            );
        }
        let result = |result: Value| json!({ "custom_id": id, "result": result });
        let failed = |kind: &str| {
            let error = json!({ "type": "error", "error": { "type": kind, "message": "m" } });
            result(json!({ "type": "errored", "error": error }))
        };
        for (line, status) in [
            (
                result(json!({ "type": "succeeded", "message": { "a": 1 } })),
                200,
            ),
            (failed("invalid_request_error"), 400),
            (failed("overloaded_error"), 529),
        ] {
            let Answered::Line { status: read, .. } = came(anthropic, &line) else {
                panic!("{line}");
            };
            assert_eq!(read, status);
        }
        for word in ["canceled", "expired", "of a later day"] {
            let line = result(json!({ "type": word }));
            assert!(
                matches!(came(anthropic, &line), Answered::None(_)),
                "{word}"
            );
        }
        // Of another batch, or of nobody's.
        let line = json!({ "custom_id": custom_id(8, 3), "response": null }).to_string();
        assert!(read(openai, 7, &line.into()).is_none());
        assert!(read(openai, 7, &Bytes::from_static(b"no line")).is_none());
    }
}
