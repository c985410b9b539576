//! What the sandbox offers to the engine.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::amounts::cut;
use crate::{
    Description, Digest, Environment, Failure, FailureKind, Halt, HostServices, Limit, Remedy,
    Text, most,
};

/// A component that is compiled and linked, and has said what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadedPlugin {
    /// The digest of the component's bytes.
    pub digest: Digest,
    /// What `describe` gave.
    pub description: Description,
}

/// Why a component can't be used as a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// The bytes are neither a component nor a module.
    #[error("it is not a WebAssembly component: {reason}")]
    NotWasm {
        /// What the parser says.
        reason: String,
    },
    /// The bytes are a core module.
    #[error("it is a core WebAssembly module, not a component")]
    CoreModule,
    /// It imports something that the host doesn't have.
    #[error("it imports `{import}`, which this host doesn't have")]
    UnknownImport {
        /// The interface or function.
        import: String,
        /// What to do about it.
        hint: String,
    },
    /// It lacks the exports of a step.
    #[error("it doesn't export `{export}`")]
    MissingExport {
        /// The interface or function.
        export: String,
        /// What to do about it.
        hint: String,
    },
    /// An import or export has another type than the contract says.
    #[error("it doesn't fit the contract: {reason}")]
    OtherContract {
        /// Where the types differ.
        reason: String,
    },
    /// It broke while it described itself.
    #[error("it failed while describing itself: {0}")]
    Describe(Box<AttemptEnd>),
    /// What it says of itself can't be used: a bad name, the same name twice.
    #[error("what it says of itself can't be used: {reason}")]
    BadDescription {
        /// What is wrong.
        reason: String,
    },
    /// It is a component, with more in it than the sandbox takes.
    #[error("it has more than the sandbox takes: {reason}")]
    TooMuch {
        /// Of what, and how much there may be.
        reason: String,
    },
    /// To compile it takes more time or memory than it may.
    #[error("it can't be compiled within the limits: {reason}")]
    TooCostly {
        /// Which one, and how much it may be.
        reason: String,
        /// The key of `stepwell.toml` that allows more.
        setting: &'static str,
    },
    /// The host itself failed.
    #[error("the sandbox failed: {reason}")]
    Host {
        /// What happened.
        reason: String,
    },
}

impl LoadError {
    /// What helps.
    #[must_use]
    pub fn remedy(&self) -> Remedy {
        match self {
            Self::NotWasm { .. } => Remedy::BuildComponent { is_unknown: true },
            Self::CoreModule => Remedy::BuildComponent { is_unknown: false },
            // The names and types in it are the plugin's.
            Self::UnknownImport { hint, .. } | Self::MissingExport { hint, .. } => {
                Remedy::said(hint)
            }
            Self::OtherContract { .. } => Remedy::BuildForContract,
            Self::Describe(_) => Remedy::MendDescription { is_missing: true },
            Self::BadDescription { .. } => Remedy::MendDescription { is_missing: false },
            Self::TooMuch { .. } => Remedy::BuildSmaller,
            Self::TooCostly { setting, .. } => Remedy::AllowCostlyPlugin {
                setting: setting.to_string(),
            },
            Self::Host { .. } => Remedy::CheckSandbox,
        }
    }

    /// The same with no text longer than [`most::MESSAGE`]: names and types in them are the plugin's own words.
    #[must_use]
    pub fn cut(self) -> Self {
        let text = |text: String| cut(text, most::MESSAGE);
        match self {
            Self::NotWasm { reason } => Self::NotWasm {
                reason: text(reason),
            },
            Self::UnknownImport { import, hint } => Self::UnknownImport {
                import: text(import),
                hint: text(hint),
            },
            Self::MissingExport { export, hint } => Self::MissingExport {
                export: text(export),
                hint: text(hint),
            },
            Self::OtherContract { reason } => Self::OtherContract {
                reason: text(reason),
            },
            Self::Describe(end) => Self::Describe(Box::new(end.cut())),
            Self::BadDescription { reason } => Self::BadDescription {
                reason: text(reason),
            },
            Self::TooMuch { reason } => Self::TooMuch {
                reason: text(reason),
            },
            Self::Host { reason } => Self::Host {
                reason: text(reason),
            },
            error @ (Self::CoreModule | Self::TooCostly { .. }) => error,
        }
    }
}

