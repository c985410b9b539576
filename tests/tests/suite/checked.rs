//! A plugin looked into before it is used: `stepwell plugin check`, and the same words by which it is refused elsewhere.

use serde_json::Value;
use stepwell_tests::{Finished, Project, Provider};

use crate::bad_input::patched;

const FLOW: &str = r#"
name = "flow"
[[steps]]
id = "work"
uses = "plugins/step.wasm"
"#;

/// A project with such a component in it.
fn with(component: &[u8]) -> Project {
    let project = Project::new();
    project.write("flow.toml", FLOW);
    std::fs::create_dir_all(project.join("plugins")).unwrap();
    std::fs::write(project.join("plugins/step.wasm"), component).unwrap();
    project
}

/// The hostile step, whose `describe` does this.
fn hostile(deed: &[u8; 10]) -> Project {
    let mark = [b"describe-mode:", &deed[..]].concat();
    with(&patched("hostile", b"describe-mode:well......", &mark))
}

fn worker() -> Project {
    let project = Project::new();
    project.add_guest("worker");
    project
}

fn check(project: &Project, more: &[&str]) -> Finished {
    let arguments = [&["plugin", "check", "plugins/step.wasm"], more].concat();
    project.run(&arguments)
}

/// The codes and places of what was found.
fn found(report: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings
        .map(|finding| {
            let place = text(&finding["place"]["path"]);
            (text(&finding["severity"]), text(&finding["code"]), place)
        })
        .collect()
}

