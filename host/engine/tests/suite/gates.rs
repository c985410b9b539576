//! Gates: what was written upstream of one is committed and seen by the run, and gets into the workspace only by its yes (rule E34).

use crate::common::{
    Ask, World, answer, assert_success, failure, source, step, step_view, text, writes_and_blocks,
};
use stepwell_contract::{FailureKind, ProblemCode, RunId, Text, WaitingFor};
use stepwell_engine::{
    Drive, Event, RerunStep, ResumeRun, RunOutcome, RunStatus, Selection, StartRun, StepStatus,
};

/// `w` writes its input to `w.txt` and what it sees of it before; `ask` is a gate; `look` reads `w.txt`.
async fn world() -> World {
    let mut world = World::new().await;
    world.step(
        step("w")
            .input("x")
            .document("out")
            .grant("workspace", "write"),
        |host: Ask, inputs: Vec<Text>| async move {
            let path = format!("{}.txt", host.0.path().last().unwrap().step);
            host.write(&path, &inputs[0].value).await?;
            Ok(vec![text("out", inputs[0].value.as_str())])
        },
    );
    world.step(
        step("ask").input("x").document("decision").gate("decision"),
        |host: Ask, _: Vec<Text>| async move {
            match host.question("decision").await?.as_str() {
                "no" => Err(failure(FailureKind::Declined, "the person said no", false)),
                "broken" => Err(failure(FailureKind::InvalidInput, "broken", false)),
                said => Ok(vec![text("decision", said)]),
            }
        },
    );
    world.step(
        step("over")
            .input("x")
            .document("out")
            .grant("workspace", "write"),
        |host: Ask, _: Vec<Text>| async move {
            let more = format!("{} and more", host.read("w.txt").await?);
            host.write("w.txt", &more).await?;
            Ok(vec![text("out", more)])
        },
    );
    world.step(
        step("look")
            .input("x")
            .document("out")
            .grant("workspace", "read"),
        |host: Ask, inputs: Vec<Text>| async move {
            Ok(vec![text("out", host.read(&inputs[0].value).await?)])
        },
    );
    world
}

const FLOW: &str = r#"
name = "flow"
[[steps]]
id = "w"
uses = "builtin:w"
inputs.x = "new"
grants.workspace = "write"
[[steps]]
id = "seen"
uses = "builtin:look"
inputs.x = "w{{ steps.w.out | replace('new', '') }}.txt"
grants.workspace = "read"
[[steps]]
id = "ask"
uses = "builtin:ask"
inputs.x = "{{ steps.seen.out }}"
[[steps]]
id = "free"
uses = "builtin:w"
inputs.x = "free"
grants.workspace = "write"
[[steps]]
id = "after"
uses = "builtin:w"
inputs.x = "{{ steps.ask.decision }}"
grants.workspace = "write"
"#;

async fn start(world: &World, definition: &str) -> (RunId, RunOutcome) {
    let run = world
        .engine
        .start(StartRun::new(source(definition)))
        .await
        .unwrap();
    (
        run,
        world.engine.drive(run, Drive::default()).await.unwrap(),
    )
}

async fn say(world: &World, run: RunId, said: &str) -> RunOutcome {
    let request = ResumeRun {
        answers: vec![answer("decision", said)],
        ..ResumeRun::default()
    };
    let resumed = world.engine.resume(run, request, Drive::default());
    resumed.await.unwrap()
}

/// The files of a run: path, whether the workspace has it, whether it was dropped.
async fn files(world: &World, run: RunId) -> Vec<(String, bool, bool)> {
    let files = world
        .engine
        .files(run, &Selection::default())
        .await
        .unwrap();
    let files = files.into_iter();
    files
        .map(|file| (file.path, file.published, file.dropped))
        .collect()
}

