//! What checks found is worked out when a cell is done, and kept with it: who looks at a comparison reads no text.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use stepwell_contract::{Digest, Text};
use stepwell_engine::{CompareIn, ComparisonView, StartComparison};
use stepwell_store::{CellRecord, Change};

use crate::common::{Ask, Counting, World, step, text};
use crate::comparisons::{case, compared, with_two_versions, world};

/// Counts what is read from the store from now on.
fn counted(world: &mut World) -> Arc<Counting> {
    let counting = Arc::new(Counting::around(Arc::clone(&world.store)));
    world.store = Arc::clone(&counting) as _;
    world.restart();
    counting
}

async fn viewed(world: &World, view: &ComparisonView) -> Value {
    let view = world.engine.comparison(view.summary.id).await.unwrap();
    serde_json::to_value(view).unwrap()
}

/// The records of all cells.
async fn cells(world: &World, view: &ComparisonView) -> Vec<CellRecord> {
    let identities: Vec<Digest> = view.cells.iter().map(|cell| cell.identity).collect();
    let cells = world.store.cells(&identities).await.unwrap();
    cells.into_iter().flatten().collect()
}

/// As an earlier build kept them.
async fn forget(world: &World, view: &ComparisonView) {
    let cells = cells(world, view).await.into_iter().map(|mut cell| {
        cell.findings.clear();
        Change::Cell(Box::new(cell))
    });
    world.store.commit(cells.collect()).await.unwrap();
}

fn checks(all: &[Value]) -> Vec<stepwell_definition::Check> {
    serde_json::from_value(json!(all)).unwrap()
}

#[tokio::test]
async fn a_comparison_of_200_cells_is_looked_at_without_reading_a_text() {
    let mut world = world().await;
    let run = with_two_versions(&world).await;
    let counting = counted(&mut world);
    let request = StartComparison {
        cases: (0..100)
            .map(|number| case(&format!("case-{number}"), &format!("topic {number}")))
            .collect(),
        checks: checks(&[
            json!({ "contains": "v2" }),
            json!({ "length": { "max": 3, "unit": "words" } }),
        ]),
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let view = compared(&world, request).await;
    assert_eq!(view.cells.len(), 200);
    counting.read();
    let kept = viewed(&world, &view).await;
    assert_eq!(
        counting.read().len(),
        3,
        "the cases, and the templates of both versions"
    );
    assert_eq!(view.variants[1].numbers.checked_cases, 100);

    // What is not kept is worked out, and comes to the same.
    forget(&world, &view).await;
    let worked_out = viewed(&world, &view).await;
    assert!(counting.read().len() > 200);
    assert_eq!(worked_out, kept);
}

#[tokio::test]
async fn what_a_judge_says_is_kept_when_it_has_spoken() {
    let mut world = world().await;
    let judge = step("judge").input("document").document("verdict");
    world.step(judge, |_: Ask, inputs: Vec<Text>| async move {
        let verdict = json!({ "passed": inputs[0].value.contains("v2"), "reason": "read it" });
        Ok(vec![text("verdict", verdict.to_string())])
    });
    let run = with_two_versions(&world).await;
    let counting = counted(&mut world);
    let request = StartComparison {
        checks: checks(&[json!({ "judge": { "uses": "builtin:judge" } })]),
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let view = compared(&world, request).await;
    assert_eq!(view.cells[1].passed, Some(true));
    counting.read();
    let kept = viewed(&world, &view).await;
    assert_eq!(counting.read().len(), 3);
    forget(&world, &view).await;
    assert_eq!(viewed(&world, &view).await, kept);
    assert_eq!(counting.read().len(), 5, "and what the judge said of each");
}

#[tokio::test]
async fn cells_that_are_taken_over_are_checked_for_what_is_new() {
    let mut world = world().await;
    let run = with_two_versions(&world).await;
    let counting = counted(&mut world);
    let request = |wanted: &str| StartComparison {
        checks: checks(&[json!({ "contains": wanted })]),
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let first = compared(&world, request("v1")).await;
    let second = compared(&world, request("v2")).await;
    assert!(second.cells.iter().all(|cell| cell.taken_over));
    let passed = |view: &ComparisonView| {
        view.cells
            .iter()
            .map(|cell| cell.passed)
            .collect::<Vec<_>>()
    };
    assert_eq!(passed(&first), [Some(true), Some(false)]);
    assert_eq!(passed(&second), [Some(false), Some(true)]);
    let kept = cells(&world, &second).await;
    assert!(kept.iter().all(|cell| cell.findings.len() == 2));
    counting.read();
    viewed(&world, &first).await;
    viewed(&world, &second).await;
    let read: BTreeSet<Digest> = counting.read().into_iter().collect();
    assert_eq!(
        read.len(),
        4,
        "the cases of each, and the templates of both"
    );
}
