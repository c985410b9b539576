//! The requests that every format is asked to write.

use serde_json::{Value, json};
use stepwell_contract::{
    Attachment, ChatRequest, Message, Opaque, Part, Role, Text, Tool, ToolCall, ToolChoice,
    ToolResult,
};

use super::Tried;
use crate::ResolvedModel;

pub(super) fn model() -> ResolvedModel {
    ResolvedModel::new("writer", "local", "model-x")
}

fn message(role: Role, parts: Vec<Part>) -> Message {
    Message {
        role,
        parts,
        options: Vec::new(),
    }
}

fn called(id: &str, name: &str, arguments: &str) -> Part {
    Part::ToolCall(ToolCall {
        id: id.into(),
        name: name.into(),
        arguments_json: arguments.into(),
    })
}

fn resulted(id: &str, content: &str, is_error: bool) -> Part {
    Part::ToolResult(ToolResult {
        id: id.into(),
        content: content.into(),
        attachments: Vec::new(),
        is_error,
    })
}

fn attached(media_type: &str, content: &[u8]) -> Part {
    Part::Attachment(Attachment {
        media_type: media_type.into(),
        content: content.into(),
    })
}

fn look() -> Tool {
    Tool {
        name: "look".into(),
        description: "Looks at a file".into(),
        parameters_schema: r#"{"type":"object","properties":{"path":{"type":"string"}}}"#.into(),
        options: Vec::new(),
    }
}

/// Requests that every format is asked to write, by name.
pub(super) fn requests(tried: &Tried) -> Vec<(&'static str, ChatRequest)> {
    let asks = |messages: Vec<Message>| ChatRequest {
        messages,
        ..ChatRequest::default()
    };
    let plain = asks(vec![
        Message::text(Role::System, "Be brief."),
        Message::text(Role::User, "Hello \"wörld\""),
    ]);
    let settings = ChatRequest {
        max_output_tokens: Some(7),
        answer_schema: Some(
            r#"{"type":"object","properties":{"tasks":{"type":"array","items":{"type":"string","minLength":1}}},"required":["tasks"]}"#.into(),
        ),
        options: vec![Text::new("seed", "3")],
        ..plain.clone()
    };
    let temperature = ChatRequest {
        temperature: Some(0.5),
        ..plain.clone()
    };
    let stop = ChatRequest {
        stop: vec!["END".into()],
        ..plain.clone()
    };
    // What the provider's answers gave to keep, and what another one gave.
    let kept = std::fs::read_to_string(tried.folder("kept.json")).unwrap();
    let kept: Vec<Value> = serde_json::from_str(&kept).unwrap();
    let opaque = |provider: &str, content: &Value| {
        Part::Opaque(Opaque {
            provider: provider.into(),
            content: content.to_string(),
        })
    };
    let mut answer: Vec<Part> = kept.iter().map(|kept| opaque("local", kept)).collect();
    answer.push(Part::Text("I look.".into()));
    answer.push(called("c1", "look", r#"{"path": "a"}"#));
    answer.push(called("c2", "look", r#"{"path": "#));
    answer.push(opaque(
        "other",
        &json!({ "type": "thinking", "secret": true }),
    ));
    let tools = ChatRequest {
        tools: vec![look()],
        tool_choice: ToolChoice::Named("look".into()),
        ..asks(vec![
            Message::text(Role::User, "What is in `a`?"),
            message(Role::Assistant, answer),
            message(Role::Tool, vec![resulted("c1", "Something", false)]),
            message(Role::Tool, vec![resulted("c2", "no JSON", true)]),
            Message::text(Role::User, "Go on."),
        ])
    };
    let choice = |tool_choice: ToolChoice| ChatRequest {
        tool_choice,
        tools: vec![look()],
        ..plain.clone()
    };
    let picture = || attached("image/png", &[1, 2, 3]);
    let attachments = asks(vec![message(
        Role::User,
        vec![
            Part::Text("What is it?".into()),
            picture(),
            attached("application/pdf", b"%PDF"),
        ],
    )]);
    let result = Part::ToolResult(ToolResult {
        id: "c1".into(),
        content: "seen".into(),
        attachments: vec![Attachment {
            media_type: "image/png".into(),
            content: vec![1, 2, 3],
        }],
        is_error: false,
    });
    let results = asks(vec![
        message(Role::Assistant, vec![called("c1", "look", "{}")]),
        message(Role::Tool, vec![result]),
    ]);
    let film = asks(vec![message(Role::User, vec![attached("video/mp4", &[1])])]);
    let odd = ChatRequest {
        answer_schema: Some("{".into()),
        ..plain.clone()
    };
    let closed = |name: &str| ChatRequest {
        options: vec![Text::new(name, "1")],
        ..plain.clone()
    };
    vec![
        ("plain", plain.clone()),
        ("settings", settings),
        ("temperature", temperature),
        ("stop", stop),
        ("tools", tools),
        ("tool_choice_none", choice(ToolChoice::None)),
        ("tool_choice_required", choice(ToolChoice::Required)),
        ("tool_choice_auto", choice(ToolChoice::Auto)),
        ("attachments", attachments),
        ("attachments_in_results", results),
        ("film", film),
        ("refused_schema", odd),
        ("refused_model", closed("model")),
        ("refused_stream", closed("stream")),
    ]
}