#[tokio::test]
async fn what_was_written_before_a_gate_is_seen_by_the_run_and_published_by_its_yes() {
    let mut world = world().await;
    world.put_file("w.txt", "old");
    let (run, outcome) = start(&world, FLOW).await;
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Answers));
    assert_eq!(
        world.document(run, "seen", "out", &[]).await.unwrap(),
        "new"
    );
    assert_eq!(world.file("w.txt").as_deref(), Some("old"));
    // What no gate is asked about is published at once.
    assert_eq!(world.file("free.txt").as_deref(), Some("free"));
    let held = files(&world, run).await;
    assert!(held.contains(&("w.txt".into(), false, false)), "{held:?}");
    // Whoever takes the run up later publishes it as little.
    world.restart();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    assert_eq!(resumed.await.unwrap().status, RunStatus::Waiting);
    assert_eq!(world.file("w.txt").as_deref(), Some("old"));

    assert_success(&say(&world, run, "yes").await);
    assert_eq!(world.file("w.txt").as_deref(), Some("new"));
    assert_eq!(world.file("after.txt").as_deref(), Some("yes"));
}

#[tokio::test]
async fn a_no_drops_it_and_the_run_ends_as_declined() {
    let world = world().await;
    world.put_file("w.txt", "old");
    let (run, _) = start(&world, FLOW).await;
    let outcome = say(&world, run, "no").await;
    assert_eq!(outcome.status, RunStatus::Failure);
    assert_eq!(outcome.problem.unwrap().code, ProblemCode::Declined);
    let kept = files(&world, run).await;
    assert!(kept.contains(&("w.txt".into(), false, true)), "{kept:?}");
    assert!(kept.contains(&("free.txt".into(), true, false)), "{kept:?}");
    let events = world
        .engine
        .events(run.into(), 0, usize::MAX)
        .await
        .unwrap();
    let dropped = events.into_iter().find_map(|event| match event.event {
        Event::FilesDropped { by, paths } => Some((by.to_string(), paths)),
        _ => None,
    });
    assert_eq!(dropped, Some(("ask".to_owned(), vec!["w.txt".to_owned()])));
    // It stays a no.
    let again = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default())
        .await
        .unwrap();
    assert_eq!(again.problem.unwrap().code, ProblemCode::Declined);
    assert_eq!(world.file("w.txt").as_deref(), Some("old"));
    assert_eq!(world.file("after.txt"), None);
}

/// A step that no gate depends on, and that writes over what one is asked about.
const OVER: &str = r#"
[[steps]]
id = "over"
uses = "builtin:over"
inputs.x = "{{ steps.seen.out }}"
grants.workspace = "write"
"#;

#[tokio::test]
async fn what_is_written_over_a_text_that_waits_waits_with_it() {
    let flow = format!("{FLOW}{OVER}");
    for (said, left) in [("yes", "new and more"), ("no", "old")] {
        let world = world().await;
        world.put_file("w.txt", "old");
        let (run, outcome) = start(&world, &flow).await;
        assert_eq!(outcome.waiting_for, Some(WaitingFor::Answers));
        let over = world.document(run, "over", "out", &[]).await.unwrap();
        assert_eq!(over, "new and more");
        assert_eq!(world.file("w.txt").as_deref(), Some("old"));
        say(&world, run, said).await;
        assert_eq!(world.file("w.txt").as_deref(), Some(left), "{said}");
        let files = files(&world, run).await;
        let of_w = files.iter().filter(|(path, _, _)| path == "w.txt");
        let is_as_said = |(_, published, dropped): &(String, bool, bool)| {
            (*published, *dropped) == (said == "yes", said == "no")
        };
        assert!(
            of_w.clone().count() == 2 && of_w.clone().all(is_as_said),
            "{files:?}"
        );
    }
}

#[tokio::test]
async fn a_gate_that_fails_otherwise_drops_nothing() {
    let world = world().await;
    let (run, _) = start(&world, FLOW).await;
    let outcome = say(&world, run, "broken").await;
    assert_eq!(outcome.problem.unwrap().code, ProblemCode::InvalidInput);
    let held = files(&world, run).await;
    assert!(held.contains(&("w.txt".into(), false, false)), "{held:?}");
    assert_eq!(world.file("w.txt"), None);
}

