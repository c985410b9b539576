//! How many bytes a value carries across the boundary: what `limits.transfer` counts.
//!
//! Texts and byte strings count by their length and everything else as [`FIXED`] bytes for each record, so that a
//! million empty records aren't free.

use stepwell_contract::{
    Attachment, ChatError, ChatRequest, ChatResponse, CheckpointError, Description, DialogueError,
    DocumentEntry, DocumentError, Field, Form, FoundFile, FoundLine, Level, Message, Part,
    PromptDeclaration, PromptError, PromptVersion, Question, Text, Tool, WorkspaceEntry,
    WorkspaceError, WorkspaceFindings, WorkspaceQuery,
};

/// The bytes that a record counts beside its texts.
const FIXED: u64 = 8;

/// Something that crosses the boundary.
pub(crate) trait Weigh {
    /// The bytes that it counts.
    fn weigh(&self) -> u64;

    /// The bytes that a list of them counts. Bytes have their own, so that nobody visits each one.
    fn weigh_list(list: &[Self]) -> u64
    where
        Self: Sized,
    {
        list.iter().map(Weigh::weigh).sum()
    }
}

impl Weigh for () {
    fn weigh(&self) -> u64 {
        0
    }
}

impl Weigh for bool {
    fn weigh(&self) -> u64 {
        1
    }
}

impl Weigh for u8 {
    fn weigh(&self) -> u64 {
        1
    }

    fn weigh_list(list: &[Self]) -> u64 {
        list.len() as u64
    }
}

impl Weigh for u32 {
    fn weigh(&self) -> u64 {
        4
    }
}

impl Weigh for String {
    fn weigh(&self) -> u64 {
        self.as_str().weigh()
    }
}

impl Weigh for str {
    fn weigh(&self) -> u64 {
        self.len() as u64 + FIXED
    }
}

impl<T: Weigh + ?Sized> Weigh for &T {
    fn weigh(&self) -> u64 {
        (*self).weigh()
    }
}

impl<T: Weigh> Weigh for Option<T> {
    fn weigh(&self) -> u64 {
        self.as_ref().map_or(0, Weigh::weigh)
    }
}

impl<T: Weigh> Weigh for [T] {
    fn weigh(&self) -> u64 {
        T::weigh_list(self)
    }
}

impl<T: Weigh> Weigh for Vec<T> {
    fn weigh(&self) -> u64 {
        self.as_slice().weigh()
    }
}

impl<T: Weigh, E: Weigh> Weigh for Result<T, E> {
    fn weigh(&self) -> u64 {
        match self {
            Ok(value) => value.weigh(),
            Err(error) => error.weigh(),
        }
    }
}

impl<A: Weigh, B: Weigh> Weigh for (A, B) {
    fn weigh(&self) -> u64 {
        self.0.weigh() + self.1.weigh()
    }
}

impl<A: Weigh, B: Weigh, C: Weigh> Weigh for (A, B, C) {
    fn weigh(&self) -> u64 {
        self.0.weigh() + self.1.weigh() + self.2.weigh()
    }
}

/// Adds up the named parts of a record.
macro_rules! records {
    ($($record:ident { $($part:ident),* $(,)? })*) => {$(
        impl Weigh for $record {
            fn weigh(&self) -> u64 {
                FIXED $(+ self.$part.weigh())*
            }
        }
    )*};
}

records! {
    Text { name, value }
    Field { name, description, schema }
    PromptDeclaration { name, intrinsic, variables }
    Description {
        name, version, summary, prompts, inputs, documents, settings, grants, annotations,
    }
    Level { step }
    PromptVersion { content, note, created_at, updated_at }
    DocumentEntry { step, name, items }
    WorkspaceEntry { path }
    WorkspaceQuery { pattern, paths, options }
    FoundLine { text }
    FoundFile { path, lines }
    WorkspaceFindings { files, details }
    Question { key, text, choices, suggested, annotations }
    Form { title, guidance, about, questions }
    Attachment { media_type, content }
    Message { parts, options }
    Tool { name, description, parameters_schema, options }
    ChatRequest { messages, model, stop, answer_schema, tools, options }
    ChatResponse { text, message, model, details }
    ChatError { message }
    CheckpointError { message }
    DialogueError { message }
    DocumentError { message }
    PromptError { message }
    WorkspaceError { message }
}

impl Weigh for Part {
    fn weigh(&self) -> u64 {
        FIXED
            + match self {
                Self::Text(text) => text.weigh(),
                Self::ToolCall(call) => (&call.id, &call.name, &call.arguments_json).weigh(),
                Self::ToolResult(result) => {
                    (&result.id, &result.content, &result.attachments).weigh()
                }
                Self::Attachment(attachment) => attachment.weigh(),
                Self::Opaque(opaque) => (&opaque.provider, &opaque.content).weigh(),
            }
    }
}
