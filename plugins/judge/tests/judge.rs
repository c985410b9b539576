//! The step `judge` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_judge::Judge;
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{FailureKind, Inputs};

const VERDICT: &str = r#"{"reason": "FR-2 names no unit.", "score": 0.75, "passed": true}"#;

fn inputs() -> Inputs {
    Inputs::new()
        .with("criteria", "Every number has a unit.")
        .with("inputs", r#"{"requirement": "Boil water."}"#)
        .with("documents", r##"{"requirement": "# Tea\n- 95 °C"}"##)
        .with("files", r#"{"tea.py": "boil(95)\n"}"#)
}

#[test]
fn the_model_sees_criteria_inputs_and_outcome_and_gives_a_verdict() {
    let host = FakeHost::new().answer(format!("I find:\n```json\n{VERDICT}\n```"));
    let documents = host.execute(&Judge, &inputs()).unwrap();
    assert_eq!(
        documents.get("verdict"),
        Some(r#"{"reason":"FR-2 names no unit.","score":0.75,"passed":true}"#)
    );
    let sent = &host.prompts_sent()[0];
    for part in [
        "<criteria>\nEvery number has a unit.\n</criteria>",
        "<input name=\"requirement\">\nBoil water.\n</input>",
        "<document name=\"requirement\">\n# Tea\n- 95 °C\n</document>",
        "<file name=\"tea.py\">\nboil(95)\n</file>",
    ] {
        assert!(sent.contains(part), "{part}\n{sent}");
    }
}

#[test]
fn without_criteria_the_inputs_are_the_measure() {
    let host = FakeHost::new().answer(VERDICT);
    let inputs = Inputs::new().with("documents", "{}");
    host.execute(&Judge, &inputs).unwrap();
    let sent = &host.prompts_sent()[0];
    assert!(sent.contains("does what its inputs ask for"), "{sent}");
    assert!(sent.contains("wrote no document and no file"), "{sent}");
}

#[test]
fn a_verdict_that_is_none_is_asked_for_again() {
    for (answer, why) in [
        ("It is good.", "no complete JSON"),
        (r#"{"score": 0.5, "passed": true}"#, "reason"),
        (
            r#"{"reason": "x", "score": 8, "passed": true}"#,
            "between 0 and 1",
        ),
        (
            r#"{"reason": " ", "score": 0.8, "passed": true}"#,
            "reason is empty",
        ),
    ] {
        let host = FakeHost::new().answer(answer).answer(VERDICT);
        let failure = host.execute(&Judge, &inputs()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse);
        assert!(failure.message.contains(why), "{}", failure.message);
        host.retry(&Judge, &inputs(), &failure).unwrap();
        assert!(host.prompts_sent()[1].contains(why));
    }
}
