//! What is stored is kept as it was, grows by what is new alone, and goes when it is no longer needed.

use std::path::Path;

use stepwell_tests::{Project, Provider};

pub(crate) const FLOW: &str = r#"
name = "upkeep"
[[steps]]
id = "only"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
"#;

/// The same without a model.
const SMALL: &str = r#"
name = "upkeep"
[[steps]]
id = "only"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
"#;

/// The bytes below a folder.
pub(crate) fn bytes_of(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).unwrap();
    let bytes = entries.map(|entry| {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => bytes_of(&entry.path()),
            false => entry.metadata().unwrap().len(),
        }
    });
    bytes.sum()
}

/// Flips one bit of a letter, wherever a text stands in the store's file.
pub(crate) fn damage(project: &Project, text: &str) {
    let file = project.join(".stepwell/stepwell.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    let places: Vec<_> = (0..bytes.len() - text.len())
        .filter(|at| bytes[*at..].starts_with(text.as_bytes()))
        .collect();
    assert!(!places.is_empty(), "`{text}` isn't in the file");
    for at in places {
        bytes[at] ^= 1;
    }
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn a_damaged_letter_is_an_error_and_no_other_text() {
    // What is damaged, and the commands that would show it.
    let cases: [(&str, &[&str]); 3] = [
        ("Paint", &["prompt", "show", "worker"]),
        ("the answer", &["docs", "get", "last", "only", "result"]),
        ("\"workflow\":\"upkeep\"", &["status", "--json"]),
    ];
    for (text, command) in cases {
        let provider = Provider::start(|_, _| stepwell_tests::Reply::Text("the answer".into()));
        let project = Project::of_worker(&provider, FLOW);
        for template in ["Draw {{ topic }}.", "Paint {{ topic }}."] {
            let arguments = ["prompt", "add", "worker", "--text", template];
            let _ = project.run(&arguments).exits_with(0);
        }
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
        let before = project.run(command).exits_with(0).stdout;
        damage(&project, text);
        let after = project.run(command);
        assert!(after.code != 0 || after.stdout == before, "{command:?}");
        let _ = project.run(&["store", "check"]).exits_with(1);
        let looked = project.run(&["doctor"]).exits_with(1);
        assert!(looked.stdout.contains("damaged"), "{}", looked.stdout);
        // Nobody is asked by a text that nobody wrote.
        let paid = provider.journal().len();
        let _ = project.run(&["run", "flow.toml"]);
        for asked in &provider.journal()[paid..] {
            assert!(!asked.contains("aint"), "{asked}");
        }
    }
}

/// How many runs are measured together.
const RUNS: u64 = 60;

/// What a store holds, in bytes, and how long its files were before they were made as short as they can be.
struct Held {
    bytes: u64,
    before: u64,
}

fn held(project: &Project) -> Held {
    let store = project.join(".stepwell");
    let before = bytes_of(&store);
    let _ = project.run(&["store", "compact"]).exits_with(0);
    let bytes = bytes_of(&store);
    Held { bytes, before }
}

/// A store before and after so many small runs in a project whose prompt has three versions of so many bytes.
fn around_runs(size: usize) -> [Held; 2] {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, SMALL);
    for version in 0..3 {
        let text = format!("{version} {}", "some words ".repeat(size / 11));
        project.write("prompt.md", &text);
        let arguments = ["prompt", "add", "worker", "prompt.md"];
        let _ = project.run(&arguments).exits_with(0);
    }
    let arguments = ["prompt", "add", "worker", "--text", "Work on {{ topic }}."];
    let _ = project.run(&arguments).exits_with(0);
    // The component, and whatever else is kept once.
    for _ in 0..3 {
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    }
    let first = held(&project);
    for _ in 0..RUNS {
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    }
    [first, held(&project)]
}

#[test]
fn a_small_run_adds_what_it_wrote_whatever_its_prompts_weigh() {
    // What such a run writes, and what the store adds to it.
    const WRITTEN: u64 = 4_000;
    const MOST: u64 = RUNS * (WRITTEN + 10_000);
    // The file grows by doubling.
    const LENGTH: u64 = 2;
    for size in [20, 60_000, 900_000] {
        let [first, last] = around_runs(size);
        let growth = last.bytes.saturating_sub(first.bytes);
        assert!(growth <= MOST, "{growth} with {size}, and not {MOST}");
        let longest = LENGTH * last.bytes;
        assert!(
            last.before <= longest,
            "{} with {size}, and not {longest}",
            last.before
        );
    }
}

#[test]
fn texts_of_dropped_versions_are_freed_by_compacting() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    for version in 0..12 {
        let text = format!("{version} {}", "some words ".repeat(50_000));
        project.write("prompt.md", &text);
        let arguments = ["prompt", "add", "worker", "prompt.md"];
        let _ = project.run(&arguments).exits_with(0);
    }
    let store = project.join(".stepwell");
    let before = bytes_of(&store);
    let arguments = ["store", "compact", "--dry-run", "--json"];
    let told = project.run(&arguments).exits_with(0).json();
    assert_eq!(
        (&told["blobs"], &told["before"]),
        // The plugin's own text, which came first, is kept beside the versions.
        (&8.into(), &told["after"])
    );
    let done = project.run(&["store", "compact"]).exits_with(0);
    assert!(done.stdout.contains("8 texts"), "{}", done.stdout);
    assert!(bytes_of(&store) + 8 * 550_000 <= before);
    let _ = project.run(&["store", "check"]).exits_with(0);
    let shown = project.run(&["prompt", "show", "worker"]).exits_with(0);
    assert!(shown.stdout.starts_with("11 some words"));
}

