//! What the model is shown of failures, variables and earlier proposals: from JSON to text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;

/// A case that failed.
#[derive(Debug, Deserialize)]
pub(crate) struct Failed {
    case: String,
    #[serde(default)]
    inputs: BTreeMap<String, String>,
    /// What a person answered.
    #[serde(default)]
    answers: BTreeMap<String, String>,
    /// What came of it.
    #[serde(default)]
    outcome: String,
    /// Why the step failed, where it did.
    #[serde(default)]
    problem: Option<String>,
    #[serde(default)]
    found: Vec<Found>,
}

/// What a check found that didn't hold, or a judge said.
#[derive(Debug, Deserialize)]
pub(crate) struct Found {
    check: String,
    #[serde(default)]
    passed: Option<bool>,
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    detail: Option<String>,
}

/// A variable.
#[derive(Debug, Deserialize)]
pub(crate) struct Variable {
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    required: bool,
}

/// How a template stands.
#[derive(Debug, Deserialize)]
pub(crate) struct Standing {
    #[serde(default)]
    passed: u32,
    #[serde(default)]
    checked: u32,
    #[serde(default)]
    score: Option<f64>,
}

/// A proposal that was made before.
#[derive(Debug, Deserialize)]
pub(crate) struct Earlier {
    number: u32,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    refused: Option<Refused>,
    #[serde(default)]
    standing: Option<Standing>,
}

/// Why a proposal was refused.
#[derive(Debug, Deserialize)]
pub(crate) struct Refused {
    kind: String,
    /// The proposal that it is the same as; none is the template itself.
    #[serde(default)]
    same_as: Option<u32>,
    #[serde(default)]
    message: Option<String>,
}

pub(crate) fn failures(all: &[Failed]) -> String {
    let mut text = String::new();
    for failed in all {
        let _ = writeln!(text, "<case name={:?}>", failed.case);
        for (what, texts) in [("input", &failed.inputs), ("answer", &failed.answers)] {
            for (name, value) in texts {
                let _ = writeln!(
                    text,
                    "<{what} name={name:?}>\n{}\n</{what}>",
                    value.trim_end()
                );
            }
        }
        if !failed.outcome.is_empty() {
            let _ = writeln!(text, "<outcome>\n{}\n</outcome>", failed.outcome.trim_end());
        }
        if let Some(problem) = &failed.problem {
            let _ = writeln!(text, "The step failed: {problem}");
        }
        for found in &failed.found {
            let end = match (found.passed, found.score) {
                (Some(false), None) => "failed".to_owned(),
                (Some(false), Some(score)) => format!("failed, score {score:.2}"),
                (_, Some(score)) => format!("score {score:.2}"),
                (_, None) => "nobody could tell".to_owned(),
            };
            let _ = write!(text, "- {end}: {}", found.check);
            if let Some(detail) = &found.detail {
                let _ = write!(text, ": {detail}");
            }
            text.push('\n');
        }
        text.push_str("</case>\n\n");
    }
    text
}

pub(crate) fn variables(all: &[Variable]) -> String {
    let mut text = String::new();
    for variable in all {
        let needed = if variable.required { " (needed)" } else { "" };
        let _ = writeln!(
            text,
            "- `{}`{needed}: {}",
            variable.name, variable.description
        );
    }
    text
}

pub(crate) fn standing(standing: &Standing) -> String {
    let passed = match standing.checked {
        0 => String::new(),
        checked => format!("{} of {checked} cases pass", standing.passed),
    };
    let score = standing
        .score
        .map(|score| format!("the mean score is {score:.2}"));
    let parts: Vec<String> = [passed]
        .into_iter()
        .filter(|part| !part.is_empty())
        .chain(score)
        .collect();
    match parts.is_empty() {
        true => String::new(),
        false => format!("With it, {}.", parts.join(", and ")),
    }
}

pub(crate) fn earlier(all: &[Earlier]) -> String {
    let mut text = String::new();
    for proposal in all {
        let _ = write!(text, "- Proposal {}", proposal.number);
        if !proposal.reason.is_empty() {
            let _ = write!(text, " ({})", proposal.reason.replace('\n', " "));
        }
        let came = match (&proposal.refused, &proposal.standing) {
            (Some(refused), _) => self::refused(refused),
            (None, Some(came)) => standing(came),
            (None, None) => String::new(),
        };
        let _ = writeln!(text, ": {came}");
    }
    text
}

fn refused(refused: &Refused) -> String {
    let message = refused.message.as_deref().unwrap_or_default();
    match (refused.kind.as_str(), refused.same_as) {
        ("identical", None) => "refused, it is the template as it was before".to_owned(),
        ("identical", Some(number)) => format!("refused, it is the same text as proposal {number}"),
        ("misfit", _) => format!("refused, the template can't be filled: {message}"),
        _ => format!("refused, no proposal could be read: {message}"),
    }
}
