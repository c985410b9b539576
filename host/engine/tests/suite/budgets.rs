//! The budget of a day is one, whoever spends of it, and what may have been paid counts until somebody says otherwise.

use std::sync::Arc;

use stepwell_contract::Budget;
use stepwell_definition::InDoubt;
use stepwell_engine::{
    CallView, CompareIn, Drive, EngineError, ResumeRun, RunError, RunOutcome, RunStatus, Selection,
    StartComparison,
};
use stepwell_tests::{Provider, Reply};

use crate::common::{Ask, World, assert_success, drive_until_requests, one, source, step, text};
use crate::comparisons::case;

/// What an answer costs of the budget, of the 140 or so that are reserved for it.
const COST: u64 = 100;

/// A world in which every call costs as much, and all of a day's together may cost so many tokens.
async fn world(tokens: u64) -> World {
    let mut world = World::new().await;
    world.configuration.budgets.day = Budget {
        tokens: Some(tokens),
        money: None,
    };
    world.provider = Arc::new(Provider::start(|_, _| Reply::Text("word ".repeat(90))));
    let asks = step("asks").input("topic").document("out");
    world.step(
        asks,
        |host: Ask, inputs: Vec<stepwell_contract::Text>| async move {
            Ok(vec![text("out", host.chat(&inputs[0].value).await?)])
        },
    );
    world.step(
        step("judge").document("verdict"),
        |host: Ask, _| async move {
            host.chat("judge").await?;
            Ok(vec![text("verdict", "{\"passed\": true}")])
        },
    );
    world
}

fn asks(topic: &str) -> String {
    one("asks", &format!("inputs.topic = \"{topic}\""))
}

/// What the provider was paid.
fn paid(world: &World) -> u64 {
    COST * world.provider.received().len() as u64
}

async fn compare(world: &World, request: StartComparison) {
    let id = world.engine.start_comparison(request).await.unwrap();
    world.engine.drive_comparison(id, None).await.unwrap();
}

/// Eight cells that are carried out at once.
fn eight() -> StartComparison {
    let within = CompareIn::Definition {
        definition: source(&asks("tea")),
    };
    let cases = (1..=8).map(|number| case(&format!("c{number}"), &format!("topic {number}")));
    StartComparison {
        cases: cases.collect(),
        concurrency: 8,
        ..StartComparison::new("asks", within)
    }
}

#[tokio::test]
async fn cells_at_once_share_the_day() {
    for most in [2, 3, 4] {
        let world = world(most * COST).await;
        compare(&world, eight()).await;
        let paid = paid(&world) / COST;
        assert!((1..=most).contains(&paid), "{paid}");
    }
}

#[tokio::test]
async fn cells_and_their_judges_share_the_day() {
    // Too little for the cells; or enough for them, and for some of their judges, who speak at once, too.
    for (most, least) in [(5, 1), (11, 9)] {
        let world = world(most * COST).await;
        let check = serde_json::json!({ "judge": { "uses": "builtin:judge" } });
        let request = StartComparison {
            checks: vec![serde_json::from_value(check).unwrap()],
            ..eight()
        };
        compare(&world, request).await;
        let judged = world.provider.journal();
        let judged = judged.iter().filter(|asked| *asked == "judge").count();
        let paid = paid(&world) / COST;
        assert!((least..=most).contains(&paid), "{paid}, {judged} judged");
    }
}

#[tokio::test]
async fn runs_at_once_share_the_day_and_a_later_process_counts_what_they_spent() {
    let mut world = world(2 * COST).await;
    let (one, other) = (asks("one"), asks("other"));
    let (one, other) = tokio::join!(world.run(&one), world.run(&other));
    let ended = [one.1.status, other.1.status];
    assert!(ended.contains(&RunStatus::Success), "{ended:?}");
    assert_eq!(paid(&world), COST, "two don't fit, whichever came first");
    world.restart();
    let (_, third) = world.run(&asks("third")).await;
    assert!(refused(&third), "{third:?}");
    assert_eq!(paid(&world), COST);
    world.time.set("2026-03-11T00:00:00Z");
    assert_success(&world.run(&asks("tomorrow")).await.1);
}

fn refused(outcome: &RunOutcome) -> bool {
    let problem = outcome.problem.as_ref();
    problem.is_some_and(|problem| problem.message.contains("the day budget has no room"))
}

