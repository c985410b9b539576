//! Answers that are given beforehand, and said again when a run goes on.

use stepwell_contract::Text;
use stepwell_engine::{
    Drive, EngineError, GivenAnswer, RerunStep, ResumeRun, RunError, RunStatus, StartRun,
};

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

/// Two faces show the same form; the one that comes late answers nothing, though the same key is asked for again.
#[tokio::test]
async fn an_answer_to_a_form_that_is_gone_answers_no_other() {
    let world = world().await;
    let run = world.start(FLOW).await;
    let drive = || world.engine.drive(run, Drive::default());
    drive().await.unwrap();
    let asks = async || world.view(run).await.questions;
    let shown = asks().await[0].id;
    let resume = async |text: &str, form| {
        let to_form = GivenAnswer {
            form: Some(form),
            ..said(&[text]).remove(0)
        };
        let request = ResumeRun {
            answers: vec![to_form],
            ..ResumeRun::default()
        };
        world.engine.resume(run, request, Drive::default()).await
    };
    let outcome = resume("1", shown).await.unwrap();
    assert_eq!(outcome.status, RunStatus::Waiting);
    let next = asks().await;
    assert_eq!(next[0].path.as_str(), "b");
    assert_ne!(next[0].id, shown);
    let late = resume("2", shown).await;
    assert!(
        matches!(late, Err(EngineError::Run(RunError::FormGone { .. }))),
        "{late:?}"
    );
    assert_eq!(asks().await[0].answers, [None]);
    assert_success(&resume("3", next[0].id).await.unwrap());
    let told = world.document(run, "b", "out", &[]).await.unwrap();
    assert_eq!(told, "3");
}
