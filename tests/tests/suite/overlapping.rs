//! Comparisons that overlap, under a server that is killed at many moments: what one has paid for is the other's, too.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use stepwell_tests::{Project, Provider, Serving, Sweep};

const FLOW: &str = "name = \"flow\"\n[[steps]]\nid = \"work\"\nuses = \"plugins/worker.wasm\"\ninputs.topic = \"tea\"\n\
                    settings.calls = 2\n";
/// The topics of each comparison.
const TOPICS: [[&str; 4]; 3] = [
    ["milk", "salt", "corn", "rice"],
    ["salt", "corn", "mint", "milk"],
    ["rice", "mint", "lime", "salt"],
];
/// Topics that differ, by two calls.
const CALLS: usize = 6 * 2;
/// Cells that all comparisons together carry out at the same time.
const AT_ONCE: usize = 3 * 2;

fn started(serving: &Serving, run: &str, topics: &[&str]) -> String {
    let cases = topics
        .iter()
        .map(|topic| json!({ "id": topic, "inputs": { "topic": topic } }));
    let request = json!({
        "step": "work",
        "within": { "kind": "run", "run": run },
        "cases": cases.collect::<Vec<Value>>(),
        "concurrency": 2,
    });
    let begun = serving.post("/api/comparisons", &request);
    assert_eq!(begun.status, 201, "{begun:?}");
    // Whoever has begun it has taken it up.
    let status = begun.json()["status"].clone();
    assert!(status == "running" || status == "finished", "{begun:?}");
    begun.json()["id"].as_str().unwrap().to_owned()
}

fn asked(provider: &Provider, before: usize) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for received in provider.received().into_iter().skip(before) {
        *counts.entry(received.asked).or_default() += 1;
    }
    counts
}

#[test]
fn kill_minus_nine_at_many_moments_under_comparisons_that_overlap() {
    let mut killed_at_work = 0;
    for pause in Sweep::from_environment().of((0..40).map(|step| 10 + step * 5)) {
        let provider = Provider::echo();
        let project = Project::of_worker(&provider, FLOW);
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
        let before = provider.received().len();
        provider.slow_down(Duration::from_millis(80));

        let mut serving = project.serve(&[]);
        let run = serving.last_run();
        let ids = TOPICS.map(|topics| started(&serving, &run, &topics));
        let mut kills = 0;
        for _ in 0..3 {
            std::thread::sleep(Duration::from_millis(pause));
            let at_work = |id: &String| {
                serving.get(&format!("/api/comparisons/{id}")).json()["status"] != "finished"
            };
            kills += usize::from(ids.iter().any(at_work));
            serving.kill();
            serving = project.serve(&[]);
        }
        killed_at_work += kills;
        for id in &ids {
            let ended = serving.get(&format!("/api/comparisons/{id}/outcome?wait=true"));
            assert_eq!(
                ended.json()["status"],
                "finished",
                "at {pause} ms: {ended:?}"
            );
            let view = serving.get(&format!("/api/comparisons/{id}")).json();
            for cell in view["cells"].as_array().unwrap() {
                assert_eq!(cell["status"], "success", "at {pause} ms");
            }
        }
        let asked = asked(&provider, before);
        let total: usize = asked.values().sum();
        assert!(
            asked.values().all(|count| *count <= 1 + kills),
            "at {pause} ms with {kills} kills: {asked:?}"
        );
        assert!(
            total >= CALLS && total <= CALLS + kills * AT_ONCE,
            "at {pause} ms with {kills} kills: {asked:?}"
        );
    }
    assert!(
        killed_at_work > 3,
        "the sweep should hit cells that are under way"
    );
}

fn finished(serving: &Serving, id: &str) -> Value {
    let ended = serving.get(&format!("/api/comparisons/{id}/outcome?wait=true"));
    assert_eq!(ended.json()["status"], "finished", "{ended:?}");
    let view = serving.get(&format!("/api/comparisons/{id}")).json();
    for cell in view["cells"].as_array().unwrap() {
        assert_eq!(cell["status"], "success", "{cell}");
    }
    view
}

fn stopped(serving: &Serving, id: &str) {
    let stop = serving.post(&format!("/api/comparisons/{id}/stop"), &json!({}));
    assert!(stop.status < 300, "{stop:?}");
    let view = serving.get(&format!("/api/comparisons/{id}")).json();
    assert!(
        ["interrupted", "finished"].contains(&view["status"].as_str().unwrap()),
        "{view}"
    );
}

/// What comparisons say that they have sent.
fn paid(serving: &Serving, ids: &[&String]) -> u64 {
    let of = |id: &&String| {
        let view = serving.get(&format!("/api/comparisons/{id}")).json();
        let spent = &view["spent"];
        assert_eq!(spent["calls"], spent["attempts"], "{spent}");
        spent["attempts"].as_u64().unwrap()
    };
    ids.iter().map(of).sum()
}

#[test]
fn what_one_has_sent_and_another_one_waits_for_is_not_sent_again_when_the_first_is_stopped() {
    let topics = ["milk", "salt", "corn", "rice", "mint"];
    let calls = topics.len() * 2;
    let mut stopped_at_work = 0;
    for pause in Sweep::from_environment().of((0..40).map(|step| 5 + step * 13)) {
        let provider = Provider::echo();
        let project = Project::of_worker(&provider, FLOW);
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
        let before = provider.received().len();
        provider.slow_down(Duration::from_millis(80));

        let serving = project.serve(&[]);
        let run = serving.last_run();
        let [first, second] = [(); 2].map(|()| started(&serving, &run, &topics));
        std::thread::sleep(Duration::from_millis(pause));
        stopped(&serving, &first);
        stopped_at_work += usize::from(asked(&provider, before).len() < calls);
        finished(&serving, &second);
        let sent = asked(&provider, before);
        assert!(
            sent.len() == calls && sent.values().all(|count| *count == 1),
            "at {pause} ms: {sent:?}"
        );
        assert_eq!(
            paid(&serving, &[&first, &second]),
            calls as u64,
            "at {pause} ms"
        );
        let resume = format!("/api/comparisons/{first}/resume");
        assert!(serving.post(&resume, &json!({})).status < 300);
        finished(&serving, &first);
        assert_eq!(provider.received().len() - before, calls, "at {pause} ms");
    }
    assert!(stopped_at_work > 1, "the sweep should hit calls under way");
}

#[test]
fn a_comparison_that_is_stopped_is_stopped_at_once_and_what_it_sent_goes_on_until_nobody_wants_it()
{
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let before = provider.received().len();
    let serving = project.serve(&[]);
    let run = serving.last_run();

    provider.hold();
    let topics = ["milk", "salt"];
    let first = started(&serving, &run, &topics);
    provider.wait_for_requests(before + 2);
    let second = started(&serving, &run, &topics);
    // Nothing is answered yet, and it comes to rest all the same.
    stopped(&serving, &first);
    provider.release();
    finished(&serving, &second);
    assert_eq!(provider.received().len() - before, 4);
    // The first has sent one call for each cell, and the second what came after those.
    assert_eq!(paid(&serving, &[&first]), 2);
    assert_eq!(paid(&serving, &[&second]), 2);

    provider.hold();
    let topics = ["corn", "rice"];
    let [first, second] = [(); 2].map(|()| started(&serving, &run, &topics));
    provider.wait_for_requests(before + 6);
    stopped(&serving, &first);
    stopped(&serving, &second);
    let ended = serving.terminate();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    provider.release();
}
