//! Rounds: a step or a group is carried out again while a document of it says so (rules E1, E17, E23).

use crate::common::rounds::{BUILD, FIRST, innermost_round, looping_world, name_of};
use crate::common::{Ask, World, assert_success, failure, step, step_view, text};
use stepwell_contract::{FailureKind, Text};
use stepwell_engine::{
    Drive, Event, ListRuns, RerunStep, ResumeRun, RoundsView, RunStatus, StepStatus,
};

async fn warnings(world: &World, run: stepwell_contract::RunId) -> Vec<String> {
    let events = world
        .engine
        .events(run.into(), 0, usize::MAX)
        .await
        .unwrap();
    let warnings = events.into_iter().filter_map(|event| match event.event {
        Event::Warning { message, .. } => Some(message),
        _ => None,
    });
    warnings.collect()
}

#[tokio::test]
async fn rounds_end_when_the_document_says_so() {
    let (world, rounds) = looping_world(&["failed\n", "passed"]).await;
    let (run, outcome) = world.run(BUILD).await;
    assert_success(&outcome);
    assert_eq!(
        rounds.taken(),
        ["work~1.1", "check~1.1", "work~2.1", "check~2.1", "after~1"]
    );
    // The second round reads the report of the first.
    let second = format!("work~2.1(report on {FIRST})");
    let read = async |round: u32, step: &str, name: &str| {
        world
            .document_of_round(run, step, name, &[Some(round)])
            .await
            .unwrap()
    };
    assert_eq!(read(1, "build/work", "out").await, FIRST);
    assert_eq!(read(2, "build/work", "out").await, second);
    assert_eq!(read(1, "build/check", "verdict").await, "failed\n");
    // Where no round is named the last one is meant, and a step that comes after reads it.
    assert_eq!(
        world.document(run, "build/work", "out", &[]).await.unwrap(),
        second
    );
    assert_eq!(
        world.document(run, "after", "out", &[]).await.unwrap(),
        format!("after~1({second} / passed)")
    );
    assert!(warnings(&world, run).await.is_empty());
}

#[tokio::test]
async fn each_round_has_executions_and_calls_of_its_own() {
    let (world, _) = looping_world(&["failed", "passed"]).await;
    let (run, _) = world.run(BUILD).await;
    let calls = world.calls(run).await;
    let mut called: Vec<_> = calls.iter().map(|call| call.execution.as_str()).collect();
    called.sort_unstable();
    let executions = [
        "after",
        "build/check",
        "build/work",
        "build~2/check",
        "build~2/work",
    ];
    assert_eq!(called, executions);
    let view = world.view(run).await;
    let of_work = &step_view(&view, "build/work").executions;
    let names: Vec<_> = of_work.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["build/work", "build~2/work"]);
    let rounds: Vec<_> = of_work[1].at.iter().map(|level| level.round).collect();
    assert_eq!(rounds, [2, 1]);
    assert_eq!(
        step_view(&view, "build").rounds,
        [RoundsView {
            name: "build~2".into(),
            round: 2,
            most: 3,
            document: "verdict".into(),
            asked: None,
            exhausted: false,
        }]
    );
}

#[tokio::test]
async fn what_another_round_begins_for_is_in_the_log() {
    let (world, _) = looping_world(&["error", "passed"]).await;
    let (run, _) = world.run(BUILD).await;
    let events = world
        .engine
        .events(run.into(), 0, usize::MAX)
        .await
        .unwrap();
    let mut said = events
        .iter()
        .filter(|event| matches!(event.event, Event::AnotherRound { .. }));
    let (only, None) = (said.next().unwrap(), said.next()) else {
        panic!("{said:?}")
    };
    assert_eq!(only.execution.as_deref(), Some("build/check"));
    let expected = Event::AnotherRound {
        of: "build".parse().unwrap(),
        round: 2,
        most: 3,
        document: "verdict".into(),
        said: "error".into(),
    };
    assert_eq!(only.event, expected);
}

