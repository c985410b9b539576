//! Small mistakes at the command line: each is told as what it is, with the command that was meant.

use rexpect::session::spawn_command;
use stepwell_tests::{Project, Provider};

const EACH: &str = r#"
name = "each"
[[steps]]
id = "plan"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.items = ["a", "b"]
[[steps]]
id = "each"
uses = "plugins/worker.wasm"
for_each = "steps.plan.items"
inputs.topic = "{{ item }}"
"#;

fn project() -> Project {
    let project = Project::with_provider(&Provider::echo());
    project.add_guest("worker");
    project.write("each.toml", EACH);
    project
}

#[test]
fn a_step_that_is_not_there_is_no_empty_answer() {
    let project = project();
    let _ = project.run(&["run", "each.toml"]).exits_with(0);
    for listing in [&["docs", "list"][..], &["calls"], &["files"]] {
        let misspelt = [listing, &["--step", "eech"]].concat();
        let _ = project
            .run(&misspelt)
            .exits_with(4)
            .says(&["there is no step `eech`", "plan, each"]);
        // Nothing of a step that is there is an answer.
        let _ = project
            .run(&[listing, &["--step", "plan"]].concat())
            .exits_with(0);
    }
}

#[test]
fn a_document_of_each_item_is_named_with_its_item() {
    let project = project();
    let _ = project.run(&["run", "each.toml"]).exits_with(0);
    let _ = project
        .run(&["docs", "get", "last", "each", "result"])
        .exits_with(4)
        .says(&["for each of its items", "each[1]"]);
    let _ = project
        .run(&["docs", "get", "last", "each[1]", "result"])
        .exits_with(0);
}

#[test]
fn a_name_without_what_belongs_to_it_is_told_with_it() {
    let project = project();
    let _ = project
        .run(&["plugin", "inspect", "refine"])
        .exits_with(4)
        .says(&["`builtin:refine`"]);
    let _ = project
        .run(&["step", "run", "plan"])
        .exits_with(4)
        .says(&["stepwell step run plan --run last", "builtin:NAME"]);
}

#[test]
fn a_prompt_that_says_nothing_is_refused() {
    let project = Project::new();
    for empty in ["", " \n"] {
        let _ = project
            .run(&["prompt", "add", "mine", "--text", empty])
            .exits_with(4)
            .says(&["it is empty", "hint:"]);
    }
}

#[test]
fn a_prompt_that_no_step_has_used_yet_is_told() {
    let project = Project::new();
    let add = ["prompt", "add", "refin", "--text", "Improve it."];
    let added = project.run(&add).exits_with(0);
    assert!(
        added
            .stderr
            .contains("no step has used a prompt `refin` so far"),
        "{}",
        added.stderr
    );
}

#[test]
fn what_a_built_in_step_brings_is_kept_when_a_person_is_earlier() {
    let project = Project::new();
    let add = |text| project.run(&["prompt", "add", "refine", "--text", text]);
    // Its variables are known, too.
    let _ = add("{{ nothing }}")
        .exits_with(4)
        .says(&["`nothing` is not a variable"]);
    let mine = "Improve {{ requirement }}.";
    let added = add(mine).exits_with(0);
    assert!(
        added.stdout.contains("v2 of prompt refine"),
        "{}",
        added.stdout
    );
    let shown = |number| {
        project
            .run(&["prompt", "show", "refine", number])
            .exits_with(0)
    };
    assert!(shown("1").stdout.contains("{{ requirement }}"));
    assert_eq!(shown("2").stdout, format!("{mine}\n"));
}

#[test]
fn an_editor_that_is_not_there_leaves_nothing_behind() {
    let mut project = Project::new();
    let drafts = tempfile::tempdir().unwrap();
    project.set("TMPDIR", drafts.path().to_str().unwrap());
    project.set("EDITOR", "no-such-editor");
    let _ = project
        .run(&["prompt", "add", "mine", "--text", "Do it."])
        .exits_with(0);
    let _ = project
        .run(&["prompt", "edit", "mine"])
        .exits_with(4)
        .says(&["the editor `no-such-editor` can't be started", "EDITOR"]);
    let kept = std::fs::read_dir(drafts.path()).unwrap();
    let kept: Vec<_> = kept.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !kept
            .iter()
            .any(|name| name.to_string_lossy().starts_with("mine-")),
        "{kept:?}"
    );
}

#[test]
fn a_store_that_is_a_file_is_told_by_every_command() {
    let project = project();
    project.write(".stepwell", "");
    for command in [&["status"][..], &["run", "each.toml"], &["prompt", "list"]] {
        let _ = project
            .run(command)
            .exits_with(5)
            .says(&["is a file", "--store"]);
    }
    let doctor = project.run(&["doctor"]).exits_with(1);
    assert!(doctor.stdout.contains("is a file"), "{}", doctor.stdout);
}

