//! The matrix that is compared: two versions of the prompt of `builtin:refine` on a hundred cases, and a provider that
//! answers at once.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use stepwell_tests::{Project, Provider, Received, Reply};

use crate::Connection;

/// How many cases there are.
pub const CASES: usize = 100;
/// How many cells are carried out at the same time: what is usual in `stepwell compare`.
pub const AT_ONCE: usize = 8;
/// The versions of the prompt.
pub const VERSIONS: [&str; 2] = [
    "Improve this requirement document.\n\n{{ requirement }}\n",
    "Improve this requirement document. Name the units of every number.\n\n{{ requirement }}\n",
];
/// How the command is given.
pub const COMMAND: [&str; 6] = [
    "compare",
    "builtin:refine",
    "--cases",
    "cases.json",
    "--versions",
    "2,3",
];

/// A case file of a hundred cases, each with its own document and two checks.
#[must_use]
pub fn cases() -> Value {
    cases_of(CASES)
}

/// The same with so many.
#[must_use]
pub fn cases_of(cases: usize) -> Value {
    let case = |number: usize| {
        let journey = "They open the list, choose a month and press Export. ".repeat(8);
        json!({
            "id": format!("case-{number}"),
            "inputs": { "requirement": format!("# Feature {number}: export of orders\n\n{journey}\n") },
            "checks": [{ "contains": format!("Feature {number}:") }, { "contains": "units" }],
        })
    };
    json!({ "cases": (0..cases).map(case).collect::<Vec<_>>() })
}

/// A provider that answers at once with a requirement document: as a stream, or whole where no stream is asked for.
#[must_use]
pub fn provider() -> Provider {
    Provider::start(|_, received| answer(received))
}

fn answer(received: &Received) -> Reply {
    let title = received.asked.lines().find(|line| line.starts_with("# "));
    let title = title.unwrap_or("# Feature");
    let units = match received.asked.contains("units") {
        true => "- All amounts have units.\n",
        false => "",
    };
    let text = format!(
        "<document>\n{title}\n\n## 1 Overview\n\n### 1.1 Background\n\nOrders are counted by hand.\n\n\
         ### 1.2 User persona\n\nAn accountant.\n\n### 1.3 User journey\n\nThey press Export.\n\n## 2 Requirements\n\n\
         ### 2.1 Functional requirements\n\n#### Export\n\n- All orders of a month are exported.\n{units}</document>\n"
    );
    if received.body["stream"] == true {
        return Reply::Text(text);
    }
    let message = json!({ "role": "assistant", "content": text });
    let whole = json!({
        "id": "answer", "object": "chat.completion", "model": "test-model-1",
        "choices": [{ "index": 0, "message": message, "finish_reason": "stop" }],
        "usage": { "prompt_tokens": 10, "completion_tokens": 60, "total_tokens": 70 },
    });
    Reply::Status(200, Vec::new(), whole.to_string())
}

/// A project with the two versions and the case file, in which nothing has been compared. The step's own prompt is v1.
#[must_use]
pub fn project(provider: &Provider) -> Project {
    let project = Project::with_provider(provider);
    project.write("cases.json", &cases().to_string());
    for version in VERSIONS {
        let add = ["prompt", "add", "refine", "--text", version];
        let _ = project.run(&add).exits_with(0);
    }
    project
}

/// What the provider itself takes for as many requests as the matrix has cells, as many at once.
#[must_use]
pub fn own_time(provider: &Provider) -> Duration {
    let url = provider.url();
    let address = url.trim_start_matches("http://").trim_end_matches("/v1");
    let body = json!({ "stream": true, "messages": [{ "role": "user", "content": VERSIONS[1] }] });
    let body = body.to_string();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                let mut connection = Connection::open(address, "");
                for _ in 0..VERSIONS.len() * CASES / AT_ONCE {
                    let (status, _) = connection.ask("POST", "/v1/chat/completions", &body);
                    assert_eq!(status, 200);
                }
            });
        }
    });
    start.elapsed()
}
