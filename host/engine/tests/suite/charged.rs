//! What a step has kept of it is charged first: each limit is met, named, and helped by its key.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::*;
use stepwell_contract::{AttemptEnd, FailureKind, ProblemCode, Remedy};
use stepwell_engine::{RunOutcome, RunStatus};

/// The key that a failed run's problem says to raise.
fn raised(outcome: &RunOutcome) -> &str {
    assert_eq!(outcome.status, RunStatus::Failure);
    let problem = outcome.problem.as_ref().unwrap();
    assert_eq!(problem.code, ProblemCode::Limit, "{}", problem.message);
    match problem.remedy.as_ref().unwrap() {
        Remedy::RaiseLimit { setting, .. } => setting,
        remedy => panic!("{remedy:?}"),
    }
}

#[tokio::test]
async fn prompts_that_are_added_without_end() {
    let mut world = World::new().await;
    let added = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&added);
    world.step(step("adds").document("out"), move |host: Ask, _| {
        let count = Arc::clone(&count);
        async move {
            for _ in 0..100 {
                let content = "x".repeat(10_000);
                let answer = host.0.add_prompt("p".into(), content, String::new()).await;
                answer.map_err(AttemptEnd::from)?.unwrap();
                count.fetch_add(1, Ordering::SeqCst);
            }
            Ok(vec![text("out", "all")])
        }
    });
    let grant = "grants.prompts = \"write\"";
    let few = one("adds", &format!("{grant}\nlimits.prompts = \"100KiB\""));
    let (_, outcome) = world.run(&few).await;
    assert_eq!(raised(&outcome), "limits.prompts");
    assert_eq!(added.load(Ordering::SeqCst), 9);
    assert_success(&world.run(&one("adds", grant)).await.1);
}

#[tokio::test]
async fn a_prompt_with_an_endless_name() {
    let mut world = World::new().await;
    world.step(step("adds").document("out"), |host: Ask, _| async move {
        let name = "n".repeat(1000);
        let answer = host.0.add_prompt(name, String::new(), String::new()).await;
        let error = answer.map_err(AttemptEnd::from)?.unwrap_err();
        Ok(vec![text("out", error.message)])
    });
    let (run, _) = world.run(&one("adds", "grants.prompts = \"write\"")).await;
    let out = world.document(run, "adds", "out", &[]).await.unwrap();
    assert!(out.contains("has 1000 bytes") && out.len() < 200, "{out}");
}

#[tokio::test]
async fn checkpoints_are_counted_together_across_attempts() {
    let mut world = World::new().await;
    world.step(step("saves").document("out"), |host: Ask, _| async move {
        for round in 0..1000_usize {
            let value = format!("{round:010000}").into_bytes();
            let saved = host.0.save_checkpoint("k".into(), value).await;
            if let Err(error) = saved.map_err(AttemptEnd::from)? {
                return Ok(vec![text("out", format!("{round}: {}", error.message))]);
            }
            if round == 4 && host.0.attempt() == 1 {
                return Err(failure(FailureKind::Other("again".into()), "no", true));
            }
        }
        Ok(vec![text("out", "all")])
    });
    let (run, _) = world
        .run(&one(
            "saves",
            "retries = 1\nlimits.checkpoints = \"100KiB\"",
        ))
        .await;
    let out = world.document(run, "saves", "out", &[]).await.unwrap();
    assert!(out.starts_with("4: "), "{out}");
    assert!(out.contains("`limits.checkpoints` allows 100 KiB"), "{out}");
}

#[tokio::test]
async fn files_that_a_checkpoint_keeps_are_part_of_it_once() {
    let mut world = World::new().await;
    world.step(step("saves").document("out"), |host: Ask, _| async move {
        let mut saved = Vec::new();
        for change in [true, false, false, true, true] {
            if change {
                let content = format!("{:040000}", saved.len());
                assert_eq!(host.write("a.txt", &content).await?, "ok");
            }
            let answer = host.0.save_checkpoint("k".into(), vec![]).await;
            saved.push(answer.map_err(AttemptEnd::from)?.is_ok().to_string());
        }
        Ok(vec![text("out", saved.join(" "))])
    });
    let lines = "grants.workspace = \"write\"\nlimits.checkpoints = \"100KiB\"";
    let (run, _) = world.run(&one("saves", lines)).await;
    let out = world.document(run, "saves", "out", &[]).await.unwrap();
    assert_eq!(out, "true true true true false");
}

#[tokio::test]
async fn looks_without_end() {
    let mut world = World::new().await;
    for number in 0..50 {
        world.put_file(&format!("some_folder/{number}.txt"), "text");
    }
    world.step(step("looks").document("out"), |host: Ask, _| async move {
        for number in 0..1000 {
            host.list(&format!("some_folder/{}*", "**/".repeat(number)))
                .await?;
        }
        Ok(vec![text("out", "all")])
    });
    let lines = "grants.workspace = \"read\"\nlimits.looks = \"100KiB\"";
    let (_, outcome) = world.run(&one("looks", lines)).await;
    assert_eq!(raised(&outcome), "limits.looks");
}

#[tokio::test]
async fn questions_without_end() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        let keys: Vec<String> = (0..101).map(|number| format!("k{number}")).collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        Ok(vec![text("out", host.form(&keys).await?.join(" "))])
    });
    let (_, outcome) = world.run(&one("asks", "")).await;
    assert_eq!(raised(&outcome), "limits.questions");
    world.step(step("tells").document("out"), |host: Ask, _| async move {
        let long = "k".repeat(300_000);
        Ok(vec![text("out", host.form(&[&long]).await?.join(" "))])
    });
    let (_, outcome) = world.run(&one("tells", "")).await;
    assert_eq!(raised(&outcome), "limits.questions");
    let problem = outcome.problem.unwrap();
    assert!(problem.message.contains("256 KiB") && problem.message.len() < 500);
}
