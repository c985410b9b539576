//! From a component's bytes to machine code, in bounds of time and memory.
//!
//! A compilation can't be ended from within, and its memory is nobody's but the process's. So it is carried out by a child
//! process, which bounds itself before it reads a byte ([`compile_here`]), is handed the component on its standard input,
//! and gives the code on its standard output: it needs no folder that anybody may write. Without a program for that it is
//! done in this process. It ends with whoever asked for it.

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, Read as _, Write as _};
use std::path::PathBuf;
use std::process::{ExitCode, ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use stepwell_contract::{Compiling, LoadError, TellCompiling, amounts, compiling};
use stepwell_workers::off_the_workers;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::runtime::{self, Runtime};

/// A program that compiles, and its bounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compiler {
    /// The program, with the arguments after which it calls [`compile_here`] with those that follow.
    pub program: PathBuf,
    /// Those arguments.
    pub arguments: Vec<OsString>,
    /// The most processor time. By the clock it may be [`BY_THE_CLOCK`] times as much.
    pub time: Duration,
    /// The most memory.
    pub memory: u64,
}

/// A machine that is busy needs longer by the clock for the same work.
const BY_THE_CLOCK: u32 = 5;

/// How long somebody waits before it is told why.
const PATIENCE: Duration = Duration::from_secs(1);

/// The exit codes of the child.
const UNFIT: u8 = 1;
const NO_MEMORY: u8 = 2;
const BROKEN: u8 = 3;

/// The part of [`Compiler::memory`] that the code may have: a child that makes more has no room left to make it in, and here it
/// is held, too.
const PART_OF_CODE: u64 = 4;

/// The most that is read of what the child says of an error.
const MOST_WORDS: usize = 64 << 10;

/// A component that was compiled.
pub(crate) struct Compiled {
    pub(crate) component: Component,
    /// Its machine code, where a child gave it.
    code: Option<Vec<u8>>,
}

impl Compiled {
    /// Its machine code.
    pub(crate) fn code(&self) -> wasmtime::Result<Cow<'_, [u8]>> {
        Ok(match &self.code {
            Some(code) => code.into(),
            None => self.component.serialize()?.into(),
        })
    }
}

/// Compiles a component, once few enough others are compiled.
pub(crate) async fn compile(
    runtime: &Arc<Runtime>,
    bytes: Arc<[u8]>,
    telling: &TellCompiling<'_>,
) -> Result<Compiled, LoadError> {
    let place = runtime.compiling.acquire();
    let _place = telling_of(place, &|| telling(Compiling::Waits)).await;
    let work = compile_now(Arc::clone(runtime), bytes);
    telling_of(work, &|| telling(Compiling::Begun)).await
}

async fn compile_now(runtime: Arc<Runtime>, bytes: Arc<[u8]>) -> Result<Compiled, LoadError> {
    let Some(compiler) = &runtime.compiler else {
        let compile = move || {
            let component = Component::from_binary(&runtime.engine, &bytes);
            let component = component.map_err(|error| unfit(format!("{error:#}")))?;
            let code = None;
            Ok(Compiled { component, code })
        };
        return off_the_workers(compile).await;
    };
    let code = compiler.compile(&runtime, &bytes).await?;
    let engine = runtime.engine.clone();
    let read = move || {
        let component = read(&engine, &code)?;
        let code = Some(code);
        Ok(Compiled { component, code })
    };
    off_the_workers(read).await
}

/// Says so where it takes longer than a person waits without asking why.
async fn telling_of<T>(work: impl Future<Output = T>, telling: &(dyn Fn() + Send + Sync)) -> T {
    let mut work = std::pin::pin!(work);
    match tokio::time::timeout(PATIENCE, &mut work).await {
        Ok(done) => done,
        Err(_) => {
            telling();
            work.await
        }
    }
}

/// The machine code that a child gave.
fn read(engine: &Engine, code: &[u8]) -> Result<Component, LoadError> {
    // SAFETY: the code came through a pipe that nobody but this process and its child had, and the child was this very
    // program. wasmtime holds it against its version and settings, as it does with code from the cache.
    #[allow(unsafe_code, reason = "wasmtime can't check machine code; see above")]
    let component = unsafe { Component::deserialize(engine, code) };
    // The pool is asked whether such an instance could ever be made.
    component.map_err(|error| unfit(format!("{error:#}")))
}

