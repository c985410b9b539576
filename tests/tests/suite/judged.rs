//! Comparisons that the built-in judge decides, and who wins where models are compared as well.

use stepwell_tests::{Project, Provider, Reply};

const ADD: [&str; 5] = [
    "prompt",
    "add",
    "worker",
    "--text",
    "Work kindly on {{ topic }}.",
];

/// So many cases for the step `worker`.
fn cases(count: usize, checks: &str) -> String {
    let case =
        |number| format!("[[cases]]\nid = \"c{number}\"\ninputs.topic = \"t{number}\"\n{checks}\n");
    (0..count).map(case).collect()
}

fn project(provider: &Provider) -> Project {
    let project = Project::with_provider(provider);
    project.add_guest("worker");
    project
}

const COMPARE: [&str; 6] = [
    "compare",
    "plugins/worker.wasm",
    "--setting",
    "calls=1",
    "--cases",
    "cases.toml",
];

#[test]
fn a_model_judges_by_criteria_and_its_verdict_decides() {
    let provider = Provider::start(|_, received| {
        let asked = &received.asked;
        let Some((criteria, work)) = asked.split_once("The work:") else {
            return Reply::Text(format!("echo {asked}"));
        };
        let kind = criteria.contains("Is it kind?") && work.contains("kindly");
        let score = if kind { 0.9 } else { 0.2 };
        Reply::Text(format!(
            "I see.\n{{\"reason\": \"read to the end\", \"score\": {score}, \"passed\": {kind}}}"
        ))
    });
    let project = project(&provider);
    let check =
        "checks = [{ judge = \"builtin:judge\", criteria = \"Is it kind?\", at_least = 0.7 }]";
    project.write("cases.toml", &cases(6, check));
    let _ = project.run(&COMPARE).exits_with(0);
    let _ = project.run(&ADD).exits_with(0);
    let view = project
        .run(&[&COMPARE[..], &["--baseline", "1", "--promote", "--json"]].concat())
        .exits_with(0);
    view.says(&["v2 of prompt worker is current"]);
    let shown = project
        .run(&["comparison", "show", "last", "--case", "c3"])
        .exits_with(0)
        .stdout;
    for part in [
        "failed: builtin:judge (writer) approves: Is it kind?",
        "passed: builtin:judge (writer) approves: Is it kind?",
        "read to the end",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    let view = project.run(&["comparison", "show", "--json"]).json();
    let numbers = &view["variants"][1]["numbers"];
    assert_eq!(numbers["score"], 0.9);
    assert_eq!(numbers["against_baseline"]["verdict"], "better");

    // The judge has spoken; with another version of its prompt it is another judge.
    let asked = provider.received().len();
    assert_eq!(asked, 24);
    let _ = project.run(&COMPARE).exits_with(0);
    assert_eq!(provider.received().len(), asked);
    let judge = "{{ criteria }} {{ inputs }} {{ guidance }} The work: {{ work }}";
    let _ = project
        .run(&["prompt", "add", "judge", "--text", judge])
        .exits_with(0);
    let _ = project.run(&COMPARE).exits_with(0);
    assert_eq!(provider.received().len(), asked + 12);

    // So it is where it asks another model.
    let judge = ["--judge", "builtin:judge", "--judge-model", "thinker"];
    let shown = project
        .run(&[&COMPARE[..], &judge, &["--json"]].concat())
        .exits_with(0)
        .json();
    let what = &shown["cells"][0]["checks"][1]["what"];
    assert_eq!(what, "builtin:judge (thinker) approves");
    let received = provider.received();
    let anew = &received[asked + 12..];
    assert_eq!(anew.len(), 12);
    assert!(
        anew.iter()
            .all(|request| request.body["model"] == "big-model")
    );
    let _ = project
        .run(
            &[
                &COMPARE[..],
                &["--judge", "builtin:judge", "--judge-model", "thinkr"],
            ]
            .concat(),
        )
        .exits_with(4)
        .says(&["thinkr", "did you mean `thinker`?"]);
}

#[test]
fn what_only_another_model_does_better_promotes_no_version() {
    let provider = Provider::start(|_, received| {
        Reply::Text(match received.body["model"].as_str() {
            Some("big-model") => "splendid".into(),
            _ => "middling".into(),
        })
    });
    let project = project(&provider);
    let check = "checks = [{ answer = true, contains = \"splendid\" }]";
    project.write("cases.toml", &cases(9, check));
    let _ = project.run(&COMPARE).exits_with(0);
    let _ = project.run(&ADD).exits_with(0);
    let _ = project.run(&["prompt", "use", "worker", "1"]).exits_with(0);
    let models = ["--models", "writer,thinker,writer", "--promote"];
    let shown = project
        .run(&[&COMPARE[..], &models].concat())
        .exits_with(0)
        .says(&["nothing is better than the baseline beyond chance"]);
    // A model that is named twice is compared once.
    assert_eq!(shown.stdout.matches("v2 · writer is").count(), 0);
    let view = project.run(&["comparison", "show", "--json"]).json();
    assert_eq!(view["variants"].as_array().unwrap().len(), 4);
    assert!(
        shown
            .stdout
            .contains("v2 · thinker is better than v1 · writer")
    );
    let prompt = project.run(&["prompt", "list", "worker", "--json"]).json();
    assert_eq!(prompt[0]["current"], 1, "{prompt}");
}

#[test]
fn a_grant_that_a_plugin_alone_lacks_is_given_by_a_flag() {
    let provider = Provider::echo();
    let project = project(&provider);
    for command in [&["compare"][..], &["step", "run"]] {
        let alone = ["builtin:code", "--input", "subtask={}"];
        let _ = project
            .run(&[command, &alone].concat())
            .exits_with(4)
            .says(&["add `--grant-workspace write`"]);
    }
}

#[test]
fn raising_one_cap_keeps_the_other() {
    let provider = Provider::echo();
    let project = project(&provider);
    project.write("cases.toml", &cases(2, ""));
    let stopped = project
        .run(&[&COMPARE[..], &["--max-tokens", "1"]].concat())
        .exits_with(1);
    assert!(
        stopped.stdout.contains("raise `--max-tokens`"),
        "{}",
        stopped.stdout
    );
    let resumed = project
        .run(&["comparison", "resume", "--max-money", "5", "--json"])
        .exits_with(1)
        .json();
    assert_eq!(resumed["budget"]["tokens"], 1);
    assert_eq!(resumed["budget"]["money"], 5_000_000);
}

#[test]
fn a_judge_of_whom_nothing_can_be_read_is_told_of_above_the_table() {
    let provider = Provider::start(|_, received| {
        Reply::Text(match received.asked.contains("The work:") {
            true => "I would rather not say.".to_owned(),
            false => format!("echo {}", received.asked),
        })
    });
    let project = project(&provider);
    let check = "checks = [{ judge = \"builtin:judge\", criteria = \"Is it kind?\" }]";
    project.write("cases.toml", &cases(2, check));
    let told = project.run(&COMPARE).exits_with(0).stdout;
    let sentence = "no verdict on 2 cases can be read: they neither passed nor failed";
    assert!(told.contains(sentence), "{told}");
}