/// The input beside those of the definition that holds the template of the step's first prompt, in the version that is in
/// force. It is no name that a definition could give.
pub const TEMPLATE_INPUT: &str = "$prompt";

/// One call into a step, with the host's functions where it may call any.
#[derive(Clone)]
pub enum GuestCall {
    /// `construct-prompt`: only reads of prompts and the context are open.
    ConstructPrompt {
        /// The step's inputs.
        inputs: Vec<Text>,
        /// What it may ask of the host.
        services: Arc<dyn HostServices>,
    },
    /// `process-response`: every import is closed.
    ProcessResponse {
        /// The step's inputs.
        inputs: Vec<Text>,
        /// A model's answer.
        response: String,
    },
    /// `execute`: the step's work.
    Execute {
        /// The step's inputs.
        inputs: Vec<Text>,
        /// What it may ask of the host.
        services: Arc<dyn HostServices>,
    },
}

/// What a call into a step gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuestAnswer {
    /// Of `construct-prompt`: none where the step asks no model.
    Prompt(Option<String>),
    /// Of `process-response` and `execute`.
    Documents(Vec<Text>),
}

/// How a call into a step ended that gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttemptEnd {
    /// The step gave up, in its own words.
    #[error("{}: {}", .0.kind.code(), .0.message)]
    Failure(Failure),
    /// The step ran into a limit.
    #[error("it ran into `{}`: used {used}, allowed {allowed}", limit.setting())]
    Limit {
        /// Which one.
        limit: Limit,
        /// What it used, with its unit.
        used: String,
        /// What it may use, with its unit.
        allowed: String,
    },
    /// Its copy of the workspace has folders too deep within each other. How deep they may be is set by nobody.
    #[error(
        "it made {used} in its copy of the workspace; {allowed} may lie within each other there, whatever is set"
    )]
    TooNested {
        /// What it made, such as `129 folders within each other`.
        used: String,
        /// How many may: [`most::DEPTH`], or as many as the workspace itself has.
        allowed: usize,
    },
    /// The guest's code broke.
    #[error("it trapped: {message}")]
    Trap {
        /// What happened, in a line, such as `unreachable executed`.
        message: String,
        /// Whether its stack overflowed.
        too_deep: bool,
        /// The status with which it ended itself, where it did.
        exit: Option<i32>,
        /// The guest's frames, innermost first, one in a line; may be empty.
        backtrace: String,
    },
    /// It called a host function where it may not (rule E11).
    #[error("it called `{function}` in `{during}`, where no host function may be called")]
    ForbiddenImport {
        /// The function, such as `chat.complete`.
        function: String,
        /// The exported function that was running, such as `process-response`.
        during: String,
    },
    /// What it gave back breaks the contract: a document name twice, text of a field it never declared.
    #[error("it gave back something that breaks the contract: {reason}")]
    BadOutcome {
        /// What is wrong.
        reason: String,
    },
    /// A host function ended the attempt (the run goes to sleep, is cancelled, or the store failed).
    #[error("the host stopped it: {0}")]
    Halted(Halt),
    /// The sandbox has no room for another instance, or failed itself.
    #[error("the sandbox failed: {reason}")]
    Host {
        /// What happened.
        reason: String,
    },
}

impl AttemptEnd {
    /// It used more of something than it may, each with its unit.
    pub fn limit(limit: Limit, used: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self::Limit {
            limit,
            used: used.into(),
            allowed: allowed.into(),
        }
    }

    /// The same with no text longer than [`most::MESSAGE`]: a guest has a say in all of them, and they are kept, sent to
    /// whoever watches and written to terminals.
    #[must_use]
    pub fn cut(self) -> Self {
        let text = |text: String| cut(text, most::MESSAGE);
        match self {
            Self::Failure(failure) => Self::Failure(Failure {
                kind: match failure.kind {
                    FailureKind::Other(code) => FailureKind::Other(cut(code, most::NAME)),
                    kind => kind,
                },
                message: text(failure.message),
                ..failure
            }),
            Self::Trap {
                message,
                too_deep,
                exit,
                backtrace,
            } => Self::Trap {
                message: text(message),
                too_deep,
                exit,
                backtrace: text(backtrace),
            },
            Self::BadOutcome { reason } => Self::BadOutcome {
                reason: text(reason),
            },
            Self::Host { reason } => Self::Host {
                reason: text(reason),
            },
            end => end,
        }
    }
}

