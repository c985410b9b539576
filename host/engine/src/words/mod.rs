//! What the application is asked, what it answers and what it tells: plain data that can be serialised.
//!
//! The lowest floor of the engine: nothing here knows how anything is done.

mod comparison_requests;
mod definition_views;
mod drive;
mod errors;
mod events;
mod outcome;
mod person;
mod places;
mod prompt_views;
mod requests;
mod spending;
mod status;
mod views;
mod wording;
mod workspace;

pub use comparison_requests::{
    CellAddress, CompareIn, DEFAULT_CONCURRENCY, RateCell, ResumeComparison, StartComparison,
};
pub use definition_views::{CheckedDefinition, DefinedStep, DefinitionView, InputView};
pub use drive::{Drive, TakeUp};
pub(crate) use errors::LAST;
pub use errors::{
    Blame, ComparisonError, EngineError, ErrorCode, FileError, InputsOf, PluginError,
    RevisionError, RunError, VersionError, Wanted, code_of_store,
};
pub use events::{Event, EventView, Happening, Live};
pub use outcome::RunOutcome;
pub use person::{Person, PersonsAnswer};
pub use places::DocumentPlace;
pub(crate) use prompt_views::{prompt_summary, version_view};
pub use requests::{
    AddVersion, DefinitionSource, DocumentAddress, GivenAnswer, GivenDocument, RerunStep,
    ResumeRun, RunAlone, Selection, StartRun, UseVersion,
};
pub(crate) use spending::spent_of;
pub use status::{RunStatus, StepStatus};
pub use views::{
    AddedVersion, CallDetail, CallView, DocumentSummary, DocumentView, ExecutionView,
    FileChangeKind, FileView, PluginView, PromptSummary, PromptUse, PromptVersion, QuestionView,
    RevisionView, RoundsView, RunSummary, RunView, StepView, Totals, VersionSummary, VersionView,
};
pub use wording::{Action, GivenField, Piece, worded, wording};
pub use workspace::OpenError;
