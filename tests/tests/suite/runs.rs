//! Runs as a user drives them: on the real binary, with a real component, and a provider that keeps a journal.

use stepwell_tests::{Project, Provider};

const ONE: &str = r#"
name = "one"
[inputs]
topic = { description = "What to work on" }
[[steps]]
id = "work"
uses = "plugins/worker.wasm"
inputs.topic = "{{ inputs.topic }}"
settings.calls = 2
"#;

#[test]
fn a_run_leaves_documents_prompts_and_raw_answers() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ONE);
    let run = project
        .run(&["run", "flow.toml", "--input", "topic=tea"])
        .exits_with(0);
    assert_eq!(provider.journal(), ["tea call 0", "tea call 1"]);
    let document = project.document("work", "result");
    assert_eq!(
        document.trim_end(),
        "Work on tea.\necho tea call 0\necho tea call 1",
        "{}",
        run.stderr
    );
    let calls = project
        .run(&["calls", "last", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(calls.as_array().unwrap().len(), 2);
    assert_eq!(calls[0]["prompts"][0]["name"], "worker");
    let id = calls[0]["id"].as_str().unwrap();
    let prompt = project
        .run(&["calls", "show", id, "--prompt"])
        .exits_with(0);
    assert_eq!(prompt.stdout.trim_end(), "tea call 0");
    let raw = project.run(&["calls", "show", id, "--raw"]).exits_with(0);
    assert!(raw.stdout.contains("data: [DONE]"), "{}", raw.stdout);
    let status = project
        .run(&["status", "last", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(
        (&status["status"], &status["steps"][0]["status"]),
        (&"success".into(), &"success".into())
    );
    assert_eq!(status["spent"]["calls"], 2);
}

#[test]
fn a_key_is_nowhere_but_in_its_header() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ONE);
    let run = project
        .run(&["run", "flow.toml", "--input", "topic=tea", "-v"])
        .exits_with(0);
    let sent = &provider.received()[0].headers;
    assert!(sent.contains(&("authorization".into(), "Bearer sk-test-secret".into())));
    assert!(!run.stderr.contains("sk-test-secret") && !run.stdout.contains("sk-test-secret"));
    let mut open = vec![project.join(".stepwell")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            assert!(
                !bytes.windows(14).any(|window| window == b"sk-test-secret"),
                "{}",
                path.display()
            );
        }
    }
}

const EDITED: &str = r#"
name = "edited"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "a"
settings.ask = ["go"]
"#;

#[test]
fn a_prompt_edited_is_used_by_the_next_run_and_a_run_under_way_keeps_its_own() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, EDITED);
    let waiting = project.run(&["run", "flow.toml"]).exits_with(3);
    assert!(
        waiting.stderr.contains("first/go="),
        "shows how to answer: {}",
        waiting.stderr
    );
    for number in 2..=6 {
        let text = format!("Version {number} for {{{{ topic }}}}.");
        let added = project
            .run(&["prompt", "add", "worker", "--text", &text])
            .exits_with(0);
        if number == 5 {
            assert!(
                format!("{}{}", added.stdout, added.stderr).contains("v1"),
                "says what it pushed out"
            );
        }
    }
    // The same once more adds nothing.
    let text = "Version 6 for {{ topic }}.";
    for _ in 0..4 {
        let added = project
            .run(&["prompt", "add", "worker", "--text", text])
            .exits_with(0);
        assert!(
            added.stdout.contains("nothing is added"),
            "{}",
            added.stdout
        );
    }
    let prompt = project
        .run(&["prompt", "list", "worker", "--json"])
        .exits_with(0)
        .json();
    let list = if prompt.is_array() {
        prompt[0].clone()
    } else {
        prompt
    };
    let numbers: Vec<_> = list["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["number"].as_u64().unwrap())
        .collect();
    assert_eq!(
        (numbers, list["current"].as_u64()),
        (vec![3, 4, 5, 6], Some(6))
    );
    let _ = project
        .run(&["resume", "last", "--answer", "go=yes"])
        .exits_with(0);
    assert!(
        project
            .document("first", "result")
            .starts_with("Work on a.\ngo: yes")
    );
    let _ = project.run(&["prompt", "use", "worker", "4"]).exits_with(0);
    let _ = project
        .run(&["run", "flow.toml", "--answer", "first/go=no"])
        .exits_with(0);
    assert!(
        project
            .document("first", "result")
            .starts_with("Version 4 for a.")
    );
    let refused = project
        .run(&["prompt", "rm", "worker", "4"])
        .exits_with(4)
        .says(&["current", "prompt use"]);
    drop(refused);
    let _ = project.run(&["prompt", "rm", "worker", "3"]).exits_with(0);
    let _ = project
        .run(&["prompt", "add", "worker", "--text", "Seven {{ topic }}"])
        .exits_with(0);
    let shown = project
        .run(&["prompt", "show", "worker", "7"])
        .exits_with(0);
    assert_eq!(shown.stdout.trim_end(), "Seven {{ topic }}");
    let bad = project
        .run(&["prompt", "add", "worker", "--text", "Eight {{ topik }}"])
        .exits_with(4);
    assert!(
        bad.stderr.contains("topic"),
        "names the nearest variable: {}",
        bad.stderr
    );
}

