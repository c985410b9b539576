//! `stepwell plugin explain`: what a step may do, by which line, and what it would want beyond that. Also of what the operator forbids.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener};

use serde_json::{Value, json};
use stepwell_tests::{Project, Provider};

const OPERATOR: &str = r#"[providers.local]
kind = "openai-chat"
base_url = "http://127.0.0.1:1/v1"
key_variable = "KEY_OF_NOBODY"

[models]
writer = { model = "local/a", fallback = ["small"] }
thinker = "local/b"
small = "local/c"

[defaults]
model = "writer"
"#;

/// The step `all` has every grant, `none` has none; lines are counted in the tests.
const FLOW: &str = r#"name = "flow"

[[steps]]
id = "all"
uses = "plugins/worker.wasm"
inputs.topic = "x"
budget = { money = 1.0 }
limits.wall = "1h"
keep.result = "docs/result.md"
grants.workspace = "write"
grants.prompts = "write"
grants.clock = "real"
grants.include = ["src/version.py"]
grants.read = [{ path = "lib", at = "/lib" }]
grants.http = ["api.example.org", "http://localhost:8080"]
grants.models = ["thinker"]

[[steps]]
id = "none"
uses = "plugins/worker.wasm"
model = "small"
inputs.topic = "{{ steps.all.result }}"
"#;

/// A project whose provider nobody reaches, and whose key isn't there.
fn project(operator: &str, definition: &str) -> Project {
    let project = Project::new();
    project.write("stepwell.toml", operator);
    project.add_guest("worker");
    project.write("lib/a.py", "");
    project.write("flow.toml", definition);
    project
}

fn explained(project: &Project, step: &str) -> Value {
    let told = project.run(&["plugin", "explain", step, "--in", "flow.toml", "--json"]);
    let told = told.exits_with(0).json();
    assert_eq!(told["steps"].as_array().unwrap().len(), 1, "{told}");
    told["steps"][0].clone()
}

fn permission<'t>(step: &'t Value, name: &str) -> &'t Value {
    let all = step["permissions"].as_array().unwrap();
    all.iter().find(|one| one["permission"] == name).unwrap()
}

fn standing<'t>(step: &'t Value, name: &str) -> &'t str {
    permission(step, name)["standing"].as_str().unwrap()
}

#[test]
fn a_step_with_every_grant_is_told_by_its_lines() {
    let operator = format!("{OPERATOR}\n[http]\ninside = [\"localhost:8080\"]\n");
    let project = project(&operator, FLOW);
    let step = explained(&project, "all");
    for (name, lines) in [
        ("read-files", vec![10]),
        ("write-files", vec![10]),
        ("include-files", vec![13]),
        ("keep-documents", vec![9]),
        ("other-models", vec![16]),
    ] {
        assert_eq!(standing(&step, name), "yes", "{name}");
        let given = permission(&step, name)["given"].as_array().unwrap();
        let told: Vec<_> = given.iter().map(|it| it["said"]["line"].clone()).collect();
        assert_eq!(told, lines, "{name}");
        assert_eq!(given[0]["said"]["file"], "definition");
    }
    let own = &permission(&step, "own-model")["given"];
    assert_eq!(own[0]["what"], "writer");
    assert_eq!(own[0]["by"], "operator");
    assert_eq!(own[0]["said"], json!({ "file": "operator", "line": 12 }));
    assert_eq!(own[1]["what"], "small");
    assert_eq!(own[1]["by"], json!({ "instead-of": "writer" }));
    let http = &permission(&step, "send-requests")["given"];
    assert_eq!(http[0]["by"], "line");
    let inside = json!({ "line-and-inside": { "file": "operator", "line": 15 } });
    assert_eq!(http[1]["by"], inside);
    assert_eq!(step["budgets"][0]["of"], "this-step");
    assert_eq!(step["budgets"][0]["said"]["line"], 7);
    assert_eq!(step["limits"][0]["limit"], "wall");
    assert_eq!(
        step["limits"][0]["amount"],
        json!({ "milliseconds": 3_600_000 })
    );
    assert_eq!(step["limits"][0]["said"]["line"], 8);

    // In words, with files and lines; and lines that its component has no function for.
    project
        .run(&["plugin", "explain", "all"])
        .exits_with(0)
        .shows(&[
            "step all",
            "plugins/worker.wasm (flow.toml:5)",
            "worker 1.0.0",
            "there is no stepwell.lock",
            "writer: the operator's default model (stepwell.toml:12)",
            "small: where writer can't answer",
            "write: grants.workspace (flow.toml:10)",
            "result in docs/result.md: keep (flow.toml:9)",
            "this step of a run (flow.toml:7)",
            "instead of 30 min 0 s (flow.toml:8)",
            "these lines do nothing",
            "flow.toml:15",
        ]);
    assert_eq!(standing(&step, "send-requests"), "idle");
    assert_eq!(standing(&step, "write-prompts"), "idle");
    assert!(!project.join(".stepwell").exists(), "nothing is kept");
}

