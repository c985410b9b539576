//! What holds for a provider of every format: when its answer is whole, what its errors mean, and that its key is nowhere.
//!
//! Habits of servers that speak chat completions have tables of their own in `endings`.

use proptest::prelude::*;
use serde_json::{Value, json};
use stepwell_contract::*;
use stepwell_llm::*;

use crate::common::formats::*;
use crate::common::*;

fn settings_of(format: &Format, url: &str) -> ModelsSettings {
    let mut settings = settings(url);
    settings.providers.get_mut("local").unwrap().kind = format.kind;
    settings
}

/// What came of a call to a server that plays this script again and again, and how often it was asked.
async fn outcome(
    format: &Format,
    script: Vec<Act>,
) -> (Result<ChatResponse, CallFailure>, usize, Observer) {
    let server = Server::start(vec![script]).await;
    let observer = Observer::default();
    let models = models_with(settings_of(format, &server.url));
    let result = complete(&models, &ask("Hi"), &observer).await;
    (result, server.count(), observer)
}

/// The answer, which must have come with the first request.
async fn answered(format: &Format, what: &str, script: Vec<Act>) -> ChatResponse {
    let (result, count, _) = outcome(format, script).await;
    let name = format.name();
    let response = result.unwrap_or_else(|error| panic!("{name}, {what}: {error}"));
    assert_eq!(count, 1, "{name}, {what}: it was paid for once");
    response
}

/// The error of an answer that was asked for again, as often as may be.
async fn not_whole(format: &Format, what: &str, script: Vec<Act>) -> ChatError {
    let (result, count, _) = outcome(format, script).await;
    assert_eq!(count, 3, "{}, {what}: {result:?}", format.name());
    failed(result)
}

fn send(text: &str) -> Act {
    Act::Send(text.as_bytes().to_vec())
}

fn with(mut acts: Vec<Act>, more: impl IntoIterator<Item = Act>) -> Vec<Act> {
    acts.extend(more);
    acts
}

#[tokio::test]
async fn an_answer_is_the_same_streamed_and_in_one_object() {
    for format in formats() {
        let name = format.name();
        let body = error(
            200,
            "content-type: application/json\r\n",
            &format.whole_body("Hello dear"),
        );
        for script in [format.answer(&["Hello ", "dear"]), body] {
            let server = Server::start(vec![script]).await;
            let observer = Observer::default();
            let models = models_with(settings_of(&format, &server.url));
            let response = complete(&models, &ask("Hi"), &observer).await.unwrap();
            assert_eq!(response.text, "Hello dear", "{name}");
            assert_eq!(response.finish_reason, FinishReason::Stop, "{name}");
            assert_eq!(response.model, "m", "{name}");
            assert_eq!(*observer.text.lock().unwrap(), "Hello dear", "{name}");
            let report = observer.report(0);
            assert_eq!(report.usage.input_tokens, Some(10), "{name}");
            assert_eq!(report.usage.output_tokens, Some(5), "{name}");
            assert_eq!(report.money, Some(Money(20)), "{name}");
            assert!(report.first_token.is_some(), "{name}");
            let requests = server.requests.lock().unwrap();
            let head = &requests[0].head;
            let wanted = format!("POST {} HTTP/1.1\r\n", format.path);
            assert!(head.starts_with(&wanted), "{head}");
            assert!(head.contains(&(format.key)()), "{name}");
            assert_eq!(requests[0].body["model"], "gpt-x", "{name}");
            assert_eq!(requests[0].body["stream"], true, "{name}");
        }
    }
}

