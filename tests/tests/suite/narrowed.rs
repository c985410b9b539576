//! What a step's model may be, and what the operator lets plugins of a place have at most: `grants.models`, `budget`, and `models`,
//! `budget` and `grants` of `[sources.NAME]`.

use stepwell_tests::{Project, Provider, Reply};

/// A step that asks the model `thinker` by itself, where its own is `writer`.
const NAMES_ANOTHER: &str = r#"
name = "flow"
[[steps]]
id = "s"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings = { fan = 1, model = "thinker" }
"#;

fn configure(project: &Project, lines: &str) {
    let text = project.read("stepwell.toml").unwrap();
    let before = text.split("#more").next().unwrap();
    project.write("stepwell.toml", &format!("{before}#more\n{lines}\n"));
}

fn models_asked(provider: &Provider) -> Vec<String> {
    let received = provider.received();
    let bodies = received.iter();
    bodies
        .map(|received| received.body["model"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn a_step_asks_its_own_model_and_another_only_if_a_line_grants_it() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, NAMES_ANOTHER);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let told = project.document("s", "result");
    for words in [
        "isn't granted to ask the model `thinker`, which isn't its own",
        "add `grants.models = [\"thinker\"]` to step `s`",
    ] {
        assert!(told.contains(words), "{told}");
    }
    assert!(provider.received().is_empty());

    // Its own may be named as well.
    project.write(
        "flow.toml",
        &NAMES_ANOTHER.replace("model = \"thinker\"", "model = \"writer\""),
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let granted = format!("{NAMES_ANOTHER}grants.models = [\"thinker\"]\n");
    project.write("flow.toml", &granted);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(models_asked(&provider), ["test-model", "big-model"]);
    // Whoever agrees to its plugins is asked for no key, and not told that there are no models.
    let _ = project
        .run(&["plugin", "update", "flow.toml", "--accept"])
        .exits_with(0);

    for (models, words) in [
        (
            "[\"thinkre\"]",
            &["there is no model `thinkre`", "did you mean `thinker`"][..],
        ),
        ("[\"thinker\", \"thinker\"]", &["names `thinker` twice"]),
    ] {
        project.write(
            "flow.toml",
            &format!("{NAMES_ANOTHER}grants.models = {models}\n"),
        );
        let _ = project
            .run(&["run", "flow.toml", "--check"])
            .exits_with(4)
            .says(words);
    }
}

#[test]
fn a_source_says_which_models_its_plugins_may_ask() {
    let provider = Provider::echo();
    let project = Project::of_worker(
        &provider,
        &format!("{NAMES_ANOTHER}grants.models = [\"thinker\"]\n"),
    );
    configure(
        &project,
        "[sources.strangers]\nfrom = \"*\"\nmodels = [\"writer\"]",
    );
    for command in [&["run", "flow.toml"][..], &["run", "flow.toml", "--check"]] {
        let _ = project.run(command).exits_with(4).says(&[
            "step `s` can't ask the model `thinker`",
            "`[sources.strangers]`",
            "flow.toml:8",
            "they may ask `writer`",
        ]);
    }
    // The model of the step itself, wherever it is named.
    configure(
        &project,
        "[sources.strangers]\nfrom = \"plugins\"\nmodels = [\"thinker\"]",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(4).says(&[
        "step `s` can't ask the model `writer`",
        "they may ask `thinker`",
    ]);
    let _ = project
        .run(&["run", "flow.toml", "--model", "thinker"])
        .exits_with(0);
    assert_eq!(models_asked(&provider), ["big-model"]);
    // Of another place nothing is said; of two that fit the narrower one decides.
    configure(&project, "[sources.others]\nfrom = \"other\"\nmodels = []");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    configure(
        &project,
        "[sources.all]\nfrom = \"*\"\nmodels = []\n[sources.ours]\nfrom = \"plugins\"\nmodels = [\"writer\", \"thinker\"]",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    configure(
        &project,
        "[sources.all]\nfrom = \"*\"\nmodels = [\"writre\"]",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(4).says(&[
        "there is no model `writre`",
        "stepwell.toml",
        "did you mean `writer`",
    ]);
}

#[test]
fn a_model_that_a_source_forbids_isnt_asked_instead_of_another() {
    let provider = Provider::start(|_, _| Reply::Status(402, Vec::new(), "no credit".into()));
    let flow = NAMES_ANOTHER.replace(
        "settings = { fan = 1, model = \"thinker\" }",
        "settings.fan = 1",
    );
    let project = Project::of_worker(&provider, &flow);
    let text = project.read("stepwell.toml").unwrap();
    let text = text.replace(
        "writer = \"local/test-model\"",
        "writer = { model = \"local/test-model\", fallback = [\"thinker\"] }",
    );
    project.write("stepwell.toml", &text);
    configure(
        &project,
        "[sources.strangers]\nfrom = \"*\"\nmodels = [\"writer\"]",
    );
    let run = project.run(&["run", "flow.toml"]).exits_with(1);
    let _ = run.says(&[
        "`thinker` is to be asked where `writer` can't answer, and won't be",
        "`[sources.strangers]`",
    ]);
    assert!(
        models_asked(&provider)
            .iter()
            .all(|model| model == "test-model")
    );
}

#[test]
fn what_a_source_narrows_is_refused_at_its_line_and_never_widened() {
    let provider = Provider::echo();
    let flow = r#"
name = "flow"
[[steps]]
id = "s"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings = { write = "a.txt" }
[steps.grants]
workspace = "write"
prompts = "write"
clock = "real"
include = ["gen/a.py"]
read = [{ path = "packages", at = "/packages" }]
http = ["api.example.org"]
"#;
    let project = Project::of_worker(&provider, flow);
    project.write("packages/a.txt", "");
    let narrow = |grants: &str| {
        configure(
            &project,
            &format!("[sources.strangers]\nfrom = \"*\"\ngrants = {grants}"),
        );
    };
    narrow("{}");
    let refused = project.run(&["run", "flow.toml"]).exits_with(4);
    let _ = refused.says(&[
        "step `s` can't be granted `workspace = \"write\"`",
        "`prompts = \"write\"`",
        "`clock = \"real\"`",
        "`include = [\"gen/a.py\"]`",
        "`read = [{ path = \"packages\"",
        "`http = [\"api.example.org\"]`",
        "`[sources.strangers.grants]`",
        "flow.toml:9:",
        "flow.toml:14:",
    ]);
    assert_eq!(project.read("a.txt"), None);
    narrow(
        "{ workspace = \"copy\", prompts = \"write\", clock = \"real\", include = [\"gen\"], read = [\"packages\"], http = [\"*.example.org\"] }",
    );
    let refused = project.run(&["run", "flow.toml"]).exits_with(4);
    assert!(!refused.stderr.contains("http ="), "{}", refused.stderr);
    let _ = refused.says(&["no more than `grants.workspace = \"copy\"` can be granted"]);
    narrow(
        "{ workspace = \"write\", prompts = \"write\", clock = \"real\", include = [\"gen/a.py\"], read = [\"packages\"], http = [\"api.example.org\"] }",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.read("a.txt").unwrap(), "written");

    // What may be granted isn't granted by that.
    project.write(
        "b.toml",
        &NAMES_ANOTHER.replace("fan = 1, model = \"thinker\"", "write = \"b.txt\""),
    );
    let _ = project.run(&["run", "b.toml"]).exits_with(0);
    assert_eq!(project.read("b.txt"), None);
    // A step alone is held to it, too.
    narrow("{ workspace = \"read\" }");
    let _ = project
        .run(&[
            "step",
            "run",
            "plugins/worker.wasm",
            "--input",
            "topic=tea",
            "--grant-workspace",
            "write",
        ])
        .exits_with(4)
        .says(&["`[sources.strangers.grants]`"]);
}

#[test]
fn a_run_that_goes_on_has_no_more_than_the_operator_lets_it_have_by_then() {
    let provider = Provider::echo();
    let flow = r#"
name = "flow"
[[steps]]
id = "s"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings = { ask = ["colour"], write = "a.txt" }
grants.workspace = "write"
"#;
    let project = Project::of_worker(&provider, flow);
    let _ = project.run(&["run", "flow.toml"]).exits_with(3);
    configure(
        &project,
        "[sources.strangers]\nfrom = \"*\"\ngrants = { workspace = \"read\" }",
    );
    let resumed = project
        .run(&["resume", "--answer", "colour=red"])
        .exits_with(0);
    let _ = resumed.says(&["grants of `s`, which `[sources]` of `stepwell.toml` narrows"]);
    assert_eq!(project.read("a.txt"), None);
}

#[test]
fn a_step_and_a_source_have_budgets_of_their_own() {
    let provider = Provider::echo();
    let step = |id: &str, lines: &str| {
        format!(
            "[[steps]]\nid = \"{id}\"\nuses = \"plugins/worker.wasm\"\ninputs.topic = \"{id}\"\nsettings.calls = 1\n{lines}\n"
        )
    };
    let two = |lines: &str| {
        format!(
            "name = \"flow\"\n{}{}",
            step("first", lines),
            step("second", "inputs.more = \"\"")
        )
        .replace("inputs.more = \"\"", "")
    };
    let project = Project::of_worker(&provider, &two("budget.tokens = 100"));
    let refused = project.run(&["run", "flow.toml"]).exits_with(1);
    let _ = refused.says(&[
        "the budget of step `first` has no room for this call",
        "raise `steps.first.budget.tokens`",
    ]);
    // The other one has none, and none is used up by it. What the file says by then holds when it goes on.
    assert_eq!(provider.journal(), ["second call 0"]);
    project.write("flow.toml", &two("budget.tokens = 9000"));
    let _ = project
        .run(&["resume"])
        .exits_with(0)
        .says(&["budget of `first`"]);

    // All plugins of a source together: there is room for one call at its most, and for no second one after it.
    project.write("flow.toml", &two(""));
    configure(
        &project,
        "[sources.strangers]\nfrom = \"*\"\nbudget = { tokens = 4145 }",
    );
    let refused = project.run(&["run", "flow.toml"]).exits_with(1);
    let _ = refused.says(&[
        "the budget of the plugins of source `strangers` has no room for this call",
        "raise `sources.strangers.budget.tokens`",
    ]);
    assert_eq!(provider.journal().len(), 3);
    // What it spent before counts when it goes on.
    let _ = project
        .run(&["resume"])
        .exits_with(1)
        .says(&["of 4145 tokens are spent"]);
    assert_eq!(provider.journal().len(), 3);
    configure(
        &project,
        "[sources.strangers]\nfrom = \"*\"\nbudget = { tokens = 9000 }",
    );
    let _ = project.run(&["resume"]).exits_with(0);

    configure(
        &project,
        "[sources.strangers]\nfrom = \"*\"\nbudget = { money = 1.0 }",
    );
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(1)
        .says(&["`sources.strangers.budget.money`"]);
}
