//! What starts when: references, sub-steps, `for_each`, `until`, given documents (rules E23 and E25).

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};

use crate::common::{Ask, World, assert_success, failure, source, step, step_view, text};
use stepwell_contract::{FailureKind, WaitingFor};
use stepwell_engine::{
    DocumentAddress, Drive, GivenDocument, RerunStep, ResumeRun, RunStatus, StartRun, StepStatus,
};

/// A step that writes `out`: its id and its input.
async fn tracing_world() -> (World, Arc<Mutex<Vec<String>>>) {
    let mut world = World::new().await;
    let trace = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&trace);
    world.step(
        step("echo").input("x").document("out"),
        move |host: crate::common::Ask, inputs: Vec<_>| {
            let seen = Arc::clone(&seen);
            async move {
                let path = host.0.path();
                let name = path.last().map(|level| match level.item {
                    Some(item) => format!("{}[{item}]", level.step),
                    None => level.step.clone(),
                });
                let name = name.unwrap();
                seen.lock().unwrap().push(name.clone());
                let input: &stepwell_contract::Text = &inputs[0];
                Ok(vec![text("out", format!("{name}({})", input.value))])
            }
        },
    );
    world.step(
        step("list").document("items"),
        |_: crate::common::Ask, _| async {
            Ok(vec![text("items", r#"[{"n": 1}, {"n": 2}, {"n": 3}]"#)])
        },
    );
    (world, trace)
}

const DIAMOND: &str = r#"
name = "diamond"
[inputs]
seed = { description = "d", default = "s" }
[[steps]]
id = "d"
uses = "builtin:echo"
inputs.x = "{{ steps.b.out }}+{{ steps.c.out }}"
[[steps]]
id = "b"
uses = "builtin:echo"
inputs.x = "{{ steps.a.out }}"
[[steps]]
id = "c"
uses = "builtin:echo"
inputs.x = "{{ steps.a.out }}"
[[steps]]
id = "a"
uses = "builtin:echo"
inputs.x = "{{ inputs.seed }}"
"#;

#[tokio::test]
async fn references_make_the_order() {
    let (world, trace) = tracing_world().await;
    let (run, outcome) = world.run(DIAMOND).await;
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "d", "out", &[]).await.unwrap(),
        "d(b(a(s))+c(a(s)))"
    );
    let order = trace.lock().unwrap().clone();
    assert_eq!((order[0].as_str(), order[3].as_str()), ("a", "d"));
}

#[tokio::test]
async fn steps_that_do_not_depend_on_each_other_run_at_the_same_time() {
    let mut world = World::new().await;
    let barrier = Arc::new(tokio::sync::Barrier::new(2));
    world.step(
        step("meet").document("out"),
        move |_: crate::common::Ask, _| {
            let barrier = Arc::clone(&barrier);
            async move {
                // Only two at once get past it.
                barrier.wait().await;
                Ok(vec![text("out", "met")])
            }
        },
    );
    let definition = "name = \"m\"\n[[steps]]\nid = \"a\"\nuses = \"builtin:meet\"\n[[steps]]\nid = \"b\"\nuses = \"builtin:meet\"\n";
    let run = world.run(definition);
    let (_, outcome) = tokio::time::timeout(std::time::Duration::from_secs(20), run)
        .await
        .expect("both at once");
    assert_success(&outcome);
}

const TREE: &str = r#"
name = "tree"
[[steps]]
id = "top"
uses = "builtin:echo"
inputs.x = "0"
  [[steps.steps]]
  id = "middle"
  uses = "builtin:echo"
  inputs.x = "{{ parent.out }}"
    [[steps.steps.steps]]
    id = "deep"
    uses = "builtin:echo"
    inputs.x = "{{ parent.out }} {{ steps.top.out }}"
[[steps]]
id = "after"
uses = "builtin:echo"
inputs.x = "{{ steps.top.out }} / {{ steps.top.middle.deep.out }}"
"#;

#[tokio::test]
async fn sub_steps_run_three_deep_and_stand_in_for_their_parent() {
    let (world, trace) = tracing_world().await;
    let (run, outcome) = world.run(TREE).await;
    assert_success(&outcome);
    assert_eq!(*trace.lock().unwrap(), ["top", "middle", "deep", "after"]);
    let deep = "deep(middle(top(0)) top(0))";
    assert_eq!(
        world
            .document(run, "top/middle/deep", "out", &[])
            .await
            .unwrap(),
        deep
    );
    let after = world.document(run, "after", "out", &[]).await.unwrap();
    assert!(after.ends_with(&format!("/ {deep})")), "{after}");
    let view = world.view(run).await;
    assert_eq!(
        step_view(&view, "top/middle/deep").status,
        StepStatus::Success
    );
}

fn fan_out(concurrency: u32) -> String {
    format!(
        r#"
name = "fan"
[[steps]]
id = "plan"
uses = "builtin:list"
  [[steps.steps]]
  id = "each"
  uses = "builtin:echo"
  for_each = "parent.items"
  concurrency = {concurrency}
  inputs.x = "{{{{ item.n }}}}"
    [[steps.steps.steps]]
    id = "below"
    uses = "builtin:echo"
    inputs.x = "{{{{ parent.out }}}}"
[[steps]]
id = "join"
uses = "builtin:echo"
inputs.x = "{{{{ steps.plan.each.below.out }}}}"
"#
    )
}

