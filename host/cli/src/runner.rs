//! The sandbox, set up when the first step needs it.
//!
//! Reading a prompt or a document should not wait for a WebAssembly engine; a run has it set up on another thread
//! while the store opens.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use async_trait::async_trait;
use stepwell_contract::{
    Anatomy, AttemptEnd, AttemptReport, ComponentBytes, Digest, Environment, Examined, GuestCall,
    Held, LoadError, LoadedPlugin, StepRunner, TellCompiling,
};
use stepwell_sandbox::{Sandbox, SandboxError, SandboxSettings};

/// The first argument of a process that compiles a plugin for another one of this program. No person gives it.
pub(crate) const COMPILES: &str = "compile-component";

/// A [`StepRunner`] that sets up its sandbox when it is first used.
pub(crate) struct LateSandbox {
    settings: SandboxSettings,
    sandbox: OnceLock<Result<Sandbox, SandboxError>>,
}

impl LateSandbox {
    pub(crate) fn new(settings: SandboxSettings) -> Arc<Self> {
        Arc::new(Self {
            settings,
            sandbox: OnceLock::new(),
        })
    }

    /// Begins to set it up on a thread of its own.
    pub(crate) fn warm_up(self: &Arc<Self>) {
        let this = Arc::clone(self);
        tokio::task::spawn_blocking(move || {
            let _ = this.get();
        });
    }

    /// The sandbox.
    pub(crate) fn get(&self) -> Result<&Sandbox, &SandboxError> {
        self.sandbox
            .get_or_init(|| Sandbox::new(self.settings.clone()))
            .as_ref()
    }

    fn loader(&self) -> Result<&Sandbox, LoadError> {
        self.get().map_err(|error| LoadError::Host {
            reason: reason(error),
        })
    }
}

fn reason(error: &SandboxError) -> String {
    format!("{error} ({})", error.hint())
}

#[async_trait]
impl StepRunner for LateSandbox {
    async fn load_telling(
        &self,
        component: Arc<[u8]>,
        compiling: &TellCompiling<'_>,
    ) -> Result<LoadedPlugin, LoadError> {
        self.loader()?.load_telling(component, compiling).await
    }

    async fn load_known(
        &self,
        digest: Digest,
        component: &ComponentBytes<'_>,
    ) -> Result<LoadedPlugin, LoadError> {
        self.loader()?.load_known(digest, component).await
    }

    async fn examine(&self, component: Arc<[u8]>, compiling: &TellCompiling<'_>) -> Examined {
        match self.loader() {
            Ok(sandbox) => sandbox.examine(component, compiling).await,
            Err(error) => Examined {
                anatomy: Anatomy::default(),
                loaded: Err(vec![error]),
            },
        }
    }

    fn hold(&self, plugin: &Digest) -> Option<Held> {
        self.get().ok()?.hold(plugin)
    }

    async fn call(
        &self,
        plugin: &Digest,
        call: GuestCall,
        environment: Environment,
    ) -> AttemptReport {
        match self.get() {
            Ok(sandbox) => sandbox.call(plugin, call, environment).await,
            Err(error) => AttemptReport {
                outcome: Err(AttemptEnd::Host {
                    reason: reason(error),
                }),
                cpu: Duration::ZERO,
                wall: Duration::ZERO,
                memory: 0,
                host_calls: 0,
                stderr: String::new(),
            },
        }
    }
}
