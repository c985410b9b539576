//! Why a plugin isn't fetched, pushed, or somebody isn't logged in: data first, and a sentence for a person.
//!
//! What helps isn't said here: whoever has words for it asks [`FetchError::host_to_log_in`] and the variants. No error holds a
//! password, a token, or a text that a server wrote.

use std::time::Duration;

use stepwell_contract::{Digest, amounts};
use stepwell_outbound::Refusal;

use crate::cache::CacheError;
use crate::credentials::CredentialsError;
use crate::reference::Host;

/// A part of an artifact that is transferred.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// What says of what the artifact is made.
    Manifest,
    /// What says what it is.
    Config,
    /// The component.
    Component,
    /// What a token service answers.
    Token,
    /// What shows who signed it.
    Signature,
}

impl Part {
    /// Its name, for a person.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Manifest => "the manifest",
            Self::Config => "the config",
            Self::Component => "the component",
            Self::Token => "the answer of the token service",
            Self::Signature => "a signature",
        }
    }
}

/// What an artifact is that is no component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForeignKind {
    /// An image of a container.
    Image,
    /// A list of manifests, one for each platform.
    Index,
    /// A chart of Helm.
    Chart,
    /// A module or component in a form from before the standard one.
    EarlierWasm,
    /// Something else, by its media type.
    Other(String),
}

impl std::fmt::Display for ForeignKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Image => f.write_str("the image of a container"),
            Self::Index => f.write_str("a list of images, one for each platform"),
            Self::Chart => f.write_str("a Helm chart"),
            Self::EarlierWasm => f.write_str("WebAssembly in a form from before the standard one"),
            Self::Other(media_type) => write!(f, "an artifact of the kind `{media_type}`"),
        }
    }
}

