//! Runs by the API: started, answered, stopped, taken up again, run again, looked at.

use serde_json::json;

use crate::asking::{ASKS, CALLS, Served};
use crate::common::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_started_and_everything_of_it_can_be_read() {
    let served = Served::new().await;
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    assert_eq!(served.at_rest(&run).await["status"], "success");
    let view = served.get(&format!("/api/runs/{run}")).await.is(200).json();
    assert_eq!(view["steps"][0]["status"], "success");
    let same = served.get("/api/runs/last").await.is(200).json();
    assert_eq!(same["id"], view["id"]);
    let document = format!("/api/runs/{run}/documents/out?step=calls");
    let document = served.get(&document).await.is(200).json();
    assert_eq!(document["text"], "echo tea");
    let documents = served
        .get(&format!("/api/documents?run={run}"))
        .await
        .is(200);
    assert_eq!(documents.json()[0]["name"], "out");
    let calls = served
        .get(&format!("/api/calls?run={run}"))
        .await
        .is(200)
        .json();
    let call = calls["items"][0]["id"].as_str().unwrap();
    let call = served
        .get(&format!("/api/calls/{call}"))
        .await
        .is(200)
        .json();
    assert_eq!(call["prompt"], "tea");
    assert_eq!(call["answer"], "echo tea");
    let unknown = served.get("/api/calls/zz").await;
    unknown.refuses(404, "no-such-call");
    let events = served
        .get(&format!("/api/runs/{run}/events?limit=2"))
        .await
        .is(200)
        .json();
    assert_eq!(events["items"][0]["kind"], "run-started");
    assert_eq!(events["next"], "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_listed_compared_and_put_back() {
    let served = Served::new().await;
    served.world.put_file("out.txt", "mine");
    let granted = format!("{CALLS}grants.workspace = \"write\"\n");
    let run = served.start(&granted, json!({ "topic": "tea" })).await;
    assert_eq!(served.at_rest(&run).await["status"], "success");
    let files = served
        .get(&format!("/api/runs/{run}/files"))
        .await
        .is(200)
        .json();
    assert_eq!(files[0]["path"], "out.txt");
    let diff = served
        .get(&format!("/api/runs/{run}/files/diff?path=out.txt"))
        .await
        .is(200)
        .json();
    assert!(
        diff["diff"].as_str().unwrap().contains("+echo tea"),
        "{diff}"
    );
    let restore = format!("/api/runs/{run}/files/restore");
    for climbing in ["../out.txt", "/etc/passwd", ""] {
        served
            .post(&restore, json!({ "path": climbing }))
            .await
            .refuses(404, "no-such-file");
    }
    let restored = served.post(&restore, json!({ "path": "out.txt" })).await;
    let restored = restored.is(200).json();
    assert_eq!(restored["what"], "as-before", "{restored}");
    assert_eq!(restored["changed"], true, "{restored}");
    assert_eq!(served.world.file("out.txt").unwrap(), "mine");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_asks_sleeps_until_its_answer_comes() {
    let served = Served::new().await;
    let run = served.start(ASKS, json!({})).await;
    let outcome = served.at_rest(&run).await;
    assert_eq!(outcome["waiting_for"], "answers");
    let view = served.get(&format!("/api/runs/{run}")).await.json();
    assert_eq!(view["questions"][0]["form"]["questions"][0]["key"], "name");
    let answers = format!("/api/runs/{run}/answers");
    let wrong = json!({ "answers": [{ "step": "other", "key": "name", "text": "Ada" }] });
    served
        .post(&answers, wrong)
        .await
        .refuses(404, "no-such-step");
    let answer = json!({ "answers": [{ "key": "name", "text": "Ada" }] });
    served.post(&answers, answer.clone()).await.is(200);
    assert_eq!(served.at_rest(&run).await["status"], "success");
    served
        .post(&answers, answer)
        .await
        .refuses(409, "wrong-state");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_can_be_declined() {
    let served = Served::new().await;
    let run = served.start(ASKS, json!({})).await;
    assert_eq!(served.at_rest(&run).await["waiting_for"], "answers");
    let answers = format!("/api/runs/{run}/answers");
    let decline = json!({ "declined": ["asks"] });
    served.post(&answers, decline).await.is(200);
    assert_eq!(served.at_rest(&run).await["status"], "success");
    let run = run.parse().unwrap();
    let out = served.world.document(run, "asks", "out", &[]).await;
    assert_eq!(out.unwrap(), "declined");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_started_again_goes_on_and_asks_nothing_twice() {
    let served = Served::new().await;
    served.world.provider.hold();
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    World::wait_for_requests(&served.world.provider, 1).await;
    // What a killed process leaves behind: nothing says that the run has ended.
    let served = served.restarted().await;
    let view = served.get(&format!("/api/runs/{run}")).await.json();
    assert_eq!(view["status"], "interrupted");
    served.world.provider.release();
    let taken = served
        .server
        .supervisor()
        .take_up_interrupted()
        .await
        .unwrap();
    assert_eq!(taken.len(), 1);
    assert_eq!(served.at_rest(&run).await["status"], "success");
    // Once more it has nothing to do.
    let served = served.restarted().await;
    assert!(
        served
            .server
            .supervisor()
            .take_up_interrupted()
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_stopped_taken_further_and_cancelled() {
    let served = Served::new().await;
    served.world.provider.hold();
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    World::wait_for_requests(&served.world.provider, 1).await;
    let at = |what: &str| format!("/api/runs/{run}/{what}");
    served
        .post(&at("resume"), json!({}))
        .await
        .refuses(409, "wrong-state");
    let stopped = served.post(&at("stop"), json!(null)).await.is(200).json();
    assert_eq!(stopped["status"], "interrupted");
    served.post(&at("resume"), json!({})).await.is(200);
    let cancelled = served.post(&at("cancel"), json!(null)).await.is(200).json();
    assert_eq!(cancelled["status"], "cancelled");
    served
        .post(&at("resume"), json!({}))
        .await
        .refuses(409, "wrong-state");
    served.world.provider.release();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_lost_and_not_paid_is_written_off() {
    let served = Served::new().await;
    served.world.provider.hold();
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    World::wait_for_requests(&served.world.provider, 1).await;
    let calls = served.get("/api/calls").await.is(200).json();
    let call = calls["items"][0]["id"].as_str().unwrap();
    let write_off = format!("/api/calls/{call}/write-off");
    let under_way = served.post(&write_off, json!({})).await;
    under_way.refuses(409, "wrong-state");
    let stop = format!("/api/runs/{run}/stop");
    served.post(&stop, json!(null)).await.is(200);
    let page = served.get(&format!("/calls/{call}")).await.is(200).text;
    let form = format!("action=\"/calls/{call}/write-off\"");
    assert!(
        page.contains("has no end") && page.contains(&form),
        "{page}"
    );
    let written = served.post(&write_off, json!({})).await.is(200).json();
    assert_eq!(written["attempts"][0]["written_off"]["by"], "ada");
    let page = served.get(&format!("/calls/{call}")).await.is(200).text;
    assert!(page.contains("written off by ada") && !page.contains(&form));
    served.world.provider.release();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_is_run_again_and_a_document_corrected() {
    let served = Served::new().await;
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    served.at_rest(&run).await;
    served.world.provider.answer_next(&["again"]);
    let rerun = format!("/api/runs/{run}/rerun?step=calls");
    served
        .post(&rerun, json!({ "model": "other" }))
        .await
        .is(200);
    served.at_rest(&run).await;
    let document = format!("/api/runs/{run}/documents/out?step=calls");
    assert_eq!(served.get(&document).await.json()["text"], "again");
    served
        .put(&document, json!({ "text": "mine" }))
        .await
        .is(200);
    let read = served.get(&document).await.json();
    assert_eq!(
        (&read["text"], &read["author"]),
        (&json!("mine"), &json!("person"))
    );
    let before = served.get(&format!("{document}&revision=1")).await.json();
    assert_eq!(before["text"], "again");
    served.delete(&document).await.is(204);
    served.get(&document).await.refuses(404, "no-such-document");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_is_read_in_parts() {
    let served = Served::new().await;
    for _ in 0..3 {
        let run = served.start(ASKS, json!({})).await;
        served.at_rest(&run).await;
    }
    let first = served.get("/api/runs?limit=2").await.is(200).json();
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    let next = first["next"].as_str().unwrap();
    let rest = served
        .get(&format!("/api/runs?limit=2&before={next}"))
        .await
        .json();
    assert_eq!(rest["items"].as_array().unwrap().len(), 1);
    assert!(rest["next"].is_null());
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_run_everything_is_answered_but_no_run_taken_up() {
    let mut served = Served::new().await;
    let run = served.start(ASKS, json!({})).await;
    served.at_rest(&run).await;
    let server = stepwell_server::Server::beside_a_run(
        served.world.engine.clone(),
        stepwell_server::About::default(),
    );
    served.router = server.router();
    served.get("/api/runs/last").await.is(200);
    let start = json!({ "definition": { "text": ASKS, "file": null } });
    let problem = served.post("/api/runs", start).await.refuses(409, "busy");
    assert!(problem["hint"].as_str().unwrap().contains("stepwell serve"));
    let resume = served
        .post(&format!("/api/runs/{run}/resume"), json!({}))
        .await;
    resume.refuses(409, "busy");
}
