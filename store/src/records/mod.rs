//! The records: what is kept, as plain data.
//!
//! Each record is a map with field names. A field that a later build adds has a default, a field that this
//! build doesn't know is kept in `other` when the record is rewritten, and a field's meaning never changes:
//! so there is nothing to migrate, ever.

mod batch;
mod branch;
mod call;
mod comparison;
mod document;
mod event;
mod execution;
mod improvement;
mod intrinsic;
mod memo;
mod no_content;
mod part_of_step;
mod pins;
mod prompt;
mod run;
mod run_owner;
mod totals;

pub use batch::{BatchRecord, InBatch};
pub use branch::RunBranch;
pub use call::{AnswerOf, CallAttempt, CallError, CallRecord, CallState, WrittenOff};
pub use comparison::{CellRecord, ComparisonRecord, KEPT_FINDINGS, VariantRecord};
pub use document::{Author, DocumentKey, DocumentRecord, Revision};
pub use event::EventRecord;
pub use execution::{
    AnsweredQuestion, AnswersOf, AttemptRecord, CheckpointRecord, ExecutionRecord, ExecutionState,
    FileAtStake, FileChange, ForeignText, KeptDocument, PendingForm,
};
pub use improvement::{ImprovementRecord, ProposalRecord, Refusal, Standing};
pub use intrinsic::{IntrinsicRecord, KEPT_INTRINSIC, PluginVersion};
pub use memo::{MemoKey, MemoKind, MemoRecord};
pub use part_of_step::PartOfStep;
pub use pins::{PinnedModel, PinnedPlugin, PinnedPrompt, PluginBefore};
pub use prompt::{
    Decided, KEPT_PROMOTIONS, KEPT_VERSIONS, Origin, Promotion, PromptRecord, VersionRecord,
};
pub use run::{FormAnswer, Home, RunRecord, RunState, Scratch};
pub use run_owner::{RunOwner, ScratchOwner};
pub use totals::{CallGroup, CallTotals, RunTotals, Unanswered};

/// The fields of a record that this build doesn't know, kept as they came.
pub type OtherFields = serde_json::Map<String, serde_json::Value>;
