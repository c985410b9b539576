//! Much of what is bounded for itself, at once: large files, compilations. And none of it is left behind.

use std::collections::BTreeSet;
use std::fs::File;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use stepwell_tests::{Project, Provider, Reply, Serving, until};

use crate::bounded::costly;

/// The most memory that a process has had, in bytes.
fn most_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.unwrap().trim().trim_end_matches(" kB");
    kibibytes.parse::<u64>().unwrap() << 10
}

/// The processes that a process began.
fn children(process: u32) -> BTreeSet<u32> {
    // A child whose thread ends meanwhile is listed with two of them.
    let mut found = BTreeSet::new();
    for thread in std::fs::read_dir(format!("/proc/{process}/task"))
        .into_iter()
        .flatten()
    {
        let listed = thread.unwrap().path().join("children");
        let listed = std::fs::read_to_string(listed).unwrap_or_default();
        found.extend(
            listed
                .split_whitespace()
                .map(|id| id.parse::<u32>().unwrap()),
        );
    }
    found
}

/// Whether a process is there, and is more than what its parent hasn't asked after yet.
fn lives(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    stat.is_ok_and(|stat| {
        !stat
            .rsplit(')')
            .next()
            .unwrap()
            .trim_start()
            .starts_with('Z')
    })
}

/// Asks for all of these at once, and gives the statuses and bodies.
fn at_once(serving: &Serving, paths: &[String]) -> Vec<(u16, String)> {
    std::thread::scope(|scope| {
        let asked = paths.iter().map(|path| {
            scope.spawn(move || {
                let answered = serving.get(path);
                (answered.status, answered.body)
            })
        });
        let asked: Vec<_> = asked.collect();
        asked
            .into_iter()
            .map(|asked| asked.join().unwrap())
            .collect()
    })
}

#[test]
fn a_plugin_that_is_too_large_is_refused_by_its_size() {
    let project = Project::new();
    let huge = File::create(project.join("huge.wasm")).unwrap();
    huge.set_len(5 << 30).unwrap();
    let serving = project.serve(&[]);
    let _ = serving.get("/healthz");
    let before = most_memory(serving.id());
    let paths = vec!["/api/plugin?uses=./huge.wasm".to_owned(); 8];
    for (status, body) in at_once(&serving, &paths) {
        assert_eq!(status, 422, "{body}");
        assert!(body.contains("it is larger than 256 MiB"), "{body}");
    }
    let grown = most_memory(serving.id()) - before;
    assert!(grown < 100 << 20, "it took {grown} bytes");
    let _ = project
        .run(&["plugin", "inspect", "./huge.wasm"])
        .exits_with(4)
        .says(&["it is larger than 256 MiB"]);
}

/// Each has as many bytes as one may have, of nothing: they take memory in turns.
#[test]
fn many_large_files_take_no_more_memory_than_a_few() {
    let project = Project::new();
    let large = File::create(project.join("large.wasm")).unwrap();
    large.set_len(200 << 20).unwrap();
    let serving = project.serve(&[]);
    let _ = serving.get("/healthz");
    let before = most_memory(serving.id());
    let paths = vec!["/api/plugin?uses=./large.wasm".to_owned(); 6];
    for (status, body) in at_once(&serving, &paths) {
        assert!([422, 503].contains(&status), "{status}: {body}");
    }
    let grown = most_memory(serving.id()) - before;
    assert!(grown < 600 << 20, "it took {grown} bytes");
    assert_eq!(serving.get("/healthz").status, 200);
}

#[test]
fn only_two_plugins_are_compiled_at_once() {
    let project = Project::new();
    project.write("stepwell.toml", "[sandbox]\ncompile_time = \"4s\"\n");
    let mut paths = Vec::new();
    for number in 0..4 {
        let name = format!("made{number}.wasm");
        std::fs::write(project.join(&name), costly(20_000 + number)).unwrap();
        paths.push(format!("/api/plugin?uses=./{name}"));
    }
    let serving = project.serve(&[]);
    let mut most = 0;
    std::thread::scope(|scope| {
        let asked = scope.spawn(|| at_once(&serving, &paths));
        while !asked.is_finished() {
            let mut begun = children(serving.id());
            // One may have ended, and another begun, while they were listed.
            begun.retain(|child| lives(*child));
            most = most.max(begun.len());
            std::thread::sleep(Duration::from_millis(10));
        }
        for (status, body) in asked.join().unwrap() {
            assert_eq!(status, 422, "{body}");
            assert!(body.contains("of processor time"), "{body}");
        }
    });
    assert_eq!(most, 2);
}

#[test]
fn what_compiles_ends_with_who_asked_for_it() {
    let project = Project::new();
    std::fs::write(project.join("made.wasm"), costly(100_000)).unwrap();
    let mut command = project.command(&["plugin", "inspect", "./made.wasm"]);
    let mut asking = command.stderr(Stdio::null()).spawn().unwrap();
    // It is under way once it has read the component, and takes time of its own.
    let compiles = until("nothing is compiled", || {
        let child = children(asking.id()).pop_first()?;
        let stat = std::fs::read_to_string(format!("/proc/{child}/stat")).ok()?;
        let time: u64 = stat
            .rsplit(')')
            .next()?
            .split_whitespace()
            .nth(11)?
            .parse()
            .ok()?;
        (time > 20).then_some(child)
    });
    asking.kill().unwrap();
    asking.wait().unwrap();
    until("it goes on", || (!lives(compiles)).then_some(()));
}

/// Each of the steps is handed 28 MB, which take three times as much of the 256 MiB that all of them have together: three find room,
/// and the others wait until one of these has ended.
#[test]
fn the_texts_of_many_steps_share_one_room_and_none_fails_of_the_others() {
    const RUNS: usize = 8;
    const FIT: usize = 3;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (Arc::clone(&now), Arc::clone(&most));
    let provider = Provider::start(move |_, _| {
        let (now, most) = &counted;
        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(300));
        now.fetch_sub(1, Ordering::SeqCst);
        Reply::Text("fine".into())
    });
    let project = Project::with_provider(&provider);
    project.add_guest("hostile");
    let flow = format!(
        "name = \"full\"\n[inputs]\nt = {{}}\n[[steps]]\nid = \"work\"\nuses = \"plugins/hostile.wasm\"\n\
         inputs = {{ do = \"asks-model\", path = \"{}\" }}\n",
        "{{ inputs.t }}".repeat(4)
    );
    project.write("flow.toml", &flow);
    let serving = project.serve(&[]);
    let definition = serde_json::json!({ "text": flow, "file": project.join("flow.toml") });
    let large = "0123456789".repeat(700_000);
    let request = serde_json::json!({ "definition": definition, "inputs": { "t": large } });
    let runs: Vec<_> = (0..RUNS)
        .map(|_| {
            let started = serving.post("/api/runs", &request);
            assert_eq!(started.status, 201, "{started:?}");
            started.json()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    for run in runs {
        let outcome = serving.at_rest(&run);
        assert_eq!(outcome["status"], "success", "{outcome}");
    }
    assert_eq!(provider.received().len(), RUNS);
    let most = most.load(Ordering::SeqCst);
    assert!(
        (1..=FIT).contains(&most),
        "{most} steps had their texts at once"
    );
}
