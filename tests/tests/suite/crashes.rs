//! `kill -9` at many moments: the same outcome as an undisturbed run, and nothing that was stored is paid for twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::Duration;

use stepwell_tests::{Finished, Project, Provider, Received, Reply, Sweep};

/// Does everything a step can: fans out, asks, fails and tries again, keeps a checkpoint, writes files.
const EVERYTHING: &str = r#"
name = "everything"
[[steps]]
id = "plan"
uses = "plugins/worker.wasm"
inputs.topic = "plan"
settings.calls = 2
settings.ask = ["name", "colour"]
settings.items = ["x", "y"]
  [[steps.steps]]
  id = "each"
  uses = "plugins/worker.wasm"
  for_each = "parent.items"
  concurrency = 2
  inputs.topic = "{{ item }}"
  settings.calls = 1
  settings.fan = 3
  settings.fail = 1
  settings.checkpoint = true
  settings.files = 3
  grants.workspace = "write"
[[steps]]
id = "beside"
uses = "plugins/worker.wasm"
inputs.topic = "beside"
settings.calls = 3
settings.files = 2
grants.workspace = "write"
[[steps]]
id = "join"
uses = "plugins/worker.wasm"
inputs.topic = "{{ steps.plan.each.result }} {{ steps.beside.result }}"
settings.calls = 1
"#;

fn run_arguments() -> Vec<&'static str> {
    vec![
        "run",
        "flow.toml",
        "--answer",
        "name=Ada",
        "--answer",
        "colour=red",
    ]
}

/// The files of the workspace and the documents of the newest run.
fn outcome(project: &Project) -> (Vec<(String, String)>, BTreeMap<String, String>) {
    let mut files = project.files();
    files.retain(|(path, _)| path.ends_with(".txt"));
    let mut documents = BTreeMap::new();
    for (step, name) in [
        ("plan", "result"),
        ("plan", "items"),
        ("plan/each[0]", "result"),
        ("plan/each[1]", "result"),
        ("beside", "result"),
        ("join", "result"),
    ] {
        documents.insert(format!("{step} {name}"), project.document(step, name));
    }
    (files, documents)
}

fn counted(journal: Vec<String>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for asked in journal {
        *counts.entry(asked).or_default() += 1;
    }
    counts
}

/// Kills with `kill -9`, or interrupts with Ctrl-C, after some of these times, and resumes until the run is done.
fn sweep(signal: &str, pauses: impl Iterator<Item = u64>) {
    let undisturbed = Provider::echo();
    let quiet = Project::of_worker(&undisturbed, EVERYTHING);
    let _ = quiet.run(&run_arguments()).exits_with(0);
    let expected = outcome(&quiet);
    let expected_calls = counted(undisturbed.journal());

    let mut killed_at_work = 0;
    for pause in Sweep::from_environment().of(pauses) {
        let provider = Provider::echo();
        provider.slow_down(Duration::from_millis(8));
        let project = Project::of_worker(&provider, EVERYTHING);
        let mut arguments = run_arguments();
        let mut kills = 0;
        loop {
            let mut child = project.spawn(&arguments);
            std::thread::sleep(Duration::from_millis(pause));
            let status = match child.try_wait().unwrap() {
                Some(status) => status,
                // From the third time on it is left alone, so that the test ends.
                None if kills < 3 => {
                    let id = child.id().to_string();
                    assert!(
                        std::process::Command::new("kill")
                            .args([signal, &id])
                            .status()
                            .unwrap()
                            .success()
                    );
                    kills += 1;
                    child.wait().unwrap()
                }
                None => {
                    let finished: Finished = child.wait_with_output().unwrap().into();
                    assert_eq!(
                        finished.code, 0,
                        "after {kills} × kill {signal} at {pause} ms: {}",
                        finished.stderr
                    );
                    break;
                }
            };
            if status.success() {
                break;
            }
            assert!(
                status.code().is_none_or(|code| code == 130),
                "ended by itself with {status}"
            );
            let begun = project.run(&["runs", "--json"]);
            if begun.code == 0 && begun.json()[0]["status"] == "success" {
                // Killed after its end was written down: there is nothing left to resume.
                break;
            }
            // Killed before the run was written down: it begins anew. Otherwise it goes on.
            let begun = begun.code == 0 && begun.stdout.contains("everything");
            arguments = if begun {
                vec!["resume", "last"]
            } else {
                run_arguments()
            };
        }
        killed_at_work += kills;
        assert_eq!(
            outcome(&project),
            expected,
            "after {kills} × kill {signal} at {pause} ms"
        );
        let received = provider.received();
        let answered = counted(
            received
                .iter()
                .filter(|it| it.answered)
                .map(|it| it.asked.clone())
                .collect(),
        );
        for (asked, count) in counted(provider.journal()) {
            let once = expected_calls.get(&asked).copied().unwrap_or(0);
            assert!(once > 0, "`{asked}` is asked by no undisturbed run");
            // At most one more for each time that a call could have been in flight.
            assert!(
                count <= once + kills,
                "`{asked}` was asked {count} times with {kills} kills ({answered:?})"
            );
        }
        let total: usize = counted(provider.journal()).values().sum();
        let total_undisturbed: usize = expected_calls.values().sum();
        // Never more than what was in flight at a kill: two items with three calls each, and the step beside them.
        assert!(
            total <= total_undisturbed + kills * 7,
            "{total} calls instead of {total_undisturbed}"
        );
    }
    assert!(
        killed_at_work > 5,
        "the sweep should hit runs that are under way"
    );
}

