//! Versions side by side, through the command.

use stepwell_tests::{Project, Provider};

const FLOW: &str = "name = \"flow\"\n[[steps]]\nid = \"work\"\nuses = \"plugins/worker.wasm\"\ninputs.topic = \"tea\"\n\
                    settings.calls = 1\nsettings.files = 1\ngrants.workspace = \"write\"\n";

const CASES: &str = r#"
[defaults]
checks = [{ contains = "kindly" }]
[[cases]]
id = "tea"
inputs.topic = "tea"
[[cases]]
id = "milk"
inputs.topic = "milk"
checks = [{ contains = "echo milk", not = false }]
"#;

/// A project whose run is done, with two versions of its prompt.
fn project(provider: &Provider) -> Project {
    let project = Project::of_worker(provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let text = "Work kindly on {{ topic }}.";
    let add = [
        "prompt", "add", "worker", "--text", text, "--note", "kinder",
    ];
    let _ = project.run(&add).exits_with(0);
    project
}

#[test]
fn versions_are_compared_in_the_run_and_the_winner_is_made_current() {
    let provider = Provider::echo();
    let mut project = project(&provider);
    project.set("USER", "anna");
    let cases: String = (0..6)
        .map(|case| format!("[[cases]]\nid = \"c{case}\"\ninputs.topic = \"t{case}\"\nchecks = [{{ contains = \"kindly\" }}]\n"))
        .collect();
    project.write("cases.toml", &cases);
    let _ = project
        .run(&["prompt", "use", "worker", "1", "--reason", "for now"])
        .exits_with(0);
    let files = project.files();
    let shown = project
        .run(&[
            "compare",
            "work",
            "--cases",
            "cases.toml",
            "--versions",
            "1,v2",
            "--promote",
        ])
        .exits_with(0);
    assert!(
        shown.stdout.contains("0 of 6  (0 % to 39 %)"),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stdout.contains("6 of 6  (61 % to 100 %)"),
        "{}",
        shown.stdout
    );
    assert!(shown.stdout.contains(
        "v2 is better than v1: of 6 cases 6 passed only with v2, 0 only with v1 (p = 0.031)."
    ));
    let shown = shown.says(&["12 of 12: ", "v2 of prompt worker is current"]);
    assert_eq!(shown.stderr.matches(": done").count(), 12);
    // Nothing was published.
    assert_eq!(project.files(), files);

    let log = project
        .run(&["prompt", "log", "worker", "--json"])
        .exits_with(0)
        .json();
    let made: Vec<_> = log
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["number"].as_u64().unwrap())
        .collect();
    assert_eq!(made, [1, 2, 1, 2]);
    assert_eq!(
        (&log[2]["by"], &log[2]["reason"]),
        (&"anna".into(), &"for now".into())
    );
    assert!(
        log[3]["reason"]
            .as_str()
            .unwrap()
            .starts_with("v2 is better than v1")
    );
    let comparison = project.run(&["comparisons", "--json"]).exits_with(0).json()[0]["id"].clone();
    assert_eq!(log[3]["comparison"], comparison);
}

#[test]
fn what_is_there_is_shown_again_and_not_asked_again() {
    let provider = Provider::echo();
    let project = project(&provider);
    project.write("cases.toml", CASES);
    let compare = ["compare", "work", "--cases", "cases.toml"];
    let _ = project.run(&compare).exits_with(0);
    let asked = provider.received().len();
    let again = project
        .run(&[&compare[..], &["--json"]].concat())
        .exits_with(0)
        .json();
    assert_eq!(provider.received().len(), asked);
    assert_eq!(again["status"], "finished");
    let passed: Vec<_> = again["cells"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["passed"].as_bool().unwrap())
        .collect();
    assert_eq!(passed, [false, true, false, true]);
    assert!(again["cells"][0]["taken_over"].as_bool().unwrap());
    assert_eq!(again["variants"][1]["note"], "kinder");
    assert_eq!(again["variants"][1]["numbers"]["passed_cases"], 2);

    let case = project
        .run(&["comparison", "show", "last", "--case", "milk"])
        .exits_with(0)
        .stdout;
    for text in [
        "=== v1 ===",
        "=== v2 ===",
        "milk call 0",
        "-Work on milk.",
        "+Work kindly on milk.",
        "file milk/file_0.txt",
    ] {
        assert!(case.contains(text), "{text}\n{case}");
    }
    let answers = ["comparison", "show", "last", "--answers"];
    let shown = project.run(&answers).exits_with(0).stdout;
    for text in [
        "=== tea ===",
        "--- v1: raw answer ---",
        "=== milk ===",
        "--- v2: raw answer ---",
        "milk call 0",
    ] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
    let listed = project.run(&[&answers[..], &["--json"]].concat());
    assert_eq!(listed.exits_with(0).json().as_array().unwrap().len(), 4);
    let rate = [
        "comparison",
        "rate",
        "last",
        "milk",
        "v2",
        "4",
        "--comment",
        "nice",
    ];
    let _ = project.run(&rate).exits_with(0);
    let shown = project.run(&["comparison", "show"]).exits_with(0).stdout;
    assert!(shown.contains("rated 4/5"), "{shown}");
}