#[test]
fn nobody_answers_where_nobody_is_there() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, EDITED);
    let _ = project
        .run(&["run", "flow.toml", "--no-questions"])
        .exits_with(0);
    assert!(project.document("first", "result").contains("go: "));
}

const TREE: &str = r#"
name = "tree"
[[steps]]
id = "plan"
uses = "plugins/worker.wasm"
inputs.topic = "plan"
settings.items = ["x", "y", "z"]
  [[steps.steps]]
  id = "each"
  uses = "plugins/worker.wasm"
  for_each = "parent.items"
  concurrency = 3
  inputs.topic = "{{ item }}"
  settings.calls = 1
    [[steps.steps.steps]]
    id = "deep"
    uses = "plugins/worker.wasm"
    inputs.topic = "deep {{ item }}"
    settings.calls = 1
[[steps]]
id = "other"
uses = "plugins/worker.wasm"
inputs.topic = "other"
settings.calls = 1
[[steps]]
id = "join"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.plan.each.deep.result }}"
"#;

#[test]
fn items_run_at_once_sub_steps_three_deep_and_what_is_independent_beside_them() {
    let provider = Provider::echo();
    provider.hold();
    let project = Project::of_worker(&provider, TREE);
    let running = project.spawn(&["run", "flow.toml"]);
    // Three items and the independent step are in flight together.
    provider.wait_for_requests(4);
    let mut first = provider.journal();
    first.sort();
    assert_eq!(first, ["other call 0", "x call 0", "y call 0", "z call 0"]);
    provider.release();
    let ended = running.wait_with_output().unwrap();
    assert!(
        ended.status.success(),
        "{}",
        String::from_utf8_lossy(&ended.stderr)
    );
    let second = project
        .run(&["docs", "get", "last", "plan/each/deep[1]", "result"])
        .exits_with(0);
    assert_eq!(
        second.stdout.trim_end(),
        "Work on deep y.\necho deep y call 0"
    );
    assert!(project.document("join", "result").contains("deep z"));
}

#[test]
fn until_a_document_given_one_corrected_and_the_rest_again() {
    let provider = Provider::echo();
    let definition = r#"
name = "chain"
[[steps]]
id = "a"
uses = "plugins/worker.wasm"
inputs.topic = "a"
settings.calls = 1
[[steps]]
id = "b"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.a.result }}"
[[steps]]
id = "c"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.b.result }}"
"#;
    let project = Project::of_worker(&provider, definition);
    let _ = project
        .run(&["run", "flow.toml", "--until", "b"])
        .exits_with(3)
        .says(&["until"]);
    project.write("mine.md", "my own text");
    project.write("none.json", "[]");
    let _ = project
        .run(&["docs", "put", "last", "b", "result", "mine.md"])
        .exits_with(0);
    let _ = project.run(&["resume", "last"]).exits_with(0);
    assert_eq!(
        project.document("c", "result").trim_end(),
        "Work on my own text."
    );
    let first = project
        .run(&["docs", "get", "last", "b", "result", "--revision", "1"])
        .exits_with(0);
    assert!(first.stdout.contains("echo a call 0"));
    // Again, with a ready document instead of the first step.
    let _ = project
        .run(&[
            "run",
            "flow.toml",
            "--document",
            "a/result=mine.md",
            "--document",
            "a/items=none.json",
        ])
        .exits_with(0);
    assert_eq!(provider.journal().len(), 1, "the given step asked nobody");
    assert!(project.document("c", "result").contains("my own text"));
    // One step again; what depends on it follows with resume.
    let again = project.run(&["step", "run", "a", "--run", "last"]);
    assert!([0, 3].contains(&again.code), "{}", again.stderr);
    let status = project
        .run(&["status", "last", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(status["steps"][1]["status"], "stale");
    let _ = project.run(&["resume", "last"]).exits_with(0);
    assert!(project.document("c", "result").contains("echo a call 0"));
}

#[test]
fn one_step_alone_gives_its_output() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ONE);
    let alone = project
        .run(&[
            "step",
            "run",
            "plugins/worker.wasm",
            "--input",
            "topic=alone",
        ])
        .exits_with(0);
    assert!(alone.stdout.contains("Work on alone."), "{}", alone.stdout);
}

