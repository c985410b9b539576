use proptest::prelude::*;
use stepwell_contract::{FinishReason, Message, Opaque, Role, Usage};

use super::*;

fn answer(text: &str) -> ChatResponse {
    ChatResponse {
        text: text.to_owned(),
        message: Message {
            role: Role::Assistant,
            parts: vec![Part::Text(text.to_owned())],
            options: Vec::new(),
        },
        finish_reason: FinishReason::Stop,
        usage: Usage::default(),
        model: String::new(),
        details: Vec::new(),
    }
}

/// The answer and the thinking of a text.
fn parted(text: &str, unopened: bool) -> (String, Option<String>) {
    let mut response = answer(text);
    set_apart(&mut response, unopened);
    let said: String = response
        .message
        .parts
        .iter()
        .filter_map(|part| match part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(said, response.text);
    let thinking = response
        .details
        .iter()
        .find(|detail| detail.name == ChatResponse::REASONING);
    (
        response.text,
        thinking.map(|detail| serde_json::from_str(&detail.value).unwrap()),
    )
}

fn split(answer: &str, thinking: &str) -> (String, Option<String>) {
    (answer.to_owned(), Some(thinking.to_owned()))
}

#[test]
fn thinking_at_the_beginning_is_no_part_of_the_answer() {
    for text in [
        "<think>\nhm\n</think>\n\nYes.",
        "\n<think>hm</think>Yes.",
        "<THINK>hm</Think> Yes.",
        "<thinking>\r\nhm\r\n</thinking>\r\nYes.",
        "[THINK]hm[/THINK]Yes.",
    ] {
        assert_eq!(parted(text, false), split("Yes.", "hm"), "{text}");
    }
    assert_eq!(
        parted("<think>a</think>\n<think>b</think>\nYes.", false),
        split("Yes.", "a\n\nb")
    );
    assert_eq!(parted("<think>\n\n</think>\n\nYes.", false).0, "Yes.");
}

#[test]
fn thinking_that_is_cut_off_is_all_there_is() {
    assert_eq!(
        parted("<think>\nFirst, ### FILE: a.py", false),
        split("", "First, ### FILE: a.py")
    );
}

#[test]
fn thinking_may_speak_of_its_tags() {
    let pairs = "<think>\nI write <think>…</think> first.\n</think>\nYes.";
    assert_eq!(
        parted(pairs, false),
        split("Yes.", "I write <think>…</think> first.")
    );
    let opening = "<think>\nNo <think> here.\n</think>\nYes.";
    assert_eq!(parted(opening, false), split("Yes.", "No <think> here."));
    let closing = "<think>\nIt ends with `</think>`, I know.\n</think>\n\nYes.";
    assert_eq!(parted(closing, false).0, "Yes.");
}

#[test]
fn what_is_drafted_behind_a_quoted_end_is_thinking() {
    let draft = "### FILE: helper.py\n```python\ndraft\n```\nNo.";
    for quoted in [
        "It ends with `</think>`, I know.",
        "It ends with </think> here.",
        "It ends with `</think>`",
        "So:\n```\n</think>\n```",
        "I write <think>…</think> first, and `</think>` last.",
    ] {
        let text = format!("<think>\n{quoted}\n\n{draft}\n</think>\n\nYes.");
        let (answer, thinking) = parted(&text, false);
        assert_eq!(answer, "Yes.", "{text}");
        assert!(thinking.unwrap().contains("### FILE: helper.py"), "{text}");
    }
    // What the answer says of the tag is no end.
    for (text, said) in [
        ("<think>hm</think>Yes.", "Yes."),
        (
            "<think>hm</think> So:\n```\n</think>\n```\n",
            "So:\n```\n</think>\n```\n",
        ),
    ] {
        assert_eq!(parted(text, false).0, said, "{text}");
    }
}

#[test]
fn a_text_that_speaks_of_the_tag_is_an_answer() {
    for text in [
        "The tag `<think>` opens it, and </think> ends it.",
        "It ends with\n</think>\non a line of its own.",
        "```\n<think>\nx\n</think>\n```",
        "`<think>`x`</think>`",
        "<thinker>x</thinker>",
        "",
    ] {
        assert_eq!(parted(text, false), (text.to_owned(), None), "{text}");
    }
}

#[test]
fn an_end_alone_counts_for_a_model_that_is_known_to_think() {
    assert_eq!(parted("hm\n</think>\n\nYes.", true), split("Yes.", "hm"));
    for text in [
        "It ends with </think> here.",
        "```\nx\n</think>\n```\nYes.",
        "```py\nx\n```\n</think>\nYes.",
        "Yes.",
    ] {
        assert_eq!(parted(text, true), (text.to_owned(), None), "{text}");
    }
}

#[test]
fn what_the_provider_told_apart_stays() {
    let mut response = answer("<think>b</think>Yes.");
    response
        .details
        .push(Text::new(ChatResponse::REASONING, "\"a\""));
    assert!(set_apart(&mut response, false));
    assert_eq!(
        response.details,
        [Text::new(ChatResponse::REASONING, "\"a\\n\\nb\"")]
    );
}

#[test]
fn what_else_an_answer_keeps_stays_where_it_stood() {
    let mut response = answer("<think>b</think>Yes.");
    let kept = Part::Opaque(Opaque {
        provider: "p".into(),
        content: "{}".into(),
    });
    response.message.parts.insert(0, kept.clone());
    set_apart(&mut response, false);
    assert_eq!(response.message.parts, [kept, Part::Text("Yes.".into())]);
}

proptest! {
    #[test]
    fn nothing_is_lost_and_a_second_look_finds_nothing(pieces in proptest::collection::vec(
        prop_oneof![
            Just("<think>"), Just("</think>"), Just("<thinking>"), Just("</thinking>"), Just("\n"), Just("```"), Just("a"),
            Just(" "), Just("é"), Just("<"), Just("[THINK]"), Just("[/THINK]"),
        ], 0..24), unopened in any::<bool>())
    {
        let text = pieces.concat();
        let mut response = answer(&text);
        set_apart(&mut response, unopened);
        prop_assert!(text.ends_with(&response.text));
        let once = response.clone();
        set_apart(&mut response, unopened);
        prop_assert_eq!(once.text, response.text);
    }
}
