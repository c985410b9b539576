//! Answers of a provider, as they come over a real connection.

use std::ops::Range;

use crate::common::*;
use serde_json::{Value, json};
use stepwell_contract::*;
use stepwell_llm::*;

#[tokio::test]
async fn an_answer_is_streamed_recorded_and_priced() {
    let server = Server::start(vec![answer("Hello dear world")]).await;
    let models = models_with(settings(&server.url));
    let observer = Observer::default();
    let response = complete(&models, &ask("Hi"), &observer).await.unwrap();

    assert_eq!(response.text, "Hello dear world");
    assert_eq!(
        response.message,
        Message::text(Role::Assistant, "Hello dear world")
    );
    assert_eq!(response.finish_reason, FinishReason::Stop);
    assert_eq!(response.model, "gpt-x");
    assert_eq!(*observer.text.lock().unwrap(), "Hello dear world");
    assert_eq!(observer.told(), ["before 1", "tokens", "after 1: ok"]);

    let report = observer.report(0);
    assert_eq!(report.response.as_deref(), Some(&response));
    assert_eq!(report.status, Some(200));
    assert!(
        report
            .headers
            .contains(&("x-request-id".into(), "r1".into()))
    );
    assert!(report.raw.unwrap().ends_with(b"data: [DONE]\n\n"));
    assert!(report.first_token.unwrap() <= report.duration);
    assert_eq!(report.usage.input_tokens, Some(10));
    assert_eq!(report.usage.cache_read_tokens, None, "unknown, not zero");
    assert_eq!(report.money, Some(Money(20)));

    let requests = server.requests.lock().unwrap();
    assert!(
        requests[0]
            .head
            .starts_with("POST /v1/chat/completions HTTP/1.1\r\n")
    );
    assert!(
        requests[0]
            .head
            .contains(&format!("authorization: Bearer {KEY}\r\n"))
    );
    assert_eq!(
        requests[0].body,
        json!({
            "model": "gpt-x",
            "messages": [{ "role": "user", "content": "Hi" }],
            "stream": true,
            "stream_options": { "include_usage": true },
            "max_tokens": 100,
        })
    );
}

