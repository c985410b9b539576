//! A provider that sends the key back, in every form that an answer has.

use proptest::prelude::*;
use serde_json::{Value, json};
use stepwell_contract::*;
use stepwell_llm::*;

use crate::common::*;

/// All that anybody learns of a call to a server with this script.
async fn told(key: &str, script: Vec<Act>) -> String {
    let server = Server::start(vec![script]).await;
    let mut settings = settings(&server.url);
    settings.providers.get_mut("local").unwrap().retries = 0;
    let keys: Keys = [("THE_KEY", key)].into_iter().collect();
    let folder = tempfile::tempdir().unwrap();
    let cassette = folder.path().join("a.cassette");
    let recorder = Recorder::begin(&cassette, Matching::Request).unwrap();
    let models = Models::live(settings, keys)
        .unwrap()
        .recording(recorder.into());
    let observer = Observer::default();
    let result = complete(&models, &ask("Hi"), &observer).await;
    let report = observer.report(0);
    let raw = report.raw.clone().unwrap_or_default();
    // As it is in Rust and as it is: a key may have characters that are escaped there.
    let mut texts = vec![format!("{result:?} {report:?}")];
    for response in result.iter().chain(report.response.as_deref()) {
        texts.extend([response.text.clone(), response.model.clone()]);
        let details = response.details.iter();
        texts.extend(details.flat_map(|detail| [detail.name.clone(), detail.value.clone()]));
        texts.extend(response.message.parts.iter().flat_map(|part| match part {
            Part::Text(text) => vec![text.clone()],
            Part::ToolCall(call) => {
                vec![
                    call.id.clone(),
                    call.name.clone(),
                    call.arguments_json.clone(),
                ]
            }
            Part::Opaque(opaque) => vec![opaque.content.clone()],
            other => panic!("{other:?}"),
        }));
    }
    texts.extend(report.error.map(|error| error.message));
    texts.extend(
        report
            .headers
            .into_iter()
            .flat_map(|(name, value)| [name, value]),
    );
    texts.push(observer.text.lock().unwrap().clone());
    texts.push(String::from_utf8_lossy(&raw).into_owned());
    texts.push(std::fs::read_to_string(cassette).unwrap());
    assert!(server.requests.lock().unwrap()[0].head.contains(key));
    texts.join("\n")
}

/// What a reader of JSON makes of it, as often as it lies in strings.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        plain.push_str(before);
        let code = after
            .strip_prefix('u')
            .and_then(|digits| u32::from_str_radix(digits.get(..4)?, 16).ok())
            .and_then(char::from_u32);
        match code {
            Some(character) => {
                plain.push(character);
                rest = &after[5..];
            }
            None => rest = after,
        }
    }
    plain + rest
}

#[track_caller]
fn holds_no(key: &str, told: &str) {
    assert!(!told.contains(key), "{told}");
    // What is left when all that JSON wraps around pieces is taken away.
    let key = key.replace('\\', "");
    assert!(!unescaped(told).replace('\\', "").contains(&key), "{told}");
    let letters =
        |text: &str| -> String { text.chars().filter(char::is_ascii_alphanumeric).collect() };
    if letters(&key).len() > 6 {
        let structure = [
            "content",
            "data",
            "delta",
            "index0",
            "modelgptx",
            "choices",
            "arguments",
        ];
        let mut joined = letters(told);
        for word in structure {
            joined = joined.replace(word, "");
        }
        assert!(!joined.contains(&letters(&key)), "{told}");
    }
}

/// A JSON string with each character as itself or escaped.
fn string(text: &str, escapes: &[bool]) -> String {
    let escape = |(character, escaped): (char, &bool)| match character {
        character if *escaped => format!("\\u{:04x}", u32::from(character)),
        '"' | '\\' => format!("\\{character}"),
        character => character.to_string(),
    };
    let inner: String = text
        .chars()
        .zip(escapes.iter().cycle())
        .map(escape)
        .collect();
    format!("\"{inner}\"")
}