#[test]
fn a_finished_run_goes_with_what_only_it_used_and_its_cost_stays() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    for _ in 0..4 {
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    }
    let runs = project.run(&["runs", "--json"]).exits_with(0).json();
    let id = |place: usize| runs[place]["id"].as_str().unwrap().to_owned();
    let calls = || {
        project
            .run(&["calls", "--all-runs", "--json"])
            .exits_with(0)
    };
    assert_eq!(calls().json().as_array().unwrap().len(), 4);

    let dry = project
        .run(&["runs", "rm", &id(3), "--dry-run"])
        .exits_with(0);
    assert!(dry.stdout.contains("would go") && dry.stdout.contains("frees"));
    let _ = project.run(&["status", &id(3)]).exits_with(0);
    let gone = project.run(&["runs", "rm", &id(3)]).exits_with(0);
    assert!(
        gone.stdout.contains("1 run, which frees"),
        "{}",
        gone.stdout
    );
    let _ = project.run(&["status", &id(3)]).exits_with(4);
    assert_eq!(calls().json().as_array().unwrap().len(), 3);

    let kept = project.run(&["runs", "rm", "--keep", "1", "--json"]);
    let kept = kept.exits_with(0).json();
    assert_eq!(kept["runs"].as_array().unwrap().len(), 2);
    let left = project.run(&["runs", "--json"]).exits_with(0).json();
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["id"], runs[0]["id"]);
    let none = project
        .run(&["runs", "rm", "--older-than", "1"])
        .exits_with(0);
    assert!(none.stdout.contains("no run goes"), "{}", none.stdout);
    let below = project.run(&["runs", "rm", "--below", "1"]).exits_with(0);
    assert!(below.stdout.contains("1 run"), "{}", below.stdout);
    let _ = project.run(&["store", "check"]).exits_with(0);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let _ = project.run(&["runs", "rm"]).exits_with(2);
}

/// Sizes that nobody knows decide nothing.
#[test]
fn a_damaged_store_removes_no_run_for_its_size() {
    let provider = Provider::start(|_, _| stepwell_tests::Reply::Text("the answer".into()));
    let project = Project::of_worker(&provider, FLOW);
    for _ in 0..2 {
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    }
    let runs = || project.run(&["runs"]).exits_with(0).stdout;
    let before = runs();
    damage(&project, "the answer");
    for dry in [true, false] {
        let mut below = vec!["runs", "rm", "--below", "1kB"];
        below.extend(dry.then_some("--dry-run"));
        let refused = project.run(&below);
        assert_eq!(refused.stdout, "", "it says of none that it goes");
        assert_ne!(refused.code, 0);
        refused.says(&["no run is removed for its size", "stepwell doctor"]);
    }
    assert_eq!(runs(), before);
    // What doesn't go by sizes goes.
    let by_name = project.run(&["runs", "rm", "last"]);
    let _ = by_name.exits_with(0);
}

