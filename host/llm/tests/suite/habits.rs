//! Servers with habits of their own: what is sent to them, what stays secret, and which setting their errors name.

use crate::common::*;
use serde_json::json;
use stepwell_contract::*;
use stepwell_llm::*;

/// Settings of the provider, changed.
fn changed(url: &str, change: impl FnOnce(&mut ProviderSettings)) -> ModelsSettings {
    let mut settings = settings(url);
    change(settings.providers.get_mut("local").unwrap());
    settings
}

fn live(settings: ModelsSettings, keys: &[(&str, &str)]) -> Models {
    let keys: Keys = keys.iter().copied().chain([("THE_KEY", KEY)]).collect();
    let patience = Patience {
        first: std::time::Duration::from_millis(1),
        ..Patience::default()
    };
    Models::live(settings, keys)
        .unwrap()
        .with_patience(patience)
}

/// The head of the first request that a server got.
fn first_head(server: &Server) -> String {
    server.requests.lock().unwrap()[0].head.to_lowercase()
}

#[tokio::test]
async fn a_key_goes_where_it_is_wanted_and_nowhere_else() {
    let header = KeySent::Header("api-key".into());
    let query = KeySent::Query("key".into());
    let chat = ProviderKind::OpenaiChat;
    let anthropic = ProviderKind::AnthropicMessages;
    let (bearer, bare) = (
        format!("authorization: bearer {KEY}"),
        format!("api-key: {KEY}"),
    );
    for (kind, sent, there) in [
        (chat, KeySent::Usual, bearer.clone()),
        (chat, header, bare),
        (chat, query, format!("/v1/chat/completions?key={KEY} ")),
        (anthropic, KeySent::Usual, format!("x-api-key: {KEY}")),
        (anthropic, KeySent::Bearer, bearer),
    ] {
        let server = Server::start(vec![answer("Hello")]).await;
        let settings = changed(&server.url, |provider| {
            provider.kind = kind;
            provider.key_sent = sent;
            provider.retries = 0;
        });
        let _ = complete(&live(settings, &[]), &ask("Hi"), &Observer::default()).await;
        let head = first_head(&server);
        assert!(head.contains(&there), "{head}");
        assert_eq!(head.matches(KEY).count(), 1, "{head}");
    }
}

#[tokio::test]
async fn headers_and_parameters_are_sent_and_their_secrets_never_come_back() {
    const TENANT: &str = "tenant-secret-0042";
    let told = format!("your tenant {TENANT}, or tenant%2Dsecret-0042");
    let server = Server::start(vec![
        error(
            500,
            &format!("x-tenant: {TENANT}\r\nx-told: {TENANT}\r\n"),
            &told,
        ),
        answer(&told),
    ])
    .await;
    let settings = changed(&server.url, |provider| {
        let text = |text: &str| SentValue::Text(text.into());
        let secret = || SentValue::Variable("TENANT".into());
        provider.headers = [
            ("X-Title".into(), text("us")),
            ("X-Tenant".into(), secret()),
        ]
        .into();
        provider.query = [
            ("api-version".into(), text("a b")),
            ("tenant".into(), secret()),
        ]
        .into();
    });
    let models = live(settings, &[("TENANT", TENANT)]);
    let observer = Observer::default();
    let answered = complete(&models, &ask("Hi"), &observer).await.unwrap();
    let head = first_head(&server);
    for sent in [
        "x-title: us",
        "x-tenant: tenant-secret-0042",
        "api-version=a+b&tenant=tenant-secret-0042",
    ] {
        assert!(head.contains(sent), "{sent}: {head}");
    }
    assert_eq!(answered.text, "your tenant [key removed], or [key removed]");
    let reports = format!("{:?}", observer.reports.lock().unwrap());
    assert!(
        !reports.contains(TENANT) && reports.contains("[key removed]"),
        "{reports}"
    );
    let raw = observer.report(0).raw.unwrap();
    assert!(!String::from_utf8_lossy(&raw).contains(TENANT));
    assert!(!format!("{models:?}").contains(TENANT));
}

