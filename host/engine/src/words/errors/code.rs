//! The codes of errors, and whose turn it is then.

stepwell_contract::words! {
    /// Which sort of error. It stays the same when the texts get better; how a request and a command end follows from it.
    pub enum ErrorCode {
        /// The definition has problems.
        Definition = "definition",
        /// No run has such an id.
        NoSuchRun = "no-such-run",
        /// Several runs have an id that ends so.
        AmbiguousRun = "ambiguous-run",
        /// No comparison has such an id, or several have.
        NoSuchComparison = "no-such-comparison",
        /// No improvement has such an id, or several have.
        NoSuchImprovement = "no-such-improvement",
        /// No call to a model has such an id, or several have.
        NoSuchCall = "no-such-call",
        /// The workflow has no such step.
        NoSuchStep = "no-such-step",
        /// The project has no such definition.
        NoSuchDefinition = "no-such-definition",
        /// There is no such prompt.
        NoSuchPrompt = "no-such-prompt",
        /// The prompt has no such version.
        NoSuchVersion = "no-such-version",
        /// There is no such document.
        NoSuchDocument = "no-such-document",
        /// The document has no such revision.
        NoSuchRevision = "no-such-revision",
        /// The comparison has no such cell.
        NoSuchCell = "no-such-cell",
        /// The run wrote no such file.
        NoSuchFile = "no-such-file",
        /// Each item of the step has such a document.
        AmbiguousDocument = "ambiguous-document",
        /// There is no input of this name.
        UnknownInput = "unknown-input",
        /// An input that is needed is not given.
        MissingInput = "missing-input",
        /// The step writes no document of this name.
        UnknownDocument = "unknown-document",
        /// A document that belongs to one that is given isn't.
        MissingDocument = "missing-document",
        /// A document can't be given in the place of this step's.
        CannotBeGiven = "cannot-be-given",
        /// The step uses no prompt of this name.
        UnknownPrompt = "unknown-prompt",
        /// The step uses several prompts, and none is named.
        SeveralPrompts = "several-prompts",
        /// A version of a prompt doesn't fit the plugin that uses it.
        PromptMisfit = "prompt-misfit",
        /// The run would probably take more than the operator wants without a yes.
        NotConfirmed = "not-confirmed",
        /// A setting can't be what it is given as.
        Setting = "setting",
        /// What is given is not the path of a step.
        StepName = "step-name",
        /// The step asks nothing now.
        NothingAsked = "nothing-asked",
        /// Several ask for what was answered, and none of them is named.
        SeveralAsk = "several-ask",
        /// The state of the run or comparison doesn't allow it.
        WrongState = "wrong-state",
        /// Somebody changed it meanwhile.
        Outdated = "outdated",
        /// A file was changed since the run wrote it.
        ChangedSince = "changed-since",
        /// A file can't be written.
        File = "file",
        /// A plugin can't be used.
        Plugin = "plugin",
        /// Plugins aren't those that somebody agreed to.
        PluginsDiffer = "plugins-differ",
        /// A plugin isn't signed by whom the operator demands.
        PluginUnsigned = "plugin-unsigned",
        /// What says which plugins were agreed to can't be read.
        PluginLock = "plugin-lock",
        /// A registry of plugins can't be used: it isn't reached, or doesn't let in whoever asks.
        Registry = "registry",
        /// A prompt's template doesn't fit.
        Template = "template",
        /// A note is longer than one may be.
        Note = "note",
        /// The current version can't be deleted.
        VersionIsCurrent = "version-is-current",
        /// There is no such model.
        UnknownModel = "unknown-model",
        /// A model can't be used.
        Model = "model",
        /// The workspace can't be used.
        Workspace = "workspace",
        /// A path leads to where whoever asks may name nothing.
        OutOfReach = "out-of-reach",
        /// A path can't lead anywhere.
        NoPath = "no-path",
        /// There is nothing to compare.
        NothingToCompare = "nothing-to-compare",
        /// More is to be compared than anybody could look at.
        TooManyCells = "too-many-cells",
        /// A model's provider takes no batches.
        NoBatches = "no-batches",
        /// A version is named that isn't among those that are compared.
        NotCompared = "not-compared",
        /// A case doesn't fit.
        Case = "case",
        /// So few cases can't show that a version is better.
        TooFewCases = "too-few-cases",
        /// A step is named as a judge that is none.
        Judge = "judge",
        /// A rating is no number from 1 to 5.
        Rating = "rating",
        /// The cell has no outcome yet.
        NoOutcome = "no-outcome",
        /// No space is left for the store.
        StoreFull = "store-full",
        /// The store can't be used.
        Store = "store",
        /// The store failed while a run was under way.
        StoreFailed = "store-failed",
        /// A mistake in Stepwell itself.
        Bug = "bug",
        /// The process that holds the store carries on a run of its own alone.
        Busy = "busy",
        /// The process that holds the store has no room in memory for what is asked for.
        NoRoom = "no-room",
        /// As many connections are open as the server may have.
        Crowded = "crowded",
        /// The process that holds the store is about to end.
        Ending = "ending",
        /// The request can't be understood.
        BadRequest = "bad-request",
        /// The body is not what the request takes.
        WrongBody = "wrong-body",
        /// There is no such request.
        NoSuchRoute = "no-such-route",
        /// The request is asked for in another way.
        WrongMethod = "wrong-method",
        /// The body is not JSON.
        NotJson = "not-json",
        /// The body can't be read.
        BadBody = "bad-body",
        /// The body is larger than one may be.
        TooLarge = "too-large",
        /// The body takes longer to come than one may.
        TooSlow = "too-slow",
        /// Other bodies take all the room there is for them.
        TooManyBodies = "too-many-bodies",
        /// Many show a wrong token at this moment.
        TooManyGuesses = "too-many-guesses",
        /// The request shows no token, or another one.
        NoToken = "no-token",
        /// The request is meant for a server of another name.
        ForeignName = "foreign-name",
        /// The request comes from a page of another site.
        ForeignOrigin = "foreign-origin",
        /// There is no such page, or nothing of what it would show.
        Page = "page",
        /// A form of the page says too little.
        Form = "form",
        /// The configuration has problems.
        Configuration = "configuration",
        /// What a command is given doesn't fit.
        Invalid = "invalid",
        /// The command line can't be understood.
        Usage = "usage",
        /// A text that a person wrote is not saved, and kept in a file.
        NotSaved = "not-saved",
        /// The system doesn't let the command do its work.
        System = "system",
    }
    other: " A code of a later build."
}