#[tokio::test]
async fn tools_thoughts_and_limits_are_read() {
    for format in formats() {
        let name = format.name();
        let mut acts = (format.begin)();
        acts.push((format.thought)("Let me "));
        acts.push((format.thought)("see."));
        acts.extend((format.call)("look", &["{\"at\"", ":1}"]));
        acts.extend((format.end)(Why::Limit));
        let response = answered(&format, "a call", stream(acts)).await;
        let calls = response.message.parts.iter().filter_map(|part| match part {
            Part::ToolCall(call) => Some((call.name.as_str(), call.arguments_json.as_str())),
            _ => None,
        });
        assert_eq!(
            calls.collect::<Vec<_>>(),
            [("look", "{\"at\":1}")],
            "{name}"
        );
        assert_eq!(response.reasoning().unwrap(), "Let me see.", "{name}");
        assert_eq!(response.finish_reason, FinishReason::Length, "{name}");
        assert_eq!(response.text, "", "{name}");
    }
}

#[tokio::test]
async fn an_answer_without_its_end_is_none() {
    let long = |mut script: Vec<Act>| {
        script[0] = head(200, "content-length: 100000\r\n");
        script
    };
    for format in formats() {
        let half = || format.beginning(&["Hello ", "dear"]);
        let body = format.whole_body("Hello dear");
        let last = bytes(&(format.piece)("dear")).to_vec();
        let cut = Act::Send(last[..last.len() - 9].to_vec());
        for (what, script) in [
            ("nothing", stream(vec![])),
            ("its beginning", stream((format.begin)())),
            ("half of it", stream(half())),
            (
                "half a piece",
                stream(with(format.beginning(&["Hello "]), [cut])),
            ),
            ("no last chunk", chunked(half())),
            ("too short", long(stream(half()))),
            ("a reset", stream(with(half(), [Act::Reset]))),
            ("half an object", error(200, "", &body[..body.len() - 9])),
            (
                "heartbeats alone",
                stream(vec![
                    send(": still here\n\n"),
                    send("event: ping\ndata: {\"type\": \"ping\"}\n\n"),
                ]),
            ),
        ] {
            let error = not_whole(&format, what, script).await;
            let name = format.name();
            assert_eq!(
                error.kind,
                ChatErrorKind::Network,
                "{name}, {what}: {error}"
            );
        }
    }
}

#[tokio::test]
async fn an_error_in_the_place_of_the_end_is_what_is_told() {
    for format in formats() {
        let died = (format.error)("server_error", "The worker died");
        let event_of = |data: &Value| send(&format!("event: error\ndata: {data}\n\n"));
        for (what, act) in [
            ("an event of errors", event_of(&died)),
            (
                "an event in words",
                send("event: error\ndata: The worker died\n\n"),
            ),
            ("an error as data", event(&died)),
            (
                "an error and the end of a stream behind it",
                send(&format!("event: error\ndata: {died}\n\ndata: [DONE]")),
            ),
            (
                "an error that others write",
                event(json!({ "error": { "message": "The worker died", "code": 500 } })),
            ),
        ] {
            for begun in [vec![], format.beginning(&["Hello"])] {
                let error = not_whole(&format, what, stream(with(begun, [act.clone()]))).await;
                let name = format.name();
                assert_eq!(error.kind, ChatErrorKind::Overloaded, "{name}, {what}");
                assert!(error.message.contains("The worker died"), "{name}: {error}");
            }
        }
        let body = (format.error)("authentication_error", "who are you").to_string();
        let (result, count, _) = outcome(&format, error(200, "", &body)).await;
        assert_eq!(count, 1, "{}", format.name());
        assert_eq!(
            failed(result).kind,
            ChatErrorKind::Authentication,
            "{}",
            format.name()
        );
    }
}

