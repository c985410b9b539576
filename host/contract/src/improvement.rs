//! Where the improvement of a prompt is, how it ends, and what became of each proposal.

crate::words! {
    /// What an improvement does at the moment.
    pub enum ImprovementStage {
        /// The current version is tried on the training cases.
        Beginning = "beginning",
        /// A model is asked for a proposal.
        Asking = "asking",
        /// A proposal is tried on the training cases.
        Training = "training",
        /// The best proposals are held against the current version on the validation cases.
        Validating = "validating",
    }
    other: " One of a later build."
}

crate::words! {
    /// What an improvement came to.
    pub enum ImprovementEnd {
        /// A proposal was better beyond chance, and is current.
        Promoted = "promoted",
        /// With the current version nothing fails on the training cases.
        NothingFailed = "nothing-failed",
        /// No proposal was better on the training cases.
        NothingBetter = "nothing-better",
        /// What was better on the training cases wasn't better beyond chance on the validation cases.
        NotBeyondChance = "not-beyond-chance",
        /// A proposal was better beyond chance, but another version had become current meanwhile.
        Outdated = "outdated",
    }
    other: " One of a later build."
}

crate::words! {
    /// What became of a proposal.
    pub enum ProposalState {
        /// It was not tried: it can't be used.
        Refused = "refused",
        /// It is tried on the training cases.
        Trying = "trying",
        /// It was no better on the training cases than what it was made from.
        NoBetter = "no-better",
        /// It was better on the training cases.
        Kept = "kept",
        /// It was better on the training cases; others were better still, and so few validation cases can't tell more of them from
        /// chance.
        LeftOut = "left-out",
        /// It was not better beyond chance on the validation cases.
        NotBeyondChance = "not-beyond-chance",
        /// It was better beyond chance on the validation cases, and is not current.
        Better = "better",
        /// It was better beyond chance on the validation cases, and was made current.
        Promoted = "promoted",
    }
    other: " One of a later build."
}

crate::words! {
    /// Why a proposal can't be used.
    pub enum RefusalKind {
        /// It is a text that was there before.
        Identical = "identical",
        /// The template can't be read, or the step doesn't fill in its variables.
        Misfit = "misfit",
        /// The step that proposes failed.
        Unusable = "unusable",
    }
    other: " One of a later build."
}
