//! A clock that is set back, under the real binary: what is last is what was committed last (rule E29).
#![cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]

use serde_json::Value;
use stepwell_tests::{Project, Provider, set_clock_back};

const DAY: u64 = 86_400;

const FLOW: &str = "name = \"flow\"\n[inputs]\ntopic = {}\n[[steps]]\nid = \"first\"\nuses = \"plugins/worker.wasm\"\n\
                    inputs.topic = \"{{ inputs.topic }}\"\nsettings.calls = 1\nsettings.files = 1\ngrants.workspace = \"write\"\n";

fn run(project: &Project, topic: &str) {
    let input = format!("topic={topic}");
    let _ = project
        .run(&["run", "flow.toml", "--input", &input])
        .exits_with(0);
}

fn column(listed: &Value, name: &str) -> Vec<String> {
    let listed = listed.as_array().unwrap().iter();
    listed
        .map(|one| one[name].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_last_run_is_the_one_that_began_last_though_the_clock_was_set_back() {
    let provider = Provider::echo();
    let mut project = Project::of_worker(&provider, FLOW);
    run(&project, "one");
    for (topic, days) in [("two", 1), ("three", 3), ("four", 2)] {
        set_clock_back(&mut project, days * DAY);
        run(&project, topic);
        let result = project.document("first", "result");
        assert!(result.contains(&format!("echo {topic} call 0")), "{result}");
        let files = project.run(&["files", "last", "--json"]).exits_with(0);
        let path = format!("{topic}/file_0.txt");
        assert_eq!(column(&files.json(), "path"), [path]);
    }
    let runs = project.run(&["runs", "--json"]).exits_with(0).json();
    let began = column(&runs, "created_at");
    assert!(!began.is_sorted_by(|one, next| one >= next), "{began:?}");
    let ids = column(&runs, "id");
    assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    assert_eq!(column(&calls, "run"), ids[..1], "those of the last run");
}

/// The second step writes what the first one wrote, after the clock was set back between them.
#[test]
fn files_are_compared_and_restored_in_the_order_of_commits() {
    const TWO: &str = "name = \"two\"\n[[steps]]\nid = \"first\"\nuses = \"plugins/worker.wasm\"\n\
                       inputs.topic = \"same\"\nsettings.files = 1\nsettings.items = [\"same\"]\n\
                       grants.workspace = \"write\"\n\
                       [[steps]]\nid = \"second\"\nuses = \"plugins/worker.wasm\"\nfor_each = \"steps.first.items\"\n\
                       inputs.topic = \"{{ item }}\"\nsettings.calls = 1\nsettings.files = 1\n\
                       grants.workspace = \"write\"\n";
    let provider = Provider::echo();
    let mut project = Project::of_worker(&provider, TWO);
    project.write("same/file_0.txt", "old\n");
    let _ = project
        .run(&["run", "flow.toml", "--until", "first"])
        .exits_with(3);
    set_clock_back(&mut project, DAY);
    let _ = project.run(&["resume", "last"]).exits_with(0);
    let now = project.read("same/file_0.txt").unwrap();
    assert!(now.contains("echo same call 0"), "{now}");
    let diff = project.run(&["files", "last", "--diff"]).exits_with(0);
    let shown = &diff.stdout;
    assert!(
        shown.contains("-old") && shown.contains("+echo same call 0"),
        "{shown}"
    );
    let _ = project
        .run(&["files", "last", "--restore", "same/file_0.txt"])
        .exits_with(0);
    assert_eq!(project.read("same/file_0.txt").unwrap(), "old\n");
}

/// The clock of a machine without a battery: before 1970, where neither an id nor the head of an answer has a time.
#[test]
fn a_clock_before_1970_ends_nothing_and_the_last_run_is_still_the_last() {
    let provider = Provider::echo();
    let mut project = Project::of_worker(&provider, FLOW);
    set_clock_back(&mut project, 60 * 366 * DAY);
    for topic in ["one", "two", "three"] {
        run(&project, topic);
        let files = project.run(&["files", "last", "--json"]).exits_with(0);
        let path = format!("{topic}/file_0.txt");
        assert_eq!(column(&files.json(), "path"), [path]);
    }
    let runs = project.run(&["runs", "--json"]).exits_with(0).json();
    let ids = column(&runs, "id");
    assert!(ids.is_sorted_by(|one, next| one > next), "{ids:?}");
    let began = column(&runs, "created_at");
    assert!(began[0].starts_with("196"), "{began:?}");
    for command in [
        &["status"][..],
        &["calls"],
        &["doctor"],
        &["store", "check"],
    ] {
        let ended = project.run(command);
        assert!(
            !ended.stderr.contains("panicked"),
            "{command:?}: {}",
            ended.stderr
        );
    }
    let refused = project.run(&["serve", "--listen", "127.0.0.1:0"]);
    refused
        .exits_with(1)
        .says(&["before 1970", "set the clock"]);
}
