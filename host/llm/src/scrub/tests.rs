use proptest::prelude::*;
use stepwell_contract::{
    ChatResponse, FinishReason, Message, Opaque, Part, Role, Text, ToolCall, Usage,
};

use super::*;

fn scrub(key: &str) -> Scrub {
    Scrub::new(Some(&Secret::new(key)))
}

fn cleaned<'a>(scrub: &mut Scrub, pieces: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut clean = Vec::new();
    for piece in pieces {
        clean.extend(scrub.take(piece));
    }
    clean.extend(scrub.end());
    String::from_utf8(clean).unwrap()
}

/// A text with each character in one of the forms that JSON has for it, within so many strings of JSON.
fn escaped(text: &str, forms: &[u8], depth: u32) -> String {
    let slashes = "\\".repeat(2_usize.pow(depth) - 1);
    let escape = |(character, form): (char, &u8)| match (form, character) {
        (0, '"' | '\\') | (1, '"' | '\\' | '/') if depth > 0 => format!("{slashes}{character}"),
        (2, _) => format!("{slashes}u{:04x}", u32::from(character)),
        (3, _) => format!("{slashes}u{:04X}", u32::from(character)),
        (4, _) => format!("%{:02X}", u32::from(character)),
        (5, _) => format!("%25{:02x}", u32::from(character)),
        (6, _) => format!("&#{};", u32::from(character)),
        (7, _) => format!("&#x{:03X};", u32::from(character)),
        (8, _) => format!("{slashes}x{:02x}", u32::from(character)),
        (9, _) => format!("{slashes}u{{{:x}}}", u32::from(character)),
        (10, _) => format!("{slashes}U{:08x}", u32::from(character)),
        (11, '&') => "&amp;".into(),
        (11, '<') => "&lt;".into(),
        (11, '>') => "&gt;".into(),
        (11, '"') => "&quot;".into(),
        (11, '\'') => "&apos;".into(),
        _ => character.to_string(),
    };
    text.chars().zip(forms.iter().cycle()).map(escape).collect()
}

proptest! {
    #[test]
    fn the_key_is_removed_wherever_it_is_cut(
        before in "[ks-]{0,12}",
        after in "[ks-]{0,6}",
        cut in 1usize..9,
    ) {
        let key = "sk-sk-secret";
        let text = format!("{before}{key}{after}{key}");
        let clean = cleaned(&mut scrub(key), text.as_bytes().chunks(cut));
        prop_assert_eq!(clean, text.replace(key, INSTEAD));
    }

    #[test]
    fn any_key_in_any_form_is_removed(
        key in "[!-~]{8,20}",
        before in "[\\\\%u0-9a-f\u{e9}]{0,6}",
        after in "[ -~]{0,6}",
        forms in prop::collection::vec(0u8..12, 1..20),
        depth in 1u32..4,
        cut in 1usize..30,
    ) {
        let written = escaped(&key, &forms, depth);
        let text = format!("{before}{written}{after}");
        let mut scrub = scrub(&key);
        let clean = cleaned(&mut scrub, text.as_bytes().chunks(cut));
        prop_assert!(scrub.has_removed(), "{}", clean);
        prop_assert!(!clean.contains(&key) && !clean.contains(&written), "{}", clean);
        prop_assert_eq!(clean, scrub.text(&text));
    }

    #[test]
    fn other_texts_stay_as_they_are(text in "[sk\\\\u0-9%-]{0,60}", cut in 1usize..9) {
        let clean = cleaned(&mut scrub("sk-zzzz-zzzz"), text.as_bytes().chunks(cut));
        prop_assert_eq!(clean, text);
    }
}

#[test]
fn placeholders_are_no_secrets() {
    assert_eq!(scrub("ollama").take(b"ollama runs"), b"ollama runs");
}

#[test]
fn what_stands_instead_becomes_no_key() {
    for key in ["]abcdefgh", "abcdefg[", "y removed"] {
        let text = format!("{key}abcdefgh abcdefg{key}");
        let clean = scrub(key).text(&text);
        assert!(!clean.contains(key), "{clean}");
    }
}

