//! A store of which something is damaged: what is whole can be used, and what isn't says so before anything is paid for.

use stepwell_tests::{Finished, Project, Provider};

use crate::upkeep::{FLOW, damage};

/// A project whose prompt `worker` has its plugin's text as v1, v2 "Draw", v3 "Paint" and v4 "Sketch", which is current.
fn with_versions(provider: &Provider) -> Project {
    let project = Project::of_worker(provider, FLOW);
    for verb in ["Draw", "Paint", "Sketch"] {
        let text = format!("{verb} {{{{ topic }}}}.");
        let arguments = ["prompt", "add", "worker", "--text", &text];
        let _ = project.run(&arguments).exits_with(0);
    }
    project
}

#[test]
fn the_current_version_is_sent_though_another_one_is_damaged() {
    let provider = Provider::echo();
    let project = with_versions(&provider);
    damage(&project, "Paint {{ topic }}.");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(project.document("only", "result").contains("Sketch tea."));
    let listed = project.run(&["prompt", "list", "worker"]).exits_with(0);
    let lines: Vec<_> = listed.stdout.lines().collect();
    let unreadable = |line: &&&str| line.contains("can't be read");
    let told: Vec<_> = lines.iter().filter(unreadable).collect();
    assert!(told.len() == 1 && told[0].contains("v3"), "{lines:?}");
    let _ = project
        .run(&["prompt", "show", "worker", "3"])
        .exits_with(5)
        .says(&[
            "v3 of prompt `worker` can't be read",
            "stepwell prompt rm worker 3",
        ]);
    let _ = project.run(&["prompt", "use", "worker", "3"]).exits_with(5);
    let _ = project.run(&["prompt", "rm", "worker", "3"]).exits_with(0);
    let left = project
        .run(&["prompt", "list", "worker", "--json"])
        .exits_with(0);
    let versions = left.json()[0]["versions"].clone();
    assert_eq!(versions.as_array().unwrap().len(), 3);
    assert!(
        versions
            .as_array()
            .unwrap()
            .iter()
            .all(|it| it["unreadable"].is_null())
    );
}

