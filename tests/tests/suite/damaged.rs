//! A store of which something is damaged: what is whole can be used, and what isn't says so before anything is paid for.

use stepwell_tests::{Project, Provider};

use crate::upkeep::{FLOW, damage};

/// A project whose prompt `worker` has the versions v1 "Draw", v2 "Paint" and v3 "Sketch", which is current.
fn with_versions(provider: &Provider) -> Project {
    let project = Project::of_worker(provider, FLOW);
    for verb in ["Draw", "Paint", "Sketch"] {
        let text = format!("{verb} {{{{ topic }}}}.");
        let arguments = ["prompt", "add", "worker", "--text", &text];
        let _ = project.run(&arguments).exits_with(0);
    }
    project
}

#[test]
fn the_current_version_is_sent_though_another_one_is_damaged() {
    let provider = Provider::echo();
    let project = with_versions(&provider);
    damage(&project, "Paint {{ topic }}.");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(project.document("only", "result").contains("Sketch tea."));
    let listed = project.run(&["prompt", "list", "worker"]).exits_with(0);
    let lines: Vec<_> = listed.stdout.lines().collect();
    let unreadable = |line: &&&str| line.contains("can't be read");
    let told: Vec<_> = lines.iter().filter(unreadable).collect();
    assert!(told.len() == 1 && told[0].contains("v2"), "{lines:?}");
    let _ = project
        .run(&["prompt", "show", "worker", "2"])
        .exits_with(5)
        .says(&[
            "v2 of prompt `worker` can't be read",
            "stepwell prompt rm worker 2",
        ]);
    let _ = project.run(&["prompt", "use", "worker", "2"]).exits_with(5);
    let _ = project.run(&["prompt", "rm", "worker", "2"]).exits_with(0);
    let left = project
        .run(&["prompt", "list", "worker", "--json"])
        .exits_with(0);
    let versions = left.json()[0]["versions"].clone();
    assert_eq!(versions.as_array().unwrap().len(), 2);
    assert!(
        versions
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["unreadable"].is_null())
    );
}

#[test]
fn a_damaged_current_version_is_an_error_before_anything_is_paid_for() {
    let provider = Provider::echo();
    let project = with_versions(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    damage(&project, "Sketch {{ topic }}.");
    let error = [
        "v3 of prompt `worker` can't be read",
        "stepwell prompt use worker N",
    ];
    for command in [
        ["run", "flow.toml"].as_slice(),
        &["step", "run", "only", "--run", "last"],
        &["compare", "only", "--run", "last"],
    ] {
        let _ = project.run(command).exits_with(5).says(&error);
    }
    assert_eq!(provider.received().len(), 1);
    let _ = project.run(&["prompt", "use", "worker", "1"]).exits_with(0);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(project.document("only", "result").contains("Draw tea."));
    let _ = project.run(&["prompt", "rm", "worker", "3"]).exits_with(0);
}

#[test]
fn a_damaged_version_can_be_removed_on_the_page_and_by_the_api() {
    let provider = Provider::echo();
    let project = with_versions(&provider);
    damage(&project, "Paint {{ topic }}.");
    damage(&project, "Sketch {{ topic }}.");
    let server = project.serve(&[]);
    let page = server.get("/prompts/worker");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("can't be read") && page.body.contains("/prompts/worker?version=1"));
    let choice = serde_json::json!({ "number": 1 }).to_string();
    let json = [("content-type", "application/json")];
    let made = server.ask("PUT", "/api/prompts/worker/current", &json, &choice);
    assert_eq!(made.status, 200, "{}", made.body);
    let gone = server.ask("DELETE", "/api/prompts/worker/versions/3", &[], "");
    assert_eq!(gone.status, 200, "{}", gone.body);
    let page = server.get("/prompts/worker?version=2");
    assert!(
        page.body.contains("can't be read") && page.body.contains("Delete v2"),
        "{}",
        page.body
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let gone = server.ask("POST", "/prompts/worker/remove", &form, "version=2");
    assert!(gone.status < 400, "{}", gone.body);
    let left = server.get("/api/prompts/worker").json();
    assert_eq!(left["versions"].as_array().unwrap().len(), 1, "{left}");
}