#[tokio::test]
async fn for_each_runs_once_for_each_item_and_its_documents_are_a_list() {
    for concurrency in [1, 3] {
        let (world, trace) = tracing_world().await;
        let (run, outcome) = world.run(&fan_out(concurrency)).await;
        assert_success(&outcome);
        assert_eq!(
            world.document(run, "plan/each", "out", &[1]).await.unwrap(),
            "each[1](2)"
        );
        let joined = world.document(run, "join", "out", &[]).await.unwrap();
        let list = joined
            .strip_prefix("join(")
            .and_then(|list| list.strip_suffix(')'))
            .unwrap();
        let list: Vec<String> = serde_json::from_str(list).unwrap();
        assert_eq!(
            list,
            [
                "below(each[0](1))",
                "below(each[1](2))",
                "below(each[2](3))"
            ]
        );
        let order = trace.lock().unwrap().clone();
        if concurrency == 1 {
            assert_eq!(
                order,
                [
                    "each[0]", "below", "each[1]", "below", "each[2]", "below", "join"
                ]
            );
        } else {
            // Which of those that are under way at once comes first isn't said.
            let items = order.iter().filter(|name| name.starts_with("each"));
            let mut items: Vec<_> = items.map(String::as_str).collect();
            items.sort_unstable();
            assert_eq!(items, ["each[0]", "each[1]", "each[2]"]);
        }
    }
}

#[tokio::test]
async fn what_does_not_depend_on_a_failure_goes_on() {
    let (mut world, trace) = tracing_world().await;
    world.step(
        step("broken").document("out"),
        |_: crate::common::Ask, _| async {
            Err(failure(FailureKind::Other("broken".into()), "no", false))
        },
    );
    let definition = r#"
name = "f"
[[steps]]
id = "bad"
uses = "builtin:broken"
[[steps]]
id = "after_bad"
uses = "builtin:echo"
inputs.x = "{{ steps.bad.out }}"
[[steps]]
id = "good"
uses = "builtin:echo"
inputs.x = "1"
[[steps]]
id = "after_good"
uses = "builtin:echo"
inputs.x = "{{ steps.good.out }}"
"#;
    let (run, outcome) = world.run(definition).await;
    assert_eq!(outcome.status, RunStatus::Failure);
    assert_eq!(outcome.problem.unwrap().step.unwrap(), "bad");
    assert_eq!(*trace.lock().unwrap(), ["good", "after_good"]);
    assert_eq!(
        step_view(&world.view(run).await, "after_bad").status,
        StepStatus::Pending
    );
}

#[tokio::test]
async fn until_stops_after_a_step_and_resume_goes_on() {
    let (world, trace) = tracing_world().await;
    let request = StartRun {
        until: Some("b".parse().unwrap()),
        ..StartRun::new(source(DIAMOND))
    };
    let run = world.engine.start(request).await.unwrap();
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    assert_eq!(
        (outcome.status, outcome.waiting_for.clone()),
        (RunStatus::Waiting, Some(WaitingFor::Until))
    );
    assert_eq!(*trace.lock().unwrap(), ["a", "b"]);
    let outcome = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default())
        .await
        .unwrap();
    assert_success(&outcome);
    assert_eq!(trace.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn a_given_document_skips_its_step_and_everything_below() {
    let (world, trace) = tracing_world().await;
    let given = GivenDocument {
        step: "top".parse().unwrap(),
        name: "out".into(),
        text: "ready".into(),
    };
    let definition = TREE.replace(" / {{ steps.top.middle.deep.out }}", "");
    let request = StartRun {
        documents: vec![given],
        ..StartRun::new(source(&definition))
    };
    let run = world.engine.start(request).await.unwrap();
    assert_success(&world.engine.drive(run, Drive::default()).await.unwrap());
    assert_eq!(*trace.lock().unwrap(), ["after"]);
    assert_eq!(
        world.document(run, "after", "out", &[]).await.unwrap(),
        "after(ready)"
    );
    assert_eq!(
        step_view(&world.view(run).await, "top/middle").status,
        StepStatus::Skipped
    );
}

#[tokio::test]
async fn a_corrected_document_makes_what_depends_on_it_stale_and_resume_runs_that_again() {
    let (world, trace) = tracing_world().await;
    let (run, _) = world.run(DIAMOND).await;
    trace.lock().unwrap().clear();
    let address = DocumentAddress {
        run,
        step: "b".parse().unwrap(),
        name: "out".into(),
        items: vec![],
        rounds: Vec::new(),
        take: None,
    };
    world
        .engine
        .put_document(&address, "mine".into())
        .await
        .unwrap();
    assert_eq!(
        step_view(&world.view(run).await, "d").status,
        StepStatus::Stale
    );
    let outcome = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default())
        .await
        .unwrap();
    assert_success(&outcome);
    assert_eq!(*trace.lock().unwrap(), ["d"]);
    assert_eq!(
        world.document(run, "d", "out", &[]).await.unwrap(),
        "d(mine+c(a(s)))"
    );
    let earlier = world.engine.document(&address, Some(1)).await.unwrap();
    assert_eq!(earlier.text, "b(a(s))");
}