/// Whose turn it is after an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blame {
    /// What was named isn't there.
    NotThere,
    /// What was named isn't in a state for it, or isn't one thing.
    State,
    /// It is no longer what the request was based on.
    Outdated,
    /// What was given doesn't fit.
    Given,
    /// Somebody has to agree to plugins first.
    Agreement,
    /// The operator's models can't be used.
    Models,
    /// The disk is full.
    Full,
    /// The store can't be used now.
    Store,
    /// Who holds the store takes nothing more, or not now.
    Holder,
    /// The system that the command runs on.
    System,
    /// A mistake in Stepwell itself.
    Bug,
}

impl ErrorCode {
    /// Whether the request itself is wrong, whatever it is about: a client of the same build makes none such.
    #[must_use]
    pub fn is_of_request(&self) -> bool {
        matches!(
            self,
            Self::BadRequest | Self::WrongBody | Self::NoSuchRoute | Self::WrongMethod
        )
    }

    /// Whose turn it is.
    #[must_use]
    pub fn blame(&self) -> Blame {
        match self {
            Self::NoSuchRun
            | Self::NoSuchComparison
            | Self::NoSuchImprovement
            | Self::NoSuchCall
            | Self::NoSuchStep
            | Self::NoSuchDefinition
            | Self::NoSuchPrompt
            | Self::NoSuchVersion
            | Self::NoSuchDocument
            | Self::NoSuchRevision
            | Self::NoSuchCell
            | Self::NoSuchFile
            | Self::Page => Blame::NotThere,
            Self::AmbiguousRun
            | Self::AmbiguousDocument
            | Self::WrongState
            | Self::NothingAsked
            | Self::SeveralAsk
            | Self::ChangedSince
            | Self::NoOutcome
            | Self::VersionIsCurrent => Blame::State,
            Self::Outdated => Blame::Outdated,
            Self::Definition
            | Self::UnknownInput
            | Self::MissingInput
            | Self::UnknownDocument
            | Self::MissingDocument
            | Self::CannotBeGiven
            | Self::UnknownPrompt
            | Self::SeveralPrompts
            | Self::PromptMisfit
            | Self::NotConfirmed
            | Self::Setting
            | Self::StepName
            | Self::File
            | Self::Plugin
            | Self::PluginLock
            | Self::Template
            | Self::Note
            // Another name mends it; everything else about models is the operator's to mend.
            | Self::UnknownModel
            | Self::Workspace
            | Self::OutOfReach
            | Self::NoPath
            | Self::NothingToCompare
            | Self::TooManyCells
            | Self::NoBatches
            | Self::NotCompared
            | Self::Case
            | Self::TooFewCases
            | Self::Judge
            | Self::Rating
            | Self::BadRequest
            | Self::WrongBody
            | Self::NoSuchRoute
            | Self::WrongMethod
            | Self::NotJson
            | Self::BadBody
            | Self::TooLarge
            | Self::TooSlow
            | Self::NoToken
            | Self::ForeignName
            | Self::ForeignOrigin
            | Self::Form
            | Self::Configuration
            | Self::Invalid
            | Self::Usage
            | Self::NotSaved
            | Self::Other(_) => Blame::Given,
            Self::PluginsDiffer | Self::PluginUnsigned => Blame::Agreement,
            Self::Model => Blame::Models,
            Self::StoreFull => Blame::Full,
            Self::Store | Self::StoreFailed => Blame::Store,
            Self::Busy
            | Self::NoRoom
            | Self::Crowded
            | Self::Ending
            | Self::TooManyBodies
            | Self::TooManyGuesses => Blame::Holder,
            Self::System | Self::Registry => Blame::System,
            Self::Bug => Blame::Bug,
        }
    }
}