/// On how many threads a child compiles.
fn threads() -> usize {
    const MOST: usize = 16;
    std::thread::available_parallelism().map_or(1, |threads| threads.get().min(MOST))
}

impl Compiler {
    /// Gives the code.
    async fn compile(&self, runtime: &Runtime, component: &[u8]) -> Result<Vec<u8>, LoadError> {
        let failed = |error: io::Error| LoadError::Host {
            reason: format!("the compiler can't be started: {error}"),
        };
        let mut child = tokio::process::Command::new(&self.program)
            .args(&self.arguments)
            .arg(self.time.as_secs().max(1).to_string())
            .arg(self.memory.to_string())
            .arg(runtime.asked_slots.to_string())
            .arg(runtime.max_memory.to_string())
            // It needs none of it, and it holds keys.
            .env_clear()
            // What the bound counts is address space: of that each further arena and stack would set some aside.
            .env("MALLOC_ARENA_MAX", "2")
            .env("RAYON_NUM_THREADS", threads().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(failed)?;
        let input = child.stdin.take();
        let feed = async {
            if let Some(mut input) = input {
                // A child that ended before it had read everything says itself why.
                let _ = input.write_all(component).await;
            }
        };
        let output = child.stdout.take();
        let most = self.memory / PART_OF_CODE;
        let collect = async {
            let mut code = Vec::new();
            if let Some(output) = output {
                // One that has more to give finds nobody there, and ends.
                let mut output = output.take(most.saturating_add(1));
                output.read_to_end(&mut code).await?;
            }
            Ok(code)
        };
        let words = child.stderr.take();
        let listen = async {
            let mut said = Vec::new();
            if let Some(words) = words {
                let mut words = words.take(MOST_WORDS as u64);
                let _ = words.read_to_end(&mut said).await;
                // What is more is let go of, so that the child isn't kept by it.
                let _ = tokio::io::copy(&mut words.into_inner(), &mut tokio::io::sink()).await;
            }
            String::from_utf8_lossy(&said).into_owned()
        };
        let all = async { tokio::join!(feed, collect, listen, child.wait()) };
        let by_the_clock = self.time.saturating_mul(BY_THE_CLOCK);
        let Ok(((), code, words, ended)) = tokio::time::timeout(by_the_clock, all).await else {
            // Until it is gone its place isn't given to anybody else.
            let _ = child.kill().await;
            return Err(self.too_long());
        };
        let (code, ended): (Vec<u8>, _) = (code.map_err(failed)?, ended.map_err(failed)?);
        if code.len() as u64 > most {
            return Err(self.too_much_memory());
        }
        if !ended.success() {
            return Err(self.refused(ended, words));
        }
        Ok(code)
    }

    fn too_long(&self) -> LoadError {
        let allowed = amounts::duration(u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX));
        LoadError::TooCostly {
            reason: format!("it takes more than {allowed} of processor time"),
            setting: compiling::OF_TIME.key.unwrap_or_default(),
        }
    }

    fn too_much_memory(&self) -> LoadError {
        LoadError::TooCostly {
            reason: format!(
                "it takes more than {} of memory",
                amounts::size(self.memory)
            ),
            setting: compiling::OF_MEMORY.key.unwrap_or_default(),
        }
    }

    /// Why a child gave no code.
    fn refused(&self, ended: ExitStatus, words: String) -> LoadError {
        match ended.code() {
            Some(code) if code == i32::from(UNFIT) => return unfit(words),
            Some(code) if code == i32::from(NO_MEMORY) => {}
            // The system ended it: at the end of its time, or for want of memory, of which Rust's own words tell.
            _ if is_end_of_time(ended) => return self.too_long(),
            _ if is_want_of_memory(&words) => {}
            _ => {
                let reason = format!("the compiler broke ({ended}): {}", words.trim());
                return LoadError::Host { reason };
            }
        }
        self.too_much_memory()
    }
}

#[cfg(unix)]
fn is_end_of_time(ended: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    let of_time = [rustix::process::Signal::XCPU, rustix::process::Signal::KILL];
    let signals = of_time.map(rustix::process::Signal::as_raw);
    ended
        .signal()
        .is_some_and(|signal| signals.contains(&signal))
}

#[cfg(not(unix))]
fn is_end_of_time(_: ExitStatus) -> bool {
    false
}

/// Whether an error, or what a process says before it aborts, is of memory that the system doesn't give. A thread that can't
/// be started has no room for its stack.
fn is_want_of_memory(words: &str) -> bool {
    let of_memory = [
        "memory allocation of",
        "annot allocate memory",
        "out of memory",
        "os error 12",
        "os error 11",
        "mmap failed",
    ];
    of_memory.iter().any(|part| words.contains(part))
}