#[test]
fn a_damaged_current_version_is_an_error_before_anything_is_paid_for() {
    let provider = Provider::echo();
    let project = with_versions(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    damage(&project, "Sketch {{ topic }}.");
    let error = [
        "v4 of prompt `worker` can't be read",
        "stepwell prompt use worker N",
    ];
    for command in [
        ["run", "flow.toml"].as_slice(),
        &["step", "run", "only", "--run", "last"],
        &["compare", "only", "--run", "last"],
    ] {
        let _ = project.run(command).exits_with(5).says(&error);
    }
    assert_eq!(provider.received().len(), 1);
    let _ = project.run(&["prompt", "use", "worker", "2"]).exits_with(0);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(project.document("only", "result").contains("Draw tea."));
    let _ = project.run(&["prompt", "rm", "worker", "4"]).exits_with(0);
}

#[test]
fn a_damaged_version_can_be_removed_on_the_page_and_by_the_api() {
    let provider = Provider::echo();
    let project = with_versions(&provider);
    damage(&project, "Paint {{ topic }}.");
    damage(&project, "Sketch {{ topic }}.");
    let server = project.serve(&[]);
    let page = server.get("/prompts/worker");
    assert_eq!(page.status, 200);
    assert!(page.body.contains("can't be read") && page.body.contains("/prompts/worker?version=2"));
    let choice = serde_json::json!({ "number": 2 }).to_string();
    let json = [("content-type", "application/json")];
    let made = server.ask("PUT", "/api/prompts/worker/current", &json, &choice);
    assert_eq!(made.status, 200, "{}", made.body);
    let gone = server.ask("DELETE", "/api/prompts/worker/versions/4", &[], "");
    assert_eq!(gone.status, 200, "{}", gone.body);
    let page = server.get("/prompts/worker?version=3");
    assert!(
        page.body.contains("can't be read") && page.body.contains("Delete v3"),
        "{}",
        page.body
    );
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let gone = server.ask("POST", "/prompts/worker/remove", &form, "version=3");
    assert!(gone.status < 400, "{}", gone.body);
    let left = server.get("/api/prompts/worker").json();
    assert_eq!(left["versions"].as_array().unwrap().len(), 2, "{left}");
}

/// The store of a run whose process was killed while it asked, with one bit flipped so that nothing opens it any more.
fn unopenable(project: &Project, provider: &Provider) {
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    provider.hold();
    let mut running = project.spawn(&["run", "flow.toml"]);
    provider.wait_for_requests(2);
    running.kill().unwrap();
    running.wait().unwrap();
    let file = project.join(".stepwell/stepwell.redb");
    let good = std::fs::read(&file).unwrap();
    // What opens it mends what it can: each place is tried on a copy.
    let is_refused = |place: &usize| {
        let mut bad = good.clone();
        bad[*place] ^= 1;
        std::fs::write(project.join("tried/stepwell.redb"), &bad).unwrap();
        project.run(&["runs", "--store", "tried"]).code == 5
    };
    std::fs::create_dir_all(project.join("tried")).unwrap();
    let mut places = (4096..good.len()).step_by(4096).map(|page| page + 9);
    let place = places.find(is_refused).unwrap();
    let mut bad = good.clone();
    bad[place] ^= 1;
    std::fs::write(&file, bad).unwrap();
}

#[test]
fn a_store_that_cant_be_opened_is_salvaged_and_used_again() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    unopenable(&project, &provider);
    let _ = project
        .run(&["runs"])
        .exits_with(5)
        .says(&["is damaged", "stepwell store salvage DIR"]);
    let before = std::fs::read(project.join(".stepwell/stepwell.redb")).unwrap();
    let told = project.run(&["store", "salvage", "salvaged"]).exits_with(0);
    let text = &told.stdout;
    assert!(text.contains("runs") && text.contains("2 kept"), "{text}");
    assert!(
        text.contains("of the last commit") && text.contains("Nothing is lost"),
        "{text}"
    );
    let after = std::fs::read(project.join(".stepwell/stepwell.redb")).unwrap();
    assert!(before == after, "the damaged store was changed");
    let again = project.run(&["store", "salvage", "salvaged", "--json"]);
    let _ = again.exits_with(5).says(&["there is something in"]);
    std::fs::rename(project.join(".stepwell"), project.join("damaged")).unwrap();
    std::fs::rename(project.join("salvaged"), project.join(".stepwell")).unwrap();
    let _ = project.run(&["store", "check"]).exits_with(0);
    provider.release();
    let _ = project.run(&["resume", "last"]).exits_with(0);
}

#[test]
fn what_is_lost_is_told_by_its_name() {
    let provider = Provider::echo();
    let project = with_versions(&provider);
    // One bit would be told, and flipped back.
    damage(&project, "Paint {{ topic }}.");
    damage(&project, "aint {{ topic }}.");
    let told = project.run(&["store", "salvage", "salvaged"]).exits_with(1);
    let text = &told.stdout;
    assert!(text.contains("lost: blob sha256:"), "{text}");
    // The prompt that it was a text of is there, and says what it misses.
    assert!(
        text.contains("v3 of prompt `worker` can't be read"),
        "{text}"
    );
    let json = ["store", "salvage", "other", "--json"];
    let json = project.run(&json).exits_with(1).json();
    assert_eq!(json["lost"].as_array().unwrap().len(), 1, "{json}");
    let _ = project
        .run(&["run", "flow.toml", "--store", "salvaged"])
        .exits_with(0);
    let _ = project
        .run(&["store", "salvage", "none", "--store", "nowhere"])
        .exits_with(5);
}

