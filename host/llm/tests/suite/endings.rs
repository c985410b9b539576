//! When an answer is whole, and that one which is there is never thrown away (rule E32).

use std::time::Duration;

use crate::common::*;
use serde_json::{Value, json};
use stepwell_contract::*;
use stepwell_llm::*;

fn choice(delta: Value, finish: Value) -> Value {
    json!({ "model": "gpt-x", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] })
}

fn piece(text: &str) -> Act {
    event(choice(json!({ "content": text }), Value::Null))
}

fn finish(word: impl Into<Value>) -> Act {
    event(choice(json!({}), word.into()))
}

fn usage(told: Value) -> Act {
    event(json!({ "choices": [], "usage": told }))
}

fn usual() -> Act {
    usage(json!({ "prompt_tokens": 10, "completion_tokens": 5 }))
}

fn send(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

/// What came of a call to a server that plays this script again and again, and how often it was asked.
async fn outcome(script: Vec<Act>) -> (Result<ChatResponse, CallFailure>, usize, Observer) {
    let server = Server::start(vec![script]).await;
    let observer = Observer::default();
    let models = models_with(settings(&server.url));
    let result = complete(&models, &ask("Hi"), &observer).await;
    (result, server.count(), observer)
}

/// The answer, which must have come with the first request.
async fn answered(what: &str, script: Vec<Act>) -> (ChatResponse, Observer) {
    let (result, count, observer) = outcome(script).await;
    let response = result.unwrap_or_else(|error| panic!("{what}: {error}"));
    assert_eq!(count, 1, "{what}: it was paid for once");
    (response, observer)
}

/// The error of an answer that was asked for again, as often as may be.
async fn not_whole(what: &str, script: Vec<Act>) -> ChatError {
    let (result, count, _) = outcome(script).await;
    assert_eq!(count, 3, "{what}: {result:?}");
    failed(result)
}

#[tokio::test]
async fn an_end_that_nobody_said_is_none() {
    for word in [json!(""), Value::Null, json!(false)] {
        let cut = |text: &str| event(choice(json!({ "content": text }), word.clone()));
        let error = not_whole("cut", stream(vec![cut("Hello "), cut("dear")])).await;
        assert_eq!(error.kind, ChatErrorKind::Network);
        assert!(error.message.contains("broke off"), "{error}");
        // The same with a word at its end is whole.
        let whole = stream(vec![cut("Hello "), cut("dear"), event("[DONE]")]);
        let (response, _) = answered("done", whole).await;
        assert_eq!(response.text, "Hello dear");
        assert_eq!(response.finish_reason, FinishReason::Stop);
    }
}

#[tokio::test]
async fn an_answer_that_its_server_gave_up_is_none() {
    for word in [
        "abort",
        "error",
        "insufficient_system_resource",
        "MALFORMED_FUNCTION_CALL",
    ] {
        let script = stream(vec![piece("half"), finish(word), usual(), event("[DONE]")]);
        let error = not_whole(word, script).await;
        assert_eq!(error.kind, ChatErrorKind::Overloaded, "{word}");
        assert!(error.message.contains(word), "{error}");
    }
    // What the server says of it is what is told.
    let said = event(json!({ "error": { "message": "The worker died", "type": "server_error" } }));
    let error = not_whole(
        "an error",
        stream(vec![piece("half"), finish("error"), said]),
    )
    .await;
    assert!(error.message.contains("The worker died"), "{error}");
}

#[tokio::test]
async fn a_limit_is_one_in_the_words_of_every_server() {
    for (word, reason) in [
        ("length", FinishReason::Length),
        ("max_tokens", FinishReason::Length),
        ("model_length", FinishReason::Length),
        ("MAX_TOKENS", FinishReason::Length),
        ("SAFETY", FinishReason::ContentFilter),
        ("STOP", FinishReason::Stop),
        ("end_turn", FinishReason::Stop),
    ] {
        let script = stream(vec![piece("half"), finish(word), event("[DONE]")]);
        let (response, _) = answered(word, script).await;
        assert_eq!(response.finish_reason, reason, "{word}");
    }
}

#[tokio::test]
async fn a_reason_that_nobody_knows_is_handed_on_in_its_own_words() {
    let words = [
        (json!("Ran_Dry"), "Ran_Dry"),
        (json!(7), "7"),
        (json!({ "reason": "x" }), r#"{"reason":"x"}"#),
    ];
    for (word, told) in words {
        let script = stream(vec![piece("Hello"), finish(word), event("[DONE]")]);
        let (response, _) = answered(told, script).await;
        assert_eq!(response.finish_reason, FinishReason::Other(told.into()));
    }
}

#[tokio::test]
async fn however_the_connection_ends_an_answer_whose_end_was_said_is_there() {
    let chunked = |acts: Vec<Act>| {
        let mut script = vec![head(200, "transfer-encoding: chunked\r\n")];
        script.extend(acts.into_iter().map(|act| match act {
            Act::Send(bytes) => {
                let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
                chunk.extend(bytes);
                chunk.extend(b"\r\n");
                Act::Send(chunk)
            }
            other => other,
        }));
        script
    };
    let whole = || vec![piece("Hello "), piece("dear"), finish("stop"), usual()];
    let with = |last: Act| {
        let mut acts = whole();
        acts.push(last);
        acts
    };
    let long = |mut script: Vec<Act>| {
        script[0] = head(200, "content-length: 100000\r\n");
        script
    };
    for (what, script) in [
        ("no last chunk", chunked(whole())),
        ("a reset", stream(with(Act::Reset))),
        ("too short", long(stream(whole()))),
        ("half a word", stream(with(send("data: [DO")))),
        ("half a piece", stream(with(send("data: {\"choices\": [")))),
        ("an error", stream(with(event(json!({ "error": "late" }))))),
        ("an odd piece", stream(with(event("{\"choices\": 7}")))),
        ("no JSON", stream(with(event("{oops")))),
    ] {
        let (response, observer) = answered(what, script).await;
        assert_eq!(response.text, "Hello dear", "{what}");
        assert_eq!(response.usage.output_tokens, Some(5), "{what}");
        assert_eq!(observer.told().last().unwrap(), "after 1: ok", "{what}");
    }
    // And without its end it isn't.
    let half = || vec![piece("Hello "), piece("dear")];
    for (what, script) in [
        ("no last chunk", chunked(half())),
        ("too short", long(stream(half()))),
    ] {
        let error = not_whole(what, script).await;
        assert_eq!(error.kind, ChatErrorKind::Network, "{what}: {error}");
    }
}

#[tokio::test]
async fn white_space_behind_a_said_end_does_not_undo_it() {
    let script = vec![piece("Hello"), finish("stop"), piece("\n"), Act::Reset];
    let (response, _) = answered("white space", stream(script)).await;
    assert_eq!(response.text.trim_end(), "Hello");
    assert_eq!(response.finish_reason, FinishReason::Stop);
    let script = vec![piece("Hello"), finish("stop"), piece(" dear"), Act::Reset];
    let error = not_whole("more of it", stream(script)).await;
    assert_eq!(error.kind, ChatErrorKind::Network);
}

#[tokio::test]
async fn one_object_that_is_complete_is_an_answer_whatever_follows_it() {
    let body =
        json!({ "choices": [{ "message": { "content": "Hello" }, "finish_reason": "stop" }] });
    let head = || head(200, "content-length: 100000\r\n");
    let body = send(&body.to_string());
    for (what, last) in [("cut", None), ("a reset", Some(Act::Reset))] {
        let mut script = vec![head(), body.clone()];
        script.extend(last);
        let (response, _) = answered(what, script).await;
        assert_eq!(response.text, "Hello", "{what}");
    }
    let half = vec![
        head(),
        send("{\"choices\": [{\"message\": {\"content\": \"Hel"),
    ];
    let error = not_whole("half", half).await;
    assert_eq!(error.kind, ChatErrorKind::Network);
}

#[tokio::test]
async fn what_stands_behind_a_whole_object_is_not_read() {
    let whole = |text: &str| {
        json!({ "choices": [{ "message": { "content": text }, "finish_reason": "stop" }] })
            .to_string()
    };
    let nan = r#"{"choices":[{"message":{"content":"Hello"},"logprobs":NaN}]}"#.to_owned();
    let two = format!("{}{}", whole("Hello"), whole("Good bye"));
    let oops = json!({ "error": { "message": "too late", "code": 500 } });
    for (what, body) in [
        ("space", whole("Hello") + " \n\r\n"),
        ("space before it", " \n".to_owned() + &whole("Hello")),
        ("NUL bytes", whole("Hello") + "\0\0\0"),
        ("a second object", two.clone()),
        (
            "a second object in a line of its own",
            two.replace("}{", "}\n{"),
        ),
        (
            "a page",
            whole("Hello") + "<html><body>{\"a\": 1}</body></html>",
        ),
        ("half an object", whole("Hello") + "{\"choices\": [{"),
        ("an error", whole("Hello") + &oops.to_string()),
        ("the word for the end", whole("Hello") + "\n[DONE]"),
        (
            "the end of a stream",
            whole("Hello") + "\n\ndata: [DONE]\n\n",
        ),
        ("no JSON in it and a page behind it", nan + "<html>"),
    ] {
        let (response, _) = answered(what, error(200, "", &body)).await;
        assert_eq!(response.text, "Hello", "{what}");
        assert_eq!(response.finish_reason, FinishReason::Stop, "{what}");
    }
    // Pieces that no event frames are pieces still.
    let line =
        |delta: &str, finish: Value| choice(json!({ "content": delta }), finish).to_string() + "\n";
    let half = line("Hello ", Value::Null) + &line("dear", Value::Null);
    let (response, _) = answered(
        "lines",
        error(200, "", &(half.clone() + &line("", json!("length")))),
    )
    .await;
    assert_eq!(response.text, "Hello dear");
    assert_eq!(response.finish_reason, FinishReason::Length);
    let broke = not_whole("lines without an end", error(200, "", &half)).await;
    assert!(broke.message.contains("broke off"), "{broke}");
}

#[tokio::test]
async fn nothing_that_is_said_beside_an_end_or_after_it_undoes_it() {
    let whole = || vec![piece("Hello "), piece("dear")];
    let with = |acts: Vec<Act>| {
        let mut all = whole();
        all.extend(acts);
        stream(all)
    };
    let oops = json!({ "message": "The worker died", "type": "server_error" });
    let beside = |word: &str, error: &Value| {
        let mut piece = choice(json!({}), json!(word));
        piece["error"] = error.clone();
        event(piece)
    };
    let within = |word: &str| {
        let mut piece = choice(json!({}), json!(word));
        piece["choices"][0]["error"] = oops.clone();
        event(piece)
    };
    let two_in_one = format!(
        "data: {}{}\n\n",
        choice(json!({}), json!("stop")),
        json!({ "choices": [], "usage": { "prompt_tokens": 10 } })
    );
    for (what, acts) in [
        ("given up after it", vec![finish("stop"), finish("abort")]),
        (
            "an error's word after it",
            vec![finish("stop"), finish("error"), event("[DONE]")],
        ),
        (
            "another end after it",
            vec![finish("stop"), finish("tool_calls")],
        ),
        ("a length after it", vec![finish("stop"), finish("length")]),
        (
            "an error beside it",
            vec![beside("stop", &oops), event("[DONE]")],
        ),
        ("an error in words", vec![beside("stop", &json!("oops"))]),
        ("an error in its choice", vec![within("stop")]),
        (
            "an event of errors",
            vec![finish("stop"), send("event: error\ndata: gone\n\n")],
        ),
        ("two pieces in one event", vec![send(&two_in_one)]),
        (
            "NUL bytes in its event",
            vec![send(&format!(
                "data: {}\0\0\n\n",
                choice(json!({}), json!("stop"))
            ))],
        ),
        (
            "a page",
            vec![
                finish("stop"),
                send("<html><body>\n\n502: gone\n\n</body></html>\n\n"),
            ],
        ),
        (
            "a page in an event",
            vec![finish("stop"), event("<html>502</html>")],
        ),
        (
            "nothing in a choice",
            vec![
                finish("stop"),
                event(json!({ "choices": [{ "index": 0, "delta": null, "finish_reason": null }] })),
            ],
        ),
        (
            "an end twice",
            vec![
                finish("stop"),
                finish("stop"),
                event("[DONE]"),
                event("[DONE]"),
            ],
        ),
        (
            "an end and a word for it in one event",
            vec![send(&format!(
                "data: {}\ndata: [DONE]\n\n",
                choice(json!({}), json!("stop"))
            ))],
        ),
    ] {
        let (response, _) = answered(what, with(acts)).await;
        assert_eq!(response.text, "Hello dear", "{what}");
        assert_eq!(response.finish_reason, FinishReason::Stop, "{what}");
    }
    // Where nothing was answered, an error beside the end is what was said.
    for act in [beside("stop", &oops), within("stop")] {
        let error = not_whole("nothing but an error", stream(vec![act])).await;
        assert!(error.message.contains("The worker died"), "{error}");
    }
    // And a word for an error is one, whatever stands beside it.
    let error = not_whole("an error's word", with(vec![beside("error", &oops)])).await;
    assert!(error.message.contains("The worker died"), "{error}");
    let body = json!({
        "error": oops,
        "choices": [{ "message": { "content": "Hello" }, "finish_reason": "stop" }],
    });
    let (response, _) = answered(
        "a whole one",
        crate::common::error(200, "", &body.to_string()),
    )
    .await;
    assert_eq!(response.text, "Hello");
}

#[tokio::test]
async fn ends_as_real_servers_say_them_are_read() {
    let thought =
        |text: &str, finish: Value| event(choice(json!({ "reasoning_content": text }), finish));
    let call = json!({ "tool_calls": [{ "index": 0, "id": "c1", "function": { "name": "look", "arguments": "{}" } }] });
    for (what, acts, text, reason) in [
        (
            "an end with each thought (Open WebUI)",
            vec![
                thought("so", json!("stop")),
                piece("Hello"),
                finish("stop"),
                event("[DONE]"),
            ],
            "Hello",
            FinishReason::Stop,
        ),
        (
            "no word but the last event's (vllm-mlx)",
            vec![piece("Hello"), finish(Value::Null), event("[DONE]")],
            "Hello",
            FinishReason::Stop,
        ),
        (
            "empty words before the end (Ollama)",
            vec![
                event(choice(json!({ "content": "Hello" }), json!(""))),
                finish("stop"),
            ],
            "Hello",
            FinishReason::Stop,
        ),
        (
            "a call's end, and then words (LiteLLM before an agent)",
            vec![
                event(choice(call.clone(), json!("tool_calls"))),
                piece("Hello"),
                finish("stop"),
            ],
            "Hello",
            FinishReason::Stop,
        ),
        (
            "the end with the last piece (vLLM)",
            vec![
                piece("Hel"),
                event(choice(json!({ "content": "lo" }), json!("length"))),
            ],
            "Hello",
            FinishReason::Length,
        ),
        (
            "the last event without its blank line (llama.cpp)",
            vec![piece("Hello"), finish("stop"), send("data: [DONE]")],
            "Hello",
            FinishReason::Stop,
        ),
        (
            "no space behind the colon",
            vec![
                send(&format!(
                    "data:{}\n\n",
                    choice(json!({ "content": "Hello" }), json!("stop"))
                )),
                send("data:[DONE]\n\n"),
            ],
            "Hello",
            FinishReason::Stop,
        ),
    ] {
        let (response, _) = answered(what, stream(acts)).await;
        assert_eq!(response.text, text, "{what}");
        assert_eq!(response.finish_reason, reason, "{what}");
    }
}

#[tokio::test]
async fn a_connection_that_is_held_open_holds_nobody_up() {
    let mut calls = tokio::task::JoinSet::new();
    for beat in [
        None,
        Some(send(": still here\n\n")),
        Some(event("ping")),
        Some(event(json!({ "type": "ping" }))),
        Some(finish(Value::Null)),
        Some(usual()),
    ] {
        let mut acts = vec![piece("Hello "), piece("dear"), finish("stop"), usual()];
        match beat {
            Some(Act::Send(bytes)) => acts.push(Act::Beat(bytes)),
            _ => acts.push(Act::Hang),
        }
        calls.spawn(answered("held open", stream(acts)));
    }
    // The server's `stall_timeout` is as long as this.
    let all = tokio::time::timeout(Duration::from_secs(60), calls.join_all());
    for (response, _) in all.await.unwrap() {
        assert_eq!(response.text, "Hello dear");
        assert_eq!(response.usage.output_tokens, Some(5));
    }
}

#[tokio::test]
async fn what_comes_behind_the_end_is_still_read() {
    // The usage, and an end that was said too early.
    let script = stream(vec![
        piece("Hello "),
        finish("stop"),
        piece("dear"),
        finish("length"),
        usual(),
        event("[DONE]"),
    ]);
    let (response, _) = answered("early", script).await;
    assert_eq!(response.text, "Hello dear");
    assert_eq!(response.finish_reason, FinishReason::Length);
    assert_eq!(response.usage.input_tokens, Some(10));
}

#[tokio::test]
async fn a_server_that_says_the_end_with_each_piece_says_nothing() {
    let each = |text: &str| event(choice(json!({ "content": text }), json!("stop")));
    let pieces = || vec![each("Hello "), each("dear "), each("wor")];
    let error = not_whole("cut", stream(pieces())).await;
    assert!(error.message.contains("broke off"), "{error}");
    let mut whole = pieces();
    whole.push(event("[DONE]"));
    let (response, _) = answered("done", stream(whole)).await;
    assert_eq!(response.text, "Hello dear wor");
    // Of a single piece it is right.
    let (response, _) = answered("one", stream(vec![each("Hello")])).await;
    assert_eq!(response.text, "Hello");
}

#[tokio::test]
async fn what_nothing_is_decided_by_may_be_written_in_any_way() {
    let told = |told: Value| stream(vec![piece("Hello"), finish("stop"), usage(told)]);
    for (number, known) in [
        (json!(11.0), Some(11)),
        (json!("11"), Some(11)),
        (json!(-1), None),
        (json!(1e30), None),
        (json!(null), None),
        (json!({}), None),
    ] {
        let script = told(json!({ "prompt_tokens": number, "completion_tokens": number }));
        let (response, _) = answered("a number", script).await;
        assert_eq!(response.usage.input_tokens, known, "{number}");
        assert_eq!(response.usage.output_tokens, known, "{number}");
    }
    for odd in [
        json!([]),
        json!("none"),
        json!({ "prompt_tokens_details": 7, "completion_tokens_details": [] }),
    ] {
        let (response, _) = answered("a usage", told(odd)).await;
        assert_eq!(response.usage, Usage::default());
    }

    let odd = |fields: Value| {
        let mut piece = choice(json!({ "content": "Hello" }), Value::Null);
        let Value::Object(fields) = fields else {
            panic!("fields")
        };
        for (path, value) in fields {
            *piece.pointer_mut(&path).unwrap_or(&mut Value::Null) = value.clone();
            let (parent, name) = path.rsplit_once('/').unwrap();
            piece.pointer_mut(parent).unwrap()[name] = value;
        }
        stream(vec![event(piece), finish("stop"), event("[DONE]")])
    };
    for fields in [
        json!({ "/choices/0/index": null }),
        json!({ "/choices/0/index": 1 }),
        json!({ "/choices/0/index": "0" }),
        json!({ "/choices/0/index": 0.0 }),
        json!({ "/choices/0/delta/reasoning": { "text": "because" } }),
        json!({ "/choices/0/delta/reasoning": ["because"] }),
        json!({ "/choices/0/delta/reasoning_content": { "steps": 1 } }),
        json!({ "/choices/0/delta/reasoning_details": { "signature": "s" } }),
        json!({ "/choices/0/delta/refusal": false }),
        json!({ "/choices/0/delta/tool_calls": null }),
        json!({ "/choices/0/delta/content": [{ "type": "text", "text": "Hello" }] }),
        json!({ "/choices/0/delta/content": { "type": "text", "text": "Hello" } }),
        json!({ "/choices/0/logprobs": 7 }),
        json!({ "/model": null }),
        json!({ "/model": 7 }),
        json!({ "/usage": null }),
        json!({ "/usage": "soon" }),
        json!({ "/error": {} }),
        json!({ "/error": "" }),
        json!({ "/error": false }),
        json!({ "/object": 3 }),
        json!({ "/code": 0, "/message": "success" }),
    ] {
        let what = fields.to_string();
        let (response, _) = answered(&what, odd(fields)).await;
        // A choice's index is that of the first piece.
        assert_eq!(response.text, "Hello", "{what}");
    }
}

#[tokio::test]
async fn json_that_a_strict_reader_refuses_is_no_reason_to_lose_an_answer() {
    let odd = [
        r#"{"choices":[{"index":0,"delta":{"content":"a\ud83d"},"logprobs":NaN}]}"#,
        "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\tb\"},\"index\":0}]}",
    ];
    let script = stream(vec![event(odd[0]), event(odd[1]), finish("stop")]);
    let (response, _) = answered("a stream", script).await;
    assert_eq!(response.text, "a\u{fffd}\tb");
    let whole = r#"{"choices":[{"message":{"content":"a\ud83d"}}],"usage":{"prompt_tokens":NaN}}"#;
    let (response, _) = answered("one object", error(200, "", whole)).await;
    assert_eq!(response.text, "a\u{fffd}");
}

#[tokio::test]
async fn heartbeats_of_every_kind_are_passed_over() {
    let script = stream(vec![
        send(": OPENROUTER PROCESSING\n\n"),
        send("event: ping\ndata: {\"type\": \"ping\"}\n\n"),
        event("ping"),
        event("\"heartbeat\""),
        event(""),
        event(json!({ "choices": [] })),
        event(json!({ "choices": "pending" })),
        event(json!({ "choices": 0 })),
        piece("Hello"),
        event("ping"),
        finish("stop"),
    ]);
    let (response, _) = answered("heartbeats", script).await;
    assert_eq!(response.text, "Hello");
}

#[tokio::test]
async fn words_of_a_server_that_failed_are_no_heartbeat_at_the_end() {
    let script = stream(vec![
        piece("half"),
        event("Internal Server Error"),
        event("[DONE]"),
    ]);
    let error = not_whole("words", script).await;
    assert!(error.message.contains("Internal Server Error"), "{error}");
}

#[tokio::test]
async fn an_error_in_any_form_is_shown_in_the_servers_words() {
    for (what, act, kind) in [
        (
            "vLLM's object",
            event(
                json!({ "object": "error", "message": "maximum context length is 4096 tokens", "type": "BadRequestError", "code": 400 }),
            ),
            ChatErrorKind::ContextLength,
        ),
        (
            "an event of errors",
            send("event: error\ndata: {\"message\": \"upstream quota\", \"code\": 429}\n\n"),
            ChatErrorKind::RateLimited,
        ),
        (
            "an event in plain words",
            send("event: error\ndata: upstream is gone\n\n"),
            ChatErrorKind::Overloaded,
        ),
        (
            "a code beside a message",
            event(json!({ "code": 401, "message": "who are you" })),
            ChatErrorKind::Authentication,
        ),
        (
            "something else",
            event(json!({ "base_resp": { "status_msg": "no such group" } })),
            ChatErrorKind::Network,
        ),
    ] {
        let said = match &act {
            Act::Send(bytes) => String::from_utf8(bytes.clone()).unwrap(),
            _ => panic!("{what}"),
        };
        let (result, ..) = outcome(stream(vec![act, event("[DONE]")])).await;
        let error = failed(result);
        assert_eq!(error.kind, kind, "{what}: {error}");
        let words = [
            "maximum context",
            "upstream quota",
            "upstream is gone",
            "who are you",
            "no such group",
        ];
        let word = words.iter().find(|word| said.contains(*word)).unwrap();
        assert!(error.message.contains(word), "{what}: {error}");
    }
}

#[tokio::test]
async fn an_error_without_a_status_that_stays_is_told_at_once() {
    let body = json!({ "error": "Unexpected endpoint or method. (POST /chat/completions). Returning 200 anyway" });
    let (result, count, _) = outcome(error(200, "", &body.to_string())).await;
    let error = failed(result);
    assert_eq!((error.kind, count), (ChatErrorKind::UnknownModel, 1));
    assert!(error.message.contains("base_url"), "{}", error.message);
    let passing = json!({ "error": "The model is busy, try again" });
    let script = crate::common::error(200, "", &passing.to_string());
    let error = not_whole("busy", script).await;
    assert!(error.message.contains("busy"), "{error}");
}

/// Refuses as many requests as there are texts, with this status, and answers then. Gives the bodies of all requests.
async fn refusing(
    texts: &[&str],
    settled: bool,
) -> (Result<ChatResponse, CallFailure>, Vec<Value>) {
    let mut scripts: Vec<_> = texts.iter().map(|text| error(400, "", text)).collect();
    scripts.push(answer("Hello"));
    let server = Server::start(scripts).await;
    let mut settings = settings(&server.url);
    settings.providers.get_mut("local").unwrap().retries = 0;
    let models = models_with(settings);
    let result = complete(&models, &ask("Hi"), &Observer::default()).await;
    if settled {
        let again = complete(&models, &ask("Hi"), &Observer::default()).await;
        assert_eq!(again.unwrap().text, "Hello");
    }
    let requests = server.requests.lock().unwrap();
    (
        result,
        requests.iter().map(|one| one.body.clone()).collect(),
    )
}

const NO_STREAM_OPTIONS: &str = r#"{"message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error"}"#;
const OTHER_LIMIT: &str = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","code":"unsupported_parameter"}}"#;

#[tokio::test]
async fn what_the_host_put_in_and_the_server_refuses_is_left_out() {
    let (result, bodies) = refusing(&[NO_STREAM_OPTIONS], true).await;
    assert_eq!(result.unwrap().text, "Hello");
    let has: Vec<_> = bodies
        .iter()
        .map(|body| body.get("stream_options").is_some())
        .collect();
    assert_eq!(has, [true, false, false], "the second call knows it");

    let (result, bodies) = refusing(&[OTHER_LIMIT, NO_STREAM_OPTIONS], false).await;
    assert_eq!(result.unwrap().text, "Hello");
    assert_eq!(bodies[0]["max_tokens"], 100);
    for body in &bodies[1..] {
        assert_eq!(body["max_completion_tokens"], 100);
        assert!(body.get("max_tokens").is_none());
    }
    assert!(bodies[2].get("stream_options").is_none());
}

#[tokio::test]
async fn what_is_refused_all_the_same_is_an_error_and_a_limit_too_high_is_no_name() {
    let (result, bodies) = refusing(&[OTHER_LIMIT, OTHER_LIMIT], false).await;
    let error = failed(result);
    assert_eq!(error.kind, ChatErrorKind::InvalidRequest);
    assert!(error.message.contains("tried 2 times"), "{error}");
    assert_eq!(bodies.len(), 2);
    let high = r#"{"error":{"message":"max_tokens is too large: 100. This model supports at most 50 completion tokens."}}"#;
    let (result, bodies) = refusing(&[high], false).await;
    assert!(failed(result).message.contains("too large"));
    assert_eq!(bodies.len(), 1);
}

#[tokio::test]
async fn no_tools_are_none_however_that_is_written() {
    for none in [json!({}), json!([]), json!(""), json!(false), Value::Null] {
        let delta = json!({ "content": "yes", "tool_calls": none });
        let what = none.to_string();
        let (response, _) = answered(
            &what,
            stream(vec![
                event(choice(delta, Value::Null)),
                finish("stop"),
                usual(),
            ]),
        )
        .await;
        assert_eq!(response.text, "yes", "{what}");
    }
}
