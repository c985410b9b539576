//! One step by itself: its prompt looked at, one of its items run again, a step of a definition alone, and a run begun again from
//! its JSON.

use serde_json::Value;
use stepwell_tests::{Project, Provider};

const FLOW: &str = r#"
name = "asks"
[inputs]
topic = { default = "tea" }
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "{{ inputs.topic }}"
settings.calls = 1
[[steps]]
id = "second"
uses = "plugins/worker.wasm"
inputs.topic = "then {{ steps.first.result }}"
settings.calls = 1
"#;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn what_a_step_would_ask_is_shown_and_nothing_is_sent() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    // Before there is a store: a built-in prompt, and a plugin alone.
    let shown = project.run(&["prompt", "show", "refine"]).exits_with(0);
    assert!(
        shown.stdout.contains("{{ requirement }}"),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stderr.contains("isn't stored yet"),
        "{}",
        shown.stderr
    );
    let alone = [
        "step",
        "prompt",
        "builtin:refine",
        "--input",
        "requirement=Be quick.",
    ];
    let alone = project.run(&alone).exits_with(0);
    assert!(
        alone.stdout.starts_with("--- user ---\n") && alone.stdout.contains("Be quick."),
        "{}",
        alone.stdout
    );
    for said in ["writer", "refine v1", "not stored yet", "nothing was sent"] {
        assert!(alone.stderr.contains(said), "{said}: {}", alone.stderr);
    }
    assert!(!project.join(".stepwell").exists());

    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let sent = provider.journal().len();
    let ahead = ["step", "prompt", "second", "--run", "last", "--json"];
    let ahead = json(&project.run(&ahead).exits_with(0).stdout);
    assert_eq!(ahead["execution"], "second#2");
    let prompt = ahead["calls"][0]["prompt"].as_str().unwrap();
    assert!(prompt.contains("then Work on tea."), "{prompt}");
    assert_eq!(ahead["calls"][0]["model"], "writer");

    // A step of the definition, with what the other one would have given it.
    let within = ["step", "prompt", "second", "--in", "flow.toml"];
    let missing = project.run(&within).exits_with(4);
    assert!(
        missing
            .stderr
            .contains("it comes from `then {{ steps.first.result }}`"),
        "{}",
        missing.stderr
    );
    let given = [&within[..], &["--input", "topic=rain"]].concat();
    let given = project.run(&given).exits_with(0);
    assert!(given.stdout.contains("rain"), "{}", given.stdout);
    assert_eq!(provider.journal().len(), sent);
    let runs = json(&project.run(&["runs", "--json"]).exits_with(0).stdout);
    assert_eq!(runs.as_array().unwrap().len(), 1);

    let run = [
        "step",
        "run",
        "second",
        "--in",
        "flow.toml",
        "--input",
        "topic=rain",
    ];
    let run = project.run(&run).exits_with(0);
    assert!(run.stdout.contains("rain"), "{}", run.stdout);
    assert_eq!(provider.journal().len(), sent + 1);
}