#[test]
fn a_comparison_goes_on_after_a_kill_and_asks_nothing_twice() {
    let provider = Provider::echo();
    let project = project(&provider);
    let cases: String = (0..10)
        .map(|case| format!("[[cases]]\ninputs.topic = \"t{case}\"\n"))
        .collect();
    project.write("cases.toml", &cases);
    let before = provider.received().len();
    provider.slow_down(std::time::Duration::from_millis(50));
    for at in [3, 9, 15] {
        let arguments: &[&str] = match at {
            3 => &[
                "compare",
                "work",
                "--cases",
                "cases.toml",
                "--concurrency",
                "2",
            ],
            _ => &["comparison", "resume"],
        };
        let mut child = project.spawn(arguments);
        provider.wait_for_requests(before + at);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let listed = project.run(&["comparisons", "--json"]).exits_with(0).json();
    assert_eq!(listed[0]["status"], "interrupted");
    let view = project
        .run(&["comparison", "resume", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(view["status"], "finished");
    let done = |cell: &serde_json::Value| cell["status"] == "success";
    assert_eq!(
        view["cells"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|cell| done(cell))
            .count(),
        20
    );
    // Two cells may have had a call in flight at each of the three kills.
    let asked = provider.received().len() - before;
    assert!((20..=26).contains(&asked), "{asked}");
    let mut answered: Vec<String> = provider.journal()[before..].to_vec();
    answered.sort();
    answered.dedup();
    assert_eq!(
        answered.len(),
        10,
        "one call for each topic, asked by both versions: {answered:?}"
    );
}

#[test]
fn mistakes_are_told_with_their_place() {
    let provider = Provider::echo();
    let project = project(&provider);
    project.write("cases.toml", "[[cases]]\nchecks = [{ contians = \"x\" }]\n");
    let _ = project
        .run(&["compare", "work", "--cases", "cases.toml"])
        .exits_with(4)
        .says(&["cases.toml:2:13", "did you mean `contains`?"]);
    project.write(
        "cases.toml",
        "[[cases]]\nchecks = [{ document = \"reslt\", contains = \"x\" }]\n",
    );
    let _ = project
        .run(&["compare", "work", "--cases", "cases.toml"])
        .exits_with(4)
        .says(&["case `1`: check 1", "`reslt`", "did you mean `result`?"]);
    let _ = project
        .run(&["compare", "work", "--versions", "9"])
        .exits_with(4)
        .says(&["v9"]);
    let _ = project
        .run(&["compare", "nothing"])
        .exits_with(4)
        .says(&["there is no step `nothing`"]);
    let _ = project
        .run(&["comparison", "show"])
        .exits_with(4)
        .says(&["no comparisons yet", "stepwell compare"]);
    let _ = project
        .run(&["compare", "work", "--baseline", "7"])
        .exits_with(4)
        .says(&["v7"]);
    // That a result can't be written is found out before anything is asked.
    let _ = project
        .run(&["compare", "work", "--output", "nowhere/result.html"])
        .exits_with(1)
        .says(&["nowhere/result.html can't be written"]);
    let _ = project
        .run(&["comparison", "show"])
        .exits_with(4)
        .says(&["no comparisons yet"]);
    let _ = project
        .run(&["compare", "work", "--judge", "builtin:nothing"])
        .exits_with(4)
        .says(&["a judge has no criteria", "--criteria TEXT"]);
    let _ = project.run(&["compare", "work"]).exits_with(0);
    let _ = project
        .run(&["comparison", "show", "last", "--case", "x"])
        .exits_with(4)
        .says(&["no case `x`", "its cases are run"]);
    let _ = project
        .run(&["comparison", "promote", "last", "7"])
        .exits_with(4)
        .says(&["no version v7"]);
    let cell = project
        .run(&["comparison", "show", "--json"])
        .exits_with(0)
        .json()["cells"][0]["run"]
        .clone();
    let _ = project
        .run(&["resume", cell.as_str().unwrap()])
        .exits_with(4)
        .says(&["is a cell of comparison"]);
}

#[test]
fn a_plugin_alone_is_compared_on_cases_of_its_own() {
    let provider = Provider::echo();
    let project = project(&provider);
    project.write("cases.toml", CASES);
    let arguments = [
        "compare",
        "plugins/worker.wasm",
        "--setting",
        "calls=1",
        "--cases",
        "cases.toml",
        "--json",
    ];
    let view = project.run(&arguments).exits_with(0).json();
    assert_eq!(view["cells"].as_array().unwrap().len(), 4);
    assert!(
        view["plugin"]
            .as_str()
            .unwrap()
            .ends_with("plugins/worker.wasm")
    );
    let stopped = project
        .run(&[
            "compare",
            "plugins/worker.wasm",
            "--setting",
            "calls=3",
            "--cases",
            "cases.toml",
            "--max-tokens",
            "1",
        ])
        .exits_with(1)
        .says(&["`stepwell comparison resume ", " --max-tokens 2"]);
    assert!(stopped.stdout.contains("stopped"), "{}", stopped.stdout);
}

#[test]
fn an_input_that_makes_cases_the_same_is_warned_of() {
    let provider = Provider::echo();
    let project = project(&provider);
    project.write("cases.toml", CASES);
    let compare = ["compare", "work", "--cases", "cases.toml"];
    let apart = project.run(&compare).exits_with(0);
    assert!(!apart.stderr.contains("the same"), "{}", apart.stderr);
    let same = project
        .run(&[&compare[..], &["--input", "topic=milk"]].concat())
        .exits_with(0);
    let warning =
        "warning: the cases tea, milk are the same: they count as 2, and tell no more than one";
    assert_eq!(same.stderr.matches(warning).count(), 1, "{}", same.stderr);
    let replaced = "`--input` replaces what the case file has for topic\n";
    assert_eq!(same.stderr.matches(replaced).count(), 1, "{}", same.stderr);
    assert!(!apart.stderr.contains("replaces"), "{}", apart.stderr);
    let told = "Cases tea and milk are the same: they count as 2 cases, and tell no more than one.";
    assert!(same.stdout.contains(told), "{}", same.stdout);
}

#[test]
fn a_comparison_that_was_to_promote_does_so_when_it_is_carried_on() {
    let provider = Provider::echo();
    let project = project(&provider);
    let cases: String = (0..6)
        .map(|case| format!("[[cases]]\nid = \"c{case}\"\ninputs.topic = \"t{case}\"\nchecks = [{{ contains = \"kindly\" }}]\n"))
        .collect();
    project.write("cases.toml", &cases);
    let current =
        || project.run(&["prompt", "list", "worker", "--json"]).json()[0]["current"].clone();
    let one = || project.run(&["prompt", "use", "worker", "1"]).exits_with(0);
    let _ = one();
    let compare = [
        "compare",
        "work",
        "--cases",
        "cases.toml",
        "--max-tokens",
        "1",
        "--promote",
    ];
    let stopped = project.run(&compare).exits_with(1);
    assert!(
        stopped
            .stdout
            .contains("the better version is made current when it ends"),
        "{}",
        stopped.stdout
    );
    assert_eq!(current(), 1);
    let resume = ["comparison", "resume", "--max-tokens", "1000000"];
    let _ = project
        .run(&resume)
        .exits_with(0)
        .says(&["v2 of prompt worker is current"]);
    assert_eq!(current(), 2);
    // The wish is fulfilled once; whoever wishes it again says so.
    let _ = one();
    let _ = project.run(&resume).exits_with(0);
    assert_eq!(current(), 1);
    let again = ["comparison", "resume", "--promote"];
    let _ = project
        .run(&again)
        .exits_with(0)
        .says(&["v2 of prompt worker is current"]);
    assert_eq!(current(), 2);
    // So it is where a server carries it out.
    let _ = one();
    let serving = project.serve(&[]);
    let _ = project
        .run(&again)
        .exits_with(0)
        .says(&["v2 of prompt worker is current"]);
    assert_eq!(current(), 2);
    drop(serving);
}
