//! A step whose document still asks for another round when there may be none: what follows is said by `otherwise`.

use std::num::NonZeroU32;

use crate::common::rounds::{BUILD, looping_world};
use crate::common::{World, assert_success, step_view};
use stepwell_contract::{ProblemCode, Remedy, RunId};
use stepwell_engine::{Drive, EngineError, ResumeRun, RunError, RunOutcome, RunStatus, StepStatus};
use stepwell_store::Change;

async fn resume_with(
    world: &World,
    run: RunId,
    rounds: Option<u32>,
) -> Result<RunOutcome, EngineError> {
    let request = ResumeRun {
        rounds: rounds.and_then(NonZeroU32::new),
        ..ResumeRun::default()
    };
    world.engine.resume(run, request, Drive::default()).await
}

#[tokio::test]
async fn a_run_whose_rounds_are_used_up_has_failed_and_what_depends_on_it_does_not_start() {
    let (world, rounds) = looping_world(&["failed", "error", "failed", "failed"]).await;
    for definition in [
        BUILD.to_owned(),
        BUILD.replace("times = 2", "times = 2, otherwise = \"fail\""),
    ] {
        let (run, outcome) = world.run(&definition).await;
        assert_eq!(outcome.status, RunStatus::Failure);
        let problem = outcome.problem.unwrap();
        assert_eq!(problem.code, ProblemCode::Rounds);
        assert_eq!(problem.step.as_deref(), Some("build"));
        assert_eq!(problem.remedy, Some(Remedy::MoreRounds { run }));
        assert_eq!(rounds.taken().last().unwrap(), "check~3.1");
        let view = world.view(run).await;
        assert_eq!(step_view(&view, "build").status, StepStatus::Failure);
        assert_eq!(step_view(&view, "after").status, StepStatus::Pending);
        assert!(step_view(&view, "build").rounds[0].exhausted);
        // Its problem says it: that is no warning besides.
        assert!(view.warnings.is_empty() && view.summary.rounds_used_up.is_empty());
        let out = world.document(run, "build/work", "out", &[]).await.unwrap();
        assert!(out.starts_with("work~3.1"), "the last round stays: {out}");

        let again = resume_with(&world, run, None).await.unwrap();
        assert_eq!(again.problem.unwrap().code, ProblemCode::Rounds);
        assert!(rounds.taken().is_empty(), "nothing is carried out again");
    }
}

#[tokio::test]
async fn more_rounds_go_on_where_the_last_one_ended() {
    let verdicts = ["failed", "failed", "failed", "failed", "passed"];
    let (mut world, rounds) = looping_world(&verdicts).await;
    let (run, _) = world.run(BUILD).await;
    rounds.taken();
    let one = resume_with(&world, run, Some(1)).await.unwrap();
    assert_eq!(one.problem.unwrap().code, ProblemCode::Rounds);
    assert_eq!(rounds.taken(), ["work~4.1", "check~4.1"]);
    let view = world.view(run).await;
    let shown = &step_view(&view, "build").rounds[0];
    assert_eq!((shown.round, shown.most, shown.exhausted), (4, 4, true));
    // What was given is the run's, whoever drives it.
    world.restart();
    assert_success(&resume_with(&world, run, Some(3)).await.unwrap());
    assert_eq!(rounds.taken(), ["work~5.1", "check~5.1", "after~1"]);
    assert_eq!(step_view(&world.view(run).await, "build").rounds[0].most, 7);
}

#[tokio::test]
async fn rounds_are_given_only_where_they_are_used_up() {
    let (world, rounds) = looping_world(&["failed", "passed"]).await;
    let request = stepwell_engine::StartRun {
        until: Some("build/work".parse().unwrap()),
        ..stepwell_engine::StartRun::new(crate::common::source(BUILD))
    };
    let run = world.engine.start(request).await.unwrap();
    world.engine.drive(run, Drive::default()).await.unwrap();
    rounds.taken();
    let refused = resume_with(&world, run, Some(1)).await;
    assert!(matches!(
        refused,
        Err(EngineError::Run(RunError::RoundsLeft { .. }))
    ));
    assert!(rounds.taken().is_empty());
}

#[tokio::test]
async fn an_optional_step_whose_rounds_are_used_up_holds_up_nobody() {
    let (world, rounds) = looping_world(&["failed", "failed", "failed"]).await;
    let definition = BUILD
        .replace("id = \"build\"\n", "id = \"build\"\noptional = true\n")
        .replace("{{ steps.build.work.out }} /", "x");
    let (_, outcome) = world.run(&definition).await;
    assert_success(&outcome);
    assert_eq!(rounds.taken().last().unwrap(), "after~1");
}

#[tokio::test]
async fn a_run_that_an_earlier_build_began_goes_on_as_it_would_have() {
    let (mut world, rounds) = looping_world(&["failed", "failed", "failed"]).await;
    let run = world.start(BUILD).await;
    let mut record = world.store.run(run).await.unwrap().unwrap();
    record.rounds_fail = false;
    let changes = vec![Change::Run(Box::new(record))];
    world.store.commit(changes).await.unwrap();
    world.restart();
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    assert_success(&outcome);
    assert_eq!(rounds.taken().last().unwrap(), "after~1");
}
