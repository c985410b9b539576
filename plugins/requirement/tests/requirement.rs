//! The step `requirement` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_requirement::Requirement;
use stepwell_sdk::dialogue::Form;
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{FailureKind, Inputs, Step};

const QUESTIONS: &str = "Two things are open.\n\n```json\n{\"questions\": [\n  {\"key\": \"currency\", \"question\": \"Which currency?\", \"why\": \"Sums depend on it.\", \"choices\": [\"EUR\", \"each its own\"], \"suggested\": \"EUR\"},\n  {\"key\": \"period\", \"question\": \"Which period does a report cover?\"},\n]}\n```";
const AMBIGUITY: &str =
    r#"{"questions": [{"key": "currency", "question": "What if two currencies meet?"}]}"#;
const NOTHING: &str = r#"{"questions": []}"#;
const DOCUMENT: &str = "\
# Monthly expense report

## 1 Overview

### 1.1 Background

People keep their expenses in a CSV file.

### 1.2 User persona

Ada, who keeps the books.

### 1.3 User journey

1. She runs the tool.

## 2 Requirements

### 2.1 Functional requirements

#### Reading

- **FR-1** The tool reads a CSV file.
";

fn inputs() -> Inputs {
    Inputs::new().with("feature", "A report of my expenses\nper month")
}

fn wrapped() -> String {
    format!("Here is the document.\n\n<document>\n{DOCUMENT}</document>\n")
}

fn keys(form: &Form) -> Vec<&str> {
    form.questions
        .iter()
        .map(|question| question.key.as_str())
        .collect()
}

#[test]
fn it_asks_drafts_reviews_and_asks_on() {
    let host = FakeHost::new()
        .answer(QUESTIONS)
        .person(&[("currency", "EUR"), ("period", "")])
        .answer(wrapped())
        .answer(AMBIGUITY)
        .person(&[("currency_2", "Refuse the file")])
        .answer(wrapped())
        .answer(NOTHING);
    let documents = host.execute(&Requirement, &inputs()).unwrap();
    assert_eq!(documents.get("requirement"), Some(DOCUMENT));

    let forms = host.forms();
    assert_eq!(keys(&forms[0]), ["currency", "period", "enough"]);
    assert!(
        forms[0]
            .guidance
            .contains("> A report of my expenses\n> per month")
    );
    assert_eq!(forms[0].questions[0].choices, ["EUR", "each its own"]);
    assert_eq!(
        keys(&forms[1]),
        ["currency_2", "enough"],
        "a key means one question"
    );

    let sent = host.prompts_sent();
    assert_eq!(sent.len(), 5);
    assert!(sent[1].contains("Which currency? (Sums depend on it.)\n  Answer: EUR"));
    assert!(sent[1].contains("Which period does a report cover?\n  Answer: (none: assume"));
    assert!(
        sent[2].contains("#### Reading"),
        "the review sees the draft"
    );
    assert!(sent[3].contains("Answer: Refuse the file"));
    assert!(
        sent[3].contains("<draft>"),
        "the second draft builds on the first"
    );
}

#[test]
fn the_person_can_say_that_it_is_enough() {
    let host = FakeHost::new()
        .answer(QUESTIONS)
        .person(&[("currency", "EUR"), ("enough", "Enough")])
        .answer(wrapped());
    host.execute(&Requirement, &inputs()).unwrap();
    assert_eq!(host.requests().len(), 2);
}

#[test]
fn the_rounds_are_bounded_and_the_last_form_doesnt_ask_whether_to_go_on() {
    let host = FakeHost::new()
        .setting("rounds", "2")
        .answer(QUESTIONS)
        .answer(wrapped())
        .answer(AMBIGUITY)
        .answer(wrapped());
    host.execute(&Requirement, &inputs()).unwrap();
    let forms = host.forms();
    assert_eq!(forms.len(), 2);
    assert_eq!(keys(&forms[1]), ["currency_2"]);
    assert_eq!(host.answers_left(), 0);
}

#[test]
fn without_rounds_nothing_is_asked() {
    let host = FakeHost::new().setting("rounds", "0").answer(wrapped());
    host.execute(&Requirement, &inputs()).unwrap();
    assert!(host.forms().is_empty());
    assert_eq!(host.requests().len(), 1);
}

#[test]
fn where_nobody_answers_the_draft_is_told_to_write_assumptions_down() {
    let host = FakeHost::new().answer(QUESTIONS).nobody().answer(wrapped());
    host.execute(&Requirement, &inputs()).unwrap();
    let sent = host.prompts_sent();
    assert_eq!(sent.len(), 2);
    assert!(sent[1].contains("Which period does a report cover?\n  Answer: (none: assume"));
    assert!(sent[1].contains("`3 Assumptions`"));
}

