//! Turns the types of the bindings into those of the contract, and back: a line for each pair.
//!
//! Nothing is decided here: both sides have the same parts under the same names, but for a form's, and a part that one side lacked
//! would not compile.

use crate::bindings::{chat, context, dialogue, documents, progress, prompts, types, workspace};

/// Converts each element of a list.
pub(crate) fn each<From, To: std::convert::From<From>>(list: Vec<From>) -> Vec<To> {
    list.into_iter().map(To::from).collect()
}

/// Converts both sides of a result.
pub(crate) fn both<T, E, To, Error>(result: Result<T, E>) -> Result<To, Error>
where
    To: From<T>,
    Error: From<E>,
{
    result.map(To::from).map_err(Error::from)
}

/// Records with the same parts; behind the semicolon stand those that are lists of records.
macro_rules! records {
    ($($wire:ident::$name:ident = $ours:ident { $($part:ident),* $(; $($list:ident),*)? })*) => {$(
        impl From<$wire::$name> for stepwell_contract::$ours {
            fn from(record: $wire::$name) -> Self {
                Self {
                    $($part: record.$part.into(),)*
                    $($($list: each(record.$list),)*)?
                }
            }
        }

        impl From<stepwell_contract::$ours> for $wire::$name {
            fn from(record: stepwell_contract::$ours) -> Self {
                Self {
                    $($part: record.$part.into(),)*
                    $($($list: each(record.$list),)*)?
                }
            }
        }
    )*};
}

/// Enums with the same variants, some of which hold a value.
macro_rules! variants {
    ($($wire:ident::$name:ident = $ours:ident { $($variant:ident $(($value:ident))?),* $(,)? })*) => {$(
        impl From<$wire::$name> for stepwell_contract::$ours {
            fn from(variant: $wire::$name) -> Self {
                match variant {
                    $($wire::$name::$variant $(($value))? => Self::$variant $(($value.into()))?,)*
                }
            }
        }

        impl From<stepwell_contract::$ours> for $wire::$name {
            fn from(variant: stepwell_contract::$ours) -> Self {
                match variant {
                    $(stepwell_contract::$ours::$variant $(($value))? => Self::$variant $(($value.into()))?,)*
                }
            }
        }
    )*};
}

records! {
    types::Text = Text { name, value }
    types::Field = Field { name, description, required, schema }
    types::Prompt = PromptDeclaration { name, intrinsic; variables }
    types::Description = Description {
        name, version, summary; prompts, inputs, documents, settings, grants, annotations
    }
    types::Failure = Failure { kind, message, retryable }

    chat::ToolCall = ToolCall { id, name, arguments_json }
    chat::Attachment = Attachment { media_type, content }
    chat::ToolResult = ToolResult { id, content, is_error; attachments }
    chat::Opaque = Opaque { provider, content }
    chat::Message = Message { role; parts, options }
    chat::Tool = Tool { name, description, parameters_schema; options }
    chat::Request = ChatRequest {
        model, max_output_tokens, temperature, stop, answer_schema, tool_choice; messages, tools, options
    }
    chat::Usage = Usage {
        input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens
    }
    chat::Response = ChatResponse { text, message, finish_reason, usage, model; details }
    chat::ChatError = ChatError { kind, message }

    context::Level = Level { step, item, items, round }
    context::CheckpointError = CheckpointError { kind, message }
    prompts::Version = PromptVersion { number, content, note, current, created_at, updated_at }
    prompts::PromptError = PromptError { kind, message }
    documents::Entry = DocumentEntry { step, name, items, bytes, revision }
    documents::DocumentError = DocumentError { kind, message }
    workspace::Entry = WorkspaceEntry { path, bytes }
    workspace::Query = WorkspaceQuery {
        pattern, literal, ignore_case, paths, most, context; options
    }
    workspace::FoundLine = FoundLine { number, text, matches }
    workspace::FoundFile = FoundFile { path; lines }
    workspace::Findings = WorkspaceFindings { more, unsearched; files, details }
    workspace::WorkspaceError = WorkspaceError { kind, message }
    dialogue::Question = Question { key, text, choices, suggested; annotations }
    dialogue::DialogueError = DialogueError { kind, message }
}

/// What a form is about stands at its first question while it crosses.
impl From<dialogue::Form> for stepwell_contract::Form {
    fn from(form: dialogue::Form) -> Self {
        Self::new(form.title, form.guidance, each(form.questions))
    }
}

variants! {
    types::FailureKind = FailureKind {
        InvalidInput, InvalidResponse, Denied, Declined, Other(code),
    }
    chat::Role = Role { System, User, Assistant, Tool }
    chat::Part = Part {
        Text(text), ToolCall(call), ToolResult(result), Attachment(attachment), Opaque(opaque),
    }
    chat::ToolChoice = ToolChoice { Auto, None, Required, Named(name) }
    chat::FinishReason = FinishReason { Stop, Length, ToolCalls, ContentFilter, Other(word) }
    chat::ChatErrorKind = ChatErrorKind {
        InvalidRequest, UnknownModel, Authentication, OutOfCredit, RateLimited, Overloaded, Timeout, Network,
        ContextLength, ContentFiltered, SchemaMismatch, OverBudget, Denied, ReplayMiss, Other(code),
    }
    context::CheckpointErrorKind = CheckpointErrorKind { TooLarge, Unavailable, Other(code) }
    prompts::PromptErrorKind = PromptErrorKind {
        NotFound, InvalidTemplate, MissingVariable, Denied, Unavailable, Other(code),
    }
    documents::DocumentErrorKind = DocumentErrorKind {
        NotFound, Denied, TooLarge, Unavailable, Other(code),
    }
    workspace::WorkspaceErrorKind = WorkspaceErrorKind {
        NotFound, Denied, InvalidPath, TooLarge, Other(code),
    }
    dialogue::DialogueErrorKind = DialogueErrorKind { NobodyThere, Declined, Other(code) }
    progress::Level = LogLevel { Debug, Info, Warn, Error }
}
