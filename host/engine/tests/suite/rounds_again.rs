//! Rounds and what comes again: resume, re-runs, corrections, and runs that stop inside of a round (rules E18, E21, E25).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::common::rounds::{BUILD, Loop, looping_world};
use crate::common::{
    Ask, World, assert_success, drive_until, failure, source, step, step_view, text,
};
use stepwell_contract::{FailureKind, ProblemCode, Remedy, RunId, Text, WaitingFor};
use stepwell_engine::{
    DocumentAddress, Drive, Event, GivenDocument, RerunStep, ResumeRun, RunOutcome, RunStatus,
    StartRun, StepStatus,
};

async fn resume(world: &World, run: RunId) -> RunOutcome {
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    resumed.await.unwrap()
}

async fn resume_until(world: &World, run: RunId, until: &str) -> RunOutcome {
    let request = ResumeRun {
        until: Some(until.parse().unwrap()),
        ..ResumeRun::default()
    };
    let resumed = world.engine.resume(run, request, Drive::default());
    resumed.await.unwrap()
}

async fn start_until(world: &World, definition: &str, until: &str) -> (RunId, RunOutcome) {
    let request = StartRun {
        until: Some(until.parse().unwrap()),
        ..StartRun::new(source(definition))
    };
    let run = world.engine.start(request).await.unwrap();
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    (run, outcome)
}

async fn rerun(world: &World, run: RunId, step: &str) -> RunOutcome {
    let step = step.parse().unwrap();
    let rerun = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    rerun.await.unwrap()
}

/// Corrects a document of a round of `build`.
async fn correct(world: &World, run: RunId, step: &str, name: &str, round: Option<u32>, to: &str) {
    let address = DocumentAddress {
        run,
        step: step.parse().unwrap(),
        name: name.into(),
        items: Vec::new(),
        rounds: vec![round],
        take: None,
    };
    let put = world.engine.put_document(&address, to.into());
    put.await.unwrap();
}

async fn executions(world: &World, run: RunId, step: &str) -> Vec<(String, StepStatus)> {
    let view = world.view(run).await;
    let executions = step_view(&view, step).executions.iter();
    executions
        .map(|execution| (execution.name.clone(), execution.status))
        .collect()
}

async fn told(world: &World, run: RunId, is: impl Fn(&Event) -> bool) -> usize {
    let events = world
        .engine
        .events(run.into(), 0, usize::MAX)
        .await
        .unwrap();
    events.iter().filter(|event| is(&event.event)).count()
}

/// Lets `check` stop for ever in its second round, after its model answered, until the gate is open.
fn gate(world: &mut World, rounds: &Loop) -> (Arc<AtomicBool>, Arc<AtomicBool>) {
    let (open, reached) = (
        Arc::new(AtomicBool::new(false)),
        Arc::new(AtomicBool::new(false)),
    );
    let (is_open, has_reached) = (Arc::clone(&open), Arc::clone(&reached));
    let seen = rounds.clone();
    world.step(
        step("check")
            .input("x")
            .document("report")
            .maybe_document("verdict"),
        move |host: Ask, _: Vec<Text>| {
            let (open, reached) = (Arc::clone(&is_open), Arc::clone(&has_reached));
            let seen = seen.clone();
            async move {
                let round = host.0.path()[0].round;
                seen.did(&format!("check~{round}"));
                host.chat(&format!("check {round}")).await?;
                if round == 2 && !open.load(Ordering::SeqCst) {
                    reached.store(true, Ordering::SeqCst);
                    std::future::pending::<()>().await;
                }
                let verdict = if round < 3 { "failed" } else { "passed" };
                Ok(vec![text("report", "r"), text("verdict", verdict)])
            }
        },
    );
    (open, reached)
}

