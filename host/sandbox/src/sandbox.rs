//! The sandbox as the engine sees it: settings in, a [`StepRunner`] out.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use async_trait::async_trait;
use stepwell_contract::{
    AttemptEnd, AttemptReport, ComponentBytes, Digest, Environment, Examined, GuestAnswer,
    GuestCall, Held, LoadError, LoadedPlugin, StepRunner, TellCompiling, component_of,
};
use stepwell_workers::off_the_workers;

use crate::SandboxError;
use crate::call::{self, Answer, Broken, Call, Report};
use crate::code_cache::CodeCache;
use crate::compiling::Compiler;
use crate::inspect::{self, Fit};
use crate::plugin::Plugin;
use crate::runtime::Runtime;
use crate::shelf::Shelf;
use crate::{anatomy, loading};

/// How a sandbox is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxSettings {
    /// Where compiled plugins are kept, for this user alone; none compiles them anew in each process.
    pub cache_folder: Option<PathBuf>,
    /// How many instances there may be at once; further calls wait in a queue. An instance that waits for a model
    /// counts too. It costs address space, not memory.
    pub max_instances: u32,
    /// The most bytes of one memory, whatever `limits.memory` allows; at most 4 GiB, the reach of a 32-bit guest.
    pub max_memory: u64,
    /// How many plugins are kept loaded. Beyond it those that nobody uses are dropped, and loaded again when they are asked for,
    /// which takes milliseconds with a cache and up to seconds without.
    pub max_plugins: usize,
    /// How many bytes their machine code may have together, likewise.
    pub max_code: u64,
    /// How plugins are compiled; none compiles them in this process, without bounds.
    pub compiler: Option<Compiler>,
}

impl Default for SandboxSettings {
    /// A thousand instances, with memories as large as they can be, 256 plugins with 256 MiB of code, and no cache.
    fn default() -> Self {
        Self {
            cache_folder: None,
            max_instances: 1000,
            max_memory: 4 << 30,
            max_plugins: 256,
            max_code: 256 << 20,
            compiler: None,
        }
    }
}

/// How a sandbox fares, for `stepwell doctor`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxHealth {
    /// Whether instances come from a pool; without one they are made on demand, more slowly and fewer.
    pub pooling: bool,
    /// How many instances there may be at once.
    pub max_instances: u32,
    /// The most bytes of one memory.
    pub max_memory: u64,
    /// Where compiled plugins are kept; none where there is no cache, or its folder can't be used.
    pub cache_folder: Option<PathBuf>,
    /// How many compiled plugins there are that this build can use.
    pub cached_components: usize,
    /// How many plugins this sandbox has compiled.
    pub compiled: u64,
}

/// Runs step components. Has to be used within a tokio runtime with its timer enabled.
///
/// A call runs on the thread that polls it and gives way to others each 10 ms. Where many guests compute at once, a
/// runtime that looks at its timers and sockets only after every 61st task (tokio's default) answers late: build it
/// with a small `event_interval`.
pub struct Sandbox {
    runtime: Arc<Runtime>,
    cache: Option<Arc<CodeCache>>,
    plugins: Shelf<Plugin>,
    compiled: AtomicU64,
}

impl Sandbox {
    /// Sets a sandbox up. What the machine lacks beyond the necessary (a pool, a cache folder) is a warning.
    ///
    /// # Errors
    /// [`SandboxError`] if no component could ever run.
    pub fn new(settings: SandboxSettings) -> Result<Self, SandboxError> {
        let runtime = Runtime::new(&settings)?;
        let cache = settings
            .cache_folder
            .and_then(|folder| CodeCache::open(&folder, &runtime.engine));
        Ok(Self {
            runtime: Arc::new(runtime),
            cache: cache.map(Arc::new),
            plugins: Shelf::new(
                settings.max_plugins,
                settings.max_code,
                Plugin::bytes_of_code,
            ),
            compiled: AtomicU64::new(0),
        })
    }

    /// How it fares.
    #[must_use]
    pub fn check(&self) -> SandboxHealth {
        let cache = self.cache.as_deref();
        SandboxHealth {
            pooling: self.runtime.pooling,
            max_instances: self.runtime.slots,
            max_memory: self.runtime.max_memory,
            cache_folder: cache.map(|cache| cache.folder().to_owned()),
            cached_components: cache.map_or(0, CodeCache::count),
            compiled: self.compiled.load(Relaxed),
        }
    }
}