/// Why something isn't fetched or pushed.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The name leads nowhere.
    #[error("there is no host `{host}`: {reason}")]
    NoSuchHost {
        /// The name.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// Nobody answers there.
    #[error("{host} can't be reached: {reason}")]
    Unreachable {
        /// The host, with its port where that isn't the usual one.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// Who answers there speaks no TLS.
    #[error(
        "{host} doesn't speak https; plain http is for registries of this machine alone (localhost)"
    )]
    NotHttps {
        /// The host.
        host: String,
    },
    /// It stopped to answer.
    #[error("{host} sent nothing for {} seconds", .idle.as_secs())]
    Silent {
        /// The host.
        host: String,
        /// How long it was waited for.
        idle: Duration,
    },
    /// The connection ended in the middle.
    #[error("the connection to {host} broke: {reason}")]
    Broken {
        /// The host.
        host: String,
        /// The system's words.
        reason: String,
    },
    /// Nobody is let in without credentials, or not with those that were given.
    #[error("{host} {}", match .had {
        true => "refuses the name and password that it was shown (401)",
        false => "answers nobody who isn't logged in (401)",
    })]
    NotLoggedIn {
        /// The registry.
        host: Host,
        /// Whether credentials were shown.
        had: bool,
    },
    /// Whoever is logged in, or nobody, may not do it.
    #[error("{host} doesn't allow that on `{what}` (403)")]
    Forbidden {
        /// The registry.
        host: Host,
        /// What was asked for.
        what: String,
        /// Whether credentials were shown.
        had: bool,
    },
    /// A server that isn't logged in to doesn't give the file.
    #[error("`{what}` isn't given to everybody ({status})")]
    NotPublic {
        /// What was asked for.
        what: String,
        /// The status.
        status: u16,
    },
    /// It isn't there.
    #[error("there is no `{what}` (404)")]
    NotThere {
        /// What was asked for.
        what: String,
    },
    /// Another answer than one that was asked for.
    #[error("{host} answers {status}{}", code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default())]
    Answered {
        /// The host.
        host: String,
        /// The status.
        status: u16,
        /// The registry's code, one of those of the specification.
        code: Option<&'static str>,
    },
    /// Something that the protocol wants isn't in an answer.
    #[error("{host} doesn't answer as a registry does: {reason}")]
    NoRegistry {
        /// The host.
        host: String,
        /// What is missing.
        reason: &'static str,
    },
    /// An address that a server named isn't asked.
    #[error("{host} leads to {to}, where nothing is asked for it: {refusal}")]
    Refused {
        /// Who named it.
        host: String,
        /// The host that it named.
        to: String,
        /// Why not.
        refusal: Refusal,
    },
    /// One server leads to the next without an end.
    #[error("{host} leads from one address to the next, more than {most} times")]
    TooManyRedirects {
        /// The first of them.
        host: String,
        /// How many are followed.
        most: usize,
    },
    /// It is something else than a component.
    #[error("`{what}` is {kind}, and no WebAssembly component")]
    Foreign {
        /// What was asked for.
        what: String,
        /// What it is.
        kind: ForeignKind,
    },
    /// A manifest that says nothing that could be followed.
    #[error("the manifest of `{what}` can't be used: {reason}")]
    Manifest {
        /// What was asked for.
        what: String,
        /// Why.
        reason: String,
    },
    /// There are more layers than one, or none.
    #[error("`{what}` has {count} layers, and a component is one layer")]
    Layers {
        /// What was asked for.
        what: String,
        /// How many.
        count: usize,
    },
    /// What came is something else than what was asked for.
    #[error("{} is another one than was asked for: {came} came in the place of {wanted}", .part.words())]
    WrongDigest {
        /// What.
        part: Part,
        /// What was asked for.
        wanted: Digest,
        /// What came.
        came: Digest,
    },
    /// Not all of it came.
    #[error("{} was cut off: {came} of {wanted} bytes came", .part.words())]
    CutOff {
        /// What.
        part: Part,
        /// Its size, by the manifest.
        wanted: u64,
        /// How much came.
        came: u64,
    },
    /// More came than there is of it.
    #[error("{} goes on behind its end: it has {wanted} bytes by its manifest", .part.words())]
    GoesOn {
        /// What.
        part: Part,
        /// Its size, by the manifest.
        wanted: u64,
    },
    /// It is larger than such a thing may be.
    #[error("{} is larger than {}, the most that it may have", .part.words(), amounts::size(*.most))]
    TooLarge {
        /// What.
        part: Part,
        /// How many bytes it may have.
        most: u64,
    },
    /// What can't be read as what it should be.
    #[error("{} can't be read: {reason}", .part.words())]
    Unreadable {
        /// What.
        part: Part,
        /// Why.
        reason: String,
    },
    /// A component is pushed under a tag; its digest comes of it.
    #[error("`{what}` names a digest, and what is pushed gets a tag: `oci://HOST/NAME:TAG`")]
    PushedByDigest {
        /// What was named.
        what: String,
    },
    /// What names it means another component by now than the one whose signature is looked for.
    #[error(
        "`{what}` means another component by now ({now}), so that the signature of {wanted} can't be looked for there"
    )]
    Moved {
        /// What was named.
        what: String,
        /// What it means now.
        now: Digest,
        /// What it meant.
        wanted: Digest,
    },
    /// There is no place for another signature.
    #[error("`{what}` has {most} signatures, and more aren't looked at")]
    TooManySignatures {
        /// What was to be signed.
        what: String,
        /// How many are looked at.
        most: usize,
    },
    /// The cache can't be used.
    #[error(transparent)]
    Cache(#[from] CacheError),
    /// Credentials can't be read or written.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// The certificates of this machine can't be read.
    #[error("no connection can be made from this machine: {reason}")]
    NoClient {
        /// The library's words.
        reason: String,
    },
}

impl FetchError {
    /// The registry to which somebody would have to log in, or log in anew, for it to go on.
    #[must_use]
    pub fn host_to_log_in(&self) -> Option<&Host> {
        match self {
            Self::NotLoggedIn { host, .. } | Self::Forbidden { host, .. } => Some(host),
            _ => None,
        }
    }

    /// Whether nobody answered at all, so that nothing is known of what there is.
    #[must_use]
    pub fn is_out_of_reach(&self) -> bool {
        matches!(self, Self::NoSuchHost { .. } | Self::Unreachable { .. })
    }

    /// Whether the artifact itself is wrong: no network and no login would help.
    #[must_use]
    pub fn is_of_artifact(&self) -> bool {
        matches!(
            self,
            Self::Foreign { .. }
                | Self::Manifest { .. }
                | Self::Layers { .. }
                | Self::WrongDigest { .. }
                | Self::GoesOn { .. }
                | Self::TooLarge { .. }
                | Self::Unreadable { .. }
        )
    }
}
