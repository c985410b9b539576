//! Models that are asked instead of one that can't answer.

use std::time::Duration;

use stepwell_contract::*;
use stepwell_llm::*;

use crate::common::*;

/// The model `writer` at one server, and `helper` at another, which is asked where the first can't answer.
fn two(first: &Server, second: &Server) -> ModelsSettings {
    let mut settings = settings(&first.url);
    let other = ProviderSettings {
        base_url: second.url.clone(),
        ..settings.providers["local"].clone()
    };
    settings.providers.insert("other".into(), other);
    let helper = ModelSettings::new("other", "gpt-y");
    settings.models.insert("helper".into(), helper);
    settings.models.get_mut("writer").unwrap().fallback = vec!["helper".into()];
    settings
}

#[tokio::test]
async fn another_model_answers_where_one_can_not() {
    for (status, body, kind) in [
        (
            401,
            r#"{"error":{"message":"no such key"}}"#,
            "authentication",
        ),
        (402, r#"{"error":{"message":"no credit"}}"#, "out-of-credit"),
        (
            404,
            r#"{"error":{"message":"no such model","code":"model_not_found"}}"#,
            "unknown-model",
        ),
        (
            400,
            r#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#,
            "context-length",
        ),
        (503, "busy", "overloaded"),
    ] {
        let first = Server::start(vec![error(status, "", body)]).await;
        let second = Server::start(vec![answer("from the other")]).await;
        let models = models_with(two(&first, &second));
        let observer = Observer::default();
        let answered = complete(&models, &ask("hi"), &observer).await.unwrap();
        assert_eq!(answered.text, "from the other", "{kind}");
        let told = observer.told();
        assert!(
            told.contains(&format!("{kind}: instead helper")),
            "{told:?}"
        );
        let last = &told[told.len() - 3..];
        assert_eq!(last, ["before 1", "tokens", "after 1: ok"], "{kind}");
        assert_eq!(second.requests.lock().unwrap()[0].body["model"], "gpt-y");
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_request_or_was_paid_for_is_asked_of_nobody_else() {
    for script in [
        error(400, "", r#"{"error":{"message":"bad field"}}"#),
        error(
            400,
            "",
            r#"{"error":{"message":"no","code":"content_filter"}}"#,
        ),
    ] {
        let first = Server::start(vec![script]).await;
        let second = Server::start(vec![answer("never")]).await;
        let models = models_with(two(&first, &second));
        let refused = failed(complete(&models, &ask("hi"), &Observer::default()).await);
        assert_eq!(second.count(), 0, "{refused}");
    }
}

#[tokio::test]
async fn over_budget_is_over_budget_for_all_models() {
    let first = Server::start(vec![answer("never")]).await;
    let second = Server::start(vec![answer("never")]).await;
    let models = models_with(two(&first, &second));
    let budget = Budget {
        tokens: Some(3),
        money: None,
    };
    let ledger = std::sync::Arc::new(Ledger::new(
        "run budget",
        "budgets.run.",
        budget,
        Expense::default(),
    ));
    let at = origin("requirement", 0);
    let refused = complete_at(&models, &ask("hi"), at, &[ledger], &Observer::default()).await;
    assert_eq!(failed(refused).kind, ChatErrorKind::OverBudget);
    assert_eq!((first.count(), second.count()), (0, 0));
}

#[tokio::test]
async fn a_request_with_tools_goes_to_no_model_that_has_none() {
    let first = Server::start(vec![error(401, "", "{}")]).await;
    let second = Server::start(vec![answer("never")]).await;
    let mut settings = two(&first, &second);
    settings.models.get_mut("helper").unwrap().tools = false;
    let models = models_with(settings);
    let observer = Observer::default();
    let refused = failed(complete(&models, &with_tools("hi"), &observer).await);
    assert_eq!(refused.kind, ChatErrorKind::Authentication);
    assert_eq!(second.count(), 0);
    let told = observer.told();
    assert!(
        told.contains(&"passed over helper: no-tools".to_owned()),
        "{told:?}"
    );
    assert!(
        refused
            .message
            .contains("can't be asked instead: `helper`: "),
        "{refused}"
    );
}

fn with_tools(text: &str) -> ChatRequest {
    let mut request = ask(text);
    request.tools.push(Tool {
        name: "look".into(),
        description: "Looks.".into(),
        parameters_schema: r#"{"type":"object"}"#.into(),
        options: Vec::new(),
    });
    request
}

#[tokio::test]
async fn what_another_model_can_not_take_is_found_before_it_is_asked() {
    // Of the second nobody knows what it costs, where money is bounded, and what a format has no word for can't be sent.
    let first = Server::start(vec![error(401, "", "{}")]).await;
    let second = Server::start(vec![answer("never")]).await;
    let third = Server::start(vec![answer("from the third")]).await;
    let mut settings = two(&first, &second);
    let last = ProviderSettings {
        base_url: third.url.clone(),
        ..settings.providers["local"].clone()
    };
    settings.providers.insert("last".into(), last);
    let priced = settings.models["writer"].prices;
    let last = ModelSettings {
        prices: priced,
        ..ModelSettings::new("last", "gpt-z")
    };
    settings.models.insert("last".into(), last);
    let writer = settings.models.get_mut("writer").unwrap();
    writer.fallback = vec!["helper".into(), "last".into()];
    let models = models_with(settings);
    let cap = Budget {
        tokens: None,
        money: Some(Money(1_000_000_000)),
    };
    let ledger = std::sync::Arc::new(Ledger::new(
        "run budget",
        "budgets.run.",
        cap,
        Expense::default(),
    ));
    let observer = Observer::default();
    let at = origin("requirement", 0);
    let answered = complete_at(&models, &ask("hi"), at, &[ledger], &observer).await;
    assert_eq!(answered.unwrap().text, "from the third");
    assert_eq!(second.count(), 0);
    let told = observer.told();
    let passed = told
        .iter()
        .position(|it| it == "passed over helper: over-budget");
    let fell = told
        .iter()
        .position(|it| it == "authentication: instead last");
    assert!(passed.is_some() && passed < fell, "{told:?}");
}

#[tokio::test]
async fn a_model_that_takes_no_tools_is_found_out_once() {
    let refusal =
        |message: &str| serde_json::json!({ "error": { "message": message } }).to_string();
    for (status, message, is_found_out) in [
        (
            400,
            "registry.ollama.ai/library/x does not support tools",
            true,
        ),
        (
            404,
            "No endpoints found that support tool use. Try another model",
            true,
        ),
        (
            400,
            "tools.0.custom: unknown field `a` is not supported",
            false,
        ),
        (
            400,
            "tools[0].function.parameters: unsupported keyword",
            false,
        ),
        (400, "messages: at least one is required", false),
        (429, "tools are not supported so often", false),
    ] {
        let server = Server::start(vec![
            error(status, "", &refusal(message)),
            error(status, "", &refusal(message)),
            error(status, "", &refusal(message)),
            error(status, "", &refusal(message)),
        ])
        .await;
        let mut settings = settings(&server.url);
        settings.providers.get_mut("local").unwrap().retries = 0;
        let models = models_with(settings);
        let first = failed(complete(&models, &with_tools("a"), &Observer::default()).await);
        let second = failed(complete(&models, &with_tools("b"), &Observer::default()).await);
        let count = if is_found_out { 1 } else { 2 };
        assert_eq!(server.count(), count, "{message}");
        assert_ne!(first.kind.code(), "no-tools");
        assert_eq!(second.kind.code() == "no-tools", is_found_out, "{second}");
        let model = models.resolve(None).unwrap();
        let refused = models.check_tools(&model, &with_tools("c"));
        assert_eq!(refused.is_err(), is_found_out, "{message}");
        assert!(models.check_tools(&model, &ask("c")).is_ok());
    }
}

#[tokio::test]
async fn who_answered_instead_is_recorded_and_told_in_a_replay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.cassette");
    let recorder = std::sync::Arc::new(Recorder::begin(&path, Matching::Request).unwrap());
    let first = Server::start(vec![error(401, "", "{}")]).await;
    let second = Server::start(vec![answer("from the other")]).await;
    let models = models_with(two(&first, &second)).recording(recorder);
    complete(&models, &ask("hi"), &Observer::default())
        .await
        .unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("model: writer\nasked-instead: helper\n"),
        "{text}"
    );
    let replayed = Models::replaying(Cassette::parse(&text, "run.cassette").unwrap());
    let observer = Observer::default();
    let answered = complete(&replayed, &ask("hi"), &observer).await.unwrap();
    assert_eq!(answered.text, "from the other");
    assert_eq!(observer.told()[..2], ["answered by helper", "before 1"]);
}

#[tokio::test]
async fn where_none_can_answer_all_say_why() {
    let first = Server::start(vec![error(401, "", r#"{"error":{"message":"stale key"}}"#)]).await;
    let second = Server::start(vec![error(402, "", r#"{"error":{"message":"empty"}}"#)]).await;
    let models = models_with(two(&first, &second));
    let refused = failed(complete(&models, &ask("hi"), &Observer::default()).await);
    assert_eq!(refused.kind, ChatErrorKind::OutOfCredit);
    assert!(refused.message.contains("`other` ("), "{refused}");
    assert!(
        refused
            .message
            .contains("asked before: `writer`: `local` ("),
        "{refused}"
    );
    assert!(refused.message.contains("stale key"), "{refused}");
}

#[tokio::test]
async fn a_provider_that_is_down_is_left_alone_and_the_other_asked_at_once() {
    let first = Server::start(vec![error(503, "", "busy")]).await;
    let second = Server::start(vec![answer("from the other")]).await;
    let mut settings = two(&first, &second);
    let provider = settings.providers.get_mut("local").unwrap();
    provider.circuit_failures = 3;
    provider.circuit_pause = Duration::from_secs(3600);
    let models = models_with(settings);
    for _ in 0..4 {
        complete(&models, &ask("hi"), &Observer::default())
            .await
            .unwrap();
    }
    assert_eq!(first.count(), 3, "a call with its two retries");
    assert_eq!(second.count(), 4);
}

#[tokio::test]
async fn where_nobody_else_answers_a_provider_that_stays_down_is_asked_once_for_all_who_wait() {
    let first = Server::start(vec![error(503, "", "busy")]).await;
    let mut settings = settings(&first.url);
    let provider = settings.providers.get_mut("local").unwrap();
    provider.circuit_failures = 3;
    provider.circuit_pause = Duration::from_millis(300);
    let models = models_with(settings);
    let refused = failed(complete(&models, &ask("hi"), &Observer::default()).await);
    assert_eq!(refused.kind, ChatErrorKind::Overloaded);
    let calls: Vec<_> = (0..8)
        .map(|_| async {
            let refused = complete(&models, &ask("hi"), &Observer::default()).await;
            failed(refused)
        })
        .collect();
    let refused = futures_util::future::join_all(calls).await;
    assert_eq!(first.count(), 3 + 1, "{refused:?}");
    let down = refused
        .iter()
        .filter(|refused| refused.kind.code() == "provider-down");
    assert_eq!(down.count(), 7, "{refused:?}");
}

#[test]
fn a_model_that_is_to_answer_instead_has_to_be_there() {
    let url = "http://127.0.0.1:1/v1";
    let mut settings = settings(url);
    let writer = settings.models.get_mut("writer").unwrap();
    writer.fallback = vec!["wirter".into(), "writer".into()];
    let keys: Keys = [("THE_KEY", KEY)].into_iter().collect();
    let refused = Models::live(settings, keys).map(drop).unwrap_err();
    assert_eq!(refused.problems.len(), 2, "{refused}");
    assert_eq!(
        refused.problems[0].remedy(),
        Remedy::said("did you mean `writer`?")
    );
}
