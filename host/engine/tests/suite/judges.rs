//! Judges of a comparison: ordinary steps that speak once of each outcome, and whose cost counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use stepwell_contract::Budget;
use stepwell_definition::Case;
use stepwell_engine::{
    CompareIn, ComparisonStatus, ComparisonView, ResumeComparison, StartComparison,
};

use crate::common::{Ask, step, text};
use crate::comparisons::{case, compared, with_two_versions, world};

/// Tokens that are enough for a cell and not for what its judge sends.
const LITTLE: u64 = 165;

#[tokio::test]
async fn a_judging_step_speaks_once_of_each_outcome() {
    let mut world = world().await;
    let judge = step("judge")
        .input("criteria")
        .input("document")
        .document("verdict");
    let count = Arc::new(AtomicU32::new(0));
    let counter = Arc::clone(&count);
    world.step(judge, move |_: Ask, inputs: Vec<stepwell_contract::Text>| {
        counter.fetch_add(1, Ordering::SeqCst);
        async move {
        let likes = inputs[1].value.contains(&inputs[0].value);
        let verdict = serde_json::json!({ "passed": likes, "score": if likes { 0.9 } else { 0.2 }, "reason": "read it" });
        Ok(vec![text("verdict", verdict.to_string())])
        }
    });
    let run = with_two_versions(&world).await;
    let check = serde_json::json!({ "judge": { "uses": "builtin:judge", "criteria": "v2" } });
    let request = || StartComparison {
        checks: vec![serde_json::from_value(check.clone()).unwrap()],
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let view = compared(&world, request()).await;
    let verdicts: Vec<_> = view
        .cells
        .iter()
        .map(|cell| (cell.passed, cell.score))
        .collect();
    assert_eq!(
        verdicts,
        [(Some(false), Some(0.2)), (Some(true), Some(0.9))]
    );
    assert_eq!(
        view.cells[0].checks[0].found.detail.as_deref(),
        Some("read it")
    );
    assert_eq!(view.variants[1].numbers.passed_cases, 1);
    let spoke = count.load(Ordering::SeqCst);
    let again = compared(&world, request()).await;
    assert_eq!(again.cells[1].score, Some(0.9));
    assert_eq!((spoke, count.load(Ordering::SeqCst)), (2, 2));
}

#[tokio::test]
async fn a_judge_speaks_that_only_the_later_of_two_cases_names() {
    let mut world = world().await;
    world.step(step("judge").document("verdict"), |_: Ask, _| async {
        Ok(vec![text("verdict", "{\"passed\": true}")])
    });
    let run = with_two_versions(&world).await;
    let check = serde_json::json!({ "judge": { "uses": "builtin:judge" } });
    let judged = Case {
        checks: vec![serde_json::from_value(check).unwrap()],
        ..case("judged", "milk")
    };
    let request = |cases| StartComparison {
        cases,
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let both = vec![case("plain", "milk"), judged];
    let view = compared(&world, request(both.clone())).await;
    assert_eq!(view.same_cases, [["plain", "judged"]]);
    let passed =
        |view: &ComparisonView| -> Vec<_> { view.cells.iter().map(|cell| cell.passed).collect() };
    let expected = [None, None, Some(true), Some(true)];
    assert_eq!(passed(&view), expected);

    // So does one of cells that another comparison had carried out without it.
    let plain = compared(&world, request(vec![case("plain", "tea")])).await;
    assert_eq!(passed(&plain), [None, None]);
    let tea = both.into_iter().map(|of| Case {
        inputs: case("", "tea").inputs,
        ..of
    });
    let view = compared(&world, request(tea.collect())).await;
    assert!(view.cells.iter().all(|cell| cell.taken_over));
    assert_eq!(passed(&view), expected);
}

#[tokio::test]
async fn another_judge_speaks_anew_and_what_judges_cost_counts() {
    let mut world = world().await;
    let speaks = |host: Ask, inputs: Vec<stepwell_contract::Text>| async move {
        let answer = host.chat(&format!("judge {}", inputs[0].value)).await?;
        let verdict = serde_json::json!({ "passed": answer.contains("v2"), "reason": "asked" });
        Ok(vec![text("verdict", verdict.to_string())])
    };
    let judge = || step("judge").input("document").document("verdict");
    world.step(judge(), speaks);
    let run = with_two_versions(&world).await;
    let request = || StartComparison {
        checks: vec![
            serde_json::from_value(serde_json::json!({ "judge": { "uses": "builtin:judge" } }))
                .unwrap(),
        ],
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let asked = world.provider.received().len();
    let view = compared(&world, request()).await;
    assert_eq!(world.provider.received().len() - asked, 4);
    assert_eq!(view.spent.calls, 4, "two cells, and a judge of each");
    let by_cells: u64 = view.cells.iter().map(|cell| cell.spent.calls).sum();
    assert_eq!(by_cells, 2, "a judge is no cost of the version");

    // The same judge has spoken already; another one is asked about the same outcomes.
    let again = compared(&world, request()).await;
    assert_eq!(again.spent.calls, 0);
    world.step(judge().input("answer"), speaks);
    let anew = compared(&world, request()).await;
    assert!(anew.cells.iter().all(|cell| cell.taken_over));
    assert_eq!((anew.spent.calls, anew.cells[1].passed), (2, Some(true)));
    // What the first judge said is still there.
    let first = world.engine.comparison(view.summary.id).await.unwrap();
    assert_eq!(first.cells[1].passed, Some(true));
}

#[tokio::test]
async fn a_judge_with_another_model_speaks_anew_and_says_which_one_it_asked() {
    let mut world = world().await;
    let judge = step("judge").input("document").document("verdict");
    world.step(
        judge,
        |host: Ask, inputs: Vec<stepwell_contract::Text>| async move {
            host.chat(&format!("judge {}", inputs[0].value)).await?;
            Ok(vec![text("verdict", "{\"passed\": true}")])
        },
    );
    let run = with_two_versions(&world).await;
    let request = |models: &[&str]| StartComparison {
        checks: models
            .iter()
            .map(|model| {
                let judge = serde_json::json!({ "uses": "builtin:judge", "model": model });
                serde_json::from_value(serde_json::json!({ "judge": judge })).unwrap()
            })
            .collect(),
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let first = compared(&world, request(&["writer"])).await;
    assert_eq!(first.spent.calls, 4, "two cells, and a judge of each");
    let both = compared(&world, request(&["writer", "other"])).await;
    assert_eq!(both.spent.calls, 2, "only the other model is asked");
    let told: Vec<&str> = both.cells[1]
        .checks
        .iter()
        .map(|check| check.what.as_str())
        .collect();
    let expected = [
        "builtin:judge (writer) approves",
        "builtin:judge (other) approves",
    ];
    assert_eq!(told, expected);
    assert_eq!(both.cases[0].checks, expected);
    assert_eq!(both.cells[1].passed, Some(true));

    // A model that there isn't is told as one of `--models` is.
    let unknown = world
        .engine
        .start_comparison(request(&["othr"]))
        .await
        .unwrap_err();
    let of_models = StartComparison {
        models: vec!["othr".into()],
        ..request(&[])
    };
    let of_models = world.engine.start_comparison(of_models).await.unwrap_err();
    assert_eq!(unknown.to_string(), of_models.to_string());
    assert_eq!(unknown.remedy(), of_models.remedy());
}

#[tokio::test]
async fn what_is_no_judge_is_told_before_a_comparison_is_made() {
    let world = world().await;
    let run = with_two_versions(&world).await;
    let check = serde_json::json!({ "judge": { "uses": "builtin:draft" } });
    let request = StartComparison {
        checks: vec![serde_json::from_value(check).unwrap()],
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let error = world.engine.start_comparison(request).await.unwrap_err();
    assert!(error.to_string().contains("is no judge"), "{error}");
    let comparisons = world.engine.comparisons(None, None).await.unwrap();
    assert!(comparisons.is_empty());
}

#[tokio::test]
async fn a_cap_that_a_judge_meets_stops_the_whole_and_a_higher_one_lets_it_speak() {
    let mut world = world().await;
    let judge = step("judge").input("document").document("verdict");
    world.step(
        judge,
        |host: Ask, inputs: Vec<stepwell_contract::Text>| async move {
            let long = "and once more ".repeat(400);
            host.chat(&format!("judge {long}{}", inputs[0].value))
                .await?;
            Ok(vec![text("verdict", "{\"passed\": true}")])
        },
    );
    let run = with_two_versions(&world).await;
    let asked = world.provider.received().len();
    let request = StartComparison {
        checks: vec![
            serde_json::from_value(serde_json::json!({ "judge": { "uses": "builtin:judge" } }))
                .unwrap(),
        ],
        budget: Budget {
            tokens: Some(LITTLE),
            money: None,
        },
        concurrency: 1,
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let id = world.engine.start_comparison(request).await.unwrap();
    let outcome = world.engine.drive_comparison(id, None).await.unwrap();
    assert_eq!(outcome.status, ComparisonStatus::Stopped);
    let problem = outcome.problem.unwrap();
    assert!(
        problem.message.contains("budget of the comparison"),
        "{problem:?}"
    );
    // The first cell was carried out; its judge was not asked, and after that nothing began.
    assert_eq!(world.provider.received().len() - asked, 1);
    let view = world.engine.comparison(id).await.unwrap();
    assert_eq!(view.cells[0].passed, None);
    assert!(view.cells[1].run.is_none());

    // What is spent already counts against a cap that is still too low.
    let resumed = |tokens: u64| ResumeComparison {
        budget: Some(Budget {
            tokens: Some(tokens),
            money: None,
        }),
        ..ResumeComparison::default()
    };
    let again = world
        .engine
        .resume_comparison(id, resumed(LITTLE + 1), None);
    assert_eq!(again.await.unwrap().status, ComparisonStatus::Stopped);
    assert_eq!(world.provider.received().len() - asked, 1);
    let enough = world.engine.resume_comparison(id, resumed(1_000_000), None);
    assert_eq!(enough.await.unwrap().status, ComparisonStatus::Finished);
    // One call more of each judge, and that of the second cell: nothing was asked twice.
    assert_eq!(world.provider.received().len() - asked, 4);
    let view = world.engine.comparison(id).await.unwrap();
    assert!(view.cells.iter().all(|cell| cell.passed == Some(true)));
}
