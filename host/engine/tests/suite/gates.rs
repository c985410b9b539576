//! Gates: what was written upstream of one is committed and seen by the run, and gets into the workspace only by its yes (rule E34).

use std::sync::atomic::{AtomicU32, Ordering};

use crate::common::{
    Ask, World, answer, assert_success, failure, source, step, step_view, text, writes_and_blocks,
};
use stepwell_contract::{AttemptEnd, FailureKind, ProblemCode, RunId, Text, WaitingFor};
use stepwell_engine::{
    Drive, Event, RerunStep, ResumeRun, RunOutcome, RunStatus, Selection, StartRun, StepStatus,
};

/// `w` writes its input to `w.txt` and what it sees of it before; `ask` is a gate; `look` reads `w.txt`.
pub(crate) async fn world() -> World {
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

pub(crate) async fn start(world: &World, definition: &str) -> (RunId, RunOutcome) {
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

pub(crate) async fn say(world: &World, run: RunId, said: &str) -> RunOutcome {
    let request = ResumeRun {
        answers: vec![answer("decision", said)],
        ..ResumeRun::default()
    };
    let resumed = world.engine.resume(run, request, Drive::default());
    resumed.await.unwrap()
}

/// The files of a run: path, whether the workspace has it, whether it was dropped.
pub(crate) async fn files(world: &World, run: RunId) -> Vec<(String, bool, bool)> {
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

/// What a gate is asked about is what its yes does to the files that are there now: what an earlier take left is removed, and what a person
/// wrote meanwhile is replaced.
#[tokio::test]
async fn a_gate_sees_what_its_yes_removes_and_replaces() {
    let mut world = world().await;
    let takes = AtomicU32::new(0);
    let parts = step("parts").document("out").grant("workspace", "write");
    world.step(parts, move |host: Ask, _: Vec<Text>| {
        let take = takes.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            host.write("a.txt", &format!("take {take}")).await?;
            if take == 1 {
                host.write("b.txt", "only once").await?;
            }
            Ok(vec![text("out", take.to_string())])
        }
    });
    let gate = step("sees").input("x").document("decision");
    let gate = gate
        .document("seen")
        .gate("decision")
        .grant("workspace", "read");
    world.step(gate, |host: Ask, _: Vec<Text>| async move {
        let mut seen = Vec::new();
        for path in ["a.txt", "b.txt"] {
            let (now, there) = (host.read(path).await?, host.published(path).await?);
            seen.push(format!("{path}: {there} becomes {now}"));
        }
        let decision = host.question("decision").await?;
        Ok(vec![
            text("decision", decision),
            text("seen", seen.join(", ")),
        ])
    });
    let definition = r#"
name = "flow"
[[steps]]
id = "parts"
uses = "builtin:parts"
grants.workspace = "write"
[[steps]]
id = "sees"
uses = "builtin:sees"
inputs.x = "{{ steps.parts.out }}"
grants.workspace = "read"
"#;
    let (run, _) = start(&world, definition).await;
    assert_success(&say(&world, run, "yes").await);
    let seen = world.document(run, "sees", "seen", &[]).await.unwrap();
    let new = "a.txt: not-found becomes take 1, b.txt: not-found becomes only once";
    assert_eq!(seen, new);
    let step = "parts".parse().unwrap();
    let rerun = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    assert_eq!(rerun.await.unwrap().waiting_for, Some(WaitingFor::Stale));
    world.put_file("a.txt", "take 1 and mine");
    let waits = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    assert_eq!(waits.await.unwrap().waiting_for, Some(WaitingFor::Answers));
    assert_success(&say(&world, run, "yes").await);
    let seen = world.document(run, "sees", "seen", &[]).await.unwrap();
    let again = "a.txt: take 1 and mine becomes take 2, b.txt: only once becomes not-found";
    assert_eq!(seen, again);
    assert_eq!(world.file("b.txt"), None);
    assert_eq!(world.file("a.txt").as_deref(), Some("take 2"));
}

/// A gate without the grant is told so where there is something to see, and nothing where there is none.
#[tokio::test]
async fn a_gate_that_sees_no_files_is_told_so_where_there_are_any() {
    let mut world = world().await;
    let gate = step("blind").input("x").document("decision");
    world.step(
        gate.gate("decision"),
        |host: Ask, _: Vec<Text>| async move {
            let changed = host.0.changed_files().await.map_err(AttemptEnd::from)?;
            let told = changed.map_or_else(|error| error.message, |paths| paths.join(" "));
            Ok(vec![text("decision", format!("yes{told}"))])
        },
    );
    let blind = |of: &str| {
        format!("name = \"flow\"\n{of}[[steps]]\nid = \"blind\"\nuses = \"builtin:blind\"\n")
    };
    let (run, outcome) = start(&world, &(blind("") + "inputs.x = \"\"\n")).await;
    assert_success(&outcome);
    let told = world.document(run, "blind", "decision", &[]).await.unwrap();
    assert_eq!(told, "yes");
    let writes = "[[steps]]\nid = \"w\"\nuses = \"builtin:w\"\ninputs.x = \"x\"\ngrants.workspace = \"write\"\n";
    let definition = blind(writes) + "inputs.x = \"{{ steps.w.out }}\"\n";
    let (run, _) = start(&world, &definition).await;
    let told = world.document(run, "blind", "decision", &[]).await.unwrap();
    assert!(
        told.contains("add `grants.workspace = \"read\"` to step `blind`"),
        "{told}"
    );
}

/// The text that is kept by a gate's own yes: what a person writes in its file while it waits isn't lost, and is warned of.
#[tokio::test]
async fn what_a_person_writes_in_a_kept_file_while_its_gate_waits_is_kept_and_told() {
    let mut world = world().await;
    world.put_file("docs/d.md", "old");
    let definition = r#"
name = "flow"
[[steps]]
id = "ask"
uses = "builtin:ask"
inputs.x = ""
keep.decision = "docs/d.md"
"#;
    let (run, outcome) = start(&world, definition).await;
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Answers));
    world.put_file("docs/d.md", "mine");
    world.restart();
    assert_success(&say(&world, run, "yes").await);
    assert_eq!(world.file("docs/d.md").as_deref(), Some("yes"));
    assert!(world.events(run).await.contains(&"warning".to_owned()));
    let restored = world.engine.restore_file(run, "docs/d.md", false).await;
    assert!(restored.unwrap().changed);
    assert_eq!(world.file("docs/d.md").as_deref(), Some("mine"));
}