#[tokio::test]
async fn nothing_that_follows_a_said_end_takes_it_back() {
    for format in formats() {
        let ended = || format.ended(&["Hello ", "dear"], Why::Done);
        let died = (format.error)("server_error", "The worker died");
        let more = || (format.end)(Why::Limit);
        let last = || (format.last)();
        for (what, acts) in [
            ("nothing", vec![]),
            ("its last event", last()),
            ("it twice", with(last(), last())),
            ("a reset", vec![Act::Reset]),
            ("an error", vec![event(&died)]),
            (
                "an event of errors",
                vec![send("event: error\ndata: gone\n\n")],
            ),
            ("another end", more()),
            ("half a piece", vec![send("data: {\"type\": \"")]),
            ("an odd piece", vec![event("{\"choices\": 7, \"type\": 7}")]),
            ("no JSON", vec![event("{oops")]),
            ("a page", vec![send("<html>\n\n502: gone\n\n</html>\n\n")]),
            ("a heartbeat", vec![send(": still here\n\n"), event("ping")]),
        ] {
            let response = answered(&format, what, stream(with(ended(), acts))).await;
            let name = format.name();
            assert_eq!(response.text, "Hello dear", "{name}, {what}");
            assert_eq!(response.finish_reason, FinishReason::Stop, "{name}, {what}");
            assert_eq!(response.usage.output_tokens, Some(5), "{name}, {what}");
        }
        let response = answered(&format, "no last chunk", chunked(ended())).await;
        assert_eq!(response.text, "Hello dear");
    }
}

#[tokio::test]
async fn noise_before_the_end_was_said_is_no_reason_to_lose_an_answer() {
    for format in formats() {
        for noise in ["{queue: 3}", "{{heartbeat}}", "{ok}", "{1: 2", "[1, 2"] {
            let mut acts = format.beginning(&["Hello "]);
            acts.push(event(noise));
            acts.push((format.piece)("dear"));
            acts.push(event(noise));
            acts.extend((format.end)(Why::Done));
            acts.extend((format.last)());
            let response = answered(&format, noise, stream(acts)).await;
            assert_eq!(response.text, "Hello dear", "{} {noise}", format.name());
            assert_eq!(response.finish_reason, FinishReason::Stop);
        }
    }
}

/// What may have been a piece is missed: an answer without it would be another one.
#[tokio::test]
async fn a_piece_that_came_broken_is_no_noise() {
    for format in formats() {
        let Act::Send(piece) = (format.piece)("dear") else {
            panic!("{}", format.name());
        };
        let whole = String::from_utf8(piece).unwrap();
        let data = whole.split("data: ").nth(1).unwrap().trim().to_owned();
        let garbled = data.replacen("\":", "\" ", 1);
        let cut = data[..data.len() / 3].to_owned();
        for broken in [garbled, cut] {
            let mut acts = format.beginning(&["Hello "]);
            acts.push(event(&*broken));
            acts.extend((format.end)(Why::Done));
            acts.extend((format.last)());
            let error = not_whole(&format, &broken, stream(acts)).await;
            assert_eq!(error.kind, ChatErrorKind::Network, "{broken}");
        }
    }
}

#[tokio::test]
async fn a_connection_that_is_held_open_behind_the_end_holds_nobody_up() {
    let mut calls = tokio::task::JoinSet::new();
    for format in formats() {
        for last in [Act::Hang, Act::Beat(b": still here\n\n".to_vec())] {
            let acts = with(format.ended(&["Hello ", "dear"], Why::Done), [last]);
            let format = formats()
                .into_iter()
                .find(|it| it.kind == format.kind)
                .unwrap();
            calls.spawn(async move { answered(&format, "held open", stream(acts)).await });
        }
    }
    for response in calls.join_all().await {
        assert_eq!(response.text, "Hello dear");
    }
}

#[tokio::test]
async fn an_end_that_was_said_too_early_is_waited_for_anew() {
    for format in formats().into_iter().filter(|it| !it.ends_at_once) {
        let mut acts = format.ended(&["Hello "], Why::Done);
        acts.push((format.piece)("dear"));
        let half = not_whole(
            &format,
            "more of it",
            stream(with(acts.clone(), [Act::Reset])),
        )
        .await;
        assert_eq!(half.kind, ChatErrorKind::Network, "{}", format.name());
        acts.extend((format.end)(Why::Limit));
        let response = answered(&format, "early", stream(acts)).await;
        assert_eq!(response.text, "Hello dear", "{}", format.name());
        assert_eq!(
            response.finish_reason,
            FinishReason::Length,
            "{}",
            format.name()
        );
    }
}

