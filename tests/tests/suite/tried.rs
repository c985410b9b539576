//! A text of a prompt that isn't saved, tried on what is given by hand: inputs, and a case of a case file.

use stepwell_tests::{Project, Provider};

const FLOW: &str = r#"
name = "sings"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
settings.calls = 1
inputs.topic = "tea"
"#;

const CASES: &str = r#"
[[cases]]
id = "short"
inputs.topic = "ink"
checks = [{ contains = "nothing of it is checked here" }]

[[cases]]
id = "long"
inputs.topic = { file = "topic.md" }
"#;

#[test]
fn a_text_is_tried_on_inputs_and_cases_that_are_given() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    project.write("new.md", "Sing of {{ topic }}.");
    project.write("cases.toml", CASES);
    project.write("topic.md", "a pen that ran dry");
    let tried = |step: &str, more: &[&str]| {
        let command = [&["step", "try", step, "--text", "new.md"], more].concat();
        project.run(&command)
    };

    // Before there is a run: a plugin alone, and a step of a definition.
    project.write("refine.md", "Mend this: {{ requirement }}");
    let plugin = [
        "step",
        "try",
        "builtin:refine",
        "--text",
        "refine.md",
        "--input",
        "requirement=Be quick.",
        "--look",
    ];
    let looked = project.run(&plugin).exits_with(0);
    assert!(
        looked.stdout.contains("Mend this: Be quick."),
        "{}",
        looked.stdout
    );
    assert!(provider.journal().is_empty());
    let within = ["--in", "flow.toml", "--input", "topic=milk"];
    let once = tried("first", &within).exits_with(0);
    assert!(once.stdout.contains("Sing of milk."), "{}", once.stdout);
    assert_eq!(provider.journal().len(), 1);
    let _ = tried("first", &within).exits_with(0);
    assert_eq!(provider.journal().len(), 1, "the same isn't sent twice");
    let cases = ["--in", "flow.toml", "--cases", "cases.toml"];
    let case = |more: &[&str]| tried("first", &[&cases[..], more].concat());
    let long = case(&["--case", "long"]).exits_with(0);
    assert!(
        long.stdout.contains("Sing of a pen that ran dry."),
        "{}",
        long.stdout
    );
    let over = case(&["--case", "short", "--input", "topic=rain"]).exits_with(0);
    assert!(over.stdout.contains("Sing of rain."), "{}", over.stdout);
    assert_eq!(provider.journal().len(), 3);
    for (more, said) in [
        (&[][..], "the case file has 2 cases"),
        (&["--case", "longer"], "the case file has no case `longer`"),
    ] {
        let refused = case(more).exits_with(4);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("`short`, `long`"),
            "{}",
            refused.stderr
        );
    }
    assert_eq!(provider.journal().len(), 3);

    // In a run, over what it gave.
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let sent = provider.journal().len();
    let of_run = tried("first", &[]).exits_with(0);
    assert!(of_run.stdout.contains("Sing of tea."), "{}", of_run.stdout);
    let over = tried("first", &["--input", "topic=snow"]).exits_with(0);
    assert!(over.stdout.contains("Sing of snow."), "{}", over.stdout);
    assert_eq!(provider.journal().len(), sent + 2);
    let unknown = tried("first", &["--input", "topick=snow"]).exits_with(4);
    assert!(unknown.stderr.contains("topick"), "{}", unknown.stderr);
}
