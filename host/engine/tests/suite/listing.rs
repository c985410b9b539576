//! Runs are told apart, and found.

use stepwell_contract::{FailureKind, RunId};
use stepwell_engine::{Drive, ListRuns, RunStatus, StartRun};

use crate::common::{Ask, World, failure, source, step, text};

const DEFINITION: &str = r#"name = "noting"

[inputs]
path = { default = "" }
feature = { default = "" }
area = { default = "" }

[[steps]]
id = "does"
uses = "builtin:does"
"#;

async fn world() -> World {
    let mut world = World::new().await;
    world.step(step("does").document("out"), |_: Ask, _| async move {
        Ok(vec![text("out", "done")])
    });
    world.step(step("fails").document("out"), |_: Ask, _| async move {
        Err(failure(
            FailureKind::InvalidInput,
            "the tree is gone",
            false,
        ))
    });
    world
}

async fn run(world: &World, definition: &str, inputs: &[(&str, &str)], label: &str) -> RunId {
    let inputs = inputs
        .iter()
        .map(|(name, text)| ((*name).into(), (*text).into()));
    let request = StartRun {
        inputs: inputs.collect(),
        label: Some(label.into()),
        ..StartRun::new(source(definition))
    };
    let run = world.engine.start(request).await.unwrap();
    world.engine.drive(run, Drive::default()).await.unwrap();
    run
}

async fn found(world: &World, wanted: ListRuns) -> Vec<RunId> {
    let runs = world.engine.runs(&wanted).await.unwrap();
    runs.into_iter().map(|run| run.id).collect()
}

#[tokio::test]
async fn runs_are_told_apart_by_their_label_and_the_beginning_of_what_they_were_given() {
    let world = world().await;
    let long = "words ".repeat(100);
    let given = [
        ("area", "notes"),
        ("feature", "\n\n  A list of months\nand more"),
        ("path", " \n"),
    ];
    run(&world, DEFINITION, &given, " the\nfirst ").await;
    run(&world, DEFINITION, &[("feature", &long)], "").await;
    run(&world, DEFINITION, &[], &long).await;
    let runs = world.engine.runs(&ListRuns::default()).await.unwrap();
    let [labelled, long, first] = &runs[..] else {
        panic!("{runs:?}");
    };
    // The first input of the definition that says something, not the first by name.
    assert_eq!(first.about.as_deref(), Some("A list of months"));
    assert_eq!(first.label.as_deref(), Some("the first"));
    assert_eq!(long.label, None);
    let (about, label) = (
        long.about.as_ref().unwrap(),
        labelled.label.as_ref().unwrap(),
    );
    for cut in [about, label] {
        assert!(
            cut.starts_with("words words") && cut.ends_with(" …") && cut.len() < 200,
            "{cut}"
        );
    }
    assert_eq!(labelled.about, None);
}

#[tokio::test]
async fn runs_are_found_by_state_workflow_and_words() {
    let world = world().await;
    let mut months = Vec::new();
    for number in ["zero", "one", "two"] {
        let feature = format!("A list of MONTHS, Übersicht {number}");
        months.push(run(&world, DEFINITION, &[("feature", &feature)], "calendar").await);
    }
    let failing = DEFINITION
        .replace("does", "fails")
        .replace("noting", "failing");
    let failed = run(&world, &failing, &[("feature", "dark mode")], "").await;
    months.reverse();
    let search = |words: &str| ListRuns {
        search: Some(words.into()),
        ..ListRuns::default()
    };
    assert_eq!(found(&world, search("months LIST")).await, months);
    assert_eq!(found(&world, search("übersicht one")).await, [months[1]]);
    assert_eq!(found(&world, search("calendar months")).await, months);
    assert_eq!(found(&world, search("months elsewhere")).await, []);
    assert_eq!(found(&world, search("TREE gone")).await, [failed]);
    // By the code that a listing shows of it, too.
    assert_eq!(found(&world, search("invalid-input")).await, [failed]);
    assert_eq!(
        found(&world, search(&failed.to_string()[20..])).await,
        [failed]
    );
    assert_eq!(found(&world, search(" ")).await.len(), 4);
    let by_status = |status| ListRuns {
        status: Some(status),
        ..ListRuns::default()
    };
    assert_eq!(found(&world, by_status(RunStatus::Failure)).await, [failed]);
    assert_eq!(found(&world, by_status(RunStatus::Success)).await, months);
    assert_eq!(found(&world, by_status(RunStatus::Waiting)).await, []);
    let of_failing = ListRuns {
        workflow: Some("failing".into()),
        ..ListRuns::default()
    };
    assert_eq!(found(&world, of_failing).await, [failed]);
    // Parts of a listing go on where the one before ended.
    let part = |before| ListRuns {
        before,
        limit: Some(2),
        ..search("months")
    };
    assert_eq!(found(&world, part(None)).await, months[..2]);
    assert_eq!(found(&world, part(Some(months[1]))).await, months[2..]);
}

#[tokio::test]
async fn what_is_looked_for_is_found_behind_more_runs_than_are_read_at_once() {
    let world = world().await;
    let first = run(&world, DEFINITION, &[("feature", "needle")], "").await;
    for _ in 0..210 {
        let request = StartRun::new(source(DEFINITION));
        world.engine.start(request).await.unwrap();
    }
    let wanted = ListRuns {
        search: Some("needle".into()),
        ..ListRuns::newest(1)
    };
    assert_eq!(found(&world, wanted).await, [first]);
    assert_eq!(found(&world, ListRuns::default()).await.len(), 211);
    assert_eq!(found(&world, ListRuns::newest(205)).await.len(), 205);
}
