//! Holds the outcome of a cell against the checks of its case.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Finding, SchemaError, TextService, TextServiceFailed};
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
pub struct Outcome {
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

impl Outcome {
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
/// [`TextServiceFailed`] where it can't be told whether a text keeps to its JSON Schema.
pub async fn evaluate(
    check: &Check,
    outcome: &Outcome,
    texts: &dyn TextService,
) -> Result<Finding, TextServiceFailed> {
    let kept = match (&check.rule, outcome.text(&check.target)) {
        (Rule::JsonSchema(schema), Some(text)) => Some(keeps_to(schema, text, texts).await?),
        _ => None,
    };
    Ok(found_by(check, outcome, kept))
}

/// Whether a rule holds, and what was found.
type Held = (bool, Option<String>);

/// `kept` is whether the text keeps to the schema of the check, where it has one.
fn found_by(check: &Check, outcome: &Outcome, kept: Option<Held>) -> Finding {
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
        (Rule::Regex(pattern), Some(text)) => match regex::Regex::new(pattern) {
            Ok(regex) => {
                let found = regex.find(text).map(|found| {
                    let line = line_of(text, found.start());
                    format!("it has “{}” in line {line}", shown(found.as_str()))
                });
                (found.is_some(), found)
            }
            Err(error) => (false, Some(error.to_string())),
        },
        (Rule::JsonSchema(_), Some(_)) => kept.unwrap_or_default(),
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

async fn keeps_to(
    schema: &serde_json::Value,
    text: &str,
    texts: &dyn TextService,
) -> Result<Held, TextServiceFailed> {
    let value: serde_json::Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(error) => return Ok((false, Some(format!("it is not JSON: {error}")))),
    };
    match texts.check_value(schema, &value, 1).await? {
        Ok(found) => {
            let first = found.first.into_iter().next();
            let said = first.map(|finding| match finding.path {
                path if path.is_empty() => format!("{} at /", finding.message),
                path => format!("{} at {path}", finding.message),
            });
            Ok((said.is_none(), said))
        }
        Err(SchemaError::Invalid { message, .. }) => Ok((false, Some(message))),
        Err(SchemaError::Bound(bound)) => Ok((false, Some(bound.to_string()))),
    }
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
mod tests {
    use futures_util::FutureExt as _;
    use serde_json::json;
    use stepwell_texts::InProcess;

    use super::*;

    fn evaluate(check: &Check, outcome: &Outcome) -> Finding {
        let finding = super::evaluate(check, outcome, &InProcess);
        finding.now_or_never().unwrap().unwrap()
    }

    fn outcome() -> Outcome {
        Outcome {
            documents: BTreeMap::from([
                ("list".into(), "[1, 2]".into()),
                ("text".into(), "Tea is hot.\nMilk is not.".into()),
            ]),
            first_document: Some("text".into()),
            files: BTreeMap::from([("a.py".into(), "print(1)\n".into())]),
            answer: Some("Sure! Tea is hot.".into()),
            verdicts: Vec::new(),
        }
    }

    /// Whether the check of this JSON passes, and what it says.
    fn passed(check: serde_json::Value) -> (Option<bool>, String) {
        let check: Check = serde_json::from_value(check).unwrap();
        let result = evaluate(&check, &outcome());
        (result.passed, result.detail.unwrap_or_default())
    }

    #[test]
    fn each_rule_looks_at_what_it_names() {
        for (check, expected) in [
            (json!({ "contains": "Tea" }), true),
            (json!({ "contains": "tea" }), false),
            (json!({ "contains": "tea", "not": true }), true),
            (json!({ "contains": "Sure", "answer": true }), true),
            (json!({ "contains": "print", "file": "a.py" }), true),
            (json!({ "regex": "(?m)^Milk" }), true),
            (json!({ "regex": "coffee" }), false),
            (json!({ "equals": "[1, 2]\n", "document": "list" }), true),
            (
                json!({ "json_schema": { "type": "array" }, "document": "list" }),
                true,
            ),
            (
                json!({ "json_schema": { "type": "object" }, "document": "list" }),
                false,
            ),
            (json!({ "json_schema": { "type": "array" } }), false),
            (json!({ "length": { "max": 6, "unit": "words" } }), true),
            (json!({ "length": { "min": 7, "unit": "words" } }), false),
            (json!({ "length": { "max": 2, "unit": "lines" } }), true),
            (json!({ "exists": true, "document": "diagram" }), false),
            (json!({ "exists": false, "document": "diagram" }), true),
            (json!({ "exists": true, "file": "a.py" }), true),
        ] {
            assert_eq!(passed(check.clone()).0, Some(expected), "{check}");
        }
    }

    #[test]
    fn what_is_not_there_passes_nothing() {
        let (passed_, detail) =
            passed(json!({ "contains": "x", "document": "diagram", "not": true }));
        assert_eq!(
            (passed_, detail.as_str()),
            (Some(false), "the document diagram isn't there")
        );
    }

    #[test]
    fn a_failed_check_says_what_was_found() {
        for (check, detail) in [
            (
                json!({ "equals": "Tea" }),
                "line 1 is “Tea is hot.” instead of “Tea”",
            ),
            (
                json!({ "equals": "Tea is hot.\nMilk" }),
                "line 2 is “Milk is not.” instead of “Milk”",
            ),
            (
                json!({ "equals": "Tea is hot." }),
                "it goes on with “Milk is not.”",
            ),
            (
                json!({ "equals": "Tea is hot.\nMilk is not.\nEnd" }),
                "it ends before line 3, “End”",
            ),
            (
                json!({ "equals": "[]", "document": "list" }),
                "it is “[1, 2]”",
            ),
            (
                json!({ "contains": "Milk", "not": true }),
                "it stands in line 2",
            ),
            (
                json!({ "regex": "M[a-z]+", "not": true }),
                "it has “Milk” in line 2",
            ),
        ] {
            assert_eq!(passed(check).1, detail);
        }
        assert_eq!(passed(json!({ "length": { "max": 3 } })).1, "it has 24");
        let schema =
            json!({ "json_schema": { "items": { "type": "string" } }, "document": "list" });
        assert_eq!(passed(schema).1, "1 is not of type \"string\" at /0");
    }

    #[test]
    fn a_judge_decides_by_its_word_or_by_the_score_that_is_asked_for() {
        let judge = |at_least| Judge {
            uses: "judge.wasm".into(),
            criteria: "short".into(),
            at_least,
            model: None,
        };
        let check = |at_least| Check {
            target: Target::default(),
            not: false,
            rule: Rule::Judge(judge(at_least)),
        };
        let verdict = JudgeVerdict {
            passed: Some(true),
            score: Some(0.6),
            reason: "fine".into(),
        };
        let mut outcome = outcome();
        assert_eq!(evaluate(&check(None), &outcome).passed, None);
        outcome.verdicts = vec![
            (judge(None), Ok(verdict.clone())),
            (judge(Some(0.7)), Ok(verdict)),
        ];
        let results = [None, Some(0.7)].map(|least| evaluate(&check(least), &outcome));
        assert_eq!(
            (results[0].passed, results[1].passed),
            (Some(true), Some(false))
        );
        assert_eq!(check(None).to_string(), "judge.wasm approves: short");
        assert_eq!(results[1].detail.as_deref(), Some("fine"));
    }

    #[test]
    fn a_score_out_of_range_does_not_count() {
        let judge = Judge {
            uses: "judge.wasm".into(),
            criteria: String::new(),
            at_least: Some(0.5),
            model: None,
        };
        let check = Check {
            target: Target::default(),
            not: false,
            rule: Rule::Judge(judge.clone()),
        };
        let verdict = JudgeVerdict {
            score: Some(70.0),
            ..JudgeVerdict::default()
        };
        let outcome = Outcome {
            verdicts: vec![(judge, Ok(verdict))],
            ..Outcome::default()
        };
        let result = evaluate(&check, &outcome);
        assert_eq!((result.passed, result.score), (None, None));
        assert_eq!(
            result.detail.as_deref(),
            Some("the judge's score 70 is no number from 0 to 1: it doesn't count")
        );
    }
}