#[test]
fn a_definition_swaps_a_builtin_step_for_a_third_partys() {
    let provider = Provider::start(|_, _| {
        stepwell_tests::Reply::Text("A text without any of the sections.".into())
    });
    let definition = r#"
name = "swap"
[[steps]]
id = "refine"
uses = "USES"
inputs.INPUT = "text"
"#;
    let builtin = definition
        .replace("USES", "builtin:refine")
        .replace("INPUT", "requirement");
    let project = Project::of_worker(&provider, &builtin);
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(1)
        .says(&["invalid-response"]);
    project.write(
        "flow.toml",
        &definition
            .replace("USES", "plugins/worker.wasm")
            .replace("INPUT", "topic"),
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
}

#[test]
fn a_failure_is_retried_with_the_reason_and_everything_paid_is_kept() {
    let provider = Provider::echo();
    let project = Project::of_worker(
        &provider,
        &ONE.replace(
            "settings.calls = 2",
            "settings.calls = 1\nsettings.fail = 2\nretries = 2",
        ),
    );
    let _ = project
        .run(&["run", "flow.toml", "--input", "topic=x"])
        .exits_with(0);
    // After `invalid-response` the last question is asked anew, twice.
    assert_eq!(provider.journal(), ["x call 0", "x call 0", "x call 0"]);
    let status = project
        .run(&["status", "last", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(
        status["steps"][0]["executions"][0]["attempts"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[test]
fn a_command_whose_reader_has_gone_ends_as_its_work_did() {
    let provider = Provider::echo();
    let project = Project::of_worker(
        &provider,
        "name = \"fails\"\n[[steps]]\nid = \"work\"\nuses = \"plugins/worker.wasm\"\n\
         settings.fail = 9\nretries = 0\n",
    );
    project.write(
        "good.toml",
        "name = \"good\"\n[[steps]]\nid = \"work\"\nuses = \"plugins/worker.wasm\"\n",
    );
    // The reader of such a pipe is gone before anything is written.
    let unread = |arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = project.command(arguments);
        command.stdout(writer).status().unwrap().code()
    };
    assert_eq!(unread(&["run", "flow.toml"]), Some(1));
    assert_eq!(unread(&["resume"]), Some(1));
    assert_eq!(unread(&["run", "flow.toml", "--json"]), Some(1));
    assert_eq!(unread(&["run", "good.toml"]), Some(0));
    assert_eq!(unread(&["docs", "get", "last", "work", "result"]), Some(0));
}

const ROUNDS: &str = r#"
name = "rounds"
[[steps]]
id = "build"
uses = "plugins/worker.wasm"
inputs.topic = "rounds"
settings.items = [1]
settings.write = "made.txt"
grants.workspace = "write"
repeat = { while = "steps.build.items", is = "[1]", times = 1 }
[[steps]]
id = "after"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.build.result }}"
"#;

#[test]
fn a_run_whose_rounds_are_used_up_is_no_success_for_any_face() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, ROUNDS);
    let run = project.run(&["run", "flow.toml"]).exits_with(1);
    let said = "`items` is still `[1]` after 2 rounds of step `build`, the most that it may have";
    assert!(run.stderr.contains(said), "{}", run.stderr);
    assert!(run.stderr.contains("--rounds N"), "{}", run.stderr);
    // To resume without more rounds would fail of the same.
    assert!(!run.stderr.contains("tries again"), "{}", run.stderr);
    let status = || {
        let status = project.run(&["status", "last", "--json"]).exits_with(0);
        status.json()
    };
    let failed = status();
    assert_eq!(failed["status"], "failure");
    assert_eq!(failed["problem"]["code"], "rounds");
    assert_eq!(failed["problem"]["remedy"]["kind"], "more-rounds");
    assert_eq!(failed["steps"][0]["status"], "failure");
    assert_eq!(failed["steps"][0]["rounds"][0]["exhausted"], true);
    assert_eq!(
        failed["steps"][1]["status"], "pending",
        "what depends on it doesn't start"
    );
    assert!(project.join("made.txt").exists(), "what was written stays");
    let tree = project.run(&["status"]).exits_with(0).stdout;
    assert!(
        tree.contains("failure") && tree.contains("round 2 of at most 2"),
        "{tree}"
    );

    // One more, and it is asked for still.
    let _ = project
        .run(&["resume", "last", "--rounds", "1"])
        .exits_with(1);
    assert_eq!(status()["steps"][0]["rounds"][0]["round"], 3);
    assert_eq!(status()["steps"][0]["rounds"][0]["most"], 3);
    let _ = project
        .run(&["resume", "last", "--rounds", "0"])
        .exits_with(2);

    // A run that is told to goes on.
    let going_on = ROUNDS.replace("times = 1", "times = 1, otherwise = \"go-on\"");
    project.write("flow.toml", &going_on);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(
        run.stderr
            .contains("the run goes on with what the last one left"),
        "{}",
        run.stderr
    );
    assert_eq!(status()["steps"][1]["status"], "success");
    // It is no plain success, on whichever face it is looked at.
    let said = "build~2: `items` is still `[1]` after 2 rounds";
    assert!(
        run.stdout.contains("warnings") && run.stdout.contains(said),
        "{}",
        run.stdout
    );
    let quiet = project.run(&["run", "-q", "flow.toml"]).exits_with(0);
    assert!(quiet.stdout.contains(said), "{}", quiet.stdout);
    let listed = project.run(&["runs"]).exits_with(0).stdout;
    assert!(listed.contains("success: rounds used up"), "{listed}");
    let shown = project.run(&["status", "last"]).exits_with(0).stdout;
    assert_eq!(shown.matches("is still `[1]`").count(), 1, "{shown}");
    assert_eq!(status()["rounds_used_up"][0], "build");
    let refused = project.run(&["resume", "last", "--rounds", "1"]).stderr;
    assert!(!refused.is_empty());
}
