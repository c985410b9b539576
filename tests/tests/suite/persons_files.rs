//! A person works on while a run publishes its files: whatever they wrote last is there, or can be restored.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::time::{Duration, Instant};

use stepwell_tests::{Finished, Project, Provider, Sweep};

/// Two steps, one after the other, that write the same files.
const TWICE: &str = r#"
name = "twice"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "shared"
settings.calls = 1
settings.files = 25
settings.items = ["shared"]
grants.workspace = "write"
[[steps]]
id = "second"
uses = "plugins/worker.wasm"
for_each = "steps.first.items"
inputs.topic = "{{ item }}"
settings.calls = 2
settings.files = 25
grants.workspace = "write"
"#;

fn path(number: usize) -> String {
    format!("shared/file_{number}.txt")
}

/// Saves a file as an editor does: what is at its path is replaced by a whole new one.
fn save(project: &Project, path: &str, text: &str) {
    let beside = project.join(".person-saves");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, project.join(path)).unwrap();
}

/// Saves one file after the other, until it is told to stop; gives the last text of each.
fn edit(project: &Project, files: usize, stop: &AtomicBool) -> BTreeMap<String, String> {
    let mut saved = BTreeMap::new();
    let mut random = fastrand::Rng::with_seed(1);
    for number in 0.. {
        let path = path(random.usize(..files));
        let text = format!("a person's {number}\n");
        save(project, &path, &text);
        saved.insert(path, text);
        if stop.load(SeqCst) {
            break;
        }
        std::thread::sleep(Duration::from_micros(700));
    }
    saved
}

/// Asserts that what a person saved last is at its path, or is what `files --restore` brings back.
fn nothing_is_lost(project: &Project, saved: &BTreeMap<String, String>, when: &str) {
    for (path, text) in saved {
        let now = project.read(path);
        if now.as_ref() == Some(text) {
            continue;
        }
        let restored = project.run(&["files", "last", "--restore", path]);
        let _ = restored.exits_with(0);
        let restored = project.read(path);
        assert_eq!(restored.as_ref(), Some(text), "{path} {when}, was {now:?}");
    }
}

/// Asserts that publishing left nothing beside the files.
fn nothing_lies_aside(project: &Project, when: &str) {
    let files = project.files().into_iter();
    let left: Vec<_> = files
        .filter(|(path, _)| path.contains(".stepwell-"))
        .collect();
    assert_eq!(left, [], "{when}");
}

#[test]
fn kill_minus_nine_at_many_moments_while_a_person_saves_files() {
    let mut killed = 0;
    for pause in Sweep::from_environment().of((20..420).step_by(5)) {
        let provider = Provider::echo();
        let project = Project::of_worker(&provider, TWICE);
        for number in 0..25 {
            project.write(&path(number), "old\n");
        }
        let stop = AtomicBool::new(false);
        let saved = std::thread::scope(|scope| {
            let person = scope.spawn(|| edit(&project, 25, &stop));
            killed += kill_and_resume(&project, pause);
            stop.store(true, SeqCst);
            person.join().unwrap()
        });
        let when = format!("killed after {pause} ms");
        nothing_lies_aside(&project, &when);
        nothing_is_lost(&project, &saved, &when);
    }
    assert!(killed > 5, "the sweep should hit runs that are under way");
}

/// Kills a run again and again, and lets it end at last; gives how often.
fn kill_and_resume(project: &Project, pause: u64) -> usize {
    let mut arguments = vec!["run", "flow.toml"];
    for kills in 0..3 {
        let mut child = project.spawn(&arguments);
        std::thread::sleep(Duration::from_millis(pause));
        if child.try_wait().unwrap().is_some() {
            return kills;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let begun = project.run(&["runs", "--json"]);
        if begun.code == 0 && begun.stdout.contains("twice") {
            if begun.json()[0]["status"] == "success" {
                return kills + 1;
            }
            arguments = vec!["resume", "last"];
        }
    }
    let _ = project.run(&arguments).exits_with(0);
    3
}

/// A file that is published late, one that is about to be made, and one that a round removes.
#[test]
fn what_is_saved_while_six_hundred_files_are_published_is_kept() {
    let provider = Provider::echo();
    let definition = TWICE.replace("files = 25", "files = 600");
    let project = Project::of_worker(&provider, &definition);
    // Every second one is there, and the others are made.
    for number in (0..600).step_by(2) {
        project.write(&path(number), "old\n");
    }
    let child = project.spawn(&["run", "flow.toml"]);
    let began = Instant::now();
    while project.read(&path(0)).as_deref() == Some("old\n") {
        assert!(began.elapsed() < Duration::from_secs(60), "nothing came");
        std::thread::sleep(Duration::from_millis(1));
    }
    // Those whose names sort last are published last.
    let mut saved = BTreeMap::new();
    for number in 80..100 {
        let text = format!("a person's {number}\n");
        save(&project, &path(number), &text);
        saved.insert(path(number), text);
    }
    let finished: Finished = child.wait_with_output().unwrap().into();
    let _ = finished.exits_with(0);
    nothing_lies_aside(&project, "in the end");
    nothing_is_lost(&project, &saved, "in the end");
    let events = project.run(&["files", "last", "--json"]).exits_with(0);
    let replaced = events.json();
    let replaced = replaced.as_array().unwrap().iter();
    let replaced = replaced.filter(|file| file["replaced_foreign"] == true);
    assert!(replaced.count() > 0, "nothing of it was met by the run");
}

/// What lies aside after a kill is found by `files --restore`, too, and nobody takes it for a leftover.
#[test]
fn a_run_that_is_killed_while_it_publishes_and_never_resumed_loses_nothing() {
    let (mut left_aside, mut round) = (0, 0);
    // Most kills come in time, and on a busy machine some.
    while round < 8 || (left_aside == 0 && round < 40) {
        round += 1;
        let provider = Provider::echo();
        let project = Project::of_worker(&provider, TWICE);
        for number in 0..25 {
            project.write(&path(number), "old\n");
        }
        let stop = AtomicBool::new(false);
        let saved = std::thread::scope(|scope| {
            let person = scope.spawn(|| edit(&project, 25, &stop));
            let mut child = project.spawn(&["run", "flow.toml"]);
            while child.try_wait().unwrap().is_none() {
                if !lying_aside(&project).is_empty() {
                    child.kill().unwrap();
                }
            }
            stop.store(true, SeqCst);
            person.join().unwrap()
        });
        left_aside += lying_aside(&project).len();
        let when = format!("in round {round}");
        nothing_is_lost(&project, &saved, &when);
    }
    eprintln!("{left_aside} texts lay aside after {round} kills");
    assert!(left_aside > 0, "no kill came between exchange and keeping");
}

/// The texts of the person that publishing took out of their paths, and that nobody has kept yet.
fn lying_aside(project: &Project) -> Vec<String> {
    let entries = std::fs::read_dir(project.join("shared")).unwrap().flatten();
    let aside = entries.filter(|entry| {
        let name = entry.file_name();
        name.to_string_lossy().starts_with(".stepwell-aside-")
    });
    let texts = aside.filter_map(|entry| std::fs::read_to_string(entry.path()).ok());
    texts
        .filter(|text| text.starts_with("a person's"))
        .collect()
}