#[tokio::test]
async fn e18_a_run_that_was_killed_in_the_middle_of_a_round_asks_nothing_twice() {
    let (mut world, rounds) = looping_world(&[]).await;
    let (open, reached) = gate(&mut world, &rounds);
    let run = world.start(BUILD).await;
    drive_until(&world, run, async move {
        while !reached.load(Ordering::SeqCst) {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(
        rounds.taken(),
        ["work~1.1", "check~1", "work~2.1", "check~2"]
    );
    assert_eq!(world.provider.received().len(), 4);
    world.restart();
    open.store(true, Ordering::SeqCst);
    assert_success(&resume(&world, run).await);
    assert_eq!(
        rounds.taken(),
        ["check~2", "work~3.1", "check~3", "after~1"],
        "the first round is done, and the second goes on where it was"
    );
    assert_eq!(world.provider.received().len(), 7, "one call for each step");
    let again = |event: &Event| matches!(event, Event::AnotherRound { .. });
    assert_eq!(told(&world, run, again).await, 2, "each round is told once");
}

#[tokio::test]
async fn the_warning_at_the_bound_is_told_once() {
    let (mut world, rounds) = looping_world(&["failed", "failed", "failed"]).await;
    let broken = Arc::new(AtomicBool::new(true));
    let is_broken = Arc::clone(&broken);
    world.step(
        step("last").input("x").document("out"),
        move |_: Ask, _: Vec<Text>| {
            let broken = is_broken.load(Ordering::SeqCst);
            async move {
                if broken {
                    return Err(failure(FailureKind::Other("broken".into()), "no", false));
                }
                Ok(vec![text("out", "x")])
            }
        },
    );
    let going_on = BUILD.replace("times = 2", "times = 2, otherwise = \"go-on\"");
    let definition = going_on.replace(
        "id = \"after\"\nuses = \"builtin:work\"",
        "id = \"after\"\nuses = \"builtin:last\"",
    );
    let (run, outcome) = world.run(&definition).await;
    assert_eq!(outcome.status, RunStatus::Failure);
    assert_eq!(rounds.taken().len(), 6);
    broken.store(false, Ordering::SeqCst);
    world.restart();
    assert_success(&resume(&world, run).await);
    assert!(rounds.taken().is_empty(), "no round is carried out again");
    let warned = |event: &Event| matches!(event, Event::Warning { .. });
    assert_eq!(told(&world, run, warned).await, 1);
}

#[tokio::test]
async fn e25_until_a_step_inside_stops_in_the_first_round() {
    let (world, rounds) = looping_world(&["failed", "passed"]).await;
    let (run, outcome) = start_until(&world, BUILD, "build/work").await;
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Until));
    assert_eq!(rounds.taken(), ["work~1.1"]);
    let outcome = resume_until(&world, run, "build/check").await;
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Until));
    assert_eq!(rounds.taken(), ["check~1.1"]);
    let outcome = resume_until(&world, run, "build").await;
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Until));
    assert_eq!(rounds.taken(), ["work~2.1", "check~2.1"]);
    assert_success(&resume(&world, run).await);
    assert_eq!(rounds.taken(), ["after~1"]);
}

#[tokio::test]
async fn a_run_whose_next_round_was_held_is_not_done() {
    let (world, rounds) = looping_world(&["failed", "passed"]).await;
    let alone = BUILD.split("[[steps]]\nid = \"after\"").next().unwrap();
    let (run, outcome) = start_until(&world, alone, "build/check").await;
    assert_eq!(outcome.status, RunStatus::Waiting);
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Until));
    assert_eq!(rounds.taken(), ["work~1.1", "check~1.1"]);
    assert_success(&resume(&world, run).await);
    assert_eq!(rounds.taken(), ["work~2.1", "check~2.1"]);
}

#[tokio::test]
async fn e25_a_document_inside_of_a_round_can_not_be_given() {
    let (world, _) = looping_world(&["passed"]).await;
    let request = StartRun {
        documents: vec![GivenDocument {
            step: "build/work".parse().unwrap(),
            name: "out".into(),
            text: "x".into(),
        }],
        ..StartRun::new(source(BUILD))
    };
    let refused = world.engine.start(request).await.unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("written anew in each round of step `build`"),
        "{refused}"
    );
    let step = "build/work".parse().unwrap();
    assert_eq!(refused.remedy(), Some(Remedy::CorrectInRound { step }));
}

#[tokio::test]
async fn e25_the_document_of_a_repeated_step_may_be_given_instead_of_all_its_rounds() {
    let (world, rounds) = looping_world(&["failed", "passed"]).await;
    let definition = r#"
name = "given"
[[steps]]
id = "work"
uses = "builtin:work"
repeat = { while = "steps.work.check.verdict", is = "failed" }
inputs.x = "1"
  [[steps.steps]]
  id = "check"
  uses = "builtin:check"
  inputs.x = "{{ parent.out }}"
[[steps]]
id = "after"
uses = "builtin:work"
inputs.x = "{{ steps.work.out }}"
"#;
    let request = StartRun {
        documents: vec![GivenDocument {
            step: "work".parse().unwrap(),
            name: "out".into(),
            text: "mine".into(),
        }],
        ..StartRun::new(source(definition))
    };
    let run = world.engine.start(request).await.unwrap();
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    assert_success(&outcome);
    assert_eq!(rounds.taken(), ["after~1"]);
    let after = world.document(run, "after", "out", &[]).await;
    assert_eq!(after.unwrap(), "after~1(mine)");
}