#[test]
fn a_step_without_grants_is_told_what_it_would_be_denied() {
    let project = project(OPERATOR, FLOW);
    let step = explained(&project, "none");
    assert_eq!(standing(&step, "ask-person"), "yes");
    assert_eq!(standing(&step, "read-files"), "denied");
    assert_eq!(standing(&step, "write-files"), "denied");
    assert_eq!(
        permission(&step, "write-files")["by"],
        json!(["workspace.write"])
    );
    for name in [
        "other-models",
        "copy-files",
        "include-files",
        "read-folders",
        "send-requests",
        "write-prompts",
        "keep-documents",
        "open-sockets",
    ] {
        assert_eq!(standing(&step, name), "no", "{name}");
    }
    let own = &permission(&step, "own-model")["given"][0];
    assert_eq!(
        (&own["by"], &own["said"]["line"]),
        (&json!("step"), &json!(21))
    );
    project
        .run(&["plugin", "explain", "none"])
        .exits_with(0)
        .shows(&[
            "its component has functions for this, and no line permits it",
            "writes files of the workspace  workspace.write",
            "it is told: the error `denied`",
        ]);
}

#[test]
fn an_import_of_http_has_to_be_granted() {
    let project = Project::new();
    project.write("stepwell.toml", OPERATOR);
    project.add_guest("sends_http");
    let flow = "name = \"asks\"\n[[steps]]\nid = \"asks\"\nuses = \"plugins/sends_http.wasm\"\n";
    project.write("flow.toml", flow);
    let step = explained(&project, "asks");
    assert_eq!(standing(&step, "send-requests"), "denied");
    project
        .run(&["plugin", "explain"])
        .exits_with(0)
        .shows(&["wasi:http/outgoing-handler", "`HTTP-request-denied`"]);

    // Without a model of its own, or any.
    let nothing = Project::new();
    nothing.write(
        "flow.toml",
        "name = \"f\"\n[[steps]]\nid = \"a\"\nuses = \"builtin:refine\"\n",
    );
    let told = nothing.run(&["plugin", "explain"]).exits_with(0);
    let told = told.shows(&["builtin:refine (flow.toml:4)", "no model is set up"]);
    assert!(!told.stdout.contains("forbidden"), "{}", told.stdout);

    let granted = format!("{flow}grants.http = [\"api.example.org\", \"http://10.0.0.1\"]\n");
    project.write("flow.toml", &granted);
    let step = explained(&project, "asks");
    assert_eq!(standing(&step, "send-requests"), "yes");
    let given = &permission(&step, "send-requests")["given"];
    assert_eq!(given[0]["hindered_by"], json!([]));
    assert_eq!(given[1]["hindered_by"], json!(["inside"]));
}

#[test]
fn what_the_operator_forbids_is_said_at_each_line() {
    let operator = format!(
        "{OPERATOR}\n[sources.ours]\nfrom = \"plugins/\"\nmodels = [\"writer\"]\nbudget = {{ tokens = 1000 }}\n\
         [sources.ours.grants]\nworkspace = \"read\"\n"
    );
    let project = project(&operator, FLOW);
    let refused = project.run(&["run", "flow.toml", "--check"]);
    let _ = refused.exits_with(4);
    let step = explained(&project, "all");
    assert_eq!(step["plugin"]["sources"][0]["name"], "ours");
    for name in ["write-files", "other-models", "include-files"] {
        assert_eq!(standing(&step, name), "hindered", "{name}");
        let by = &permission(&step, name)["given"][0]["hindered_by"][0]["source"];
        assert_eq!(by["name"], "ours", "{name}");
        assert_eq!(by["said"], json!({ "file": "operator", "line": 14 }));
    }
    // The model of its own that it may ask, and the one that it may not ask instead.
    let own = &permission(&step, "own-model")["given"];
    assert_eq!(own[0]["hindered_by"], json!([]));
    assert_eq!(own[1]["hindered_by"][0]["source"]["name"], "ours");
    let budgets = step["budgets"].as_array().unwrap();
    assert!(
        budgets
            .iter()
            .any(|budget| budget["of"] == json!({ "source": "ours" }))
    );
    project.run(&["plugin", "explain"]).exits_with(0).shows(&[
        "no, forbidden",
        "write: grants.workspace (flow.toml:10); forbidden by [sources.ours] (stepwell.toml:14)",
        "a run of it would be refused",
        "`stepwell run flow.toml --check`",
    ]);
}

