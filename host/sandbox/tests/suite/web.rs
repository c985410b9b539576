//! `wasi:http` of a step: collected, handed to the host's services whole, answered from memory.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use stepwell_contract::*;

use crate::common::{Host, document, end, environment, limit, sandbox, sends_http};

/// Executes the step with these settings on a host.
async fn execute(host: Host, environment: Environment) -> (AttemptReport, Arc<Host>) {
    let sandbox = sandbox();
    let digest = sandbox.load(sends_http()).await.unwrap().digest;
    let host = Arc::new(host);
    let call = GuestCall::Execute {
        inputs: vec![],
        services: host.clone(),
    };
    (sandbox.call(&digest, call, environment).await, host)
}

fn requests(requests: Value) -> Vec<(&'static str, String)> {
    vec![("requests", requests.to_string())]
}

fn at_once(requests: Value) -> Vec<(&'static str, String)> {
    vec![
        ("requests", requests.to_string()),
        ("at_once", "true".into()),
    ]
}

#[tokio::test]
async fn a_request_is_handed_over_whole_and_its_answer_comes_from_memory() {
    let asked = json!([
        { "url": "https://a.example/x?y", "method": "POST", "body_bytes": 150 },
        { "url": "https://a.example/large" },
        { "url": "https://denied.example/" },
        { "url": "https://a.example/", "headers": { "Host": "b.example" } },
    ]);
    let host = Host {
        file: 3 << 20,
        settings: requests(asked),
        ..Host::default()
    };
    let (report, host) = execute(host, environment()).await;
    let answers: Value = serde_json::from_str(document(&report)).unwrap();
    assert_eq!(answers[0]["status"], 200);
    assert_eq!(answers[0]["headers"]["x-method"], "POST");
    assert_eq!(answers[0]["body"], "x".repeat(150));
    assert_eq!(answers[1]["body"], 3 << 20);
    assert_eq!(answers[2]["error"], "denied: no line grants it");
    let forbidden = answers[3]["error"].to_string().to_lowercase();
    assert!(forbidden.contains("forbidden"), "{forbidden}");
    assert_eq!(*host.asked.lock().unwrap(), ["exchange"; 3]);
}

#[tokio::test]
async fn what_ends_the_attempt_the_guest_never_hears() {
    let host = Host {
        halt: Some(Halt::Stopped),
        settings: requests(json!([{ "url": "https://a.example/" }])),
        ..Host::default()
    };
    let (report, host) = execute(host, environment()).await;
    assert_eq!(*end(&report), AttemptEnd::Halted(Halt::Stopped));
    assert!(host.lines.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_in_memory_for_a_guest_is_bounded() {
    let many: Vec<_> = (0..8)
        .map(|at| json!({ "url": format!("https://a.example/{at}"), "body_bytes": 5 << 20 }))
        .collect();
    let host = Host {
        // The first one is under way while the others wait for their turn.
        delay: Duration::from_secs(600),
        settings: at_once(many.into()),
        ..Host::default()
    };
    let (report, _) = execute(host, environment()).await;
    let (met, _, allowed) = limit(&report);
    assert_eq!((met, allowed), (Limit::Transfer, "32 MiB"));
}

#[tokio::test]
async fn after_an_answer_that_is_too_much_nothing_is_sent() {
    let many: Vec<_> = (0..4)
        .map(|at| json!({ "url": format!("https://a.example/{at}") }))
        .collect();
    let host = Host {
        file: 2 << 20,
        settings: at_once(many.into()),
        ..Host::default()
    };
    let mut environment = environment();
    environment.limits.transfer = 1 << 20;
    let (report, host) = execute(host, environment).await;
    assert_eq!(limit(&report).0, Limit::Transfer);
    assert_eq!(*host.asked.lock().unwrap(), ["exchange"]);
}

#[tokio::test]
async fn after_a_request_that_halts_the_run_nothing_is_sent() {
    let many: Vec<_> = (0..4)
        .map(|at| json!({ "url": format!("https://a.example/{at}") }))
        .collect();
    let host = Host {
        halt: Some(Halt::Stopped),
        settings: at_once(many.into()),
        ..Host::default()
    };
    let (report, host) = execute(host, environment()).await;
    assert_eq!(*end(&report), AttemptEnd::Halted(Halt::Stopped));
    assert_eq!(*host.asked.lock().unwrap(), ["exchange"]);
}

#[tokio::test]
async fn so_many_requests_and_no_more() {
    let many: Vec<_> = (0..5)
        .map(|_| json!({ "url": "https://a.example/" }))
        .collect();
    let host = Host {
        settings: at_once(many.into()),
        ..Host::default()
    };
    let mut environment = environment();
    environment.limits.http_exchanges = 4;
    let (report, _) = execute(host, environment).await;
    assert_eq!(
        limit(&report),
        (Limit::HttpExchanges, "5 requests", "4 requests")
    );
}

#[tokio::test]
async fn who_waits_for_an_answer_ends_with_the_time_and_nothing_goes_on() {
    let host = Host {
        delay: Duration::from_secs(600),
        settings: requests(json!([{ "url": "https://a.example/" }])),
        ..Host::default()
    };
    let mut environment = environment();
    environment.limits.wall = Duration::from_millis(300);
    let (report, host) = execute(host, environment).await;
    assert_eq!(limit(&report).0, Limit::Wall);
    // Of what was under way nobody holds the host any more.
    assert_eq!(Arc::strong_count(&host), 1);
}

#[tokio::test]
async fn only_the_steps_work_may_send() {
    let sandbox = sandbox();
    let digest = sandbox.load(sends_http()).await.unwrap().digest;
    let host = Arc::new(Host {
        settings: vec![("early", "true".into())],
        ..Host::default()
    });
    let call = GuestCall::ConstructPrompt {
        inputs: vec![],
        services: host.clone(),
    };
    let report = sandbox.call(&digest, call, environment()).await;
    let expected = AttemptEnd::ForbiddenImport {
        function: "wasi:http/outgoing-handler.handle".into(),
        during: "construct-prompt".into(),
    };
    assert_eq!(*end(&report), expected);
    assert!(!host.asked.lock().unwrap().contains(&"exchange"));
}