#[tokio::test]
async fn e25_a_document_that_is_given_late_stands_for_all_rounds() {
    let (world, rounds) = looping_world(&["failed", "passed"]).await;
    let definition = r#"
name = "given"
[[steps]]
id = "work"
uses = "builtin:work"
repeat = { while = "steps.work.check.verdict", is = "failed" }
inputs.x = "1"
  [[steps.steps]]
  id = "check"
  uses = "builtin:check"
  inputs.x = "{{ parent.out }}"
[[steps]]
id = "after"
uses = "builtin:work"
inputs.x = "{{ steps.work.out }}"
"#;
    let (run, outcome) = start_until(&world, definition, "work").await;
    assert_eq!(outcome.status, RunStatus::Waiting);
    assert_eq!(rounds.taken().len(), 4);
    let request = ResumeRun {
        documents: vec![GivenDocument {
            step: "work".parse().unwrap(),
            name: "out".into(),
            text: "mine".into(),
        }],
        ..ResumeRun::default()
    };
    let resumed = world.engine.resume(run, request, Drive::default()).await;
    assert_success(&resumed.unwrap());
    assert_eq!(rounds.taken(), ["after~1"]);
    let read = async |step: &str| world.document(run, step, "out", &[]).await.unwrap();
    assert_eq!(read("work").await, "mine");
    assert_eq!(read("after").await, "after~1(mine)");
    assert!(
        step_view(&world.view(run).await, "work")
            .rounds
            .iter()
            .all(|it| it.round == 1)
    );
}

#[tokio::test]
async fn e21_a_step_run_again_begins_its_rounds_anew() {
    let (world, rounds) = looping_world(&["failed", "failed", "passed"]).await;
    let (run, outcome) = world.run(BUILD).await;
    assert_success(&outcome);
    assert_eq!(rounds.taken().len(), 7);
    rounds.says(&["failed", "passed"]);
    let outcome = rerun(&world, run, "build/work").await;
    assert_eq!(rounds.taken(), ["work~1.1"], "one step, in its first round");
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Stale));
    let view = world.view(run).await;
    let (work, build) = (step_view(&view, "build/work"), step_view(&view, "build"));
    assert_eq!(work.status, StepStatus::Success);
    assert_eq!(
        (build.rounds[0].round, build.rounds[0].exhausted),
        (1, false)
    );
    let checks = executions(&world, run, "build/check").await;
    assert_eq!(checks.len(), 3);
    assert!(
        checks
            .iter()
            .all(|(_, status)| *status == StepStatus::Stale)
    );

    assert_success(&resume(&world, run).await);
    assert_eq!(
        rounds.taken(),
        ["check~1.1", "work~2.1", "check~2.1", "after~1"]
    );
    let works = executions(&world, run, "build/work").await;
    let names: Vec<_> = works.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        ["build/work#2", "build~2/work#2"],
        "of the third round nothing counts"
    );
    let out = world.document(run, "build/work", "out", &[]).await.unwrap();
    assert!(out.starts_with("work~2.1"), "{out}");
    // What the first take left is still there.
    let address = DocumentAddress {
        run,
        step: "build/work".parse().unwrap(),
        name: "out".into(),
        items: Vec::new(),
        rounds: vec![Some(3)],
        take: Some(1),
    };
    let old = world.engine.document(&address, None).await.unwrap();
    assert!(old.text.starts_with("work~3.1"));
}

#[tokio::test]
async fn e21_what_comes_before_in_the_first_round_is_kept_and_its_later_rounds_are_not() {
    let (world, rounds) = looping_world(&["failed", "failed", "passed"]).await;
    let prepare =
        "  [[steps.steps]]\n  id = \"prepare\"\n  uses = \"builtin:work\"\n  inputs.x = \"1\"\n";
    let definition = BUILD
        .replacen(
            "  [[steps.steps]]\n",
            &format!("{prepare}  [[steps.steps]]\n"),
            1,
        )
        .replace(
            "{{ steps.build.check.report | default('nothing') }}",
            "{{ steps.build.prepare.out }}{{ steps.build.check.report | default('nothing') }}",
        );
    let (run, outcome) = world.run(&definition).await;
    assert_success(&outcome);
    assert_eq!(rounds.taken().len(), 10);
    rounds.says(&["failed", "passed"]);
    rerun(&world, run, "build/work").await;
    assert_eq!(rounds.taken(), ["work~1.1"]);
    assert_success(&resume(&world, run).await);
    assert_eq!(
        rounds.taken(),
        [
            "check~1.1",
            "prepare~2.1",
            "work~2.1",
            "check~2.1",
            "after~1"
        ]
    );
    let prepared = executions(&world, run, "build/prepare").await;
    let names: Vec<_> = prepared.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["build/prepare", "build~2/prepare#2"]);
}