#[tokio::test]
async fn a_secret_that_is_missing_is_named_and_nothing_is_sent() {
    let server = Server::start(vec![answer("Hello")]).await;
    let settings = changed(&server.url, |provider| {
        provider.headers = [("X-Org".into(), SentValue::Variable("THE_ORG".into()))].into();
    });
    let models = live(settings, &[]);
    let error = failed(complete(&models, &ask("Hi"), &Observer::default()).await);
    assert_eq!(error.kind, ChatErrorKind::Authentication);
    for told in ["`X-Org`", "`local`", "`THE_ORG`"] {
        assert!(error.message.contains(told), "{error}");
    }
    assert_eq!(server.count(), 0);
    let [model] = &models.list()[..] else {
        panic!()
    };
    assert_eq!(
        (model.key_present, model.key_variable.as_deref()),
        (false, Some("THE_ORG"))
    );
}

#[tokio::test]
async fn fields_are_written_as_the_settings_say() {
    let server = Server::start(vec![answer("7")]).await;
    let mut settings = changed(&server.url, |provider| {
        provider.token_limit = TokenLimit::MaxCompletionTokens;
        provider.stream_options = false;
    });
    settings.models.get_mut("writer").unwrap().schemas = false;
    let request = ChatRequest {
        answer_schema: Some(r#"{"type":"integer"}"#.into()),
        ..ask("How many?")
    };
    let models = live(settings, &[]);
    let answered = complete(&models, &request, &Observer::default()).await;
    assert_eq!(answered.unwrap().text, "7");
    let body = server.requests.lock().unwrap()[0].body.clone();
    assert_eq!(body["max_completion_tokens"], 100);
    for absent in ["max_tokens", "stream_options", "response_format"] {
        assert_eq!(body.get(absent), None, "{absent}");
    }
    let told = body["messages"][0]["content"].to_string();
    assert!(
        told.contains("JSON Schema") && told.contains("integer"),
        "{told}"
    );
    // It is held against it all the same.
    let server = Server::start(vec![answer("seven")]).await;
    let mut settings = changed(&server.url, |_| ());
    settings.models.get_mut("writer").unwrap().schemas = false;
    let error = failed(complete(&live(settings, &[]), &request, &Observer::default()).await);
    assert_eq!(error.kind, ChatErrorKind::SchemaMismatch);
}

/// Asks with tools and a schema, once; gives the error.
async fn refused(url: &str) -> ChatError {
    let settings = changed(url, |provider| provider.retries = 0);
    failed(complete(&live(settings, &[]), &ask("Hi"), &Observer::default()).await)
}

#[tokio::test]
async fn the_error_of_a_server_that_refuses_a_field_names_the_setting_that_mends_it() {
    let named = |field: &str| {
        json!({ "error": { "message": format!("Unsupported parameter: '{field}'"), "type": "invalid_request_error" } }).to_string()
    };
    let ollama = r#"{"error":{"message":"registry.ollama.ai/library/x does not support tools"}}"#;
    let vllm = r#"{"object":"error","message":"\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set","code":400}"#;
    for (body, setting) in [
        (
            named("response_format"),
            "`schemas = false` of `[providers.local]`",
        ),
        (
            named("tool_choice"),
            "`tools = false` of `[providers.local]`",
        ),
        (ollama.to_owned(), "`tools = false`"),
        (vllm.to_owned(), "`tools = false`"),
    ] {
        let server = Server::start(vec![error(400, "", &body)]).await;
        let error = refused(&server.url).await;
        assert!(error.message.contains(setting), "{error}");
    }
    // What is asked again at once says how to spare that.
    let server = Server::start(vec![
        error(400, "", &named("stream_options")),
        answer("Hello"),
    ])
    .await;
    let observer = Observer::default();
    let models = live(changed(&server.url, |_| ()), &[]);
    let _ = complete(&models, &ask("Hi"), &observer).await.unwrap();
    let told = observer.report(0).error.unwrap().message;
    assert!(
        told.contains("`stream_options = false` of `[providers.local]`"),
        "{told}"
    );
}

#[tokio::test]
async fn where_nothing_answers_the_address_is_shown_and_what_to_change() {
    let page = "<html><h1>Not Found</h1></html>";
    let detail = r#"{"detail":"Not Found"}"#;
    let studio = r#"{"error":"Unexpected endpoint or method. (POST /chat/completions). Returning 200 anyway"}"#;
    for (base, status, body, mend) in [
        (
            "",
            404,
            page,
            "most servers answer below a version, as in `http://127",
        ),
        ("", 404, detail, "/v1`"),
        ("", 405, r#"{"detail":"Method Not Allowed"}"#, "/v1`"),
        ("", 200, studio, "/v1`"),
        ("", 200, page, "/v1`"),
        ("", 200, detail, "/v1`"),
        ("/v1", 404, detail, "its `kind`"),
        (
            "/v1/chat/completions",
            404,
            page,
            "leave `/chat/completions` out",
        ),
    ] {
        let headers = "content-type: text/html\r\n";
        let server = Server::start(vec![error(status, headers, body)]).await;
        let url = server.url.replace("/v1", base);
        let error = refused(&url).await;
        let shown = format!("{url}/chat/completions");
        let (told, said) = (
            error.message.as_str(),
            body.trim_start_matches("{\"detail\":\"")
                .trim_end_matches("\"}"),
        );
        assert!(
            told.contains(mend) && told.contains(&shown),
            "{base} {status}: {told}"
        );
        assert!(
            status == 200 && body == studio
                || told.contains(said)
                || told.contains("Unexpected endpoint"),
            "{told}"
        );
        assert_eq!(server.count(), 1, "{told}");
    }
    // A model that isn't there is another matter.
    let missing =
        r#"{"error":{"message":"The model `gpt-x` does not exist","code":"model_not_found"}}"#;
    let server = Server::start(vec![error(404, "", missing)]).await;
    let error = refused(&server.url).await;
    assert!(
        error.message.contains(
            "check the model's name in stepwell.toml, and the `base_url` of the provider `local`"
        ),
        "{error}"
    );
    // Which command says what there is, is the terminal's to say.
    assert!(!error.message.contains("`stepwell "), "{error}");
}

#[tokio::test]
async fn a_sentence_in_the_place_of_an_answer_is_told_and_not_asked_for_again() {
    for (body, sentence) in [
        (r#"{"message":"No such deployment"}"#, "No such deployment"),
        (
            r#"{"detail":"Your plan has no access"}"#,
            "Your plan has no access",
        ),
        (
            r#"{"success":false,"msg":"Parameter missing"}"#,
            "Parameter missing",
        ),
    ] {
        let server =
            Server::start(vec![error(200, "content-type: application/json\r\n", body)]).await;
        let models = live(changed(&server.url, |_| ()), &[]);
        let error = failed(complete(&models, &ask("Hi"), &Observer::default()).await);
        assert!(error.message.contains(sentence), "{error}");
        assert_eq!(server.count(), 1, "{error}");
    }
}

#[tokio::test]
async fn what_a_server_refused_cost_nothing_and_what_broke_may_have() {
    let known = |server: &Server| {
        let url = server.url.clone();
        async move {
            let observer = Observer::default();
            let mut settings = changed(&url, |provider| provider.retries = 0);
            // What nobody was paid is known without a price.
            settings.models.get_mut("writer").unwrap().prices = None;
            let _ = complete(&live(settings, &[]), &ask("Hi"), &observer).await;
            let report = observer.report(0);
            (report.money, report.usage.input_tokens)
        }
    };
    // A server that is too busy to take a request up did nothing for it.
    for status in [400, 401, 404, 429, 503, 529] {
        let server = Server::start(vec![error(status, "", "no")]).await;
        assert_eq!(known(&server).await, (Some(Money(0)), Some(0)), "{status}");
    }
    for script in [
        error(500, "", "no"),
        error(502, "", "no"),
        error(504, "", "no"),
        error(408, "", "no"),
        // A gateway that lost a connection can't say what became of the request.
        error(
            503,
            "",
            "upstream connect error or disconnect/reset before headers. reset reason: connection termination",
        ),
        stream(vec![delta("Hel")]),
        vec![Act::Reset],
    ] {
        let server = Server::start(vec![script]).await;
        assert_eq!(known(&server).await, (None, None));
    }
    // Nobody was there to be paid.
    let nowhere = Server {
        url: "http://127.0.0.1:1/v1".into(),
        requests: Default::default(),
    };
    assert_eq!(known(&nowhere).await, (Some(Money(0)), Some(0)));
}

#[tokio::test]
async fn a_budget_reserves_what_the_messages_api_is_told() {
    let cap = Budget {
        tokens: Some(10_000),
        money: None,
    };
    let ledger = std::sync::Arc::new(Ledger::new(
        "run budget",
        "budgets.run.",
        cap,
        Expense::default(),
    ));
    let server = Server::start(vec![answer("Hello")]).await;
    let mut settings = changed(&server.url, |provider| {
        provider.kind = ProviderKind::AnthropicMessages
    });
    settings.models.get_mut("writer").unwrap().max_output_tokens = None;
    let models = live(settings, &[]);
    let place = origin("requirement", 0);
    let asked = complete_at(&models, &ask("Hi"), place, &[ledger], &Observer::default()).await;
    let error = failed(asked);
    assert_eq!(error.kind, ChatErrorKind::OverBudget, "{error}");
    assert_eq!(server.count(), 0, "16,384 tokens don't fit into 10,000");
}

#[tokio::test]
async fn a_provider_is_asked_what_it_has() {
    let clock = Clock::new(|| jiff::Timestamp::UNIX_EPOCH);
    let json = "content-type: application/json\r\n";
    let body = json!({ "object": "list", "data": [{ "id": "a" }, { "id": format!("b-{KEY}") }] });
    let server = Server::start(vec![error(200, json, &body.to_string())]).await;
    let models = live(changed(&server.url, |_| ()), &[]);
    let ids = |models: Vec<OfferedModel>| models.into_iter().map(|it| it.id).collect::<Vec<_>>();
    let offered = models.offered("local", &clock).await.unwrap();
    assert_eq!(ids(offered), ["a", "b-[key removed]"]);
    let head = first_head(&server);
    assert!(
        head.starts_with("get /v1/models http") && head.contains("authorization: bearer"),
        "{head}"
    );

    let pages = [
        json!({ "data": [{ "id": "a" }], "has_more": true, "last_id": "a" }),
        json!({ "data": [{ "id": "b", "display_name": "B" }], "has_more": false, "last_id": "b" }),
    ];
    let scripts = pages.iter().map(|page| error(200, json, &page.to_string()));
    let server = Server::start(scripts.collect()).await;
    let settings = changed(&server.url, |provider| {
        provider.kind = ProviderKind::AnthropicMessages
    });
    let offered = live(settings, &[]).offered("local", &clock).await.unwrap();
    assert_eq!(ids(offered), ["a", "b"]);
    let heads: Vec<_> = server
        .requests
        .lock()
        .unwrap()
        .iter()
        .map(|it| it.head.clone())
        .collect();
    assert!(
        heads[0].contains("anthropic-version") && heads[1].contains("after_id=a"),
        "{heads:?}"
    );

    for (status, body, told) in [
        (401, r#"{"error":{"message":"Bad key"}}"#, "THE_KEY"),
        (404, "<html>", "/v1/models"),
        (200, "<html>", "no list of models"),
    ] {
        let server = Server::start(vec![error(status, json, body)]).await;
        let asked = live(changed(&server.url, |_| ()), &[])
            .offered("local", &clock)
            .await;
        let error = asked.unwrap_err();
        assert!(error.message.contains(told), "{error}");
    }
}

#[test]
fn who_has_a_key_and_no_model_is_told_what_to_write() {
    let keys: Keys = [("ANTHROPIC_API_KEY", "sk-ant-some-key")]
        .into_iter()
        .collect();
    let models = Models::live(ModelsSettings::default(), keys).unwrap();
    let error = models.resolve(None).unwrap_err();
    for told in [
        "`ANTHROPIC_API_KEY` is set",
        "models.writer = \"anthropic/MODEL\"",
    ] {
        assert!(error.message.contains(told), "{error}");
    }
}
