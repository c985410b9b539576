//! Long texts that stand beside others: what would be asked, what questions are about, what a step wrote to its standard error.

use axum::http::StatusCode;
use stepwell_contract::{AttemptEnd, FailureKind, Form, Question, RunId};
use stepwell_engine::{Drive, StartRun};

use super::long::all_of;
use super::{Browser, seed};
use crate::common::{Ask, World, failure, source, step, text};

const ROOM: usize = 512 * 1024;

fn long(end: &str) -> String {
    format!("It begins here.\n{}{end}", "word ".repeat(40_000))
}

async fn run(browser: &Browser, definition: &str) -> RunId {
    let engine = &browser.world.engine;
    let request = StartRun::new(source(definition));
    let run = engine.start(request).await.unwrap();
    engine.drive(run, Drive::default()).await.unwrap();
    run
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_message_that_would_be_asked_is_shown_whole_behind_its_link() {
    let browser = Browser::new().await;
    let template = format!("{{{{ feature }}}}\n{}", long("the end of the message"));
    browser.add_version("requirement", &template, "long").await;
    let mut request = StartRun::new(source(seed::CODING));
    request.inputs.insert("feature".into(), "a wish".into());
    let engine = &browser.world.engine;
    let run = engine.start(request).await.unwrap();
    engine.drive(run, Drive::default()).await.unwrap();

    let ahead = browser
        .get(&format!("/runs/{run}/ahead?step=requirement"))
        .await;
    ahead.says(&["It begins here.", "The first 64 KiB of", "Nothing was sent"]);
    assert!(!ahead.html.contains("the end of the message"));
    let all = browser.get(&all_of(&ahead)).await;
    all.says(&[
        "Download",
        "It begins here.",
        "the end of the message</pre>",
    ]);
    let gone = format!("/runs/{run}/ahead/message?step=requirement&message=7-0");
    assert_eq!(browser.get(&gone).await.status, StatusCode::NOT_FOUND);

    // The text that is tried has no address: what was typed goes along.
    let case = format!("{run} requirement");
    let fields = [
        ("content", template.as_str()),
        ("note", ""),
        ("from", "4"),
        ("based_on", "4"),
        ("case", &case),
    ];
    let part = browser
        .post("/prompts/requirement/try/ahead", &fields)
        .await;
    let button = "formaction=\"/prompts/requirement/try/message\" formnovalidate name=\"message\" value=\"0-0\"";
    part.says(&["It begins here.", "The first 64 KiB of", button]);
    assert!(!part.html.contains("the end of the message"));
    let wanted = [&fields[..], &[("message", "0-0")]].concat();
    let all = browser
        .post("/prompts/requirement/try/message", &wanted)
        .await;
    all.says(&["It begins here.", "the end of the message</pre>"]);
}

const ASKING: &str = "name = \"asking\"\n[[steps]]\nid = \"asks\"\nuses = \"builtin:asks\"\n";

#[tokio::test]
async fn a_long_text_that_questions_are_about_is_shown_whole_behind_its_link() {
    let mut world = seed::world().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        let question = Question {
            key: "fits".into(),
            text: "Does it fit?".into(),
            choices: Vec::new(),
            suggested: None,
            annotations: Vec::new(),
        };
        let form = Form {
            title: "Before it goes on".into(),
            guidance: String::new(),
            about: Some(long("the end of the draft")),
            questions: vec![question],
        };
        let answers = host.0.ask(form).await.map_err(AttemptEnd::from)?;
        Ok(vec![text("out", format!("{answers:?}"))])
    });
    let browser = Browser::of(world).await;
    let run = run(&browser, ASKING).await;
    let page = browser.get(&format!("/runs/{run}")).await;
    assert!(page.html.len() < ROOM, "{}", page.html.len());
    page.says(&[
        "Before it goes on",
        "It begins here.",
        "The first 64 KiB of",
        "Does it fit?",
    ]);
    assert!(!page.html.contains("the end of the draft"));
    let all = browser.get(&all_of(&page)).await;
    all.says(&["It begins here.", "the end of the draft</pre>"]);
    let nothing = browser.get(&format!("/runs/{run}/about?of=other")).await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
}

const LOUD: &str = "name = \"loud\"\n[[steps]]\nid = \"fails\"\nuses = \"builtin:fails\"\n";

#[tokio::test]
async fn a_long_standard_error_is_shown_whole_behind_its_link() {
    let mut world: World = seed::world().await;
    world.step(step("fails").document("out"), |_: Ask, _| async move {
        Err(failure(FailureKind::InvalidInput, "no", false))
    });
    *world.runner.stderr.lock().unwrap() = long("the end of the log");
    let browser = Browser::of(world).await;
    let run = run(&browser, LOUD).await;
    let page = browser.get(&format!("/runs/{run}?step=fails")).await;
    assert!(page.html.len() < ROOM, "{}", page.html.len());
    page.says(&["Attempts", "It begins here.", "The first 16 KiB of"]);
    assert!(!page.html.contains("the end of the log"));
    let all = browser.get(&all_of(&page)).await;
    all.says(&["It begins here.", "the end of the log</pre>"]);
    let other = format!("/runs/{run}/stderr?step=fails&of=fails&attempt=9");
    assert_eq!(browser.get(&other).await.status, StatusCode::NOT_FOUND);
}
