//! `stepwell serve`: killed, ended, reached from elsewhere.

use serde_json::json;
use stepwell_tests::{Project, Provider, Reply};

const FLOW: &str = r#"
name = "serves"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
[[steps]]
id = "second"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.first.result }}"
settings.calls = 1
"#;

#[test]
fn a_server_that_is_killed_and_started_again_goes_on_and_asks_nothing_twice() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let serving = project.serve(&[]);
    let run = serving.start(&project, "flow.toml");
    assert_eq!(serving.at_rest(&run)["status"], "success");
    let undisturbed = provider.journal();
    let text = project.document("second", "result");

    // The first answer comes; the second is under way when the server dies.
    provider.reply_next([Reply::Text("echo tea call 0".into()), Reply::Silence]);
    let run = serving.start(&project, "flow.toml");
    provider.wait_for_requests(undisturbed.len() + 2);
    serving.kill();
    let serving = project.serve(&[]);
    assert_eq!(serving.at_rest(&run)["status"], "success");
    assert_eq!(project.document("second", "result"), text);
    let journal = provider.journal();
    let firsts = journal.iter().filter(|asked| **asked == undisturbed[0]);
    assert_eq!(firsts.count(), 2, "once for each run: {journal:?}");
}

#[test]
fn a_server_ends_when_it_is_told_to_and_its_runs_can_go_on() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let serving = project.serve(&[]);
    provider.hold();
    let run = serving.start(&project, "flow.toml");
    provider.wait_for_requests(1);
    let _ = serving.terminate().exits_with(0);
    let status = project
        .run(&["status", &run, "--json"])
        .exits_with(0)
        .json();
    assert_eq!(status["status"], "interrupted");
    provider.release();
    let _ = project.run(&["resume", &run]).exits_with(0);
    assert!(!project.join(".stepwell/socket").exists());
}

#[test]
fn everywhere_a_token_is_needed_which_a_person_may_choose() {
    let provider = Provider::echo();
    let mut project = Project::of_worker(&provider, FLOW);
    let made = project.serve_at("0.0.0.0:0", &[]).token.clone();
    assert!(made.len() >= 32, "{made}");
    project.set("STEPWELL_TOKEN", "sesame");
    let serving = project.serve(&[]);
    let ask = |shown: &[(&str, &str)]| serving.ask_as_anybody("GET", "/api/runs", shown, "").status;
    assert_eq!(ask(&[]), 401);
    assert_eq!(ask(&[("authorization", &format!("Bearer {made}"))]), 401);
    assert_eq!(ask(&[("authorization", "Bearer sesame")]), 200);
    assert_eq!(serving.get("/healthz").status, 200);
}

#[test]
fn another_site_and_another_name_are_refused() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let serving = project.serve(&[]);
    let rebound = [("host", "evil.example")];
    assert_eq!(serving.ask("GET", "/api/runs", &rebound, "").status, 421);
    let foreign = [
        ("origin", "https://evil.example"),
        ("content-type", "application/json"),
    ];
    let body = json!({ "name": "worker", "content": "x" }).to_string();
    assert_eq!(
        serving.ask("POST", "/api/prompts", &foreign, &body).status,
        403
    );
    let prompts = serving.get("/api/prompts").json();
    let mut prompts = prompts.as_array().unwrap().iter();
    assert!(prompts.all(|prompt| prompt["name"] != "worker" && prompt["stored"] == false));
    for climbing in [
        "/api/definition?file=../flow.toml",
        "/../../etc/passwd",
        "/assets/../x",
    ] {
        assert!(serving.get(climbing).status >= 400, "{climbing}");
    }
}

#[test]
fn an_address_that_is_taken_is_told() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let serving = project.serve(&[]);
    let other = Project::with_provider(&provider);
    let _ = other
        .run(&["serve", "--listen", &serving.address])
        .exits_with(1)
        .says(&["can't listen on", "--listen"]);
    // One store has one server.
    let _ = project
        .run(&["serve", "--listen", "127.0.0.1:0"])
        .exits_with(5)
        .says(&["is in use by", &format!("process {}", serving.id())]);
}