#[tokio::test]
async fn a_run_that_goes_on_after_midnight_counts_in_the_new_day() {
    let mut world = world(2 * COST).await;
    let time = world.time.clone();
    world.step(step("late").document("out"), move |host: Ask, _| {
        let time = time.clone();
        async move {
            time.set("2026-03-10T23:59:00Z");
            host.chat("before").await?;
            time.set("2026-03-11T00:00:01Z");
            host.chat("after").await?;
            Ok(vec![text("out", "")])
        }
    });
    assert_success(&world.run(&one("late", "")).await.1);
    let (_, today) = world.run(&asks("today")).await;
    assert!(refused(&today), "{today:?}");
    world.time.set("2026-03-12T00:00:00Z");
    assert_success(&world.run(&asks("today")).await.1);
}

/// A run whose only call was sent, and nobody knows whether it was answered.
async fn lost(world: &World) -> (stepwell_contract::RunId, CallView) {
    let run = world.start(&asks("lost")).await;
    world.provider.hold();
    drive_until_requests(world, run, 1).await;
    world.provider.release();
    let call = world.calls(run).await.remove(0);
    (run, call)
}

#[tokio::test]
async fn a_call_that_was_lost_is_held_in_every_budget_also_after_it_was_sent_again() {
    for again in [false, true] {
        let mut world = world(3 * COST).await;
        world.configuration.budgets.run.tokens = Some(3 * COST);
        world.restart();
        let (run, _) = lost(&world).await;
        if again {
            world.restart();
        }
        let resume = ResumeRun::default();
        let outcome = world.engine.resume(run, resume, Drive::default()).await;
        assert_success(&outcome.unwrap());
        let calls = world.calls(run).await;
        let attempts = &calls[0].attempts;
        assert_eq!(attempts.len(), 2);
        let held = attempts[0].budgeted.unwrap().tokens;
        assert!(attempts[0].is_open() && held > COST, "{attempts:?}");
        assert_eq!(attempts[1].budgeted.unwrap().tokens, COST);
        for _ in 0..2 {
            let (_, next) = world.run(&asks("next")).await;
            assert!(refused(&next), "{next:?}");
            let message = next.problem.unwrap().message;
            assert!(message.contains(&format!("{held} held")), "{message}");
            world.restart();
        }
        let again = stepwell_engine::RerunStep::default();
        let step = "asks".parse().unwrap();
        world.time.set("2026-03-11T00:00:00Z");
        let rerun = world.engine.rerun(run, &step, again, Drive::default());
        let message = rerun.await.unwrap().problem.unwrap().message;
        assert!(message.contains("the run budget has no room"), "{message}");
    }
}

#[tokio::test]
async fn what_a_person_writes_off_counts_no_more() {
    let mut world = world(2 * COST).await;
    world.configuration.in_doubt = InDoubt::Ask;
    world.restart();
    let (run, call) = lost(&world).await;
    assert!(refused(&world.run(&asks("next")).await.1));
    let id = call.id.to_string();
    let written = world.engine.write_off_call(&id, "anna").await.unwrap();
    let attempt = &written.call.attempts[0];
    assert_eq!(attempt.written_off.as_ref().unwrap().by, "anna");
    assert!(!attempt.is_open());
    let twice = world.engine.write_off_call(&id, "anna").await.unwrap_err();
    assert!(
        matches!(twice, EngineError::NothingToWriteOff { .. }),
        "{twice}"
    );
    let spent = world.view(run).await.summary.spent;
    assert_eq!((spent.unknown_tokens, spent.unknown_money), (0, 0));
    assert_eq!(spent.input_tokens, Some(0));
    // Nobody has to be asked of it any more, and there is room, in this process and in the next.
    world.restart();
    let resume = ResumeRun::default();
    let outcome = world.engine.resume(run, resume, Drive::default()).await;
    assert_success(&outcome.unwrap());
    let all = world.engine.calls(&Selection::default()).await.unwrap();
    assert_eq!(all.len(), 1, "{all:?}");
}

#[tokio::test]
async fn what_is_under_way_is_not_written_off() {
    let world = world(10 * COST).await;
    let run = world.start(&asks("slow")).await;
    world.provider.hold();
    let engine = world.engine.clone();
    let provider = Arc::clone(&world.provider);
    let meanwhile = async {
        World::wait_for_requests(&provider, 1).await;
        let call = world.calls(run).await[0].id.to_string();
        let error = engine.write_off_call(&call, "anna").await.unwrap_err();
        provider.release();
        error
    };
    let (outcome, error) = tokio::join!(world.engine.drive(run, Drive::default()), meanwhile);
    assert_success(&outcome.unwrap());
    assert!(
        matches!(error, EngineError::Run(RunError::UnderWay { .. })),
        "{error}"
    );
}
