//! The engine that compiles and runs components, with its pool of instances and the queue in front of it.
//!
//! Which component runs, and what it may do, is not known here.

use std::num::NonZeroUsize;
use std::sync::Arc;

use stepwell_contract::compiling;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use wasmtime::component::{Component, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::attempt::Attempt;
use crate::compiling::Compiler;
use crate::ends::MOST_FRAMES;
use crate::ticker::Ticker;
use crate::{SandboxError, SandboxSettings};

const PAGE: u64 = 1 << 16;
const GIB: u64 = 1 << 30;

/// Address space for each memory. With the whole reach of a 32-bit address set aside, compiled code needs no bounds
/// checks; a memory takes real memory only where the guest touched it.
const WHOLE_REACH: u64 = 4 * GIB;

/// The most address space for all memories together: a fraction of the 128 TiB that a process has on x86-64.
const ADDRESS_SPACE: u64 = 32 * 1024 * GIB;

/// The most instances without a pool. Each takes about seven mappings, of which Linux allows a process 65,530.
const MOST_WITHOUT_POOL: u32 = 4000;

/// How many bytes of a memory that nobody uses stay with the process. There are a hundred such memories at most.
const KEPT: usize = 512 << 10;

/// Tables for each instance. A component that takes more of them, or more than one memory, takes the room of several.
const TABLES: u32 = 4;

/// What an attempt with a copy of the workspace has open beside the guest's own: its two folders, and what looks at them.
const OWN_FILES: u32 = 8;

/// More files than this are as good as no bound.
#[cfg(unix)]
const MOST_FILES: u64 = 1 << 20;

/// An engine, ready to run.
pub(crate) struct Runtime {
    pub(crate) engine: Engine,
    pub(crate) linker: Linker<Attempt>,
    pub(crate) ticker: Ticker,
    pub(crate) pooling: bool,
    /// How many instances there may be at once.
    pub(crate) slots: u32,
    /// The largest memory that an instance may have.
    pub(crate) max_memory: u64,
    queue: Arc<Semaphore>,
    /// What the process may have open, less what it needs itself: for the copies of the workspace.
    files: Arc<Semaphore>,
    most_files: u32,
    /// How plugins are compiled, and how many at once.
    pub(crate) compiler: Option<Compiler>,
    pub(crate) compiling: Semaphore,
    /// How many instances were asked for. Code depends on it.
    pub(crate) asked_slots: u32,
}

impl Runtime {
    /// Sets the engine up, with a pool where the machine allows one.
    pub(crate) fn new(settings: &SandboxSettings) -> Result<Self, SandboxError> {
        if settings.max_instances == 0 {
            return Err(SandboxError::NoInstances);
        }
        let max_memory = settings.max_memory.clamp(PAGE, WHOLE_REACH) / PAGE * PAGE;
        let mut config = configuration(settings.max_instances, max_memory);
        let mut slots = settings.max_instances;
        let (engine, pooling) = match Engine::new(&config) {
            Ok(engine) => (engine, true),
            Err(error) => {
                slots = slots.min(MOST_WITHOUT_POOL);
                tracing::warn!(
                    "no pool of {} instances, so each is made on demand, {slots} at most: {error:#}",
                    settings.max_instances,
                );
                config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
                (Engine::new(&config).map_err(SandboxError::engine)?, false)
            }
        };
        let mut linker = Linker::new(&engine);
        crate::wasi::add_to_linker(&mut linker, |attempt: &mut Attempt| &mut attempt.wasi)
            .map_err(SandboxError::engine)?;
        crate::imports::add_to_linker(&mut linker).map_err(SandboxError::engine)?;
        crate::web::add_to_linker(&mut linker).map_err(SandboxError::engine)?;
        let ticker = Ticker::start(engine.clone()).map_err(|error| SandboxError::Thread {
            reason: error.to_string(),
        })?;
        let most_files = most_files();
        Ok(Self {
            engine,
            linker,
            ticker,
            pooling,
            slots,
            max_memory,
            queue: Arc::new(Semaphore::new(slots as usize)),
            files: Arc::new(Semaphore::new(most_files as usize)),
            most_files,
            compiler: settings.compiler.clone(),
            compiling: Semaphore::new(compiling::AT_ONCE),
            asked_slots: settings.max_instances,
        })
    }

    /// Waits until the process may open as many files as an attempt may, so that no attempt takes them from another one
    /// or from the host; they are given back when the answer is dropped.
    pub(crate) async fn queue_for_files(&self, files: u32) -> Option<OwnedSemaphorePermit> {
        let files = files.saturating_add(OWN_FILES).min(self.most_files);
        Arc::clone(&self.files).acquire_many_owned(files).await.ok()
    }

    /// How much of the pool an instance of this component takes; none where the pool is too small for it.
    pub(crate) fn room_for(&self, component: &Component) -> Option<u32> {
        let required = component.resources_required()?;
        let room = required
            .num_memories
            .max(required.num_tables.div_ceil(TABLES))
            .max(1);
        (room <= self.slots).then_some(room)
    }

    /// Waits in the queue until there is room for an instance; the room is given back when the answer is dropped.
    pub(crate) async fn queue(&self, room: u32) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.queue).acquire_many_owned(room).await.ok()
    }
}

/// An engine that compiles for [`Runtime`]'s, and sets no address space aside.
pub(crate) fn engine_without_pool(slots: u32, max_memory: u64) -> wasmtime::Result<Engine> {
    let mut config = configuration(slots, max_memory);
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&config)
}

fn configuration(slots: u32, max_memory: u64) -> Config {
    let reservation = if u64::from(slots).saturating_mul(WHOLE_REACH) <= ADDRESS_SPACE {
        WHOLE_REACH
    } else {
        max_memory
    };

    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(slots)
        .total_stacks(slots)
        .total_memories(slots)
        .total_tables(slots.saturating_mul(TABLES))
        // The instances themselves are no more than counters of the pool. Python's have dozens of modules.
        .total_core_instances(slots.saturating_mul(256))
        .max_memory_size(usize::try_from(max_memory).unwrap_or(usize::MAX))
        .max_memories_per_module(100)
        .max_tables_per_module(100)
        .table_elements(100_000)
        // What an instance touched is put back to what it was, instead of being taken from the process and asked for again
        // by the next one, page by page.
        .linear_memory_keep_resident(KEPT)
        .pagemap_scan(Enabled::Auto)
        .max_core_instance_size(4 << 20)
        .max_component_instance_size(4 << 20);

    let mut config = Config::new();
    config
        .epoch_interruption(true)
        .memory_init_cow(true)
        .memory_reservation(reservation)
        // Interpreters recurse: Python's own limit of 1000 calls must be reached before the end of the stack is. A
        // stack takes real memory only as far as it was used.
        .max_wasm_stack(15 << 20)
        .async_stack_size(16 << 20)
        .wasm_backtrace_max_frames(NonZeroUsize::new(MOST_FRAMES))
        // Only a debugger on the host would read it, and registering it makes loading slower.
        .native_unwind_info(cfg!(windows))
        .allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

/// How many files the process may have open for all copies of the workspace together: half of what the system allows it.
#[cfg(unix)]
fn most_files() -> u32 {
    let allowed = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let half = allowed.map_or(MOST_FILES, |allowed| allowed / 2);
    u32::try_from(half.clamp(1, MOST_FILES)).unwrap_or(1)
}

#[cfg(not(unix))]
fn most_files() -> u32 {
    4000
}
