//! How an attempt ended that gave no answer, from what wasmtime says of it.
//!
//! What ended it from the host's side is known before (see [`crate::attempt`]); here are traps, exits, malformed
//! values and a guest that died for want of memory.

use std::fmt::Write as _;

use stepwell_contract::{AttemptEnd, Language, Limit, amounts};
use wasmtime::{Error, FrameInfo, PoolConcurrencyLimitError, Trap, WasmBacktrace};
use wasmtime_wasi::{I32Exit, ResourceTableError};

use crate::attempt::Attempt;
use crate::last_words::{self, LastWords};

/// The most frames that a backtrace has.
pub(crate) const MOST_FRAMES: usize = 64;

/// What a guest has said until it broke.
#[derive(Clone, Copy, Default)]
pub(crate) struct Said<'a> {
    /// Its standard output and error.
    pub(crate) output: &'a str,
    /// The language that it is written in, where that is known.
    pub(crate) language: Option<&'a Language>,
}

impl Said<'_> {
    /// Its last words, where it ended itself. Of what the machine stopped it says nothing.
    fn at(self, error: &Error) -> Option<LastWords> {
        let ended_itself = match (error.downcast_ref(), error.downcast_ref()) {
            (Some(I32Exit(status)), _) => *status != 0,
            (_, Some(trap)) => matches!(trap, Trap::UnreachableCodeReached),
            _ => false,
        };
        let words = ended_itself.then(|| last_words::of(self.output, self.language));
        words.flatten()
    }
}

/// The end of an attempt whose call gave an error.
pub(crate) fn of_call(attempt: &mut Attempt, error: &Error, said: Said<'_>) -> AttemptEnd {
    if let Some(end) = attempt.take_end() {
        return end;
    }
    if let Some(end) = of_memory(attempt) {
        return end;
    }
    if is_transfer(error) {
        let allowed = amounts::size(attempt.limits().transfer);
        return AttemptEnd::limit(Limit::Transfer, format!("more than {allowed}"), allowed);
    }
    if is_handles(error) {
        let allowed = format!("{} handles", attempt.limits().handles);
        return AttemptEnd::limit(Limit::Handles, "one more", allowed);
    }
    let said = said.at(error);
    AttemptEnd::Trap {
        mend: said.as_ref().and_then(|words| words.mend),
        message: said.map_or_else(|| message(error), |words| words.line),
        too_deep: is_too_deep(error),
        exit: error.downcast_ref().map(|I32Exit(status)| *status),
        backtrace: error
            .downcast_ref::<WasmBacktrace>()
            .map_or_else(String::new, |trace| backtrace(trace.frames())),
    }
}

/// The end of an attempt whose component could not be instantiated.
pub(crate) fn of_instantiation(attempt: &mut Attempt, error: &Error, said: Said<'_>) -> AttemptEnd {
    let is_guests = error.is::<Trap>() || error.is::<I32Exit>() || error.is::<WasmBacktrace>();
    let is_pools = error.is::<PoolConcurrencyLimitError>();
    if !is_guests && (is_pools || attempt.memory.refused().is_none()) {
        return attempt.take_end().unwrap_or_else(|| AttemptEnd::Host {
            reason: format!("no instance could be made: {error:#}"),
        });
    }
    of_call(attempt, error, said)
}

/// A guest that died after a growth was refused died of it; one that got by without has had a growth since, or ended
/// well.
fn of_memory(attempt: &Attempt) -> Option<AttemptEnd> {
    let wanted = attempt.memory.refused()?;
    let allowed = amounts::size(attempt.memory.limit());
    let used = amounts::size(wanted);
    Some(AttemptEnd::limit(Limit::Memory, used, allowed))
}

/// Whether wasmtime refused to take over as many bytes as the guest hands over. Its error has no public type.
fn is_transfer(error: &Error) -> bool {
    error
        .chain()
        .any(|cause| cause.to_string().contains("fuel allocated for hostcalls"))
}

/// Whether there are no more handles: wasmtime counts those that the guest holds, without a public type for the error, and
/// WASI those that it made for it.
fn is_handles(error: &Error) -> bool {
    let full = |cause: &(dyn std::error::Error + 'static)| {
        matches!(cause.downcast_ref(), Some(ResourceTableError::Full))
            || cause.to_string().contains("handle limit exceeded")
    };
    error.chain().any(full)
}

