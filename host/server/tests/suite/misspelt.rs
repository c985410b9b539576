//! A name that an operation doesn't know is refused before anything is done for it: a misspelt `until` is no limit, a
//! misspelt `model` another model, and both cost money. The client names nothing that the server doesn't know.

use axum::http::{Method, Request};
use serde_json::{Value, json};
use stepwell_contract::{ImprovementId, Name};
use stepwell_definition::Case;
use stepwell_engine::{
    AddVersion, AdvanceImprovement, CellAddress, CheckPlugin, CompareIn, DefinitionSource,
    DocumentPlace, ExplainSteps, FileFate, GivenAnswer, ListAnswers, ListRuns, RateCell, RerunStep,
    ResumeComparison, ResumeRun, RunAlone, RunStatus, RunStepAlone, Selection, StartComparison,
    StartRun, TakeIntrinsic, UseVersion,
};
use stepwell_server::{Client, ClientError, Limits, listen};
use tokio::net::UnixListener;
use tokio::sync::watch;

use crate::asking::{ASKS, CALLS, Served};

/// Everything that a request could have changed.
async fn all_of(served: &Served) -> Vec<String> {
    let mut all = vec![served.world.provider.received().len().to_string()];
    for path in ["runs", "prompts", "documents", "comparisons", "runs/last"] {
        all.push(served.get(&format!("/api/{path}")).await.is(200).text);
    }
    all
}

/// With a run, a prompt and a comparison for what an address may name.
async fn with_everything() -> Served {
    let served = Served::new().await;
    let run = served.start(CALLS, json!({ "topic": "tea" })).await;
    served.at_rest(&run).await;
    let compared =
        json!({ "step": "calls", "within": { "kind": "run", "run": run }, "versions": [1] });
    served.post("/api/comparisons", compared).await.is(201);
    served
        .get("/api/comparisons/last/outcome?wait=true")
        .await
        .is(200);
    served
}