#[tokio::test]
async fn a_request_keeps_everything_that_the_step_said() {
    let server = Server::start(vec![answer("{}")]).await;
    let models = models_with(settings(&server.url));
    let call = ToolCall {
        id: "c1".into(),
        name: "look".into(),
        arguments_json: "{\"at\":1}".into(),
    };
    let picture = Attachment {
        media_type: "image/png".into(),
        content: vec![1, 2, 3],
    };
    let result = ToolResult {
        id: "c1".into(),
        content: "seen".into(),
        attachments: vec![],
        is_error: false,
    };
    let message = |role, parts| Message {
        role,
        parts,
        options: vec![],
    };
    let opaque = |provider: &str| {
        Part::Opaque(Opaque {
            provider: provider.into(),
            content: r#"{"signature":"s"}"#.into(),
        })
    };
    let request = ChatRequest {
        messages: vec![
            Message::text(Role::System, "Be brief."),
            message(
                Role::User,
                vec![Part::Text("What is it?".into()), Part::Attachment(picture)],
            ),
            message(
                Role::Assistant,
                vec![Part::ToolCall(call), opaque("local"), opaque("other")],
            ),
            message(Role::Tool, vec![Part::ToolResult(result)]),
        ],
        max_output_tokens: Some(7),
        temperature: Some(0.5),
        stop: vec!["END".into()],
        answer_schema: Some(r#"{"type":"object"}"#.into()),
        tools: vec![Tool {
            name: "look".into(),
            description: "Looks".into(),
            parameters_schema: r#"{"type":"object"}"#.into(),
            options: vec![Text::new("strict", "true")],
        }],
        tool_choice: ToolChoice::Named("look".into()),
        options: vec![
            Text::new("seed", "3"),
            Text::new("max_completion_tokens", "9"),
        ],
        ..ChatRequest::default()
    };
    complete(&models, &request, &Observer::default())
        .await
        .unwrap();
    assert_eq!(
        server.requests.lock().unwrap()[0].body,
        json!({
            "model": "gpt-x",
            "messages": [
                { "role": "system", "content": "Be brief." },
                { "role": "user", "content": [
                    { "type": "text", "text": "What is it?" },
                    { "type": "image_url", "image_url": { "url": "data:image/png;base64,AQID" } },
                ] },
                { "role": "assistant", "content": null, "signature": "s", "tool_calls": [{
                    "id": "c1", "type": "function",
                    "function": { "name": "look", "arguments": "{\"at\":1}" },
                }] },
                { "role": "tool", "tool_call_id": "c1", "content": "seen" },
            ],
            "stream": true,
            "stream_options": { "include_usage": true },
            "max_completion_tokens": 9,
            "temperature": 0.5,
            "stop": ["END"],
            "response_format": { "type": "json_schema", "json_schema": {
                "name": "answer", "schema": { "type": "object" } } },
            "tools": [{ "type": "function", "function": {
                "name": "look", "description": "Looks", "parameters": { "type": "object" }, "strict": true } }],
            "tool_choice": { "type": "function", "function": { "name": "look" } },
            "seed": 3,
        })
    );
}

#[tokio::test]
async fn a_step_can_not_choose_what_the_registry_chose() {
    let server = Server::start(vec![answer("x")]).await;
    let models = models_with(settings(&server.url));
    for option in ["model", "stream", "n", "messages"] {
        let mut request = ask("Hi");
        request.options.push(Text::new(option, "1"));
        let error = failed(complete(&models, &request, &Observer::default()).await);
        assert_eq!(error.kind, ChatErrorKind::InvalidRequest);
        assert!(error.message.contains(option), "{error}");
    }
    let mut request = ask("Hi");
    request.options.push(Text::new("seed", "not json"));
    let error = failed(complete(&models, &request, &Observer::default()).await);
    assert!(error.message.contains("`seed`"), "{error}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn an_empty_thought_beside_calls_goes_back_as_it_came() {
    let piece = |delta| event(json!({ "choices": [{ "index": 0, "delta": delta }] }));
    let calls =
        json!([{ "index": 0, "id": "a", "function": { "name": "look", "arguments": "{}" } }]);
    for (thought, goes_back) in [(json!(""), true), (Value::Null, false)] {
        let server = Server::start(vec![stream(vec![
            piece(json!({ "role": "assistant", "reasoning_content": thought })),
            piece(json!({ "tool_calls": calls })),
            event(
                json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "tool_calls" }] }),
            ),
        ])])
        .await;
        let models = models_with(settings(&server.url));
        let answered = complete(&models, &ask("Hi"), &Observer::default()).await;
        let kept = answered
            .unwrap()
            .message
            .parts
            .into_iter()
            .find_map(|part| match part {
                Part::Opaque(opaque) => Some(opaque.content),
                _ => None,
            });
        let wanted = goes_back.then(|| r#"{"reasoning_content":""}"#.to_owned());
        assert_eq!(kept, wanted);
    }
}