#[test]
fn what_the_review_finds_becomes_an_assumption_when_nobody_is_there_any_more() {
    let host = FakeHost::new()
        .answer(NOTHING)
        .answer(wrapped())
        .answer(AMBIGUITY)
        .nobody()
        .answer(wrapped());
    host.execute(&Requirement, &inputs()).unwrap();
    let sent = host.prompts_sent();
    assert_eq!(sent.len(), 4);
    assert!(sent[3].contains("What if two currencies meet?\n  Answer: (none: assume"));
}

#[test]
fn a_clear_request_is_drafted_at_once_and_still_reviewed() {
    let host = FakeHost::new()
        .answer(NOTHING)
        .answer(wrapped())
        .answer(NOTHING);
    host.execute(&Requirement, &inputs()).unwrap();
    assert!(host.forms().is_empty());
}

#[test]
fn a_person_who_declines_ends_the_step() {
    let host = FakeHost::new().answer(QUESTIONS).declines();
    let failure = host.execute(&Requirement, &inputs()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Declined);
}

#[test]
fn the_retry_tells_the_model_what_its_draft_lacked_and_changes_no_other_question() {
    let cut = DOCUMENT.split("## 2 Requirements").next().unwrap();
    let host = FakeHost::new()
        .answer(QUESTIONS)
        .answer(cut)
        .answer(QUESTIONS)
        .answer(wrapped())
        .answer(NOTHING);
    let failure = host.execute(&Requirement, &inputs()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert_eq!(
        failure.message,
        "the document lacks `2.1 Functional requirements` (answer 2)"
    );
    host.retry(&Requirement, &inputs(), &failure).unwrap();
    let sent = host.prompts_sent();
    assert_eq!(
        sent[2], sent[0],
        "what was answered is asked in the same words"
    );
    assert!(sent[3].starts_with(sent[1].trim_end()));
    assert!(
        sent[3].contains("could not be used: the document lacks `2.1 Functional requirements`\n")
    );
    assert!(!sent[4].contains("could not be used"));
}

#[test]
fn the_existing_document_guidance_and_language_reach_the_prompts() {
    let host = FakeHost::new()
        .setting("rounds", "0")
        .setting("guidance", "\"Keep it short.\"")
        .setting("language", "\"German\"")
        .answer(wrapped());
    let inputs = inputs().with("existing_requirement", "# The old one");
    host.execute(&Requirement, &inputs).unwrap();
    let sent = &host.prompts_sent()[0];
    for part in ["# The old one", "Keep it short.", "in German"] {
        assert!(sent.contains(part), "{part}");
    }
}

#[test]
fn the_constructed_prompt_is_the_first_that_is_sent() {
    for (rounds, answers) in [
        ("3", vec![NOTHING.to_owned(), wrapped(), NOTHING.to_owned()]),
        ("0", vec![wrapped()]),
    ] {
        let host = answers
            .into_iter()
            .fold(FakeHost::new().setting("rounds", rounds), FakeHost::answer);
        host.execute(&Requirement, &inputs()).unwrap();
        let constructed = host.construct_prompt(&Requirement, &inputs()).unwrap();
        assert_eq!(
            constructed.as_deref(),
            host.prompts_sent().first().map(String::as_str)
        );
    }
}

#[test]
fn a_blank_request_is_refused() {
    let failure = FakeHost::new()
        .execute(&Requirement, &Inputs::new().with("feature", " \n"))
        .unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidInput);
}

#[test]
fn untidy_answers() {
    let host = FakeHost::new();
    let read = |answer: &str| {
        let documents = host.process_response(&Requirement, &inputs(), answer);
        documents.map(|documents| documents.get("requirement").unwrap().to_owned())
    };
    let expected = Ok(DOCUMENT.to_owned());
    assert_eq!(read(DOCUMENT), expected);
    assert_eq!(read(&wrapped().replace('\n', "\r\n")), expected);
    assert_eq!(
        read(&format!(
            "Sure!\n```markdown\n{DOCUMENT}```\nAnything else?"
        )),
        expected
    );
    assert_eq!(
        read(&format!(
            "```sh\nls\n```\n<document>\n```md\n{DOCUMENT}```\n</document>"
        )),
        expected
    );
    let loose = DOCUMENT
        .replace("## 1 Overview\n", "")
        .replace("### 1.1 ", "## ")
        .replace("#### ", "## ");
    assert_eq!(read(&loose), expected);
}

#[test]
fn its_prompts_use_the_variables_that_it_declares() {
    let description = Requirement.describe();
    for prompt in &description.prompts {
        for variable in &prompt.variables {
            assert!(
                prompt.intrinsic.contains(&variable.name),
                "`{}` never uses `{}`",
                prompt.name,
                variable.name
            );
        }
    }
}
