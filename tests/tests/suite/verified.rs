//! `builtin:verify` in rounds: a requirement that no test holds goes back to who writes the code, as a test that fails would.

use stepwell_tests::{Project, Provider};

const FLOW: &str = r#"
name = "verified"
[inputs]
requirement = {}

[[steps]]
id = "build"
repeat = { while = "steps.build.verify.verdict", is = ["failed", "error", "incomplete"], times = 2 }

  [[steps.steps]]
  id = "code"
  uses = "builtin:code"
  inputs.subtask = '{"title": "Sum", "description": "Adds, and says why it cannot.", "files": ["sum.py", "test_sum.py"]}'
  inputs.report = "{{ steps.build.verify.report | default('') }}"
  grants.workspace = "write"

  [[steps.steps]]
  id = "verify"
  uses = "builtin:verify"
  inputs.requirement = "{{ inputs.requirement }}"
  inputs.after = "{{ steps.build.code.files }}"
  grants.workspace = "read"
  settings.turns = 0
"#;

const REQUIREMENT: &str = "# Sum\n\n- **FR-1** It adds.\n- **FR-2** It says why it cannot.\n";

fn code(test: &str) -> String {
    format!(
        "Done.\n\n### FILE: sum.py\n```python\ndef add(a, b):\n    return a + b\n```\n\n### FILE: test_sum.py\n```python\nfrom sum import add\n\n\ndef test_adds():\n    assert add(1, 2) == 3\n{test}```\n"
    )
}

fn trace(tests_of_second: &str) -> String {
    format!(
        r#"{{"requirements": [
          {{"id": "FR-1", "says": "adds", "code": [{{"path": "sum.py", "line": 1}}], "tests": ["test_adds"], "note": ""}},
          {{"id": "FR-2", "says": "says why", "code": [{{"path": "sum.py"}}], "tests": [{tests_of_second}], "note": "no message is looked at"}}]}}"#
    )
}

#[test]
fn a_requirement_without_a_test_is_found_and_mended_in_a_round() {
    let provider = Provider::echo();
    let with_test = code("\n\ndef test_says_why():\n    assert add.__name__ == \"add\"\n");
    let answers = [
        code(""),
        trace(""),
        with_test,
        trace("\"test_sum.py::test_says_why\""),
    ];
    provider.answer_next(&answers.each_ref().map(String::as_str));
    let project = Project::with_provider(&provider);
    project.write("flow.toml", FLOW);
    project.write("requirement.md", REQUIREMENT);
    let run = ["run", "flow.toml", "--input", "requirement=@requirement.md"];
    let _ = project.run(&run).exits_with(0);
    let received = provider.received();
    assert_eq!(received.len(), 4);
    assert!(
        received[1]
            .asked
            .contains("exactly these requirements, each once: FR-1, FR-2")
    );
    let told = &received[2].asked;
    assert!(
        told.contains("**FR-2** (says why) is in the code, and no test holds it"),
        "{told}"
    );
    assert_eq!(
        project.document("build/verify", "verdict").trim(),
        "verified"
    );
    let first = project
        .run(&["docs", "get", "last", "build~1/verify", "verdict"])
        .exits_with(0);
    assert_eq!(first.stdout.trim(), "incomplete");
    assert!(
        project
            .read("test_sum.py")
            .unwrap()
            .contains("test_says_why")
    );
}

#[test]
fn a_file_that_the_model_made_up_is_asked_for_again() {
    let provider = Provider::echo();
    let made_up =
        trace("\"test_says_why\"").replace("\"sum.py\", \"line\"", "\"gone.py\", \"line\"");
    provider.answer_next(&[&code(""), &made_up, &trace("\"test_adds\"")]);
    let project = Project::with_provider(&provider);
    project.write("flow.toml", FLOW);
    project.write("requirement.md", REQUIREMENT);
    let run = ["run", "flow.toml", "--input", "requirement=@requirement.md"];
    let _ = project.run(&run).exits_with(0);
    let again = &provider.received()[2].asked;
    assert!(
        again.contains("these places aren't there: `gone.py`"),
        "{again}"
    );
}
