//! Answers recorded and replayed: with the same documents, and loudly where something differs.

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
retries = 0
[[steps]]
id = "second"
uses = "plugins/worker.wasm"
inputs.topic = "then {{ steps.first.result }}"
settings.calls = 1
"#;

const RESULT: &str = "Work on tea.\necho tea call 0";

#[test]
fn what_was_recorded_is_replayed() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    project.write(
        "flow.toml",
        &FLOW.replace(
            "settings.calls = 1",
            "settings.calls = 2\nsettings.ask = [\"who\"]",
        ),
    );
    let record = [
        "run",
        "flow.toml",
        "--record",
        "tape",
        "--answer",
        "first/who=Ada",
        "--answer",
        "second/who=Bob",
    ];
    let _ = project.run(&record).exits_with(0);
    let documents = |project: &Project| {
        (
            project.document("first", "result"),
            project.document("second", "result"),
        )
    };
    let expected = documents(&project);
    let asked = provider.journal().len();
    assert_eq!(asked, 4);
    let tape = project.read("tape").unwrap();
    assert!(
        tape.starts_with("stepwell-cassette 1\n")
            && tape.contains("match = \"request\"")
            && tape.contains("Ada"),
        "{tape}"
    );
    assert!(!tape.contains("sk-test-secret"));

    let replayed = project
        .run(&["run", "flow.toml", "--replay", "tape"])
        .exits_with(0);
    assert!(
        replayed.stderr.contains("no model is asked"),
        "{}",
        replayed.stderr
    );
    assert_eq!(documents(&project), expected);
    assert_eq!(provider.journal().len(), asked);

    // The cassette is all that it needs: neither a provider nor a key.
    let alone = Project::new();
    alone.add_guest("worker");
    for file in ["flow.toml", "tape"] {
        alone.write(file, &project.read(file).unwrap());
    }
    let _ = alone
        .run(&["run", "flow.toml", "--replay", "tape"])
        .exits_with(0);
    assert_eq!(documents(&alone), expected);
}

#[test]
fn a_changed_request_finds_no_recorded_answer() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project
        .run(&["run", "flow.toml", "--record", "tape"])
        .exits_with(0);
    project.write("flow.toml", &FLOW.replace("then {{", "and then {{"));
    let _ = project
        .run(&["run", "flow.toml", "--replay", "tape"])
        .exits_with(1)
        .says(&[
            "error: second",
            "replay-miss",
            "the nearest entry is `second",
            "- ",
            "then Work on tea.",
            "+ ",
            "and then Work on tea.",
            "record the run again",
            "match = \"sequence\"",
        ]);
    // What it proposes helps.
    let tape = project.read("tape").unwrap();
    project.write(
        "tape",
        &tape.replace("match = \"request\"", "match = \"sequence\""),
    );
    let _ = project.run(&["resume", "--replay", "tape"]).exits_with(0);
    assert_eq!(provider.journal().len(), 2);
}

#[test]
fn a_run_of_recorded_answers_needs_its_cassette() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let record = [
        "run",
        "flow.toml",
        "--record",
        "tape",
        "--record-match",
        "sequence",
    ];
    let _ = project.run(&record).exits_with(0);
    let _ = project
        .run(&["run", "flow.toml", "--replay", "tape", "--until", "first"])
        .exits_with(3);
    let _ = project
        .run(&["resume"])
        .exits_with(6)
        .says(&["replays recorded answers", "--replay"]);
    let _ = project.run(&["resume", "--replay", "tape"]).exits_with(0);
    assert_eq!(project.document("first", "result").trim_end(), RESULT);
}

