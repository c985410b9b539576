//! Spans, made of records: a function of what is kept.

use jiff::{SignedDuration, Timestamp};
use opentelemetry_proto::tonic::trace::v1::span::{Event, SpanKind};
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{Span, SpanFlags, Status};
use stepwell_contract::{ExecutionKey, Usage};
use stepwell_store::{AttemptRecord, CallAttempt, CallError, CallRecord, RunRecord};

use crate::attributes::{self as names, Attributes};
use crate::ended::{Outcome, Period};
use crate::ids::{SpanOf, trace_of};

/// A span that is sampled, whose parent is of this very program or another process of it.
const FLAGS: u32 = 1 | SpanFlags::ContextHasIsRemoteMask as u32;

/// A run: the root of its trace. Where it had ended before, it is a part of what the root is.
pub(crate) fn of_run(
    record: &RunRecord,
    end: u32,
    period: Period,
    outcome: &Outcome,
    replayed: bool,
) -> Span {
    let run = record.id;
    let root = SpanOf::Run { run, end: 0 };
    let comparison = record.scratch.as_ref().map(|scratch| scratch.comparison);
    let attributes = Attributes::default()
        .text(names::OPERATION, names::INVOKE_WORKFLOW)
        .text(names::WORKFLOW, &record.workflow)
        .text("stepwell.run.id", &run.to_string())
        .maybe(comparison, |it, id| {
            it.text("stepwell.comparison.id", &id.to_string())
        })
        .flag("stepwell.replayed", replayed);
    Span {
        parent_span_id: match end {
            0 => Vec::new(),
            _ => root.id().to_vec(),
        },
        name: format!("{} {}", names::INVOKE_WORKFLOW, record.workflow),
        ..span(
            SpanOf::Run { run, end },
            trace_of(run),
            period,
            outcome,
            attributes,
        )
    }
}

/// An execution, below its run. Where it had ended before, it is a part of what it was then.
pub(crate) fn of_execution(
    key: &ExecutionKey,
    (end, end_of_run): (u32, u32),
    uses: Option<&str>,
    period: Period,
    outcome: &Outcome,
) -> Span {
    let parent = match end {
        0 => SpanOf::Run {
            run: key.run,
            end: end_of_run,
        },
        _ => SpanOf::Execution { key, end: 0 },
    };
    let attributes = of_key(key).maybe(uses, |it, uses| it.text("stepwell.plugin", uses));
    Span {
        parent_span_id: parent.id().to_vec(),
        name: format!("step {}", key.path),
        ..span(
            SpanOf::Execution { key, end },
            trace_of(key.run),
            period,
            outcome,
            attributes,
        )
    }
}

/// An attempt, below its execution.
pub(crate) fn of_attempt(
    key: &ExecutionKey,
    (number, end): (u32, u32),
    record: Option<&AttemptRecord>,
    period: Period,
    outcome: &Outcome,
) -> Span {
    let attributes = of_key(key)
        .number("stepwell.attempt", number)
        .maybe(record, |it, record| {
            it.number("stepwell.attempt.cpu_ms", record.cpu_ms)
                .number("stepwell.attempt.memory_bytes", record.memory)
        });
    Span {
        parent_span_id: SpanOf::Execution { key, end }.id().to_vec(),
        name: "attempt".into(),
        ..span(
            SpanOf::Attempt { key, number },
            trace_of(key.run),
            period,
            outcome,
            attributes,
        )
    }
}

/// A call, below the attempt that asked, with every time that it was sent.
pub(crate) fn of_call(call: &CallRecord, answered_by: Option<&str>) -> Span {
    let key = &call.execution;
    let period = period_of(call);
    let outcome = match error_of(call) {
        Some(error) => Outcome::Failure(error.code.clone()),
        None => Outcome::Success,
    };
    let parent = SpanOf::Attempt {
        key,
        number: call.attempt,
    };
    Span {
        parent_span_id: parent.id().to_vec(),
        name: format!("{} {}", names::CHAT, call.provider_model),
        kind: SpanKind::Client.into(),
        events: call.attempts.iter().map(sent).collect(),
        ..span(
            SpanOf::Call(call.id),
            trace_of(key.run),
            period,
            &outcome,
            of_chat(call, answered_by),
        )
    }
}