#[test]
fn a_copy_of_a_damaged_store_says_what_it_lacks_and_holds_the_rest() {
    let provider = Provider::echo();
    let project = with_versions(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let whole = project.run(&["store", "backup", "whole", "--json"]);
    let whole = whole.exits_with(0).json();
    assert!(whole["unreadable"].as_array().unwrap().is_empty());
    damage(&project, "Paint {{ topic }}.");
    let told = project.run(&["store", "backup", "copy"]).exits_with(1);
    assert!(
        told.stdout.contains("v3 of prompt `worker` can't be read"),
        "{}",
        told.stdout
    );
    let _ = project.run(&["runs", "--store", "copy"]).exits_with(0);
    let _ = project
        .run(&["store", "check", "--store", "copy"])
        .exits_with(1);
    let server = project.serve(&[]);
    let _ = project.run(&["store", "backup", "other"]).exits_with(1);
    drop(server);
}

#[test]
fn a_copy_is_not_made_among_the_stores_own_files() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    std::os::unix::fs::symlink(project.join(".stepwell/blobs"), project.join("way")).unwrap();
    for folder in [
        ".stepwell",
        ".stepwell/blobs/copy",
        ".stepwell/new/copy",
        "way/copy",
    ] {
        for command in ["backup", "salvage"] {
            let _ = project
                .run(&["store", command, folder])
                .exits_with(5)
                .says(&["would go with the store", "outside of the store's"]);
        }
    }
    assert!(!project.join(".stepwell/new").exists());
    let _ = project.run(&["store", "compact"]).exits_with(0);
}

#[test]
fn a_store_in_use_is_checked_through_who_uses_it() {
    let provider = Provider::echo();
    let project = with_versions(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let server = project.serve(&[]);
    let beside = "are not checked while another process has the store open";
    let checked = project.run(&["store", "check"]).exits_with(0);
    assert!(checked.stdout.contains(beside), "{}", checked.stdout);
    assert!(project.run(&["doctor"]).stdout.contains(beside));
    drop(server);
    damage(&project, "Paint {{ topic }}.");
    let server = project.serve(&[]);
    for command in [&["store", "check"][..], &["doctor"]] {
        let told = project.run(command).exits_with(1);
        assert!(
            told.stdout.contains("v3 of prompt `worker` can't be read"),
            "{}",
            told.stdout
        );
    }
    drop(server);
}

#[test]
fn retention_waits_for_a_run_that_begins_and_spares_a_damaged_store() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    for _ in 0..3 {
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    }
    let configuration = project.read("stepwell.toml").unwrap();
    project.write(
        "stepwell.toml",
        &format!("{configuration}\n[retention]\nruns = 1\n"),
    );
    let runs = || {
        project
            .run(&["runs", "--json"])
            .json()
            .as_array()
            .unwrap()
            .len()
    };
    // One that can't begin removes nothing.
    project.write("wrong.toml", &FLOW.replace("worker.wasm", "none.wasm"));
    assert_ne!(project.run(&["run", "wrong.toml"]).code, 0);
    assert_eq!(runs(), 3);
    // So does one on a store of which nobody knows what stands on what.
    let listed = project.run(&["runs", "--json"]).json();
    let newest = listed[0]["id"].as_str().unwrap();
    damage(&project, &format!("{{\"id\":\"{newest}\""));
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(0)
        .says(&["no run is removed by `[retention]`", "can't be read"]);
    assert_eq!(runs(), 3);
}

#[test]
fn older_than_nothing_is_every_run_that_has_ended() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    for _ in 0..2 {
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    }
    let gone = project
        .run(&["runs", "rm", "--older-than", "0"])
        .exits_with(0);
    assert!(gone.stdout.contains("2 runs"), "{}", gone.stdout);
}

/// The newest run's id.
fn last(project: &Project) -> String {
    let view = project.run(&["status", "--json"]).exits_with(0).json();
    view["id"].as_str().unwrap().to_owned()
}

/// What a program reads beside a listing in JSON.
#[track_caller]
fn says_what_is_left_out(listed: &Finished, detail: &str) {
    let lines: Vec<_> = listed
        .stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .collect();
    assert_eq!(lines.len(), 1, "{}", listed.stderr);
    let told: serde_json::Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(told["code"], "store", "{told}");
    assert!(told["detail"].as_str().unwrap().contains(detail), "{told}");
    assert_eq!(told["remedy"]["kind"], "list-unreadable", "{told}");
    assert!(told["hint"].as_str().unwrap().contains("doctor"), "{told}");
}

