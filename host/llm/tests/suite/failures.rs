//! Everything that can go wrong between here and a provider.

use std::time::Duration;

use crate::common::*;
use serde_json::json;
use stepwell_contract::*;
use stepwell_llm::*;

/// Asks a server with these scripts; gives the error, how often it was asked, and what the observer heard.
async fn ask_failing(scripts: Vec<Vec<Act>>) -> (ChatError, usize, Observer) {
    let server = Server::start(scripts).await;
    let observer = Observer::default();
    let error = failed(complete(&models_with(settings(&server.url)), &ask("Hi"), &observer).await);
    (error, server.count(), observer)
}

#[tokio::test]
async fn errors_that_stay_are_told_at_once_with_a_mend() {
    let quota = r#"{"error":{"message":"You exceeded your quota","code":"insufficient_quota"}}"#;
    let long = r#"{"error":{"message":"Too long","code":"context_length_exceeded"}}"#;
    let filter = r#"{"error":{"message":"No","code":"content_filter"}}"#;
    for (status, body, kind, mend) in [
        (
            401,
            r#"{"error":{"message":"Bad key"}}"#,
            ChatErrorKind::Authentication,
            "THE_KEY",
        ),
        (403, "", ChatErrorKind::Authentication, "THE_KEY"),
        (
            404,
            "<html>nothing here</html>",
            ChatErrorKind::UnknownModel,
            "base_url",
        ),
        (400, long, ChatErrorKind::ContextLength, "shorten"),
        (400, filter, ChatErrorKind::ContentFiltered, "prompt"),
        (
            400,
            r#"{"error":"what?"}"#,
            ChatErrorKind::InvalidRequest,
            "what?",
        ),
        (429, quota, ChatErrorKind::OutOfCredit, "add credit"),
        (302, "", ChatErrorKind::Network, "redirects"),
    ] {
        let (error, count, observer) = ask_failing(vec![error(status, "", body)]).await;
        assert_eq!((&error.kind, count), (&kind, 1), "{status}: {error}");
        assert!(error.message.contains(mend), "{error}");
        assert_eq!(
            observer.told(),
            ["before 1".to_owned(), format!("after 1: {}", kind.code())]
        );
    }
}

#[tokio::test]
async fn errors_that_pass_are_tried_again_and_counted() {
    for (status, kind) in [
        (429, ChatErrorKind::RateLimited),
        (500, ChatErrorKind::Overloaded),
        (503, ChatErrorKind::Overloaded),
        (529, ChatErrorKind::Overloaded),
    ] {
        let (error, count, observer) = ask_failing(vec![error(status, "", "busy")]).await;
        assert_eq!((&error.kind, count), (&kind, 3), "{status}");
        assert!(
            error.message.contains("tried 3 times") && error.message.contains("busy"),
            "{error}"
        );
        let code = kind.code();
        assert_eq!(
            observer.told(),
            [
                "before 1",
                &format!("after 1: {code}, again"),
                "waiting",
                "before 2",
                &format!("after 2: {code}, again"),
                "waiting",
                "before 3",
                &format!("after 3: {code}"),
            ]
        );
    }
}

#[tokio::test]
async fn the_providers_own_wait_is_the_least() {
    let busy = |header: &str| error(429, header, "{}");
    let server = Server::start(vec![
        busy("retry-after-ms: 30\r\nretry-after: 500\r\n"),
        busy("Retry-After: 0.02\r\n"),
        answer("Hello"),
    ])
    .await;
    let observer = Observer::default();
    let models = models_with(settings(&server.url));
    assert_eq!(
        complete(&models, &ask("Hi"), &observer).await.unwrap().text,
        "Hello"
    );
    let waits = observer.waits.lock().unwrap().clone();
    assert!(
        waits[0] >= Duration::from_millis(30) && waits[1] >= Duration::from_millis(20),
        "{waits:?}"
    );
}

