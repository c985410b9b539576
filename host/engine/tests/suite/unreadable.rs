//! State that can't be read is never read as nothing: whoever needs it is told which record it is, and stops.

use bytes::Bytes;
use stepwell_contract::{Digest, RunId};
use stepwell_engine::{CompareIn, Drive, EngineError, ResumeRun, RunStatus, StartComparison};
use stepwell_store::{Change, ExecutionRecord, Gaps, Scope};

use crate::common::{Ask, World, answer, assert_success, one, step, text};

/// A run whose step has written a file into a checkpoint, and waits for an answer. Then it asks a model.
async fn waiting() -> (World, RunId) {
    let mut world = World::new().await;
    let works = step("works").document("out").grant("workspace", "write");
    world.step(works.input("topic"), |host: Ask, _| async move {
        if host.checkpointed("half").await?.is_none() {
            host.write("kept.txt", "kept").await?;
            host.checkpoint("half", "way").await?;
        }
        let answer = host.question("who").await?;
        Ok(vec![text("out", host.chat(&answer).await?)])
    });
    let more = "inputs.topic = \"tea\"\ngrants.workspace = \"write\"";
    let (run, outcome) = world.run(&one("works", more)).await;
    assert_eq!(outcome.status, RunStatus::Waiting);
    world.restart();
    (world, run)
}

/// Resumes a run with the answer that it waits for. It must stop and name `what`, with nothing sent or published.
async fn stops(world: &World, run: RunId, what: &str) {
    let resume = ResumeRun {
        answers: vec![answer("who", "Ada")],
        ..ResumeRun::default()
    };
    let ended = world.engine.resume(run, resume, Drive::default()).await;
    let error = ended.unwrap_err();
    assert!(error.to_string().contains(what), "{error}");
    assert!(
        matches!(error, EngineError::StoreFailed { .. }),
        "{error:?}"
    );
    assert!(world.provider.received().is_empty());
    assert_eq!(world.file("kept.txt"), None);
}

async fn execution_of(world: &World, run: RunId) -> ExecutionRecord {
    world
        .store
        .executions(run, Gaps::Refuse)
        .await
        .unwrap()
        .remove(0)
}

/// Puts a blob in the place of the inputs of a run's execution.
async fn spoil_inputs(world: &World, run: RunId) {
    let mut execution = execution_of(world, run).await;
    let spoilt = Bytes::from_static(b"[{\"name\": \"topic\"");
    execution.inputs = Some(Digest::of(&spoilt));
    let changes = vec![Change::Blob(spoilt), Change::Execution(Box::new(execution))];
    world.store.commit(changes).await.unwrap();
}

#[tokio::test]
async fn a_checkpoint_whose_files_can_not_be_read_stops_its_run() {
    let (world, run) = waiting().await;
    let key = execution_of(&world, run).await.key;
    let mut checkpoint = world.store.checkpoint(&key).await.unwrap().unwrap();
    checkpoint.staging["files"]["kept.txt"] = "no digest".into();
    let change = Change::Checkpoint(Box::new(checkpoint));
    world.store.commit(vec![change]).await.unwrap();
    stops(&world, run, "the checkpoint of works").await;
}

#[tokio::test]
async fn inputs_that_can_not_be_read_stop_their_run() {
    let (world, run) = waiting().await;
    spoil_inputs(&world, run).await;
    stops(&world, run, "the inputs of works").await;
}

/// A record with a field twice, which no reader takes.
fn spoilt(other: &mut serde_json::Map<String, serde_json::Value>) {
    other.insert("state".into(), "twice".into());
}

#[tokio::test]
async fn a_run_does_not_go_on_without_what_it_can_not_read_of_its_past() {
    for of in ["call", "execution"] {
        let mut world = World::new().await;
        world.step(step("asks").document("out"), |host: Ask, _| async move {
            Ok(vec![text("out", host.chat("one").await?)])
        });
        world.step(step("waits").document("out"), |host: Ask, _| async move {
            Ok(vec![text("out", host.question("who").await?)])
        });
        let second = "[[steps]]\nid = \"waits\"\nuses = \"builtin:waits\"";
        let (run, outcome) = world.run(&one("asks", second)).await;
        assert_eq!(outcome.status, RunStatus::Waiting);
        let change = match of {
            "call" => {
                let calls = world.store.calls(Scope::of_run(run, Gaps::Refuse)).await;
                let mut call = calls.unwrap().remove(0);
                spoilt(&mut call.other);
                Change::Call(Box::new(call))
            }
            _ => {
                let mut execution = execution_of(&world, run).await;
                spoilt(&mut execution.other);
                Change::Execution(Box::new(execution))
            }
        };
        world.store.commit(vec![change]).await.unwrap();
        world.restart();
        let resume = ResumeRun {
            answers: vec![answer("who", "Ada")],
            ..ResumeRun::default()
        };
        let error = world.engine.resume(run, resume, Drive::default()).await;
        let error = error.unwrap_err().to_string();
        assert!(
            error.contains("can't be read") && error.contains(of),
            "{error}"
        );
        assert_eq!(world.provider.received().len(), 1);
        // Whoever looks at it sees the rest.
        let view = world.view(run).await;
        assert_eq!((view.questions.len(), view.unreadable), (1, 1));
        assert_eq!(world.calls(run).await.len(), usize::from(of != "call"));
    }
}

#[tokio::test]
async fn a_comparison_is_not_begun_from_inputs_that_can_not_be_read() {
    let (world, run) = waiting().await;
    spoil_inputs(&world, run).await;
    let request = StartComparison::new("works", CompareIn::Run { run });
    let error = world.engine.start_comparison(request).await.unwrap_err();
    let what = format!("the inputs of works in run {run}");
    assert!(error.to_string().contains(&what), "{error}");
}

#[tokio::test]
async fn a_call_is_not_shown_with_texts_that_can_not_be_read() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        Ok(vec![text("out", host.chat("one").await?)])
    });
    let (run, outcome) = world.run(&one("asks", "")).await;
    assert_success(&outcome);
    let call = world
        .store
        .calls(Scope::of_run(run, Gaps::Refuse))
        .await
        .unwrap()
        .remove(0);
    let spoilt = Bytes::from_static(b"no JSON");
    for of in ["request", "answer"] {
        let mut spoilt_call = call.clone();
        match of {
            "request" => spoilt_call.request = Digest::of(&spoilt),
            _ => spoilt_call.response = Some(Digest::of(&spoilt)),
        }
        let changes = vec![
            Change::Blob(spoilt.clone()),
            Change::Call(Box::new(spoilt_call)),
        ];
        world.store.commit(changes).await.unwrap();
        let error = world.engine.call(&call.id.to_string()).await.unwrap_err();
        let what = format!("the {of} of call {}", call.id);
        assert!(error.to_string().contains(&what), "{error}");
    }
}
