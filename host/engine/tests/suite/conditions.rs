//! `when`: a step is carried out, with its sub-steps, only if a document or an input says so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use crate::common::{Ask, World, assert_success, failure, source, step, step_view, text};
use stepwell_contract::{FailureKind, RunId, SkipReason, Text, UnmetCondition};
use stepwell_engine::{
    DocumentAddress, Drive, Event, RerunStep, ResumeRun, RunOutcome, StartRun, StepStatus,
};

type Trace = Arc<Mutex<Vec<String>>>;

/// Steps `s` that write their input to `out`, or fail where it says `fail` for the first time.
async fn tracing_world() -> (World, Trace) {
    let mut world = World::new().await;
    let trace = Trace::default();
    let seen = Arc::clone(&trace);
    world.step(
        step("s").input("x").document("out"),
        move |host: Ask, inputs: Vec<Text>| {
            let seen = Arc::clone(&seen);
            async move {
                let said = inputs.first().map_or("", |input| &input.value).to_owned();
                let name = name_of(&host);
                seen.lock().unwrap().push(name.clone());
                let tried = seen
                    .lock()
                    .unwrap()
                    .iter()
                    .filter(|it| **it == name)
                    .count();
                if said == "fail" && tried == 1 {
                    return Err(failure(FailureKind::Declined, "not now", false));
                }
                Ok(vec![text("out", said)])
            }
        },
    );
    world.step(
        step("plan").document("list"),
        |_: Ask, _: Vec<Text>| async {
            let list = r#"[{"kind": "a"}, {"kind": "b"}]"#;
            Ok(vec![text("list", list)])
        },
    );
    (world, trace)
}

async fn run(world: &World, definition: &str, said: &str) -> (RunId, RunOutcome) {
    let request = StartRun {
        inputs: BTreeMap::from([("said".to_owned(), said.to_owned())]),
        ..StartRun::new(source(definition))
    };
    let run = world.engine.start(request).await.unwrap();
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    (run, outcome)
}

/// An execution as a person names it.
fn name_of(host: &Ask) -> String {
    let named = host.0.path().into_iter().map(|level| {
        let item = level.item.map(|item| format!("[{item}]"));
        let round = (level.round > 1).then(|| format!("~{}", level.round));
        [Some(level.step), item, round]
            .into_iter()
            .flatten()
            .collect()
    });
    named.collect::<Vec<String>>().join("/")
}

/// What was carried out since the last look.
fn taken(trace: &Trace) -> Vec<String> {
    std::mem::take(&mut *trace.lock().unwrap())
}

async fn skipped(world: &World, run: RunId) -> Vec<(String, SkipReason)> {
    let events = world
        .engine
        .events(run.into(), 0, usize::MAX)
        .await
        .unwrap();
    let skipped = events.into_iter().filter_map(|event| match event.event {
        Event::StepSkipped { reason } => Some((event.execution.unwrap_or_default(), reason)),
        _ => None,
    });
    skipped.collect()
}

fn unmet(value: &str, wanted: &[&str], said: Option<&str>) -> SkipReason {
    let wanted: Vec<String> = wanted.iter().map(|word| (*word).to_owned()).collect();
    SkipReason::Condition(UnmetCondition::new(value, &wanted, said))
}

const GROUP: &str = r#"
name = "flow"
inputs.said = {}
[[steps]]
id = "first"
uses = "builtin:s"
inputs.x = "{{ inputs.said }}"

[[steps]]
id = "group"
when = { value = "steps.first.out", is = ["yes", " of course "] }
  [[steps.steps]]
  id = "one"
  uses = "builtin:s"
  inputs.x = "1"
  [[steps.steps]]
  id = "two"
  uses = "builtin:s"
  inputs.x = "{{ steps.group.one.out }}"
  when = { value = "inputs.said", is = "yes" }

[[steps]]
id = "after"
uses = "builtin:s"
inputs.x = "after:{{ steps.group.two.out | default('nothing') }}"
"#;

#[tokio::test]
async fn a_step_is_carried_out_only_if_a_document_says_so() {
    let (world, trace) = tracing_world().await;
    let (_, outcome) = run(&world, GROUP, "yes\n").await;
    assert_success(&outcome);
    assert_eq!(taken(&trace), ["first", "group/one", "group/two", "after"]);

    let (sub_step_left_out, outcome) = run(&world, GROUP, "of course").await;
    assert_success(&outcome);
    assert_eq!(taken(&trace), ["first", "group/one", "after"]);
    let reason = unmet("inputs.said", &["yes"], Some("of course"));
    assert_eq!(
        skipped(&world, sub_step_left_out).await,
        [("group/two".to_owned(), reason)]
    );

    let (run, outcome) = run(&world, GROUP, "no").await;
    assert_success(&outcome);
    assert_eq!(taken(&trace), ["first", "after"]);
    let reason = unmet("steps.first.out", &["yes", "of course"], Some("no"));
    let view = world.view(run).await;
    for path in ["group", "group/one", "group/two"] {
        assert_eq!(step_view(&view, path).status, StepStatus::Skipped, "{path}");
    }
    let [group] = step_view(&view, "group").executions.as_slice() else {
        panic!("{view:?}")
    };
    assert_eq!(group.skipped.as_ref(), Some(&reason));
    assert_eq!(skipped(&world, run).await, [("group".to_owned(), reason)]);
    let after = world.document(run, "after", "out", &[]).await.unwrap();
    assert_eq!(after, "after:nothing");
}

