//! What waits at a gate on the page: files that are held or dropped, a yes that is to something else by now, and what it is headed.

use axum::http::StatusCode;
use stepwell_contract::{FailureKind, Form, Question, RunId, Text};
use stepwell_engine::{Drive, StartRun};

use super::{Browser, seed};
use crate::common::{Ask, failure, source, step, text};

const FLOW: &str = r#"name = "gated"
[[steps]]
id = "w"
uses = "builtin:w"
inputs.x = "of the step"
grants.workspace = "write"
[[steps]]
id = "take"
uses = "builtin:take"
inputs.x = "{{ steps.w.out }}"
"#;

fn form() -> Form {
    let question = |key: &str, choices: &[&str], annotations| Question {
        key: key.into(),
        text: format!("What about {key}?"),
        choices: choices.iter().map(|choice| (*choice).into()).collect(),
        suggested: None,
        annotations,
    };
    let optional = vec![Text::new("required", "false")];
    Form {
        title: "The change".into(),
        guidance: String::new(),
        about: Some("What was to be changed.".into()),
        questions: vec![
            question("decision", &["yes", "no"], Vec::new()),
            question("note", &[], optional),
        ],
    }
}

async fn gated() -> (Browser, RunId) {
    let mut world = seed::world().await;
    world.step(
        step("w")
            .input("x")
            .document("out")
            .grant("workspace", "write"),
        |host: Ask, inputs: Vec<Text>| async move {
            host.write("notes.txt", &inputs[0].value).await?;
            Ok(vec![text("out", "written")])
        },
    );
    world.step(
        step("take")
            .input("x")
            .document("decision")
            .gate("decision"),
        |host: Ask, _: Vec<Text>| async move {
            let answers = host.0.ask(form()).await;
            let answers = answers.map_err(stepwell_contract::AttemptEnd::Halted)?;
            match answers.unwrap_or_default().first().map(String::as_str) {
                Some("yes") => Ok(vec![text("decision", "yes")]),
                _ => Err(failure(FailureKind::Declined, "the person said no", false)),
            }
        },
    );
    world.put_file("notes.txt", "before");
    let browser = Browser::of(world).await;
    let engine = &browser.world.engine;
    let run = engine.start(StartRun::new(source(FLOW))).await.unwrap();
    engine.drive(run, Drive::default()).await.unwrap();
    (browser, run)
}

/// The value of a hidden field of the form at the gate.
fn hidden(html: &str, name: &str) -> String {
    let (_, form) = html
        .split_once("<form class=\"card stack question\"")
        .unwrap();
    let (_, value) = form
        .split_once(&format!("name=\"{name}\" value=\""))
        .unwrap();
    value.split('"').next().unwrap().to_owned()
}

async fn settled(browser: &Browser, run: RunId) {
    let address = format!("/api/runs/{run}/outcome?wait=true");
    assert_eq!(browser.get(&address).await.status, StatusCode::OK);
}

/// A yes to a form, without a note.
fn a_yes(form: &str) -> [(&str, &str); 5] {
    [
        ("step", "take"),
        ("form", form),
        ("answer.decision", "yes"),
        ("optional", "note"),
        ("answer.note", ""),
    ]
}

