//! Bad input: one clear error that names the place and what to do, and its documented exit code.

use stepwell_tests::{Project, guest};

/// A project whose models nobody can reach: what is wrong here has to be found before any of them is asked.
fn project(definition: &str) -> Project {
    let project = Project::new();
    project.write(
        "stepwell.toml",
        "[providers.nowhere]\nkind = \"openai-chat\"\nbase_url = \"http://127.0.0.1:9/v1\"\n\n\
         [models]\nwriter = \"nowhere/m\"\n\n[defaults]\nmodel = \"writer\"\n",
    );
    project.add_guest("worker");
    project.write("flow.toml", definition);
    project
}

/// Runs a definition that has something wrong, and checks that nothing of a run is left.
#[track_caller]
fn refused(definition: &str, says: &[&str]) {
    let project = project(definition);
    let _ = project.run(&["run", "flow.toml"]).exits_with(4).says(says);
    assert!(!project.run(&["runs", "--json"]).stdout.contains("\"id\""));
    // The same is said without starting anything.
    let _ = project
        .run(&["run", "flow.toml", "--check"])
        .exits_with(4)
        .says(says);
}

const PLAIN: &str = r#"
name = "plain"
[[steps]]
id = "work"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
"#;

const GOOD: &str = r#"
name = "good"
[inputs]
topic = { description = "What to work on" }
[[steps]]
id = "work"
uses = "plugins/worker.wasm"
inputs.topic = "{{ inputs.topic }}"
"#;

#[test]
fn an_unknown_step() {
    refused(
        &GOOD.replace("inputs.topic }}", "steps.worc.result }}"),
        &[
            "there is no step `worc`",
            "flow.toml:8:",
            "^^^^",
            "hint: did you mean `work`?",
        ],
    );
}

#[test]
fn a_cycle() {
    let definition = r#"
name = "cycle"
[[steps]]
id = "one"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.two.result }}"
[[steps]]
id = "two"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.one.result }}"
"#;
    refused(
        definition,
        &[
            "these steps wait for each other",
            "`one` refers to `two` (line 6)",
            "`two` refers to `one` (line 10)",
            "flow.toml:6:",
            "hint: take one of these references out",
        ],
    );
}

#[test]
fn a_misspelt_key() {
    refused(
        &format!("{GOOD}retires = 3\n"),
        &[
            "unknown key `retires` in step `work`",
            "flow.toml:9:1",
            "did you mean `retries`?",
        ],
    );
}

#[test]
fn a_document_that_nobody_writes() {
    let definition = format!(
        "{GOOD}[[steps]]\nid = \"next\"\nuses = \"plugins/worker.wasm\"\ninputs.topic = \"{{{{ steps.work.resalt }}}}\"\n"
    );
    refused(
        &definition,
        &[
            "step `work` writes no document `resalt`",
            "flow.toml:12:",
            "did you mean `result`?",
        ],
    );
}

#[test]
fn several_problems_are_told_at_once() {
    let definition = r#"
nam = "broken"
[[steps]]
id = "work"
uses = "plugins/worker.wasm"
inputs.topik = "tea"
grants.files = "read"
limits.cpu = "long"
[[steps]]
id = "next"
uses = "plugins/absent.wasm"
inputs.topic = "{{ inputs.topic }}"
model = "painter"
"#;
    refused(
        definition,
        &[
            "flow.toml:2:1",
            "unknown key `nam`",
            "did you mean `name`?",
            "flow.toml:6:",
            "no input `topik`",
            "flow.toml:7:",
            "unknown key `files`",
            "flow.toml:8:",
            "limits.cpu",
            "flow.toml:11:",
            "plugins/absent.wasm",
            "flow.toml:12:",
            "no input `topic`",
            "flow.toml:13:",
            "painter",
        ],
    );
}

#[test]
fn a_configuration_with_a_misspelt_key() {
    let project = project(GOOD);
    project.write("stepwell.toml", "[modles]\nwriter = \"openai/m\"\n");
    let _ = project
        .run(&["run", "flow.toml", "--input", "topic=tea"])
        .exits_with(4)
        .says(&["stepwell.toml:1:2", "`modles`", "did you mean `models`?"]);
}

#[test]
fn no_definition() {
    let project = Project::new();
    let _ = project.run(&["run", "flow.toml"]).exits_with(4).says(&[
        "flow.toml can't be read",
        "No such file",
        "hint:",
    ]);
    project.write("flow.toml", "name = \"a\n");
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(4)
        .says(&["flow.toml:1:"]);
    assert!(project.read(".stepwell/stepwell.redb").is_none());
}

