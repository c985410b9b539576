//! What runs are made of: definitions, plugins, models; and the document that describes the API.

use serde_json::{Value, json};

use crate::asking::{CALLS, Served};

#[tokio::test]
async fn a_definition_of_the_project_is_found_checked_and_its_inputs_told() {
    let served = Served::new().await;
    served.world.put_file("flows/calling.toml", CALLS);
    let found = served.get("/api/definitions").await.is(200).json();
    assert_eq!(found[0]["file"], "flows/calling.toml");
    assert_eq!(found[0]["inputs"][0]["name"], "topic");
    let source = served
        .get("/api/definition?file=flows/calling.toml")
        .await
        .is(200)
        .json();
    assert_eq!(source["text"], CALLS);
    let checked = served
        .post("/api/definitions/check", source)
        .await
        .is(200)
        .json();
    assert_eq!(checked["steps"], json!(["calls"]));
    assert_eq!(checked["inputs"][0]["name"], "topic");
    let climbing = served
        .get("/api/definition?file=../flows/calling.toml")
        .await;
    climbing.refuses(404, "no-such-definition");
}

#[tokio::test]
async fn every_problem_of_a_definition_is_told_with_its_place() {
    let served = Served::new().await;
    let bad = json!({ "text": "name = \"x\"\n[[steps]]\nid = \"a\"\nuses = \"builtin:none\"\n", "file": null });
    let problem = served
        .post("/api/definitions/check", bad)
        .await
        .refuses(422, "definition");
    assert_eq!(
        problem["diagnostics"][0]["span"]["start_line"], 4,
        "{problem}"
    );
}

#[tokio::test]
async fn plugins_and_models_are_listed() {
    let served = Served::new().await;
    let plugins = served.get("/api/plugins").await.is(200).json();
    assert_eq!(plugins[0]["uses"], "builtin:asks");
    let one = served
        .get("/api/plugin?uses=builtin:calls")
        .await
        .is(200)
        .json();
    assert_eq!(one["description"]["name"], "calls");
    let asked = json!({ "uses": "builtin:calls", "inputs": { "topic": "tea" } });
    let checked = served.post("/api/plugin/check", asked).await.is(200).json();
    assert_eq!(checked["description"]["name"], "calls");
    assert!(
        checked["prompt"].as_str().unwrap().contains("tea"),
        "{checked}"
    );
    served
        .get("/api/plugin?uses=nowhere.wasm")
        .await
        .refuses(422, "plugin");
    let models = served.get("/api/models").await.is(200).json();
    assert_eq!(models[0]["name"], "other");
    assert!(served.get("/api/about").await.is(200).json()["version"].is_string());
}

#[tokio::test]
async fn the_api_describes_itself() {
    let served = Served::new().await;
    let document = served.get("/api/openapi.json").await.is(200).json();
    assert_eq!(document, stepwell_server::openapi());
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 20);
    let mut ids = std::collections::BTreeSet::new();
    for (path, item) in paths {
        assert!(path.starts_with("/api/"), "{path}");
        for (method, operation) in item.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{method} {path}");
            assert!(
                ids.insert(operation["operationId"].as_str().unwrap().to_owned()),
                "{path}"
            );
            let refuses = &operation["responses"]["4XX"]["content"]["application/problem+json"];
            assert!(refuses.is_object(), "{method} {path}");
        }
    }
    assert!(references_resolve(&document, &document));
    assert!(
        items_are_schemas(&document),
        "OpenAPI 3.1 has `prefixItems` for the items of a tuple"
    );
}

/// Whether `items` is one schema everywhere.
fn items_are_schemas(part: &Value) -> bool {
    match part {
        Value::Object(fields) => fields
            .iter()
            .all(|(key, value)| !(key == "items" && value.is_array()) && items_are_schemas(value)),
        Value::Array(items) => items.iter().all(items_are_schemas),
        _ => true,
    }
}

/// Whether everything that is named is there.
fn references_resolve(whole: &Value, part: &Value) -> bool {
    match part {
        Value::Object(fields) => fields.iter().all(|(key, value)| match value.as_str() {
            Some(reference) if key == "$ref" => {
                let found = whole.pointer(reference.trim_start_matches('#')).is_some();
                assert!(found, "{reference}");
                found
            }
            _ => references_resolve(whole, value),
        }),
        Value::Array(items) => items.iter().all(|item| references_resolve(whole, item)),
        _ => true,
    }
}