#[tokio::test]
async fn files_that_wait_at_a_gate_are_told_from_those_that_are_there_and_those_that_were_dropped()
{
    let (browser, run) = gated().await;
    let of_run = format!("/runs/{run}");
    let of_step = format!("/runs/{run}?step=w");
    let held = "<code>notes.txt</code>: <strong>not in the workspace yet</strong>";
    for address in [&of_run, &of_step] {
        let page = browser.get(address).await;
        page.says(&[held]);
        assert!(!page.html.contains("What the run changed in the workspace"));
    }
    let waiting = browser.get(&of_run).await;
    // A gate takes nothing but what it offers; another step may.
    assert!(
        !waiting.html.contains("or your own words"),
        "{}",
        waiting.main()
    );
    waiting.says(&["One of: yes, no."]);

    let form = hidden(&waiting.html, "form");
    let answers = format!("{of_run}/answers");
    let no = [
        ("step", "take"),
        ("form", &form),
        ("answer.decision", "no"),
        ("optional", "note"),
        ("answer.note", ""),
    ];
    let said = browser.post(&answers, &no).await;
    assert_eq!(said.status, StatusCode::SEE_OTHER, "{}", said.main());
    settled(&browser, run).await;
    for address in [&of_run, &of_step] {
        let page = browser.get(address).await;
        page.says(&["<code>notes.txt</code>: <strong>dropped: a person said no to it</strong>"]);
        assert!(!page.html.contains("not in the workspace yet"));
    }
    // What a person said no to has not failed.
    let page = browser.get(&of_run).await;
    page.says(&["data-said><span class=\"state cancelled\">declined</span>"]);
    browser
        .get("/runs")
        .await
        .says(&["<span class=\"state cancelled\">declined</span>"]);
}

#[tokio::test]
async fn files_that_are_there_have_no_word_beside_them() {
    let (browser, run) = gated().await;
    let of_run = format!("/runs/{run}");
    let form = hidden(&browser.get(&of_run).await.html, "form");
    let yes = a_yes(&form);
    browser.post(&format!("{of_run}/answers"), &yes).await;
    settled(&browser, run).await;
    let page = browser.get(&of_run).await;
    page.says(&["What the run changed in the workspace"]);
    for word in ["not in the workspace yet", "dropped"] {
        assert!(!page.html.contains(word), "{word}: {}", page.main());
    }
}

#[tokio::test]
async fn a_yes_to_something_else_by_now_comes_back_with_what_is_different() {
    let (browser, run) = gated().await;
    let of_run = format!("/runs/{run}");
    let shown = browser.get(&of_run).await;
    let (form, of) = (hidden(&shown.html, "form"), hidden(&shown.html, "of"));
    // The text stays folded as long as nothing of it is new.
    shown.says(&["<details class=\"more\" id=\"q0-about\"><summary>Read the text"]);
    browser.world.put_file("notes.txt", "of a person");
    let yes = [
        ("step", "take"),
        ("form", &form),
        ("of", &of),
        ("answer.decision", "yes"),
        ("optional", "note"),
        ("answer.note", "Looks right."),
    ];
    let refused = browser.post(&format!("{of_run}/answers"), &yes).await;
    assert_eq!(
        refused.status,
        StatusCode::PRECONDITION_FAILED,
        "{}",
        refused.main()
    );
    refused.says(&[
        "What step <code>take</code> asked about has changed since it asked (<code>notes.txt</code>): nothing was answered</strong>",
        "decide anew",
        "data-newer=\"typed\"",
        "Since this was asked, somebody changed <code>notes.txt</code>.",
        "<details class=\"more\" id=\"q0-about-changed\" open><summary>Read the text",
        "of a person",
        // What was decided isn't there, what was written is.
        "name=\"answer.decision\" value=\"\"",
        "Looks right.</textarea>",
    ]);
    assert!(!refused.html.contains("Try again"), "{}", refused.main());
    assert_eq!(
        browser.world.file("notes.txt").as_deref(),
        Some("of a person")
    );
    // Asked for anew the page says it, too; and what was shown now is taken.
    let anew = browser.get(&of_run).await;
    anew.says(&[
        "Since this was asked, somebody changed",
        "id=\"q0-about-changed\" open",
    ]);
    let form = hidden(&refused.html, "form");
    assert_eq!(form, hidden(&anew.html, "form"));
    let yes = a_yes(&form);
    let taken = browser.post(&format!("{of_run}/answers"), &yes).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.main());
    settled(&browser, run).await;
    assert_eq!(
        browser.world.file("notes.txt").as_deref(),
        Some("of the step")
    );
    // What isn't asked any more is said on the run's page.
    let late = browser.post(&format!("{of_run}/answers"), &yes).await;
    assert!(late.status.is_client_error(), "{}", late.main());
}