/// Runs with `plugins/bad.wasm` made of these bytes.
#[track_caller]
fn plugin_refused(bytes: Option<&[u8]>, says: &[&str]) {
    let project = project(&GOOD.replace("worker.wasm", "bad.wasm"));
    if let Some(bytes) = bytes {
        std::fs::write(project.join("plugins/bad.wasm"), bytes).unwrap();
    }
    let _ = project
        .run(&["run", "flow.toml", "--input", "topic=tea"])
        .exits_with(4)
        .says(&["plugins/bad.wasm", "flow.toml:7:", "hint: "])
        .says(says);
    let _ = project
        .run(&["plugin", "inspect", "plugins/bad.wasm"])
        .exits_with(4)
        .says(&["plugins/bad.wasm", "hint: "])
        .says(says);
}

/// A component whose bytes hold `new` wherever they held `old`.
pub(crate) fn patched(name: &str, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let mut bytes = std::fs::read(guest(name)).unwrap();
    let places: Vec<usize> = bytes
        .windows(old.len())
        .enumerate()
        .filter(|(_, window)| *window == old)
        .map(|(place, _)| place)
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place..place + new.len()].copy_from_slice(new);
    }
    bytes
}

#[test]
fn a_plugin_file_that_is_not_there() {
    plugin_refused(None, &["can't be read", "No such file"]);
}

#[test]
fn a_plugin_file_that_is_no_wasm() {
    plugin_refused(
        Some(b"#!/bin/sh\necho hello\n"),
        &[
            "not a WebAssembly component",
            "the component that its build makes",
        ],
    );
    plugin_refused(Some(b""), &["it is empty"]);
}

#[test]
fn a_corrupt_plugin() {
    let whole = std::fs::read(guest("worker")).unwrap();
    plugin_refused(
        Some(&whole[..whole.len() / 2]),
        &["not a WebAssembly component"],
    );
    let mut spoilt = whole.clone();
    for byte in &mut spoilt[2000..2100] {
        *byte ^= 0x55;
    }
    plugin_refused(Some(&spoilt), &["not a WebAssembly component"]);
}

#[test]
fn a_core_module_instead_of_a_component() {
    plugin_refused(
        Some(b"\0asm\x01\0\0\0"),
        &["core WebAssembly module, not a component", "component new"],
    );
}

#[test]
fn a_component_for_another_contract() {
    plugin_refused(
        Some(&patched("worker", b"@0.1.0", b"@0.9.0")),
        &["@0.9.0", "this host has `stepwell:plugin@0.1.0`"],
    );
    plugin_refused(
        Some(&patched("worker", b"stepwell:plugin", b"somebody:plugin")),
        &["somebody:plugin"],
    );
}

#[test]
fn a_component_whose_description_breaks() {
    let mark = b"describe-mode:well......";
    plugin_refused(
        Some(&patched("hostile", mark, b"describe-mode:panics....")),
        &["while describing itself", "no words for it"],
    );
    plugin_refused(
        Some(&patched("hostile", mark, b"describe-mode:calls.....")),
        &["while describing itself", "context.run-id"],
    );
    plugin_refused(
        Some(&patched("hostile", mark, b"describe-mode:misnames..")),
        &["not-a-name"],
    );
    plugin_refused(
        Some(&patched("hostile", mark, b"describe-mode:repeats...")),
        &["`do`"],
    );
    plugin_refused(
        Some(&patched("hostile", mark, b"describe-mode:noschema..")),
        &["the JSON Schema of the document `out`", "arrray"],
    );
    plugin_refused(
        Some(&patched("hostile", mark, b"describe-mode:nojson....")),
        &["the JSON Schema of the input `do`", "key must be a string"],
    );
    plugin_refused(
        Some(&patched("hostile", mark, b"describe-mode:refers....")),
        &[
            "the JSON Schema of the document `out`",
            "file:///etc/passwd",
        ],
    );
}

#[test]
fn an_unknown_builtin_step() {
    refused(
        &GOOD.replace("plugins/worker.wasm", "builtin:refin"),
        &["flow.toml:7:", "no built-in step `refin`", "refine"],
    );
}