#[test]
fn a_plugin_that_can_be_used_says_what_it_is_and_can_reach() {
    let project = worker();
    let checked = project.run(&["plugin", "check", "plugins/worker.wasm"]);
    let _ = checked.exits_with(0).shows(&[
        "worker 1.0.0",
        "stepwell:plugin@0.1.0",
        "Rust: ",
        "rustc 1.",
        "its functions have names",
        "asks models",
        "chat.complete",
        "asks the person behind the run",
        "writes and removes files of the workspace, if granted",
        "Work on an example of topic.",
        "it can be used",
    ]);
    let report = project
        .run(&["plugin", "check", "plugins/worker.wasm", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(report["contract"], "0.1.0");
    assert_eq!(report["language"], "rust");
    assert_eq!(report["prompt"], "Work on an example of topic.");
    let reach = report["reach"].as_array().unwrap();
    let writes = reach.iter().find(|it| it["ability"] == "writes-files");
    assert_eq!(
        writes.unwrap()["by"],
        serde_json::json!(["workspace.write"])
    );
    // Nothing was kept of it.
    assert!(!project.join(".stepwell").exists());
}

#[test]
fn its_prompt_is_tried_on_what_is_given() {
    let project = worker();
    let checked = |given: &str| {
        let arguments = ["plugin", "check", "plugins/worker.wasm", "--input", given];
        project.run(&arguments)
    };
    let _ = checked("topic=green tea")
        .exits_with(0)
        .shows(&["Work on green tea."]);
    let _ = checked("topik=green tea").exits_with(4).says(&[
        "error: step `worker` has no input `topik`",
        "hint: its inputs are topic",
    ]);
}

#[test]
fn every_step_that_rides_inside_can_be_used() {
    let project = Project::new();
    let listed = project.run(&["plugin", "list", "--json"]).exits_with(0);
    let listed = listed.json();
    let steps = listed.as_array().unwrap();
    assert!(steps.len() > 8, "{steps:?}");
    for step in steps {
        let uses = step["uses"].as_str().unwrap();
        let report = project.run(&["plugin", "check", uses, "--json"]);
        let report = report.exits_with(0).json();
        // Of texts that hold JSON and have no schema no example is known.
        let tried = |(_, code, _): &(String, String, String)| code == "construct-prompt";
        assert!(found(&report).iter().all(tried), "{uses}: {report}");
    }
}

/// A prompt that names a variable which its plugin doesn't fill in was once stored, and its operator blamed.
#[test]
fn a_misspelt_variable_is_the_plugins_before_anything_is_stored() {
    let project = with(&patched("worker", b"{{ topic }}", b"{{ topik }}"));
    let words = "prompts.worker.intrinsic:1:12: `topik` is not a variable of this prompt";
    let mend = "did you mean `topic`?";
    let checked = check(&project, &[]).exits_with(4);
    let _ = checked.shows(&["error: ", words, mend, "it can't be used: 1 error"]);
    let report = check(&project, &["--json"]).exits_with(4).json();
    assert_eq!(
        found(&report)[0],
        (
            "error".into(),
            "unknown-variable".into(),
            "prompts.worker.intrinsic".into()
        )
    );
    let place = &report["findings"][0]["place"];
    assert_eq!((&place["line"], &place["column"]), (&1.into(), &12.into()));
    for arguments in [
        &["plugin", "inspect", "plugins/step.wasm"][..],
        &["run", "flow.toml", "--check"],
        &["run", "flow.toml"],
        &["step", "run", "plugins/step.wasm"],
    ] {
        let refused = project.run(arguments).exits_with(4);
        let _ = refused.says(&[words, "the plugin's author", "`stepwell plugin check`"]);
    }
    let listed = project.run(&["prompt", "list", "--json"]);
    assert!(!listed.stdout.contains("topik"), "{}", listed.stdout);
    let prompt = project.run(&["prompt", "show", "worker"]);
    assert!(!prompt.stdout.contains("topik"), "{}", prompt.stdout);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_each_with_its_place() {
    let project = hostile(b"all-wrong.");
    let report = check(&project, &["--json"]).exits_with(4).json();
    let mut found = found(&report);
    found.sort();
    let expected = [
        ("error", "bad-name", "inputs.not-a-name"),
        ("error", "bad-schema", "documents.out.schema"),
        ("error", "unknown-variable", "prompts.notes.intrinsic"),
        ("error", "unsupported-grant", "grants.network"),
        ("warning", "grant-without-reason", "grants.network"),
        (
            "warning",
            "unused-variable",
            "prompts.notes.variables.changes",
        ),
    ];
    let expected = expected
        .map(|(severity, code, place)| (severity.to_owned(), code.to_owned(), place.to_owned()));
    assert_eq!(found, expected);
    // So it does where it is refused: the first of them in the same words.
    let text = check(&project, &[]).exits_with(4).stdout;
    for command in [
        &["plugin", "inspect", "plugins/step.wasm"][..],
        &["run", "flow.toml", "--check"],
    ] {
        let refused = project.run(command).exits_with(4);
        let line = refused
            .stderr
            .lines()
            .find(|it| it.contains("what it says of itself"));
        let (_, told) = line
            .unwrap()
            .split_once("can't be used: inputs")
            .unwrap_or_else(|| panic!("{}", refused.stderr));
        let first = told.split("; ").next().unwrap();
        assert!(
            text.contains(&format!("error: inputs{first}")),
            "{first}\n{text}"
        );
        assert!(refused.stderr.contains("and 1 more"), "{}", refused.stderr);
    }
}

#[test]
fn a_grant_that_this_host_lacks_is_refused_everywhere_in_the_same_words() {
    let project = hostile(b"ungranted.");
    let words = "it needs the grant `network = \"all\"`, which this host doesn't have";
    let _ = check(&project, &[]).exits_with(4).shows(&[words]);
    for arguments in [
        &["plugin", "inspect", "plugins/step.wasm"][..],
        &["run", "flow.toml", "--check"],
        &["run", "flow.toml"],
    ] {
        let _ = project.run(arguments).exits_with(4).says(&[words]);
    }
}

#[test]
fn warnings_count_with_strict_alone() {
    // The same variable, of which the prompt says nothing any more.
    let project = with(&patched(
        "worker",
        b"Work on {{ topic }}.",
        b"Work on every topic.",
    ));
    let checked = check(&project, &[]).exits_with(0);
    let _ = checked.shows(&[
        "warning: prompts.worker.variables.topic",
        "it can be used, 1 warning",
    ]);
    let _ = check(&project, &["--strict"])
        .exits_with(4)
        .shows(&["it doesn't pass: 1 warning; without `--strict` it can be used"]);
    let _ = project
        .run(&["plugin", "inspect", "plugins/step.wasm"])
        .exits_with(0);
}

#[test]
fn a_plugin_that_breaks_while_it_describes_itself_is_shown_with_all_that_it_wrote() {
    let project = hostile(b"panics....");
    let checked = check(&project, &[]).exits_with(4);
    let _ = checked.shows(&[
        "error: describe: it failed while describing itself: it trapped: panicked at",
        "what it wrote to its standard error",
        "thread '<unnamed>'",
        "a panic in it ends it",
        "Rust: ",
    ]);
    for arguments in [
        &["plugin", "inspect", "plugins/step.wasm"][..],
        &["run", "flow.toml", "--check"],
    ] {
        let refused = project.run(arguments).exits_with(4);
        let _ = refused.says(&[
            "no words for it",
            "it wrote to its standard error:",
            "thread '<unnamed>'",
            "a panic in it ends it",
        ]);
    }
}

#[test]
fn what_is_no_step_is_told_with_everything_that_it_lacks() {
    let component = r#"(component
        (import "acme:db/query@1.0.0" (instance (export "ask" (func))))
        (import "wasi:keyvalue/store@0.2.0" (instance (export "get" (func)))))"#;
    let project = with(&wat::parse_str(component).unwrap());
    let report = check(&project, &["--json"]).exits_with(4).json();
    let found = found(&report);
    let codes: Vec<_> = found
        .iter()
        .map(|(_, code, place)| (code.as_str(), place.as_str()))
        .collect();
    assert_eq!(
        codes,
        [
            ("unknown-import", "imports.acme:db/query@1.0.0"),
            ("unknown-import", "imports.wasi:keyvalue/store@0.2.0"),
            ("missing-export", "exports.stepwell:plugin/guest@0.1.0"),
        ]
    );
    assert_eq!(
        report["imports"][0]["functions"],
        serde_json::json!(["ask"])
    );
    let project = with(b"#!/bin/sh\n");
    let _ = check(&project, &[])
        .exits_with(4)
        .shows(&["not a WebAssembly component"]);
    let shown = check(&project, &[]).stdout;
    assert!(!shown.contains("its functions"), "{shown}");
    project.write("cases.toml", "");
    for command in ["check", "inspect"] {
        let named = |plugin: &str| project.run(&["plugin", command, plugin]);
        let missing = named("none").exits_with(4);
        let missing = missing.says(&[
            "no plugin of this project has the name `none`",
            "there is no file",
            "stepwell plugin add none PLUGIN",
            "`plugins/none.wasm`",
        ]);
        assert!(!missing.stderr.contains("`uses`"), "{}", missing.stderr);
        let _ = named("-")
            .exits_with(2)
            .says(&["a plugin isn't read from standard input", "`builtin:NAME`"]);
        let _ = named("").exits_with(2).says(&["no plugin is named"]);
        let _ = named("refine").exits_with(4).says(&["`builtin:refine`"]);
    }
    for command in [
        &["plugin", "check", "plugins/none.wasm"][..],
        &["plugin", "inspect", "plugins/none.wasm"],
        &["plugin", "test", "plugins/none.wasm", "cases.toml"],
    ] {
        let missing = project.run(command).exits_with(4);
        let missing = missing.says(&["plugins/none.wasm can't be read", "name the component's"]);
        assert!(!missing.stderr.contains("`uses`"), "{}", missing.stderr);
    }
}

#[test]
fn functions_that_are_asynchronous_are_to_be_built_without() {
    let component = r#"(component
        (core module $m
            (@producers (language "Rust" "") (processed-by "componentize-qjs" "0.4"))
            (memory (export "m") 1)
            (func (export "f") (result i32) i32.const 0)
            (func (export "c") (param i32 i32 i32) (result i32) i32.const 0))
        (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f") async (callback (core func $i "c"))))
        (instance $guest (export "describe" (func $f)))
        (export "stepwell:plugin/guest@0.1.0" (instance $guest)))"#;
    let project = with(&wat::parse_str(component).unwrap());
    let checked = check(&project, &[]).exits_with(4);
    let _ = checked.shows(&[
        "JavaScript: componentize-qjs 0.4",
        "async",
        "build with `--sync`",
    ]);
    let refused = project.run(&["run", "flow.toml", "--check"]).exits_with(4);
    let _ = refused.says(&["build with `--sync`", "componentize-qjs has that option"]);
}

#[test]
fn a_hostile_plugin_neither_holds_nor_fills_it() {
    let project = hostile(b"many-names");
    let shown = check(&project, &[]).exits_with(4).stdout;
    assert!(shown.len() < 50_000, "{}", shown.len());
    assert!(shown.contains("there are 4950 more errors"), "{shown}");
    let report = check(&project, &["--json"]).exits_with(4).json();
    assert_eq!(found(&report).len(), 51);
    let project = hostile(b"talks-much");
    let _ = check(&project, &[])
        .exits_with(4)
        .shows(&["a plugin may say 1 MiB of itself"]);
}

#[test]
fn a_construct_prompt_that_breaks_is_wrong_whatever_it_was_given() {
    let project = hostile(b"well......");
    let _ = check(&project, &["--input", "do=adds-prompt"])
        .exits_with(4)
        .shows(&["error: construct-prompt: it called `prompts.add`"]);
    let _ = check(&project, &["--input", "do=panics"])
        .exits_with(4)
        .shows(&[
            "error: construct-prompt: it breaks on examples of its inputs: it trapped: panicked at",
            "no prompt for that",
            "fail with `invalid-input` where it can't work with a text",
            "it can't be used: 1 error",
        ]);
    let _ = check(&project, &["--input", "do=loops-forever"])
        .exits_with(4)
        .shows(&[
            "error: construct-prompt: it breaks on examples of its inputs: it ran into a bound that nobody sets: time ",
        ]);
    let all = [
        "--input",
        "do=panics",
        "--input",
        "path=a",
        "--input",
        "size=1",
    ];
    let _ = check(&project, &all)
        .exits_with(4)
        .shows(&["error: construct-prompt: it trapped: panicked at"]);
    // No other command tries it.
    for command in [
        &["plugin", "inspect", "plugins/step.wasm"][..],
        &["run", "flow.toml", "--check"],
    ] {
        let _ = project.run(command).exits_with(0);
    }
    // `describe` has the same time, and no key sets it.
    let checked = check(&hostile(b"loops....."), &[]).exits_with(4);
    let checked = checked.shows(&[
        "error: describe: it failed while describing itself: it ran into a bound that nobody sets: time ",
    ]);
    assert!(!checked.stdout.contains("limits."), "{}", checked.stdout);
}

#[test]
fn a_process_that_holds_the_store_answers_the_same() {
    let project = worker();
    let alone = project.run(&["plugin", "check", "plugins/worker.wasm", "--json"]);
    let serving = project.serve(&[]);
    let there = project.run(&["plugin", "check", "plugins/worker.wasm", "--json"]);
    assert_eq!(alone.exits_with(0).json(), there.exits_with(0).json());
    let _ = serving.terminate().exits_with(0);
}

#[test]
fn a_variable_that_nothing_fills_is_wrong() {
    let project = hostile(b"has-prompt");
    let _ = check(&project, &[]).exits_with(0);
    let _ = check(&project, &["--input", "do=fills-nothing"])
        .exits_with(4)
        .shows(&[
            "error: prompts.notes.intrinsic:3: `construct-prompt` gives `changes` no value",
            "fill `changes` in whatever the inputs are",
        ]);
}

#[test]
fn what_is_said_sloppily_is_warned_of_with_the_words_that_there_are() {
    let project = hostile(b"sloppy....");
    let _ = check(&project, &[]).exits_with(0).shows(&[
        "warning: version: its version is empty",
        "warning: grants.workspace: it asks for `workspace` more than once: `read`, `write`",
        "`write` is what a run has to grant so far",
        "warning: annotations.optional-grants: this host doesn't have the grant `workspace = \"wirte\"`",
        "did you mean `write`? `workspace` is one of `read`, `write`, `copy`",
    ]);
}

#[test]
fn a_prompt_of_a_name_that_another_plugin_has_is_warned_of() {
    let project = hostile(b"namesake..");
    let _ = check(&project, &[]).exits_with(0).shows(&[
        "warning: prompts.refine: the built-in step `refine` has a prompt `refine`, too",
        "`prompts.refine = \"another_name\"`",
    ]);
    // A build of the same plugin is no other one.
    let _ = project
        .run(&["plugin", "check", "builtin:refine", "--strict"])
        .exits_with(0);
    let provider = Provider::echo();
    let component = std::fs::read(project.join("plugins/step.wasm")).unwrap();
    let project = Project::with_provider(&provider);
    std::fs::create_dir_all(project.join("plugins")).unwrap();
    std::fs::write(project.join("plugins/step.wasm"), component).unwrap();
    let both = format!(
        "{FLOW}[[steps]]\nid = \"refined\"\nuses = \"builtin:refine\"\ninputs.requirement = \"x\"\n"
    );
    project.write("flow.toml", &both);
    let warning = "the plugins `hostile` of step `work` and `refine` of step `refined` both have a prompt `refine`";
    let checked = project.run(&["run", "flow.toml", "--check"]).exits_with(0);
    let _ = checked.says(&[warning, "flow.toml:8:8"]);
    project.write(
        "flow.toml",
        &format!("{both}prompts.refine = \"their_own\"\n"),
    );
    let checked = project.run(&["run", "flow.toml", "--check"]).exits_with(0);
    assert!(!checked.stderr.contains("both have"), "{}", checked.stderr);
}
