//! The step `verify` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_verify::Verify;
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{FailureKind, Inputs};

const REQUIREMENT: &str = "# Sum\n\n- **FR-1** It adds.\n- **FR-2** It says why it can't.\n";
const RESULTS: &str = r#"{"tests":[{"id":"tests/test_sum.py::test_adds","outcome":"passed"}]}"#;

fn inputs() -> Inputs {
    Inputs::new()
        .with("requirement", REQUIREMENT)
        .with("verdict", "passed")
        .with("results", RESULTS)
}

fn host() -> FakeHost {
    FakeHost::new().file("sum.py", "def add(a, b):\n    return a + b\n")
}

fn answer(second: &str) -> String {
    format!(
        r#"{{"requirements":[{{"id":"FR-1","says":"adds","code":[{{"path":"sum.py","line":1}}],"tests":["test_adds"],"note":""}},{second}]}}"#
    )
}

#[test]
fn what_no_test_holds_is_left_to_do() {
    let untested = r#"{"id":"FR-2","says":"says why","code":[{"path":"sum.py"}],"tests":[],"note":"no message is looked at"}"#;
    let host = host().answer(answer(untested));
    let documents = host.execute(&Verify, &inputs()).unwrap();
    assert_eq!(documents.get("verdict"), Some("incomplete"));
    let report = documents.get("report").unwrap();
    assert!(
        report.contains("1 of 2 are in the code and held by a test"),
        "{report}"
    );
    assert!(
        report.contains("- **FR-2** (says why) is in the code, and no test holds it"),
        "{report}"
    );
    let trace: serde_json::Value = serde_json::from_str(documents.get("trace").unwrap()).unwrap();
    assert_eq!(trace["requirements"][0]["state"], "met");
    assert_eq!(trace["requirements"][0]["tests"][0]["outcome"], "passed");
    assert_eq!(trace["requirements"][1]["state"], "untested");
    assert_eq!(
        documents.get("untested"),
        Some("- **FR-2** (says why) no message is looked at\n")
    );
    let sent = &host.prompts_sent()[0];
    assert!(
        sent.contains("FR-1, FR-2") && sent.contains("tests/test_sum.py::test_adds: passed"),
        "{sent}"
    );
}

#[test]
fn a_test_that_is_made_up_holds_nothing_and_one_that_failed_shows() {
    let made_up = r#"{"id":"FR-2","code":[{"path":"sum.py"}],"tests":["test_message"]}"#;
    let documents = host()
        .answer(answer(made_up))
        .execute(&Verify, &inputs())
        .unwrap();
    assert!(
        documents
            .get("report")
            .unwrap()
            .contains("`test_message` no such test")
    );
    assert_eq!(documents.get("verdict"), Some("incomplete"));
    let failed = RESULTS.replace("\"passed\"", "\"failed\"");
    let inputs = Inputs::new()
        .with("requirement", "- FR-1 It adds.")
        .with("results", failed);
    let one =
        r#"{"requirements":[{"id":"FR-1","code":[{"path":"sum.py"}],"tests":["test_adds"]}]}"#;
    let documents = host().answer(one).execute(&Verify, &inputs).unwrap();
    assert!(documents.get("trace").unwrap().contains("\"failed\""));
}

#[test]
fn all_that_is_held_is_verified() {
    let inputs = Inputs::new()
        .with("requirement", "- FR-1 It adds.")
        .with("results", RESULTS);
    let one =
        r#"{"requirements":[{"id":"FR-1","code":[{"path":"sum.py"}],"tests":["test_adds"]}]}"#;
    let documents = host().answer(one).execute(&Verify, &inputs).unwrap();
    assert_eq!(documents.get("verdict"), Some("verified"));
}