#[test]
fn most_of_a_key_at_the_end_is_as_good_as_the_key() {
    let key = "sk-very-secret-key";
    assert_eq!(
        scrub(key).text("It is sk-very-secret-ke"),
        format!("It is {INSTEAD}")
    );
    assert_eq!(scrub(key).text("It begins with sk-"), "It begins with sk-");
}

#[test]
fn control_characters_hide_no_letter_of_the_key() {
    let key = "sk-very-secret-key";
    for hidden in ["\0", "\u{7}", "\u{8}", "\u{1b}", "\r", "\u{7f}\0"] {
        let text: String = key
            .chars()
            .map(|letter| format!("{letter}{hidden}"))
            .collect();
        assert_eq!(scrub(key).text(&text), format!("{INSTEAD}{hidden}"));
    }
}

#[test]
fn a_long_row_of_backslashes_is_held_once() {
    let mut scrub = scrub("sk-very-secret-key");
    for _ in 0..2000 {
        assert!(scrub.take(&[b'\\'; 50]).is_empty());
        assert!(scrub.ways.len() < 4);
    }
    assert_eq!(scrub.take(b".").len(), 100_001);
}

#[test]
fn every_part_of_an_answer_is_cleaned() {
    let key = "sk-very-secret-key";
    let escaped = r#"["\u0073k-very-secret-key"]"#;
    let pieces = r#"{"details":[{"text":"sk-very-"},{"text":"secret-key"}]}"#;
    let response = ChatResponse {
        text: key.into(),
        message: Message {
            role: Role::Assistant,
            parts: vec![
                Part::Text(key.into()),
                Part::ToolCall(ToolCall {
                    id: key.into(),
                    name: key.into(),
                    arguments_json: escaped.into(),
                }),
                Part::Opaque(Opaque {
                    provider: "local".into(),
                    content: pieces.into(),
                }),
            ],
            options: Vec::new(),
        },
        finish_reason: FinishReason::Other(key.into()),
        usage: Usage::default(),
        model: key.into(),
        details: vec![Text::new(key, escaped), Text::new("more", pieces)],
    };
    let shown = format!("{:?}", scrub(key).response(response));
    assert!(!shown.contains("secret-key"), "{shown}");
    assert_eq!(shown.matches(INSTEAD).count(), 9, "{shown}");
}

/// Formats with blocks give an answer in several parts.
#[test]
fn parts_of_an_answer_hold_no_key_together() {
    let opaque = |content: &str| {
        Part::Opaque(Opaque {
            provider: "p".into(),
            content: content.into(),
        })
    };
    let thought = |text: &str| opaque(&format!(r#"{{"type":"thinking","thinking":"{text}"}}"#));
    let text = |text: &str| Part::Text(text.into());
    let answer = |parts: Vec<Part>| {
        let message = Message {
            role: Role::Assistant,
            parts,
            options: vec![],
        };
        ChatResponse {
            text: message.joined_text(),
            message,
            finish_reason: FinishReason::Stop,
            usage: Usage::default(),
            model: "m".into(),
            details: vec![],
        }
    };
    let scrub = scrub("sk-very-secret");
    let between = opaque("{}");
    let split = answer(vec![
        text("a sk-very"),
        between.clone(),
        text("-secret b"),
        text("c"),
    ]);
    let clean = scrub.response(split);
    assert_eq!(clean.text, "a [key removed] bc");
    assert_eq!(clean.message.parts, [text("a [key removed] bc"), between]);
    let split = answer(vec![
        thought("It is sk-very"),
        text("x"),
        thought("-secret."),
    ]);
    let clean = scrub.response(split);
    assert_eq!(clean.message.parts, [opaque("{}"), text("x"), opaque("{}")]);
    let whole = answer(vec![
        text("a sk-"),
        thought("b"),
        text("very"),
        thought("ret"),
    ]);
    assert_eq!(scrub.response(whole.clone()), whole);
}
