//! What is wrong with a text that should say where a plugin is.

/// What is wrong with a text that should name a plugin or a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SourceProblem {
    /// It begins otherwise.
    #[error("it begins with neither `oci://` nor `https://`")]
    Scheme,
    /// It is to be fetched in the clear.
    #[error("plain http is for this machine alone (localhost); write `https://`")]
    PlainHttp,
    /// The registry can't be one.
    #[error(
        "`{0}` is no registry: write a name or an address, perhaps with a port, such as `ghcr.io` or `localhost:5000`"
    )]
    Host(String),
    /// It names a registry, and nothing in it.
    #[error("a name has to follow the registry: `oci://HOST/NAME`, then `:TAG` or `@sha256:…`")]
    NoRepository,
    /// The repository can't be one.
    #[error(
        "`{0}` is no repository: it has small letters, digits, and single `.`, `_` or `-` between them, with `/` between its parts"
    )]
    Repository(String),
    /// The tag can't be one.
    #[error(
        "`{0}` is no tag: it has up to 128 letters, digits, `_`, `.` and `-`, and begins with none of the last two"
    )]
    Tag(String),
    /// The digest can't be one.
    #[error("`{0}` is no digest: `sha256:` and 64 hexadecimal digits")]
    Digest(String),
    /// A file needs a digest.
    #[error("a file needs its digest: `https://HOST/FILE#sha256:…`, as `sha256sum FILE` prints it")]
    NoDigest,
    /// A name and a password stand in it.
    #[error("a name or password has no place in it")]
    UserInfo,
    /// It is no address.
    #[error("it is no address: {0}")]
    Address(String),
}
