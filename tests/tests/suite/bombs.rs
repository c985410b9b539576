//! Templates and JSON Schemas that would take the whole process with them, or hold it for good: each meets a bound, and
//! whoever asked goes on.

use serde_json::json;
use stepwell_tests::{Project, Provider, Serving};

use crate::bad_input::patched;

/// Templates of a kind that once ended or stalled the process, each with what is said of it.
pub(crate) fn templates() -> [(String, &'static [&'static str]); 6] {
    let itself = "{% set ns = namespace(a=1) %}{% set ns.a = ns %}{{ ns }}".to_owned();
    let doubled = "{% set x = 'x' %}".to_owned() + &"{% set x = x ~ x %}".repeat(31);
    let replaced = "{% set x = 'x' * 100000 %}{% set y = x | replace('x', x) %}".to_owned();
    let joined = "{% set x = range(99999) | join('x' * 100000) %}".to_owned();
    let deep = format!("{{{{ {}1 }}}}", "not ".repeat(200_000));
    let minus = format!("{{{{ {}1 }}}}", "- ".repeat(200_000));
    [
        (itself, &["too deep"]),
        (doubled, &["of memory"]),
        (replaced, &["limit"]),
        (joined, &["limit"]),
        (deep, &["worker"]),
        (minus, &["worker"]),
    ]
}

const FLOW: &str = r#"
name = "flow"
[[steps]]
id = "work"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
"#;

fn lives(serving: &Serving) {
    assert_eq!(serving.get("/healthz").status, 200);
}

#[test]
fn a_prompt_that_would_harm_the_host_fails_its_step_alone() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let serving = project.serve(&[]);
    for (template, says) in templates() {
        let check = serving.post("/api/prompts/worker/check", &json!({ "content": template }));
        assert!(check.status < 500, "{:.60}: {check:?}", template);
        lives(&serving);
        project.write("bomb.j2", &template);
        let added = project.run(&["prompt", "add", "worker", "bomb.j2"]);
        lives(&serving);
        if added.code != 0 {
            continue;
        }
        let run = serving.start(&project, "flow.toml");
        let outcome = serving.at_rest(&run);
        assert_eq!(outcome["status"], "failure", "{:.60}: {outcome}", template);
        for text in says {
            assert!(outcome.to_string().contains(text), "{text}: {outcome}");
        }
        lives(&serving);
    }
    // Started again, the server takes nothing up that ends it.
    serving.kill();
    let serving = project.serve(&[]);
    project.write("good.j2", "Work on {{ topic }}.");
    let _ = project
        .run(&["prompt", "add", "worker", "good.j2"])
        .exits_with(0);
    let run = serving.start(&project, "flow.toml");
    assert_eq!(serving.at_rest(&run)["status"], "success");
    let _ = serving.terminate().exits_with(0);
}

#[test]
fn a_document_whose_schema_takes_for_ever_fails_its_step_alone() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let mark = b"describe-mode:well......";
    let doubles = patched("hostile", mark, b"describe-mode:doubles...");
    std::fs::write(project.join("plugins/doubles.wasm"), doubles).unwrap();
    project.write(
        "doubles.toml",
        "name = \"doubles\"\n[[steps]]\nid = \"bad\"\nuses = \"plugins/doubles.wasm\"\n",
    );
    let serving = project.serve(&[]);
    let run = serving.start(&project, "doubles.toml");
    let beside = serving.start(&project, "flow.toml");
    assert_eq!(serving.at_rest(&beside)["status"], "success");
    let outcome = serving.at_rest(&run);
    assert_eq!(outcome["status"], "failure", "{outcome}");
    assert!(outcome.to_string().contains("to work out"), "{outcome}");
    let _ = serving.terminate().exits_with(0);
}