#[tokio::test]
async fn what_is_left_out_is_left_out_again_when_the_run_goes_on_and_told_once() {
    let (mut world, trace) = tracing_world().await;
    let definition = GROUP.replace("'nothing'", "'x'")
        + "[[steps]]\nid = \"bad\"\nuses = \"builtin:s\"\ninputs.x = \"fail{{ steps.after.out | replace('after:x', '') }}\"\n";
    let (run, outcome) = run(&world, &definition, "no").await;
    assert_eq!(outcome.problem.unwrap().step.as_deref(), Some("bad"));
    world.restart();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default())
        .await
        .unwrap();
    assert_success(&resumed);
    assert_eq!(taken(&trace), ["first", "after", "bad", "bad"]);
    assert_eq!(skipped(&world, run).await.len(), 1);
}

#[tokio::test]
async fn a_corrected_document_decides_anew() {
    let (world, trace) = tracing_world().await;
    let (run, _) = run(&world, GROUP, "no").await;
    taken(&trace);
    for (said, carried_out, status) in [
        ("of course", vec!["group/one", "after"], StepStatus::Success),
        ("no", vec!["after"], StepStatus::Skipped),
    ] {
        let address = DocumentAddress {
            run,
            step: "first".parse().unwrap(),
            name: "out".into(),
            items: vec![],
            rounds: Vec::new(),
            take: None,
        };
        world
            .engine
            .put_document(&address, said.into())
            .await
            .unwrap();
        let outcome = world
            .engine
            .resume(run, ResumeRun::default(), Drive::default())
            .await
            .unwrap();
        assert_success(&outcome);
        assert_eq!(taken(&trace), carried_out, "{said}");
        let view = world.view(run).await;
        assert_eq!(step_view(&view, "group/one").status, status, "{said}");
    }
}

#[tokio::test]
async fn a_step_that_is_left_out_is_not_run_again() {
    let (world, trace) = tracing_world().await;
    let (run, _) = run(&world, GROUP, "no").await;
    taken(&trace);
    let step = "group/one".parse().unwrap();
    let again = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    let refused = again.await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "step `group/one` is left out in this run: `steps.first.out` is `no`, not `yes` or `of course`"
    );
    assert_eq!(taken(&trace), [""; 0]);
}

#[tokio::test]
async fn each_item_and_each_round_has_conditions_of_its_own() {
    let (world, trace) = tracing_world().await;
    let definition = r#"
name = "flow"
inputs.said = {}
[[steps]]
id = "plan"
uses = "builtin:plan"
  [[steps.steps]]
  id = "each"
  for_each = "parent.list"
    [[steps.steps.steps]]
    id = "only_a"
    uses = "builtin:s"
    inputs.x = "{{ item.kind }}"
    when = { value = "item.kind", is = "a" }
    [[steps.steps.steps]]
    id = "both"
    uses = "builtin:s"
    inputs.x = "{{ steps.plan.each.only_a.out | default('none') }}"

[[steps]]
id = "loop"
repeat = { while = "steps.loop.check.out", is = "again", times = 1 }
  [[steps.steps]]
  id = "work"
  uses = "builtin:s"
  inputs.x = ""
  when = { value = "steps.loop.check.out", is = "again" }
  [[steps.steps]]
  id = "check"
  uses = "builtin:s"
  inputs.x = "{{ steps.loop.work.out | default('again') }}"

[[steps]]
id = "none"
uses = "builtin:s"
inputs.x = ""
for_each = "steps.plan.list"
when = { value = "steps.loop.work.out", is = "nothing" }

[[steps]]
id = "count"
uses = "builtin:s"
inputs.x = "{{ steps.none.out | default([]) | length }} of {{ inputs.said }}"
"#;
    let (run, outcome) = run(&world, definition, "it").await;
    assert_success(&outcome);
    let mut done = taken(&trace);
    done.sort();
    assert_eq!(
        done,
        [
            "count",
            "loop/check",
            "loop~2/check",
            "loop~2/work",
            "plan/each[0]/both",
            "plan/each[0]/only_a",
            "plan/each[1]/both",
        ]
    );
    let mut left_out = skipped(&world, run).await;
    left_out.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        ("loop/work", unmet("steps.loop.check.out", &["again"], None)),
        ("none", unmet("steps.loop.work.out", &["nothing"], Some(""))),
        ("plan/each[1]/only_a", unmet("item.kind", &["a"], Some("b"))),
    ];
    assert_eq!(
        left_out,
        expected.map(|(name, reason)| (name.to_owned(), reason))
    );
    let view = world.view(run).await;
    assert_eq!(step_view(&view, "none").status, StepStatus::Skipped);
    assert_eq!(
        step_view(&view, "plan/each/only_a").status,
        StepStatus::Success
    );
    let count = world.document(run, "count", "out", &[]).await.unwrap();
    assert_eq!(count, "0 of it");
}
