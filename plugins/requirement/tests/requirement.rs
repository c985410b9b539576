//! The step `requirement` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_requirement::Requirement;
use stepwell_sdk::chat::FinishReason;
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
    assert_eq!(forms[0].about(), None);
    assert_eq!(forms[1].guidance, "", "nothing is said twice");
    assert_eq!(
        forms[1].about().as_deref(),
        Some(DOCUMENT.trim_end()),
        "the draft is at hand where it is asked about"
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
fn a_prompt_that_leaves_the_answers_out_is_warned_of_once() {
    let answered = || {
        FakeHost::new()
            .answer(QUESTIONS)
            .person(&[("currency", "EUR"), ("enough", "enough")])
            .answer(wrapped())
    };
    let warned = |host: &FakeHost| {
        let lines = host.log_lines();
        let about = |line: &&String| line.contains("{{ clarifications }}");
        lines.iter().filter(about).count()
    };
    let host = answered();
    host.execute(&Requirement, &inputs()).unwrap();
    assert_eq!(warned(&host), 0);
    let host = answered().prompt("requirement", "Write it down: {{ feature }}");
    host.execute(&Requirement, &inputs()).unwrap();
    assert_eq!(warned(&host), 1);
}

#[test]
fn a_tool_call_beside_a_text_is_no_answer() {
    let host = FakeHost::new()
        .answer(NOTHING)
        .answer_ending_with(FinishReason::ToolCalls, wrapped());
    let failure = host.execute(&Requirement, &inputs()).unwrap_err();
    assert!(
        failure.message.contains("calls a tool instead"),
        "{}",
        failure.message
    );
}

#[test]
fn the_person_can_say_that_it_is_enough() {
    for enough in ["enough", "Enough."] {
        let host = FakeHost::new()
            .answer(QUESTIONS)
            .person(&[("currency", "EUR"), ("enough", enough)])
            .answer(wrapped());
        let documents = host.execute(&Requirement, &inputs()).unwrap();
        assert_eq!(host.requests().len(), 2);
        assert_eq!(documents.get("requirement"), Some(DOCUMENT));
    }
}

#[test]
fn enough_about_a_draft_works_the_answers_in_and_asks_no_more() {
    let host = FakeHost::new()
        .answer(NOTHING)
        .answer(wrapped())
        .answer(AMBIGUITY)
        .person(&[("currency", "Refuse the file"), ("enough", "enough")])
        .answer(wrapped());
    host.execute(&Requirement, &inputs()).unwrap();
    assert_eq!(host.answers_left(), 0);
    assert!(host.prompts_sent()[3].contains("Answer: Refuse the file"));
}

/// A request to which the review always has one more question, and a person who answers them all.
fn never_content(rounds: u32) -> FakeHost {
    let host = FakeHost::new().setting("rounds", &rounds.to_string());
    let host = (1..rounds).fold(host.answer(QUESTIONS), |host, _| {
        host.answer(wrapped()).answer(AMBIGUITY)
    });
    let host = host.answer(wrapped()).answer(AMBIGUITY);
    (0..rounds).fold(host, |host, round| {
        let key = match round {
            0 => "currency".to_owned(),
            round => format!("currency_{}", round + 1),
        };
        host.person(&[(&key, "EUR")])
    })
}

#[test]
fn where_the_review_is_never_content_the_document_and_a_warning_say_what_is_open() {
    for rounds in [1, 4] {
        let host = never_content(rounds);
        let documents = host.execute(&Requirement, &inputs()).unwrap();
        assert_eq!(host.answers_left(), 0);
        assert_eq!(host.forms().len(), rounds as usize);
        let expected = format!("{DOCUMENT}\n## 4 Open points\n\n- What if two currencies meet?\n");
        assert_eq!(documents.get("requirement"), Some(expected.as_str()));
        let log = host.log_lines();
        assert_eq!(log.len(), 1, "{log:?}");
        for part in [
            "still open",
            "What if two currencies meet?",
            "`requirement`",
        ] {
            assert!(log[0].contains(part), "{log:?}");
        }
    }
}

#[test]
fn a_document_with_open_points_is_one_for_whoever_reads_it() {
    let documents = never_content(2).execute(&Requirement, &inputs()).unwrap();
    let document = documents.get("requirement").unwrap();
    let read = FakeHost::new().process_response(&Requirement, &inputs(), document);
    assert_eq!(read.unwrap().get("requirement"), Some(document));
}

#[test]
fn in_the_projects_own_format_open_points_stand_at_the_end() {
    let template = "Use these headings:\n\n## Story\n## Needs\n\nThe request: {{ feature }}\n";
    let document = "# Expenses\n\n## Story\n\ns\n\n## Needs\n\nn\n";
    let host = FakeHost::new()
        .prompt("requirement", template)
        .setting("rounds", "1")
        .answer(QUESTIONS)
        .answer(document)
        .answer(AMBIGUITY);
    let documents = host.execute(&Requirement, &inputs()).unwrap();
    let expected = format!("{document}\n## Open points\n\n- What if two currencies meet?\n");
    assert_eq!(documents.get("requirement"), Some(expected.as_str()));
    let read = host.process_response(&Requirement, &inputs(), &expected);
    assert_eq!(read.unwrap().get("requirement"), Some(expected.as_str()));
}

#[test]
fn it_asks_on_for_as_long_as_something_is_open() {
    let drafts = (0..6).fold(FakeHost::new().answer(NOTHING), |host, _| {
        host.answer(wrapped()).answer(AMBIGUITY)
    });
    let host = drafts.answer(wrapped()).answer(NOTHING);
    let documents = host.execute(&Requirement, &inputs()).unwrap();
    assert_eq!((host.forms().len(), host.answers_left()), (6, 0));
    assert_eq!(documents.get("requirement"), Some(DOCUMENT));
    assert!(host.log_lines().is_empty(), "nothing is open");
}

#[test]
fn the_last_form_doesnt_ask_whether_to_go_on() {
    let host = never_content(2);
    host.execute(&Requirement, &inputs()).unwrap();
    let forms = host.forms();
    assert_eq!(keys(&forms[0]), ["currency", "period", "enough"]);
    assert_eq!(keys(&forms[1]), ["currency_2"]);
}

#[test]
fn the_first_form_says_what_it_is_about_also_where_a_draft_stands_already() {
    let host = FakeHost::new()
        .answer(NOTHING)
        .answer(wrapped())
        .answer(AMBIGUITY)
        .answer(wrapped())
        .answer(NOTHING);
    host.execute(&Requirement, &inputs()).unwrap();
    let form = &host.forms()[0];
    assert!(form.guidance.contains("> A report of my expenses"));
    assert!(form.about().unwrap().contains("#### Reading"));
}

#[test]
fn the_review_sees_what_the_rewrite_may_have_dropped() {
    let host = FakeHost::new()
        .answer(NOTHING)
        .answer(wrapped())
        .answer(NOTHING);
    let inputs = inputs().with("existing_requirement", "- **FR-9** It reads TSV, too.");
    host.execute(&Requirement, &inputs).unwrap();
    let review = &host.prompts_sent()[2];
    for part in ["FR-9", "existing document", "drops", "#### Reading"] {
        assert!(review.contains(part), "{part}: {review}");
    }
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
    let documents = host.execute(&Requirement, &inputs()).unwrap();
    let open = "\n## 4 Open points\n\n- Which currency? (Sums depend on it.)\n- Which period does a report cover?\n";
    assert!(documents.get("requirement").unwrap().ends_with(open));
    let log = host.log_lines();
    assert!(
        log.iter()
            .any(|line| line.contains("still open") && line.contains("Which currency?")),
        "{log:?}"
    );
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
        let host = FakeHost::new().without_workspace();
        let host = host.setting("rounds", rounds);
        let host = answers.into_iter().fold(host, FakeHost::answer);
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

#[test]
fn what_a_survey_found_is_told_at_every_stage_and_nothing_speaks_of_one_that_was_not_made() {
    let sent = |inputs: &Inputs| {
        let host = FakeHost::new()
            .answer(NOTHING)
            .answer(wrapped())
            .answer(NOTHING);
        host.execute(&Requirement, inputs).unwrap();
        host.prompts_sent()
    };
    let surveyed = inputs()
        .with("map", "src/report.py (12)")
        .with("conventions", "Keep functions short.");
    for prompt in sent(&surveyed) {
        assert!(
            prompt.contains("<map>\nsrc/report.py (12)\n</map>"),
            "{prompt}"
        );
        assert!(
            prompt.contains("<conventions>\nKeep functions short.\n</conventions>"),
            "{prompt}"
        );
    }
    for prompt in sent(&inputs()) {
        for part in ["map", "conventions", "The project"] {
            assert!(!prompt.contains(part), "{part}: {prompt}");
        }
    }
}

/// What nobody could verify later is said as soon as it is written.
#[test]
fn ids_that_several_requirements_have_and_too_many_of_them_are_warned_of() {
    let told = |requirements: String| {
        let document = DOCUMENT.replace("- **FR-1** The tool reads a CSV file.\n", &requirements);
        let answer = format!("<document>\n{document}\n</document>");
        let host = FakeHost::new().setting("rounds", "0").answer(&answer);
        let inputs = Inputs::new().with("feature", "expenses");
        host.execute(&Requirement, &inputs).unwrap();
        host.log_lines().join("\n")
    };
    let one = |number: usize| format!("- **FR-{number}** It does {number}.\n");
    let doubled = told(one(1) + &one(2) + &one(1));
    assert!(
        doubled.contains("the same id to several requirements (FR-1)"),
        "{doubled}"
    );
    let many = told((1..=501).map(one).collect());
    assert!(many.contains("has 501 requirements"), "{many}");
    assert_eq!(told(one(1) + &one(2)), "");
}
