//! Texts that are tried before they are saved: looked at, sent once, and kept as what they are.

use serde_json::{Value, json};

use crate::asking::{CALLS, Served};

const TEXT: &str = "Welcome {{ topic }}, please";

async fn with_a_run() -> (Served, String) {
    let served = Served::new().await;
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    served.at_rest(&run).await;
    (served, run)
}

fn trial(run: &str, text: &str) -> Value {
    json!({ "within": { "kind": "run", "run": run }, "step": "calls", "text": text })
}

async fn count_of_calls(served: &Served) -> usize {
    let calls = served.get("/api/calls").await.is(200).json();
    calls["items"].as_array().unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_sent_once_and_nothing_else_changes() {
    let (served, run) = with_a_run().await;
    let of_run = format!("/api/runs/{run}");
    let before = (
        served.get("/api/prompts").await.text,
        served.get(&of_run).await.text,
        served.get("/api/runs").await.text,
    );
    let ahead = served.post("/api/trials/prompt", trial(&run, TEXT)).await;
    let ahead = ahead.is(200).json();
    assert_eq!(ahead["calls"][0]["prompt"], "tea", "{ahead}");
    assert_eq!(
        count_of_calls(&served).await,
        1,
        "to look at it sends nothing"
    );

    // Whoever presses twice at once, and again, and after a restart, means one.
    let twice = || served.post("/api/trials", trial(&run, TEXT));
    let (one, other) = tokio::join!(twice(), twice());
    let (one, other) = (one.is(201).json(), other.is(201).json());
    assert_eq!(one["id"], other["id"]);
    let id = one["id"].as_str().unwrap().to_owned();
    let outcome = format!("/api/comparisons/{id}/outcome?wait=true");
    assert_eq!(
        served.get(&outcome).await.is(200).json()["status"],
        "finished"
    );
    let served = served.restarted().await;
    let again = served.post("/api/trials", trial(&run, TEXT)).await;
    assert_eq!(again.is(201).json()["id"], *id);
    assert_eq!(
        served.get(&outcome).await.is(200).json()["status"],
        "finished"
    );
    assert_eq!(count_of_calls(&served).await, 2);

    let view = served
        .get(&format!("/api/comparisons/{id}"))
        .await
        .is(200)
        .json();
    let variant = &view["variants"][0];
    assert_eq!(
        (&variant["label"], &variant["version"]),
        (&json!("unsaved text"), &Value::Null)
    );
    assert_eq!(variant["template"], TEXT);
    assert_eq!(view["cases"][0]["run"], *run);
    assert_eq!(view["spent"]["calls"], 1, "what was paid is counted");
    let cell = format!("/api/comparisons/{id}/cell?case=0&variant=0");
    let cell = served.get(&cell).await.is(200).json();
    assert_eq!(cell["answers"], json!(["echo tea"]));
    assert_eq!(cell["documents"]["out"], "echo tea");
    let after = (
        served.get("/api/prompts").await.text,
        served.get(&of_run).await.text,
        served.get("/api/runs").await.text,
    );
    assert_eq!(before, after);

    // A second time is another answer, and is asked for by itself.
    let mut second = trial(&run, TEXT);
    second["time"] = json!(2);
    let second = served.post("/api/trials", second).await.is(201).json();
    assert_ne!(second["id"], *id);
    let outcome = format!(
        "/api/comparisons/{}/outcome?wait=true",
        second["id"].as_str().unwrap()
    );
    served.get(&outcome).await.is(200);
    assert_eq!(count_of_calls(&served).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_filled_says_why_and_sends_nothing() {
    let (served, run) = with_a_run().await;
    for (text, reason) in [
        ("Welcome {{ topick }}", "topick"),
        ("Welcome {% if %}", "the text can't be sent"),
        (" \n", "it is empty"),
    ] {
        for path in ["/api/trials", "/api/trials/prompt"] {
            let refused = served.post(path, trial(&run, text)).await;
            let problem = refused.refuses(422, "template");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains(reason), "{detail}");
        }
    }
    let with = |name: &str, value: Value| {
        let mut trial = trial(&run, TEXT);
        trial[name] = value;
        trial
    };
    let elsewhere = with("step", json!("nowhere"));
    served.post("/api/trials", elsewhere).await.is(404);
    let item = with("items", json!([3]));
    served.post("/api/trials", item).await.is(404);
    let prompt = with("prompt", json!("other"));
    served
        .post("/api/trials", prompt)
        .await
        .refuses(422, "unknown-prompt");
    assert_eq!(count_of_calls(&served).await, 1);
    let none = served.get("/api/comparisons").await.is(200).json();
    assert_eq!(none["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_tried_on_what_is_given_by_hand() {
    let (served, run) = with_a_run().await;
    let given = |topic: &str| json!({ "id": "typed", "inputs": { "topic": topic } });
    let definition = json!({ "kind": "definition", "definition": { "text": CALLS, "file": null } });
    let plugin = json!({ "kind": "plugin" });
    for (place, (topic, step, within)) in [
        ("milk", "calls", json!({ "kind": "run", "run": run })),
        ("rain", "calls", definition),
        ("ink", "builtin:calls", plugin),
    ]
    .into_iter()
    .enumerate()
    {
        let trial = json!({ "step": step, "within": within, "case": given(topic), "text": TEXT });
        let ahead = served.post("/api/trials/prompt", trial.clone()).await;
        let ahead = ahead.is(200).json();
        assert_eq!(ahead["calls"][0]["prompt"], topic, "{ahead}");
        assert_eq!(count_of_calls(&served).await, 1 + place);
        let begun = served.post("/api/trials", trial.clone()).await.is(201);
        let id = begun.json()["id"].as_str().unwrap().to_owned();
        let outcome = format!("/api/comparisons/{id}/outcome?wait=true");
        served.get(&outcome).await.is(200);
        let cell = format!("/api/comparisons/{id}/cell?case=0&variant=0");
        let cell = served.get(&cell).await.is(200).json();
        assert_eq!(cell["documents"]["out"], format!("echo {topic}"), "{cell}");
        assert_eq!(count_of_calls(&served).await, 2 + place);
        let again = served.post("/api/trials", trial).await.is(201).json();
        assert_eq!(again["id"], *id, "the same isn't sent twice");
    }
    // An input that the step doesn't have, and an item where there is no run.
    let wrong = json!({ "step": "builtin:calls", "within": { "kind": "plugin" }, "text": TEXT,
        "case": { "id": "typed", "inputs": { "topick": "milk" } } });
    served.post("/api/trials", wrong).await.is(422);
    let item = json!({ "step": "builtin:calls", "within": { "kind": "plugin" }, "text": TEXT, "case": given("milk"), "items": [1] });
    served.post("/api/trials", item).await.is(404);
    assert_eq!(count_of_calls(&served).await, 4);
}