fn in_delta(place: usize, text: &str) -> String {
    let delta = match place {
        0 => format!(r#"{{"content":{text}}}"#),
        1 => format!(r#"{{"content":[{{"type":"text","text":{text}}}]}}"#),
        2 => format!(r#"{{"reasoning_content":{text}}}"#),
        3 => format!(r#"{{"refusal":{text}}}"#),
        4 => format!(r#"{{"tool_calls":[{{"index":0,"function":{{"name":{text}}}}}]}}"#),
        5 => format!(r#"{{"tool_calls":[{{"index":0,"function":{{"arguments":{text}}}}}]}}"#),
        6 => format!(r#"{{"reasoning_details":[{{"text":{text}}}]}}"#),
        _ => format!(r#"{{"nobody_knows":{text}}}"#),
    };
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_key_comes_out_nowhere(
        key in "[!-~]{8,16}",
        before in "[a-z \u{e9}\\\\\"%]{0,8}",
        after in "[a-z \u{e9}\\\\\"]{0,8}",
        escapes in prop::collection::vec(any::<bool>(), 1..9),
        split in 1usize..12,
        cut in 1usize..40,
        place in 0usize..8,
        ends in any::<bool>(),
    ) {
        let text: Vec<char> = format!("{before}{key}{after}").chars().collect();
        let mut stream = String::new();
        for piece in text.chunks(split) {
            stream += &in_delta(place, &string(&piece.iter().collect::<String>(), &escapes));
        }
        if ends {
            stream += "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";
        }
        let script = crate::common::stream(
            stream.as_bytes().chunks(cut).map(|bytes| Act::Send(bytes.to_vec())).collect(),
        );
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let told = runtime.block_on(told(&key, script));
        prop_assert!(!told.contains(&key), "{}", told);
        let plain = unescaped(&told).replace('\\', "");
        prop_assert!(!plain.contains(&key.replace('\\', "")), "{}", told);
    }
}

fn split(place: usize) -> Vec<Act> {
    let (first, second) = KEY.split_at(9);
    let whole = |text: &str| string(text, &[false]);
    stream(
        [
            in_delta(place, &whole(first)),
            in_delta(place, &whole(second)),
        ]
        .map(|event| Act::Send(event.into_bytes()))
        .into(),
    )
}

#[tokio::test]
async fn pieces_are_put_together_nowhere() {
    for place in 0..8 {
        holds_no(KEY, &told(KEY, split(place)).await);
    }
}

#[tokio::test]
async fn escapes_hide_no_key() {
    let key = format!("\\u0073{}", &KEY[1..]);
    let chunk = |fields: &str| Act::Send(format!("data: {{{fields}}}\n\n").into_bytes());
    let scripts = [
        stream(vec![chunk(&format!(
            r#""model":"{key}","choices":[{{"index":0,"delta":{{"content":"x"}},"finish_reason":"{key}"}}]"#
        ))]),
        stream(vec![chunk(&format!(
            r#""choices":[{{"index":0,"delta":{{"tool_calls":[{{"id":"{key}","function":{{"name":"{key}","arguments":"{{\"a\":\"\\{key}\"}}"}}}}]}},"finish_reason":"stop"}}]"#
        ))]),
        stream(vec![chunk(&format!(
            r#""{key}":1,"x":["{key}"],"choices":[{{"index":0,"delta":{{"content":"{{\"a\": \"\\{key}\"}}"}},"finish_reason":"stop"}}]"#
        ))]),
        stream(vec![chunk(&format!(
            r#""error":{{"message":"{key}","code":"{key}"}}"#
        ))]),
        stream(vec![chunk(&format!(r#""choices":"{key}""#))]),
        error(
            400,
            "",
            &format!(r#"{{"error":{{"message":"no {key}","type":"{key}"}}}}"#),
        ),
        error(500, "", &format!(r#"{{"{key}":"{key}"}}"#)),
        error(
            200,
            "",
            &format!(r#"{{"model":"{key}","choices":[{{"message":{{"content":"{key}"}}}}]}}"#),
        ),
        error(
            302,
            &format!(
                "location: https://elsewhere.example/?k=%73{}\r\n",
                &KEY[1..]
            ),
            "",
        ),
        error(400, &format!("x-{KEY}: 1\r\nx-a: {key}\r\n"), ""),
    ];
    for script in scripts {
        holds_no(KEY, &told(KEY, script).await);
    }
}

#[tokio::test]
async fn no_message_ends_within_the_key() {
    let filler = "x".repeat(270);
    let (first, second) = KEY.split_at(9);
    let choice = |delta: Value| event(json!({ "choices": [{ "index": 0, "delta": delta }] }));
    let said = json!({ "error": { "message": format!("{filler}{KEY}") } }).to_string();
    for script in [
        stream(vec![
            choice(json!({ "refusal": format!("{filler}{first}") })),
            choice(json!({ "refusal": second })),
            event("[DONE]"),
        ]),
        error(400, "", &said),
        stream(vec![event(&said)]),
        stream(vec![event(format!("{filler}{KEY}"))]),
    ] {
        let told = told(KEY, script).await;
        assert!(!told.contains("sk-very-secret"), "{told}");
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_within_the_key_shows_nearly_none_of_it() {
    for place in [0, 2] {
        let (most, _) = KEY.split_at(KEY.len() - 1);
        let event = in_delta(place, &string(most, &[false]));
        let told = told(KEY, stream(vec![Act::Send(event.into_bytes())])).await;
        assert!(told.contains("broke off"), "{told}");
    }
    let told = told(
        KEY,
        vec![
            head(200, ""),
            Act::Send(b"{\"a\": \"sk-very-secret-key-01".to_vec()),
        ],
    )
    .await;
    assert!(!told.contains("sk-very"), "{told}");
}

#[tokio::test]
async fn an_answer_without_the_key_is_kept_byte_for_byte() {
    let text = "About sk-ve\u{e9} \\ \\u0073 \"%73%\" and s";
    let pieces: Vec<char> = text.chars().collect();
    let events: Vec<String> = pieces
        .chunks(3)
        .map(|piece| {
            in_delta(
                0,
                &string(&piece.iter().collect::<String>(), &[true, false]),
            )
        })
        .collect();
    let sent = events.concat() + "data: [DONE]\n\n";
    let server = Server::start(vec![stream(vec![Act::Send(sent.clone().into_bytes())])]).await;
    let observer = Observer::default();
    let models = models_with(settings(&server.url));
    let response = complete(&models, &ask("Hi"), &observer).await.unwrap();
    assert_eq!(response.text, text);
    assert_eq!(*observer.text.lock().unwrap(), text);
    assert_eq!(observer.report(0).raw.unwrap(), sent.as_bytes());
}
