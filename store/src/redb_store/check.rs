//! A look at every record: which ones can't be read.
//!
//! Nothing here mends anything.

use stepwell_contract::Digest;

use super::blobs::Blobs;
use super::failure::Trouble;
use super::keys::{self, Named};
use super::table::Records;
use super::{codec, frame, hidden, kept, stored_prompts};
use crate::StoreError;
use crate::records::{
    BatchRecord, CallRecord, CallTotals, CellRecord, CheckpointRecord, ComparisonRecord,
    DocumentRecord, EventRecord, ExecutionRecord, ImprovementRecord, MemoRecord, RunRecord,
};

/// The error of every record that can't be read.
pub(super) fn problems(records: &Records, blobs: &Blobs) -> Result<Vec<StoreError>, Trouble> {
    let mut problems = Vec::new();
    for record in records.range::<&[u8]>(..)? {
        let (key, value) = record?;
        problems_of(records, blobs, key.value(), value.value(), &mut problems)?;
    }
    problems.extend(hidden::errors(records)?);
    // A record that can't be read may have been counted when it could be.
    if problems.is_empty() && !kept::holds(records)? {
        problems.push(StoreError::Unreadable {
            what: "the totals of runs and calls".into(),
            reason: "they aren't what the records add up to".into(),
        });
    }
    Ok(problems)
}

/// Adds what of a record can't be read.
pub(super) fn problems_of(
    records: &Records,
    blobs: &Blobs,
    key: &[u8],
    value: &[u8],
    problems: &mut Vec<StoreError>,
) -> Result<(), Trouble> {
    match problem(records, blobs, key, value) {
        Err(Trouble::Store(error)) => problems.push(error),
        looked => looked?,
    }
    Ok(())
}

fn problem(records: &Records, blobs: &Blobs, key: &[u8], value: &[u8]) -> Result<(), Trouble> {
    if kept::follows(key) {
        // It is held against the records, below.
        return Ok(());
    }
    // Also what a later build has kinds of its own for.
    let payload = frame::within(key, value)?;
    let Some(named) = keys::read(key) else {
        return Ok(());
    };
    match named {
        Named::StepRun(..) | Named::Sequence => Ok(()),
        Named::Blob(digest) if Digest::of(payload) == digest => Ok(()),
        Named::Blob(_) => {
            let reason = "it is other bytes than its name says";
            Err(codec::unreadable(key, reason.into()).into())
        }
        Named::LargeBlob(digest) => blobs.read(records, &digest).map(drop),
        Named::Call(..) => decodes::<CallRecord>(key, value),
        Named::Document(_) => decodes::<DocumentRecord>(key, value),
        Named::Event(..) => decodes::<EventRecord>(key, value),
        Named::Checkpoint(_) => decodes::<CheckpointRecord>(key, value),
        Named::Memo(..) => decodes::<MemoRecord>(key, value),
        Named::Prompt(_) => {
            let text = |digest: &Digest| blobs.read(records, digest);
            let prompt = stored_prompts::decode(key, value, text)?;
            let mut versions = prompt.versions.iter();
            versions.try_for_each(|version| prompt.template(version.number).map(drop))?;
            prompt
                .intrinsic
                .iter()
                .try_for_each(|own| Ok(own.template(&prompt.name).map(drop)?))
        }
        Named::Comparison(_) => decodes::<ComparisonRecord>(key, value),
        Named::Batch(..) => decodes::<BatchRecord>(key, value),
        Named::Improvement(_) => decodes::<ImprovementRecord>(key, value),
        Named::Cell(_) => decodes::<CellRecord>(key, value),
        Named::Run(_) => decodes::<RunRecord>(key, value),
        Named::Execution(_) => decodes::<ExecutionRecord>(key, value),
        Named::Removed(_) => decodes::<CallTotals>(key, value),
    }
}

fn decodes<T: serde::de::DeserializeOwned>(key: &[u8], value: &[u8]) -> Result<(), Trouble> {
    codec::decode::<T>(key, value)?;
    Ok(())
}