#[tokio::test]
async fn what_stands_behind_one_object_is_not_read() {
    for format in formats() {
        let whole = |text: &str| format.whole_body(text);
        let died = (format.error)("server_error", "too late").to_string();
        for (what, body) in [
            ("space", whole("Hello") + " \n\r\n"),
            ("a mark before it", "\u{feff}".to_owned() + &whole("Hello")),
            ("NUL bytes", whole("Hello") + "\0\0\0"),
            ("a second object", whole("Hello") + &whole("Good bye")),
            ("a page", whole("Hello") + "<html>{\"a\": 1}</html>"),
            ("half an object", whole("Hello") + "{\"type\": [{"),
            ("an error", whole("Hello") + &died),
        ] {
            let response = answered(&format, what, error(200, "", &body)).await;
            assert_eq!(response.text, "Hello", "{}, {what}", format.name());
        }
    }
}

#[tokio::test]
async fn refusals_are_told_apart() {
    use ChatErrorKind as Kind;
    for format in formats() {
        let of = |word: &str, message: &str| (format.error)(word, message).to_string();
        for (status, body, kind, count) in [
            (
                401,
                of("authentication_error", "invalid x-api-key"),
                Kind::Authentication,
                1,
            ),
            (
                403,
                of("permission_error", "not yours"),
                Kind::Authentication,
                1,
            ),
            (
                404,
                of("not_found_error", "model: claude-x"),
                Kind::UnknownModel,
                1,
            ),
            (
                413,
                of("request_too_large", "Request exceeds the maximum size"),
                Kind::ContextLength,
                1,
            ),
            (413, "<html>too large</html>".into(), Kind::ContextLength, 1),
            (
                400,
                of(
                    "invalid_request_error",
                    "prompt is too long: 210000 tokens > 200000 maximum",
                ),
                Kind::ContextLength,
                1,
            ),
            (
                400,
                of(
                    "invalid_request_error",
                    "input length and `max_tokens` exceed context limit: 1 + 2 > 2",
                ),
                Kind::ContextLength,
                1,
            ),
            (
                400,
                of(
                    "invalid_request_error",
                    "Your credit balance is too low to access the API",
                ),
                Kind::OutOfCredit,
                1,
            ),
            (
                400,
                of(
                    "invalid_request_error",
                    "You have reached your specified API usage limits.",
                ),
                Kind::OutOfCredit,
                1,
            ),
            (402, of("billing_error", "pay"), Kind::OutOfCredit, 1),
            (
                400,
                of("invalid_request_error", "messages: at least one"),
                Kind::InvalidRequest,
                1,
            ),
            (
                429,
                of("rate_limit_error", "slow down"),
                Kind::RateLimited,
                3,
            ),
            (500, of("api_error", "oops"), Kind::Overloaded, 3),
            (
                529,
                of("overloaded_error", "Overloaded"),
                Kind::Overloaded,
                3,
            ),
            (302, String::new(), Kind::Network, 1),
        ] {
            let (result, asked, _) = outcome(&format, error(status, "", &body)).await;
            let found = failed(result);
            let what = format!("{}, {status} {body}: {found}", format.name());
            assert_eq!((&found.kind, asked), (&kind, count), "{what}");
            let said: Value = serde_json::from_str(&body).unwrap_or_default();
            if let Some(said) = said["error"]["message"].as_str() {
                assert!(found.message.contains(said), "{what}");
            }
        }
        let busy = error(
            429,
            "retry-after: 7200\r\n",
            &of("rate_limit_error", "slow"),
        );
        let (result, asked, _) = outcome(&format, busy).await;
        assert_eq!(
            (failed(result).kind, asked),
            (Kind::Other("wait-too-long".into()), 1)
        );
    }
}