#[test]
fn a_run_that_isnt_finished_or_that_a_comparison_stands_on_stays() {
    let provider = Provider::echo();
    let asking = FLOW.replace("settings.calls = 1", "settings.ask = [\"colour\"]");
    let project = Project::of_worker(&provider, &asking);
    let _ = project.run(&["run", "flow.toml"]).exits_with(3);
    let _ = project
        .run(&["runs", "rm", "last"])
        .exits_with(4)
        .says(&["isn't finished", "stepwell cancel"]);
    let none = project.run(&["runs", "rm", "--keep", "0"]).exits_with(0);
    assert!(none.stdout.contains("no run goes"), "{}", none.stdout);
    let _ = project.run(&["cancel", "last"]).exits_with(0);
    let _ = project.run(&["runs", "rm", "last"]).exits_with(0);

    project.write("flow.toml", FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let add = ["prompt", "add", "worker", "--text", "Think of {{ topic }}."];
    let _ = project.run(&add).exits_with(0);
    let compare = ["compare", "only", "--prompt", "worker", "--run", "last"];
    let _ = project.run(&compare).exits_with(0);
    let _ = project
        .run(&["runs", "rm", "last"])
        .exits_with(4)
        .says(&["stands on run"]);
    let kept = project.run(&["runs", "rm", "--keep", "0"]).exits_with(0);
    assert!(kept.stdout.contains("stays"), "{}", kept.stdout);
    let _ = project.run(&["status", "last"]).exits_with(0);
    let _ = project.run(&["store", "compact"]).exits_with(0);
    let _ = project.run(&["comparison", "show", "last"]).exits_with(0);
}

#[test]
fn a_server_removes_what_retention_doesnt_keep_when_a_run_ends() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, SMALL);
    let configuration = project.read("stepwell.toml").unwrap();
    let keep = format!("{configuration}\n[retention]\nruns = 2\n");
    project.write("stepwell.toml", &keep);
    let serving = project.serve(&[]);
    let started: Vec<_> = (0..5)
        .map(|_| {
            let run = serving.start(&project, "flow.toml");
            assert_eq!(serving.at_rest(&run)["status"], "success");
            run
        })
        .collect();
    // It is done beside the request by which it is seen that the last one has ended.
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    let left = loop {
        let runs = serving.get("/api/runs").json();
        let left: Vec<_> = runs["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|run| run["id"].clone())
            .collect();
        if left.len() == 2 || std::time::Instant::now() > deadline {
            break left;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    };
    assert_eq!(left, [started[4].as_str(), started[3].as_str()]);
    let _ = serving.terminate().exits_with(0);
}

#[test]
fn retention_removes_what_it_doesnt_keep_when_work_begins() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, SMALL);
    for _ in 0..3 {
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    }
    let runs = || project.run(&["runs", "--json"]).exits_with(0).json();
    assert_eq!(
        runs().as_array().unwrap().len(),
        3,
        "off where nothing is said"
    );
    let configuration = project.read("stepwell.toml").unwrap();
    let keep = format!("{configuration}\n[retention]\nruns = 1\n");
    project.write("stepwell.toml", &keep);
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(0)
        .says(&["2 finished runs are removed"]);
    assert_eq!(runs().as_array().unwrap().len(), 2);
}

#[test]
fn a_store_is_copied_while_a_run_uses_it() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    provider.hold();
    let running = project.spawn(&["run", "flow.toml"]);
    provider.wait_for_requests(2);
    let _ = project.run(&["store", "backup", "copy"]).exits_with(0);
    // What would be in the way of a run needs the store alone.
    let _ = project
        .run(&["store", "compact"])
        .exits_with(5)
        .says(&["in use"]);
    let _ = project
        .run(&["store", "backup", "copy"])
        .exits_with(5)
        .says(&["hint:", "empty"]);
    // A run that is under way doesn't go, a finished one does.
    let _ = project.run(&["runs", "rm", "last"]).exits_with(4);
    let gone = project.run(&["runs", "rm", "--keep", "0"]).exits_with(0);
    assert!(gone.stdout.contains("1 run"), "{}", gone.stdout);
    provider.release();
    assert!(running.wait_with_output().unwrap().status.success());
    let copied = ["runs", "--json", "--store", "copy"];
    let copied = project.run(&copied).exits_with(0).json();
    assert_eq!(copied.as_array().unwrap().len(), 2);
    let _ = project
        .run(&["store", "check", "--store", "copy"])
        .exits_with(0);
    let _ = project.run(&["store", "check"]).exits_with(0);
}
