//! Paths that somebody names and that are no files: each is refused for what it is, and nobody waits for it.

use serde_json::json;
use stepwell_tests::{Finished, Project, Provider};

const FLOW: &str = r#"
name = "named"
[inputs]
topic = { default = "tea" }
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "{{ inputs.topic }}"
"#;

const DEVICE: &str = "/dev/zero";

fn project() -> Project {
    let project = Project::of_worker(&Provider::echo(), FLOW);
    let made = std::process::Command::new("mkfifo")
        .arg(project.join("pipe"))
        .status();
    assert!(made.unwrap().success());
    project.write("large", "");
    let large = std::fs::File::create(project.join("large")).unwrap();
    large.set_len(1 << 40).unwrap();
    project
}

#[test]
fn a_command_says_what_a_path_is() {
    let project = project();
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let mut wrong = Vec::new();
    for (named, is) in [
        (DEVICE, "it is a device"),
        ("pipe", "it is a pipe"),
        (".", "it is a folder"),
        ("large", "it is larger than"),
    ] {
        let input = format!("topic=@{named}");
        let document = format!("first/result={named}");
        for arguments in [
            &["run", named][..],
            &["run", named, "--check"],
            &["run", "flow.toml", "--input", &input],
            &["run", "flow.toml", "--document", &document],
            &["run", "flow.toml", "--replay", named],
            &["run", "flow.toml", "--record", named],
            &["runs", "--config", named],
            &["docs", "put", "last", "first", "result", named],
            &["prompt", "add", "worker", named],
            &["compare", "first", "--cases", named],
            &["compare", "first", "--definition", named],
            &["step", "run", named],
            &["step", "run", "first", "--run", "last", "--plugin", named],
            &["plugin", "inspect", named],
            &["plugin", "check", named],
        ] {
            let finished = project.run(arguments);
            if finished.code == 0 || finished.code > 6 || !finished.stderr.contains(is) {
                wrong.push(format!(
                    "{arguments:?}: {}: {}",
                    finished.code, finished.stderr
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_a_file_names_is_no_exception() {
    let project = project();
    for (named, is) in [("pipe", "it is a pipe"), ("large", "it is larger than")] {
        project.write("bad.toml", &FLOW.replace("plugins/worker.wasm", named));
        let _ = project.run(&["run", "bad.toml"]).exits_with(4).says(&[is]);
        project.write(
            "cases.toml",
            &format!("[[cases]]\nname = \"one\"\ninputs.topic = {{ file = \"{named}\" }}\n"),
        );
        let compare = ["compare", "plugins/worker.wasm", "--cases", "cases.toml"];
        let _ = project.run(&compare).exits_with(4).says(&[is]);
    }
}

#[test]
fn standard_input_has_a_limit_and_a_pipe_is_read() {
    let project = project();
    let given = |line: &str| {
        let ours = project.command(&[]);
        let variables = ours.get_envs();
        let mut shell = std::process::Command::new("bash");
        shell
            .args(["-c", line])
            .current_dir(project.path())
            .env_clear()
            .envs(variables.filter_map(|(name, value)| Some((name, value?))))
            .env("STEPWELL", ours.get_program());
        Finished::from(shell.output().unwrap())
    };
    for limitless in ["-", "/dev/stdin"] {
        let _ = given(&format!(
            "cat /dev/zero | \"$STEPWELL\" run flow.toml --input topic=@{limitless}"
        ))
        .exits_with(4)
        .says(&["it is larger than 64 MiB"]);
    }
    let _ = given("\"$STEPWELL\" run flow.toml --input topic=@/dev/stdin </dev/zero")
        .exits_with(4)
        .says(&["it is a device", "`<(…)`"]);
    for shell in [
        "echo from a pipe | \"$STEPWELL\" run flow.toml --input topic=@/dev/stdin",
        "echo from a pipe | \"$STEPWELL\" run flow.toml --input topic=@-",
        "\"$STEPWELL\" run flow.toml --input topic=@<(echo from a pipe)",
        "\"$STEPWELL\" run <(sed \"s/tea/from a pipe/;s|plugins|$PWD/plugins|\" flow.toml)",
        "\"$STEPWELL\" run flow.toml --input topic=@/dev/null",
    ] {
        let _ = given(shell).exits_with(0);
        let is_empty = shell.ends_with("null");
        assert_eq!(
            project.document("first", "result").contains("from a pipe"),
            !is_empty
        );
    }
}

#[test]
fn a_server_neither_waits_nor_reads_without_end() {
    let project = project();
    // A clone may hold such a link.
    std::os::unix::fs::symlink(DEVICE, project.join(".gitignore")).unwrap();
    let serving = project.serve(&[]);
    let pipe = project.join("pipe");
    let pipe = pipe.to_str().unwrap();
    for _ in 0..20 {
        for path in [
            "/dev/tty",
            DEVICE,
            "/dev/stdin",
            "/proc/self/fd/0",
            "/proc/self/mem",
            pipe,
            "/",
        ] {
            let answered = serving.get(&format!("/api/plugin?uses={path}"));
            assert!(
                (400..500).contains(&answered.status),
                "{path}: {answered:?}"
            );
        }
    }
    let definition = |file: &str| json!({ "definition": { "text": FLOW.replace("plugins/worker.wasm", file), "file": file } });
    for file in [DEVICE, pipe] {
        let answered = serving.post("/api/runs", &definition(file));
        assert!((400..500).contains(&answered.status), "{answered:?}");
    }
    let definitions = serving.get("/api/definitions");
    assert!(definitions.body.contains("flow.toml"), "{definitions:?}");
    assert_eq!(serving.get("/healthz").status, 200);
    // A run whose file has become something else goes on with what was pinned.
    let run = serving.start(&project, "flow.toml");
    assert_eq!(serving.at_rest(&run)["status"], "success");
    std::fs::remove_file(project.join("flow.toml")).unwrap();
    std::fs::rename(pipe, project.join("flow.toml")).unwrap();
    let again = serving.post(&format!("/api/runs/{run}/resume"), &json!({}));
    assert!(again.status < 500, "{again:?}");
    let _ = serving.terminate().exits_with(0);
}