#[tokio::test]
async fn what_the_registry_chose_is_no_option_and_what_a_step_says_of_it_is_sent_nowhere() {
    for format in formats() {
        let server = Server::start(vec![format.answer(&["x"])]).await;
        let models = models_with(settings_of(&format, &server.url));
        for option in format.closed {
            let mut request = ask("Hi");
            request.options.push(Text::new(*option, "1"));
            let error = failed(complete(&models, &request, &Observer::default()).await);
            assert_eq!(error.kind, ChatErrorKind::InvalidRequest);
            assert!(error.message.contains(option), "{error}");
        }
        assert_eq!(server.count(), 0, "{}", format.name());
    }
}

#[tokio::test]
async fn an_answer_is_checked_against_its_schema() {
    for format in formats() {
        let server = Server::start(vec![format.answer(&["{\"tasks\": ", "[1]}"])]).await;
        let mut request = ask("Hi");
        request.answer_schema =
            Some(r#"{"type":"object","properties":{"tasks":{"items":{"type":"string"}}}}"#.into());
        let observer = Observer::default();
        let models = models_with(settings_of(&format, &server.url));
        let error = failed(complete(&models, &request, &observer).await);
        assert_eq!(
            error.kind,
            ChatErrorKind::SchemaMismatch,
            "{}",
            format.name()
        );
        assert!(error.message.contains("/tasks/0"), "{error}");
        assert_eq!(observer.report(0).money, Some(Money(20)));
        let sent = server.requests.lock().unwrap()[0].body.to_string();
        assert!(
            sent.contains(r#""json_schema""#) || sent.contains(r#""application/json""#),
            "{sent}"
        );
    }
}

#[tokio::test]
async fn a_model_that_does_not_reason_is_asked_at_once_without_its_reasoning() {
    let is_it = |format: &Format| format.kind == ProviderKind::OpenaiResponses;
    let format = formats().into_iter().find(is_it).unwrap();
    let said = "Encrypted content is not supported with this model.";
    let refusal = (format.error)("invalid_request_error", said).to_string();
    let scripts = vec![error(400, "", &refusal), format.answer(&["Hello"])];
    let server = Server::start(scripts).await;
    let mut settings = settings_of(&format, &server.url);
    settings.providers.get_mut("local").unwrap().retries = 0;
    let models = models_with(settings);
    for _ in 0..2 {
        let response = complete(&models, &ask("Hi"), &Observer::default()).await;
        assert_eq!(response.unwrap().text, "Hello");
    }
    let requests = server.requests.lock().unwrap();
    let asks = |request: &Request| request.body.get("include").is_some();
    let asks: Vec<bool> = requests.iter().map(asks).collect();
    assert_eq!(asks, [true, false, false], "the second call knows it");
}

/// All that anybody learns of a call.
async fn told(format: &Format, script: Vec<Act>) -> String {
    let server = Server::start(vec![script]).await;
    let mut settings = settings_of(format, &server.url);
    settings.providers.get_mut("local").unwrap().retries = 0;
    let observer = Observer::default();
    let models = models_with(settings);
    let result = complete(&models, &ask("Hi"), &observer).await;
    assert!(server.requests.lock().unwrap()[0].head.contains(KEY));
    let report = observer.report(0);
    let raw = String::from_utf8_lossy(&report.raw.clone().unwrap_or_default()).into_owned();
    let text = observer.text.lock().unwrap().clone();
    let models = format!("{models:?} {:?}", models.list());
    format!("{result:?} {report:?} {text} {raw} {models}")
}

#[tokio::test]
async fn a_key_that_is_sent_back_is_nowhere() {
    let (first, second) = KEY.split_at(9);
    for format in formats() {
        let answered = |acts: Vec<Act>| {
            let acts = with((format.begin)(), acts);
            stream(with(with(acts, (format.end)(Why::Done)), (format.last)()))
        };
        let pieces = |of: fn(&str) -> Act| vec![of("It is "), of(first), of(second), of(".")];
        let escaped = KEY.replace("sk-", "\\u0073k\\u002d");
        let whole = format.whole_body("the key").replace("the key", &escaped);
        for (what, script) in [
            ("a text", answered(pieces(format.piece))),
            ("a thought", answered(pieces(format.thought))),
            (
                "arguments",
                answered((format.call)(
                    "look",
                    &["{\"key\":\"", first, second, "\"}"],
                )),
            ),
            ("a name", answered((format.call)(KEY, &["{}"]))),
            (
                "text between thoughts",
                answered(vec![
                    (format.piece)(first),
                    (format.thought)("Hm."),
                    (format.piece)(second),
                ]),
            ),
            ("one object", error(200, "", &whole)),
            (
                "a stream without its end",
                stream(format.beginning(&["It is ", first, second])),
            ),
            (
                "an error within",
                stream(vec![event((format.error)("server_error", KEY))]),
            ),
            (
                "a refusal",
                error(
                    401,
                    &format!("x-debug: {KEY}\r\n"),
                    &(format.error)("authentication_error", KEY).to_string(),
                ),
            ),
            (
                "what nobody knows",
                answered(vec![
                    event(json!({ "type": "new", "event_type": "new", "delta": first })),
                    event(json!({ "type": "new", "event_type": "new", "delta": second })),
                ]),
            ),
        ] {
            let told = told(&format, script).await;
            let name = format.name();
            assert!(!told.contains(KEY), "{name}, {what}: {told}");
            // Nor can anybody put it together.
            let joined = told.contains(first) && told.contains(second);
            assert!(!joined, "{name}, {what}: {told}");
        }
    }
}

/// JSON with some characters escaped that need it not, as many a library writes it.
fn escaped(act: &Act, escapes: &[bool]) -> Vec<u8> {
    let text = String::from_utf8(bytes(act).to_vec()).unwrap();
    let is_plain =
        |character: char| character.is_ascii_alphanumeric() || "-_=+".contains(character);
    let mut out = String::new();
    // Names of fields and events stay readable, and so does what stands behind a backslash.
    let mut words = text.split_inclusive('"').peekable();
    while let Some(word) = words.next() {
        let is_name = words.peek().is_some_and(|next| next.starts_with(':'));
        let is_data = word.ends_with('"') && !is_name && !word.contains(['\\', ' ', '\n', '.']);
        for (character, escape) in word.chars().zip(escapes.iter().cycle()) {
            match is_data && *escape && is_plain(character) {
                true => out.push_str(&format!("\\u{:04x}", u32::from(character))),
                false => out.push(character),
            }
        }
    }
    out.into_bytes()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_key_in_any_pieces_comes_out_nowhere(
        place in 0usize..4,
        split in 1usize..12,
        cut in 1usize..60,
        escapes in prop::collection::vec(any::<bool>(), 1..9),
        before in "[a-z ]{0,6}",
        ends in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let said: Vec<char> = format!("{before}{KEY}.").chars().collect();
        let pieces: Vec<String> = said.chunks(split).map(|piece| piece.iter().collect()).collect();
        for format in formats() {
            let mut acts = (format.begin)();
            match place {
                0 => acts.extend(pieces.iter().map(|piece| (format.piece)(piece))),
                1 => acts.extend(pieces.iter().map(|piece| (format.thought)(piece))),
                2 => {
                    let mut arguments = vec!["{\"a\":\""];
                    arguments.extend(pieces.iter().map(String::as_str));
                    arguments.push("\"}");
                    acts.extend((format.call)("look", &arguments));
                }
                _ => acts.extend(pieces.iter().flat_map(|piece| {
                    [(format.piece)(piece), (format.thought)("Hm.")]
                })),
            }
            if ends {
                acts.extend((format.end)(Why::Done));
                acts.extend((format.last)());
            }
            let sent: Vec<u8> = acts.iter().flat_map(|act| escaped(act, &escapes)).collect();
            let script = stream(sent.chunks(cut).map(|bytes| Act::Send(bytes.to_vec())).collect());
            let told = runtime.block_on(told(&format, script));
            prop_assert!(!told.contains(KEY), "{}: {}", format.name(), told);
            let plain: String = told.chars().filter(|it| !"\\\"{}".contains(*it)).collect();
            prop_assert!(!plain.contains(KEY), "{}: {}", format.name(), told);
        }
    }
}
