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

/// Steps that fill so many references to one input each, when another step has answered.
fn full_of_references(steps: usize, references: usize) -> String {
    let mut flow = "name = \"full\"\n[inputs]\nt = {}\n\n[[steps]]\nid = \"first\"\nuses = \"plugins/worker.wasm\"\n\
                    inputs.topic = \"tea\"\nsettings.calls = 1\n"
        .to_owned();
    let filled = "{{ inputs.t }}".repeat(references);
    for step in 0..steps {
        flow += &format!(
            "\n[[steps]]\nid = \"bomb{step}\"\nuses = \"plugins/worker.wasm\"\n\
             inputs.topic = \"{{{{ steps.first.result }}}}{filled}\"\n"
        );
    }
    flow
}

/// The most memory that a process has had, in MiB.
fn most_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    line.split_whitespace()
        .nth(1)
        .unwrap()
        .parse::<u64>()
        .unwrap()
        >> 10
}

#[test]
fn references_that_would_fill_the_memory_fail_their_step_also_when_a_server_takes_their_run_up() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let definition = full_of_references(6, 36);
    project.write("full.toml", &definition);
    let large = "0123456789".repeat(700_000);
    project.write("large.txt", &large);
    provider.hold();
    let serving = project.serve(&[]);
    let started = serving.post(
        "/api/runs",
        &json!({ "definition": { "text": definition, "file": "full.toml" }, "inputs": { "t": large } }),
    );
    assert!(started.status < 300, "{started:?}");
    provider.wait_for_requests(1);
    let run = serving.last_run();
    serving.kill();
    provider.release();
    for again in [false, true] {
        let serving = project.serve(&[]);
        let outcome = serving.at_rest(&run);
        assert_eq!(outcome["status"], "failure", "{again}: {outcome}");
        let said = outcome.to_string();
        assert!(
            said.contains("`limits.transfer`") && said.contains("32 MiB"),
            "{said:.2000}"
        );
        let most = most_memory(serving.id());
        assert!(most < 400, "{again}: {most} MiB");
        serving.kill();
    }
    let finished = project
        .run(&["run", "full.toml", "--input", "t=@large.txt"])
        .exits_with(1);
    assert!(
        finished.stderr.contains("limits.transfer"),
        "{}",
        finished.stderr
    );
}

#[test]
fn a_list_of_too_many_items_is_refused_by_its_name() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let flow = |limits: &str| {
        format!(
            "name = \"many\"\n[[steps]]\nid = \"list\"\nuses = \"plugins/worker.wasm\"\n\n\
             [[steps]]\nid = \"each\"\nuses = \"plugins/worker.wasm\"\nfor_each = \"steps.list.items\"\n\
             inputs.topic = \"{{{{ item }}}}\"\n{limits}"
        )
    };
    let list = |items: u32| format!("[{}]", vec!["1"; items as usize].join(","));
    project.write("many.toml", &flow(""));
    project.write("list.json", &list(10_001));
    let run = || {
        let given = ["list/result=list.json", "list/items=list.json"];
        let [result, items] = given.map(|document| ["--document", document]);
        project.run(&[&["run", "many.toml"][..], &result, &items].concat())
    };
    let refused = run().exits_with(1);
    assert!(
        refused
            .stderr
            .contains("more than 10000 items (`limits.items`)"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("limits.items"),
        "{}",
        refused.stderr
    );
    project.write("many.toml", &flow("limits.items = 2\n"));
    project.write("list.json", &list(3));
    let refused = run().exits_with(1);
    assert!(
        refused.stderr.contains("more than 2 items"),
        "{}",
        refused.stderr
    );
    project.write("list.json", &list(2));
    let _ = run().exits_with(0);
}