fn with_names(path: &str) -> String {
    path.replace("{run}", "last")
        .replace("{comparison}", "last")
        .replace("{improvement}", "last")
        .replace("/documents/{name}", "/documents/out")
        .replace("{name}", "greeting")
        .replace("{version}", "1")
        .replace("{call}", "last")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_operation_takes_a_name_that_it_does_not_know() {
    let served = with_everything().await;
    let before = all_of(&served).await;
    let document = served.get("/api/openapi.json").await.is(200).json();
    let mut tried = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let path = with_names(path);
            let address = format!("{path}?untill=calls");
            let problem = served.json(method.clone(), &address, json!({})).await;
            let problem = problem.refuses(400, "bad-request");
            assert!(
                problem["detail"].as_str().unwrap().contains("`untill`"),
                "{method} {path}: {problem}"
            );
            if method == Method::GET {
                continue;
            }
            let problem = served
                .json(method.clone(), &path, json!({ "modle": "x" }))
                .await;
            let problem = problem.refuses(422, "wrong-body");
            assert!(
                problem["detail"].as_str().unwrap().contains("`modle`"),
                "{method} {path}: {problem}"
            );
            tried += 1;
        }
    }
    assert!(tried > 15, "{tried}");
    assert_eq!(all_of(&served).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_right_but_for_one_name_is_told_the_nearest() {
    let served = with_everything().await;
    let before = all_of(&served).await;
    let definition = json!({ "text": CALLS, "file": null });
    let check = |check: Value| {
        let case = json!({ "id": "one", "inputs": { "topic": "tea" }, "checks": [check] });
        json!({ "step": "calls", "within": { "kind": "definition", "definition": definition }, "cases": [case] })
    };
    for (path, body, told, near) in [
        (
            "runs",
            json!({ "definition": definition, "inputs": { "topic": "tea" }, "modle": "other" }),
            "no field `modle`",
            "`model`",
        ),
        (
            "runs",
            json!({ "definition": { "text": ASKS, "fiel": null } }),
            "`definition` has no field `fiel`",
            "`file`",
        ),
        (
            "runs/last/resume",
            json!({ "untill": "calls" }),
            "no field `untill`",
            "`until`",
        ),
        (
            "runs/last/resume",
            json!({ "answers": [{ "key": "name", "text": "Ada", "stpe": "asks" }] }),
            "`answers[0]` has no field `stpe`",
            "`step`",
        ),
        (
            "comparisons",
            check(json!({ "contains": "tea", "nott": true })),
            "`cases[0].checks[0]` has no field `nott`",
            "`not`",
        ),
        (
            "comparisons",
            check(json!({ "length": { "mni": 3 } })),
            "`cases[0].checks[0].length` has no field `mni`",
            "`min`",
        ),
        (
            "comparisons",
            json!({ "step": "calls", "within": { "knd": "plugin" } }),
            "`within` has no field `knd`",
            "`kind`",
        ),
        (
            "comparisons",
            json!({ "step": "calls", "within": { "kind": "plugin", "run": "x" } }),
            "`within` has no field `run`",
            "",
        ),
        (
            "comparisons",
            json!({ "step": "calls", "within": { "kind": "definition", "definition": definition }, "budget": { "token": 3 } }),
            "`budget` has no field `token`",
            "`tokens`",
        ),
    ] {
        let problem = served.post(&format!("/api/{path}"), body).await;
        let problem = problem.refuses(422, "wrong-body");
        assert!(
            problem["detail"].as_str().unwrap().contains(told),
            "{problem}"
        );
        assert!(
            problem["hint"].as_str().unwrap().contains(near),
            "{problem}"
        );
    }
    let query = served
        .get("/api/runs?limti=1")
        .await
        .refuses(400, "bad-request");
    assert!(
        query["hint"].as_str().unwrap().contains("`limit`"),
        "{query}"
    );
    let head = Request::head("/api/runs?limit=1");
    served.send(head).await.is(200);
    // A name may be written in other letters.
    served.get("/api/runs?%6Cimit=1").await.is(200);
    served
        .get("/api/runs?%6Cimti=1")
        .await
        .refuses(400, "bad-request");
    assert_eq!(all_of(&served).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_only_a_definition_knows_are_taken() {
    let served = Served::new().await;
    let settings = json!({ "any": { "thing": [{ "at": "all" }] } });
    let alone = json!({ "plugin": "builtin:asks", "settings": settings });
    let refused = served.post("/api/plugin-runs", alone).await;
    assert_ne!(refused.json()["code"], "wrong-body", "{}", refused.text);
    let schema = json!({ "type": "object", "properties": { "x": {} } });
    let case = json!({ "inputs": { "topic": "tea" }, "checks": [{ "json_schema": schema }] });
    let definition = json!({ "kind": "definition", "definition": { "text": CALLS, "file": null } });
    let compare = json!({ "step": "calls", "within": definition, "cases": [case] });
    served.post("/api/comparisons", compare).await.is(201);
}

/// What was asked for may be refused, but not for its names.
fn understood<T>(asked: Result<T, ClientError>) {
    if let Err(ClientError::Refused(problem)) = asked {
        let code = problem.code.as_str();
        assert!(
            !["bad-request", "wrong-body"].contains(&code),
            "{problem:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_names_nothing_that_the_server_does_not_know() {
    let served = with_everything().await;
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("holder");
    let listener = UnixListener::bind(&socket).unwrap();
    let (_end, ending) = watch::channel(false);
    tokio::spawn(listen(
        listener,
        served.router.clone(),
        Limits::default(),
        ending,
    ));
    let client = Client::connect(&socket).await.unwrap();

    let run = client.find_run("last").await.unwrap();
    let comparison = client.find_comparison("last").await.unwrap();
    let step: stepwell_contract::StepPath = "calls".parse().unwrap();
    let selection = Selection {
        run: Some(run),
        step: Some(step.clone()),
        round: Some(1),
    };
    understood(
        client
            .runs(&ListRuns {
                before: Some(run),
                status: Some(RunStatus::Failure),
                workflow: Some("x".into()),
                search: Some("a b".into()),
                ..ListRuns::newest(1)
            })
            .await,
    );
    understood(client.events(run.into(), 1, 1).await);
    understood(client.at_rest(run).await);
    understood(client.documents(&selection).await);
    understood(client.files(run, &selection).await);
    let diff = client.file_diff(run, &selection, Some("out.txt"), Some(9), FileFate::Dropped);
    understood(diff.await);
    understood(client.calls(&selection).await);
    understood(client.comparisons(Some(comparison), Some(1)).await);
    understood(client.plugin("builtin:asks", folder.path()).await);
    let check = CheckPlugin {
        uses: "builtin:asks".into(),
        folder: folder.path().to_str().map(str::to_owned),
        inputs: [("topic".to_owned(), "tea".to_owned())].into(),
    };
    understood(client.check_plugin(&check).await);
    let explain = ExplainSteps {
        definition: DefinitionSource {
            text: CALLS.into(),
            file: None,
        },
        step: Some("calls".parse().unwrap()),
    };
    understood(client.explain(&explain).await);

    let place: DocumentPlace = "calls".parse().unwrap();
    let document = place.address(run, "out");
    understood(client.document(&document, Some(1)).await);
    understood(client.put_document(&document, "mine".into()).await);
    understood(client.remove_document(&document).await);
    understood(client.restore_file(run, "out.txt", true).await);
    understood(client.restore_text(run, "out.txt", "0123", true).await);
    understood(client.remake_branch(run).await);

    let name = Name::new("greeting").unwrap();
    let add = AddVersion {
        name: name.clone(),
        content: "Hello {{ topic }}".into(),
        note: "why".into(),
        by: "ada".into(),
        based_on: Some(1),
        plugin: None,
    };
    client.add_prompt_version(add).await.unwrap();
    understood(client.prompt_diff(&name, 1, 2).await);
    let choice = UseVersion {
        name: name.clone(),
        number: 1,
        by: "ada".into(),
        reason: "why".into(),
        comparison: Some(comparison),
    };
    client.use_prompt_version(choice).await.unwrap();
    let take = TakeIntrinsic {
        name: name.clone(),
        note: "why".into(),
        by: "ada".into(),
    };
    understood(client.take_intrinsic(take).await);
    client.remove_prompt_version(&name, 2).await.unwrap();

    let cell = CellAddress {
        comparison,
        case: 0,
        variant: 0,
        repeat: 1,
    };
    client.comparison_cell(&cell).await.unwrap();
    let answers = ListAnswers {
        comparison,
        cases: vec![0],
        repeat: Some(1),
    };
    client.comparison_answers(&answers).await.unwrap();
    let rating = RateCell {
        cell,
        score: Some(4),
        comment: "warm".into(),
        by: "ada".into(),
    };
    client.rate_cell(rating).await.unwrap();
    client.promote(comparison, 1, "ada".into()).await.unwrap();
    let again = ResumeComparison::default();
    client.resume_comparison(comparison, &again).await.unwrap();
    client.stop_comparison(comparison).await.unwrap();
    let source = DefinitionSource {
        text: CALLS.into(),
        file: None,
    };
    let within = CompareIn::Definition {
        definition: source.clone(),
    };
    let mut compare = StartComparison::new("calls", within);
    compare.cases = vec![Case::default()];
    understood(client.start_comparison(compare).await);

    let improve = json!({
        "prompt": "greeting", "step": "calls", "cases": [],
        "within": { "kind": "definition", "definition": source },
    });
    let improve = serde_json::from_value(improve).unwrap();
    understood(client.start_improvement(improve).await);
    client.improvements(None, Some(3)).await.unwrap();
    let id = ImprovementId(uuid::Uuid::nil());
    understood(client.improvement(id).await);
    let further = AdvanceImprovement::default();
    understood(client.advance_improvement(id, further).await);
    understood(client.remove_improvement(id).await);

    client.check(&source).await.unwrap();
    let answer = GivenAnswer {
        step: Some(step.clone()),
        items: Vec::new(),
        form: None,
        key: "name".into(),
        text: "Ada".into(),
        by: "Grace".into(),
    };
    understood(client.answer(run, &[answer]).await);
    understood(client.decline(run, &step).await);
    understood(client.resume(run, &ResumeRun::default()).await);
    understood(client.rerun(run, &step, &RerunStep::default()).await);
    understood(client.stop(run).await);
    understood(client.cancel(run).await);
    understood(client.start(StartRun::new(source)).await);
    let alone = json!({ "plugin": "builtin:asks" });
    let alone: RunAlone = serde_json::from_value(alone).unwrap();
    understood(client.start_alone(alone).await);
    let alone = json!({ "step": "asks", "definition": { "text": "", "file": null }, "inputs": {} });
    let look = json!({ "of": { "kind": "definition", "alone": alone }, "with": { "items": [1] } });
    understood(
        client
            .look_ahead(serde_json::from_value(look).unwrap())
            .await,
    );
    let alone: RunStepAlone = serde_json::from_value(alone).unwrap();
    understood(client.start_step_alone(alone).await);
    let look = json!({ "of": { "kind": "run", "run": run, "step": step }, "with": {} });
    understood(
        client
            .look_ahead(serde_json::from_value(look).unwrap())
            .await,
    );
    let look = json!({ "of": { "kind": "plugin", "alone": { "plugin": "builtin:asks" } } });
    understood(
        client
            .look_ahead(serde_json::from_value(look).unwrap())
            .await,
    );
}
