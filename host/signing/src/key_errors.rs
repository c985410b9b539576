//! Why a text is no key, or not the one that is needed.

/// Why a key can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is no PEM at all.
    #[error("it holds no key: no line of it begins one, as PEM does")]
    NoPem,
    /// It is PEM that is cut off or damaged.
    #[error("its PEM is damaged")]
    BrokenPem,
    /// It is PEM of something else.
    #[error("it holds no key, but `{label}`")]
    Foreign {
        /// What it says it is, without anything that could be shown otherwise than it is.
        label: String,
    },
    /// A public key was needed.
    #[error("it is a private key, and a public one is needed here")]
    IsPrivate,
    /// A private key was needed.
    #[error("it is a public key, and a private one is needed here")]
    IsPublic,
    /// It is of another kind than those that are read.
    #[error("it is no ECDSA key on the curve P-256, which is the one kind that is read here")]
    OtherKind,
    /// It is sealed with a password in a form that isn't read.
    #[error(
        "it is sealed with a password in a form that isn't read here: that of cosign is, and so are keys without a password"
    )]
    OtherSeal,
    /// What seals it would take more work than is done for a file.
    #[error(
        "its password would have to be worked on by other parameters of scrypt than cosign's (N={n}, r={r}, p={p})"
    )]
    Work {
        /// How often.
        n: u64,
        /// The size of a block.
        r: u64,
        /// How many side by side.
        p: u64,
    },
    /// The password is missing.
    #[error("it is sealed with a password, and none is given")]
    NoPassword,
    /// The password is another one.
    #[error("the password is wrong, or the file was changed")]
    WrongPassword,
}
