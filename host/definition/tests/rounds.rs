//! What `repeat` makes of a plan: which round a reference means, and who waits for the last one.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

mod common;

use serde_json::{Value, json};
use stepwell_definition::{Need, Plan, PlannedRepeat, Reference, Whole};
use stepwell_texts::InProcess;

fn planned(source: &str) -> Plan {
    let (plan, problems) = common::plan(source, "flow.toml");
    let shown: Vec<_> = problems
        .iter()
        .map(|problem| problem.render(source))
        .collect();
    plan.unwrap_or_else(|| panic!("{}", shown.join("\n")))
}

/// The references of a step's inputs: what each names, who writes it, its lists, and whose round before it means.
fn references(plan: &Plan, step: usize) -> Vec<(usize, usize, u32, Option<usize>)> {
    let templates = plan.steps[step].inputs.iter();
    let all = templates.flat_map(|(_, template)| template.references());
    all.map(|(reference, _)| shape(reference)).collect()
}

fn shape(reference: &Reference) -> (usize, usize, u32, Option<usize>) {
    match reference {
        Reference::Document {
            step,
            source,
            lists,
            before,
            ..
        } => (*step, *source, *lists, *before),
        other => panic!("{other:?}"),
    }
}

const LOOP: &str = r#"
name = "flow"
[[steps]]
id = "design"
uses = "fake:text"

[[steps]]
id = "build"
repeat = { while = "steps.build.testing.out", is = ["failed", " error "], times = 3 }
  [[steps.steps]]
  id = "implementation"
  uses = "fake:text"
  inputs.text = "{{ steps.design.out }}"
  inputs.more = "{{ steps.build.testing.out | default('') }}{{ steps.build.implementation.out | default('none') }}"
  [[steps.steps]]
  id = "testing"
  uses = "fake:text"
  inputs.text = "{{ steps.build.implementation.out }}"

[[steps]]
id = "after"
uses = "fake:text"
inputs.text = "{{ steps.build.implementation.out }}"
"#;

#[test]
fn a_reference_to_a_later_step_of_the_repeated_one_means_the_round_before() {
    let plan = planned(LOOP);
    let [build, implementation, testing] = [1, 2, 3];
    assert_eq!(
        references(&plan, implementation),
        [
            (0, 0, 0, None),
            (testing, testing, 0, Some(build)),
            (implementation, implementation, 0, Some(build))
        ]
    );
    assert_eq!(
        references(&plan, testing),
        [(implementation, implementation, 0, None)]
    );
    let waits_for = |step: usize| -> Vec<_> {
        let needs = plan.steps[step].needs.iter();
        needs.map(|need| (need.on, need.whole)).collect()
    };
    assert_eq!(
        waits_for(implementation),
        [(build, Whole::Own), (0, Whole::Subtree)]
    );
    assert_eq!(
        waits_for(testing),
        [(build, Whole::Own), (implementation, Whole::Subtree)]
    );
    assert_eq!(
        plan.steps[implementation].reads_before,
        [implementation, testing]
    );
    assert!(plan.steps[testing].reads_before.is_empty());
}

#[test]
fn a_step_outside_waits_for_all_rounds() {
    let plan = planned(LOOP);
    let all = Need {
        on: 1,
        whole: Whole::Subtree,
    };
    assert_eq!(plan.steps[4].needs, [all]);
}

#[test]
fn the_document_is_compared_without_the_white_space_around_it() {
    let plan = planned(LOOP);
    let repeat = plan.steps[1].repeat.as_ref().unwrap();
    assert_eq!(shape(&repeat.document), (3, 3, 0, None));
    assert_eq!((repeat.times, repeat.most_rounds()), (3, 4));
    assert_eq!(repeat.asked_by("failed\n"), Some("failed"));
    assert_eq!(repeat.asked_by("error"), Some("error"));
    assert_eq!(repeat.asked_by("Failed"), None);
    assert_eq!(repeat.asked_by("it failed"), None);
    assert_eq!(repeat.asked_by(""), None);
}

#[test]
fn a_step_may_be_repeated_alone_and_times_is_two_where_nobody_says() {
    let plan = planned(
        r#"
name = "flow"
[[steps]]
id = "draft"
uses = "fake:text"
repeat = { while = "steps.draft.out", is = "more" }
inputs.text = "{{ steps.draft.out | default('') }}"
"#,
    );
    assert_eq!(references(&plan, 0), [(0, 0, 0, Some(0))]);
    let repeat: &PlannedRepeat = plan.steps[0].repeat.as_ref().unwrap();
    assert_eq!((repeat.times, &repeat.words[..]), (2, &["more".into()][..]));
}