#[test]
fn doctor_says_where_no_store_can_be_made() {
    let project = project();
    // Nobody, whoever it is, makes a folder there.
    let doctor = project
        .run(&["doctor", "--store", "/proc/stepwell"])
        .exits_with(1);
    assert!(
        doctor.stdout.contains("none can be made in /proc/stepwell"),
        "{}",
        doctor.stdout
    );
}

/// All else stands on it: steps would be compiled under bounds that nobody set.
#[test]
fn doctor_without_a_configuration_looks_at_nothing_that_stands_on_it() {
    let mut project = project();
    let cache = project.join("cache");
    project.set("XDG_CACHE_HOME", &cache.display().to_string());
    project.write("bad.toml", "store = [");
    for given in ["nowhere.toml", "bad.toml"] {
        let store = project.join("store").display().to_string();
        let doctor = project.run(&["doctor", "--config", given, "--store", &store]);
        let doctor = doctor.exits_with(1).says(&[given]);
        for told in [
            "configuration",
            "none yet",
            "models, steps",
            "not looked at",
        ] {
            assert!(doctor.stdout.contains(told), "{told}: {}", doctor.stdout);
        }
        assert!(!cache.exists(), "nothing is compiled");
        let doctor = project.run(&["doctor", "--config", given]).exits_with(1);
        assert!(
            doctor.stdout.contains("store, sandbox"),
            "{}",
            doctor.stdout
        );
    }
}

#[test]
fn a_text_cannot_take_over_a_terminal_and_is_whole_in_a_pipe() {
    let project = Project::new();
    let text = "\u{1b}]0;owned\u{7}Do \u{1b}[31mit.";
    let _ = project
        .run(&["prompt", "add", "mine", "--text", text])
        .exits_with(0);
    let show = ["prompt", "show", "mine"];
    let piped = project.run(&show).exits_with(0);
    assert_eq!(piped.stdout, format!("{text}\n"));
    let mut terminal = spawn_command(project.command(&show), Some(30_000)).unwrap();
    let shown = terminal.exp_eof().unwrap();
    assert!(!shown.contains(['\u{1b}', '\u{7}']), "{shown:?}");
    assert!(
        shown.contains("]0;owned") && shown.contains("[31mit."),
        "{shown:?}"
    );
}

#[test]
fn words_that_are_no_command_are_told_as_json_where_that_is_asked_for() {
    let project = project();
    for (words, wrong) in [
        (&["runs", "--json", "--nonsense"][..], "--nonsense"),
        (&["calls", "show", "--json"], "<ID>"),
        (&["rums", "--json"], "rums"),
    ] {
        let refused = project.run(words).exits_with(2);
        let error: serde_json::Value = serde_json::from_str(&refused.stderr).unwrap();
        assert_eq!(error["code"], "usage", "{error}");
        assert!(error["detail"].as_str().unwrap().contains(wrong), "{error}");
        assert!(refused.stdout.is_empty());
    }
    // Without it, and behind `--`, they are told to a person.
    let _ = project
        .run(&["runs", "--nonsense", "--", "--json"])
        .exits_with(2)
        .says(&["error: unexpected argument '--nonsense'", "Usage:"]);
}

/// Whoever reads no English gets what helps as data, wherever the error was found, and a code of the published list.
#[test]
fn an_error_as_json_says_what_helps_as_data() {
    let project = project();
    project.write("tape", "no cassette\n");
    let head = "stepwell-cassette 1\nmatch = \"sequence\"\n\n";
    project.write("full", &format!("{head}=== plan#1\n\nan answer\n"));
    let run = |more: &[&'static str]| [&["run", "each.toml", "--json"], more].concat();
    for (words, code, kind) in [
        (vec!["status", "--json"], "store", "go-to-project"),
        (vec!["run", "nowhere.toml", "--json"], "file", "name-file"),
        (run(&["--replay", "nowhere"]), "model", "name-file"),
        (run(&["--replay", "tape"]), "model", "record-cassette"),
        (run(&["--record", "full"]), "model", "record-elsewhere"),
        (
            run(&["--input", "a=1", "--input", "a=2"]),
            "invalid",
            "give-once",
        ),
    ] {
        let refused = project.run(&words);
        let error: serde_json::Value = serde_json::from_str(&refused.stderr).unwrap();
        assert_eq!(error["code"], code, "{words:?}: {error}");
        assert_eq!(error["remedy"]["kind"], kind, "{words:?}: {error}");
        assert!(error["hint"].is_string(), "{words:?}: {error}");
    }
}