fn message(error: &Error) -> String {
    if let Some(I32Exit(status)) = error.downcast_ref() {
        return format!("it called exit with status {status}");
    }
    let Some(trap) = error.downcast_ref::<Trap>() else {
        return format!("it handed over something malformed: {}", error.root_cause());
    };
    match trap {
        Trap::UnreachableCodeReached => "unreachable code was executed".into(),
        Trap::StackOverflow => "the stack overflowed: it recurses too deep".into(),
        // A guest's own stack lies in its memory, before everything else: overflowing it is an access below address 0.
        Trap::MemoryOutOfBounds if is_too_deep(error) => {
            "it accessed memory out of bounds, deep in a recursion: its stack overflowed".into()
        }
        Trap::MemoryOutOfBounds => "it accessed memory out of bounds".into(),
        Trap::TableOutOfBounds => "it called through a table out of bounds".into(),
        Trap::IndirectCallToNull => "it called a function pointer that is null".into(),
        Trap::BadSignature => "it called a function pointer of another type".into(),
        Trap::IntegerOverflow => "an integer overflowed in a division".into(),
        Trap::IntegerDivisionByZero => "it divided an integer by zero".into(),
        Trap::BadConversionToInteger => {
            "it converted a float to an integer that can't hold it".into()
        }
        Trap::HeapMisaligned => "it accessed memory atomically at an unaligned address".into(),
        Trap::CannotEnterComponent => "it was entered again while it was running".into(),
        other => {
            let text = other.to_string();
            text.strip_prefix("wasm trap: ").unwrap_or(&text).to_owned()
        }
    }
}

/// Whether the guest's stack overflowed: the one of its calls, or its own in its memory, of which a backtrace tells that
/// has no more room for its frames.
fn is_too_deep(error: &Error) -> bool {
    let is_deep = || {
        let trace = error.downcast_ref::<WasmBacktrace>();
        trace.is_some_and(|trace| trace.frames().len() >= MOST_FRAMES)
    };
    match error.downcast_ref() {
        Some(Trap::StackOverflow) => true,
        Some(Trap::MemoryOutOfBounds) => is_deep(),
        _ => false,
    }
}

/// The guest's functions, innermost first, one in a line, without what a panic itself calls.
fn backtrace(frames: &[FrameInfo]) -> String {
    let names: Vec<String> = frames.iter().map(name).collect();
    let first = names.iter().take_while(|name| is_panicking(name)).count();
    // Where all of it looks like the machinery of a panic, the guess was wrong.
    let first = if first == names.len() { 0 } else { first };
    let mut text = String::new();
    for run in names[first..].chunk_by(|one, other| one == other) {
        // Writing to a string can't fail.
        let _ = match run {
            [name] => writeln!(text, "{name}"),
            [name, ..] => writeln!(text, "{name} ({} times)", run.len()),
            [] => Ok(()),
        };
    }
    if frames.len() >= MOST_FRAMES {
        text.push_str("and further out\n");
    }
    text
}

fn name(frame: &FrameInfo) -> String {
    match (frame.func_name(), frame.module_offset()) {
        (Some(name), _) => format!("{:#}", rustc_demangle::demangle(name)),
        (None, Some(offset)) => format!("function {} at {offset:#x}", frame.func_index()),
        (None, None) => format!("function {}", frame.func_index()),
    }
}

fn is_panicking(name: &str) -> bool {
    const MACHINERY: [&str; 11] = [
        "__rust",
        "rust_panic",
        "std::panicking::",
        "core::panicking::",
        "std::process::abort",
        "std::sys::",
        "alloc::alloc::handle_alloc_error",
        "alloc::raw_vec::handle_error",
        "std::alloc::",
        "abort",
        // Go's, as its compiler names what lies in its package `runtime`.
        "runtime.",
    ];
    let name = name.trim_start_matches(['_', '<']);
    MACHINERY
        .iter()
        .any(|start| name.starts_with(start.trim_start_matches('_')))
        || name.contains("panicking::")
}
