//! Each rule of a check, and what it says.

use futures_util::FutureExt as _;
use serde_json::json;
use stepwell_contract::{
    Filling, HeldAgainst, Misfits, PatternError, SchemaError, TemplateError, TextBound,
    TextService, TextServiceFailed, VariableUse,
};
use stepwell_texts::InProcess;

use super::*;

fn evaluate(check: &Check, outcome: &Examined) -> Finding {
    let finding = super::evaluate(check, outcome, &InProcess);
    finding.now_or_never().unwrap().unwrap()
}

fn outcome() -> Examined {
    Examined {
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
    let (passed_, detail) = passed(json!({ "contains": "x", "document": "diagram", "not": true }));
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
    let schema = json!({ "json_schema": { "items": { "type": "string" } }, "document": "list" });
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
    let outcome = Examined {
        verdicts: vec![(judge, Ok(verdict))],
        ..Examined::default()
    };
    let result = evaluate(&check, &outcome);
    assert_eq!((result.passed, result.score), (None, None));
    assert_eq!(
        result.detail.as_deref(),
        Some("the judge's score 70 is no number from 0 to 1: it doesn't count")
    );
}

/// A service that gives up on everything that it is asked to search.
struct OutOfTime;

#[async_trait::async_trait]
impl TextService for OutOfTime {
    async fn read_template(&self, template: &str) -> Result<Vec<VariableUse>, TemplateError> {
        InProcess.read_template(template).await
    }

    async fn fill_template(&self, filling: Filling<'_>) -> Result<String, TemplateError> {
        InProcess.fill_template(filling).await
    }

    async fn check_schemas(
        &self,
        schemas: &[&serde_json::Value],
    ) -> Result<Vec<Result<(), SchemaError>>, TextServiceFailed> {
        InProcess.check_schemas(schemas).await
    }

    async fn check_values(
        &self,
        values: &[HeldAgainst<'_>],
        _: usize,
    ) -> Result<Vec<Result<Misfits, SchemaError>>, TextServiceFailed> {
        let bound = TextBound::Time(std::time::Duration::from_secs(2));
        Ok(values.iter().map(|_| Err(bound.into())).collect())
    }

    async fn check_patterns(
        &self,
        patterns: &[&str],
    ) -> Result<Vec<Result<(), PatternError>>, TextServiceFailed> {
        InProcess.check_patterns(patterns).await
    }

    async fn search(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Result<Option<std::ops::Range<usize>>, PatternError>, TextServiceFailed> {
        let bound = TextBound::Time(std::time::Duration::from_secs(2));
        Ok(Err(bound.into()))
    }
}

#[test]
fn what_cannot_be_told_passes_neither_way() {
    for rule in [json!({ "regex": "x" }), json!({ "json_schema": {} })] {
        for not in [false, true] {
            let mut check = rule.clone();
            check["not"] = json!(not);
            check["document"] = json!("list");
            let check: Check = serde_json::from_value(check).unwrap();
            let outcome = outcome();
            let found = super::evaluate(&check, &outcome, &OutOfTime);
            let found = found.now_or_never().unwrap().unwrap();
            assert_eq!(found.passed, None, "{check}");
            let detail = found.detail.unwrap();
            assert!(
                detail.contains("ran into a limit: it takes more than 2"),
                "{detail}"
            );
        }
    }
}
