//! Holds the outcome of a cell against the checks of its case.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Finding, TextService, TextServiceFailed};
use stepwell_definition::{Check, Judge, Length, LengthUnit, Rule, Target};

/// How much of a text a result shows.
const SHOWN: usize = 120;

/// What a check says of an outcome.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CheckResult {
    /// What is checked, in words.
    pub what: String,
    /// What it found.
    #[serde(flatten)]
    pub found: Finding,
}

impl CheckResult {
    /// Whether it was looked at, and nothing came of it that counts.
    pub(crate) fn is_unread(&self) -> bool {
        let Finding { passed, score, .. } = self.found;
        self.found != Finding::default() && passed.is_none() && score.is_none()
    }
}

/// What a judging step says: the JSON of its document `verdict`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeVerdict {
    /// Whether it approves; none leaves it to the score.
    #[serde(default)]
    pub passed: Option<bool>,
    /// From 0 (bad) to 1 (good).
    #[serde(default)]
    pub score: Option<f64>,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// What the checks look at.
#[derive(Debug, Default)]
pub struct Examined {
    /// The documents: name and text.
    pub documents: BTreeMap<String, String>,
    /// The name of the document that is meant where none is named.
    pub first_document: Option<String>,
    /// The files that the step wrote: path and text.
    pub files: BTreeMap<String, String>,
    /// The last answer of a model.
    pub answer: Option<String>,
    /// What judges say, or why they couldn't.
    pub verdicts: Vec<(Judge, Result<JudgeVerdict, String>)>,
}

impl Examined {
    fn text(&self, target: &Target) -> Option<&str> {
        if target.answer {
            return self.answer.as_deref();
        }
        if let Some(path) = &target.file {
            return self.files.get(path).map(String::as_str);
        }
        let name = target.document.as_ref().or(self.first_document.as_ref());
        match name {
            Some(name) => self.documents.get(name).map(String::as_str),
            None => self.documents.values().next().map(String::as_str),
        }
    }
}

/// What a check finds in an outcome.
///
/// # Errors
/// [`TextServiceFailed`] where it can't be told what a regular expression finds, or whether a text keeps to its JSON Schema.
pub async fn evaluate(
    check: &Check,
    outcome: &Examined,
    texts: &dyn TextService,
) -> Result<Finding, TextServiceFailed> {
    let looked = match (&check.rule, outcome.text(&check.target)) {
        (Rule::JsonSchema(schema), Some(text)) => keeps_to(schema, text, texts).await?,
        (Rule::Regex(pattern), Some(text)) => matches(pattern, text, texts).await?,
        _ => Ok((false, None)),
    };
    Ok(match looked {
        Ok(held) => found_by(check, outcome, held),
        // Whether it holds isn't known: neither it nor its opposite passes.
        Err(reason) => Finding {
            detail: Some(reason),
            ..Finding::default()
        },
    })
}

/// Whether a rule holds, and what was found.
type Held = (bool, Option<String>);

/// `held` is what was found by looking into a JSON Schema or a regular expression, where the check has one.
fn found_by(check: &Check, outcome: &Examined, held: Held) -> Finding {
    let mut result = Finding::default();
    if let Rule::Judge(judge) = &check.rule {
        let said = outcome.verdicts.iter().find(|(of, _)| of == judge);
        match said {
            None => {}
            Some((_, Err(reason))) => result.detail = Some(reason.clone()),
            Some((_, Ok(verdict))) if !is_share(verdict.score) => {
                let score = verdict.score.unwrap_or_default();
                result.detail = Some(format!(
                    "the judge's score {score} is no number from 0 to 1: it doesn't count"
                ));
            }
            Some((_, Ok(verdict))) => {
                result.score = verdict.score;
                result.passed = approves(judge, verdict).map(|approves| approves != check.not);
                result.detail = Some(verdict.reason.clone()).filter(|reason| !reason.is_empty());
                if result == Finding::default() {
                    result.detail = Some("the judge says nothing in its verdict".to_owned());
                }
            }
        }
        return result;
    }
    let (holds, detail) = match (&check.rule, outcome.text(&check.target)) {
        (Rule::Exists(there), text) => (text.is_some() == *there, None),
        (_, None) => {
            // What isn't there holds nothing, and doesn't lack anything either.
            result.passed = Some(false);
            result.detail = Some(format!("{} isn't there", check.target));
            return result;
        }
        (Rule::Contains(wanted), Some(text)) => {
            let found = text
                .find(wanted.as_str())
                .map(|at| format!("it stands in line {}", line_of(text, at)));
            (found.is_some(), found)
        }
        (Rule::Equals(wanted), Some(text)) => (
            text.trim() == wanted.trim(),
            first_difference(wanted.trim(), text.trim()),
        ),
        (Rule::Regex(_) | Rule::JsonSchema(_), Some(_)) => held,
        (Rule::Length(length), Some(text)) => {
            let is = count(text, length.unit);
            (is_within(*length, is), Some(format!("it has {is}")))
        }
        (_, Some(_)) => (false, Some("this build doesn't know the check".into())),
    };
    let passed = holds != check.not;
    result.passed = Some(passed);
    result.detail = detail.filter(|_| !passed);
    result
}

