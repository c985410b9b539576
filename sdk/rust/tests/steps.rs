//! Steps on the fake host: the whole example, and what happens over several attempts.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_sdk::chat::{ChatError, ChatErrorKind, Conversation, FinishReason, Role};
use stepwell_sdk::dialogue::{Form, Question};
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{
    Description, Documents, Failure, FailureKind, Field, Inputs, Prompt, Step, chat, context,
    workspace,
};

#[allow(
    unreachable_pub,
    reason = "there it is public, as an author would write it"
)]
#[path = "../examples/release_notes.rs"]
mod release_notes;

use release_notes::ReleaseNotes;

#[test]
fn a_complete_step_has_less_than_forty_lines() {
    let lines = include_str!("../examples/release_notes.rs").lines().count();
    assert!(lines < 40, "{lines} lines");
}

#[test]
fn the_example_fills_asks_and_parses() {
    let host = FakeHost::new().answer("Here you are:\n\n- A is faster\n- B is gone\n");
    let inputs = Inputs::new().with("changes", "faster a\nremove b");
    let documents = host.execute(&ReleaseNotes, &inputs).unwrap();
    assert_eq!(documents.get("notes"), Some("- A is faster\n- B is gone"));
    let constructed = host
        .construct_prompt(&ReleaseNotes, &inputs)
        .unwrap()
        .unwrap();
    assert_eq!(
        constructed,
        "Write release notes, as a list, for:\nfaster a\nremove b"
    );
    assert_eq!(host.prompts_sent(), [constructed]);
}

#[test]
fn an_input_that_is_missing_is_named_before_anything_is_asked() {
    let host = FakeHost::new();
    let failure = host.execute(&ReleaseNotes, &Inputs::new()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidInput);
    assert!(failure.message.contains("`changes`"));
    assert!(host.requests().is_empty());
}

/// Asks three questions in one conversation; the answer to each must hold a word.
#[derive(Default)]
struct Chain;

impl Step for Chain {
    fn describe(&self) -> Description {
        Description::new("chain", "0.1.0", "Asks three times.")
            .prompt(Prompt::new("chain", "One?"))
            .setting(Field::optional("word", "The word"))
    }

    fn process_response(&self, _: &Inputs, response: &str) -> Result<Documents, Failure> {
        if response.contains("good") {
            return Ok(Documents::one("text", response));
        }
        Err(Failure::invalid_response(format!(
            "`{response}` isn't good"
        )))
    }

    fn execute(&self, inputs: &Inputs) -> Result<Documents, Failure> {
        let mut conversation = Conversation::new();
        let mut documents = Documents::new();
        for question in ["One?", "Two?", "Three?"] {
            documents = self.process_response(inputs, &conversation.ask(question)?)?;
        }
        Ok(documents)
    }
}

#[test]
fn a_conversation_goes_out_with_its_history() {
    let host = FakeHost::new()
        .answer("good 1")
        .answer("good 2")
        .answer("good 3");
    host.execute(&Chain, &Inputs::new()).unwrap();
    let roles: Vec<Role> = host.requests()[2]
        .messages
        .iter()
        .map(|message| message.role)
        .collect();
    assert_eq!(
        roles,
        [
            Role::User,
            Role::Assistant,
            Role::User,
            Role::Assistant,
            Role::User
        ]
    );
}

#[test]
fn each_question_keeps_its_remark_through_all_later_attempts() {
    let host = FakeHost::new()
        .answer("good 1")
        .answer("bad 2")
        // The second attempt: the first question as before, the second with a remark; now the third fails.
        .answer("good 1")
        .answer("good 2")
        .answer("bad 3")
        // The third attempt ends at the network, which says nothing about an answer.
        .answer("good 1")
        .answer("good 2")
        .fail_call(ChatError {
            kind: ChatErrorKind::Network,
            message: "gone".to_owned(),
        })
        .answer("good 1")
        .answer("good 2")
        .answer("good 3");
    let inputs = Inputs::new();
    let first = host.execute(&Chain, &inputs).unwrap_err();
    assert_eq!(first.message, "`bad 2` isn't good (answer 2)");
    let second = host.retry(&Chain, &inputs, &first).unwrap_err();
    let third = host.retry(&Chain, &inputs, &second).unwrap_err();
    assert_eq!(third.kind, FailureKind::Other("network".to_owned()));
    assert!(!third.retryable, "the host has retried what is worth it");
    host.retry(&Chain, &inputs, &third).unwrap();

    let requests = host.requests();
    // Equal requests are answered from the host's memory; a changed one is paid again.
    assert_eq!(requests[2], requests[0]);
    assert_eq!(requests[5], requests[0]);
    assert_eq!(requests[8], requests[0]);
    assert_ne!(requests[3], requests[1]);
    assert_eq!(requests[6], requests[3]);
    assert_eq!(requests[9], requests[3]);
    assert_ne!(requests[7], requests[4]);
    assert_eq!(requests[10], requests[7]);
    assert!(host.prompts_sent()[3].starts_with(
        "Two?\n\nYour previous answer to this could not be used: `bad 2` isn't good\n"
    ));
}

/// Does what only `execute` may do, where it may not.
#[derive(Default)]
struct Meddler;

impl Step for Meddler {
    fn describe(&self) -> Description {
        Description::new("meddler", "0.1.0", "Breaks the rules.")
    }

    fn process_response(&self, _: &Inputs, _: &str) -> Result<Documents, Failure> {
        let answer = chat::ask("Really?")?;
        Ok(Documents::one("text", answer))
    }
}

#[test]
#[should_panic(expected = "`chat.complete` may only be called in `execute`")]
fn the_fake_host_forbids_what_the_real_one_forbids() {
    let _ = FakeHost::new().process_response(&Meddler, &Inputs::new(), "x");
}

