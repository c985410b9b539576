//! WASI as a step gets it: there, since every toolchain imports it, and closed.
//!
//! No address, no environment, no argument, no input, and no file but those of the attempt's own copy of the
//! workspace, where one is granted (rule E26), and of folders that it may read. Clock and randomness are rule E12's: unless the real
//! clock is granted, time stands still and a timer is ready at once, having moved the monotonic clock to its deadline.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use rand_chacha::ChaCha12Rng;
use rand_chacha::rand_core::{Rng as _, SeedableRng as _};
use stepwell_contract::Environment;
use wasmtime::component::{HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::bindings::filesystem;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi::{FsPerms, HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxView, WasiView};

use crate::output::Output;
use crate::scratch::{Room, Scratch};

/// One attempt's WASI.
pub(crate) struct Wasi {
    pub(crate) context: WasiCtx,
    pub(crate) table: ResourceTable,
    /// What may still be written to the copy of the workspace, where there is one.
    pub(crate) room: Option<Arc<Mutex<Room>>>,
    /// The monotonic clock; none where the real one is granted.
    frozen: Option<FrozenClock>,
}

impl Wasi {
    /// A closed WASI with the clock and the randomness of `environment`, and the directory `scratch` where there is
    /// one.
    pub(crate) fn new(
        environment: &Environment,
        output: &Output,
        scratch: Option<&Scratch>,
    ) -> wasmtime::Result<Self> {
        let mut random = ChaCha12Rng::from_seed(environment.seed);
        let mut seed = [0; 16];
        random.fill_bytes(&mut seed);
        let insecure = ChaCha12Rng::from_rng(&mut random);

        let mut builder = WasiCtx::builder();
        builder
            .stdout(output.clone())
            .stderr(output.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .max_random_size(environment.limits.transfer)
            .insecure_random_seed(u128::from_le_bytes(seed))
            .insecure_random(insecure)
            .secure_random(random);
        let frozen = if environment.grants.real_clock {
            builder.wall_clock(RealWallClock);
            None
        } else {
            let clock = FrozenClock::default();
            let since_epoch = environment.started_at.as_duration();
            builder.wall_clock(FrozenWallClock(since_epoch.try_into().unwrap_or_default()));
            builder.monotonic_clock(clock.clone());
            Some(clock)
        };
        if let Some(scratch) = scratch {
            // Its files are local and regular, no other kind can be made from within: to hand each access to another
            // thread takes longer than the access. It has to be said before the directories are opened.
            builder.allow_blocking_current_thread(true);
            if environment.copy.is_some() {
                builder.preopened_dir(scratch.workspace(), "/workspace", FsPerms::ReadWrite)?;
                builder.preopened_dir(scratch.temporary(), "/tmp", FsPerms::ReadWrite)?;
            }
        }
        for lent in &environment.folders {
            builder.preopened_dir(&lent.folder, &lent.at, FsPerms::ReadOnly)?;
        }
        let mut table = ResourceTable::new();
        table.set_max_capacity(environment.limits.handles as usize);
        Ok(Self {
            context: builder.build(),
            table,
            room: scratch.map(Scratch::room),
            frozen,
        })
    }

    /// It as wasmtime's own implementation wants it.
    pub(crate) fn view(&mut self) -> WasiCtxView<'_> {
        WasiCtxView {
            ctx: &mut self.context,
            table: &mut self.table,
        }
    }
}

/// Links all of WASI 0.2, with our own monotonic clock in place of the one that waits, and files that count. `wasi` is where a store has it.
pub(crate) fn add_to_linker<T: WasiView + 'static>(
    linker: &mut Linker<T>,
    wasi: fn(&mut T) -> &mut Wasi,
) -> wasmtime::Result<()> {
    struct Ours;
    impl HasData for Ours {
        type Data<'a> = &'a mut Wasi;
    }

    wasmtime_wasi::p2::add_to_linker_async(linker)?;
    linker.allow_shadowing(true);
    monotonic_clock::add_to_linker::<_, Ours>(linker, wasi)?;
    filesystem::types::add_to_linker::<_, Ours>(linker, wasi)?;
    linker.allow_shadowing(false);
    Ok(())
}

/// A clock that only a timer moves.
#[derive(Clone)]
struct FrozenClock(Arc<AtomicU64>);

impl Default for FrozenClock {
    /// It begins at 1: a runtime may take 0 for a clock that is broken, or that it hasn't looked at yet. Go's ends itself at its start
    /// with `nanotime returning zero`.
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(1)))
    }
}

impl HostMonotonicClock for FrozenClock {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// The wall clock, at the execution's recorded start.
struct FrozenWallClock(Duration);

impl HostWallClock for FrozenWallClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

/// The machine's wall clock. What a guest is told has no times before 1970: then the clock stands at 1970.
struct RealWallClock;

impl HostWallClock for RealWallClock {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
    }
}

/// A timer that is ready whenever somebody looks, and has moved the clock to its deadline by then.
struct Timer {
    clock: FrozenClock,
    deadline: u64,
}

#[async_trait::async_trait]
impl Pollable for Timer {
    async fn ready(&mut self) {
        self.clock.0.fetch_max(self.deadline, Relaxed);
    }
}

impl Wasi {
    fn real(&mut self) -> wasmtime_wasi::clocks::WasiClocksCtxView<'_> {
        wasmtime_wasi::clocks::WasiClocksCtxView {
            ctx: self.context.clocks(),
            table: &mut self.table,
        }
    }

    fn timer(
        &mut self,
        clock: FrozenClock,
        deadline: u64,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        let timer = self.table.push(Timer { clock, deadline })?;
        subscribe(&mut self.table, timer)
    }
}

impl monotonic_clock::Host for Wasi {
    fn now(&mut self) -> wasmtime::Result<u64> {
        match &self.frozen {
            Some(clock) => Ok(clock.now()),
            None => self.real().now(),
        }
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        match &self.frozen {
            Some(clock) => Ok(clock.resolution()),
            None => self.real().resolution(),
        }
    }

    fn subscribe_instant(&mut self, when: u64) -> wasmtime::Result<Resource<DynPollable>> {
        match self.frozen.clone() {
            Some(clock) => self.timer(clock, when),
            None => self.real().subscribe_instant(when),
        }
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        match self.frozen.clone() {
            Some(clock) => {
                let deadline = clock.now().saturating_add(duration);
                self.timer(clock, deadline)
            }
            None => self.real().subscribe_duration(duration),
        }
    }
}
