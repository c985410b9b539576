//! What a server keeps of finished runs while it lives: as `[retention]` says, and of texts and files what somebody still needs.

use stepwell_tests::{Project, Provider, Serving, until};

use crate::upkeep::bytes_of;

const FLOW: &str = r#"
name = "retained"
[inputs]
topic = {}
[[steps]]
id = "only"
uses = "plugins/worker.wasm"
inputs.topic = "{{ inputs.topic }}"
"#;

/// Bytes of one input: its text lies in a file beside the store's.
const LARGE: usize = 300_000;

fn project(provider: &Provider, retention: &str) -> Project {
    let project = Project::of_worker(provider, FLOW);
    let configuration = project.read("stepwell.toml").unwrap();
    project.write(
        "stepwell.toml",
        &format!("{configuration}\n[retention]\n{retention}\n"),
    );
    project
}

/// A run of its own large text, to its end.
fn run(serving: &Serving, project: &Project, text: &str) {
    let topic = text.repeat(LARGE / text.len());
    let definition = serde_json::json!({ "text": FLOW, "file": project.join("flow.toml") });
    let request = serde_json::json!({ "definition": definition, "inputs": { "topic": topic } });
    let started = serving.post("/api/runs", &request);
    assert_eq!(started.status, 201, "{}", started.body);
    let outcome = serving.at_rest(started.json()["id"].as_str().unwrap());
    assert_eq!(outcome["status"], "success", "{outcome}");
}

fn runs(serving: &Serving) -> usize {
    let listed = serving.get("/api/runs").json();
    listed["items"].as_array().unwrap().len()
}

/// Asks until it is so.
#[track_caller]
fn until_so(what: &str, mut is_so: impl FnMut() -> bool) {
    until(what, || is_so().then_some(()));
}

#[test]
fn what_only_removed_runs_needed_goes_while_the_server_lives() {
    let provider = Provider::echo();
    let project = project(&provider, "runs = 1");
    let serving = project.serve(&[]);
    let blobs = project.join(".stepwell/blobs");
    // The component stays.
    run(&serving, &project, "first ");
    let one = bytes_of(&blobs);
    for text in ["second ", "third ", "fourth ", "fifth "] {
        run(&serving, &project, text);
    }
    until_so("the older runs should go", || runs(&serving) == 1);
    until_so("their texts should go", || {
        bytes_of(&blobs) < one + LARGE as u64 / 2
    });
    // What the last one needs is there.
    let text = project.document("only", "result");
    assert!(text.contains("fifth fifth"), "{text:.100}");
    let _ = project.run(&["store", "check"]).exits_with(0);
    let _ = serving.terminate().exits_with(0);
    let _ = project.run(&["store", "check"]).exits_with(0);
}

#[test]
fn what_a_run_under_way_needs_stays_until_it_has_ended() {
    let provider = Provider::echo();
    let project = project(&provider, "runs = 1");
    project.write(
        "held.toml",
        &FLOW.replace(
            "}}\"\n",
            "}}\"\nsettings = { calls = 1, write = \"held.txt\" }\ngrants.workspace = \"write\"\n",
        ),
    );
    let serving = project.serve(&[]);
    let blobs = project.join(".stepwell/blobs");
    run(&serving, &project, "first ");
    let one = bytes_of(&blobs);
    provider.hold();
    let definition = serde_json::json!({
        "text": project.read("held.toml").unwrap(),
        "file": project.join("held.toml"),
    });
    let topic = "held ".repeat(LARGE / 5);
    let request = serde_json::json!({ "definition": definition, "inputs": { "topic": topic } });
    assert_eq!(serving.post("/api/runs", &request).status, 201);
    provider.wait_for_requests(1);
    for text in ["second ", "third "] {
        run(&serving, &project, text);
    }
    until_so("the older run should go", || runs(&serving) == 2);
    provider.release();
    // Once it has ended, it is the oldest, and goes, too.
    until_so("their texts should go", || {
        runs(&serving) == 1 && bytes_of(&blobs) < one + LARGE as u64 / 2
    });
    assert_eq!(project.read("held.txt").as_deref(), Some("written"));
    let _ = project.run(&["store", "check"]).exits_with(0);
    let _ = serving.terminate().exits_with(0);
}

#[test]
fn what_a_person_removes_beside_a_server_is_freed_by_it() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let serving = project.serve(&[]);
    run(&serving, &project, "first ");
    let blobs = project.join(".stepwell/blobs");
    let before = bytes_of(&blobs);
    run(&serving, &project, "second ");
    let _ = project.run(&["runs", "rm", "last"]).exits_with(0);
    until_so("its text should go", || bytes_of(&blobs) == before);
    let _ = serving.terminate().exits_with(0);
}

/// A day passes by its clocks, and nothing else happens.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[test]
fn a_server_removes_once_a_day_what_grew_old() {
    const DAY: u64 = 86_400;
    let provider = Provider::echo();
    let mut project = project(&provider, "days = 3");
    let clock = stepwell_tests::clock_ahead(&mut project);
    let serving = project.serve(&[]);
    run(&serving, &project, "old ");
    let blobs = project.join(".stepwell/blobs");
    let old = bytes_of(&blobs);
    clock.set(2 * DAY);
    run(&serving, &project, "young ");
    assert_eq!(runs(&serving), 2);
    // The first is four days old then, and the second two.
    clock.set(4 * DAY);
    until_so("the older run should go", || runs(&serving) == 1);
    assert!(project.document("only", "result").contains("young young"));
    until_so("its text should go", || {
        bytes_of(&blobs) <= old + LARGE as u64 / 2
    });
    clock.set(9 * DAY);
    until_so("the other one should go", || runs(&serving) == 0);
    let _ = serving.terminate().exits_with(0);
}