/// The work of the child: bounds this process, reads a component from its standard input, and writes its machine code to its
/// standard output. `arguments` are those that the sandbox which asked gave it.
#[must_use]
pub fn compile_here(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let (code, words) = match compile_bounded(arguments) {
        Ok(()) => return ExitCode::SUCCESS,
        Err(failed) => failed,
    };
    let code = match is_want_of_memory(&words) {
        true => NO_MEMORY,
        false => code,
    };
    // Nobody listens: then nobody asks why, either.
    let _ = io::stderr().write_all(words.as_bytes());
    ExitCode::from(code)
}

fn compile_bounded(arguments: impl Iterator<Item = OsString>) -> Result<(), (u8, String)> {
    let broken = |words: String| (BROKEN, words);
    let numbers: Vec<u64> = arguments
        .map_while(|argument| argument.to_str()?.parse().ok())
        .collect();
    let [time, memory, slots, max_memory] = numbers[..] else {
        return Err(broken("it was asked to compile in another way".into()));
    };
    bound(time, memory).map_err(|error| broken(error.to_string()))?;
    end_with_who_asked().map_err(|error| broken(error.to_string()))?;
    let mut component = Vec::new();
    let read = io::stdin().lock().read_to_end(&mut component);
    read.map_err(|error| broken(error.to_string()))?;
    let slots = u32::try_from(slots).unwrap_or(u32::MAX);
    let engine = runtime::engine_without_pool(slots, max_memory);
    let engine = engine.map_err(|error| broken(format!("{error:#}")))?;
    let code = engine.precompile_component(&component);
    let code = code.map_err(|error| (UNFIT, format!("{error:#}")))?;
    let written = io::stdout().lock().write_all(&code);
    written.map_err(|error| broken(error.to_string()))
}

/// Bounds this process: memory, processor time, no file, and no image of it where it breaks.
#[cfg(unix)]
fn bound(seconds: u64, memory: u64) -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let at_most = |most: u64| Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    setrlimit(Resource::As, at_most(memory))?;
    setrlimit(Resource::Fsize, at_most(0))?;
    setrlimit(Resource::Cpu, at_most(seconds))?;
    setrlimit(Resource::Core, at_most(0))?;
    Ok(())
}

/// Ends this process when nobody is there to read its output: who asked for it was killed, and nobody else ends it. The pipe tells of
/// that whatever way the other one ended, and whichever of its threads began this.
#[cfg(unix)]
fn end_with_who_asked() -> io::Result<()> {
    use rustix::event::{PollFd, PollFlags, poll};
    // Of address space it has little.
    const STACK: usize = 64 << 10;
    let watch = || {
        let output = io::stdout();
        // Nothing is asked for: that the other end is gone is told always.
        let mut watched = [PollFd::new(&output, PollFlags::empty())];
        while poll(&mut watched, None) == Err(rustix::io::Errno::INTR) {}
        if watched[0]
            .revents()
            .intersects(PollFlags::ERR | PollFlags::HUP)
        {
            std::process::exit(BROKEN.into());
        }
    };
    let thread = std::thread::Builder::new()
        .name("asked".into())
        .stack_size(STACK);
    thread.spawn(watch).map(drop)
}

#[cfg(not(unix))]
fn end_with_who_asked() -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn bound(_: u64, _: u64) -> io::Result<()> {
    Ok(())
}

/// What a component that can't be compiled is. The errors have no types: those of a limit say so, in the words of the parser
/// or of the pool, which is asked whether such an instance could ever be made.
fn unfit(reason: String) -> LoadError {
    const OF_A_LIMIT: [&str; 7] = [
        "pooling allocator",
        "exceeds limit",
        "exceeds the limit",
        "exceeds the configured maximum",
        "implementation limit",
        "too many",
        "size must be at most",
    ];
    if OF_A_LIMIT.iter().any(|words| reason.contains(words)) {
        return LoadError::TooMuch { reason };
    }
    // What is asynchronous is switched off as a whole.
    if !reason.contains("component model async") {
        return LoadError::NotWasm { reason };
    }
    let first = reason.rsplit(": ").next().unwrap_or(&reason);
    LoadError::AsyncFunctions {
        what: format!("it has asynchronous functions ({first})"),
        language: None,
    }
}