/// Flips one bit of the keys with these bytes, wherever they stand in the store's file.
fn damage_key(project: &Project, key: &[u8], bit: usize) {
    let file = project.join(".stepwell/stepwell.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    let places: Vec<_> = (0..bytes.len() - key.len())
        .filter(|at| bytes[*at..].starts_with(key))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at + bit / 8] ^= 1 << (bit % 8);
    }
    std::fs::write(file, bytes).unwrap();
}

#[test]
fn a_run_whose_key_is_damaged_is_told_by_every_listing_and_by_doctor() {
    // A bit of the kind, and ones of the id.
    for bit in [1, 2, 16, 99, 135] {
        let provider = Provider::echo();
        let project = Project::of_worker(&provider, FLOW);
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
        let two = last(&project);
        let id = two.parse::<stepwell_contract::RunId>().unwrap().0;
        damage_key(&project, &[b"r", id.as_bytes().as_slice()].concat(), bit);
        for command in [
            &["status"][..],
            &["status", "last"],
            &["docs", "list", "last"],
        ] {
            let finished = project.run(command);
            assert_eq!(finished.code, 5, "{bit} {command:?}: {}", finished.stderr);
        }
        let listed = project.run(&["runs"]).exits_with(0);
        assert!(
            listed.stderr.contains("1 run can't be read"),
            "{bit}: {}",
            listed.stderr
        );
        let listed = project.run(&["runs", "--json"]).exits_with(0);
        assert_eq!(listed.json().as_array().unwrap().len(), 1, "{bit}");
        says_what_is_left_out(&listed, "1 run can't be read");
        for command in [&["doctor"][..], &["store", "check"]] {
            let told = project.run(command).exits_with(1);
            assert!(
                told.stdout.contains(&two),
                "{bit} {command:?}: {}",
                told.stdout
            );
        }
        let serving = project.serve(&[]);
        assert_eq!(serving.get("/api/runs").json()["unreadable"], 1, "{bit}");
        let _ = serving.terminate().exits_with(0);
    }
}

#[test]
fn calls_that_can_t_be_read_are_counted_where_they_are_listed() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    let id = calls[0]["id"].as_str().unwrap();
    damage(&project, &format!("{{\"id\":\"{id}\""));
    let listed = project.run(&["calls", "last"]).exits_with(0);
    assert!(
        listed.stderr.contains("1 call can't be read"),
        "{}",
        listed.stderr
    );
    let listed = project.run(&["calls", "last", "--json"]).exits_with(0);
    assert_eq!(listed.json().as_array().unwrap().len(), 0);
    says_what_is_left_out(&listed, "1 call can't be read");
    let serving = project.serve(&[]);
    assert_eq!(serving.get("/api/calls").json()["unreadable"], 1);
    assert_eq!(serving.get("/api/improvements").json()["unreadable"], 0);
    let page = serving.get("/calls");
    assert!(page.body.contains("1 call can"), "{}", page.body);
    // The same by the socket.
    let listed = project.run(&["calls", "last", "--json"]).exits_with(0);
    says_what_is_left_out(&listed, "1 call can't be read");
    let _ = serving.terminate().exits_with(0);
}

