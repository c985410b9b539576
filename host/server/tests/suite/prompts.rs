//! Prompts by the API: versions, and editors who don't write over each other.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::asking::Served;

fn version(content: &str) -> Value {
    json!({ "name": "farewell", "content": content })
}

#[tokio::test]
async fn versions_are_added_read_made_current_and_deleted() {
    let served = Served::new().await;
    let added = served.post("/api/prompts", version("one")).await.is(201);
    assert_eq!(
        added.headers["location"],
        "/api/prompts/farewell/versions/1"
    );
    for text in ["two", "three", "four", "five"] {
        served.post("/api/prompts", version(text)).await.is(201);
    }
    let prompt = served.get("/api/prompts/farewell").await.is(200);
    assert_eq!(prompt.headers["etag"], "\"v5-c5\"");
    let numbers: Vec<_> = prompt.json()["versions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["number"].clone())
        .collect();
    assert_eq!(numbers, [2, 3, 4, 5]);
    // The text of the current one adds none and pushes none out.
    for _ in 0..4 {
        let again = served.post("/api/prompts", version("five")).await.is(200);
        let again = again.json();
        assert_eq!(
            (&again["number"], &again["added"]),
            (&json!(5), &json!(false))
        );
        assert!(again["dropped"].is_null(), "{again}");
    }
    let prompt = served.get("/api/prompts/farewell").await.is(200);
    assert_eq!(prompt.headers["etag"], "\"v5-c5\"");
    let used = served
        .put("/api/prompts/farewell/current", json!({ "number": 3 }))
        .await
        .is(200);
    assert_eq!(used.headers["etag"], "\"v5-c3\"");
    let at = |version: &str| format!("/api/prompts/farewell/versions/{version}");
    for (version, text) in [("current", "three"), ("latest", "five"), ("2", "two")] {
        assert_eq!(
            served.get(&at(version)).await.is(200).json()["content"],
            text
        );
    }
    served
        .delete(&at("3"))
        .await
        .refuses(409, "version-is-current");
    served.delete(&at("2")).await.is(200);
    served.get(&at("2")).await.refuses(404, "no-such-version");
    served.get(&at("second")).await.refuses(400, "bad-request");
    let diff = served
        .get("/api/prompts/farewell/diff?from=3&to=5")
        .await
        .is(200)
        .json();
    assert!(diff["diff"].as_str().unwrap().contains("+five"));
    served
        .get("/api/prompts/other")
        .await
        .refuses(404, "no-such-prompt");
    let all = served.get("/api/prompts").await.is(200).json();
    assert_eq!(all[0]["name"], "farewell");
}

#[tokio::test]
async fn who_edits_an_old_copy_is_told_so() {
    let served = Served::new().await;
    served.post("/api/prompts", version("one")).await.is(201);
    let tag = served.get("/api/prompts/farewell").await.headers["etag"].clone();
    let with_tag = |text: &str| {
        let request = Request::post("/api/prompts")
            .header("if-match", &tag)
            .header("content-type", "application/json");
        request.body(Body::from(version(text).to_string())).unwrap()
    };
    served.ask(with_tag("mine")).await.is(201);
    served
        .ask(with_tag("theirs"))
        .await
        .refuses(412, "outdated");
    let based_on = json!({ "name": "farewell", "content": "theirs", "based_on": 1 });
    let problem = served
        .post("/api/prompts", based_on)
        .await
        .refuses(412, "outdated");
    assert!(
        problem["detail"].as_str().unwrap().contains("v2"),
        "{problem}"
    );
    let stale = Request::delete("/api/prompts/farewell/versions/1").header("if-match", &tag);
    served.send(stale).await.refuses(412, "outdated");
    let any = Request::delete("/api/prompts/farewell/versions/1").header("if-match", "*");
    served.send(any).await.is(200);
}

#[tokio::test]
async fn a_prompt_that_a_step_declares_keeps_its_own_text_as_the_first_version() {
    let served = Served::new().await;
    let mine = json!({ "name": "greeting", "content": "Welcome {{ topic }}" });
    let added = served.post("/api/prompts", mine).await.is(201);
    let location = &added.headers["location"];
    assert_eq!(location, "/api/prompts/greeting/versions/2");
    let first = served.get("/api/prompts/greeting/versions/1").await.is(200);
    assert_eq!(first.json()["origin"], "intrinsic");
}

#[tokio::test]
async fn a_template_is_checked_while_it_is_typed() {
    let served = Served::new().await;
    let check =
        |content: &str| served.post("/api/prompts/farewell/check", json!({ "content": content }));
    assert_eq!(
        check("Hello").await.is(200).json(),
        json!({ "warnings": [] })
    );
    check("{{ open").await.refuses(422, "template");
}