#[test]
fn inputs_that_are_missing_or_unknown() {
    let project = project(GOOD);
    let _ = project.run(&["run", "flow.toml"]).exits_with(4).says(&[
        "topic",
        "What to work on",
        "hint:",
        "--input topic=",
    ]);
    let _ = project
        .run(&[
            "run",
            "flow.toml",
            "--input",
            "topik=tea",
            "--input",
            "topic=tea",
        ])
        .exits_with(4)
        .says(&["no input `topik`", "topic"]);
    let _ = project
        .run(&["run", "flow.toml", "--input", "topic=@absent.md"])
        .exits_with(4)
        .says(&["absent.md can't be read"]);
    let _ = project
        .run(&[
            "run",
            "flow.toml",
            "--input",
            "topic=tea",
            "--until",
            "wrok",
        ])
        .exits_with(4)
        .says(&["no step `wrok`", "work"]);
    let _ = project
        .run(&[
            "run",
            "flow.toml",
            "--input",
            "topic=tea",
            "--model",
            "painter",
        ])
        .exits_with(4)
        .says(&["no model `painter`", "writer", "hint:"]);
    assert!(!project.run(&["runs", "--json"]).stdout.contains("\"id\""));
}

#[test]
fn a_command_line_that_cannot_be_understood() {
    let project = project(GOOD);
    for arguments in [
        &["run"][..],
        &["run", "flow.toml", "--inputs", "topic=tea"],
        &["run", "flow.toml", "--input", "topic"],
        &["run", "flow.toml", "--answer", "go"],
        &["resume", "--document", "work=x"],
        &["rnu", "flow.toml"],
    ] {
        let refused = project.run(arguments).exits_with(2);
        assert!(refused.stderr.contains("error:"), "{}", refused.stderr);
    }
}

#[test]
fn templates_of_prompts() {
    let project = project(PLAIN);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let add = |text: &str| project.run(&["prompt", "add", "worker", "--text", text]);
    let _ = add("One {{ topic }}\nand {% if topic %}no end")
        .exits_with(4)
        .says(&["prompt can't be saved", "line 2", "hint:"]);
    let _ = add("About {{ topik }}").exits_with(4).says(&[
        "prompt can't be saved",
        "topik",
        "hint:",
        "`topic`",
    ]);
    let _ = add("{% include 'secrets' %}")
        .exits_with(4)
        .says(&["prompt can't be saved", "hint:"]);
    let _ = project
        .run(&["prompt", "add", "worker", "absent.md"])
        .exits_with(4)
        .says(&["absent.md can't be read"]);
    let _ = project
        .run(&["prompt", "show", "worker", "7"])
        .exits_with(4)
        .says(&["no version v7", "v1", "hint:"]);
    let _ = project
        .run(&["prompt", "show", "wroker"])
        .exits_with(4)
        .says(&["no prompt `wroker`", "prompt list"]);
    let kept = project
        .run(&["prompt", "show", "worker"])
        .exits_with(0)
        .stdout;
    assert_eq!(kept.trim_end(), "Work on {{ topic }}.");
}

#[test]
fn a_prompt_with_variables_that_the_plugin_does_not_fill() {
    let project = project(PLAIN);
    // The project's definition says which plugin fills it.
    let _ = project
        .run(&["prompt", "add", "worker", "--text", "About {{ colour }}"])
        .exits_with(4)
        .says(&["colour"]);
    // Nobody has used this name yet, so only the syntax can be checked.
    let _ = project
        .run(&["prompt", "add", "own", "--text", "About {{ colour }}"])
        .exits_with(0);
    project.write("flow.toml", &format!("{PLAIN}prompts.worker = \"own\"\n"));
    let _ = project.run(&["run", "flow.toml"]).exits_with(4).says(&[
        "worker",
        "colour",
        "prompt edit own",
        "prompts.worker",
    ]);
    assert!(!project.run(&["runs", "--json"]).stdout.contains("\"id\""));
    let _ = project
        .run(&["prompt", "add", "own", "--text", "About {{ topic }}"])
        .exits_with(0);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
}

#[test]
fn a_prompt_that_breaks_while_it_is_filled() {
    let project = project(PLAIN);
    let _ = project
        .run(&["prompt", "add", "worker", "--text", "{{ topic | int + 1 }}"])
        .exits_with(0);
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(1)
        .says(&["work", "worker", "hint:"]);
    // A prompt of a run under way stays as it is; a re-run takes the current one.
    let _ = project
        .run(&["prompt", "add", "worker", "--text", "Again {{ topic }}"])
        .exits_with(0);
    let _ = project
        .run(&["step", "run", "work", "--run", "last"])
        .exits_with(0);
    assert_eq!(project.document("work", "result").trim_end(), "Again tea");
}

