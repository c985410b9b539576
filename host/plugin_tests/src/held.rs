//! Holds what came of a case against what it expects.

use std::collections::BTreeMap;

use stepwell_comparison::{Examined, evaluate};
use stepwell_contract::TextServiceFailed;
use stepwell_definition::{Check, Expected, Target, TestCase, TestCheck};

use crate::bench::Bench;
use crate::came::{Came, Ended};
use crate::results::{Mismatch, Of};

impl Mismatch {
    /// Whether the case lacks something, so that nobody knows what the step would have come to.
    pub(crate) fn is_of_the_case(&self) -> bool {
        matches!(
            self,
            Self::NoResponse { .. } | Self::Asked { .. } | Self::NotCarriedOut { .. }
        )
    }

    /// Whether the file can say that this is how it should be.
    pub(crate) fn is_of_what_came(&self) -> bool {
        matches!(
            self,
            Self::Text { .. }
                | Self::Removed { .. }
                | Self::Calls { .. }
                | Self::OtherFailure { .. }
        )
    }
}

/// All that isn't as it should be.
///
/// # Errors
/// [`TextServiceFailed`] where a check can't be looked into.
pub(crate) async fn held(
    bench: &Bench,
    case: &TestCase,
    came: &Came,
) -> Result<Vec<Mismatch>, TextServiceFailed> {
    let mut mismatches = lacking(case, came);
    // What follows from that is no news.
    if mismatches.iter().any(Mismatch::is_of_the_case) {
        return Ok(mismatches);
    }
    let nothing = Expected::default();
    let expected = case.expect.as_ref().unwrap_or(&nothing);
    mismatches.extend(ended(expected, came));
    mismatches.extend(outcome(expected, came));
    let has_failed = mismatches
        .iter()
        .any(|mismatch| matches!(mismatch, Mismatch::Failed { .. }));
    if !has_failed {
        mismatches.extend(checked(bench, &case.checks, came).await?);
    }
    Ok(mismatches)
}

/// What the case has no answer to, and answers that nobody asked for.
fn lacking(case: &TestCase, came: &Came) -> Vec<Mismatch> {
    let mut lacking = Vec::new();
    let mut calls = came.calls.iter().enumerate();
    if let Some((at, call)) = calls.find(|(_, call)| call.is_unanswered) {
        lacking.push(Mismatch::NoResponse {
            call: at + 1,
            prompt: call.prompt.clone(),
        });
    }
    if let Ended::Asks { questions } = &came.ended {
        lacking.push(Mismatch::Asked {
            questions: questions.clone(),
        });
    }
    let of = case.responses.len();
    let unused = of.saturating_sub(came.calls.len());
    if lacking.is_empty() && unused > 0 {
        lacking.push(Mismatch::Unused {
            responses: unused,
            of,
        });
    }
    lacking
}

fn ended(expected: &Expected, came: &Came) -> Option<Mismatch> {
    match (&expected.failure, &came.ended) {
        (None, Ended::Failure { code, message }) => Some(Mismatch::Failed {
            code: code.clone(),
            message: message.clone(),
        }),
        (Some(failure), Ended::Failure { code, message }) => {
            let contains = failure.contains.as_ref();
            let is_said = contains.is_none_or(|words| message.contains(words.as_str()));
            (failure.kind != *code || !is_said).then(|| Mismatch::OtherFailure {
                expected: failure.kind.clone(),
                contains: failure.contains.clone(),
                code: code.clone(),
                message: message.clone(),
            })
        }
        (Some(failure), Ended::Success) => Some(Mismatch::Succeeded {
            expected: failure.kind.clone(),
        }),
        _ => None,
    }
}

fn outcome(expected: &Expected, came: &Came) -> Vec<Mismatch> {
    let mut mismatches = Vec::new();
    if let Some(documents) = &expected.documents {
        mismatches.extend(texts(documents, &came.documents, Of::Document));
    }
    if let Some(files) = &expected.files {
        mismatches.extend(texts(files, &came.files, Of::File));
    }
    if let Some(removed) = &expected.removed
        && *removed != came.removed
    {
        mismatches.push(Mismatch::Removed {
            expected: removed.clone(),
            came: came.removed.clone(),
        });
    }
    if let Some(calls) = expected.calls
        && calls as usize != came.calls.len()
    {
        mismatches.push(Mismatch::Calls {
            expected: calls,
            came: came.calls.len(),
        });
    }
    mismatches
}

fn texts(
    expected: &BTreeMap<String, String>,
    came: &BTreeMap<String, String>,
    of: impl Fn(String) -> Of,
) -> Vec<Mismatch> {
    let mut names: Vec<&String> = expected.keys().chain(came.keys()).collect();
    names.sort();
    names.dedup();
    let other = names
        .into_iter()
        .filter(|name| expected.get(*name) != came.get(*name));
    other
        .map(|name| Mismatch::Text {
            of: of(name.clone()),
            expected: expected.get(name).cloned(),
            came: came.get(name).cloned(),
        })
        .collect()
}

async fn checked(
    bench: &Bench,
    checks: &[TestCheck],
    came: &Came,
) -> Result<Vec<Mismatch>, TextServiceFailed> {
    let documents = bench.plugin().documents.iter();
    let outcome = Examined {
        documents: came.documents.clone(),
        first_document: documents.map(|document| document.name.clone()).next(),
        files: came.files.clone(),
        answer: came.calls.last().and_then(|call| call.answer.clone()),
        verdicts: Vec::new(),
    };
    let mut mismatches = Vec::new();
    for TestCheck { check, prompt } in checks {
        let (what, found) = match prompt {
            None => {
                let found = evaluate(check, &outcome, bench.texts()).await?;
                (check.to_string(), found)
            }
            Some(number) => {
                let sent = came.calls.get(*number as usize - 1);
                let looked = Examined {
                    answer: sent.map(|call| call.prompt.clone()),
                    ..Examined::default()
                };
                let target = format!("prompt {number}");
                let what = check.said_of(&target);
                let found = evaluate(&of_answer(check), &looked, bench.texts()).await?;
                (what, found)
            }
        };
        if found.passed != Some(true) {
            let calls = came.calls.len();
            let detail = match prompt {
                Some(number) if *number as usize > calls => Some(format!("it made {calls} calls")),
                _ => found.detail,
            };
            mismatches.push(Mismatch::Check { what, detail });
        }
    }
    Ok(mismatches)
}

/// A check that looks at the answer: what stands in its place is handed to it as one.
fn of_answer(check: &Check) -> Check {
    Check {
        target: Target {
            answer: true,
            ..Target::default()
        },
        ..check.clone()
    }
}
