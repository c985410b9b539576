//! Whether the models of a definition are asked.

use super::meant::Meant;

/// When the models of a definition are to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asking {
    /// At once: one whose key is missing is an error.
    Now,
    /// Not yet: the definition is looked at, and a missing key is worth a warning.
    Later,
    /// Never: what they would be asked is looked at, and that there is none is no matter.
    Never,
    /// Never, and no step is carried out: what plugins say of themselves is looked at, also of those that nobody agreed to.
    Describing,
    /// The same, where what a name on another machine was found to mean last counts more than what somebody agreed to.
    Renewing,
}

impl Asking {
    /// Whether nobody is asked, whatever comes.
    pub(crate) fn is_never(self) -> bool {
        matches!(self, Self::Never | Self::Describing | Self::Renewing)
    }

    /// Whether anything may be carried out afterwards: then only what somebody agreed to is let pass.
    pub(super) fn carries_out(self) -> bool {
        !matches!(self, Self::Describing | Self::Renewing)
    }

    /// What a name on another machine is taken for.
    pub(super) fn meant(self) -> Meant {
        match self {
            Self::Renewing => Meant::Looked,
            Self::Now | Self::Later | Self::Never | Self::Describing => Meant::AsAgreed,
        }
    }
}