impl From<Halt> for AttemptEnd {
    fn from(halt: Halt) -> Self {
        match halt {
            Halt::Limit {
                limit,
                used,
                allowed,
            } => Self::limit(limit, used, allowed),
            halt => Self::Halted(halt),
        }
    }
}

/// What an attempt used, and how it ended.
#[derive(Debug, Clone)]
pub struct AttemptReport {
    /// The answer, or how it ended without one.
    pub outcome: Result<GuestAnswer, AttemptEnd>,
    /// Time during which the guest itself computed.
    pub cpu: Duration,
    /// Time from start to end, without the time that a person took to answer.
    pub wall: Duration,
    /// The most bytes that its memories and tables had together.
    pub memory: u64,
    /// Calls of host functions.
    pub host_calls: u64,
    /// What the guest wrote to its standard output and error, cut at `limits.log`.
    pub stderr: String,
}

/// Keeps a loaded plugin at hand for as long as it lives.
pub type Held = Arc<dyn Any + Send + Sync>;

/// Gives the bytes of a component.
pub type ComponentBytes<'a> = dyn Fn() -> io::Result<Arc<[u8]>> + Send + Sync + 'a;

/// The bytes of the component with this digest.
///
/// # Errors
/// [`LoadError::Host`] where there are none, or they have another digest.
pub fn component_of(
    digest: Digest,
    component: &ComponentBytes<'_>,
) -> Result<Arc<[u8]>, LoadError> {
    let failed = |reason: String| LoadError::Host { reason };
    let bytes = component().map_err(|error| failed(error.to_string()))?;
    match Digest::of(&bytes) {
        is if is == digest => Ok(bytes),
        is => Err(failed(format!("a component is {is}, and not {digest}"))),
    }
}

/// How far it is with a plugin that has to be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compiling {
    /// It waits until others are.
    Waits,
    /// It is under way.
    Begun,
}

/// Is told of a compilation that takes longer than a person waits without asking why.
pub type TellCompiling<'a> = dyn Fn(Compiling) + Send + Sync + 'a;

/// Runs components. The sandbox implements it; a test may fake it with plain functions.
#[async_trait]
pub trait StepRunner: Send + Sync {
    /// Compiles and links a component, or finds it done already, and reads its description.
    ///
    /// Called before a run starts and whenever an execution needs the plugin; cheap when it was loaded before.
    ///
    /// # Errors
    /// [`LoadError`] says why the component can't be a step.
    async fn load(&self, component: Arc<[u8]>) -> Result<LoadedPlugin, LoadError> {
        self.load_telling(component, &|_| {}).await
    }

    /// As [`StepRunner::load`], and tells `compiling` where it has to compile first, which may take seconds.
    ///
    /// # Errors
    /// As [`StepRunner::load`].
    async fn load_telling(
        &self,
        component: Arc<[u8]>,
        compiling: &TellCompiling<'_>,
    ) -> Result<LoadedPlugin, LoadError>;

    /// As [`StepRunner::load`], of a component whose digest is known: its bytes are asked for only where nothing is kept that was
    /// compiled from it.
    ///
    /// # Errors
    /// As [`StepRunner::load`]; [`LoadError::Host`] where there are no bytes, or where they have another digest.
    async fn load_known(
        &self,
        digest: Digest,
        component: &ComponentBytes<'_>,
    ) -> Result<LoadedPlugin, LoadError> {
        self.load(component_of(digest, component)?).await
    }

    /// Keeps a loaded plugin at hand until what is given back is dropped; none where it isn't loaded, or not any more.
    fn hold(&self, plugin: &Digest) -> Option<Held>;

    /// Makes one call into a fresh instance of a loaded component, which the caller holds.
    ///
    /// It returns whatever the guest does. When the future is dropped the instance is gone, at any point.
    async fn call(
        &self,
        plugin: &Digest,
        call: GuestCall,
        environment: Environment,
    ) -> AttemptReport;
}