#[tokio::test]
async fn a_step_run_again_is_a_new_take_and_marks_what_depends_on_it() {
    let (world, trace) = tracing_world().await;
    let (run, _) = world.run(DIAMOND).await;
    trace.lock().unwrap().clear();
    let again = world
        .engine
        .rerun(
            run,
            &"a".parse().unwrap(),
            RerunStep::default(),
            Drive::default(),
        )
        .await
        .unwrap();
    assert_eq!(
        (again.status, again.waiting_for.clone()),
        (RunStatus::Waiting, Some(WaitingFor::Stale))
    );
    assert_eq!(*trace.lock().unwrap(), ["a"]);
    let view = world.view(run).await;
    assert_eq!(step_view(&view, "a").executions[0].take, 2);
    assert_eq!(step_view(&view, "b").status, StepStatus::Stale);
    assert_success(
        &world
            .engine
            .resume(run, ResumeRun::default(), Drive::default())
            .await
            .unwrap(),
    );
    assert_eq!(step_view(&world.view(run).await, "d").executions[0].take, 2);
}

#[tokio::test]
async fn a_list_that_is_no_list_fails_that_step_with_a_hint() {
    let (mut world, _) = tracing_world().await;
    world.step(
        step("list").document("items"),
        |_: crate::common::Ask, _| async { Ok(vec![text("items", "{}")]) },
    );
    let (_, outcome) = world.run(&fan_out(1)).await;
    assert_eq!(outcome.status, RunStatus::Failure);
    let problem = outcome.problem.unwrap();
    assert!(
        problem
            .message
            .contains("needs a JSON array, but the document holds an object"),
        "{}",
        problem.message
    );
}

#[tokio::test]
async fn items_of_a_group_begin_as_its_concurrency_allows() {
    for (concurrency, most) in [(1, 1), (2, 2), (9, 4)] {
        let mut world = World::new().await;
        world.step(step("lists").document("list"), |_: Ask, _| async move {
            Ok(vec![text("list", "[1, 2, 3, 4]")])
        });
        let open = Arc::new(AtomicU32::new(0));
        let seen = Arc::new(AtomicU32::new(0));
        let (now, greatest) = (Arc::clone(&open), Arc::clone(&seen));
        world.step(step("works").document("out"), move |_: Ask, _| {
            let (now, greatest) = (Arc::clone(&now), Arc::clone(&greatest));
            async move {
                greatest.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
                while greatest.load(SeqCst) < most {
                    tokio::task::yield_now().await;
                }
                // Long enough for one too many to begin.
                for _ in 0..500 {
                    tokio::task::yield_now().await;
                }
                now.fetch_sub(1, SeqCst);
                Ok(vec![text("out", "")])
            }
        });
        let definition = format!(
            "name = \"groups\"\n[[steps]]\nid = \"lists\"\nuses = \"builtin:lists\"\n\
             [[steps]]\nid = \"each\"\nfor_each = \"steps.lists.list\"\nconcurrency = {concurrency}\n\
             [[steps.steps]]\nid = \"works\"\nuses = \"builtin:works\"\n"
        );
        let (_, outcome) = world.run(&definition).await;
        assert_success(&outcome);
        assert_eq!(seen.load(SeqCst), most, "concurrency = {concurrency}");
    }
}

#[tokio::test]
async fn a_view_counts_the_items_of_all_lists() {
    let mut world = World::new().await;
    world.step(
        step("lists").input("list").document("list"),
        |_: Ask, mut inputs: Vec<stepwell_contract::Text>| async move {
            Ok(vec![text("list", inputs.remove(0).value)])
        },
    );
    let definition = |list: &str| {
        format!(
            "name = \"nested\"\n[[steps]]\nid = \"outer\"\nuses = \"builtin:lists\"\ninputs.list = '{list}'\n\
             [[steps]]\nid = \"each\"\nfor_each = \"steps.outer.list\"\n\
             [[steps.steps]]\nid = \"inner\"\nuses = \"builtin:lists\"\ninputs.list = \"{{{{ item }}}}\"\n\
             [[steps.steps.steps]]\nid = \"leaf\"\nuses = \"builtin:lists\"\nfor_each = \"parent.list\"\n\
             inputs.list = \"{{{{ item }}}}\"\n"
        )
    };
    let (run, outcome) = world.run(&definition("[[1, 2], [3, 4, 5]]")).await;
    assert_success(&outcome);
    let view = world.view(run).await;
    assert_eq!(step_view(&view, "each/inner/leaf").items, Some(5));
    assert_eq!(step_view(&view, "each/inner/leaf").executions.len(), 5);

    let (run, outcome) = world.run(&definition("[]")).await;
    assert_success(&outcome);
    let view = world.view(run).await;
    for path in ["each", "each/inner", "each/inner/leaf"] {
        assert_eq!(step_view(&view, path).status, StepStatus::Skipped, "{path}");
    }
}