#[tokio::test]
async fn the_bound_holds_and_the_run_goes_on_with_a_warning() {
    let (world, rounds) = looping_world(&["failed", "error", "failed", "failed"]).await;
    let definition = BUILD.replace("times = 2", "times = 2, otherwise = \"go-on\"");
    let (run, outcome) = world.run(&definition).await;
    assert_success(&outcome);
    assert_eq!(rounds.taken().last().unwrap(), "after~1");
    let view = world.view(run).await;
    assert_eq!(step_view(&view, "build/work").executions.len(), 3);
    assert_eq!(step_view(&view, "build").status, StepStatus::Success);
    let shown = &step_view(&view, "build").rounds[0];
    assert!(shown.exhausted, "{shown:?}");
    assert_eq!(
        (shown.name.as_str(), shown.asked.as_deref()),
        ("build~3", Some("failed"))
    );
    let warnings = warnings(&world, run).await;
    assert_eq!(warnings.len(), 1);
    assert!(
        warnings[0].contains("`verdict` is still `failed` after 3 rounds of step `build`"),
        "{warnings:?}"
    );
    // Whoever looks at the run, or at a list of runs, is told that it is no plain success.
    let [warning] = &view.warnings[..] else {
        panic!("{:?}", view.warnings);
    };
    assert_eq!(
        (warning.step.as_str(), warning.execution.as_str()),
        ("build", "build~3")
    );
    assert!(
        warning
            .message
            .contains("`verdict` is still `failed` after 3 rounds"),
        "{warning:?}"
    );
    let listed = world.engine.runs(&ListRuns::default()).await.unwrap();
    assert_eq!(listed[0].rounds_used_up, ["build".parse().unwrap()]);
    assert_eq!(listed[0].why(), Some("rounds used up"));
    // With more rounds it is one.
    rounds.says(&["failed", "error", "failed", "passed"]);
    let step = "build/work".parse().unwrap();
    let rerun = RerunStep::default();
    world
        .engine
        .rerun(run, &step, rerun, Drive::default())
        .await
        .unwrap();
    rounds.says(&["passed"]);
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    assert_success(&resumed.await.unwrap());
    let view = world.view(run).await;
    assert!(
        view.warnings.is_empty() && view.summary.rounds_used_up.is_empty(),
        "{view:?}"
    );
}

#[tokio::test]
async fn a_document_that_is_not_there_ends_the_rounds() {
    let (world, rounds) = looping_world(&["failed"]).await;
    let (_, outcome) = world.run(BUILD).await;
    assert_success(&outcome);
    assert_eq!(
        rounds.taken(),
        ["work~1.1", "check~1.1", "work~2.1", "check~2.1", "after~1"]
    );
}

#[tokio::test]
async fn a_single_step_may_be_repeated_for_its_own_document() {
    let mut world = World::new().await;
    world.step(
        step("draft").input("before").document("draft"),
        |host: Ask, inputs: Vec<Text>| async move {
            let round = host.0.path()[0].round;
            let text_of_now = match round {
                1 => "more".to_owned(),
                2 => " more ".to_owned(),
                _ => format!("done after {}", inputs[0].value),
            };
            Ok(vec![text("draft", text_of_now)])
        },
    );
    let definition = r#"
name = "one"
[[steps]]
id = "draft"
uses = "builtin:draft"
repeat = { while = "steps.draft.draft", is = "more", times = 9 }
inputs.before = "{{ steps.draft.draft | default('nothing') }}"
"#;
    let (run, outcome) = world.run(definition).await;
    assert_success(&outcome);
    let document = world.document(run, "draft", "draft", &[]).await.unwrap();
    assert_eq!(document, "done after  more ");
    let view = world.view(run).await;
    assert_eq!(step_view(&view, "draft").executions.len(), 3);
}

#[tokio::test]
async fn rounds_inside_of_rounds_begin_anew() {
    let (mut world, rounds) = looping_world(&["failed", "passed"]).await;
    let seen = rounds.clone();
    world.step(
        step("review").input("x").document("verdict"),
        move |host: Ask, inputs: Vec<Text>| {
            let seen = seen.clone();
            async move {
                seen.did(&format!("{}({})", name_of(&host), inputs[0].value));
                let verdict = ["again", "good"][innermost_round(&host) - 1];
                Ok(vec![text("verdict", verdict)])
            }
        },
    );
    let definition = r#"
name = "nested"
[[steps]]
id = "outer"
repeat = { while = "steps.outer.review.verdict", is = "again" }
  [[steps.steps]]
  id = "inner"
  repeat = { while = "steps.outer.inner.check.verdict", is = "failed" }
    [[steps.steps.steps]]
    id = "work"
    uses = "builtin:work"
    inputs.x = "{{ steps.outer.inner.check.verdict | default('-') }} {{ steps.outer.review.verdict | default('-') }}"
    [[steps.steps.steps]]
    id = "check"
    uses = "builtin:check"
    inputs.x = "{{ steps.outer.inner.work.out }}"
  [[steps.steps]]
  id = "review"
  uses = "builtin:review"
  inputs.x = "{{ steps.outer.inner.work.out }}"
"#;
    let (run, outcome) = world.run(definition).await;
    assert_success(&outcome);
    assert_eq!(
        rounds.taken(),
        [
            "work~1.1.1",
            "check~1.1.1",
            "work~1.2.1",
            "check~1.2.1",
            "review~1.1(work~1.2.1(failed -))",
            // The inner rounds of the second outer one have none before their first.
            "work~2.1.1",
            "check~2.1.1",
            "work~2.2.1",
            "check~2.2.1",
            "review~2.1(work~2.2.1(failed again))",
        ]
    );
    let of_round = async |rounds: &[Option<u32>]| {
        let step = "outer/inner/work";
        world.document_of_round(run, step, "out", rounds).await
    };
    assert_eq!(
        of_round(&[Some(2), Some(1)]).await.unwrap(),
        "work~2.1.1(- again)"
    );
    assert_eq!(
        of_round(&[Some(1)]).await.unwrap(),
        "work~1.2.1(failed -)",
        "the last of the inner rounds"
    );
    assert_eq!(of_round(&[Some(1), Some(3)]).await, None);
    let view = world.view(run).await;
    let inner: Vec<_> = step_view(&view, "outer/inner").rounds.clone();
    assert_eq!(inner.len(), 1, "{inner:?}");
    assert_eq!(inner[0].name, "outer~2/inner~2");
}

