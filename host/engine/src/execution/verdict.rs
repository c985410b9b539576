//! What the end of an attempt means: whether another one follows, and what a person is told (rules E19 and E20).

use stepwell_contract::Problem;
use stepwell_contract::{AttemptEnd, AttemptReport, ExecutionKey, FailureKind};
use stepwell_store::ExecutionRecord;

use crate::state::{RunContext, Unit};

/// The codes that the SDK gives to prompts that can't be filled.
const PROMPT_FAILURES: [&str; 3] = ["invalid-template", "missing-variable", "prompt-not-found"];

/// What follows from the end of an attempt.
pub(super) struct Verdict {
    /// Whether another attempt follows.
    pub(super) again: bool,
    /// Whether this one counts against `retries`.
    pub(super) counts: bool,
}

/// How many more attempts may follow the last one of `record`, by `limits.attempts`.
pub(super) fn attempts_left(
    run: &RunContext,
    unit: &Unit,
    record: &ExecutionRecord,
    counted_before: usize,
) -> u32 {
    let since = record.attempts.len().saturating_sub(counted_before);
    let allowed = run.step(unit.step).limits.attempts;
    allowed.saturating_sub(u32::try_from(since).unwrap_or(u32::MAX))
}

/// Decides whether another attempt may help (rules E19 and E20).
pub(super) fn judge(
    run: &RunContext,
    unit: &Unit,
    record: &ExecutionRecord,
    end: &AttemptEnd,
    saved_checkpoint: bool,
    counted_before: usize,
) -> Verdict {
    let step = run.step(unit.step);
    let since = record.attempts.get(counted_before..).unwrap_or_default();
    let room = attempts_left(run, unit, record, counted_before) > 0;
    match end {
        AttemptEnd::Failure(failure) => {
            let used = since.iter().filter(|attempt| attempt.counts).count();
            let left = u32::try_from(used).unwrap_or(u32::MAX) < step.retries;
            Verdict {
                again: failure.retryable && left && room,
                counts: true,
            }
        }
        AttemptEnd::Trap { .. } | AttemptEnd::Limit { .. } => Verdict {
            again: saved_checkpoint && room,
            counts: false,
        },
        _ => Verdict {
            again: false,
            counts: true,
        },
    }
}

/// The end as `previous-end` tells it to the next attempt.
pub(super) fn end_word(end: &AttemptEnd) -> String {
    match end {
        AttemptEnd::Failure(failure) => format!("{}: {}", failure.kind.code(), failure.message),
        AttemptEnd::Limit { limit, .. } => format!("limit: {}", limit.word()),
        AttemptEnd::Trap { message, .. } => format!("trap: {message}"),
        other => other.to_string(),
    }
}

/// The run keeps the plugin that it began with: `resume` alone would meet the same bug again.
fn plugins_bug(key: &ExecutionKey) -> String {
    format!(
        "this is a bug of the plugin; when its file is mended, `stepwell step run {} --run {}` takes the new one",
        key.path, key.run
    )
}

pub(super) fn problem_of(
    run: &RunContext,
    unit: &Unit,
    end: &AttemptEnd,
    report: &AttemptReport,
) -> Problem {
    let key = run.key_of(unit);
    let file = run.definition_file.as_deref().unwrap_or("the definition");
    let (code, mut message, hint) = match end {
        AttemptEnd::Failure(failure) => {
            let hint = match &failure.kind {
                FailureKind::InvalidInput => Some(format!("check the inputs of step `{}` in {file}", key.path)),
                FailureKind::InvalidResponse => Some(
                    "`stepwell calls` shows what the model answered; `stepwell resume` asks again, a clearer prompt may help (`stepwell prompt edit`)".into(),
                ),
                // The run keeps the version that it began with: `resume` alone would fill the same prompt again.
                FailureKind::Other(code) if PROMPT_FAILURES.contains(&code.as_str()) => Some(format!(
                    "mend the prompt (`stepwell prompt edit`), then `stepwell step run {} --run {}` takes the current version",
                    key.path, key.run
                )),
                FailureKind::Declined => Some("`stepwell resume` asks again".into()),
                _ => Some("mend what it says, then `stepwell resume`".into()),
            };
            (
                failure.kind.code().to_owned(),
                failure.message.clone(),
                hint,
            )
        }
        AttemptEnd::Limit { limit, .. } => (
            "limit".to_owned(),
            end.to_string(),
            Some(format!(
                "raise `{}` of step `{}` in {file}, then `stepwell resume`",
                limit.setting(),
                key.path
            )),
        ),
        AttemptEnd::Trap { backtrace, .. } => {
            let mut message = end.to_string();
            if !backtrace.is_empty() {
                message.push_str("\nin the guest:\n");
                message.push_str(backtrace.trim_end());
            }
            ("trap".to_owned(), message, Some(plugins_bug(&key)))
        }
        AttemptEnd::ForbiddenImport { .. } => (
            "forbidden-import".to_owned(),
            end.to_string(),
            Some(plugins_bug(&key)),
        ),
        AttemptEnd::BadOutcome { .. } => (
            "bad-outcome".to_owned(),
            end.to_string(),
            Some(plugins_bug(&key)),
        ),
        _ => (
            "sandbox".to_owned(),
            end.to_string(),
            Some("`stepwell doctor` checks the sandbox".into()),
        ),
    };
    let shows_stderr = matches!(end, AttemptEnd::Trap { .. } | AttemptEnd::Limit { .. });
    if shows_stderr && !report.stderr.trim().is_empty() {
        message.push_str("\nit wrote to its standard error:\n");
        message.push_str(report.stderr.trim_end());
    }
    Problem {
        code,
        message,
        hint,
        step: Some(key.to_string()),
        other: Default::default(),
    }
}
