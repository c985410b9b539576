//! Comparisons by the API: carried out in the background, kept, stopped and taken further.

use serde_json::json;
use stepwell_engine::{ComparisonStatus, ResumeComparison};

use crate::asking::{CALLS, Served};
use crate::common::World;

async fn with_two_versions() -> (Served, String) {
    let served = Served::new().await;
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    served.at_rest(&run).await;
    let second = json!({ "name": "greeting", "content": "Welcome {{ topic }}" });
    served.post("/api/prompts", second).await.is(201);
    (served, run)
}

fn of_run(run: &str) -> serde_json::Value {
    json!({ "step": "calls", "within": { "kind": "run", "run": run }, "versions": [1, 2], "baseline": 1 })
}

/// Waits until a comparison isn't under way any more, and says where it is.
async fn at_rest(served: &Served, id: &str) -> serde_json::Value {
    let path = format!("/api/comparisons/{id}/outcome?wait=true");
    served.get(&path).await.is(200).json()["status"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_versions_are_compared_rated_and_one_made_current() {
    let (served, run) = with_two_versions().await;
    let begun = served
        .post("/api/comparisons", of_run(&run))
        .await
        .is(201)
        .json();
    let id = begun["id"].as_str().unwrap();
    assert_eq!(at_rest(&served, id).await, "finished");
    let view = served.get("/api/comparisons/last").await.is(200).json();
    assert_eq!(view["cells"].as_array().unwrap().len(), 2);
    let at = |what: &str| format!("/api/comparisons/last/{what}");
    let cell = served
        .get(&at("cell?case=0&variant=1"))
        .await
        .is(200)
        .json();
    assert_eq!(cell["answers"], json!(["echo tea"]));
    // What goes out can be read back: no key stands twice.
    let view = served.get("/api/comparisons/last").await.text;
    serde_json::from_str::<stepwell_engine::ComparisonView>(&view).unwrap();
    let detail = served.get(&at("cell?case=0&variant=1")).await.text;
    serde_json::from_str::<stepwell_engine::CellDetail>(&detail).unwrap();
    let answers = served.get(&at("answers?cases=0")).await.is(200).json();
    let texts = answers.as_array().unwrap().iter();
    let texts: Vec<_> = texts.map(|one| (&one["variant"], &one["text"])).collect();
    assert_eq!(
        texts,
        [
            (&json!(0), &json!("echo tea")),
            (&json!(1), &json!("echo tea"))
        ]
    );
    let many = vec!["0"; 101].join(",");
    for (cases, status, code) in [
        ("0,x", 400, "bad-request"),
        (many.as_str(), 400, "bad-request"),
        ("1", 404, "no-such-cell"),
    ] {
        let answers = served.get(&at(&format!("answers?cases={cases}"))).await;
        answers.refuses(status, code);
    }
    let rating = at("rating?case=0&variant=1");
    served
        .post(&rating, json!({ "score": 9 }))
        .await
        .refuses(422, "rating");
    let rated = served
        .post(&rating, json!({ "score": 5, "comment": "warm" }))
        .await
        .is(200)
        .json();
    assert_eq!(rated["cell"]["rating"]["score"], 5);
    let by = &rated["cell"]["rating"]["by"];
    assert_eq!(by, "ada", "who names nobody is whose server it is");
    let named = json!({ "score": 5, "by": "grace" });
    let rated = served.post(&rating, named).await.is(200).json();
    assert_eq!(rated["cell"]["rating"]["by"], "grace");
    let used = served
        .post(&at("promote"), json!({ "number": 1 }))
        .await
        .is(200)
        .json();
    assert_eq!(used["current"], 1);
    let events = served.get(&at("events")).await.is(200).json();
    assert!(!events["items"].as_array().unwrap().is_empty());
    let all = served.get("/api/comparisons").await.is(200).json();
    assert_eq!(all["items"][0]["id"], id);
    served
        .get("/api/comparisons/none")
        .await
        .refuses(404, "no-such-comparison");
}

/// On one thread the second is there before the first has begun.
#[tokio::test]
async fn two_that_take_a_comparison_up_at_once_carry_it_out_once() {
    let (served, run) = with_two_versions().await;
    let request = serde_json::from_value(of_run(&run)).unwrap();
    let id = served.world.engine.start_comparison(request).await.unwrap();
    let asked = served.world.provider.received().len();
    let supervisor = served.server.supervisor();
    let resume = || supervisor.resume_comparison(id, ResumeComparison::default());
    let (one, other) = tokio::join!(resume(), resume());
    one.unwrap();
    other.unwrap();
    supervisor.comparison_at_rest(id).await.unwrap();
    let view = served.world.engine.comparison(id).await.unwrap();
    assert_eq!(view.summary.status, ComparisonStatus::Finished);
    assert_eq!(served.world.provider.received().len() - asked, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interrupted_comparison_goes_on_with_the_server() {
    let (served, run) = with_two_versions().await;
    let asked = served.world.provider.received().len();
    served.world.provider.hold();
    let begun = served
        .post("/api/comparisons", of_run(&run))
        .await
        .is(201)
        .json();
    let id = begun["id"].as_str().unwrap().to_owned();
    World::wait_for_requests(&served.world.provider, asked + 1).await;
    let served = served.restarted().await;
    assert_eq!(at_rest(&served, &id).await, "interrupted");
    served.world.provider.release();
    served
        .server
        .supervisor()
        .take_up_interrupted()
        .await
        .unwrap();
    assert_eq!(at_rest(&served, &id).await, "finished");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_counts_each_cell_once_and_every_call() {
    let (served, run) = with_two_versions().await;
    for _ in 0..2 {
        let begun = served.post("/api/comparisons", of_run(&run)).await;
        let begun = begun.is(201).json();
        at_rest(&served, begun["id"].as_str().unwrap()).await;
    }
    let text = json!({ "within": { "kind": "run", "run": run }, "step": "calls", "text": "Hail {{ topic }}" });
    let tried = served.post("/api/trials", text).await.is(201).json();
    at_rest(&served, tried["id"].as_str().unwrap()).await;
    let history = served.get("/api/prompts/greeting/history").await;
    let history = history.is(200).json();
    assert_eq!(
        history["comparisons"], 2,
        "a text that isn't saved is no version"
    );
    assert_eq!(history["older"], false);
    let versions = history["versions"].as_array().unwrap();
    let numbers: Vec<_> = versions.iter().map(|it| it["number"].clone()).collect();
    assert_eq!(numbers, [2, 1]);
    for version in versions {
        assert_eq!(
            version["numbers"]["cells"], 1,
            "the second comparison took it over"
        );
        assert_eq!(version["comparisons"].as_array().unwrap().len(), 2);
    }
    served
        .get("/api/prompts/nothing/history")
        .await
        .refuses(404, "no-such-prompt");
}
