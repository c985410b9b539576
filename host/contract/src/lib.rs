//! The words that the rooms of the house share: plain data, and the traits by which they reach each other.
//!
//! Nothing here reads a file, opens a connection, looks at a clock or knows a runtime, and no other crate
//! of the house is imported. The data mirrors the WIT package in `wit/`, so that the sandbox converts it
//! without deciding anything, and a test can fake either side.
//!
//! - [`StepRunner`] is what the sandbox offers to the engine: load a component, make one call into it.
//! - [`HostServices`] is what the engine offers to the sandbox: every function that a step may import.
//! - [`TextService`] is what fills templates and checks JSON Schemas, for everybody.
//! - [`HttpClient`] is what sends the requests of steps.

mod ages;
pub mod amounts;
mod attempt_end;
mod bidi;
mod chat;
mod clock;
mod commit;
mod comparison;
mod component;
mod context;
mod described;
mod dialogue;
mod digest;
mod documents;
mod estimate;
mod hidden;
mod http;
mod http_hosts;
mod ids;
mod improvement;
mod inference;
mod limits;
mod loading;
mod misspelt;
mod model;
mod money;
mod names;
mod permission;
mod plugin_findings;
mod prices;
mod problem;
mod progress;
mod prompts;
mod providers;
mod publish;
mod refusals;
mod remedy;
mod runner;
mod services;
mod skipping;
mod step;
mod surroundings;
mod texts;
mod uses;
mod words;
mod workspace;

pub use ages::Age;
pub use attempt_end::AttemptEnd;
pub use bidi::{in_order, json_in_order, turns_the_order};
pub use chat::{
    Attachment, ChatError, ChatErrorKind, ChatRequest, ChatResponse, FinishReason, Message, Opaque,
    Part, Role, Tool, ToolCall, ToolChoice, ToolResult, Usage,
};
pub use clock::{Clock, day_of};
pub use commit::{CommitId, InvalidCommitId};
pub use comparison::{BatchState, ComparisonState, Finding, Rating};
pub use component::{Ability, Anatomy, Import, Language, Producer};
pub use context::{CheckpointError, CheckpointErrorKind, Level};
pub use described::{Declared, FieldKind};
pub use dialogue::{DialogueError, DialogueErrorKind, Form, Question};
pub use digest::{Digest, InvalidDigest};
pub use documents::{DocumentEntry, DocumentError, DocumentErrorKind};
pub use estimate::{
    Confirmation, Estimate, EstimateBasis, MoneySpread, RunEstimate, Spread, StepEstimate, Unsure,
};
pub use hidden::{visible, visible_on_one_line};
pub use http::{
    HostPlace, HttpBounds, HttpClient, HttpError, HttpErrorKind, HttpHeader, HttpRequest,
    HttpResponse, NoServers,
};
pub use http_hosts::{HttpAddress, HttpGrant, HttpInside, HttpScheme, InvalidHosts, ReadHost};
pub use ids::{ComparisonId, ExecutionKey, ImprovementId, Position, RunId, Undertaking};
pub use improvement::{ImprovementEnd, ImprovementStage, ProposalState, RefusalKind};
pub use inference::{Caching, Effort, Inference, Temperature};
pub use limits::{
    Grants, Limit, LimitAmount, LimitLine, Limits, ReadGrant, WorkspaceGrant, all_limits,
    compiling, most,
};
pub use loading::{BadDescription, DescribeFailed, Examined, LoadError, LoadedPlugin};
pub use misspelt::{did_you_mean, listed, nearest, suggestion};
pub use model::{Budget, Expense, ModelSettings, ModelsSettings, Spent};
pub use money::Money;
pub use names::{InvalidName, Name, StepPath, UnfitName};
pub use permission::{Permission, PermissionLine};
pub use plugin_findings::{FindingCode, PluginFinding, PluginFindings, PluginPlace, Severity};
pub use prices::{LongRates, Price, PriceSource, Prices, Pricing, REPLAY, Rates};
pub use problem::{Problem, ProblemCode, WaitingFor};
pub use progress::LogLevel;
pub use prompts::{PromptError, PromptErrorKind, PromptVersion};
pub use providers::{
    CONNECT_TIMEOUT, KeySent, KnownAddress, KnownProvider, ProviderKind, ProviderSettings,
    STALL_TIMEOUT, SentValue, TokenLimit,
};
pub use publish::Publish;
pub use remedy::{Choice, FolderProblem, GoOn, Grant, GuestMend, Obstacle, Remedy};
pub use runner::{
    AttemptReport, Compiling, ComponentBytes, GuestAnswer, GuestCall, Held, StepRunner,
    TEMPLATE_INPUT, TellCompiling, component_of,
};
pub use services::{Halt, HostServices, Hosted, Whom};
pub use skipping::{SkipReason, UnmetCondition};
pub use step::{
    AskedAgain, Description, Failure, FailureKind, Field, Gate, PromptDeclaration, Text,
};
pub use surroundings::{CopiedFile, Environment, LentFolder};
pub use texts::{
    Filling, HeldAgainst, Misfit, Misfits, PatternError, SchemaError, TemplateError, TextBound,
    TextService, TextServiceFailed, VariableUse,
};
pub use uses::Uses;
pub use workspace::{
    FoundFile, FoundLine, WorkspaceEntry, WorkspaceError, WorkspaceErrorKind, WorkspaceFindings,
    WorkspaceQuery,
};
