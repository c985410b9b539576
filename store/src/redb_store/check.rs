//! A look at every record: which ones can't be read.
//!
//! Nothing here mends anything.

use super::blobs::{Blobs, Found, read_file};
use super::codec;
use super::failure::Trouble;
use super::kept;
use super::keys::{self, Named};
use super::table::Records;
use crate::StoreError;
use crate::records::{
    CallRecord, CellRecord, CheckpointRecord, ComparisonRecord, DocumentRecord, EventRecord,
    ExecutionRecord, MemoRecord, RunRecord,
};

/// The error of every record that can't be read.
pub(super) fn problems(records: &Records, blobs: &Blobs) -> Result<Vec<StoreError>, Trouble> {
    let mut problems = Vec::new();
    for record in records.range::<&[u8]>(..)? {
        let (key, value) = record?;
        match problem(records, blobs, key.value(), value.value()) {
            Ok(()) => {}
            Err(Trouble::Store(error)) => problems.push(error),
            Err(trouble) => return Err(trouble),
        }
    }
    // A record that can't be read may have been counted when it could be.
    if problems.is_empty() && !kept::holds(records)? {
        problems.push(StoreError::Unreadable {
            what: "the totals of runs and calls".into(),
            reason: "they aren't what the records add up to".into(),
        });
    }
    Ok(problems)
}

fn problem(records: &Records, blobs: &Blobs, key: &[u8], value: &[u8]) -> Result<(), Trouble> {
    // A later build may have kinds of its own; this one has no need of them.
    let Some(named) = keys::read(key) else {
        return Ok(());
    };
    match named {
        Named::Blob(_) | Named::StepRun(..) | Named::Sequence => Ok(()),
        Named::LargeBlob(digest) => match blobs.find(records, &digest)? {
            Some(Found::File(file)) => Ok(read_file(&digest, &file).map(drop)?),
            _ => Ok(()),
        },
        Named::Call(..) => decodes::<CallRecord>(key, value),
        Named::Document(_) => decodes::<DocumentRecord>(key, value),
        Named::Event(..) => decodes::<EventRecord>(key, value),
        Named::Checkpoint(_) => decodes::<CheckpointRecord>(key, value),
        Named::Memo(..) => decodes::<MemoRecord>(key, value),
        Named::Prompt(_) => codec::decode_prompt(key, value)
            .map(drop)
            .map_err(Trouble::from),
        Named::Comparison(_) => decodes::<ComparisonRecord>(key, value),
        Named::Cell(_) => decodes::<CellRecord>(key, value),
        Named::Run(_) => decodes::<RunRecord>(key, value),
        Named::Execution(_) => decodes::<ExecutionRecord>(key, value),
    }
}

fn decodes<T: serde::de::DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<(), Trouble> {
    codec::decode::<T>(key, value)?;
    Ok(())
}