#[test]
fn the_refined_document_stands_in_also_for_the_round_before() {
    let plan = planned(
        r#"
name = "flow"
[[steps]]
id = "draft"
uses = "fake:text"
repeat = { while = "steps.draft.out", is = "more" }
inputs.text = "{{ steps.draft.out | default('') }}"
  [[steps.steps]]
  id = "refine"
  uses = "fake:text"
  inputs.text = "{{ parent.out }}"
"#,
    );
    assert_eq!(references(&plan, 0), [(0, 1, 0, Some(0))]);
    assert_eq!(references(&plan, 1), [(0, 0, 0, None)]);
    assert_eq!(
        shape(&plan.steps[0].repeat.as_ref().unwrap().document),
        (0, 1, 0, None)
    );
}

#[test]
fn of_nested_rounds_the_innermost_that_holds_both_is_meant() {
    let plan = planned(
        r#"
name = "flow"
[[steps]]
id = "outer"
repeat = { while = "steps.outer.review.out", is = "again" }
  [[steps.steps]]
  id = "inner"
  repeat = { while = "steps.outer.inner.check.out", is = "failed" }
    [[steps.steps.steps]]
    id = "work"
    uses = "fake:text"
    inputs.text = "{{ steps.outer.inner.check.out | default('') }}{{ steps.outer.review.out | default('') }}"
    [[steps.steps.steps]]
    id = "check"
    uses = "fake:text"
  [[steps.steps]]
  id = "review"
  uses = "fake:text"
  inputs.text = "{{ steps.outer.inner.work.out }}"
"#,
    );
    let [outer, inner, work, check, review] = [0, 1, 2, 3, 4];
    assert_eq!(
        references(&plan, work),
        [
            (check, check, 0, Some(inner)),
            (review, review, 0, Some(outer))
        ]
    );
    // The last round of the inner one, in the same round of the outer one.
    let all = Need {
        on: inner,
        whole: Whole::Subtree,
    };
    assert!(plan.steps[review].needs.contains(&all));
    assert_eq!(plan.repeats_around(work), [outer, inner]);
    assert_eq!(plan.round_before(work, review), Some(outer));
    assert_eq!(plan.round_before(review, work), None);
}

#[test]
fn the_items_of_the_round_before_are_a_list_and_those_of_the_repeated_step_are_not() {
    let plan = planned(
        r#"
name = "flow"
[[steps]]
id = "plan"
uses = "fake:text"
[[steps]]
id = "build"
for_each = "steps.plan.out"
repeat = { while = "steps.build.test.out", is = "failed" }
  [[steps.steps]]
  id = "split"
  uses = "fake:text"
  inputs.text = "{{ item }}{{ steps.build.test.out | default('') }}{{ steps.build.code.out | default('') }}"
  [[steps.steps]]
  id = "code"
  uses = "fake:text"
  for_each = "steps.build.split.out"
  inputs.text = "{{ item.x }}{{ steps.build.code.out | default('') }}"
  [[steps.steps]]
  id = "test"
  uses = "fake:text"
  inputs.text = "{{ steps.build.code.out }}"
"#,
    );
    let [build, split, code, test] = [1, 2, 3, 4];
    let references_of_split: Vec<_> = {
        let templates = plan.steps[split].inputs.iter();
        let all = templates.flat_map(|(_, template)| template.references());
        all.skip(1).map(|(reference, _)| shape(reference)).collect()
    };
    assert_eq!(
        references_of_split,
        [(test, test, 0, Some(build)), (code, code, 1, Some(build))]
    );
    let own = &plan.steps[code].inputs[0].1.references()[1].0;
    assert_eq!(shape(own), (code, code, 1, Some(build)));
    assert_eq!(references(&plan, test), [(code, code, 1, None)]);
    assert_eq!(shape(plan.steps[code].for_each.as_ref().unwrap()).3, None);
}

#[test]
fn a_list_of_the_round_before_may_be_repeated_for() {
    let plan = planned(
        r#"
name = "flow"
[[steps]]
id = "build"
repeat = { while = "steps.build.test.out", is = "failed" }
  [[steps.steps]]
  id = "mend"
  uses = "fake:text"
  for_each = "steps.build.test.out | default([])"
  inputs.text = "{{ item }}"
  [[steps.steps]]
  id = "test"
  uses = "fake:text"
"#,
    );
    let each = plan.steps[1].for_each.as_ref().unwrap();
    assert_eq!(shape(each), (2, 2, 0, Some(0)));
    assert!(plan.steps[1].needs.iter().all(|need| need.on == 0));
}

#[test]
fn without_a_value_the_default_of_the_first_round_is_taken() {
    let plan = planned(LOOP);
    let template = &plan.steps[2].inputs[1].1;
    let filled = |said: Option<&Value>| {
        let lookup = |_: &Reference| said;
        common::now(template.render(&lookup, &InProcess, usize::MAX)).unwrap()
    };
    assert_eq!(filled(None), "none");
    assert_eq!(filled(Some(&json!("said"))), "saidsaid");
}