impl Sandbox {
    async fn load_by(
        &self,
        digest: Digest,
        component: &loading::Bytes<'_>,
        compiling: &TellCompiling<'_>,
        fit: &mut Fit,
    ) -> Result<LoadedPlugin, LoadError> {
        let loading = self.plugins.loading(digest);
        let loaded = loading
            .get_or_try_init(|| async {
                let cache = self.cache.as_ref();
                let runtime = &self.runtime;
                let loaded = loading::load(runtime, cache, compiling, digest, component, fit);
                let (plugin, compiled) = loaded.await?;
                self.compiled.fetch_add(u64::from(compiled), Relaxed);
                Ok(Arc::new(plugin))
            })
            .await;
        match &loaded {
            Ok(_) => self.plugins.tidy(),
            // Nothing is kept of a component that can't be used.
            Err(_) => self.plugins.forget(&digest),
        }
        Ok(LoadedPlugin {
            digest,
            description: loaded.map_err(LoadError::cut)?.description.clone(),
        })
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.check().fmt(f)
    }
}

#[async_trait]
impl StepRunner for Sandbox {
    async fn load_telling(
        &self,
        component: Arc<[u8]>,
        compiling: &TellCompiling<'_>,
    ) -> Result<LoadedPlugin, LoadError> {
        // Components have megabytes.
        let digest_of = move || (Digest::of(&component), component);
        let (digest, component) = off_the_workers(digest_of).await;
        let bytes = || Ok(Arc::clone(&component));
        self.load_by(digest, &bytes, compiling, &mut Fit::default())
            .await
    }

    async fn load_known(
        &self,
        digest: Digest,
        component: &ComponentBytes<'_>,
    ) -> Result<LoadedPlugin, LoadError> {
        let bytes = || component_of(digest, component);
        self.load_by(digest, &bytes, &|_| {}, &mut Fit::default())
            .await
    }

    async fn examine(&self, component: Arc<[u8]>, compiling: &TellCompiling<'_>) -> Examined {
        let read = move || (Digest::of(&component), anatomy::of(&component), component);
        let (digest, mut anatomy, component) = off_the_workers(read).await;
        let mut fit = Fit::default();
        let bytes = || Ok(Arc::clone(&component));
        let loaded = self.load_by(digest, &bytes, compiling, &mut fit).await;
        if let (Ok(_), Some(plugin)) = (&loaded, self.plugins.get(&digest)) {
            // Whoever loaded it before has looked at it then.
            let component = plugin.instance.component();
            fit = inspect::look(&self.runtime.engine, component, None);
        }
        anatomy.contract = fit.contract;
        anatomy.imports = fit.imports;
        let loaded = loaded.map_err(|error| {
            let more = fit.problems.into_iter().map(LoadError::cut);
            let more = more.filter(|other| *other != error).collect::<Vec<_>>();
            [vec![error], more].concat()
        });
        Examined { anatomy, loaded }
    }

    fn hold(&self, plugin: &Digest) -> Option<Held> {
        Some(self.plugins.get(plugin)?)
    }

    async fn call(
        &self,
        plugin: &Digest,
        call: GuestCall,
        environment: Environment,
    ) -> AttemptReport {
        let report = match self.plugins.get(plugin) {
            Some(plugin) => call::run(&self.runtime, &plugin, Call::Step(call), environment).await,
            None => Report::nothing(format!(
                "plugin {plugin} was not loaded before it was called"
            )),
        };
        AttemptReport {
            outcome: outcome(report.outcome),
            cpu: report.cpu,
            wall: report.wall,
            memory: report.memory,
            host_calls: report.host_calls,
            stderr: report.output,
        }
    }
}

fn outcome(outcome: Result<Answer, Broken>) -> Result<GuestAnswer, AttemptEnd> {
    match outcome {
        Ok(Answer::Step(answer)) => Ok(answer),
        Ok(Answer::Description(_)) => Err(AttemptEnd::Host {
            reason: "a step's function gave a description".into(),
        }),
        Err(Broken::End(end)) => Err(end.cut()),
        Err(Broken::Type(reason)) => Err(AttemptEnd::Host { reason }.cut()),
    }
}
