//! Checkpoints: what a step saves for an attempt that starts afresh, with what it has staged.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde_json::Value;
use stepwell_contract::{CheckpointError, Digest, Halt, Hosted};
use stepwell_store::{Change, CheckpointRecord};

use super::services::Services;
use super::staging::weigh;
use crate::state::lock;

impl Services {
    pub(super) async fn keep_checkpoint(
        &self,
        key: String,
        bytes: Bytes,
    ) -> Hosted<Result<(), CheckpointError>> {
        let changes = {
            let mut memory = lock(&self.memory);
            let last = memory.checkpoint.as_ref();
            let (staging, mut changes) = memory.staging.keep(last.map(|last| &last.staging));
            let written = last.map_or(0, |last| last.written);
            let staged = memory.staging.prompt_bytes.saturating_add(weigh(&changes));
            let written = or_told!(self.charge_checkpoint(&key, &bytes, written, staged));
            let staging = serde_json::to_value(staging).map_err(|error| Halt::Store {
                reason: error.to_string(),
            })?;
            let now = self.run.house.now();
            let last = memory.checkpoint.take();
            let mut record = last.unwrap_or_else(|| CheckpointRecord {
                execution: self.key.clone(),
                values: BTreeMap::new(),
                staging: Value::Null,
                saved_at: now,
                written: 0,
                other: serde_json::Map::new(),
            });
            record.values.insert(key, Digest::of(&bytes));
            record.written = written;
            record.staging = staging;
            record.saved_at = now;
            memory.checkpoint = Some(record.clone());
            memory.saved_checkpoint = true;
            changes.push(Change::Blob(bytes));
            changes.push(Change::Checkpoint(Box::new(record)));
            changes
        };
        self.commit(changes).await?;
        Ok(Ok(()))
    }

    pub(super) async fn kept_checkpoint(&self, key: &str) -> Hosted<Option<Vec<u8>>> {
        let digest = lock(&self.memory)
            .checkpoint
            .as_ref()
            .and_then(|kept| kept.values.get(key).copied());
        match digest {
            Some(digest) => Ok(Some(self.blob(&digest).await?.to_vec())),
            None => Ok(None),
        }
    }
}