#[test]
fn the_lock_and_what_cannot_be_looked_into_are_told() {
    let project = project(OPERATOR, FLOW);
    let _ = project
        .run(&["plugin", "update", "plugins/worker.wasm", "--accept"])
        .exits_with(0);
    assert_eq!(explained(&project, "all")["plugin"]["lock"], "agreed");
    let other = project.join("plugins/worker.wasm");
    std::fs::copy(stepwell_tests::guest("sends_http"), &other).unwrap();
    assert_eq!(explained(&project, "all")["plugin"]["lock"], "another");
    std::fs::remove_file(other).unwrap();
    let step = explained(&project, "all");
    assert_eq!(step["plugin"]["lock"], "unknown");
    assert_eq!(standing(&step, "write-files"), "unknown");
    let message = step["plugin"]["problem"]["message"].as_str().unwrap();
    assert!(message.contains("plugins/worker.wasm"), "{message}");
}

#[test]
fn nothing_is_fetched_for_it() {
    let registry = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    registry.set_nonblocking(true).unwrap();
    let uses = format!("oci://{}/far:1", registry.local_addr().unwrap());
    let project = Project::new();
    project.write("stepwell.toml", OPERATOR);
    let flow = format!(
        "name = \"far\"\n[[steps]]\nid = \"far\"\nuses = \"{uses}\"\ngrants.workspace = \"read\"\n"
    );
    project.write("flow.toml", &flow);
    let is_unknown = |why: &str| {
        let step = explained(&project, "far");
        assert_eq!(standing(&step, "read-files"), "unknown");
        let message = step["plugin"]["problem"]["message"].as_str().unwrap();
        assert!(message.contains(why), "{message}");
    };
    is_unknown("nobody");
    // Somebody agreed to it, and it isn't on this machine.
    let lock = format!(
        "form = 1\n[plugins.\"{uses}\"]\ndigest = \"sha256:{}\"\nname = \"far\"\nplugin-version = \"1.0.0\"\n",
        "0".repeat(64)
    );
    project.write("stepwell.lock", &lock);
    is_unknown("it isn't on this machine");
    let asked = registry.accept().map(drop).unwrap_err();
    assert_eq!(asked.kind(), ErrorKind::WouldBlock);
}

#[test]
fn what_is_wrong_is_said_with_what_helps() {
    let project = project(OPERATOR, FLOW);
    let _ = project
        .run(&["plugin", "explain", "nope"])
        .exits_with(4)
        .says(&["there is no step `nope` in workflow `flow`", "all, none"]);
    project.write("other.toml", FLOW);
    let _ = project
        .run(&["plugin", "explain"])
        .exits_with(2)
        .says(&["flow.toml, other.toml", "`--in flow.toml`"]);
    project.write("other.toml", &FLOW.replace("grants.http", "grants.htp"));
    let _ = project
        .run(&["plugin", "explain", "--in", "other.toml"])
        .exits_with(4)
        .says(&["other.toml:15", "did you mean `http`?"]);
    let empty = Project::new();
    let _ = empty
        .run(&["plugin", "explain"])
        .exits_with(2)
        .says(&["no definition", "`--in FLOW.toml`"]);
}

#[test]
fn the_server_and_who_asks_it_say_the_same() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let alone = explained(&project, "none");
    let server = project.serve(&[]);
    assert_eq!(explained(&project, "none"), alone);
    let request = json!({
        "definition": { "text": FLOW, "file": project.join("flow.toml") },
        "step": "none",
    });
    let told = server.post("/api/plugins/explain", &request).json();
    assert_eq!(told["steps"][0], alone);
    assert_eq!(provider.received().len(), 0);
}
