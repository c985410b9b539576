//! What the application is asked, what it answers and what it tells: plain data that can be serialised.
//!
//! The lowest floor of the engine: nothing here knows how anything is done.

mod branches;
mod brought;
mod call_views;
mod checked_plugins;
mod comparison_requests;
mod cost_telling;
mod costly;
mod costs;
mod definition_views;
mod drive;
mod errors;
mod events;
mod explained;
mod happening;
mod improvement_telling;
mod improvements;
mod listed;
mod outcome;
mod output_views;
mod person;
mod places;
mod plugin_changes;
mod plugin_locks;
mod prompt_requests;
mod prompt_views;
mod prompts_ahead;
mod requests;
mod restored;
mod spending;
mod stand_ins;
mod status;
mod telling;
mod upkeep;
mod views;
mod warnings;
mod wording;
mod wording_parts;
mod workspace;

pub(crate) use branches::clear_branch;
pub use branches::{BranchState, BranchView};
pub use brought::BroughtPrompt;
pub use call_views::{CallDetail, CallView};
pub use checked_plugins::{CanReach, CheckPlugin, CheckedPlugin};
pub use comparison_requests::{
    BatchGivenUp, CellAddress, CompareIn, DEFAULT_CONCURRENCY, ListAnswers, RateCell,
    ResumeComparison, StartComparison, Trial,
};
pub use costly::{Costly, ToStart};
pub(crate) use costs::Sums;
pub use costs::{
    Cost, CostBy, CostFigures, CostOf, CostRow, Replayed, Retried, SharedCells, Unused, WantedCost,
};
pub use definition_views::{
    CheckedDefinition, DefinedStep, DefinitionView, InputView, StepDefined,
};
pub use drive::{Drive, TakeUp};
pub use errors::{
    Blame, ComparisonError, EngineError, ErrorCode, FileError, ImprovementError, InputsOf,
    LockError, NotFetched, PluginError, RevisionError, RunError, VersionError, Wanted,
    code_of_store,
};
pub(crate) use errors::{LAST, MOST_NOTE, prompt_name};
pub use events::{Event, EventView, Logged};
pub use explained::{
    BudgetOf, ExplainSteps, ExplainedBudget, ExplainedDefinition, ExplainedLimit,
    ExplainedPermission, ExplainedPlugin, ExplainedStep, Given, GivenBy, Hindrance, InLock,
    OfSource, PluginProblem, SaidAt, SaidIn, Standing,
};
pub use happening::{Happening, Live};
pub use improvement_telling::standing_told;
pub use improvements::{
    AdvanceImprovement, DEFAULT_ROUNDS, ImprovementStep, ImprovementSummary, ImprovementView,
    ProposalView, StartImprovement,
};
pub use listed::Listed;
pub use outcome::RunOutcome;
pub use output_views::{DocumentSummary, DocumentView, FileChangeKind, FileView, RevisionView};
pub use person::{Person, PersonsAnswer};
pub use places::{DocumentAddress, DocumentPlace, QuestionPlace};
pub use plugin_changes::{PluginInUse, PluginOfBefore, other_plugins};
pub use plugin_locks::{Agreement, Fetch, LockPlugins, LockedPlugins};
pub use prompt_requests::{AddVersion, TakeIntrinsic, UseVersion};
pub use prompt_views::{
    AddedVersion, IntrinsicSummary, PromptSummary, PromptVersion, VersionSummary, VersionView,
    named,
};
pub(crate) use prompt_views::{intrinsic_view, prompt_summary, version_view};
pub use prompts_ahead::{Ahead, AheadOf, LookAhead, PromptAhead, UnsentCall, UnsentMessage};
pub(crate) use requests::LONGEST_LABEL;
pub use requests::{
    DefinitionSource, FileFate, GivenAnswer, GivenDocument, ListRuns, ReprocessStep, RerunStep,
    ResumeRun, RunAlone, RunStepAlone, Selection, StartRun,
};
pub use restored::{GivenBack, RestoredFile};
pub(crate) use spending::spent_of;
pub use stand_ins::StandIn;
pub(crate) use stand_ins::stand_ins;
pub use status::{RunStatus, StepStatus};
pub use telling::{cut_off, why_skipped};
pub use upkeep::{
    BackedUp, CheckedStore, Keep, KeptRun, RemoveComparisons, RemoveRuns, RemovedComparison,
    RemovedComparisons, RemovedRun, RemovedRuns, StoreProblem, WhatIsLeft,
};
pub use views::{
    ExecutionView, KnownPlugin, PluginView, ProjectPlugins, PromptUse, QuestionView,
    ROUNDS_USED_UP, RoundsView, RunSummary, RunView, StepView, Totals,
};
pub use warnings::WarningView;
pub use wording::{Action, GivenField, worded};
pub use workspace::{OpenError, PublishError};
