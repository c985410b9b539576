use serde_json::{Value, json};
use stepwell_contract::{
    Caching, ChatError, ChatErrorKind, ChatRequest, Message, Opaque, Part, Role, Text, Tool,
    ToolResult,
};

use super::request::body;
use crate::ResolvedModel;
use crate::asking::Asked;

fn model(max_output_tokens: Option<u32>) -> ResolvedModel {
    ResolvedModel {
        max_output_tokens,
        ..ResolvedModel::new("writer", "anthropic", "claude-x")
    }
}

fn written(request: &ChatRequest) -> Result<Value, ChatError> {
    let body = body(&Asked::plain(model(None), request))?;
    Ok(serde_json::from_slice(&body).unwrap())
}

fn refused(request: &ChatRequest, word: &str) {
    let error = written(request).unwrap_err();
    assert_eq!(error.kind, ChatErrorKind::InvalidRequest);
    assert!(error.message.contains(word), "{error}");
}

fn asks(messages: Vec<Message>) -> ChatRequest {
    ChatRequest {
        messages,
        ..ChatRequest::default()
    }
}

fn hi() -> ChatRequest {
    asks(vec![Message::text(Role::User, "Hi")])
}

fn marked(mut message: Message, mark: Value) -> Message {
    let options = &mut message.options;
    options.push(Text::new("cache_control", mark.to_string()));
    message
}

