//! Watchers of one run: each is to get every event, in order, whatever the others do.

use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use stepwell_benches::{Connection, mebibytes, row, shown};
use stepwell_tests::{Project, Provider, Serving};

const STEPS: usize = 100;

pub(crate) fn measure(project: &Project, provider: &Provider, server: &Serving) {
    project.write("watched.toml", &definition());
    // The first one compiles the step.
    let _ = watched(project, provider, server, 1, 0);
    let (alone, events, _) = watched(project, provider, server, 1, 0);
    let (all, _, memory) = watched(project, provider, server, 200, 0);
    let (beside, _, _) = watched(project, provider, server, 200, 20);
    let what = format!("a run with 1 watcher, until it has the last of {events} events");
    row(&what, &shown(alone), "–");
    row(
        "the same with 200, until the last has all",
        &shown(all),
        "–",
    );
    let what = "the same beside 20 that read nothing";
    row(what, &shown(beside), "–");
    let what = "memory for each of the 200 watchers";
    row(what, &format!("{:.0} KiB", memory * 1024.0 / 200.0), "–");
}

/// A step that waits for the provider, and its sub-steps, which wait for it.
fn definition() -> String {
    let mut text = "name = \"watched\"\n[[steps]]\nid = \"first\"\nuses = \"plugins/nothing.wasm\"\ninputs.ask = \"go\"\n".to_owned();
    for step in 0..STEPS {
        text.push_str(&format!(
            "  [[steps.steps]]\n  id = \"s{step}\"\n  uses = \"plugins/nothing.wasm\"\n"
        ));
    }
    text
}

/// How long a run takes until the last watcher has its last event, how many events it has, and what the watchers cost in
/// memory.
fn watched(
    project: &Project,
    provider: &Provider,
    server: &Serving,
    watchers: usize,
    idle: usize,
) -> (Duration, usize, f64) {
    provider.hold();
    let run = server.start(project, "watched.toml");
    std::thread::sleep(Duration::from_millis(300));
    let before = mebibytes(server.id(), "VmRSS");
    let path = format!("/api/runs/{run}/stream");
    let mut silent: Vec<_> = (0..idle)
        .map(|_| Connection::open(&server.address, &server.token))
        .collect();
    for connection in &mut silent {
        connection.follow(&path);
    }
    let ready = Arc::new(Barrier::new(watchers + 1));
    let tasks: Vec<_> = (0..watchers)
        .map(|_| {
            let (ready, path) = (Arc::clone(&ready), path.clone());
            let connection = Connection::open(&server.address, &server.token);
            std::thread::spawn(move || watch(connection, &path, &ready))
        })
        .collect();
    ready.wait();
    let memory = mebibytes(server.id(), "VmRSS") - before;
    let start = Instant::now();
    provider.release();
    let ends: Vec<(Instant, usize)> = tasks.into_iter().map(|task| task.join().unwrap()).collect();
    let (last, events) = ends.into_iter().max().unwrap();
    (last - start, events, memory)
}

/// Reads events until the run ends, and gives when that was and how many they were.
fn watch(mut connection: Connection, path: &str, ready: &Barrier) -> (Instant, usize) {
    connection.follow(path);
    let mut seen = 0;
    let mut waited = false;
    loop {
        let line = connection.line();
        if let Some(cursor) = line.strip_prefix("id: ") {
            seen += 1;
            assert_eq!(cursor.trim().parse(), Ok(seen), "an event is missing");
        }
        if line.contains("\"run-ended\"") {
            return (Instant::now(), seen);
        }
        if !waited {
            waited = true;
            ready.wait();
        }
    }
}
