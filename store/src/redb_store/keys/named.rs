//! What a key names, read back from its bytes.

use stepwell_contract::{
    ComparisonId, Digest, ExecutionKey, ImprovementId, Name, Position, RunId, StepPath,
};
use uuid::Uuid;

use super::{END, MORE};
use crate::records::{DocumentKey, MemoKey};

/// What a key names, read back from its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::redb_store) enum Named {
    Blob(Digest),
    LargeBlob(Digest),
    Call(ExecutionKey, Uuid),
    Document(DocumentKey),
    Event(RunId, u64),
    Checkpoint(ExecutionKey),
    Memo(ExecutionKey, MemoKey),
    Prompt(Name),
    Comparison(ComparisonId),
    Batch(ComparisonId, Uuid),
    Improvement(ImprovementId),
    Cell(Digest),
    Run(RunId),
    StepRun(StepPath, RunId),
    Sequence,
    Execution(ExecutionKey),
    Removed(Vec<u8>),
}

/// Reads a key back; none where it is no key of this build.
pub(in crate::redb_store) fn read(key: &[u8]) -> Option<Named> {
    let (&kind, rest) = key.split_first()?;
    let mut rest = Rest(rest);
    let named = match kind {
        b'B' => Named::LargeBlob(Digest::from_bytes(rest.take()?)),
        b'b' => Named::Blob(Digest::from_bytes(rest.take()?)),
        b'c' => Named::Call(rest.execution()?, Uuid::from_bytes(rest.take()?)),
        b'd' => Named::Document(DocumentKey {
            execution: rest.execution()?,
            name: rest.text()?.to_owned(),
        }),
        b'e' => Named::Event(rest.run()?, u64::from_be_bytes(rest.take()?)),
        b'k' => Named::Checkpoint(rest.execution()?),
        b'm' => {
            let execution = rest.execution()?;
            let question = Digest::from_bytes(rest.take()?);
            let occurrence = rest.number()?;
            Named::Memo(
                execution,
                MemoKey {
                    question,
                    occurrence,
                },
            )
        }
        b'l' => Named::Cell(Digest::from_bytes(rest.take()?)),
        b'o' => Named::Comparison(ComparisonId(rest.run()?.0)),
        b'C' => {
            let comparison = ComparisonId(rest.run()?.0);
            Named::Batch(comparison, Uuid::from_bytes(rest.take()?))
        }
        b'f' => Named::Improvement(ImprovementId(rest.run()?.0)),
        b'p' => Named::Prompt(Name::new(rest.text()?).ok()?),
        b'r' | b'R' => Named::Run(rest.run()?),
        b's' => Named::StepRun(rest.path()?, rest.run()?),
        b't' => Named::Sequence,
        b'x' => Named::Execution(rest.execution()?),
        b'y' => Named::Removed(std::mem::take(&mut rest.0).to_vec()),
        _ => return None,
    };
    rest.0.is_empty().then_some(named)
}

/// What is left of a key.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_be_bytes)
    }

    fn marker(&mut self) -> Option<bool> {
        match self.take()? {
            [END] => Some(false),
            [MORE] => Some(true),
            _ => None,
        }
    }

    fn run(&mut self) -> Option<RunId> {
        self.take().map(|bytes| RunId(Uuid::from_bytes(bytes)))
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(std::mem::take(&mut self.0)).ok()
    }

    fn path(&mut self) -> Option<StepPath> {
        let end = self.0.iter().position(|byte| *byte == END)?;
        let (path, rest) = (&self.0[..end], &self.0[end + 1..]);
        self.0 = rest;
        std::str::from_utf8(path).ok()?.parse().ok()
    }

    fn execution(&mut self) -> Option<ExecutionKey> {
        let (run, path, take) = (self.run()?, self.path()?, self.number()?);
        let mut at = Vec::new();
        while self.marker()? {
            let item = if self.marker()? {
                Some(self.number()?)
            } else {
                None
            };
            let round = self.number()?;
            at.push(Position { item, round });
        }
        Some(ExecutionKey {
            run,
            path,
            take,
            at,
        })
    }
}

/// What a key names, for a person: `prompt requirement`.
pub(in crate::redb_store) fn describe(key: &[u8]) -> String {
    let Some(named) = read(key) else {
        return format!("an unknown key {}", key.escape_ascii());
    };
    let of = |what: String, execution: &ExecutionKey| {
        format!("{what} {execution} in run {}", execution.run)
    };
    match named {
        Named::Blob(digest) | Named::LargeBlob(digest) => format!("blob {digest}"),
        Named::Call(execution, id) => of(format!("call {id} of"), &execution),
        Named::Document(DocumentKey { execution, name }) => {
            of(format!("document {name} of"), &execution)
        }
        Named::Event(run, cursor) => format!("event {cursor} of run {run}"),
        Named::Checkpoint(execution) => of("checkpoints of".into(), &execution),
        Named::Memo(execution, memo) => {
            let MemoKey {
                question,
                occurrence,
            } = memo;
            of(format!("memo {question} ({occurrence}) of"), &execution)
        }
        Named::Cell(identity) => format!("cell {identity}"),
        Named::Comparison(id) => format!("comparison {id}"),
        Named::Batch(comparison, id) => format!("batch {id} of comparison {comparison}"),
        Named::Improvement(id) => format!("improvement {id}"),
        Named::Prompt(name) => format!("prompt {name}"),
        Named::Run(run) => format!("run {run}"),
        Named::StepRun(path, run) => format!("the index of {path} in run {run}"),
        Named::Sequence => "the number of the last transaction".into(),
        Named::Execution(execution) => of("execution".into(), &execution),
        Named::Removed(_) => "what removed runs took".into(),
    }
}
