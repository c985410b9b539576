//! Anthropic's Message Batches: the requests themselves, and an address with the answers.
//!
//! <https://platform.claude.com/docs/en/api/creating-message-batches>, looked up on 2026-11-30.

use bytes::Bytes;
use jiff::Timestamp;
use serde_json::Value;
use stepwell_contract::ChatErrorKind;

use super::fetched::missing;
use super::found::{BatchEnd, BatchLook, Listed, Page};
use super::{BatchRequest, custom_id, id_of, name_in_path};
use crate::wire::Problem;

/// The body that makes a batch of these requests.
pub(super) fn batch(batch: u128, requests: &[BatchRequest]) -> Bytes {
    let bytes: usize = requests.iter().map(|it| it.body.len() + 96).sum();
    let mut body = Vec::with_capacity(bytes + 64);
    body.extend_from_slice(b"{\"requests\":[");
    for (place, request) in requests.iter().enumerate() {
        let comma = if place > 0 { "," } else { "" };
        let id = custom_id(batch, request.request);
        body.extend_from_slice(format!("{comma}{{\"custom_id\":\"{id}\",\"params\":").as_bytes());
        body.extend_from_slice(&request.body);
        body.push(b'}');
    }
    body.extend_from_slice(b"]}");
    body.into()
}

/// How many requests a batch has, by what became of them.
fn counts(told: &Value) -> (u32, u32) {
    let count = |name: &str| {
        let count = told
            .get("request_counts")
            .and_then(|counts| counts.get(name));
        let count = count.and_then(Value::as_u64).unwrap_or(0);
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let ended = ["succeeded", "errored", "canceled", "expired"].map(count);
    let done = ended.into_iter().fold(0, u32::saturating_add);
    (done, done.saturating_add(count("processing")))
}

/// Where a batch is, by what the provider says of it.
pub(super) fn look(told: &Value, at_provider: &str) -> Result<BatchLook, Problem> {
    match told.get("processing_status").and_then(Value::as_str) {
        Some("ended") => Ok(BatchLook::Ended(BatchEnd {
            paths: vec![format!(
                "messages/batches/{}/results",
                name_in_path(at_provider)?
            )],
            missing: missing(),
        })),
        Some("in_progress" | "canceling") => {
            let (done, total) = counts(told);
            Ok(BatchLook::Waiting { done, total })
        }
        status => {
            let status = status.unwrap_or_default();
            let message = format!("the batch is in a state that nobody knows here: `{status}`");
            Err(Problem::passing(ChatErrorKind::Network, message))
        }
    }
}

/// A page of the batches that there are, as far as they were made since. Nothing in such a list says whose a batch is: one of as many
/// requests may be the one that is looked for.
pub(super) fn page(told: &Value, requests: u32, since: i64) -> Page {
    let batches = told.get("data").and_then(Value::as_array);
    let batches = batches.map(Vec::as_slice).unwrap_or_default();
    let mut listed = Vec::with_capacity(batches.len());
    let mut is_older = false;
    for batch in batches {
        let made = batch.get("created_at").and_then(Value::as_str);
        let made = made.and_then(|made| made.parse::<Timestamp>().ok());
        let too_old = made.is_some_and(|made| made.as_second() < since);
        is_older |= too_old;
        let (_, total) = counts(batch);
        let has_ended = batch.get("processing_status") == Some(&Value::String("ended".into()));
        listed.push(match (id_of(batch), has_ended) {
            _ if too_old || total != requests => Listed::Other,
            (Some(id), true) => Listed::MayBe(id),
            (Some(_), false) => Listed::MayBeLater,
            (None, _) => Listed::Other,
        });
    }
    let has_more = told.get("has_more") == Some(&Value::Bool(true)) && !is_older;
    let last = told
        .get("last_id")
        .and_then(Value::as_str)
        .filter(|_| has_more);
    Page {
        listed,
        next: last.map(|last| ("after_id", last.to_owned())),
    }
}
