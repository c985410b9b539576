//! The better version of a comparison is made current when it ends, if that was wished for.

use stepwell_definition::Check;
use stepwell_engine::{CompareIn, ComparisonStatus, ResumeComparison, StartComparison, UseVersion};

use crate::common::World;
use crate::comparisons::{case, with_two_versions, world};

/// Both versions on six cases, of which only the second one passes any.
fn six_cases(run: stepwell_contract::RunId, promote: bool) -> StartComparison {
    let check: Check = serde_json::from_value(serde_json::json!({ "contains": "v2" })).unwrap();
    StartComparison {
        cases: ["a", "b", "c", "d", "e", "f"]
            .map(|topic| case(topic, topic))
            .into(),
        checks: vec![check],
        concurrency: 1,
        promote,
        by: "anna".into(),
        ..StartComparison::new("draft", CompareIn::Run { run })
    }
}

async fn use_the_first(world: &World) {
    let first = UseVersion {
        name: "draft".parse().unwrap(),
        number: 1,
        by: String::new(),
        reason: String::new(),
        comparison: None,
    };
    world.engine.use_prompt_version(first).await.unwrap();
}

async fn promotions(world: &World) -> Vec<(u32, String)> {
    let prompt = world
        .engine
        .prompt(&"draft".parse().unwrap())
        .await
        .unwrap();
    let promotions = prompt.promotions.into_iter();
    promotions
        .filter(|promotion| promotion.comparison.is_some())
        .map(|promotion| (promotion.number, promotion.by))
        .collect()
}

#[tokio::test]
async fn an_interrupted_comparison_promotes_when_it_is_carried_on() {
    let mut world = world().await;
    let run = with_two_versions(&world).await;
    use_the_first(&world).await;
    let asked = world.provider.received().len();
    let id = world
        .engine
        .start_comparison(six_cases(run, true))
        .await
        .unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let provider = std::sync::Arc::clone(&world.provider);
    let watch = async move {
        World::wait_for_requests(&provider, asked + 3).await;
        stop.send_replace(true);
    };
    let (outcome, ()) = tokio::join!(world.engine.drive_comparison(id, Some(stopped)), watch);
    assert_eq!(outcome.unwrap().status, ComparisonStatus::Interrupted);
    assert!(world.engine.comparison(id).await.unwrap().promotes);
    assert!(promotions(&world).await.is_empty());
    world.restart();
    let _ = world.engine.drive_comparison(id, None).await.unwrap();
    let view = world.engine.comparison(id).await.unwrap();
    assert_eq!((view.promotes, view.promoted), (false, Some(2)));
    assert_eq!(promotions(&world).await, [(2, "anna".to_owned())]);
    // It is promoted once, however often the comparison is carried on.
    let _ = world.engine.drive_comparison(id, None).await.unwrap();
    assert_eq!(promotions(&world).await.len(), 1);
}

#[tokio::test]
async fn a_comparison_promotes_only_what_is_wished_for_and_better() {
    let world = world().await;
    let run = with_two_versions(&world).await;
    use_the_first(&world).await;
    let id = world
        .engine
        .start_comparison(six_cases(run, false))
        .await
        .unwrap();
    let _ = world.engine.drive_comparison(id, None).await.unwrap();
    assert!(promotions(&world).await.is_empty());
    let resume = ResumeComparison {
        promote: true,
        by: "bert".into(),
        ..ResumeComparison::default()
    };
    let _ = world
        .engine
        .resume_comparison(id, resume, None)
        .await
        .unwrap();
    assert_eq!(promotions(&world).await, [(2, "bert".to_owned())]);

    let same = StartComparison {
        checks: Vec::new(),
        ..six_cases(run, true)
    };
    let id = world.engine.start_comparison(same).await.unwrap();
    let _ = world.engine.drive_comparison(id, None).await.unwrap();
    let view = world.engine.comparison(id).await.unwrap();
    assert_eq!((view.promotes, view.promoted), (false, None));
    assert_eq!(promotions(&world).await.len(), 1);
}
