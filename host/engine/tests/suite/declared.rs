//! What goes in and what comes out is held against what the plugin declares.

use stepwell_contract::{ProblemCode, Remedy, Text};
use stepwell_engine::{Drive, GivenDocument, ResumeRun, RunStatus};

use crate::common::{Ask, World, assert_success, one, step, text};

const LIST: &str = r#"{"type": "array", "items": {"type": "string"}}"#;

const TWO: &str = r#"
name = "two"
[inputs]
names = { default = "- Ada" }
[[steps]]
id = "makes"
uses = "builtin:makes"
inputs.text = "{{ inputs.names }}"
[[steps]]
id = "takes"
uses = "builtin:takes"
inputs.names = "{{ steps.makes.out }}"
"#;

async fn world() -> World {
    let mut world = World::new().await;
    let copy =
        |_: Ask, inputs: Vec<Text>| async move { Ok(vec![text("out", inputs[0].value.clone())]) };
    world.step(step("makes").input("text").document("out"), copy);
    let takes = step("takes").input("names").input_schema(LIST);
    world.step(takes.document("out"), copy);
    world
}

#[tokio::test]
async fn an_input_that_is_not_what_the_plugin_takes_is_told_and_can_be_corrected() {
    let world = world().await;
    let (run, outcome) = world.run(TWO).await;
    let problem = outcome.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::InvalidInput);
    assert!(
        problem
            .message
            .starts_with("the input `names` isn't what plugin `takes` takes: it isn't JSON"),
        "{}",
        problem.message
    );
    assert!(matches!(problem.remedy, Some(Remedy::CorrectInput { .. })));

    let documents = vec![GivenDocument {
        step: "makes".parse().unwrap(),
        name: "out".into(),
        text: r#"["Ada"]"#.into(),
    }];
    let correction = ResumeRun {
        documents,
        ..ResumeRun::default()
    };
    let resumed = world.engine.resume(run, correction, Drive::default());
    assert_success(&resumed.await.unwrap());
    let out = world.document(run, "takes", "out", &[]).await;
    assert_eq!(out.unwrap(), r#"["Ada"]"#);
}

#[tokio::test]
async fn a_document_that_is_not_what_its_plugin_declares_is_no_outcome() {
    let mut world = World::new().await;
    let declared = step("lists").document("out").document_schema(LIST);
    world.step(declared, |_: Ask, _| async {
        Ok(vec![text("out", r#"["Ada", 2]"#)])
    });
    let (run, outcome) = world.run(&one("lists", "")).await;
    assert_eq!(outcome.status, RunStatus::Failure);
    let problem = outcome.problem.unwrap();
    assert!(
        problem.message.contains(
            "its document `out` isn't what it declares: 2 is not of type \"string\" (at `/1`)"
        ),
        "{}",
        problem.message
    );
    assert_eq!(world.document(run, "lists", "out", &[]).await, None);
}
