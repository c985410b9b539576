//! What models cost: whatever was spent, each cut adds up to the whole.

use proptest::prelude::*;
use serde_json::{Value, json};
use stepwell_contract::{ComparisonId, Digest, Money, Position, REPLAY, RunId};
use stepwell_engine::{Cost, CostBy, CostFigures, CostOf, WantedCost};
use stepwell_store::{CallRecord, Change, RunRecord, Scratch};
use strum::VariantArray as _;
use uuid::Uuid;

use crate::common::{World, assert_success, one, step, text};

/// Input tokens, cached ones, output tokens, money, whether it failed, and whether it is written off.
type Attempt = (
    Option<u32>,
    Option<u32>,
    Option<u32>,
    Option<u64>,
    bool,
    bool,
);

#[derive(Debug, Clone)]
struct Made {
    run: u128,
    step: usize,
    item: Option<u32>,
    model: usize,
    prompts: usize,
    day: i64,
    state: usize,
    attempts: Vec<Attempt>,
}

const STEPS: [&str; 3] = ["build", "tests", "docs"];
const PROVIDERS: [&str; 3] = ["openai", "local", REPLAY];
/// Of the runs, those that are cells of a comparison.
const CELLS: u128 = 2;
const RUNS: u128 = 5;

fn made() -> impl Strategy<Value = Made> {
    let count = || prop::option::of(0..1000_u32);
    let money = prop::option::of(0..5_000_000_u64);
    let attempt = (
        count(),
        count(),
        count(),
        money,
        any::<bool>(),
        prop::bool::weighted(0.1),
    );
    let attempts = prop::collection::vec(attempt, 0..3);
    let place = (0..RUNS, 0..3_usize, prop::option::of(0..3_u32));
    let kind = (0..3_usize, 0..3_usize, 0..4_i64, 0..3_usize);
    (place, kind, attempts).prop_map(
        |((run, step, item), (model, prompts, day, state), attempts)| Made {
            run,
            step,
            item,
            model,
            prompts,
            day,
            state,
            attempts,
        },
    )
}

fn run_id(number: u128) -> RunId {
    RunId(Uuid::from_u128(
        0x0190_0000_0000_7000_8000_0000_0000_0000 + number,
    ))
}

fn record(number: u128, made: &Made) -> CallRecord {
    let digest = Digest::of("x");
    let state = ["intended", "answered", "failed"][made.state];
    let attempts = made.attempts.iter().map(|attempt| {
        let (input, cached, output, money, failed, off) = attempt;
        let error = failed.then(|| json!({ "code": "overloaded", "message": "" }));
        let off = off.then(|| json!({ "by": "anna", "at": "2026-03-10T12:00:00Z" }));
        json!({
            "number": 1, "started_at": "2026-03-10T12:00:00Z", "sent": digest, "duration_ms": 5,
            "usage": {
                "input_tokens": input, "output_tokens": output, "cache_read_tokens": cached,
                "cache_write_tokens": null, "reasoning_tokens": output.map(|output| output / 2),
            },
            "money": money, "saved": money.map(|money| money / 3), "error": error, "written_off": off,
        })
    });
    let prompts: Vec<_> = (0..made.prompts)
        .map(|n| json!([format!("p{n}"), n]))
        .collect();
    let record = json!({
        "id": Uuid::from_u128(number + 1),
        "execution": {
            "run": run_id(made.run), "path": STEPS[made.step], "take": 1,
            "at": [Position { item: made.item, round: 1 }],
        },
        "attempt": 1, "sequence": 0, "question": digest, "occurrence": 0,
        "model": "writer", "provider": PROVIDERS[made.model], "provider_model": "big",
        "request": digest, "prompts": prompts, "state": state,
        "attempts": attempts.collect::<Vec<Value>>(),
        "created_at": format!("2026-03-{:02}T12:00:00Z", 10 + made.day),
    });
    serde_json::from_value(record).unwrap()
}

/// What can be added up of figures.
fn numbers(figures: &CostFigures) -> [u64; 15] {
    let CostFigures { spent, .. } = figures;
    let known = |count: Option<u64>| count.unwrap_or(0);
    [
        spent.calls,
        spent.attempts,
        known(spent.input_tokens),
        known(spent.output_tokens),
        spent.money.unwrap_or_default().0,
        spent.unknown_money,
        figures.failed,
        figures.unpriced_calls,
        figures.cache_read_tokens,
        figures.reasoning_tokens,
        figures.saved_by_cache.0,
        figures.retried.attempts,
        figures.retried.money.0,
        figures.replayed.calls,
        known(figures.replayed.input_tokens),
    ]
}

fn sum(cost: &Cost) -> [u64; 15] {
    let mut sum = [0; 15];
    for row in &cost.rows {
        for (sum, number) in sum.iter_mut().zip(numbers(&row.figures)) {
            *sum += number;
        }
    }
    sum
}

/// Calls and money, worked out in another way: of every attempt that was sent.
fn sent<'m>(all: impl Iterator<Item = &'m Made>) -> (u64, u64) {
    let sent: Vec<_> = all.filter(|made| PROVIDERS[made.model] != REPLAY).collect();
    let attempts = sent.iter().flat_map(|made| &made.attempts);
    let money = attempts
        .filter(|attempt| !attempt.5)
        .filter_map(|attempt| attempt.3);
    (sent.len() as u64, money.sum())
}

