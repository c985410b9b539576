//! The same answer in every format, as its provider sends it.

use serde_json::{Value, json};
use stepwell_contract::ProviderKind;

use super::{Act, KEY, event, head};

/// How a provider of one format answers. An answer costs 10 tokens of input and 5 of output.
pub struct Format {
    pub kind: ProviderKind,
    pub path: &'static str,
    /// The header that holds the key, as it is sent.
    pub key: fn() -> String,
    /// What stands before the first piece.
    pub begin: fn() -> Vec<Act>,
    pub piece: fn(&str) -> Act,
    /// A piece of what the model thinks.
    pub thought: fn(&str) -> Act,
    /// A call of a tool with the arguments in these pieces.
    pub call: fn(&str, &[&str]) -> Vec<Act>,
    /// What says the end, in this format's word for it.
    pub end: fn(Why) -> Vec<Act>,
    /// What closes the stream.
    pub last: fn() -> Vec<Act>,
    /// A whole answer in one object.
    pub whole: fn(&str) -> Value,
    /// An error with this word for its kind.
    pub error: fn(&str, &str) -> Value,
    /// Whether what says the end closes the stream as well.
    pub ends_at_once: bool,
    /// Options that no step may set.
    pub closed: &'static [&'static str],
}

/// Why an answer ends.
#[derive(Clone, Copy)]
pub enum Why {
    Done,
    Limit,
}

impl Format {
    pub fn name(&self) -> String {
        format!("{:?}", self.kind)
    }

    pub fn beginning(&self, pieces: &[&str]) -> Vec<Act> {
        let mut acts = (self.begin)();
        acts.extend(pieces.iter().map(|piece| (self.piece)(piece)));
        acts
    }

    /// An answer up to where its end is said.
    pub fn ended(&self, pieces: &[&str], why: Why) -> Vec<Act> {
        let mut acts = self.beginning(pieces);
        acts.extend((self.end)(why));
        acts
    }

    pub fn answer(&self, pieces: &[&str]) -> Vec<Act> {
        let mut acts = self.ended(pieces, Why::Done);
        acts.extend((self.last)());
        super::stream(acts)
    }

    pub fn whole_body(&self, text: &str) -> String {
        (self.whole)(text).to_string()
    }
}

pub fn formats() -> Vec<Format> {
    vec![
        openai_chat(),
        anthropic_messages(),
        openai_responses(),
        gemini_interactions(),
    ]
}

/// An event whose type stands in its data, too.
fn named(field: &str, data: Value) -> Act {
    let kind = data[field].as_str().unwrap().to_owned();
    Act::Send(format!("event: {kind}\ndata: {data}\n\n").into_bytes())
}

