//! `keep`: documents that live in the workspace, and inputs that are read from there.

use std::collections::BTreeMap;

use crate::common::{Ask, World, assert_success, source, step, step_view, text};
use stepwell_contract::{RunId, Text};
use stepwell_engine::{Drive, Event, RunOutcome, StartRun};

async fn world() -> World {
    let mut world = World::new().await;
    world.step(
        step("s").input("x").document("out"),
        |_: Ask, inputs: Vec<Text>| async move { Ok(vec![text("out", inputs[0].value.as_str())]) },
    );
    world
}

const FLOW: &str = r#"
name = "flow"
[inputs]
wish = {}
existing = { file = "docs/wish.md", default = "nothing yet" }
[[steps]]
id = "s"
uses = "builtin:s"
inputs.x = "{{ inputs.wish }}"
keep.out = "docs/wish.md"
[[steps]]
id = "before"
uses = "builtin:s"
inputs.x = "{{ inputs.existing }}"
"#;

async fn run(world: &World, definition: &str, inputs: &[(&str, &str)]) -> (RunId, RunOutcome) {
    let inputs = inputs
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let request = StartRun {
        inputs: inputs.collect::<BTreeMap<_, _>>(),
        ..StartRun::new(source(definition))
    };
    let run = world.engine.start(request).await.unwrap();
    (
        run,
        world.engine.drive(run, Drive::default()).await.unwrap(),
    )
}

#[tokio::test]
async fn a_kept_document_is_a_file_and_the_next_run_reads_it() {
    let world = world().await;
    let first = "# Wish\n\n- a\n- b\n";
    let (one, outcome) = run(&world, FLOW, &[("wish", first)]).await;
    assert_success(&outcome);
    assert_eq!(world.file("docs/wish.md").as_deref(), Some(first));
    assert_eq!(
        world.document(one, "before", "out", &[]).await.unwrap(),
        "nothing yet"
    );
    let view = world.view(one).await;
    assert!(step_view(&view, "s").executions[0].kept[0].is_new);

    let second = "# Wish\n\n- a\n- B\n- c\n";
    let (two, outcome) = run(&world, FLOW, &[("wish", second)]).await;
    assert_success(&outcome);
    assert_eq!(world.file("docs/wish.md").as_deref(), Some(second));
    assert_eq!(
        world.document(two, "before", "out", &[]).await.unwrap(),
        first
    );
    let view = world.view(two).await;
    let kept = &step_view(&view, "s").executions[0].kept[0];
    assert_eq!(kept.changed, [("- b".to_owned(), "- B".to_owned())]);
    assert_eq!(kept.added, ["- c"]);
    let events = world
        .engine
        .events(two.into(), 0, usize::MAX)
        .await
        .unwrap();
    let told = events.into_iter().find_map(|event| match &event.event {
        Event::DocumentKept { .. } => event.event.told(|_| String::new()),
        _ => None,
    });
    assert_eq!(
        told.as_deref(),
        Some("`out` is kept in docs/wish.md: 1 added, 1 changed, 0 removed")
    );
    // What a person gives counts.
    let given = [("wish", second), ("existing", "mine")];
    let (three, _) = run(&world, FLOW, &given).await;
    assert_eq!(
        world.document(three, "before", "out", &[]).await.unwrap(),
        "mine"
    );
    assert!(
        world.view(three).await.steps[0].executions[0]
            .files
            .is_empty()
    );
}

#[tokio::test]
async fn a_file_that_is_closed_to_every_step_is_not_kept_to_and_not_read() {
    let world = world().await;
    world.put_file(".git/config", "[core]\n");
    let kept = FLOW.replace("keep.out = \"docs/wish.md\"", "keep.out = \".git/config\"");
    let read = FLOW.replace("file = \"docs/wish.md\"", "file = \".git/config\"");
    for (definition, told) in [
        (kept, "can't be kept in `.git/config`"),
        (read, "`.git/config` of the input `existing`"),
    ] {
        let request = StartRun {
            inputs: BTreeMap::from([("wish".to_owned(), "x".to_owned())]),
            ..StartRun::new(source(&definition))
        };
        let refused = world.engine.start(request).await.unwrap_err().to_string();
        assert!(refused.contains(told), "{refused}");
    }
    assert_eq!(world.file(".git/config").as_deref(), Some("[core]\n"));
}

/// What stands in the way only later is no fault of the plugin.
#[tokio::test]
async fn a_folder_that_came_between_is_told_as_one() {
    let world = world().await;
    let request = StartRun {
        inputs: BTreeMap::from([("wish".to_owned(), "x".to_owned())]),
        ..StartRun::new(source(FLOW))
    };
    let run = world.engine.start(request).await.unwrap();
    world.put_file("docs/wish.md/other.md", "mine\n");
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    let problem = outcome.problem.unwrap();
    assert_eq!(problem.code.to_string(), "not-a-file");
    assert!(
        problem.message.contains("docs/wish.md"),
        "{}",
        problem.message
    );
}
