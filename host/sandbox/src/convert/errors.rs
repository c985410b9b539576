//! What the host says no with: one closed kind and a message in each interface.

use crate::bindings::{chat, context, dialogue, documents, prompts, workspace};

/// Converts an error of the contract to that of the bindings: the same variants, and a code under `Other`.
macro_rules! errors {
    ($($error:ident / $kind:ident => $wire:ident { $($variant:ident),* $(,)? };)*) => {$(
        impl From<stepwell_contract::$kind> for $wire::$kind {
            fn from(kind: stepwell_contract::$kind) -> Self {
                match kind {
                    $(stepwell_contract::$kind::$variant => Self::$variant,)*
                    stepwell_contract::$kind::Other(code) => Self::Other(code),
                }
            }
        }

        impl From<stepwell_contract::$error> for $wire::$error {
            fn from(error: stepwell_contract::$error) -> Self {
                Self {
                    kind: error.kind.into(),
                    message: error.message,
                }
            }
        }
    )*};
}

errors! {
    ChatError / ChatErrorKind => chat {
        InvalidRequest, UnknownModel, Authentication, OutOfCredit, RateLimited, Overloaded, Timeout, Network,
        ContextLength, ContentFiltered, SchemaMismatch, OverBudget, Denied, ReplayMiss,
    };
    CheckpointError / CheckpointErrorKind => context { TooLarge, Unavailable };
    DialogueError / DialogueErrorKind => dialogue { NobodyThere, Declined };
    DocumentError / DocumentErrorKind => documents { NotFound, Denied, TooLarge, Unavailable };
    PromptError / PromptErrorKind => prompts {
        NotFound, InvalidTemplate, MissingVariable, Denied, Unavailable,
    };
    WorkspaceError / WorkspaceErrorKind => workspace { NotFound, Denied, InvalidPath, TooLarge };
}