fn openai_chat() -> Format {
    fn choice(delta: Value, finish: Value) -> Act {
        event(
            json!({ "model": "m", "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] }),
        )
    }
    Format {
        kind: ProviderKind::OpenaiChat,
        path: "/v1/chat/completions",
        key: || format!("authorization: Bearer {KEY}\r\n"),
        begin: || {
            vec![choice(
                json!({ "role": "assistant", "content": "" }),
                Value::Null,
            )]
        },
        piece: |text| choice(json!({ "content": text }), Value::Null),
        thought: |text| choice(json!({ "reasoning_content": text }), Value::Null),
        call: |name, arguments| {
            let call = |fields: Value| choice(json!({ "tool_calls": [fields] }), Value::Null);
            let mut acts = vec![call(
                json!({ "index": 0, "id": "c1", "function": { "name": name, "arguments": "" } }),
            )];
            acts.extend(
                arguments
                    .iter()
                    .map(|piece| call(json!({ "index": 0, "function": { "arguments": piece } }))),
            );
            acts
        },
        end: |why| {
            let word = match why {
                Why::Done => "stop",
                Why::Limit => "length",
            };
            let usage =
                json!({ "choices": [], "usage": { "prompt_tokens": 10, "completion_tokens": 5 } });
            vec![choice(json!({}), json!(word)), event(usage)]
        },
        last: || vec![event("[DONE]")],
        whole: |text| {
            json!({
                "model": "m",
                "choices": [{ "message": { "content": text }, "finish_reason": "stop" }],
                "usage": { "prompt_tokens": 10, "completion_tokens": 5 },
            })
        },
        error: |word, message| json!({ "error": { "type": word, "message": message } }),
        ends_at_once: false,
        closed: &["model", "stream", "n", "messages"],
    }
}

fn anthropic_messages() -> Format {
    fn said(data: Value) -> Act {
        named("type", data)
    }
    fn block(index: u32, block: Value) -> Act {
        said(json!({ "type": "content_block_start", "index": index, "content_block": block }))
    }
    fn delta(index: u32, delta: Value) -> Act {
        said(json!({ "type": "content_block_delta", "index": index, "delta": delta }))
    }
    Format {
        kind: ProviderKind::AnthropicMessages,
        path: "/v1/messages",
        key: || format!("x-api-key: {KEY}\r\n"),
        begin: || {
            let message = json!({
                "id": "msg_1", "type": "message", "role": "assistant", "content": [], "model": "m",
                "stop_reason": null, "stop_sequence": null,
                "usage": { "input_tokens": 4, "cache_read_input_tokens": 6, "output_tokens": 1 },
            });
            vec![
                said(json!({ "type": "message_start", "message": message })),
                block(
                    0,
                    json!({ "type": "thinking", "thinking": "", "signature": "" }),
                ),
                block(1, json!({ "type": "text", "text": "" })),
                said(json!({ "type": "ping" })),
            ]
        },
        piece: |text| delta(1, json!({ "type": "text_delta", "text": text })),
        thought: |text| delta(0, json!({ "type": "thinking_delta", "thinking": text })),
        call: |name, arguments| {
            let call = json!({ "type": "tool_use", "id": "c1", "name": name, "input": {} });
            let mut acts = vec![block(2, call)];
            acts.extend(arguments.iter().map(|piece| {
                delta(
                    2,
                    json!({ "type": "input_json_delta", "partial_json": piece }),
                )
            }));
            acts
        },
        end: |why| {
            let word = match why {
                Why::Done => "end_turn",
                Why::Limit => "max_tokens",
            };
            vec![
                said(json!({ "type": "content_block_stop", "index": 1 })),
                said(json!({
                    "type": "message_delta", "delta": { "stop_reason": word, "stop_sequence": null },
                    "usage": { "output_tokens": 5 },
                })),
            ]
        },
        last: || vec![said(json!({ "type": "message_stop" }))],
        whole: |text| {
            json!({
                "id": "msg_1", "type": "message", "role": "assistant", "model": "m",
                "content": [{ "type": "text", "text": text }],
                "stop_reason": "end_turn", "stop_sequence": null,
                "usage": { "input_tokens": 10, "output_tokens": 5 },
            })
        },
        error: |word, message| json!({ "type": "error", "error": { "type": word, "message": message }, "request_id": "r1" }),
        ends_at_once: false,
        closed: &["model", "stream", "messages", "system"],
    }
}

fn openai_responses() -> Format {
    fn said(kind: &str, mut fields: Value) -> Act {
        fields["type"] = json!(format!("response.{kind}"));
        named("type", fields)
    }
    fn response(status: &str) -> Value {
        json!({
            "id": "resp_1", "object": "response", "status": status, "error": null, "incomplete_details": null,
            "model": "m", "output": [], "usage": null, "instructions": null, "store": false,
        })
    }
    fn with_usage(status: &str) -> Value {
        let mut response = response(status);
        response["usage"] = json!({
            "input_tokens": 10, "input_tokens_details": { "cached_tokens": 6 },
            "output_tokens": 5, "output_tokens_details": { "reasoning_tokens": 2 },
        });
        response
    }
    Format {
        kind: ProviderKind::OpenaiResponses,
        path: "/v1/responses",
        key: || format!("authorization: Bearer {KEY}\r\n"),
        begin: || {
            let item =
                json!({ "type": "message", "id": "msg_1", "role": "assistant", "content": [] });
            vec![
                said("created", json!({ "response": response("in_progress") })),
                said(
                    "output_item.added",
                    json!({ "output_index": 1, "item": item }),
                ),
            ]
        },
        piece: |text| {
            let place = json!({ "output_index": 1, "content_index": 0, "delta": text });
            said("output_text.delta", place)
        },
        thought: |text| {
            let place = json!({ "output_index": 0, "summary_index": 0, "delta": text });
            said("reasoning_summary_text.delta", place)
        },
        call: |name, arguments| {
            let item = |arguments: &str| json!({ "type": "function_call", "id": "fc_1", "call_id": "c1", "name": name, "arguments": arguments });
            let mut acts = vec![said(
                "output_item.added",
                json!({ "output_index": 2, "item": item("") }),
            )];
            acts.extend(arguments.iter().map(|piece| {
                let place = json!({ "output_index": 2, "delta": piece });
                said("function_call_arguments.delta", place)
            }));
            let whole = json!({ "output_index": 2, "item": item(&arguments.concat()) });
            acts.push(said("output_item.done", whole));
            acts
        },
        end: |why| {
            let (status, details) = match why {
                Why::Done => ("completed", Value::Null),
                Why::Limit => ("incomplete", json!({ "reason": "max_output_tokens" })),
            };
            let mut response = with_usage(status);
            response["incomplete_details"] = details;
            vec![said(status, json!({ "response": response }))]
        },
        last: Vec::new,
        whole: |text| {
            let mut response = with_usage("completed");
            let content = json!({ "type": "output_text", "text": text, "annotations": [] });
            response["output"] = json!([{ "type": "message", "id": "msg_1", "role": "assistant", "content": [content] }]);
            response
        },
        error: |word, message| json!({ "error": { "type": word, "code": null, "message": message } }),
        ends_at_once: true,
        closed: &["model", "stream", "input", "store"],
    }
}

fn gemini_interactions() -> Format {
    fn said(kind: &str, mut fields: Value) -> Act {
        fields["event_type"] = json!(kind);
        named("event_type", fields)
    }
    fn start(index: u32, step: Value) -> Act {
        said("step.start", json!({ "index": index, "step": step }))
    }
    fn delta(index: u32, delta: Value) -> Act {
        said("step.delta", json!({ "index": index, "delta": delta }))
    }
    fn interaction(status: &str) -> Value {
        json!({ "id": "v1_1", "object": "interaction", "status": status, "model": "m" })
    }
    fn with_usage(status: &str) -> Value {
        let mut interaction = interaction(status);
        interaction["usage"] = json!({
            "total_input_tokens": 10, "total_cached_tokens": 6, "total_output_tokens": 3,
            "total_thought_tokens": 2, "total_tokens": 15,
        });
        interaction
    }
    Format {
        kind: ProviderKind::GeminiInteractions,
        path: "/v1/interactions",
        key: || format!("x-goog-api-key: {KEY}\r\n"),
        begin: || {
            let created = json!({ "interaction": interaction("in_progress") });
            vec![
                said("interaction.created", created),
                start(
                    0,
                    json!({ "type": "thought", "signature": "", "summary": [] }),
                ),
                start(1, json!({ "type": "model_output" })),
            ]
        },
        piece: |text| delta(1, json!({ "type": "text", "text": text })),
        thought: |text| {
            let content = json!({ "type": "text", "text": text });
            delta(0, json!({ "type": "thought_summary", "content": content }))
        },
        call: |name, arguments| {
            let call =
                json!({ "type": "function_call", "id": "c1", "name": name, "arguments": {} });
            let mut acts = vec![start(2, call)];
            acts.extend(
                arguments.iter().map(|piece| {
                    delta(2, json!({ "type": "arguments_delta", "arguments": piece }))
                }),
            );
            acts
        },
        end: |why| {
            let status = match why {
                Why::Done => "completed",
                Why::Limit => "incomplete",
            };
            vec![
                said("step.stop", json!({ "index": 1 })),
                said(
                    "interaction.completed",
                    json!({ "interaction": with_usage(status) }),
                ),
            ]
        },
        last: || vec![Act::Send(b"event: done\ndata: [DONE]\n\n".to_vec())],
        whole: |text| {
            let mut interaction = with_usage("completed");
            let content = json!({ "type": "text", "text": text });
            interaction["steps"] = json!([{ "type": "model_output", "content": [content] }]);
            interaction
        },
        error: |word, message| json!({ "error": { "code": word, "message": message } }),
        ends_at_once: false,
        closed: &["model", "stream", "input", "store"],
    }
}

/// The bytes of an act that sends some.
pub fn bytes(act: &Act) -> &[u8] {
    match act {
        Act::Send(bytes) => bytes,
        _ => panic!("it sends nothing"),
    }
}

/// The same acts in the pieces of a transfer that says its length with each.
pub fn chunked(acts: Vec<Act>) -> Vec<Act> {
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
}