#[tokio::test]
async fn each_item_has_rounds_of_its_own() {
    let (mut world, rounds) = looping_world(&[]).await;
    world.step(step("list").document("items"), |_: Ask, _| async {
        Ok(vec![text("items", r#"["a", "b"]"#)])
    });
    let seen = rounds.clone();
    world.step(
        step("judge").input("x").document("verdict"),
        move |host: Ask, _: Vec<Text>| {
            let seen = seen.clone();
            async move {
                let name = name_of(&host);
                seen.did(&name);
                // The second item is done in its first round, the first one in its third.
                let done = host.0.path()[0].item == Some(1) || innermost_round(&host) == 3;
                Ok(vec![text("verdict", if done { "good" } else { "bad" })])
            }
        },
    );
    let definition = r#"
name = "items"
[[steps]]
id = "list"
uses = "builtin:list"
[[steps]]
id = "each"
uses = "builtin:work"
for_each = "steps.list.items"
repeat = { while = "steps.each.judge.verdict", is = "bad", times = 3 }
inputs.x = "{{ item }} {{ steps.each.judge.verdict | default('first') }}"
  [[steps.steps]]
  id = "judge"
  uses = "builtin:judge"
  inputs.x = "{{ parent.out }}"
[[steps]]
id = "after"
uses = "builtin:work"
inputs.x = "{{ steps.each.out }}"
"#;
    let (run, outcome) = world.run(definition).await;
    assert_success(&outcome);
    assert_eq!(
        rounds.taken(),
        [
            "each[0]~1",
            "judge[0]~1.1",
            "each[0]~2",
            "judge[0]~2.1",
            "each[0]~3",
            "judge[0]~3.1",
            "each[1]~1",
            "judge[1]~1.1",
            "after~1"
        ]
    );
    assert_eq!(
        world.document(run, "after", "out", &[]).await.unwrap(),
        r#"after~1(["each[0]~3(a bad)","each[1]~1(b first)"])"#
    );
    let view = world.view(run).await;
    let each = step_view(&view, "each");
    let names: Vec<_> = each.rounds.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["each[0]~3", "each[1]"]);
    assert_eq!((each.status, each.items), (StepStatus::Success, Some(2)));
}

#[tokio::test]
async fn e23_a_failure_inside_of_a_round_fails_the_run_and_resume_goes_on_in_that_round() {
    let (mut world, rounds) = looping_world(&["failed", "passed"]).await;
    let seen = rounds.clone();
    let broken = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let is_broken = std::sync::Arc::clone(&broken);
    world.step(
        step("work").input("x").document("out"),
        move |host: Ask, _: Vec<Text>| {
            let seen = seen.clone();
            let broken = is_broken.load(std::sync::atomic::Ordering::SeqCst);
            async move {
                seen.did(&name_of(&host));
                if broken && host.0.path()[0].round == 2 {
                    let kind = FailureKind::Other("broken".into());
                    return Err(failure(kind, "no", false));
                }
                Ok(vec![text("out", "x")])
            }
        },
    );
    let (run, outcome) = world.run(BUILD).await;
    assert_eq!(outcome.status, RunStatus::Failure);
    assert_eq!(
        outcome.problem.unwrap().step.as_deref(),
        Some("build~2/work")
    );
    assert_eq!(rounds.taken(), ["work~1.1", "check~1.1", "work~2.1"]);
    let view = world.view(run).await;
    assert_eq!(step_view(&view, "build").status, StepStatus::Failure);
    assert_eq!(step_view(&view, "build/check").status, StepStatus::Pending);
    broken.store(false, std::sync::atomic::Ordering::SeqCst);
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default())
        .await;
    assert_success(&resumed.unwrap());
    assert_eq!(rounds.taken(), ["work~2.1", "check~2.1", "after~1"]);
}

#[tokio::test]
async fn an_optional_step_that_fails_does_not_end_its_round() {
    let (mut world, rounds) = looping_world(&["failed", "passed"]).await;
    world.step(step("lint").document("out"), |_: Ask, _| async {
        Err(failure(FailureKind::Other("broken".into()), "no", false))
    });
    let lint = "  [[steps.steps]]\n  id = \"lint\"\n  uses = \"builtin:lint\"\n  optional = true\n[[steps]]\nid = \"after\"";
    let definition = BUILD.replace("[[steps]]\nid = \"after\"", lint);
    let (run, outcome) = world.run(&definition).await;
    assert_success(&outcome);
    assert_eq!(rounds.taken().len(), 5);
    let view = world.view(run).await;
    assert_eq!(step_view(&view, "build/lint").executions.len(), 2);
}
