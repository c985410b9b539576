//! What the sandbox offers to the engine.

use std::any::Any;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::{
    Anatomy, AttemptEnd, Digest, Environment, Examined, HostServices, LoadError, LoadedPlugin, Text,
};

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

    /// As [`StepRunner::load_telling`], and says what the component is made of, also of one that can't be a step.
    async fn examine(&self, component: Arc<[u8]>, compiling: &TellCompiling<'_>) -> Examined {
        let loaded = self.load_telling(component, compiling).await;
        Examined {
            anatomy: Anatomy::default(),
            loaded: loaded.map_err(|error| vec![error]),
        }
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
