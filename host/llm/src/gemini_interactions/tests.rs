use serde_json::{Value, json};
use stepwell_contract::{
    Attachment, ChatError, ChatErrorKind, ChatRequest, Message, Part, Role, Text, ToolResult,
};

use super::GeminiInteractions;
use super::request::body;
use crate::ResolvedModel;
use crate::wire::WireFormat;

fn written(request: &ChatRequest) -> Result<Value, ChatError> {
    let model = ResolvedModel {
        max_output_tokens: Some(9),
        ..ResolvedModel::new("writer", "google", "gemini-x")
    };
    let body = body(&model, request)?;
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

#[test]
fn nothing_is_kept_at_the_server_and_options_go_beside_what_the_request_says() {
    let mut request = hi();
    let thinking = r#"{"thinking_level":"low","thinking_summaries":"auto"}"#;
    request.options = vec![Text::new("generation_config", thinking)];
    let body = written(&request).unwrap();
    assert_eq!(body["store"], false);
    let generation = json!({
        "max_output_tokens": 9, "thinking_level": "low", "thinking_summaries": "auto",
    });
    assert_eq!(body["generation_config"], generation);
    request.options[0].value = r#"{"max_output_tokens":100}"#.into();
    refused(&request, "`max_output_tokens`");
    for closed in ["store", "background", "previous_interaction_id", "agent"] {
        let mut request = hi();
        request.options.push(Text::new(closed, "true"));
        refused(&request, closed);
    }
}

#[test]
fn what_the_format_has_no_place_for_is_refused() {
    refused(&asks(vec![]), "nothing to the model");
    let only_system = asks(vec![Message::text(Role::System, "Be brief.")]);
    refused(&only_system, "nothing to the model");
    let mut named = hi();
    named.messages[0].options.push(Text::new("name", "\"me\""));
    refused(&named, "`name`");
    let result = Part::ToolResult(ToolResult {
        id: "c1".into(),
        content: "seen".into(),
        attachments: vec![Attachment {
            media_type: "application/pdf".into(),
            content: vec![1],
        }],
        is_error: false,
    });
    let mut message = Message::text(Role::Tool, "");
    message.parts = vec![result];
    refused(&asks(vec![message]), "tool's result");
}

/// A stream that is refused is refused as a stream.
#[test]
fn a_refusal_within_an_event_is_read() {
    let body = "event: error\ndata: {\"error\":{\"message\":\"Corrupted thought signature.\",\"code\":\"invalid_request\"},\"event_type\":\"error\"}\n\n";
    let problem = GeminiInteractions.refusal(400, body.as_bytes());
    assert_eq!(problem.kind, ChatErrorKind::InvalidRequest);
    let said = "HTTP status 400: Corrupted thought signature. (invalid_request)";
    assert_eq!(problem.message, said);
}

/// The codes that the provider lists, in an answer that has no status of its own.
#[test]
fn documented_codes_are_told_apart() {
    use ChatErrorKind as Kind;
    for (code, kind, may_pass) in [
        ("invalid_request", Kind::InvalidRequest, false),
        ("failed_precondition", Kind::InvalidRequest, false),
        ("parameter_unknown", Kind::InvalidRequest, false),
        ("authentication", Kind::Authentication, false),
        ("payment_required", Kind::OutOfCredit, false),
        ("permission_denied", Kind::Authentication, false),
        ("not_found", Kind::UnknownModel, false),
        ("model_not_found", Kind::UnknownModel, false),
        ("rate_limit_exceeded", Kind::RateLimited, true),
        ("quota_exceeded", Kind::RateLimited, true),
        ("too_many_requests", Kind::RateLimited, true),
        ("api_error", Kind::Overloaded, true),
        ("service_unavailable", Kind::Overloaded, true),
        ("safety", Kind::ContentFiltered, false),
        ("spii", Kind::ContentFiltered, false),
        ("prohibited_content", Kind::ContentFiltered, false),
        ("language", Kind::ContentFiltered, false),
        ("image_other", Kind::ContentFiltered, false),
        ("content_blocked", Kind::ContentFiltered, false),
        ("malformed_function_call", Kind::Overloaded, true),
    ] {
        let error = json!({ "code": code, "message": "So it is." });
        let problem = crate::wire::failure::inside_answer(&error);
        assert_eq!(
            (&problem.kind, problem.may_pass),
            (&kind, may_pass),
            "{code}"
        );
    }
}