/// An input has the text that its file had when the run began: what is written there later is in no document of the run.
#[tokio::test]
async fn a_kept_file_that_is_not_what_the_run_was_given_is_warned_of_before_it_is_replaced() {
    let world = world().await;
    world.put_file("docs/d.md", "old");
    let definition = r#"
name = "flow"
[inputs.existing]
file = "docs/d.md"
default = ""
[[steps]]
id = "first"
uses = "builtin:ask"
inputs.x = "{{ inputs.existing }}"
[[steps]]
id = "ask"
uses = "builtin:ask"
inputs.x = "{{ steps.first.decision }}"
keep.decision = "docs/d.md"
"#;
    let (run, _) = start(&world, definition).await;
    let warned = async || {
        let events = world
            .engine
            .events(run.into(), 0, usize::MAX)
            .await
            .unwrap();
        let told = |event: &Event| matches!(event, Event::Log { message, .. } if message.contains("`docs/d.md` isn't what this run was given"));
        events.iter().filter(|event| told(&event.event)).count()
    };
    world.put_file("docs/d.md", "old and mine");
    say(&world, run, "yes").await;
    assert_eq!(warned().await, 1);
    assert_success(&say(&world, run, "yes").await);
    assert_eq!(warned().await, 1);
}

#[tokio::test]
async fn a_gate_that_is_asked_once_more_is_asked_about_what_the_last_round_left() {
    let world = world().await;
    let (run, _) = start(&world, ROUNDS).await;
    say(&world, run, "changes").await;
    say(&world, run, "no").await;
    let step = "build/ask".parse().unwrap();
    let rerun = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    assert_eq!(rerun.await.unwrap().waiting_for, Some(WaitingFor::Answers));
    let asked = world.view(run).await.questions;
    let asked: Vec<&str> = asked.iter().map(|asked| asked.step.as_str()).collect();
    assert!(
        asked.len() == 1 && asked[0].starts_with("build~2/ask"),
        "{asked:?}"
    );
    // What was said of the first round stays.
    let first = world
        .document_of_round(run, "build/ask", "decision", &[Some(1)])
        .await;
    assert_eq!(first.as_deref(), Some("changes"));
    assert_success(&say(&world, run, "yes").await);
    assert_eq!(world.file("w.txt").as_deref(), Some("after changes"));
}

/// A folder whose last file is removed becomes a file, and the other way round, also while a gate keeps the removal out of the workspace.
#[tokio::test]
async fn what_goes_makes_room_for_what_comes_when_a_gate_says_yes() {
    let mut world = world().await;
    for (path, content) in [
        ("d/a.txt", "a"),
        ("e/x.txt", "x"),
        ("e/own/y.txt", "y"),
        ("f", "f"),
    ] {
        world.put_file(path, content);
    }
    let goes = step("goes").document("out").grant("workspace", "write");
    world.step(goes, |host: Ask, _: Vec<Text>| async move {
        let told = [
            host.remove("d/a.txt").await?,
            host.remove("e/x.txt").await?,
            host.remove("f").await?,
            host.write("f/below.txt", "below").await?,
        ];
        Ok(vec![text("out", told.join(" "))])
    });
    let comes = step("comes")
        .input("x")
        .document("out")
        .grant("workspace", "write");
    world.step(comes, |host: Ask, _: Vec<Text>| async move {
        let told = [
            host.write("d", "a file").await?,
            host.write("e", "a file").await?,
            host.write("f", "a file").await?,
        ];
        Ok(vec![text("out", told.join("; "))])
    });
    let definition = r#"
name = "flow"
[[steps]]
id = "goes"
uses = "builtin:goes"
grants.workspace = "write"
[[steps]]
id = "comes"
uses = "builtin:comes"
inputs.x = "{{ steps.goes.out }}"
grants.workspace = "write"
[[steps]]
id = "ask"
uses = "builtin:ask"
inputs.x = "{{ steps.comes.out }}"
"#;
    let (run, _) = start(&world, definition).await;
    let told = world.document(run, "goes", "out", &[]).await.unwrap();
    assert_eq!(told, "ok ok ok ok");
    let told = world.document(run, "comes", "out", &[]).await.unwrap();
    let (first, rest) = told.split_once("; ").unwrap();
    assert_eq!(first, "ok");
    for refused in ["`e/own/y.txt` is in it", "the run wrote `f/below.txt`"] {
        assert!(rest.contains(refused), "{refused}: {rest}");
    }
    assert_eq!(world.file("d/a.txt").as_deref(), Some("a"));
    assert_success(&say(&world, run, "yes").await);
    assert_eq!(world.file("d").as_deref(), Some("a file"));
    assert_eq!(world.file("f/below.txt").as_deref(), Some("below"));
    assert_eq!(world.file("e/own/y.txt").as_deref(), Some("y"));
}
