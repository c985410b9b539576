//! One item of a step run again by itself: the others keep what they have.

use stepwell_contract::{RunId, Text, WaitingFor};
use stepwell_engine::{
    Drive, EngineError, RerunStep, ResumeRun, RunError, RunOutcome, RunStatus, StepStatus,
};

use stepwell_tests::Reply;

use crate::common::{Ask, World, assert_success, step, step_view, text};

/// A step that writes a list of three, and one that passes on what a model says of its input.
async fn world() -> World {
    let mut world = World::new().await;
    world.step(
        step("list").document("items"),
        |_: Ask, _: Vec<Text>| async { Ok(vec![text("items", "[\"a\", \"b\", \"c\"]")]) },
    );
    let says = step("says").input("x").document("out");
    world.step(says, |host: Ask, inputs: Vec<Text>| async move {
        let said = host.chat(&inputs[0].value).await?;
        Ok(vec![text("out", said)])
    });
    world
}

/// A group with items: in each of them one step that reads another one. After it a step that reads all.
const GROUPS: &str = r#"
name = "flow"
[[steps]]
id = "list"
uses = "builtin:list"
[[steps]]
id = "build"
for_each = "steps.list.items"
  [[steps.steps]]
  id = "code"
  uses = "builtin:says"
  inputs.x = "code {{ item }}"
    [[steps.steps.steps]]
    id = "review"
    uses = "builtin:says"
    inputs.x = "review {{ parent.out }}"
  [[steps.steps]]
  id = "test"
  uses = "builtin:says"
  inputs.x = "test {{ steps.build.code.out }}"
[[steps]]
id = "after"
uses = "builtin:says"
inputs.x = "{{ steps.build.test.out | tojson }}"
"#;

async fn rerun(
    world: &World,
    run: RunId,
    step: &str,
    items: &[u32],
) -> Result<RunOutcome, EngineError> {
    let request = RerunStep {
        items: items.to_vec(),
        ..RerunStep::default()
    };
    let step = step.parse().unwrap();
    let again = world.engine.rerun(run, &step, request, Drive::default());
    again.await
}

/// What was asked, in its order.
fn asked(world: &World) -> Vec<String> {
    world.provider.journal()
}

/// The takes of a step's items.
async fn takes(world: &World, run: RunId, step: &str) -> Vec<u32> {
    let view = world.view(run).await;
    let executions = step_view(&view, step).executions.iter();
    executions.map(|execution| execution.take).collect()
}

#[tokio::test]
async fn an_item_is_run_again_with_its_sub_steps_and_the_others_keep_theirs() {
    let world = world().await;
    let (run, outcome) = world.run(GROUPS).await;
    assert_success(&outcome);
    let before = asked(&world).len();
    let outcome = rerun(&world, run, "build/code", &[1]).await.unwrap();
    assert_eq!(outcome.status, RunStatus::Waiting);
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Stale));
    let again = &asked(&world)[before..];
    assert_eq!(again.len(), 2, "{again:?}");
    assert_eq!(again[0], "code b");
    assert!(again[1].starts_with("review "), "{again:?}");
    assert_eq!(takes(&world, run, "build/code").await, [1, 2, 1]);
    assert_eq!(takes(&world, run, "build/code/review").await, [1, 2, 1]);
    // Of what depends on it inside of the item only that is out of date.
    let view = world.view(run).await;
    let of_test = &step_view(&view, "build/test").executions;
    let states: Vec<_> = of_test.iter().map(|execution| execution.status).collect();
    assert_eq!(
        states,
        [StepStatus::Success, StepStatus::Stale, StepStatus::Success]
    );
    assert_eq!(step_view(&view, "after").status, StepStatus::Stale);

    let before = asked(&world).len();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    assert_success(&resumed.await.unwrap());
    let again = &asked(&world)[before..];
    assert_eq!(again.len(), 2, "{again:?}");
    assert_eq!(takes(&world, run, "build/test").await, [1, 2, 1]);
    assert_eq!(takes(&world, run, "after").await, [2]);
}

#[tokio::test]
async fn an_item_waits_for_none_of_the_others() {
    let world = world().await;
    let flow = GROUPS.replace("for_each = ", "concurrency = 1\nfor_each = ");
    let flow = flow.replace("id = \"code\"", "id = \"code\"\nretries = 0");
    let (run, outcome) = world.run(&flow).await;
    assert_success(&outcome);
    // The first fails, and is left so.
    let refused = Reply::Status(401, Vec::new(), "{}".into());
    world.provider.reply_next([refused]);
    let outcome = rerun(&world, run, "build/code", &[0]).await.unwrap();
    assert_eq!(outcome.status, RunStatus::Failure);
    let before = asked(&world).len();
    rerun(&world, run, "build/code", &[2]).await.unwrap();
    assert_eq!(asked(&world)[before], "code c");
    assert_eq!(takes(&world, run, "build/code").await, [2, 1, 3]);
}

#[tokio::test]
async fn an_item_that_isnt_there_is_refused_and_changes_nothing() {
    let world = world().await;
    let (run, _) = world.run(GROUPS).await;
    for (step, items, says) in [
        ("build/code", &[7][..], "3 in this run"),
        ("build/code", &[1, 1], "3 in this run"),
        ("after", &[0], "runs once"),
    ] {
        let refused = rerun(&world, run, step, items).await.unwrap_err();
        assert!(
            matches!(refused, EngineError::Run(RunError::NoSuchItem { .. })),
            "{refused}"
        );
        assert!(refused.to_string().contains(says), "{refused}");
    }
    assert_eq!(world.view(run).await.summary.status, RunStatus::Success);
}

#[tokio::test]
async fn a_step_that_reads_all_items_is_run_again_with_all_of_them() {
    let world = world().await;
    let (run, _) = world.run(GROUPS).await;
    let first = asked(&world).pop().unwrap();
    let outcome = rerun(&world, run, "after", &[]).await.unwrap();
    assert_success(&outcome);
    assert_eq!(asked(&world).pop().unwrap(), first);
    assert_eq!(takes(&world, run, "after").await, [2]);
}
