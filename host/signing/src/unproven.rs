//! Why what lies beside a component doesn't show that somebody signed it.

use stepwell_contract::Digest;

/// Why nothing is proven. Later ones say more: of several the last one is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Unproven {
    /// Nothing is there.
    #[error("it has no signature")]
    NoSignature,
    /// What is there can't be read.
    #[error("its signature can't be read: {reason}")]
    Unreadable {
        /// Why not.
        reason: &'static str,
    },
    /// It is signed by somebody else, or the signature is of something else: nobody can tell these apart.
    #[error("its signature is by none of these keys, or of something else")]
    OtherKey,
    /// One of the keys signed a statement of another kind, such as a report about it.
    #[error(
        "what is signed by one of these keys is no signature of a plugin, but a statement of another kind"
    )]
    OtherKind,
    /// One of the keys signed something else.
    #[error("the signature is of another plugin: {signed} was signed, and this is {found}")]
    OtherDigest {
        /// What was signed.
        signed: Digest,
        /// What lies there.
        found: Digest,
    },
    /// What was signed doesn't name the component.
    #[error("what was signed names another component than {found}")]
    OtherComponent {
        /// What lies there.
        found: Digest,
    },
}