async fn world() -> (World, RunRecord) {
    let mut world = World::new().await;
    world.step(step("quiet").document("out"), |_, _: Vec<_>| async {
        Ok(vec![text("out", "")])
    });
    let (run, outcome) = world.run(&one("quiet", "")).await;
    assert_success(&outcome);
    let record = world.store.run(run).await.unwrap().unwrap();
    (world, record)
}

async fn keep(world: &World, template: &RunRecord, all: &[Made]) {
    let mut changes = Vec::new();
    for number in 0..RUNS {
        let scratch = (number < CELLS).then(|| Scratch {
            comparison: ComparisonId(Uuid::from_u128(9)),
            documents_of: None,
            case: "case".into(),
            files: None,
            other: Default::default(),
        });
        changes.push(Change::Run(Box::new(RunRecord {
            id: run_id(number),
            workflow: if number.is_multiple_of(2) {
                "even"
            } else {
                "odd"
            }
            .into(),
            scratch,
            ..template.clone()
        })));
    }
    let calls = (0..).zip(all);
    changes.extend(calls.map(|(number, made)| Change::Call(Box::new(record(number, made)))));
    world.store.commit(changes).await.unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn each_cut_adds_up_to_the_whole(all in prop::collection::vec(made(), 0..30), removes: bool) {
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let (world, template) = world().await;
            keep(&world, &template, &all).await;
            if removes {
                world.store.commit(vec![Change::RemoveRun(run_id(3))]).await.unwrap();
            }
            let mut narrowed = vec![WantedCost::default()];
            narrowed.push(WantedCost { since: Some("2026-03-12".parse().unwrap()), ..WantedCost::default() });
            narrowed.push(WantedCost { step: Some("tests".parse().unwrap()), ..WantedCost::default() });
            narrowed.push(WantedCost { run: Some(run_id(2)), ..WantedCost::default() });
            narrowed.push(WantedCost { workflow: Some("even".into()), ..WantedCost::default() });
            for narrowed in narrowed {
                let fits = |made: &&Made| {
                    narrowed.since.is_none() || made.day >= 2
                };
                let fits = |made: &&Made| fits(made)
                    && narrowed.step.as_ref().is_none_or(|step| step.as_str() == STEPS[made.step])
                    && narrowed.run.is_none_or(|run| run == run_id(made.run))
                    && (narrowed.workflow.is_none() || made.run.is_multiple_of(2));
                let expected = sent(all.iter().filter(fits));
                for by in CostBy::VARIANTS.iter().copied() {
                    let wanted = WantedCost { by, ..narrowed.clone() };
                    let cost = world.engine.cost(&wanted).await.unwrap();
                    assert_eq!(sum(&cost), numbers(&cost.whole), "{wanted:?}");
                    // The items of a run that was removed are gone with its calls.
                    if by == CostBy::Item && removes {
                        continue;
                    }
                    let spent = cost.whole.spent;
                    assert_eq!((spent.calls, spent.money.unwrap_or_default().0), expected, "{wanted:?}");
                }
            }
        });
    }
}

#[tokio::test]
async fn comparisons_recorded_answers_and_removed_runs_stand_apart() {
    let (world, template) = world().await;
    let made = |run, model, money| Made {
        run,
        step: 0,
        item: None,
        model,
        prompts: 1,
        day: 0,
        state: 1,
        attempts: vec![(Some(10), Some(4), Some(2), money, false, false)],
    };
    let all = [
        made(0, 0, Some(100)),
        made(1, 0, Some(20)),
        made(2, 0, None),
        made(3, 0, Some(3)),
        made(4, 2, None),
    ];
    keep(&world, &template, &all).await;
    world
        .store
        .commit(vec![Change::RemoveRun(run_id(3))])
        .await
        .unwrap();
    let by_run = WantedCost {
        by: CostBy::Run,
        ..WantedCost::default()
    };
    let cost = world.engine.cost(&by_run).await.unwrap();
    let rows: Vec<_> = cost
        .rows
        .iter()
        .map(|row| (row.of.clone(), row.figures.money_in_words()))
        .collect();
    let run = |number: u128| CostOf::Run {
        run: run_id(number),
        workflow: Some("even".into()),
    };
    let comparison = ComparisonId(Uuid::from_u128(9));
    assert_eq!(
        rows,
        [
            (run(4), "$0.00".into()),
            (run(2), "unknown (1 call)".into()),
            (CostOf::Comparison { comparison }, "$0.000120".into()),
            (CostOf::Removed, "$0.000003".into()),
        ]
    );
    assert_eq!(
        cost.whole.money_in_words(),
        "$0.000123 and 1 call of unknown cost"
    );
    assert_eq!(cost.whole.spent.money, Some(Money(123)));
    assert_eq!((cost.whole.spent.calls, cost.whole.replayed.calls), (4, 1));
    let remarks = cost.remarks().join("\n");
    assert!(
        remarks.contains("recorded answers spared 1 call, 12 tokens"),
        "{remarks}"
    );
}