#[test]
fn where_the_last_run_can_t_be_read_no_other_one_is_taken_for_it() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let one = last(&project);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let two = last(&project);
    damage(&project, &format!("{{\"id\":\"{two}\""));
    project.write("text.md", "another text");
    let short = &two[two.len() - 8..];
    for run in ["last", short, &two] {
        for command in [
            &["docs", "get", run, "only", "result"][..],
            &["docs", "put", run, "only", "result", "text.md"],
            &["docs", "list", run],
            &["files", run],
            &["status", run],
            &["step", "run", "only", "--run", run],
            &["runs", "rm", run],
            &["runs", "rm", run, "--dry-run"],
            &["cancel", run],
            &["resume", run],
        ] {
            let finished = project.run(command);
            if finished.code == 2 {
                panic!("{command:?}: {}", finished.stderr);
            }
            assert_eq!(finished.code, 5, "{command:?}: {}", finished.stderr);
            assert!(
                finished.stderr.contains(&two),
                "{command:?}: {}",
                finished.stderr
            );
        }
    }
    let refused = project.run(&["compare", "only", "--prompt", "worker"]);
    assert_eq!(refused.code, 5, "{}", refused.stderr);
    // The other one is what it was.
    let _ = project
        .run(&["docs", "get", &one, "only", "result"])
        .exits_with(0);
    // A listing says that one is missing.
    let listed = project.run(&["runs"]).exits_with(0);
    assert!(
        listed.stderr.contains("1 run can't be read"),
        "{}",
        listed.stderr
    );
    let listed = project.run(&["runs", "--json"]).exits_with(0);
    assert_eq!(listed.json().as_array().unwrap().len(), 1);
    says_what_is_left_out(&listed, "1 run can't be read");
    let serving = project.serve(&[]);
    for path in [
        "/api/runs/last",
        "/api/runs/last/outcome",
        "/api/runs/last/files",
    ] {
        let answered = serving.get(path);
        assert!(answered.status >= 400, "{path}: {answered:?}");
    }
    assert_eq!(serving.get("/api/runs").json()["unreadable"], 1);
    assert_eq!(serving.get("/api/comparisons").json()["unreadable"], 0);
    let page = serving.get("/runs");
    assert!(
        page.body.contains("1 run can&#39;t be read") || page.body.contains("1 run can't be read")
    );
    let _ = serving.terminate().exits_with(0);
}

#[test]
fn a_comparison_that_can_t_be_read_is_named_and_no_other_one_taken_for_it() {
    let provider = Provider::echo();
    let project = with_versions(&provider);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let newest = || {
        let listed = project.run(&["comparisons", "--json"]).exits_with(0).json();
        listed[0]["id"].as_str().unwrap().to_owned()
    };
    let compare = |versions: &str| {
        let _ = project
            .run(&[
                "compare",
                "only",
                "--prompt",
                "worker",
                "--versions",
                versions,
            ])
            .exits_with(0);
        newest()
    };
    let one = compare("2,3");
    let two = compare("3,4");
    assert_ne!(one, two);
    damage(&project, &format!("{{\"id\":\"{two}\""));
    let short = &two[two.len() - 8..];
    for comparison in ["last", short, &two] {
        for command in [
            &["comparison", "show", comparison][..],
            &["comparison", "rm", comparison, "--dry-run"],
            &["comparison", "rm", comparison],
        ] {
            let finished = project.run(command);
            assert_eq!(finished.code, 5, "{command:?}: {}", finished.stderr);
            assert!(
                finished.stderr.contains(&two),
                "{command:?}: {}",
                finished.stderr
            );
        }
    }
    let _ = project.run(&["comparison", "show", &one]).exits_with(0);
    let listed = project.run(&["comparisons"]).exits_with(0);
    assert!(
        listed.stderr.contains("1 comparison can't be read"),
        "{}",
        listed.stderr
    );
}

#[test]
fn an_outcome_that_can_t_be_read_is_not_one_that_never_was() {
    let provider = Provider::echo();
    let project = Project::of_worker(
        &provider,
        &format!("{FLOW}settings.files = 2\ngrants.workspace = \"write\"\n"),
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let run = last(&project);
    let wrote = project.run(&["files", "last"]).exits_with(0).stdout;
    assert!(wrote.contains("file_0.txt"), "{wrote}");
    damage(&project, &format!("{{\"key\":{{\"run\":\"{run}\""));
    for command in [
        &["files", "last"][..],
        &["files", "last", "--json"],
        &["files", "last", "--diff"],
        &["docs", "list", "last"],
    ] {
        let finished = project.run(command).exits_with(5);
        assert!(
            finished.stderr.contains("can't be read"),
            "{command:?}: {}",
            finished.stderr
        );
        assert!(
            !finished.stderr.contains("wrote no files"),
            "{}",
            finished.stderr
        );
    }
    let status = project.run(&["status"]).exits_with(0);
    assert!(
        status.stdout.contains("unreadable") && !status.stdout.contains("skipped"),
        "{}",
        status.stdout
    );
    let view = project.run(&["status", "--json"]).exits_with(0).json();
    assert_eq!(view["steps"][0]["status"], "unreadable");
    assert_eq!(view["unreadable"], 1);
}