/// Uses the remaining helpers.
#[derive(Default)]
struct Everything;

impl Step for Everything {
    fn describe(&self) -> Description {
        Description::new("everything", "0.1.0", "Uses all helpers.").grant(
            "workspace",
            "write",
            "it \"writes\"",
        )
    }

    fn process_response(&self, _: &Inputs, _: &str) -> Result<Documents, Failure> {
        Ok(Documents::new())
    }

    fn execute(&self, _: &Inputs) -> Result<Documents, Failure> {
        let limit: u32 = context::setting_or("limit", 7)?;
        let seen: Option<Vec<u32>> = context::checkpoint("seen")?;
        context::save_checkpoint("seen", &[limit])?;
        let answers = Form::new("Form")
            .question(Question::new("name", "Who?").multiline())
            .question(Question::new("age", "How old?"))
            .ask()?;
        workspace::write("out/name.txt", answers.text("name"))?;
        Ok(Documents::one(
            "seen",
            format!("{seen:?} {}", answers.text("age").len()),
        ))
    }
}

#[test]
fn settings_checkpoints_forms_and_files() {
    let host = FakeHost::new()
        .setting("limit", "9")
        .person(&[("name", " Ada ")])
        .person(&[("name", "Bo")]);
    let documents = host.execute(&Everything, &Inputs::new()).unwrap();
    assert_eq!(documents.get("seen"), Some("None 0"));
    assert_eq!(host.file_text("out/name.txt").unwrap(), "Ada");
    let documents = host.execute(&Everything, &Inputs::new()).unwrap();
    assert_eq!(documents.get("seen"), Some("Some([9]) 0"));

    let host = FakeHost::new().setting("limit", "\"nine\"");
    let failure = host.execute(&Everything, &Inputs::new()).unwrap_err();
    assert!(
        failure.message.contains("the setting `limit`"),
        "{}",
        failure.message
    );
}

#[test]
fn a_grant_carries_its_reason_as_json() {
    let description = Everything.describe();
    assert_eq!(description.grants[0].value, "write");
    assert_eq!(description.annotations[0].value, r#""it \"writes\"""#);
}

/// Its prompt loops over what it is given.
#[derive(Default)]
struct Loop;

impl Step for Loop {
    fn describe(&self) -> Description {
        Description::new("loop", "0.1.0", "Loops.").prompt(
            Prompt::new(
                "loop",
                "{% for item in list %}{{ item.id }} {% endfor %}{{ list }}{{ text }}\n",
            )
            .json_variable("list", "A list", "{\"type\":\"array\"}")
            .variable("text", "Text"),
        )
    }

    fn process_response(&self, _: &Inputs, _: &str) -> Result<Documents, Failure> {
        Ok(Documents::new())
    }
}

#[test]
fn a_variable_with_a_schema_is_json_in_the_template_and_other_text_is_text() {
    let inputs = Inputs::new()
        .with("list", r#"[{"id":"a"},{"id":"b"}]"#)
        .with("text", "[1]");
    let prompt = FakeHost::new().construct_prompt(&Loop, &inputs).unwrap();
    assert_eq!(
        prompt.as_deref(),
        Some("a b [{\"id\":\"a\"},{\"id\":\"b\"}][1]\n")
    );
}

#[test]
fn a_prompt_that_names_an_unknown_variable_is_an_error() {
    let host = FakeHost::new().prompt("release_notes", "{{ change }}");
    let failure = host
        .execute(&ReleaseNotes, &Inputs::new().with("changes", "x"))
        .unwrap_err();
    assert_eq!(
        failure.kind,
        FailureKind::Other("missing-variable".to_owned())
    );
}

#[test]
fn an_answer_that_was_cut_off_is_no_answer() {
    let host = FakeHost::new()
        .cut_off_answer("- A is faster\n- B is")
        .answer("- A is faster");
    let inputs = Inputs::new().with("changes", "faster a");
    let failure = host.execute(&ReleaseNotes, &inputs).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(failure.message.contains("max_output_tokens"), "{failure:?}");
}

#[test]
fn an_answer_that_is_too_long_for_the_model_itself_is_told_what_helps() {
    let reason = FinishReason::Other("model_context_window_exceeded".to_owned());
    let host = FakeHost::new().answer_ending_with(reason, "- A is faster");
    let inputs = Inputs::new().with("changes", "faster a");
    let failure = host.execute(&ReleaseNotes, &inputs).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(failure.message.contains("together too long"), "{failure:?}");
    assert!(
        !failure.message.contains("max_output_tokens"),
        "{failure:?}"
    );
}

#[test]
fn an_answer_that_ended_for_a_reason_nobody_knows_is_no_answer() {
    let reason = FinishReason::Other("ran_dry".to_owned());
    let host = FakeHost::new().answer_ending_with(reason, "- A is faster");
    let inputs = Inputs::new().with("changes", "faster a");
    let failure = host.execute(&ReleaseNotes, &inputs).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(failure.message.contains("`ran_dry`"), "{failure:?}");
}

#[test]
fn an_answer_that_was_refused_is_not_asked_for_again() {
    let host = FakeHost::new().answer_ending_with(FinishReason::ContentFilter, "- A is");
    let inputs = Inputs::new().with("changes", "faster a");
    let failure = host.execute(&ReleaseNotes, &inputs).unwrap_err();
    assert_eq!(
        failure.kind,
        FailureKind::Other("content-filtered".to_owned())
    );
    assert!(!failure.retryable, "{failure:?}");
    assert!(failure.message.contains("change the prompt"), "{failure:?}");
}
