//! What may be called from where (rule E11), and what a halt does.

use std::sync::Arc;

use crate::common::{Host, Room, end, environment, inputs};
use stepwell_contract::{AttemptEnd, GuestAnswer, GuestCall, Halt};

fn forbidden(function: &str, during: &str) -> AttemptEnd {
    AttemptEnd::ForbiddenImport {
        function: function.into(),
        during: during.into(),
    }
}

#[tokio::test]
async fn process_response_calls_nothing() {
    let room = Room::new().await;
    for (deed, function) in [("asks-model", "chat.complete"), ("logs", "progress.log")] {
        let call = GuestCall::ProcessResponse {
            inputs: inputs(deed, 0),
            response: "answer".into(),
        };
        let report = room.call(call, environment()).await;
        assert_eq!(*end(&report), forbidden(function, "process-response"));
    }
}

#[tokio::test]
async fn process_response_gives_documents() {
    let room = Room::new().await;
    let call = GuestCall::ProcessResponse {
        inputs: inputs("", 0),
        response: "answer".into(),
    };
    let report = room.call(call, environment()).await;
    assert_eq!(crate::common::document(&report), "answer");
}

#[tokio::test]
async fn construct_prompt_only_looks() {
    let room = Room::new().await;
    for (deed, expected) in [
        ("reads-prompt", Ok("the prompt")),
        ("reads-context", Ok("run 1")),
        ("logs", Err("progress.log")),
        ("saves-checkpoint", Err("context.save-checkpoint")),
        ("adds-prompt", Err("prompts.add")),
    ] {
        let host = Arc::new(Host::default());
        let call = GuestCall::ConstructPrompt {
            inputs: inputs(deed, 0),
            services: host.clone(),
        };
        let report = room.call(call, environment()).await;
        let expected = match expected {
            Ok(prompt) => Ok(GuestAnswer::Prompt(Some(prompt.into()))),
            Err(function) => Err(forbidden(function, "construct-prompt")),
        };
        assert_eq!(report.outcome, expected);
        let asked = host.asked.lock().unwrap();
        assert!(!asked.contains(&"add") && !asked.contains(&"save-checkpoint"));
    }
}

#[tokio::test]
async fn a_halt_ends_the_attempt() {
    let room = Room::new().await;
    for halt in [
        Halt::Waiting,
        Halt::InDoubt {
            reason: "which".into(),
        },
    ] {
        let host = Arc::new(Host {
            halt: Some(halt.clone()),
            ..Host::default()
        });
        let report = room.execute_on("asks-model", 0, environment(), &host).await;
        assert_eq!(*end(&report), AttemptEnd::Halted(halt));
    }
}

#[tokio::test]
async fn the_host_says_no_in_its_own_words() {
    let room = Room::new().await;
    let report = room.execute("writes-file", 0, environment()).await;
    let said = crate::common::document(&report);
    assert!(
        said.contains("Denied") && said.contains("not `some/file`"),
        "{said}"
    );
}
