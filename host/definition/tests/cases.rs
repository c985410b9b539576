//! The case file of a comparison: what is laid under each case, and where its texts come from.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

mod common;

use serde_json::json;
use stepwell_definition::{Case, Length, LengthUnit, Rule};
use stepwell_texts::InProcess;

fn cases(source: &str) -> Vec<Case> {
    let (cases, problems) = common::cases(source, "cases.toml");
    assert!(problems.is_empty(), "{problems:?}");
    cases.unwrap()
}

#[test]
fn defaults_are_laid_under_every_case() {
    let found = cases(
        r#"
        [defaults]
        inputs.tone = "plain"
        checks = [{ length = { max = 80, unit = "words" } }]
        [[cases]]
        id = "short"
        inputs.topic = "tea"
        answers.colour = "blue"
        checks = [{ contains = "tea", not = true, answer = true }]
        [[cases]]
        inputs = { topic = "milk", tone = "loud" }
        "#,
    );
    let ids: Vec<&str> = found.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["short", "2"]);
    assert_eq!(
        (&*found[0].inputs["tone"], &*found[1].inputs["tone"]),
        ("plain", "loud")
    );
    assert_eq!(found[0].answers["colour"], "blue");
    let length = Length {
        max: Some(80),
        unit: LengthUnit::Words,
        ..Length::default()
    };
    assert_eq!(found[1].checks[0].rule, Rule::Length(length));
    let shown: Vec<String> = found[0].checks.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "the document is at most 80 words long",
            "the answer doesn't contain “tea”"
        ]
    );
    assert_eq!(found[0].files, None);
}

#[test]
fn texts_and_folders_come_from_files() {
    let found = cases(
        r#"
        [[cases]]
        inputs.feature = { file = "there.md" }
        workspace = "folder"
        files."b.py" = "its own"
        "#,
    );
    assert_eq!(found[0].inputs["feature"], "the text of there.md");
    let files = found[0].files.as_ref().unwrap();
    assert_eq!(
        (&*files["a.py"], &*files["b.py"]),
        ("the text of a.py", "its own")
    );
}

#[test]
fn a_case_is_the_same_after_it_was_kept() {
    let found = cases(
        r#"
        [[cases]]
        checks = [{ json_schema = { type = "array" }, document = "list" }, { judge = "j.wasm", criteria = "short", at_least = 0.5 },
                  { exists = false, file = "a.py" }, { regex = "^a" }, { equals = "x" }]
        "#,
    );
    let kept = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Vec<Case>>(&kept).unwrap(), found);
}

#[test]
fn a_judge_is_named_without_its_folder() {
    let found = cases(
        r#"
        [[cases]]
        checks = [{ judge = "../plugins/j.wasm", criteria = "It is short." }, { judge = "builtin:judge", not = true, model = "thinker" }]
        "#,
    );
    let shown: Vec<String> = found[0].checks.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "j.wasm approves: It is short.",
            "builtin:judge (thinker) doesn't approve"
        ]
    );
}

#[test]
fn json_of_the_same_shape_says_the_same() {
    let toml = cases(
        r#"
        [defaults]
        checks = [{ length = { max = 80, unit = "words" } }]
        [[cases]]
        inputs = { topic = "tea", more = { file = "there.md" } }
        files."a.py" = "x\n"
        checks = [{ judge = "j.wasm", at_least = 0.5 }, { json_schema = { minItems = 2 } }, { exists = false, answer = true }]
        "#,
    );
    let json = r#"{
        "defaults": { "checks": [{ "length": { "max": 80, "unit": "words" } }] },
        "cases": [{
            "inputs": { "topic": "tea", "more": { "file": "there.md" } },
            "files": { "a.py": "x\n" },
            "checks": [{ "judge": "j.wasm", "at_least": 5e-1 }, { "json_schema": { "minItems": 2 } }, { "exists": false, "answer": true }]
        }]
    }"#;
    let (found, problems) = common::cases(&format!("\u{feff}{json}"), "cases");
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(found.unwrap(), toml);
}

#[test]
fn a_case_from_elsewhere_is_checked_as_one_from_a_file() {
    let case = |json: serde_json::Value| {
        let case: Case = serde_json::from_value(json).unwrap();
        common::now(case.check(&InProcess)).unwrap()
    };
    let checked =
        |check: serde_json::Value| case(json!({ "checks": [{ "contains": "x" }, check] }));
    assert_eq!(
        checked(json!({ "exists": true, "file": "src/a.py" })),
        Ok(())
    );
    for (check, mistake) in [
        (
            json!({ "regex": "(" }),
            "check 2: this is not a regular expression",
        ),
        (
            json!({ "regex": r"(?:\w{1000}){100}" }),
            "check 2: this is not a regular expression",
        ),
        (
            json!({ "json_schema": { "type": 3 } }),
            "check 2: this is not a JSON Schema",
        ),
        (
            json!({ "length": { "min": 2, "max": 1 } }),
            "check 2: no text",
        ),
        (
            json!({ "judge": { "uses": "j.wasm", "at_least": 70 } }),
            "check 2: `at_least`",
        ),
        (
            json!({ "judge": { "uses": "j.wasm" }, "answer": true }),
            "check 2: a judge is shown everything",
        ),
        (
            json!({ "contains": "x", "file": "/a.py" }),
            "check 2: `/a.py` is no path",
        ),
    ] {
        let said = checked(check).unwrap_err();
        assert!(said.starts_with(mistake), "{said}");
    }
    for path in ["../a.py", "a/../b", "/a", "a//b", "C:\\a", "", "./a"] {
        let said = case(json!({ "files": { path: "x" } })).unwrap_err();
        assert!(said.contains("is no path of a file"), "{said}");
    }
}
