//! Interface `chat`: messages go both ways, requests in, answers out.

use stepwell_contract::{
    Attachment, ChatRequest, ChatResponse, FinishReason, Message, Opaque, Part, Role, Tool,
    ToolCall, ToolChoice, ToolResult, Usage,
};

use super::each;
use crate::bindings::chat as wire;

impl From<wire::Role> for Role {
    fn from(role: wire::Role) -> Self {
        match role {
            wire::Role::System => Self::System,
            wire::Role::User => Self::User,
            wire::Role::Assistant => Self::Assistant,
            wire::Role::Tool => Self::Tool,
        }
    }
}

impl From<wire::ToolCall> for ToolCall {
    fn from(call: wire::ToolCall) -> Self {
        Self {
            id: call.id,
            name: call.name,
            arguments_json: call.arguments_json,
        }
    }
}

impl From<wire::Attachment> for Attachment {
    fn from(attachment: wire::Attachment) -> Self {
        Self {
            media_type: attachment.media_type,
            content: attachment.content,
        }
    }
}

impl From<wire::ToolResult> for ToolResult {
    fn from(result: wire::ToolResult) -> Self {
        Self {
            id: result.id,
            content: result.content,
            attachments: each(result.attachments),
            is_error: result.is_error,
        }
    }
}

impl From<wire::Opaque> for Opaque {
    fn from(opaque: wire::Opaque) -> Self {
        Self {
            provider: opaque.provider,
            content: opaque.content,
        }
    }
}

impl From<wire::Message> for Message {
    fn from(message: wire::Message) -> Self {
        Self {
            role: message.role.into(),
            parts: each(message.parts),
            options: each(message.options),
        }
    }
}

impl From<wire::Part> for Part {
    fn from(part: wire::Part) -> Self {
        match part {
            wire::Part::Text(text) => Self::Text(text),
            wire::Part::ToolCall(call) => Self::ToolCall(call.into()),
            wire::Part::ToolResult(result) => Self::ToolResult(result.into()),
            wire::Part::Attachment(attachment) => Self::Attachment(attachment.into()),
            wire::Part::Opaque(opaque) => Self::Opaque(opaque.into()),
        }
    }
}

impl From<Role> for wire::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::System => Self::System,
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
            Role::Tool => Self::Tool,
        }
    }
}

impl From<ToolCall> for wire::ToolCall {
    fn from(call: ToolCall) -> Self {
        Self {
            id: call.id,
            name: call.name,
            arguments_json: call.arguments_json,
        }
    }
}

impl From<Attachment> for wire::Attachment {
    fn from(attachment: Attachment) -> Self {
        Self {
            media_type: attachment.media_type,
            content: attachment.content,
        }
    }
}

impl From<ToolResult> for wire::ToolResult {
    fn from(result: ToolResult) -> Self {
        Self {
            id: result.id,
            content: result.content,
            attachments: each(result.attachments),
            is_error: result.is_error,
        }
    }
}

impl From<Opaque> for wire::Opaque {
    fn from(opaque: Opaque) -> Self {
        Self {
            provider: opaque.provider,
            content: opaque.content,
        }
    }
}

impl From<Message> for wire::Message {
    fn from(message: Message) -> Self {
        Self {
            role: message.role.into(),
            parts: each(message.parts),
            options: each(message.options),
        }
    }
}

impl From<Part> for wire::Part {
    fn from(part: Part) -> Self {
        match part {
            Part::Text(text) => Self::Text(text),
            Part::ToolCall(call) => Self::ToolCall(call.into()),
            Part::ToolResult(result) => Self::ToolResult(result.into()),
            Part::Attachment(attachment) => Self::Attachment(attachment.into()),
            Part::Opaque(opaque) => Self::Opaque(opaque.into()),
        }
    }
}

impl From<wire::Tool> for Tool {
    fn from(tool: wire::Tool) -> Self {
        Self {
            name: tool.name,
            description: tool.description,
            parameters_schema: tool.parameters_schema,
            options: each(tool.options),
        }
    }
}

impl From<wire::ToolChoice> for ToolChoice {
    fn from(choice: wire::ToolChoice) -> Self {
        match choice {
            wire::ToolChoice::Auto => Self::Auto,
            wire::ToolChoice::None => Self::None,
            wire::ToolChoice::Required => Self::Required,
            wire::ToolChoice::Named(name) => Self::Named(name),
        }
    }
}

impl From<wire::Request> for ChatRequest {
    fn from(request: wire::Request) -> Self {
        Self {
            messages: each(request.messages),
            model: request.model,
            max_output_tokens: request.max_output_tokens,
            temperature: request.temperature,
            stop: request.stop,
            answer_schema: request.answer_schema,
            tools: each(request.tools),
            tool_choice: request.tool_choice.into(),
            options: each(request.options),
        }
    }
}

impl From<FinishReason> for wire::FinishReason {
    fn from(reason: FinishReason) -> Self {
        match reason {
            FinishReason::Stop => Self::Stop,
            FinishReason::Length => Self::Length,
            FinishReason::ToolCalls => Self::ToolCalls,
            FinishReason::ContentFilter => Self::ContentFilter,
            FinishReason::Other(word) => Self::Other(word),
        }
    }
}

impl From<Usage> for wire::Usage {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
            cache_read_tokens: usage.cache_read_tokens,
            cache_write_tokens: usage.cache_write_tokens,
            reasoning_tokens: usage.reasoning_tokens,
        }
    }
}

impl From<ChatResponse> for wire::Response {
    fn from(response: ChatResponse) -> Self {
        Self {
            text: response.text,
            message: response.message.into(),
            finish_reason: response.finish_reason.into(),
            usage: response.usage.into(),
            model: response.model,
            details: each(response.details),
        }
    }
}