#[test]
fn kill_minus_nine_at_many_moments() {
    sweep("-KILL", (20..400).step_by(4));
}

#[test]
fn control_c_at_many_moments() {
    sweep("-INT", (20..330).step_by(6));
}

#[test]
fn an_answer_that_was_stored_is_not_asked_for_again() {
    let silent = Arc::new(AtomicBool::new(true));
    let provider = Provider::start({
        let silent = Arc::clone(&silent);
        move |_, Received { asked, .. }| match asked.ends_with("call 0") {
            false if silent.load(SeqCst) => Reply::Silence,
            _ => Reply::Text(format!("echo {asked}")),
        }
    });
    let project = Project::of_worker(&provider, EVERYTHING);
    // The first calls of two steps are answered; their second ones are in flight when the process is killed.
    let mut child = project.spawn(&run_arguments());
    provider.wait_for_requests(4);
    child.kill().unwrap();
    child.wait().unwrap();
    let calls = project
        .run(&["calls", "last", "--json"])
        .exits_with(0)
        .json();
    let stored: Vec<String> = calls
        .as_array()
        .unwrap()
        .iter()
        .filter(|call| call["state"] == "answered")
        .map(|call| call["id"].as_str().unwrap().to_owned())
        .collect();
    let mut prompts = Vec::new();
    for id in &stored {
        prompts.push(
            project
                .run(&["calls", "show", id, "--prompt"])
                .exits_with(0)
                .stdout
                .trim_end()
                .to_owned(),
        );
    }
    prompts.sort();
    assert_eq!(prompts, ["beside call 0", "plan call 0"]);
    let before = counted(provider.journal());
    silent.store(false, SeqCst);
    let _ = project.run(&["resume", "last"]).exits_with(0);
    let after = counted(provider.journal());
    for prompt in prompts {
        assert_eq!(before[&prompt], after[&prompt], "`{prompt}` was stored");
    }
}

#[test]
fn a_call_whose_answer_was_lost_is_held_until_it_is_written_off() {
    let provider = Provider::start(|_, _| Reply::Silence);
    let project = Project::of_worker(&provider, EVERYTHING);
    let mut child = project.spawn(&run_arguments());
    provider.wait_for_requests(1);
    child.kill().unwrap();
    child.wait().unwrap();
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    let id = calls[0]["id"].as_str().unwrap();
    let written = project.run(&["calls", "write-off", id, "--json"]);
    let written = written.exits_with(0).json();
    let attempt = &written["attempts"][0];
    // Also where the environment has no name of the user's, somebody did it.
    let by = attempt["written_off"]["by"].as_str();
    assert!(by.is_some_and(|by| !by.is_empty()), "{written}");
    // Both what is not held any more and what never was are refused, with the reason.
    let _ = project
        .run(&["calls", "write-off", id])
        .exits_with(4)
        .says(&[
            "nothing to write off",
            &format!("`stepwell calls show {id}`"),
        ]);
    let unknown = project.run(&["calls", "write-off", "ffffffff", "--json"]);
    assert_ne!(unknown.code, 0);
    let error: serde_json::Value = serde_json::from_str(&unknown.stderr).unwrap();
    assert!(error.is_object() && unknown.stdout.is_empty(), "{error}");
}
