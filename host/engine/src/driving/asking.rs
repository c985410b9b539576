//! Whether the models of a definition are asked.

/// When the models of a definition are to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// At once: one whose key is missing is an error.
    Now,
    /// Not yet: the definition is looked at, and a missing key is worth a warning.
    Later,
    /// Never: what they would be asked is looked at, and that there is none is no matter.
    Never,
}
