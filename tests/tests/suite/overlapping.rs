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