#[tokio::test]
async fn neither_yes_nor_no_is_no_success() {
    let world = world().await;
    let (run, _) = start(&world, FLOW).await;
    let outcome = say(&world, run, "perhaps").await;
    assert_eq!(outcome.status, RunStatus::Failure);
    let problem = outcome.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::Held);
    assert_eq!(problem.step.as_deref(), Some("ask"));
    assert_eq!(world.file("w.txt"), None);
}

#[tokio::test]
async fn a_gate_that_is_left_out_holds_nothing() {
    let world = world().await;
    let definition = FLOW.replace(
        "id = \"ask\"\n",
        "id = \"ask\"\nwhen = { value = \"steps.seen.out\", is = \"other\" }\n",
    );
    let definition = definition.replace("steps.ask.decision", "steps.ask.decision | default('-')");
    let (_, outcome) = start(&world, &definition).await;
    assert_success(&outcome);
    assert_eq!(world.file("w.txt").as_deref(), Some("new"));
    assert_eq!(world.file("after.txt").as_deref(), Some("-"));
}

#[tokio::test]
async fn what_is_written_anew_is_asked_about_anew() {
    let world = world().await;
    let (run, _) = start(&world, FLOW).await;
    assert_success(&say(&world, run, "yes").await);
    std::fs::remove_file(world.workspace().join("w.txt")).unwrap();
    let step = "w".parse().unwrap();
    let rerun = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    assert_eq!(rerun.await.unwrap().waiting_for, Some(WaitingFor::Stale));
    // Its gate's yes was one to something else.
    assert_eq!(world.file("w.txt"), None);
    assert_eq!(
        step_view(&world.view(run).await, "ask").status,
        StepStatus::Stale
    );
}

const ROUNDS: &str = r#"
name = "flow"
[[steps]]
id = "build"
repeat = { while = "steps.build.ask.decision", is = "changes" }
  [[steps.steps]]
  id = "w"
  uses = "builtin:w"
  inputs.x = "after {{ steps.build.ask.decision | default('nothing') }}"
  grants.workspace = "write"
  [[steps.steps]]
  id = "ask"
  uses = "builtin:ask"
  inputs.x = "{{ steps.build.w.out }}"
"#;

#[tokio::test]
async fn changes_go_round_and_the_last_yes_publishes_what_all_rounds_left() {
    let mut world = world().await;
    let (run, _) = start(&world, ROUNDS).await;
    let outcome = say(&world, run, "changes").await;
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Answers));
    assert_eq!(world.file("w.txt"), None);
    world.restart();
    assert_success(&say(&world, run, "yes").await);
    assert_eq!(world.file("w.txt").as_deref(), Some("after changes"));
}

#[tokio::test]
async fn a_no_in_a_later_round_drops_what_all_rounds_left() {
    let world = world().await;
    let (run, _) = start(&world, ROUNDS).await;
    say(&world, run, "changes").await;
    let outcome = say(&world, run, "no").await;
    assert_eq!(outcome.problem.unwrap().code, ProblemCode::Declined);
    let files = files(&world, run).await;
    assert!(
        files
            .iter()
            .all(|(_, published, dropped)| !published && *dropped),
        "{files:?}"
    );
    assert_eq!(world.file("w.txt"), None);
}

#[tokio::test]
async fn what_can_t_be_published_after_the_yes_is_published_when_the_way_is_clear() {
    let mut world = world().await;
    writes_and_blocks(
        &mut world,
        "blocks",
        &[("folder/a.txt", "a"), ("b.txt", "b")],
        "folder",
    );
    let definition = r#"
name = "flow"
[[steps]]
id = "blocks"
uses = "builtin:blocks"
grants.workspace = "write"
[[steps]]
id = "ask"
uses = "builtin:ask"
inputs.x = "{{ steps.blocks.out }}"
"#;
    let (run, _) = start(&world, definition).await;
    let outcome = say(&world, run, "yes").await;
    assert_eq!(outcome.problem.unwrap().code, ProblemCode::Publishing);
    std::fs::remove_file(world.workspace().join("folder")).unwrap();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    assert_success(&resumed.await.unwrap());
    assert_eq!(world.file("folder/a.txt").as_deref(), Some("a"));
    assert_eq!(world.file("b.txt").as_deref(), Some("b"));
}