#[test]
fn an_answer_that_leaves_out_invents_or_repeats_a_requirement_is_refused() {
    for (second, says) in [
        (r#"{"id":"FR-1"}"#, "twice"),
        (r#"{"id":"FR-3"}"#, "no requirement `FR-3`"),
        (r#"{"id":"FR-1"}"#, "nothing of FR-2"),
        (
            r#"{"id":"FR-2","code":[{"path":"gone.py"}]}"#,
            "aren't there: `gone.py`",
        ),
        (
            r#"{"id":"FR-2","code":[{"path":"sum.py","line":99}]}"#,
            "aren't there: line 99 of `sum.py`, which has 2",
        ),
    ] {
        let failure = host()
            .answer(answer(second))
            .execute(&Verify, &inputs())
            .unwrap_err();
        assert!(matches!(failure.kind, FailureKind::InvalidResponse));
        assert!(failure.message.contains(says), "{}", failure.message);
    }
}

#[test]
fn requirements_without_ids_are_counted_and_none_may_be_left_out() {
    let inputs = Inputs::new()
        .with(
            "requirement",
            "# Sum\n\n## 2 Requirements\n\n- It adds.\n- It says why it can't.\n\n## 3 Assumptions\n\n- None.\n",
        )
        .with("results", RESULTS);
    let one = r#"{"id":"R1","code":[{"path":"sum.py"}],"tests":["test_adds"]}"#;
    let host = host().answer(format!(r#"{{"requirements":[{one}]}}"#));
    let failure = host.execute(&Verify, &inputs).unwrap_err();
    assert!(
        failure.message.contains("says nothing of R2"),
        "{}",
        failure.message
    );
    let sent = &host.prompts_sent()[0];
    assert!(
        sent.contains("<counted>\n- R1: It adds.\n- R2: It says why it can't.\n</counted>")
            && sent.contains("each once: R1, R2:"),
        "{sent}"
    );
}

#[test]
fn tests_that_fail_are_handed_on_without_asking() {
    let inputs = Inputs::new()
        .with("requirement", REQUIREMENT)
        .with("verdict", "failed")
        .with("report", "# Tests: failed");
    let host = host();
    let documents = host.execute(&Verify, &inputs).unwrap();
    assert_eq!(documents.get("verdict"), Some("failed"));
    assert_eq!(documents.get("report"), Some("# Tests: failed"));
    assert!(host.prompts_sent().is_empty());
}

/// Without what the tests came to, their files have to be there, and a person is told that nothing else is known.
#[test]
fn without_results_a_test_is_where_its_file_is_at_most() {
    let inputs = Inputs::new()
        .with("requirement", REQUIREMENT)
        .with("verdict", "passed");
    let of = |test: &str| {
        let second = format!(r#"{{"id":"FR-2","code":[{{"path":"sum.py"}}],"tests":["{test}"]}}"#);
        let host = host().file("tests/test_sum.py", "def test_why():\n    pass\n");
        let host = host.answer(answer(&second));
        let ended = host.execute(&Verify, &inputs);
        (ended, host.log_lines())
    };
    let (made_up, _) = of("tests/nosuch.py::test_why");
    let failure = made_up.unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(failure.message.contains("`tests/nosuch.py`"), "{failure:?}");
    let (there, warnings) = of("tests/test_sum.py::test_why");
    assert_eq!(there.unwrap().get("verdict"), Some("verified"));
    assert!(
        warnings
            .iter()
            .any(|line| line.contains("no results of tests were given")),
        "{warnings:?}"
    );
}

/// A test is no code that fulfils anything.
#[test]
fn a_file_of_tests_is_no_place_in_the_code() {
    let second = r#"{"id":"FR-2","code":[{"path":"tests/test_sum.py"}],"tests":["test_adds"]}"#;
    let host = host().file("tests/test_sum.py", "def test_adds():\n    pass\n");
    let documents = host
        .answer(answer(second))
        .execute(&Verify, &inputs())
        .unwrap();
    let trace: serde_json::Value = serde_json::from_str(documents.get("trace").unwrap()).unwrap();
    assert_eq!(trace["requirements"][1]["state"], "missing");
}
