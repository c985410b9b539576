//! What is taken for a plugin that is named by where it is on another machine.

/// What a name on another machine means, that may mean another plugin by now, such as a tag of a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meant {
    /// What somebody agreed to; else what was looked at by somebody's wish. No other machine is asked about anything else.
    AsAgreed,
    /// The same, and else what it means now: a person named it by itself, and not a definition that somebody else may have written.
    Named,
    /// What it meant when it was looked at last in this process; else what somebody agreed to.
    Looked,
    /// As [`Meant::AsAgreed`], as far as it is on this machine: no other one is asked, for the plugin or for who signed it.
    AtHand,
}
