use proptest::prelude::*;
use stepwell_contract::{
    ChatErrorKind, FinishReason, Message, Opaque, Part, Role, Text, ToolCall, Usage,
};

use super::*;

#[test]
fn the_example_of_the_manual_is_a_cassette() {
    let manual = include_str!("format.md");
    let text = manual
        .split("```text\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let cassette = Cassette::parse(text, "manual").unwrap();
    assert_eq!(cassette.matching(), Matching::Sequence);
    assert_eq!(cassette.default_model(), Some("writer"));
    assert!(cassette.comment.starts_with("Any text"));
    let answers: Vec<_> = cassette.answers().collect();
    assert_eq!(
        (answers[0].key.as_str(), answers[0].text.as_str()),
        ("audience", "Developers who live in a terminal.")
    );
    let calls: Vec<_> = cassette.calls().collect();
    assert_eq!(calls.len(), 3);
    let CallEnd::Answer(answer) = &calls[0].outcome else {
        panic!("an answer")
    };
    assert!(answer.text.starts_with("# Requirement\n\n") && answer.text.ends_with("lines."));
    assert_eq!(answer.usage.output_tokens, Some(420));
    assert_eq!(
        calls[2].place.to_string(),
        "implementation/code [1] ~1,2 #1"
    );
    assert!(
        matches!(&calls[2].outcome, CallEnd::Error(error) if error.kind == ChatErrorKind::ContentFiltered)
    );
}

#[test]
fn problems_are_told_with_their_line_and_a_hint() {
    let head = "stepwell-cassette 1\nmatch = \"sequence\"\n\n";
    for (text, line, part) in [
        ("my diary", 1, "not a cassette"),
        ("stepwell-cassette 9\n", 1, "version `9`"),
        ("stepwell-cassette 1\n\n", 2, "how calls find"),
        (
            "stepwell-cassette 1\nmatch = \"luck\"\n",
            2,
            "`match = \"luck\"`",
        ),
        (&format!("{head}=== call A\n\nx"), 4, "`A`"),
        (&format!("{head}=== call a #0\n\nx"), 4, "from 1"),
        (&format!("{head}=== shout a\n\nx"), 4, "`=== shout a`"),
        (
            &format!("{head}=== call a\nNote: text without an empty line\n"),
            5,
            "Note: text",
        ),
        (
            &format!("{head}=== call a\n\nx\n=== call a #1\n\ny\n"),
            7,
            "two entries `a #1`",
        ),
        (&format!("{head}=== request\n{{}}\n"), 4, "follows no entry"),
        (
            &format!("{head}=== call a\n\nx\n=== request\n{{\n"),
            7,
            "JSON",
        ),
        (&format!("{head}=== answer a b c\n\nx\n"), 4, "spaces"),
    ] {
        let error = Cassette::parse(text, "demo").unwrap_err();
        assert_eq!(error.line, line, "{error}");
        assert!(error.to_string().contains(part), "{part}: {error}");
        assert!(error.remedy().is_known());
    }
}

#[test]
fn a_file_with_windows_line_ends_is_read() {
    let text = "stepwell-cassette 1\r\nmatch = \"sequence\"\r\n\r\n=== call a\r\nmodel: m\r\n\r\none\r\ntwo\r\n=== end\r\n";
    let cassette = Cassette::parse(text, "x").unwrap();
    let call = cassette.calls().next().unwrap();
    assert_eq!(call.model.as_deref(), Some("m"));
    assert!(matches!(&call.outcome, CallEnd::Answer(answer) if answer.text == "one\r\ntwo\r"));
}

/// Texts full of what the format itself is made of.
fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "=== ",
        "=== call a #1",
        "=== end",
        "=====",
        "\\",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        "```",
        "a: b",
        " ",
        "é😀",
        "\"",
        "'''",
        "\u{2028}",
        "\t",
        "x",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn place() -> impl Strategy<Value = (StepPath, Vec<u32>, Vec<u32>)> {
    (
        prop::sample::select(vec!["a", "a/b", "requirement/refine"]),
        prop::collection::vec(0u32..3, 0..3),
        prop::collection::vec(1u32..3, 0..3),
    )
        .prop_map(|(step, items, rounds)| {
            let is_first = rounds.iter().all(|round| *round == 1);
            let rounds = if is_first { Vec::new() } else { rounds };
            (step.parse().unwrap(), items, rounds)
        })
}

fn outcome() -> impl Strategy<Value = CallEnd> {
    let answer = (
        text(),
        text(),
        text(),
        any::<bool>(),
        prop::option::of(0u32..9),
    )
        .prop_map(|(text, model, more, has_more, tokens)| {
            let mut message = Message::text(Role::Assistant, text.as_str());
            if text.is_empty() {
                message.parts.clear();
            }
            let mut details = Vec::new();
            if has_more {
                message.parts.push(Part::ToolCall(ToolCall {
                    id: more.clone(),
                    name: "x".into(),
                    arguments_json: more.clone(),
                }));
                message.parts.push(Part::Opaque(Opaque {
                    provider: "p".into(),
                    content: "{}".into(),
                }));
                details.push(Text::new("d", more));
            }
            CallEnd::Answer(ChatResponse {
                text,
                message,
                finish_reason: match tokens {
                    Some(0) => FinishReason::Length,
                    Some(1) => FinishReason::Other("odd word\n".into()),
                    _ => FinishReason::Stop,
                },
                usage: Usage {
                    input_tokens: tokens,
                    reasoning_tokens: tokens,
                    ..Usage::default()
                },
                model,
                details,
            })
        });
    let error = (text(), any::<bool>()).prop_map(|(text, is_other)| {
        let kind = if is_other {
            ChatErrorKind::Other("own code".into())
        } else {
            ChatErrorKind::ContextLength
        };
        CallEnd::Error(ChatError::new(kind, text))
    });
    prop_oneof![3 => answer, 1 => error]
}

fn entry() -> impl Strategy<Value = Entry> {
    let call = (
        place(),
        0u32..3,
        prop::option::of(text()),
        prop::option::of(text()),
        prop::option::of(text()),
        outcome(),
    )
        .prop_map(
            |((step, items, rounds), sequence, model, instead, request, outcome)| {
                Entry::Call(RecordedCall {
                    place: CallPlace {
                        step,
                        items,
                        rounds,
                        sequence,
                    },
                    model,
                    instead,
                    request: request.map(|text| serde_json::json!({ "messages": [text] })),
                    outcome,
                })
            },
        );
    let answer = (prop::option::of(place()), text(), text()).prop_map(|(place, key, text)| {
        Entry::Answer(RecordedAnswer {
            step: place.map(|(step, ..)| step),
            key,
            text,
        })
    });
    prop_oneof![4 => call, 1 => answer]
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        matching in prop::sample::select(vec![Matching::Request, Matching::Sequence]),
        default in prop::option::of(text()),
        comment in text(),
        entries in prop::collection::vec(entry(), 0..8),
    ) {
        let mut cassette = Cassette::new(matching);
        cassette.set_default_model(default);
        cassette.set_comment(&comment);
        for entry in entries {
            cassette.add(entry);
        }
        let text = cassette.to_text();
        let read = Cassette::parse(&text, "x").map_err(|error| TestCaseError::fail(format!("{error}\n{text}")))?;
        prop_assert_eq!(read.matching(), cassette.matching());
        prop_assert_eq!(read.default_model(), cassette.default_model());
        prop_assert_eq!(&read.comment, &cassette.comment);
        prop_assert_eq!(read.entries(), cassette.entries());
        prop_assert_eq!(read.to_text(), text);
    }
}