#[tokio::test]
async fn a_wait_too_long_to_stay_for_is_an_error_that_says_until_when() {
    let (error, count, _) = ask_failing(vec![error(429, "retry-after: 7200\r\n", "{}")]).await;
    assert_eq!(
        (error.kind, count),
        (ChatErrorKind::Other("wait-too-long".into()), 1)
    );
    assert!(
        error.message.contains("7200 s") && error.message.contains("resume"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn a_stream_that_breaks_is_begun_again_and_its_tokens_are_void() {
    let server = Server::start(vec![stream(vec![delta("Hel")]), answer("Hello")]).await;
    let observer = Observer::default();
    let models = models_with(settings(&server.url));
    let ledger = std::sync::Arc::new(Ledger::new(
        "run budget",
        "budgets.run.",
        Budget::default(),
        Expense::default(),
    ));
    let budgets = [std::sync::Arc::clone(&ledger)];
    let response = complete_at(&models, &ask("Hi"), origin("a", 0), &budgets, &observer)
        .await
        .unwrap();
    assert_eq!(response.text, "Hello");
    assert_eq!(*observer.text.lock().unwrap(), "Hello");
    assert_eq!(
        observer.told(),
        [
            "before 1",
            "tokens",
            "after 1: network, again",
            "restarted",
            "waiting",
            "before 2",
            "tokens",
            "after 2: ok"
        ]
    );
    let broken = observer.report(0);
    assert!(broken.raw.unwrap().starts_with(b"data: ") && broken.first_token.is_some());
    assert!(
        ledger.spent().tokens > 15,
        "a part of an answer was paid for too: {ledger:?}"
    );
}

#[tokio::test]
async fn an_error_inside_a_stream_is_an_error() {
    let overloaded =
        event(json!({ "error": { "message": "Overloaded", "type": "overloaded_error" } }));
    let (error, count, _) = ask_failing(vec![stream(vec![delta("Hel"), overloaded])]).await;
    assert_eq!((error.kind, count), (ChatErrorKind::Overloaded, 3));
    let quota = event(json!({ "error": { "message": "Quota", "code": "insufficient_quota" } }));
    let (error, count, _) = ask_failing(vec![stream(vec![quota])]).await;
    assert_eq!((error.kind, count), (ChatErrorKind::OutOfCredit, 1));
}

#[tokio::test]
async fn a_stall_is_a_timeout() {
    for (script, told) in [
        (vec![Act::Hang], "before 1"),
        (stream(vec![delta("Hel"), Act::Hang]), "tokens"),
    ] {
        let server = Server::start(vec![script, answer("Hello")]).await;
        let settings = settings(&server.url);
        let stall = settings.providers["local"].stall_timeout;
        let models = models_with(settings);
        let observer = Observer::default();
        let request = ask("Hi");
        let stalled = async {
            while server.count() == 0 || !observer.told().contains(&told.to_owned()) {
                tokio::task::yield_now().await;
            }
            // The clock stands at the stall's end, and goes on from there.
            tokio::time::pause();
            tokio::time::advance(stall).await;
            tokio::time::resume();
        };
        let (response, ()) = tokio::join!(complete(&models, &request, &observer), stalled);
        assert_eq!(response.unwrap().text, "Hello");
        assert!(
            observer
                .told()
                .contains(&"after 1: timeout, again".to_owned())
        );
    }
}

/// What a model thinks comes late and slowly, and is paid for.
#[tokio::test]
async fn silence_is_bounded_and_not_how_long_an_answer_takes() {
    let rest = || Act::Rest(Duration::from_millis(800));
    let mut acts = vec![rest()];
    for text in ["It ", "takes ", "its ", "time", "."] {
        acts.extend([delta(text), rest()]);
    }
    acts.push(event("[DONE]"));
    let mut script = vec![rest()];
    script.extend(stream(acts));
    let server = Server::start(vec![script]).await;
    let mut settings = settings(&server.url);
    let provider = settings.providers.get_mut("local").unwrap();
    // Less than all of it takes, and more than any silence in it.
    provider.stall_timeout = Duration::from_secs(4);
    let response = complete(&models_with(settings), &ask("Hi"), &Observer::default()).await;
    assert_eq!(response.unwrap().text, "It takes its time.");
    assert_eq!(server.count(), 1, "it was paid for once");
}

#[test]
fn who_says_nothing_lets_a_model_think_for_minutes() {
    let keys = Keys::from_iter([("OPENAI_API_KEY", "sk-x")]);
    let settings = settings_from_keys(&keys).unwrap();
    let provider = &settings.providers["openai"];
    assert!(provider.stall_timeout >= Duration::from_secs(600));
    assert!(provider.connect_timeout <= Duration::from_secs(15));
}

#[tokio::test]
async fn a_connection_that_is_refused_or_closed_is_a_network_error() {
    let (error, count, _) = ask_failing(vec![vec![]]).await;
    assert_eq!((error.kind, count), (ChatErrorKind::Network, 3));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let error = failed(
        complete(
            &models_with(settings(&url)),
            &ask("Hi"),
            &Observer::default(),
        )
        .await,
    );
    assert_eq!(error.kind, ChatErrorKind::Network);
    assert!(
        error.message.contains(&url) && error.message.contains("refused"),
        "{error}"
    );
}

#[tokio::test]
async fn a_page_instead_of_an_answer_points_to_the_base_url() {
    let page = "<!doctype html><html>Log in</html>";
    let (error, count, _) =
        ask_failing(vec![error(200, "content-type: text/html\r\n", page)]).await;
    assert_eq!((error.kind, count), (ChatErrorKind::Network, 1));
    assert!(
        error.message.contains("Log in") && error.message.contains("base_url"),
        "{}",
        error.message
    );
}

#[tokio::test]
async fn the_key_is_nowhere() {
    let leak = format!(r#"{{"error":{{"message":"Incorrect key {KEY}"}}}}"#);
    let scripts = [
        error(
            401,
            &format!("x-debug: {KEY}\r\nset-cookie: session=1\r\n"),
            &leak,
        ),
        error(
            302,
            &format!("location: https://evil.example/{KEY}\r\n"),
            "",
        ),
        answer(&format!("Your key is {KEY}")),
        stream(vec![delta(KEY), event(json!({ "error": KEY }))]),
    ];
    for script in scripts {
        let server = Server::start(vec![script]).await;
        let mut settings = settings(&server.url);
        settings.providers.get_mut("local").unwrap().retries = 0;
        let models = models_with(settings);
        let observer = Observer::default();
        let result = complete(&models, &ask("Hi"), &observer).await;
        let report = observer.report(0);
        let raw = report.raw.clone().unwrap_or_default();
        let all = format!(
            "{result:?} {report:?} {:?} {models:?} {:?} {}",
            observer.text.lock().unwrap(),
            models.list(),
            String::from_utf8_lossy(&raw),
        );
        assert!(!all.contains(KEY), "{all}");
        assert!(!all.contains("set-cookie"), "{all}");
        assert!(
            server.requests.lock().unwrap()[0].head.contains(KEY),
            "the provider gets it"
        );
    }
}

#[tokio::test]
async fn a_missing_key_is_an_error_when_it_is_used() {
    let server = Server::start(vec![answer("Hello")]).await;
    let models = Models::live(settings(&server.url), Keys::default()).unwrap();
    assert!(!models.list()[0].key_present);
    let error = failed(complete(&models, &ask("Hi"), &Observer::default()).await);
    assert_eq!(error.kind, ChatErrorKind::Authentication);
    assert!(error.message.contains("THE_KEY"), "{error}");
    assert_eq!(models.check(&models.resolve(None).unwrap()), Err(error));
    assert_eq!(server.count(), 0);
}

#[test]
fn an_unknown_name_is_answered_with_those_that_are_alike() {
    let models = models_with(settings("http://localhost:1/v1"));
    let error = models.resolve(Some("wirter")).unwrap_err();
    assert_eq!(error.kind, ChatErrorKind::UnknownModel);
    assert!(error.message.contains("did you mean `writer`?"), "{error}");
    let none = Models::live(ModelsSettings::default(), Keys::default()).unwrap();
    let error = none.resolve(None).unwrap_err();
    assert!(error.message.contains("OPENAI_API_KEY"), "{error}");
}

#[tokio::test]
async fn a_call_over_budget_is_not_sent() {
    let server = Server::start(vec![answer("Hello")]).await;
    let models = models_with(settings(&server.url));
    let cap = Budget {
        tokens: Some(400),
        money: None,
    };
    let ledger = std::sync::Arc::new(Ledger::new(
        "run budget",
        "budgets.run.",
        cap,
        Expense::default(),
    ));
    let budgets = [std::sync::Arc::clone(&ledger)];
    let mut count = 0;
    let error = loop {
        match complete_at(
            &models,
            &ask("Hi"),
            origin("a", count),
            &budgets,
            &Observer::default(),
        )
        .await
        {
            Ok(_) => count += 1,
            other => break failed(other),
        }
    };
    assert_eq!(error.kind, ChatErrorKind::OverBudget);
    assert!(
        error.message.contains("budgets.run.tokens") && error.message.contains("of 400 tokens"),
        "{error}"
    );
    assert_eq!(
        ledger.spent(),
        Expense {
            tokens: u64::from(count) * 15,
            money: Money(u64::from(count) * 20)
        }
    );
    assert!(count > 10, "small calls fit in one after another: {count}");
    assert_eq!(server.count(), usize::try_from(count).unwrap());
}
