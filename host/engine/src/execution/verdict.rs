//! What the end of an attempt means: whether another one follows, and what a person is told (rules E19 and E20).

use stepwell_contract::amounts::{count, ending};
use stepwell_contract::{
    AttemptEnd, AttemptReport, GoOn, Problem, ProblemCode, Remedy, StepPath, WorkspaceError, most,
};
use stepwell_store::ExecutionRecord;

use crate::state::{RunContext, Unit};

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
    allowed.saturating_sub(count(since))
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
        // Another attempt would ask for another answer.
        _ if record.answers_of.is_some() => Verdict {
            again: false,
            counts: true,
        },
        AttemptEnd::Failure(failure) => {
            let used = since.iter().filter(|attempt| attempt.counts).count();
            let left = count(used) < step.retries;
            Verdict {
                again: failure.retryable && left && room,
                counts: true,
            }
        }
        AttemptEnd::Trap { .. } | AttemptEnd::Limit { .. } | AttemptEnd::TooNested { .. } => {
            Verdict {
                again: saved_checkpoint && room,
                counts: false,
            }
        }
        _ => Verdict {
            again: false,
            counts: true,
        },
    }
}

/// Whether the step ended its instance itself and nothing was wrong: what goes on is its own plan.
pub(super) fn ended_itself(end: &AttemptEnd) -> bool {
    matches!(end, AttemptEnd::Trap { exit: Some(0), .. })
}

/// The end as `previous-end` tells it to the next attempt.
pub(super) fn end_word(end: &AttemptEnd) -> String {
    match end {
        AttemptEnd::Failure(failure) => format!("{}: {}", failure.kind.code(), failure.message),
        AttemptEnd::Limit { limit, .. } => format!("limit: {}", limit.word()),
        AttemptEnd::TooNested { .. } => "limit: folders".into(),
        AttemptEnd::Trap { message, .. } => format!("trap: {message}"),
        other => other.to_string(),
    }
}

/// The prompt of a step that has one alone, if it can be edited: one that is only its plugin's own can't.
fn only_prompt(run: &RunContext, step: &StepPath) -> Option<String> {
    let mut prompts = run.pins.prompts.get(step)?.values();
    let only = prompts.next().filter(|_| prompts.next().is_none())?;
    (only.number > 0 || only.unsaved).then(|| only.name.clone())
}

/// What a person is told of an attempt that no other one follows.
pub(super) fn problem_of(
    run: &RunContext,
    unit: &Unit,
    end: &AttemptEnd,
    report: &AttemptReport,
) -> Problem {
    let key = run.key_of(unit);
    let (run_id, step) = (key.run, key.path.clone());
    let of_the_plugin = |code| {
        let step = step.clone();
        let remedy = Remedy::MendPlugin {
            run: run_id,
            step,
            mend: end.mend(),
        };
        Problem::new(code, end.to_string()).with(remedy)
    };
    let mut problem = match end {
        AttemptEnd::Failure(failure) => {
            let code = ProblemCode::from(&failure.kind);
            let remedy = remedy_of(run, unit, &code);
            Problem::new(code, &failure.message).with(remedy)
        }
        AttemptEnd::Limit { limit, .. } => {
            let setting = limit.setting().to_owned();
            let remedy = Remedy::RaiseLimit {
                setting,
                step,
                file: run.pins.definition_file.clone(),
                then: GoOn::Run(run_id),
            };
            Problem::new(ProblemCode::Limit, end.to_string()).with(remedy)
        }
        AttemptEnd::TooNested { .. } => of_the_plugin(ProblemCode::Limit),
        AttemptEnd::Trap { backtrace, .. } => {
            let mut problem = of_the_plugin(ProblemCode::Trap);
            if !backtrace.is_empty() {
                let frames = backtrace.trim_end();
                problem.message += &format!("\nin the guest:\n{frames}");
            }
            problem
        }
        AttemptEnd::ForbiddenImport { .. } => of_the_plugin(ProblemCode::ForbiddenImport),
        AttemptEnd::BadOutcome { .. } => of_the_plugin(ProblemCode::BadOutcome),
        AttemptEnd::Halted(_) | AttemptEnd::Host { .. } => {
            Problem::new(ProblemCode::Sandbox, end.to_string()).with(Remedy::CheckSandbox)
        }
    };
    let shows_stderr = matches!(end, AttemptEnd::Trap { .. } | AttemptEnd::Limit { .. });
    let stderr = ending(report.stderr.trim(), most::MESSAGE);
    if shows_stderr && !stderr.is_empty() {
        problem.message += &format!("\nit wrote to its standard error:\n{stderr}");
    }
    problem.of(key)
}

/// What helps with what a step said itself.
fn remedy_of(run: &RunContext, unit: &Unit, code: &ProblemCode) -> Remedy {
    let key = run.key_of(unit);
    let (run_id, step, then) = (key.run, key.path, GoOn::Run(key.run));
    match code {
        ProblemCode::InvalidInput => Remedy::CheckInputs {
            step,
            file: run.pins.definition_file.clone(),
        },
        ProblemCode::InvalidResponse => Remedy::ReadOrAskAgain {
            run: run_id,
            prompt: only_prompt(run, &step),
            step,
        },
        // The answer stays: to resume alone would hear it again.
        ProblemCode::Declined if run.gates.is_gate(unit.step) => {
            Remedy::RunStep { run: run_id, step }
        }
        ProblemCode::Declined => Remedy::AnswerAgain { then },
        // What it saw there is what it was asked with.
        ProblemCode::Other(code) if code == WorkspaceError::NOT_COMMITTED => {
            Remedy::RunStep { run: run_id, step }
        }
        // Where others were asked instead, it may be one of them that nobody knows.
        ProblemCode::UnknownModel => match run.pinned_model(&step) {
            Some(model) if model.fallback.is_empty() => Remedy::ListOffered {
                provider: model.provider,
                then,
            },
            _ => Remedy::MendWhatItSays { then },
        },
        code if code.is_of_prompt() => Remedy::MendPrompt {
            run: run_id,
            prompt: only_prompt(run, &step),
            step,
        },
        _ => Remedy::MendWhatItSays { then },
    }
}
