//! A text that is tried: filled with what a run gave, looked at, sent once, and taken over to the editor.

use axum::http::StatusCode;

use stepwell_engine::{Drive, GivenDocument, StartRun};

use super::{Browser, Shown};
use crate::common::source;

const TEXT: &str = "Say in a line what is wanted:\r\n{{ feature }}\r\n";

/// What a page offers to try a text on.
fn first_case(page: &Shown) -> String {
    let cases = page.html.split("<select id=\"case\"").nth(1);
    let value = cases.and_then(|cases| cases.split("option value=\"").nth(1));
    value
        .and_then(|value| value.split('"').next())
        .unwrap()
        .to_owned()
}

fn fields<'f>(content: &'f str, case: &'f str) -> [(&'f str, &'f str); 5] {
    [
        ("content", content),
        ("note", "In a line"),
        ("from", "4"),
        ("based_on", "4"),
        ("case", case),
    ]
}

async fn count_of_calls(browser: &Browser) -> usize {
    let selection = stepwell_engine::Selection::default();
    browser.world.engine.calls(&selection).await.unwrap().len()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_filled_with_what_a_run_gave_before_it_is_sent() {
    let browser = Browser::new().await;
    let calls = count_of_calls(&browser).await;
    let page = browser.get("/prompts/requirement/try?from=2").await;
    page.says(&[
        "begun from v2",
        "Send it once",
        "Try it on",
        "What would be sent",
        "Fits its variables",
        "Nothing was sent",
    ]);
    let case = first_case(&page);
    assert!(case.ends_with(" requirement"), "{case}");
    // From the editor, with what was typed there.
    let typed = browser
        .post("/prompts/requirement/try", &fields(TEXT, ""))
        .await;
    typed.says(&[
        "data-newer=\"typed\"",
        "value=\"In a line\"",
        "Say in a line what is wanted:\n{{ feature }}\n</textarea>",
    ]);
    typed.says(&[
        "What would be sent",
        "requirement (the text that isn't saved)",
        "Say in a line what is wanted:\n",
    ]);
    let part = browser
        .post("/prompts/requirement/try/ahead", &fields(TEXT, &case))
        .await;
    part.says(&["id=\"checked\"", "Say in a line what is wanted:\n"]);
    for refused in ["Say {{ feture }}", "Say {% if %}"] {
        let fields = fields(refused, &case);
        let part = browser
            .post("/prompts/requirement/try/ahead", &fields)
            .await;
        part.says(&["notice bad"]);
        assert!(!part.html.contains("Nothing was sent"));
        let sent = browser.post("/prompts/requirement/try/send", &fields).await;
        assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY);
        sent.says(&["role=\"alert\"", "The text can't be sent", refused]);
    }
    let nowhere = fields(TEXT, "");
    let nowhere = browser
        .post("/prompts/requirement/try/send", &nowhere)
        .await;
    assert_eq!(nowhere.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(count_of_calls(&browser).await, calls);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_back_is_shown_and_taken_over_to_be_saved() {
    let browser = Browser::new().await;
    let case = first_case(&browser.get("/prompts/requirement/try").await);
    let calls = count_of_calls(&browser).await;
    let fields = fields(TEXT, &case);
    let sent = browser.post("/prompts/requirement/try/send", &fields).await;
    let there = sent.location.unwrap();
    assert!(
        there.starts_with("/prompts/requirement/try?from=4&trial="),
        "{there}"
    );
    let again = browser.post("/prompts/requirement/try/send", &fields).await;
    assert_eq!(again.location.as_deref(), Some(there.as_str()));
    let id = browser
        .world
        .engine
        .comparisons(None, Some(1))
        .await
        .unwrap()[0]
        .id;
    browser.world.engine.until_let_go(id).await;
    let page = browser.get(&there).await;
    page.says(&[
        "No version was added",
        "data-newer=\"kept\"",
        "{{ feature }}",
        "What came back",
        "answered and read",
        "As the step read it",
        "Raw answer",
        "Send it again",
    ]);
    assert_eq!(count_of_calls(&browser).await, calls + 1);
    let prompt = browser.get("/prompts/requirement").await;
    assert!(!prompt.html.contains("v5 "));
    // It is among the comparisons as what it is, and leads back.
    let kept = browser.get(&format!("/comparisons/{id}")).await;
    kept.says(&[
        &format!("/prompts/requirement/try?trial={id}"),
        "unsaved text",
    ]);
    assert!(!kept.html.contains("current</button>"));
    let other = browser
        .get(&format!("/prompts/refine/try?trial={id}"))
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
    // The editor saves.
    let editor = browser.post("/prompts/requirement/edit", &fields).await;
    editor.says(&[
        "data-newer=\"typed\"",
        "Say in a line what is wanted:\n",
        "value=\"In a line\"",
        "Save as new version",
        "What you changed since v4",
    ]);
    let saved = browser.post("/prompts/requirement/versions", &fields).await;
    assert_eq!(
        saved.location.as_deref(),
        Some("/prompts/requirement?version=5&done=saved")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn cases_are_found_by_words_of_their_runs() {
    let browser = Browser::new().await;
    let mut fields = fields(TEXT, "").to_vec();
    fields.push(("search", "nowhere-to-be-found"));
    let page = browser.post("/prompts/requirement/try", &fields).await;
    page.says(&[
        "No run that fits has used this prompt.",
        "What you give by hand",
    ]);
    // Each item of a step is a case.
    let items = browser.get("/prompts/code/try").await;
    items.says(&["implementation/code[0]", "implementation/code[1]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_tried_on_what_is_given_by_hand() {
    let browser = Browser::new().await;
    let by_hand = "plugin builtin:requirement";
    let page = browser.get("/prompts/requirement/try").await;
    let option = format!("<option value=\"{by_hand}\">");
    page.says(&[
        "What you give by hand",
        &option,
        "Inputs by hand",
        "name=\"input.feature\"",
    ]);
    let calls = count_of_calls(&browser).await;
    let mut typed = fields(TEXT, by_hand).to_vec();
    typed.push(("input.feature", "A list of\r\nteas"));
    let part = browser.post("/prompts/requirement/try/ahead", &typed).await;
    part.says(&[
        "Say in a line what is wanted:\nA list of\nteas\n",
        "Nothing was sent",
    ]);
    assert_eq!(count_of_calls(&browser).await, calls);
    let sent = browser.post("/prompts/requirement/try/send", &typed).await;
    let there = sent.location.unwrap();
    let comparisons = browser.world.engine.comparisons(None, Some(1));
    let id = comparisons.await.unwrap()[0].id;
    browser.world.engine.until_let_go(id).await;
    // What was given is there again, to be changed.
    let page = browser.get(&there).await;
    let chosen = format!("<option value=\"{by_hand}\" selected>");
    page.says(&[
        &chosen,
        "A list of\nteas</textarea>",
        "What came back",
        "Send it again",
    ]);
    assert_eq!(count_of_calls(&browser).await, calls + 1);

    // Over what a run gave, and as a case of a case file.
    let of_run = first_case(&browser.get("/prompts/requirement/try").await);
    let cases = "[[cases]]\nid = \"one\"\ninputs.feature = \"Coffee\"\n[[cases]]\nid = \"two\"\ninputs.feature = \"Cocoa\"\n";
    for (case, name, value, which, said) in [
        (
            &*of_run,
            "input.feature",
            "Milk",
            "",
            "what is wanted:\nMilk\n",
        ),
        (by_hand, "cases", cases, "two", "what is wanted:\nCocoa\n"),
        (&*of_run, "cases", cases, "one", "what is wanted:\nCoffee\n"),
        (by_hand, "cases", cases, "", "several cases"),
        (
            by_hand,
            "cases",
            cases,
            "three",
            "no case <code>three</code>",
        ),
        (
            by_hand,
            "cases",
            "[[case]]",
            "",
            "the cases have 2 problems",
        ),
        (by_hand, "input.feature", "", "", "feature"),
    ] {
        let fields = [&fields(TEXT, case)[..], &[(name, value), ("which", which)]].concat();
        let part = browser
            .post("/prompts/requirement/try/ahead", &fields)
            .await;
        let lower = part.html.to_lowercase();
        assert!(
            lower.contains(&said.to_lowercase()),
            "{said}: {}",
            part.html
        );
    }
    assert_eq!(count_of_calls(&browser).await, calls + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_left_out_is_nothing_to_try_a_text_on() {
    let browser = Browser::new().await;
    let mut request = StartRun::new(source(super::seed::CODING));
    request
        .inputs
        .insert("feature".into(), "Given by hand.".into());
    request.documents.push(GivenDocument {
        step: "requirement".parse().unwrap(),
        name: "requirement".into(),
        text: "# Given\n".into(),
    });
    let engine = &browser.world.engine;
    let run = engine.start(request).await.unwrap();
    engine.drive(run, Drive::default()).await.unwrap();
    // The newest run has used the prompts of the other steps.
    let case = first_case(&browser.get("/prompts/architecture_design/try").await);
    assert!(case.starts_with(&run.to_string()), "{case}");
    let page = browser.get("/prompts/requirement/try").await;
    let case = first_case(&page);
    assert!(!case.starts_with(&run.to_string()), "{case}");
    assert!(!page.html.contains("has not begun"), "{}", page.main());
    let compare = browser.get("/comparisons/new?prompt=requirement").await;
    let offered = compare.links("/comparisons/new?run=");
    let offers = |id: &str| offered.iter().any(|link| link.contains(id));
    assert!(
        !offers(&run.to_string()) && offered.len() > 1,
        "{offered:?}"
    );
}