fn of_chat(call: &CallRecord, answered_by: Option<&str>) -> Attributes {
    let usage = usage_of(call);
    let last = call.attempts.last();
    let first_token = last.and_then(|attempt| attempt.first_token_ms);
    let money = call.money().map(|money| money.0);
    // Where several prompts stand in what was asked, the conventions have room for one.
    let prompt = call.prompts.first();
    let prompts = call.prompts.iter();
    let prompts: Vec<_> = prompts
        .map(|(name, number)| stepwell_engine::named(name, *number))
        .collect();
    Attributes::default()
        .text(names::OPERATION, names::CHAT)
        .text(names::PROVIDER, names::provider(&call.provider))
        .text(names::REQUEST_MODEL, &call.provider_model)
        .maybe(answered_by, |it, model| {
            it.text(names::RESPONSE_MODEL, model)
        })
        .texts(
            names::FINISH_REASONS,
            call.finish.as_deref().map(names::code).into_iter(),
        )
        .maybe(first_token, |it, milliseconds| {
            it.decimal(names::FIRST_CHUNK, seconds(milliseconds))
        })
        .maybe(usage.input_tokens, |it, count| {
            it.number(names::INPUT_TOKENS, count)
        })
        .maybe(usage.output_tokens, |it, count| {
            it.number(names::OUTPUT_TOKENS, count)
        })
        .maybe(usage.cache_read_tokens, |it, count| {
            it.number(names::CACHE_READ_TOKENS, count)
        })
        .maybe(usage.cache_write_tokens, |it, count| {
            it.number(names::CACHE_WRITE_TOKENS, count)
        })
        .maybe(usage.reasoning_tokens, |it, count| {
            it.number(names::REASONING_TOKENS, count)
        })
        .maybe(prompt, |it, (name, number)| {
            let it = it.text(names::PROMPT_NAME, name);
            match number {
                // It is no kept version.
                0 => it,
                number => it.text(names::PROMPT_VERSION, &number.to_string()),
            }
        })
        .texts("stepwell.prompts", prompts.iter().map(String::as_str))
        .text("stepwell.call.id", &call.id.to_string())
        .text("stepwell.model", &call.model)
        .text("stepwell.provider", &call.provider)
        .text("stepwell.step", call.execution.path.as_str())
        .text("stepwell.execution", &call.execution.to_string())
        .number("stepwell.attempt", call.attempt)
        .maybe(money, |it, money| {
            it.decimal("stepwell.cost_usd", money as f64 / 1e6)
        })
}

/// What all attempts at a call took, as far as they say: a provider counts those that it answered too late, too.
pub(crate) fn usage_of(call: &CallRecord) -> Usage {
    let paid = call.attempts.iter().filter(|it| it.written_off.is_none());
    paid.fold(Usage::default(), |sum, attempt| {
        let of = attempt.usage;
        let plus = |one: Option<u32>, other: Option<u32>| match (one, other) {
            (None, None) => None,
            (one, other) => Some(one.unwrap_or(0).saturating_add(other.unwrap_or(0))),
        };
        Usage {
            input_tokens: plus(sum.input_tokens, of.input_tokens),
            output_tokens: plus(sum.output_tokens, of.output_tokens),
            cache_read_tokens: plus(sum.cache_read_tokens, of.cache_read_tokens),
            cache_write_tokens: plus(sum.cache_write_tokens, of.cache_write_tokens),
            reasoning_tokens: plus(sum.reasoning_tokens, of.reasoning_tokens),
        }
    })
}

/// Why a call ended without an answer. It is told once its last attempt has failed, which is before its execution has decided what
/// comes of that, and has written so.
pub(crate) fn error_of(call: &CallRecord) -> Option<&CallError> {
    let last = call.attempts.last();
    let of_last = last.and_then(|attempt| attempt.error.as_ref());
    call.error.as_ref().or(of_last)
}

/// From when it was first sent to its end.
fn period_of(call: &CallRecord) -> Period {
    let from = call.attempts.first().map(|attempt| attempt.started_at);
    let from = from.unwrap_or(call.created_at);
    let last = call.attempts.last();
    let end_of_last = last.and_then(|attempt| {
        let took = SignedDuration::from_millis(i64::try_from(attempt.duration_ms?).ok()?);
        attempt.started_at.checked_add(took).ok()
    });
    Period {
        from,
        to: call.ended_at.or(end_of_last).unwrap_or(from),
    }
}

/// One time that a call was sent.
fn sent(attempt: &CallAttempt) -> Event {
    let error = attempt.error.as_ref();
    let attributes = Attributes::default()
        .number("stepwell.call.attempt", attempt.number)
        .maybe(attempt.status, |it, status| {
            it.number(names::HTTP_STATUS, status)
        })
        .maybe(attempt.duration_ms, |it, milliseconds| {
            it.number("stepwell.call.duration_ms", milliseconds)
        })
        .maybe(error, |it, error| {
            it.text(names::ERROR_TYPE, names::code(&error.code))
        });
    Event {
        time_unix_nano: nanoseconds(attempt.started_at),
        name: "stepwell.call.sent".into(),
        attributes: attributes.0,
        dropped_attributes_count: 0,
    }
}

/// What names an execution.
fn of_key(key: &ExecutionKey) -> Attributes {
    Attributes::default()
        .text("stepwell.step", key.path.as_str())
        .text("stepwell.execution", &key.to_string())
        .number("stepwell.take", key.take)
}

/// What all spans have.
fn span(
    of: SpanOf<'_>,
    trace: [u8; 16],
    period: Period,
    outcome: &Outcome,
    attributes: Attributes,
) -> Span {
    let attributes = attributes.text("stepwell.outcome", outcome.word());
    let (attributes, code) = match outcome {
        Outcome::Failure(code) => (
            attributes.text(names::ERROR_TYPE, names::code(code)),
            StatusCode::Error,
        ),
        _ => (attributes, StatusCode::Unset),
    };
    let start = nanoseconds(period.from);
    Span {
        trace_id: trace.to_vec(),
        span_id: of.id().to_vec(),
        flags: FLAGS,
        kind: SpanKind::Internal.into(),
        start_time_unix_nano: start,
        // A clock that was set back meanwhile makes no span of less than nothing.
        end_time_unix_nano: nanoseconds(period.to).max(start),
        attributes: attributes.0,
        status: Some(Status {
            // What happened may be told by a text of others.
            message: String::new(),
            code: code.into(),
        }),
        ..Span::default()
    }
}

pub(crate) fn nanoseconds(at: Timestamp) -> u64 {
    u64::try_from(at.as_nanosecond()).unwrap_or_default()
}

pub(crate) fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1e3
}

#[cfg(test)]
mod tests;
