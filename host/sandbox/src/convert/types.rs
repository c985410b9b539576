//! Interface `types`: texts, the description of a step, its failure.

use stepwell_contract::{Description, Failure, FailureKind, Field, PromptDeclaration, Text};

use super::each;
use crate::bindings::types as wire;

impl From<wire::Text> for Text {
    fn from(text: wire::Text) -> Self {
        Self {
            name: text.name,
            value: text.value,
        }
    }
}

impl From<Text> for wire::Text {
    fn from(text: Text) -> Self {
        Self {
            name: text.name,
            value: text.value,
        }
    }
}

impl From<wire::Field> for Field {
    fn from(field: wire::Field) -> Self {
        Self {
            name: field.name,
            description: field.description,
            required: field.required,
            schema: field.schema,
        }
    }
}

impl From<wire::Prompt> for PromptDeclaration {
    fn from(prompt: wire::Prompt) -> Self {
        Self {
            name: prompt.name,
            intrinsic: prompt.intrinsic,
            variables: each(prompt.variables),
        }
    }
}

impl From<wire::Description> for Description {
    fn from(description: wire::Description) -> Self {
        Self {
            name: description.name,
            version: description.version,
            summary: description.summary,
            prompts: each(description.prompts),
            inputs: each(description.inputs),
            documents: each(description.documents),
            settings: each(description.settings),
            grants: each(description.grants),
            annotations: each(description.annotations),
        }
    }
}

impl From<wire::FailureKind> for FailureKind {
    fn from(kind: wire::FailureKind) -> Self {
        match kind {
            wire::FailureKind::InvalidInput => Self::InvalidInput,
            wire::FailureKind::InvalidResponse => Self::InvalidResponse,
            wire::FailureKind::Denied => Self::Denied,
            wire::FailureKind::Declined => Self::Declined,
            wire::FailureKind::Other(code) => Self::Other(code),
        }
    }
}

impl From<wire::Failure> for Failure {
    fn from(failure: wire::Failure) -> Self {
        Self {
            kind: failure.kind.into(),
            message: failure.message,
            retryable: failure.retryable,
        }
    }
}
