//! Batches as OpenAI has them: a file of requests, a batch of it, and files of answers.
//!
//! <https://developers.openai.com/api/reference/resources/batches>, looked up on 2026-11-30.

use bytes::Bytes;
use serde_json::{Value, json};
use stepwell_contract::ChatErrorKind;

use super::fetched::{cancelled, expired, missing};
use super::found::{BatchEnd, BatchLook, Listed, Page};
use super::{BatchRequest, custom_id, id_of, name_in_path};
use crate::wire::{Problem, failure};

/// Under which name a batch is told whose it is.
const OURS: &str = "stepwell_batch";

/// What parts the two parts of an upload. No line of JSON holds it.
const BOUNDARY: &str = "stepwell-batch-7d0c5f3b9a1e4f60";

pub(super) const UPLOAD_TYPE: &str =
    "multipart/form-data; boundary=stepwell-batch-7d0c5f3b9a1e4f60";

/// What the endpoint of a batch is called, whatever the base URL is.
fn endpoint(path: &str) -> String {
    format!("/v1/{path}")
}

/// The body of the upload of a file with these requests.
pub(super) fn upload(batch: u128, path: &str, requests: &[BatchRequest]) -> Bytes {
    let bytes: usize = requests.iter().map(|it| it.body.len() + 160).sum();
    let mut body = Vec::with_capacity(bytes + 1024);
    let head = format!(
        "--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n\
         --{BOUNDARY}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"stepwell-{batch:032x}.jsonl\"\r\n\
         content-type: application/jsonl\r\n\r\n"
    );
    body.extend_from_slice(head.as_bytes());
    let url = endpoint(path);
    for request in requests {
        let id = custom_id(batch, request.request);
        let line =
            format!("{{\"custom_id\":\"{id}\",\"method\":\"POST\",\"url\":\"{url}\",\"body\":");
        body.extend_from_slice(line.as_bytes());
        body.extend_from_slice(&request.body);
        body.extend_from_slice(b"}\n");
    }
    body.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    body.into()
}

/// The body that makes a batch of a file.
pub(super) fn batch(batch: u128, path: &str, file: &str) -> Bytes {
    let body = json!({
        "input_file_id": file,
        "endpoint": endpoint(path),
        "completion_window": "24h",
        "metadata": { OURS: format!("{batch:032x}") },
    });
    Bytes::from(body.to_string())
}

/// Where a batch is, by what the provider says of it.
pub(super) fn look(told: &Value) -> Result<BatchLook, Problem> {
    let number = |name: &str| {
        let count = told
            .get("request_counts")
            .and_then(|counts| counts.get(name));
        let count = count.and_then(Value::as_u64).unwrap_or(0);
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let ended = |missing: Problem| {
        let file = |name: &str| {
            let id = told.get(name).and_then(Value::as_str)?;
            name_in_path(id)
                .ok()
                .map(|id| format!("files/{id}/content"))
        };
        let files = [file("output_file_id"), file("error_file_id")];
        BatchLook::Ended(BatchEnd {
            paths: files.into_iter().flatten().collect(),
            missing,
        })
    };
    Ok(match told.get("status").and_then(Value::as_str) {
        Some("completed") => ended(missing()),
        Some("expired") => ended(expired()),
        Some("cancelled") => ended(cancelled()),
        Some("failed") => ended(failed(told)),
        Some("validating" | "in_progress" | "finalizing" | "cancelling") => BatchLook::Waiting {
            done: number("completed").saturating_add(number("failed")),
            total: number("total"),
        },
        status => {
            let status = status.unwrap_or_default();
            let message = format!("the batch is in a state that nobody knows here: `{status}`");
            return Err(Problem::passing(ChatErrorKind::Network, message));
        }
    })
}

/// Why nothing of a batch was worked on.
fn failed(told: &Value) -> Problem {
    let errors = told.get("errors").and_then(|errors| errors.get("data"));
    let first = errors.and_then(|errors| errors.get(0));
    let code = first.and_then(|first| first.get("code")?.as_str());
    let problem = failure::of_batch(first.unwrap_or(&Value::Null));
    match code {
        // Too much of others is waiting there.
        Some("token_limit_exceeded") => {
            Problem::passing(ChatErrorKind::RateLimited, problem.message).unpaid()
        }
        _ => problem,
    }
}

/// A page of the batches that there are, as far as they were made since.
pub(super) fn page(told: &Value, batch: u128, since: i64) -> Page {
    let ours = format!("{batch:032x}");
    let batches = told.get("data").and_then(Value::as_array);
    let batches = batches.map(Vec::as_slice).unwrap_or_default();
    let mut listed = Vec::with_capacity(batches.len());
    let mut is_older = false;
    for batch in batches {
        let made = batch.get("created_at").and_then(Value::as_i64);
        is_older |= made.is_some_and(|made| made < since);
        let metadata = batch.get("metadata").and_then(|all| all.get(OURS));
        listed.push(match metadata == Some(&Value::String(ours.clone())) {
            true => id_of(batch).map_or(Listed::Other, Listed::Same),
            false => Listed::Other,
        });
    }
    let has_more = told.get("has_more") == Some(&Value::Bool(true)) && !is_older;
    let last = batches.last().and_then(id_of).filter(|_| has_more);
    Page {
        listed,
        next: last.map(|last| ("after", last)),
    }
}