#[tokio::test]
async fn e21_a_change_before_the_repeated_step_begins_all_rounds_anew() {
    let (world, rounds) = looping_world(&["failed", "passed"]).await;
    let definition = format!(
        "{}\n[[steps]]\nid = \"design\"\nuses = \"builtin:work\"\ninputs.x = \"1\"\n",
        BUILD.replace(
            "{{ steps.build.check.report | default('nothing') }}",
            "{{ steps.design.out }}{{ steps.build.check.report | default('nothing') }}",
        )
    );
    let (run, outcome) = world.run(&definition).await;
    assert_success(&outcome);
    rounds.taken();
    rounds.says(&["passed"]);
    correct(&world, run, "design", "out", None, "another design").await;
    assert_success(&resume(&world, run).await);
    assert_eq!(rounds.taken(), ["work~1.1", "check~1.1", "after~1"]);
    assert_eq!(executions(&world, run, "build/check").await.len(), 1);
}

#[tokio::test]
async fn a_corrected_verdict_of_the_last_round_asks_for_another_one() {
    let (world, rounds) = looping_world(&["failed", "passed", "passed"]).await;
    let (run, outcome) = world.run(BUILD).await;
    assert_success(&outcome);
    rounds.taken();
    correct(&world, run, "build/check", "verdict", None, "failed").await;
    let waiting = world.view(run).await;
    assert_eq!(waiting.summary.status, RunStatus::Waiting);
    assert_success(&resume(&world, run).await);
    assert_eq!(
        rounds.taken(),
        ["work~3.1", "check~3.1", "after~1"],
        "the rounds before are not paid for again"
    );
}

#[tokio::test]
async fn a_corrected_verdict_ends_the_rounds_where_it_says_so() {
    let (world, rounds) = looping_world(&["failed", "failed", "failed"]).await;
    let alone = BUILD.split("[[steps]]\nid = \"after\"").next().unwrap();
    let (run, outcome) = world.run(alone).await;
    assert_eq!(outcome.problem.unwrap().code, ProblemCode::Rounds);
    rounds.taken();
    correct(&world, run, "build/check", "verdict", Some(1), "passed").await;
    assert_success(&resume(&world, run).await);
    assert!(rounds.taken().is_empty());
    let out = world.document(run, "build/work", "out", &[]).await.unwrap();
    assert!(out.starts_with("work~1.1"), "the first round counts: {out}");
    assert_eq!(executions(&world, run, "build/work").await.len(), 1);
    let view = world.view(run).await;
    let rounds = &step_view(&view, "build").rounds[0];
    assert_eq!((rounds.round, rounds.exhausted), (1, false));
}

#[tokio::test]
async fn a_correction_inside_of_a_round_runs_the_rest_of_that_round_again() {
    let (world, rounds) = looping_world(&["failed", "passed"]).await;
    let (run, outcome) = world.run(BUILD).await;
    assert_success(&outcome);
    rounds.taken();
    correct(&world, run, "build/work", "out", Some(2), "mended by hand").await;
    let checks = executions(&world, run, "build/check").await;
    let stale: Vec<_> = checks.iter().map(|(_, status)| *status).collect();
    assert_eq!(stale, [StepStatus::Success, StepStatus::Stale]);
    assert_success(&resume(&world, run).await);
    assert_eq!(rounds.taken(), ["check~2.1", "after~1"]);
    let report = world.document(run, "build/check", "report", &[]).await;
    assert_eq!(report.unwrap(), "report on mended by hand");

    // A correction of an earlier round is what the rounds after it rest on.
    correct(
        &world,
        run,
        "build/check",
        "report",
        Some(1),
        "look at line 3",
    )
    .await;
    assert_success(&resume(&world, run).await);
    assert_eq!(rounds.taken(), ["work~2.1", "check~2.1", "after~1"]);
    let out = world.document(run, "build/work", "out", &[]).await.unwrap();
    assert_eq!(out, "work~2.1(look at line 3)");
}

#[tokio::test]
async fn a_repeated_step_run_again_goes_through_all_its_rounds() {
    let (world, rounds) = looping_world(&["failed", "passed"]).await;
    let definition = r#"
name = "own"
[[steps]]
id = "work"
uses = "builtin:work"
repeat = { while = "steps.work.check.verdict", is = "failed" }
inputs.x = "{{ steps.work.check.report | default('nothing') }}"
  [[steps.steps]]
  id = "check"
  uses = "builtin:check"
  inputs.x = "{{ parent.out }}"
"#;
    let (run, outcome) = world.run(definition).await;
    assert_success(&outcome);
    let once = ["work~1", "check~1.1", "work~2", "check~2.1"];
    assert_eq!(rounds.taken(), once);
    assert_success(&rerun(&world, run, "work").await);
    assert_eq!(rounds.taken(), once);
}