#[test]
fn runs_steps_and_documents_that_are_not_there() {
    let project = project(PLAIN);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    for command in ["status", "resume", "cancel", "calls", "files"] {
        let _ = project
            .run(&[command, "ffffffff"])
            .exits_with(4)
            .says(&["no run `ffffffff`", "stepwell runs"]);
    }
    let _ = project
        .run(&["docs", "get", "last", "work", "plan"])
        .exits_with(4)
        .says(&["no document `plan`", "work", "stepwell docs list"]);
    let _ = project
        .run(&["docs", "get", "last", "wrok", "result"])
        .exits_with(4)
        .says(&["no step `wrok`", "hint: its steps are work"]);
    let _ = project
        .run(&["docs", "get", "last", "work[3]", "result"])
        .exits_with(4)
        .says(&["hint:"]);
    let _ = project
        .run(&["docs", "get", "last", "work", "result", "--revision", "9"])
        .exits_with(4)
        .says(&["9", "hint:"]);
    let _ = project
        .run(&["calls", "show", "ffffffff"])
        .exits_with(4)
        .says(&["ffffffff", "hint:"]);
    let _ = project
        .run(&["files", "last", "--restore", "absent.txt"])
        .exits_with(4)
        .says(&["absent.txt", "hint:"]);
    let _ = project
        .run(&["docs", "put", "last", "work", "result", "absent.md"])
        .exits_with(4)
        .says(&["absent.md can't be read"]);
}

#[test]
fn no_store() {
    let project = Project::new();
    for arguments in [
        &["runs"][..],
        &["status"],
        &["resume"],
        &["docs", "list"],
        &["prompt", "show", "worker"],
    ] {
        let _ =
            project
                .run(arguments)
                .exits_with(5)
                .says(&["no store here", "hint:", "--store DIR"]);
    }
    assert!(
        project.files().is_empty() && !project.join(".stepwell").exists(),
        "looking makes nothing"
    );
}

#[test]
fn an_error_of_a_command_that_was_asked_for_json_is_json_with_a_code_and_what_helps() {
    let project = Project::new();
    project.write(
        "flow.toml",
        "name = \"x\"\n\n[[steps]]\nid = \"a\"\nuses = \"builtin:refin\"\n",
    );
    let refused = |arguments: &[&str], code: i32| -> serde_json::Value {
        let ended = project.run(arguments).exits_with(code);
        assert_eq!(ended.stdout, "");
        let lines: Vec<_> = ended.stderr.lines().collect();
        let [line] = lines.as_slice() else {
            panic!("{}", ended.stderr);
        };
        serde_json::from_str(line).unwrap()
    };
    let told = refused(&["run", "flow.toml", "--json"], 4);
    assert_eq!(told["code"], "definition", "{told}");
    assert_eq!(
        told["diagnostics"][0]["remedy"]["kind"], "list-plugins",
        "{told}"
    );
    let told = refused(&["runs", "--json", "--store", "flow.toml"], 5);
    assert_eq!(told["code"], "store", "{told}");
    assert!(
        told["hint"].as_str().unwrap().contains("--store DIR"),
        "{told}"
    );
}

#[test]
fn a_listing_of_problems_has_an_end() {
    let keys: String = (0..20_000).map(|key| format!("bad_{key} = 1\n")).collect();
    let steps: String = (0..200)
        .map(|step| format!("[[steps]]\nid = \"s{step}\"\nuses = \"no/s{step}.wasm\"\n"))
        .collect();
    for text in [format!("{GOOD}{keys}"), format!("name = \"many\"\n{steps}")] {
        let project = project(&text);
        for arguments in [&["run", "flow.toml"][..], &["run", "flow.toml", "--json"]] {
            let finished = project.run(arguments).exits_with(4);
            assert!(finished.stderr.len() < 60_000, "{}", finished.stderr);
            let _ = finished.says(&["more problems, which are not shown"]);
        }
    }
    let nested = format!("a = {}1{}\n", "{ b = ".repeat(200), " }".repeat(200));
    let finished = project(&nested).run(&["run", "flow.toml"]).exits_with(4);
    assert!(finished.stderr.lines().count() < 20, "{}", finished.stderr);
}
