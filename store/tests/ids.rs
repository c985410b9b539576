//! The ids that a store gives: each later than its last, also for the next process, whatever the clock says.
#![allow(clippy::unwrap_used, reason = "a test that can't go on panics")]

mod support;

use stepwell_contract::{ComparisonId, Digest, ImprovementId, RunId};
use stepwell_store::*;
use uuid::Uuid;

/// A time in the next century: as if the clock had been set back since.
fn far(n: u128) -> Uuid {
    Uuid::from_u128(0x03ff_0000_0000_7000_8000_0000_0000_0000 + n)
}

#[tokio::test]
async fn ids_are_later_than_those_of_every_record_that_was_there() {
    let run = support::run(RunId(far(1)));
    let mut cell = support::run(RunId(far(2)));
    cell.scratch = Some(Scratch {
        comparison: ComparisonId(far(0)),
        documents_of: None,
        case: String::new(),
        files: None,
        other: Default::default(),
    });
    let mut call = support::call(support::execution_key(support::run_id(1), "a"), 1);
    call.id = far(3);
    let comparison = serde_json::json!({
        "id": far(4), "step": "a", "at": [], "prompt": null, "template": support::run(RunId(far(0))),
        "variants": [], "cases": Digest::of(""), "case_ids": [], "repeats": 1, "baseline": 0, "concurrency": 1,
        "cells": [], "state": "started", "created_at": support::at(1), "updated_at": support::at(1),
    });
    let comparison = serde_json::from_value(comparison).unwrap();
    let mut improvement = support::improvement(1);
    improvement.id = ImprovementId(far(5));
    let cases = [
        (Change::Run(Box::new(run)), far(1)),
        (Change::Run(Box::new(cell)), far(2)),
        (Change::Call(Box::new(call)), far(3)),
        (Change::Comparison(Box::new(comparison)), far(4)),
        (Change::Improvement(Box::new(improvement)), far(5)),
    ];
    for (change, id) in cases {
        let folder = tempfile::tempdir().unwrap();
        let store = RedbStore::open(folder.path()).unwrap();
        assert!(store.next_id() < id);
        store.commit(vec![change]).await.unwrap();
        drop(store);
        let store = RedbStore::open(folder.path()).unwrap();
        let (one, two) = (store.next_id(), store.next_id());
        assert!(id < one && one < two, "{id} {one} {two}");
    }
}

#[tokio::test]
async fn calls_are_listed_as_they_were_made_though_the_clock_was_set_back() {
    let store = RedbStore::in_memory().unwrap();
    let key = support::execution_key(support::run_id(1), "a");
    for n in 0..5 {
        let mut call = support::call(key.clone(), n);
        call.id = store.next_id();
        call.created_at = support::at(1000 - i64::try_from(n).unwrap());
        store
            .commit(vec![Change::Call(Box::new(call))])
            .await
            .unwrap();
    }
    let sequences = |calls: Vec<CallRecord>| -> Vec<u32> {
        calls.into_iter().map(|call| call.sequence).collect()
    };
    let all = store.calls(Scope::default()).await.unwrap();
    assert_eq!(sequences(all), [0, 1, 2, 3, 4]);
    let newest = store.newest_calls(None, 0, 3, Gaps::Refuse).await.unwrap();
    assert_eq!(sequences(newest), [4, 3, 2]);
}