#[tokio::test]
async fn tool_calls_reasoning_and_details_are_put_together() {
    let piece = |delta| event(json!({ "choices": [{ "index": 0, "delta": delta }] }));
    let script = stream(vec![
        piece(json!({ "role": "assistant", "content": null, "reasoning_content": "Let me " })),
        piece(json!({ "reasoning_content": "see", "reasoning": "see" })),
        piece(
            json!({ "tool_calls": [{ "index": 0, "id": "a", "function": { "name": "look", "arguments": "" } }] }),
        ),
        piece(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": "{\"at\"" } }] })),
        piece(json!({ "tool_calls": [{ "index": 1, "id": "b", "function": { "name": "stop" } }] })),
        piece(json!({ "tool_calls": [{ "index": 0, "function": { "arguments": ":1}" } }] })),
        piece(json!({ "reasoning_details": [{ "signature": "s" }] })),
        event(
            json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "tool_calls" }],
            "system_fingerprint": "f", "usage": {
                "prompt_tokens": 9, "completion_tokens": 8,
                "prompt_tokens_details": { "cached_tokens": 4 },
                "completion_tokens_details": { "reasoning_tokens": 6 } } }),
        ),
        // No `[DONE]`: the finish reason is enough.
    ]);
    let server = Server::start(vec![script]).await;
    let observer = Observer::default();
    let mut request = ask("Hi");
    request.answer_schema = Some(r#"{"type":"object"}"#.into());
    let response = complete(&models_with(settings(&server.url)), &request, &observer)
        .await
        .unwrap();
    let call = |id: &str, name: &str, arguments: &str| {
        Part::ToolCall(ToolCall {
            id: id.into(),
            name: name.into(),
            arguments_json: arguments.into(),
        })
    };
    assert_eq!(
        response.message.parts[..2],
        [call("a", "look", "{\"at\":1}"), call("b", "stop", "{}")]
    );
    assert!(matches!(&response.message.parts[2], Part::Opaque(opaque)
        if opaque.provider == "local" && serde_json::from_str::<serde_json::Value>(&opaque.content).unwrap() == json!({ "reasoning_content": "Let me see", "reasoning_details": [{ "signature": "s" }] })));
    assert_eq!(response.finish_reason, FinishReason::ToolCalls);
    assert!(
        response
            .details
            .contains(&Text::new("reasoning_content", "\"Let me see\""))
    );
    assert!(
        response
            .details
            .contains(&Text::new("system_fingerprint", "\"f\""))
    );
    assert_eq!(
        (
            response.usage.cache_read_tokens,
            response.usage.reasoning_tokens
        ),
        (Some(4), Some(6))
    );
    assert!(observer.report(0).first_token.is_some());
}

