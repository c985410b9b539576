//! Answers that are given beforehand, and said again when a run goes on.

use stepwell_contract::Text;
use stepwell_engine::{Drive, GivenAnswer, RerunStep, ResumeRun, RunStatus, StartRun};

use crate::common::{Ask, World, answer, assert_success, source, step, text};

/// Two steps that ask under one key.
const FLOW: &str = r#"
name = "flow"
[[steps]]
id = "a"
uses = "builtin:asks"
[[steps]]
id = "b"
uses = "builtin:then"
inputs.x = "steps.a.out"
"#;

async fn world() -> World {
    let mut world = World::new().await;
    for declared in [step("asks"), step("then").input("x")] {
        world.step(
            declared.document("out"),
            |host: Ask, _: Vec<Text>| async move {
                Ok(vec![text("out", host.question("more").await?)])
            },
        );
    }
    world
}

fn said(texts: &[&str]) -> Vec<GivenAnswer> {
    let by_ada = |text: &&str| GivenAnswer {
        by: "Ada".into(),
        ..answer("more", text)
    };
    texts.iter().map(by_ada).collect()
}

#[tokio::test]
async fn who_says_the_same_again_means_what_comes_next() {
    for (again, expected) in [
        (&[][..], "2"),
        // The options of the command that began the run.
        (&["1", "2"], "2"),
        // The same with another end.
        (&["1", "3"], "3"),
        // What is said now is what is wanted.
        (&["3"], "3"),
        (&["1"], "1"),
        (&["3", "2"], "3"),
    ] {
        let world = world().await;
        let request = StartRun {
            answers: said(&["1", "2"]),
            until: Some("a".parse().unwrap()),
            ..StartRun::new(source(FLOW))
        };
        let run = world.engine.start(request).await.unwrap();
        let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
        assert_ne!(outcome.status, RunStatus::Success);
        let resume = ResumeRun {
            answers: said(again),
            ..ResumeRun::default()
        };
        let outcome = world.engine.resume(run, resume, Drive::default()).await;
        assert_success(&outcome.unwrap());
        let told = world.document(run, "b", "out", &[]).await.unwrap();
        assert_eq!(told, expected, "{again:?}");
    }
}

/// Carried out again, a step is told what is said then, whatever was said before.
#[tokio::test]
async fn a_step_that_is_carried_out_again_hears_what_is_said_then() {
    let world = world().await;
    let request = StartRun {
        answers: said(&["1", "2"]),
        ..StartRun::new(source(FLOW))
    };
    let run = world.engine.start(request).await.unwrap();
    assert_success(&world.engine.drive(run, Drive::default()).await.unwrap());
    let step = "b".parse().unwrap();
    let again = RerunStep {
        answers: said(&["1", "2", "3"]),
        ..RerunStep::default()
    };
    let outcome = world.engine.rerun(run, &step, again, Drive::default());
    assert_success(&outcome.await.unwrap());
    let told = world.document(run, "b", "out", &[]).await.unwrap();
    assert_eq!(told, "1");
}