#[test]
fn thinking_and_effort_are_options_beside_what_the_request_says() {
    let mut request = hi();
    request.answer_schema = Some(r#"{"type":"string"}"#.into());
    request.options = vec![
        Text::new("thinking", r#"{"type":"adaptive","display":"summarized"}"#),
        Text::new("output_config", r#"{"effort":"high"}"#),
    ];
    let body = written(&request).unwrap();
    let thinking = json!({ "type": "adaptive", "display": "summarized" });
    assert_eq!(body["thinking"], thinking);
    let format = json!({ "type": "json_schema", "schema": { "type": "string" } });
    let config = json!({ "format": format, "effort": "high" });
    assert_eq!(body["output_config"], config);
    request.options[1].value = r#"{"format":{}}"#.into();
    refused(&request, "`format`");
}

#[test]
fn somebody_bounds_the_answer() {
    let request = ChatRequest {
        max_output_tokens: Some(7),
        ..hi()
    };
    let most = |model: ResolvedModel, request: &ChatRequest| -> Value {
        let body = body(&Asked::plain(model, request)).unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()["max_tokens"].clone()
    };
    assert_eq!(most(model(Some(9)), &request), 7);
    assert_eq!(most(model(Some(9)), &hi()), 9);
    assert_eq!(most(model(None), &hi()), 16_384);
}

#[test]
fn cache_marks_stand_on_the_last_block_that_takes_one() {
    let hour = json!({ "type": "ephemeral", "ttl": "1h" });
    let short = json!({ "type": "ephemeral" });
    let mut answer = Message::text(Role::Assistant, "Yes");
    answer.parts.push(Part::Opaque(Opaque {
        provider: "anthropic".into(),
        content: r#"{"type":"thinking","thinking":"Hm","signature":"s"}"#.into(),
    }));
    let mut request = asks(vec![
        marked(Message::text(Role::System, "The map."), hour.clone()),
        Message::text(Role::System, "Be brief."),
        Message::text(Role::User, "Hi"),
        marked(answer, short.clone()),
        Message::text(Role::User, "Go on"),
    ]);
    request.tools = vec![Tool {
        name: "look".into(),
        description: String::new(),
        parameters_schema: "{}".into(),
        options: vec![Text::new("cache_control", hour.to_string())],
    }];
    let body = written(&request).unwrap();
    assert_eq!(body["tools"][0]["cache_control"], hour);
    assert_eq!(body["system"][0]["cache_control"], hour);
    assert_eq!(body["system"][1].get("cache_control"), None);
    assert_eq!(body["messages"][1]["content"][0]["cache_control"], short);
    assert_eq!(body["messages"][1]["content"][1].get("cache_control"), None);
}

#[test]
fn cache_marks_that_the_provider_refuses_are_refused_before() {
    let mark = |ttl: &str| json!({ "type": "ephemeral", "ttl": ttl });
    let with = |marks: Vec<Value>| {
        let message = |mark| marked(Message::text(Role::User, "Hi"), mark);
        asks(marks.into_iter().map(message).collect())
    };
    assert!(written(&with(vec![mark("1h"), mark("1h"), mark("5m"), mark("5m")])).is_ok());
    refused(&with(vec![mark("5m"); 5]), "5 marks");
    let mut one_more = with(vec![mark("5m"); 4]);
    let short = mark("5m").to_string();
    one_more.options.push(Text::new("cache_control", short));
    refused(&one_more, "5 marks");
    refused(&with(vec![mark("5m"), mark("1h")]), "an hour");
    refused(&with(vec![mark("2h")]), "2h");
    refused(&with(vec![json!(true)]), "true");
    let nothing = marked(Message::text(Role::User, " "), mark("5m"));
    refused(&asks(vec![nothing]), "nothing that can be marked");
}

#[test]
fn what_the_format_has_no_place_for_is_refused() {
    refused(&asks(vec![]), "nothing to the model");
    let only_system = asks(vec![Message::text(Role::System, "Be brief.")]);
    refused(&only_system, "nothing to the model");
    let mut named = hi();
    named.messages[0].options.push(Text::new("name", "\"me\""));
    refused(&named, "`name`");
}

/// A turn is refused where its results stand behind something else, or in several turns.
#[test]
fn results_come_first_in_one_turn() {
    let result = |id: &str| {
        let mut message = Message::text(Role::Tool, "");
        message.parts = vec![Part::ToolResult(ToolResult {
            id: id.into(),
            content: "seen".into(),
            attachments: vec![],
            is_error: false,
        })];
        message
    };
    let between = Message::text(Role::User, "Go on");
    let body = written(&asks(vec![result("a"), between, result("b")])).unwrap();
    assert_eq!(body["messages"].as_array().unwrap().len(), 1);
    let blocks = body["messages"][0]["content"].as_array().unwrap();
    let kinds: Vec<_> = blocks.iter().map(|block| &block["type"]).collect();
    assert_eq!(kinds, ["tool_result", "tool_result", "text"]);
}

/// What repeats is marked where the step marks nothing itself.
#[test]
fn what_repeats_is_marked_by_itself() {
    let of = |request: &ChatRequest, repeats, caching| -> Value {
        let mut asked = Asked::plain(model(None), request);
        asked.repeats = repeats;
        asked.model.inference.caching = caching;
        serde_json::from_slice(&body(&asked).unwrap()).unwrap()
    };
    let mark = json!({ "type": "ephemeral" });
    let request = asks(vec![Message::text(Role::User, "The same. Another.")]);
    let blocks = of(&request, Some(9), None)["messages"][0]["content"].clone();
    let split = json!([
        { "type": "text", "text": "The same.", "cache_control": mark },
        { "type": "text", "text": " Another." },
    ]);
    assert_eq!(blocks, split);
    let whole = json!([{ "type": "text", "text": "The same. Another." }]);
    for (repeats, caching) in [
        (None, None),
        (Some(9), Some(Caching::Off)),
        // Nothing, everything, beyond the end.
        (Some(0), None),
        (Some(18), None),
        (Some(99), None),
    ] {
        let body = of(&request, repeats, caching);
        assert_eq!(body["messages"][0]["content"], whole, "{repeats:?}");
        assert!(body.get("cache_control").is_none());
    }
    // Never within a character.
    let request = asks(vec![Message::text(Role::User, "\u{e4}\u{e4}")]);
    let body = of(&request, Some(1), None);
    assert_eq!(body["messages"][0]["content"][0]["text"], "\u{e4}\u{e4}");
    // A conversation with tools goes on.
    let mut request = hi();
    request.tools = vec![Tool {
        name: "look".into(),
        description: String::new(),
        parameters_schema: "{}".into(),
        options: Vec::new(),
    }];
    assert_eq!(of(&request, None, None)["cache_control"], mark);
    let hour = json!({ "type": "ephemeral", "ttl": "1h" });
    let body = of(&request, None, Some(Caching::Hour));
    assert_eq!(body["cache_control"], hour);
    // Who marks something knows best.
    let message = marked(Message::text(Role::User, "The same. Another."), hour);
    let body = of(&asks(vec![message]), Some(9), None);
    assert_eq!(body["messages"][0]["content"].as_array().unwrap().len(), 1);
}