#[tokio::test]
async fn an_answer_that_is_not_streamed_is_understood() {
    let body = json!({ "id": "1", "model": "m", "usage": { "prompt_tokens": 1, "completion_tokens": 2 },
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": "Hello" }, "finish_reason": "length" }] });
    let server = Server::start(vec![error(
        200,
        "content-type: application/json\r\n",
        &body.to_string(),
    )])
    .await;
    let observer = Observer::default();
    let response = complete(&models_with(settings(&server.url)), &ask("Hi"), &observer)
        .await
        .unwrap();
    assert_eq!(
        (response.text.as_str(), response.finish_reason),
        ("Hello", FinishReason::Length)
    );
    assert_eq!(response.usage.output_tokens, Some(2));
    assert_eq!(*observer.text.lock().unwrap(), "Hello");
}

#[tokio::test]
async fn an_answer_cut_into_single_bytes_is_the_same() {
    let mut acts = vec![Act::Send(b": keep-alive\r\n\r\n".to_vec())];
    for act in &answer("Grüße aus € 😀")[1..] {
        if let Act::Send(bytes) = act {
            acts.extend(bytes.iter().map(|byte| Act::Send(vec![*byte])));
        }
    }
    let server = Server::start(vec![stream(acts)]).await;
    let response = complete(
        &models_with(settings(&server.url)),
        &ask("Hi"),
        &Observer::default(),
    )
    .await;
    assert_eq!(response.unwrap().text, "Grüße aus € 😀");
}

#[tokio::test]
async fn nothing_is_waited_for_after_done() {
    let mut script = answer("Hello");
    script.push(Act::Hang);
    let server = Server::start(vec![script]).await;
    let response = complete(
        &models_with(settings(&server.url)),
        &ask("Hi"),
        &Observer::default(),
    )
    .await;
    assert_eq!(response.unwrap().text, "Hello");
}

#[tokio::test]
async fn an_answer_is_checked_against_its_schema_and_reported_all_the_same() {
    let server = Server::start(vec![answer(r#"{"tasks": [1]}"#)]).await;
    let mut request = ask("Hi");
    request.answer_schema =
        Some(r#"{"type":"object","properties":{"tasks":{"items":{"type":"string"}}}}"#.into());
    let observer = Observer::default();
    let error = failed(complete(&models_with(settings(&server.url)), &request, &observer).await);
    assert_eq!(error.kind, ChatErrorKind::SchemaMismatch);
    assert!(error.message.contains("/tasks/0"), "{error}");
    assert_eq!(
        observer.told(),
        ["before 1", "tokens", "after 1: schema-mismatch"]
    );
    let report = observer.report(0);
    assert!(report.response.is_none() && report.raw.is_some());
    assert_eq!(report.money, Some(Money(20)));
}

/// Knows a schema when it sees one, and ends like this whenever a value is to be held against it.
struct Unable(Result<TextBound, TextServiceFailed>);

fn failed_itself() -> TextServiceFailed {
    let reason = "it has gone".into();
    TextServiceFailed { reason }
}

#[async_trait::async_trait]
impl TextService for Unable {
    async fn read_template(&self, _: &str) -> Result<Vec<VariableUse>, TemplateError> {
        Err(failed_itself().into())
    }

    async fn fill_template(&self, _: Filling<'_>) -> Result<String, TemplateError> {
        Err(failed_itself().into())
    }

    async fn check_schemas(
        &self,
        _: &[&serde_json::Value],
    ) -> Result<Vec<Result<(), SchemaError>>, TextServiceFailed> {
        Ok(vec![Ok(())])
    }

    async fn check_values(
        &self,
        _: &[HeldAgainst<'_>],
        _: usize,
    ) -> Result<Vec<Result<Misfits, SchemaError>>, TextServiceFailed> {
        self.0.clone().map(|bound| vec![Err(bound.into())])
    }

    async fn check_patterns(
        &self,
        _: &[&str],
    ) -> Result<Vec<Result<(), PatternError>>, TextServiceFailed> {
        Err(failed_itself())
    }

    async fn search(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Result<Option<Range<usize>>, PatternError>, TextServiceFailed> {
        Err(failed_itself())
    }
}

#[tokio::test]
async fn a_paid_answer_is_handed_on_also_where_nobody_can_check_it() {
    let mut request = ask("Hi");
    request.answer_schema = Some(r#"{"type":"object"}"#.into());
    let text = "stepwell-cassette 1\nmatch = \"sequence\"\n\n=== call requirement\n\n[1]\n";
    for unable in [Err(failed_itself()), Ok(TextBound::Memory(1 << 20))] {
        let server = Server::start(vec![answer("[1]")]).await;
        let replayed = Models::replaying(Cassette::parse(text, "x").unwrap());
        for models in [models_with(settings(&server.url)), replayed] {
            let (texts, observer) = (Unable(unable.clone()), Observer::default());
            let at = origin("requirement", 0);
            let response = complete_with(&texts, &models, &request, at, &[], &observer).await;
            let response = response.unwrap();
            assert_eq!(response.text, "[1]");
            let report = observer.report(0);
            assert_eq!(report.response.as_deref(), Some(&response));
            assert_eq!(report.error, None);
            let said = unable
                .as_ref()
                .map_or_else(ToString::to_string, ToString::to_string);
            assert_eq!(report.unchecked, Some(said));
        }
    }
}

#[tokio::test]
async fn an_observer_stops_a_call_before_and_after_it_is_sent() {
    let server = Server::start(vec![answer("Hello")]).await;
    let models = models_with(settings(&server.url));
    let observer = Observer {
        halt_before: true,
        ..Observer::default()
    };
    let result = complete(&models, &ask("Hi"), &observer).await;
    assert_eq!(result, Err(CallFailure::Halted(Halt::Stopped)));
    assert_eq!(
        server.count(),
        0,
        "nothing is sent before the intent is durable"
    );
    let observer = Observer {
        halt_after: true,
        ..Observer::default()
    };
    let result = complete(&models, &ask("Hi"), &observer).await;
    assert_eq!(
        result,
        Err(CallFailure::Halted(Halt::Stopped)),
        "no answer before it is durable"
    );
}