#[test]
fn a_text_is_tried_without_being_saved() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let kept = || {
        let run = project.run(&["status", "--json"]).exits_with(0).stdout;
        let prompts = project.run(&["prompt", "list", "worker", "--json"]);
        (run, prompts.exits_with(0).stdout)
    };
    let (before, sent) = (kept(), provider.journal().len());
    project.write("new.md", "Sing of {{ topic }}.");
    let tried = |more: &[&str]| {
        let command = [&["step", "try", "second", "--text", "new.md"], more].concat();
        project.run(&command)
    };
    let looked = tried(&["--look"]).exits_with(0);
    assert!(
        looked.stdout.contains("then Work on tea."),
        "{}",
        looked.stdout
    );
    let said = "worker (the text that isn't saved)";
    assert!(looked.stderr.contains(said), "{}", looked.stderr);
    assert_eq!(provider.journal().len(), sent);

    let once = tried(&[]).exits_with(0);
    assert!(once.stdout.contains("Sing of then "), "{}", once.stdout);
    assert!(once.stderr.contains("nothing was saved"), "{}", once.stderr);
    assert_eq!(provider.journal().len(), sent + 1);
    // The same again is there already; a second time is asked for by itself.
    let again = tried(&["--json"]).exits_with(0);
    let again = json(&again.stdout);
    assert!(
        again["cell"]["answers"][0]
            .as_str()
            .unwrap()
            .contains("then Work on tea.")
    );
    assert_eq!(provider.journal().len(), sent + 1);
    let _ = tried(&["--time", "2"]).exits_with(0);
    assert_eq!(provider.journal().len(), sent + 2);
    assert_eq!(
        kept(),
        before,
        "no version is added, and the run is as it was"
    );
    let calls = json(
        &project
            .run(&["calls", "--all-runs", "--json"])
            .exits_with(0)
            .stdout,
    );
    let calls = calls.as_array().unwrap();
    assert_eq!(calls.len(), sent + 2, "what was paid is counted");

    let history = project.run(&["prompt", "history", "worker", "--json"]);
    let history = json(&history.exits_with(0).stdout);
    assert_eq!(history["versions"][0]["number"], 1);
    let shown = project.run(&["prompt", "history", "worker"]).exits_with(0);
    assert!(shown.stdout.starts_with("v1"), "{}", shown.stdout);

    project.write("new.md", "Sing of {{ topick }}.");
    let refused = tried(&[]).exits_with(4);
    assert!(
        refused.stderr.contains("the text can't be sent"),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("topick"), "{}", refused.stderr);
    assert_eq!(provider.journal().len(), sent + 2);
}

#[test]
fn a_run_is_begun_again_from_its_json_alone() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let record = [
        "run",
        "flow.toml",
        "--input",
        "topic=ink",
        "--record",
        "tape",
    ];
    let _ = project.run(&record).exits_with(0);
    let saved = project.run(&["status", "--json"]).exits_with(0).stdout;
    let before = json(&saved);
    let defined = &before["steps"][1]["defined"];
    assert_eq!(defined["inputs"]["topic"], "then {{ steps.first.result }}");
    assert_eq!(defined["settings"]["calls"], 1);

    let elsewhere = Project::new();
    elsewhere.write("run.json", &saved);
    elsewhere.write("tape", &project.read("tape").unwrap());
    let again = ["run", "--from", "run.json", "--replay", "tape"];
    // Plugins that are files aren't in it.
    let missing = elsewhere.run(&again).exits_with(4);
    for said in [
        "holds no plugins that are files",
        "plugins/worker.wasm",
        "sha256:",
    ] {
        assert!(missing.stderr.contains(said), "{said}: {}", missing.stderr);
    }
    elsewhere.add_guest("worker");
    let _ = elsewhere.run(&again).exits_with(0);
    let after = json(&elsewhere.run(&["status", "--json"]).exits_with(0).stdout);
    for same in [
        "definition",
        "definition_text",
        "inputs",
        "status",
        "workflow",
    ] {
        assert_eq!(after[same], before[same], "{same}");
    }
    assert_eq!(
        elsewhere.document("second", "result"),
        project.document("second", "result")
    );

    // Where no model is set up what the step would ask is shown all the same.
    let ahead = elsewhere
        .run(&["step", "prompt", "second", "--run", "last"])
        .exits_with(0);
    assert!(
        ahead.stderr.contains("isn't set up here"),
        "{}",
        ahead.stderr
    );

    elsewhere.write("bad.json", "{\"a\": 1}");
    let bad = elsewhere.run(&["run", "--from", "bad.json"]).exits_with(4);
    assert!(
        bad.stderr.contains("is not the JSON of a run"),
        "{}",
        bad.stderr
    );
}

#[test]
fn an_item_is_named_as_elsewhere_and_a_round_is_refused() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    for (place, says) in [
        ("first[0]", "runs once"),
        ("first~2", "names a round or a take"),
        ("first#1", "names a round or a take"),
        ("Not a path", "is not a step's path"),
    ] {
        let refused = project
            .run(&["step", "run", place, "--run", "last"])
            .exits_with(4);
        assert!(refused.stderr.contains(says), "{place}: {}", refused.stderr);
    }
}
