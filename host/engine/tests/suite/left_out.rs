//! Steps that a condition leaves out in a later round or take: what they made before goes (rule E17).

use std::sync::atomic::{AtomicU32, Ordering};

use stepwell_contract::Text;
use stepwell_engine::{AheadOf, Drive, LookAhead, RerunStep, ResumeRun};

use crate::common::{Ask, World, assert_success, step, text};
use crate::gates::{files, say, start, world};

/// `opt` and what lies in `group` are carried out in the first round and left out in the second.
const LEFT_OUT: &str = r#"
name = "flow"
[[steps]]
id = "build"
repeat = { while = "steps.build.says.verdict", is = "again" }
  [[steps.steps]]
  id = "says"
  uses = "builtin:says"
  [[steps.steps]]
  id = "opt"
  uses = "builtin:w"
  inputs.x = "x"
  grants.workspace = "write"
  when = { value = "steps.build.says.out", is = "go" }
  [[steps.steps]]
  id = "group"
  when = { value = "steps.build.says.out", is = "go" }
    [[steps.steps.steps]]
    id = "in"
    uses = "builtin:w"
    inputs.x = "x"
    grants.workspace = "write"
"#;

const ASKS: &str = r#"
[[steps]]
id = "ask"
uses = "builtin:ask"
inputs.x = "{{ steps.build.opt.out | default('') }}{{ steps.build.group.in.out | default('') }}"
"#;

/// A world in which `says` lets the others be carried out in its first execution alone, and asks for so many rounds.
async fn saying(rounds: u32) -> World {
    let mut world = world().await;
    let said = AtomicU32::new(0);
    let says = step("says").document("out").document("verdict");
    world.step(says, move |_: Ask, _: Vec<Text>| {
        let said = said.fetch_add(1, Ordering::SeqCst) + 1;
        async move {
            let out = if said == 1 { "go" } else { "stop" };
            let verdict = if said < rounds { "again" } else { "done" };
            Ok(vec![text("out", out), text("verdict", verdict)])
        }
    });
    world
}

#[tokio::test]
async fn e17_what_is_left_out_later_takes_its_files_of_before_along() {
    // In a later round, without a gate and with one.
    let world = saying(2).await;
    let (run, outcome) = start(&world, LEFT_OUT).await;
    assert_success(&outcome);
    assert_eq!((world.file("opt.txt"), world.file("in.txt")), (None, None));
    let files = files(&world, run).await;
    assert_eq!(files.len(), 4, "{files:?}");

    let world = saying(2).await;
    let (run, _) = start(&world, &format!("{LEFT_OUT}{ASKS}")).await;
    assert_success(&say(&world, run, "yes").await);
    assert_eq!((world.file("opt.txt"), world.file("in.txt")), (None, None));

    // In a later take; what a person changed since stays.
    let mut world = saying(1).await;
    let (run, outcome) = start(&world, LEFT_OUT).await;
    assert_success(&outcome);
    assert_eq!(world.file("opt.txt").as_deref(), Some("x"));
    world.put_file("in.txt", "mine");
    let step = "build/says".parse().unwrap();
    let rerun = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    rerun.await.unwrap();
    world.restart();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    assert_success(&resumed.await.unwrap());
    assert_eq!(world.file("opt.txt"), None);
    assert_eq!(world.file("in.txt").as_deref(), Some("mine"));
}

/// Whoever only looks at what a step would ask changes no file.
#[tokio::test]
async fn e17_looking_ahead_removes_nothing() {
    let world = saying(1).await;
    let (run, _) = start(&world, LEFT_OUT).await;
    let step = "build/says".parse().unwrap();
    let rerun = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    rerun.await.unwrap();
    let ahead = LookAhead {
        of: AheadOf::Run {
            run,
            step: "build/opt".parse().unwrap(),
        },
        with: RerunStep::default(),
    };
    let _ = world.engine.look_ahead(ahead).await;
    assert_eq!(world.file("opt.txt").as_deref(), Some("x"));
}
