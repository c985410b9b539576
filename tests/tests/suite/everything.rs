//! All that hostile plugins, prompts and schemas do, at once under one server, beside honest work.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::TcpStream;

use serde_json::json;
use stepwell_tests::{Project, Provider, Serving};

use crate::bad_input::patched;
use crate::bombs::templates;

/// MiB of memory that the server has at most. Some 60 are pages of the program's own file; repeated runs of one build differ.
const MOST: u64 = 300;

const HONEST: usize = 20;

/// What the component `hostile` can do, as its source says.
fn deeds() -> BTreeSet<String> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/plugins/hostile/src");
    let read = |file: &str| std::fs::read_to_string(format!("{folder}/{file}")).unwrap();
    let (acts, all) = (read("deeds.rs"), read("lib.rs"));
    let act = acts.split_once("pub(crate) fn act").unwrap().1;
    let act = act.split_once("\n}\n").unwrap().0;
    let execute = all.split_once("    fn execute(").unwrap().1;
    let execute = execute.split_once("\n    }\n").unwrap().0;
    let arms = act.lines().chain(execute.lines());
    arms.filter_map(|line| line.trim().strip_prefix('"')?.split_once("\" =>"))
        .map(|(deed, _)| deed.to_owned())
        .collect()
}

fn write(project: &Project, name: &str, step: &str) -> String {
    let file = format!("{name}.toml");
    project.write(
        &file,
        &format!(
            "name = \"{name}\"\n[defaults]\nretries = 0\nlimits = {{ cpu = \"500ms\", wall = \"5s\", memory = \"64MiB\" }}\n\
             [[steps]]\nid = \"work\"\n{step}\n"
        ),
    );
    file
}

/// The definitions of everything hostile.
fn hostile(project: &Project) -> Vec<String> {
    project.add_guest("hostile");
    let mut files = Vec::new();
    for deed in deeds() {
        for grant in ["write", "copy"] {
            let step = format!(
                "uses = \"plugins/hostile.wasm\"\ninputs = {{ do = \"{deed}\", size = \"3000000\", path = \"some.txt\" }}\n\
                 grants = {{ workspace = \"{grant}\", clock = \"real\", prompts = \"write\" }}"
            );
            files.push(write(
                project,
                &format!("{}_{grant}", deed.replace('-', "_")),
                &step,
            ));
        }
    }
    let doubles = patched(
        "hostile",
        b"describe-mode:well......",
        b"describe-mode:doubles...",
    );
    std::fs::write(project.join("plugins/doubles.wasm"), doubles).unwrap();
    files.push(write(project, "doubles", "uses = \"plugins/doubles.wasm\""));
    for (number, (template, _)) in templates().into_iter().enumerate() {
        let (prompt, file) = (format!("bomb{number}"), format!("bomb{number}.j2"));
        project.write(&file, &template);
        let added = project.run(&["prompt", "add", &prompt, &file]);
        if added.code == 0 {
            let step = format!(
                "uses = \"plugins/worker.wasm\"\ninputs.topic = \"tea\"\nprompts.worker = \"{prompt}\""
            );
            files.push(write(project, &prompt, &step));
        }
    }
    files
}

fn answers(serving: &Serving) {
    assert_eq!(serving.get("/healthz").status, 200);
}

/// MiB of memory that the process has taken at most.
fn peak(serving: &Serving) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() >> 10
}

/// MiB that the server has now.
fn now(serving: &Serving) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<u64>().unwrap() >> 10
}

/// A label of a megabyte twenty thousand times, under three who watch and take nothing of what they are sent: what they are behind by
/// is kept for nobody.
#[test]
fn labels_without_end_are_kept_for_no_slow_watcher() {
    /// MiB that the server may grow by: one such label after the other is in the memory of the step.
    const GROWTH: u64 = 100;
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, "");
    project.add_guest("hostile");
    let file = write(
        &project,
        "labels",
        "uses = \"plugins/hostile.wasm\"\ninputs = { do = \"labels-on\", size = \"20000\" }\n\
         limits = { cpu = \"600s\", wall = \"600s\" }",
    );
    let serving = project.serve(&[]);
    // Once, so that the step is compiled and its memory was taken.
    let small = write(
        &project,
        "small",
        "uses = \"plugins/hostile.wasm\"\ninputs = { do = \"labels-on\", size = \"10\" }",
    );
    let run = serving.start(&project, &small);
    assert_eq!(serving.at_rest(&run)["status"], "success");
    let before = now(&serving);
    let run = serving.start(&project, &file);
    let watchers: Vec<_> = (0..3)
        .map(|_| {
            let mut stream = TcpStream::connect(&serving.address).unwrap();
            let head = format!(
                "GET /api/runs/{run}/stream HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\r\n",
                serving.address, serving.token
            );
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    let mut most = before;
    loop {
        let outcome = serving.get(&format!("/api/runs/{run}/outcome")).json();
        most = most.max(now(&serving));
        if outcome["status"] != "started" {
            assert_eq!(outcome["status"], "success", "{outcome}");
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    most = most.max(now(&serving));
    println!("labels of 20 GB: the server grew from {before} to {most} MiB");
    assert!(most <= before + GROWTH, "{before} to {most} MiB");
    drop(watchers);
    let _ = serving.terminate().exits_with(0);
}

#[test]
fn everything_hostile_at_once_leaves_honest_work_and_the_server_unharmed() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, "");
    project.write("some.txt", "text");
    let honest = "uses = \"plugins/worker.wasm\"\ninputs.topic = \"tea\"\nsettings.calls = 2";
    let honest = write(&project, "honest", honest);
    let files = hostile(&project);
    let serving = project.serve(&[]);
    let under_way: Vec<_> = files
        .iter()
        .map(|file| (file, serving.start(&project, file)))
        .collect();
    let honest: Vec<_> = (0..HONEST)
        .map(|_| serving.start(&project, &honest))
        .collect();
    for run in honest {
        answers(&serving);
        let outcome = serving.at_rest(&run);
        assert_eq!(outcome["status"], "success", "{outcome}");
    }
    for (file, run) in under_way {
        answers(&serving);
        let outcome = serving.at_rest(&run);
        let status = outcome["status"].as_str().unwrap();
        assert!(
            matches!(status, "success" | "failure" | "waiting"),
            "{file}: {outcome}"
        );
    }
    let peak = peak(&serving);
    println!(
        "{} hostile definitions at once: the server took {peak} MiB at most",
        files.len()
    );
    assert!(peak <= MOST, "{peak} MiB");
    let answered = serving.post(
        "/api/prompts/worker/check",
        &json!({ "content": "{{ topic }}" }),
    );
    assert_eq!(answered.status, 200, "{answered:?}");
    let _ = serving.terminate().exits_with(0);
}