#[test]
fn a_recording_is_one_runs_own() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let run = ["run", "flow.toml", "--record", "tape"];
    // Neither a look at the definition nor a run that never began leaves anything to mix with.
    let _ = project
        .run(&[&run[..], &["--check"]].concat())
        .exits_with(0);
    assert!(project.read("tape").is_none());
    let _ = project
        .run(&[&run[..], &["--until", "nowhere"]].concat())
        .exits_with(4);
    let by_sequence = ["--record-match", "sequence", "--until", "first"];
    let _ = project
        .run(&[&run[..], &by_sequence].concat())
        .exits_with(3);
    let tape = project.read("tape").unwrap();
    assert!(tape.contains("match = \"sequence\""), "{tape}");

    project.write("flow.toml", &FLOW.replace("then {{", "and then {{"));
    let _ = project.run(&run).exits_with(6).says(&[
        "error: the cassette tape is there already",
        "hint:",
        "another file",
        "stepwell resume --record",
    ]);
    let step = ["step", "run", "plugins/worker.wasm", "--record", "tape"];
    let _ = project.run(&step).exits_with(6).says(&["is there already"]);
    let asked = provider.journal().len();
    let other = ["resume", "--record", "tape", "--record-match", "request"];
    let _ = project.run(&other).exits_with(6).says(&[
        "the cassette tape is matched by sequence",
        "hint: leave `--record-match` out",
    ]);
    assert_eq!(project.read("tape").unwrap(), tape);
    assert_eq!(provider.journal().len(), asked);

    // The first run's own cassette is gone on with, and keeps its head.
    let runs = project.run(&["runs", "--json"]).exits_with(0).json();
    let mut recorded = runs.as_array().unwrap().iter();
    let recorded = recorded.rfind(|run| run["status"] == "waiting");
    let id = recorded.unwrap()["id"].as_str().unwrap();
    let _ = project
        .run(&["resume", id, "--record", "tape"])
        .exits_with(0);
    let again = ["step", "run", "second", "--run", id, "--record", "tape"];
    let _ = project.run(&again).exits_with(0);
    let longer = project.read("tape").unwrap();
    assert!(
        longer.starts_with(tape.trim_end_matches("=== end\n")),
        "{longer}"
    );
    assert_eq!(longer.matches("=== call second").count(), 1, "{longer}");
    project.write("flow.toml", FLOW);
    let _ = project
        .run(&["run", "flow.toml", "--replay", "tape"])
        .exits_with(0);
}

#[test]
fn what_is_proposed_to_a_recorded_run_goes_on_recording() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let asks = FLOW.replace("settings.calls = 1", "settings.ask = [\"who\"]");
    project.write("flow.toml", &asks);
    let _ = project
        .run(&["run", "flow.toml", "--record", "my tape"])
        .exits_with(3)
        .says(&["--record 'my tape' --answer first/who=TEXT"]);
    let _ = project
        .run(&["resume", "--record", "my tape", "--answer", "who=Ada"])
        .exits_with(3)
        .says(&["--record 'my tape' --answer second/who=TEXT"]);
    assert!(project.read("my tape").unwrap().contains("Ada"));
    let until = ["run", "flow.toml", "--record", "other", "--until", "first"];
    let _ = project
        .run(&[&until[..], &["--answer", "who=Ada"]].concat())
        .exits_with(3)
        .says(&["--record other` goes on"]);
}

#[test]
fn cassettes_that_cannot_be_read() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project
        .run(&["run", "flow.toml", "--replay", "absent"])
        .exits_with(6)
        .says(&["absent can't be read", "hint:", "--record"]);
    project.write("tape", "hello\n");
    let _ = project
        .run(&["run", "flow.toml", "--replay", "tape"])
        .exits_with(6)
        .says(&["tape:1", "not a cassette", "hint:"]);
    project.write(
        "tape",
        "stepwell-cassette 1\nmatch = \"sequence\"\n\n=== shout first\n\nx\n",
    );
    let _ = project
        .run(&["run", "flow.toml", "--replay", "tape"])
        .exits_with(6)
        .says(&["tape:4", "=== shout first"]);
    // One that has no answer for a step says what is missing.
    project.write(
        "tape",
        "stepwell-cassette 1\nmatch = \"sequence\"\n\n=== call second #1\n\nx\n",
    );
    let _ = project
        .run(&["run", "flow.toml", "--replay", "tape"])
        .exits_with(1)
        .says(&["replay-miss", "no entry `first", "tape"]);
    assert!(provider.journal().is_empty());
}