fn is_share(score: Option<f64>) -> bool {
    score.is_none_or(|score| (0.0..=1.0).contains(&score))
}

fn approves(judge: &Judge, verdict: &JudgeVerdict) -> Option<bool> {
    match (judge.at_least, verdict.score) {
        (Some(least), Some(score)) => Some(score >= least),
        _ => verdict.passed,
    }
}

/// Whether a text keeps to a JSON Schema; why that can't be told.
async fn keeps_to(
    schema: &serde_json::Value,
    text: &str,
    texts: &dyn TextService,
) -> Result<Result<Held, String>, TextServiceFailed> {
    let value: serde_json::Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return Ok(Ok((false, Some(format!("it is not JSON: {error}"))))),
    };
    let found = texts.check_value(schema, &value, 1).await?;
    Ok(match found {
        Ok(found) => {
            let first = found.first.into_iter().next();
            let said = first.map(|finding| match finding.path {
                path if path.is_empty() => format!("{} at /", finding.message),
                path => format!("{} at {path}", finding.message),
            });
            Ok((said.is_none(), said))
        }
        Err(error) => Err(error.to_string()),
    })
}

/// Whether a regular expression matches a text; why that can't be told.
async fn matches(
    pattern: &str,
    text: &str,
    texts: &dyn TextService,
) -> Result<Result<Held, String>, TextServiceFailed> {
    let found = texts.search(pattern, text).await?;
    Ok(found.map_err(|error| error.to_string()).map(|found| {
        let said = found.map(|found| {
            let line = line_of(text, found.start);
            format!("it has “{}” in line {line}", shown(&text[found]))
        });
        (said.is_some(), said)
    }))
}

/// The number of the line in which a byte stands.
fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Where two texts begin to differ.
fn first_difference(wanted: &str, text: &str) -> Option<String> {
    if !wanted.contains('\n') && !text.contains('\n') {
        return Some(format!("it is “{}”", shown(text)));
    }
    let (mut wanted, mut found) = (wanted.lines(), text.lines());
    let mut line = 0;
    loop {
        line += 1;
        return match (wanted.next(), found.next()) {
            (Some(wanted), Some(found)) if wanted == found => continue,
            (Some(wanted), Some(found)) => Some(format!(
                "line {line} is “{}” instead of “{}”",
                shown(found),
                shown(wanted)
            )),
            (Some(wanted), None) => {
                Some(format!("it ends before line {line}, “{}”", shown(wanted)))
            }
            (None, Some(found)) => Some(format!("it goes on with “{}”", shown(found))),
            (None, None) => None,
        };
    }
}

fn count(text: &str, unit: LengthUnit) -> u64 {
    let count = match unit {
        LengthUnit::Characters => text.chars().count(),
        LengthUnit::Words => text.split_whitespace().count(),
        LengthUnit::Lines => text.lines().count(),
    };
    count as u64
}

fn is_within(length: Length, is: u64) -> bool {
    length.min.is_none_or(|min| is >= min) && length.max.is_none_or(|max| is <= max)
}

/// The beginning of a text, in one line.
fn shown(text: &str) -> String {
    let mut line: String = text.trim().chars().take(SHOWN).collect();
    if line.len() < text.trim().len() {
        line.push('…');
    }
    line.replace('\n', "⏎")
}

#[cfg(test)]
mod tests;
