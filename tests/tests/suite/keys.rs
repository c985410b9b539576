//! A provider that sends the key back: nobody who looks at what came of it finds the key.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use stepwell_tests::{Project, Provider, Reply};

const KEY: &str = "sk-test-secret";

const FLOW: &str = r#"
name = "echoed"
[[steps]]
id = "first"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 7
settings.files = 1
grants.workspace = "write"
retries = 0
"#;

fn event(choice: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,{choice}}}]}}\n\n")
}

fn ended(events: &str) -> Reply {
    let end = event("\"delta\":{},\"finish_reason\":\"stop\"");
    Reply::Events(format!("{events}{end}data: [DONE]\n\n"))
}

fn delta(content: &str) -> String {
    event(&format!("\"delta\":{{\"content\":\"{content}\"}}"))
}

/// Each way in which it may come: plain, in pieces, escaped, in what is no text of the answer, in errors, broken off.
fn replies() -> Vec<Reply> {
    let escaped = format!("\\u0073{}", &KEY[1..]);
    let single: String = KEY
        .chars()
        .map(|letter| delta(&letter.to_string()))
        .collect();
    let headers = vec![
        (format!("x-{KEY}"), "1".to_owned()),
        ("x-key".to_owned(), KEY.to_owned()),
    ];
    let error = format!(r#"{{"error":{{"message":"busy {escaped}","type":"server_error"}}}}"#);
    vec![
        ended(&delta(&format!("plain {KEY}"))),
        ended(&(delta("cut sk-test") + &delta("-secret here"))),
        ended(&(delta("letters ") + &single)),
        ended(&delta(&format!("escaped {escaped}"))),
        Reply::Status(503, headers, error),
        Reply::Cut(delta("half sk-test") + &delta("-secret")),
        ended(&(delta("thought") + &event(&format!("\"delta\":{{\"reasoning\":\"{escaped}\"}}")))),
        ended(&format!(
            "data: {{\"model\":\"{escaped}\",\"{escaped}\":\"{KEY}\",\"choices\":[]}}\n\n{}",
            delta("named")
        )),
        Reply::Status(
            400,
            Vec::new(),
            format!(r#"{{"error":{{"message":"no key {escaped}","code":"{escaped}"}}}}"#),
        ),
    ]
}

fn look_through(folder: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            look_through(&entry.path(), found);
        } else if kind.is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            if bytes
                .windows(KEY.len())
                .any(|window| window == KEY.as_bytes())
            {
                found.push(entry.path().display().to_string());
            }
        }
    }
}

#[track_caller]
fn holds_none(text: &str) {
    assert!(!text.contains(KEY), "{text}");
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn the_key_stands_in_no_file_and_no_answer() {
    let provider = Provider::scripted(replies());
    let project = Project::of_worker(&provider, FLOW);
    let run = ["run", "flow.toml", "--record", "tape"];
    let first = project
        .run(&run)
        .exits_with(1)
        .says(&["no key [key removed]"]);
    holds_none(&(first.stdout + &first.stderr));
    let resumed = project.run(&["resume", "--record", "tape"]).exits_with(0);
    holds_none(&(resumed.stdout + &resumed.stderr));
    let result = project.document("first", "result");
    for told in [
        "plain [",
        "cut [key removed] here",
        "letters [",
        "escaped [",
        "thought",
        "named",
    ] {
        assert!(result.contains(told), "{told}: {result}");
    }
    holds_none(&result);
    holds_none(&project.read("tape").unwrap());
    let calls = project.run(&["calls", "--json"]).exits_with(0);
    holds_none(&calls.stdout);

    let serving = project.serve(&[]);
    let id = serving.last_run();
    for path in [
        "",
        "/events",
        "/files",
        "/files/diff",
        "/documents/result?step=first",
    ] {
        let answered = serving.get(&format!("/api/runs/{id}{path}"));
        assert!(
            answered.status == 200 || path.starts_with("/documents"),
            "{answered:?}"
        );
        holds_none(&format!("{answered:?}"));
    }
    for call in calls.json().as_array().unwrap() {
        let id = call["id"].as_str().unwrap();
        for path in [format!("/api/calls/{id}"), format!("/calls/{id}")] {
            holds_none(&format!("{:?}", serving.get(&path)));
        }
        holds_none(
            &project
                .run(&["calls", "show", id, "--raw"])
                .exits_with(0)
                .stdout,
        );
    }
    drop(serving);

    let mut found = Vec::new();
    look_through(project.path(), &mut found);
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn who_watches_a_run_never_sees_the_key() {
    let provider = Provider::scripted(replies());
    let project = Project::of_worker(&provider, FLOW);
    let serving = project.serve(&[]);
    provider.hold();
    let run = serving.start(&project, "flow.toml");
    provider.wait_for_requests(1);
    let mut watching = TcpStream::connect(&serving.address).unwrap();
    let asked = format!(
        "GET /api/runs/{run}/stream HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        serving.address, serving.token
    );
    watching.write_all(asked.as_bytes()).unwrap();
    let mut watched = vec![0; 4096];
    let begun = watching.read(&mut watched).unwrap();
    watched.truncate(begun);
    provider.release();
    assert_eq!(serving.at_rest(&run)["status"], "failure");
    let _ = serving.terminate().exits_with(0);
    watching.read_to_end(&mut watched).unwrap();
    let watched = String::from_utf8_lossy(&watched);
    assert!(watched.contains("[key removed]"), "{watched}");
    holds_none(&watched);
}
