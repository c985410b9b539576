use serde_json::{Value, json};
use stepwell_contract::{
    Attachment, ChatError, ChatErrorKind, ChatRequest, Message, Opaque, Part, ProviderKind,
    ProviderSettings, Role, Text, Tool,
};

use super::OpenaiResponses;
use crate::ResolvedModel;
use crate::asking::Asked;
use crate::wire::{Manner, Otherwise, WireFormat};

fn written_so(request: &ChatRequest, manner: Manner) -> Result<Value, ChatError> {
    let model = ResolvedModel::new("writer", "openai", "gpt-x");
    let settings = ProviderSettings::new(ProviderKind::OpenaiResponses, "http://localhost/v1");
    let body = OpenaiResponses.body(&settings, &Asked::plain(model, request), manner)?;
    Ok(serde_json::from_slice(&body).unwrap())
}

fn written(request: &ChatRequest) -> Result<Value, ChatError> {
    written_so(request, Manner::default())
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

#[test]
fn nothing_is_kept_at_the_server_and_options_go_beside_what_the_request_says() {
    let mut request = hi();
    request.answer_schema = Some(r#"{"type":"string"}"#.into());
    request.options = vec![
        Text::new("reasoning", r#"{"effort":"high","summary":"auto"}"#),
        Text::new("text", r#"{"verbosity":"low"}"#),
        Text::new("include", r#"["message.output_text.logprobs"]"#),
    ];
    let body = written(&request).unwrap();
    assert_eq!(body["store"], false);
    assert_eq!(body["reasoning"]["effort"], "high");
    let format = json!({ "type": "json_schema", "name": "answer", "schema": { "type": "string" } });
    assert_eq!(
        body["text"],
        json!({ "format": format, "verbosity": "low" })
    );
    let include = json!([
        "reasoning.encrypted_content",
        "message.output_text.logprobs"
    ]);
    assert_eq!(body["include"], include);
    for closed in ["store", "background", "previous_response_id", "input"] {
        let mut request = hi();
        request.options.push(Text::new(closed, "true"));
        refused(&request, closed);
    }
}

#[test]
fn a_model_that_does_not_reason_is_asked_without_its_reasoning() {
    let said = r#"{"error":{"message":"Encrypted content is not supported with this model.","type":"invalid_request_error","param":"include"}}"#;
    let problem = OpenaiResponses.refusal(400, said.as_bytes());
    assert_eq!(problem.otherwise, Some(Otherwise::NoReasoningBack));
    let manner = Manner::default().and(Otherwise::NoReasoningBack).unwrap();
    assert_eq!(written_so(&hi(), manner).unwrap().get("include"), None);
    let other = br#"{"error":{"message":"Unsupported parameter: 'temperature'"}}"#;
    assert_eq!(OpenaiResponses.refusal(400, other).otherwise, None);
}

#[test]
fn a_cache_breakpoint_stands_on_the_last_part() {
    let mark = json!({ "mode": "explicit" });
    let marked = |mut message: Message| {
        let mark = Text::new("prompt_cache_breakpoint", mark.to_string());
        message.options.push(mark);
        message
    };
    let mut user = Message::text(Role::User, "Hi");
    user.parts.push(Part::Text("there".into()));
    let system = Message::text(Role::System, "The map.");
    let body = written(&asks(vec![marked(system), marked(user)])).unwrap();
    let part = |text: &str| json!({ "type": "input_text", "text": text });
    let mut last = part("there");
    last["prompt_cache_breakpoint"] = mark.clone();
    let mut map = part("The map.");
    map["prompt_cache_breakpoint"] = mark.clone();
    let expected = json!([
        { "role": "system", "content": [map] },
        { "role": "user", "content": [part("Hi"), last] },
    ]);
    assert_eq!(body["input"], expected);
    let answer = marked(Message::text(Role::Assistant, "Yes"));
    refused(&asks(vec![answer]), "system or user");
}

#[test]
fn each_text_of_an_answer_goes_back_with_its_phase() {
    let kept = |content: Value| {
        Part::Opaque(Opaque {
            provider: "openai".into(),
            content: content.to_string(),
        })
    };
    let mut answer = Message::text(Role::Assistant, "I look.");
    answer.parts.push(kept(json!({ "phase": "commentary" })));
    answer.parts.push(Part::Text("42".into()));
    answer.parts.push(kept(json!({ "phase": "final_answer" })));
    let body = written(&asks(vec![answer])).unwrap();
    let expected = json!([
        { "role": "assistant", "content": "I look.", "phase": "commentary" },
        { "role": "assistant", "content": "42", "phase": "final_answer" },
    ]);
    assert_eq!(body["input"], expected);
}

#[test]
fn what_the_format_has_no_place_for_is_refused() {
    refused(&asks(vec![]), "nothing to the model");
    let mut stop = hi();
    stop.stop.push("END".into());
    refused(&stop, "`stop`");
    let mut named = hi();
    named.messages[0].options.push(Text::new("name", "\"me\""));
    refused(&named, "`name`");
    let mut picture = Message::text(Role::Assistant, "Look");
    picture.parts.push(Part::Attachment(Attachment {
        media_type: "image/png".into(),
        content: vec![1],
    }));
    refused(&asks(vec![picture]), "user messages");
    let mut tool = hi();
    tool.tools.push(Tool {
        name: "look".into(),
        description: String::new(),
        parameters_schema: "{}".into(),
        options: vec![Text::new("strict", "true")],
    });
    assert_eq!(written(&tool).unwrap()["tools"][0]["strict"], true);
}
