//! Sets that the contract closes: why the host said no, why a step gave up, why a model stopped.

/// An enum of such a set, each with its code; what is new goes under `Other`, with a code of its own. Where the host says
/// no by it, the error that the step is told stands behind `told`.
macro_rules! closed {
    (
        $(#[$about:meta])*
        pub enum $kind:ident {
            $($(#[doc = $doc:literal])+ $variant:ident = $code:literal,)+
        }
        other: $other:literal
        $(told: $told:literal $error:ident)?
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $kind {
            $($(#[doc = $doc])+ $variant,)+
            #[doc = $other]
            Other(String),
        }

        impl $kind {
            /// The code, as records, events and logs have it.
            #[must_use]
            pub fn code(&self) -> &str {
                match self {
                    $(Self::$variant => $code,)+
                    Self::Other(code) => code,
                }
            }

            /// What a code means, as a record has it.
            #[must_use]
            pub fn of(code: &str) -> Self {
                match code {
                    $($code => Self::$variant,)+
                    other => Self::Other(other.to_owned()),
                }
            }
        }

        $(
            #[doc = $told]
            #[derive(
                Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema, thiserror::Error,
            )]
            #[error("{}: {message}", kind.code())]
            pub struct $error {
                /// Which sort of error.
                pub kind: $kind,
                /// What happened and, where there is one, the mend.
                pub message: String,
            }

            impl $error {
                /// An error of this kind.
                pub fn new(kind: $kind, message: impl Into<String>) -> Self {
                    Self {
                        kind,
                        message: message.into(),
                    }
                }
            }
        )?
    };
}

pub(crate) use closed;
