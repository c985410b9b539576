//! Runs on the page: listed, started, answered, read, corrected, taken further.

use axum::http::StatusCode;
use stepwell_engine::{Drive, RunOutcome, RunStatus, StartRun};

use super::{Browser, seed};
use crate::common::{Ask, source, step, text};

/// The runs of the list, newest first.
async fn runs(browser: &Browser) -> Vec<String> {
    let page = browser.get("/runs").await;
    let links = page.links("/runs/").into_iter();
    links.filter(|link| link != "/runs/new").collect()
}

/// Waits until nobody carries the run on any more.
async fn settled(browser: &Browser, address: &str, status: RunStatus) {
    let path = address.split('?').next().unwrap();
    let outcome = browser.get(&format!("/api{path}/outcome?wait=true")).await;
    let outcome: RunOutcome = serde_json::from_str(&outcome.html).unwrap();
    assert_eq!(outcome.status, status);
}

#[tokio::test]
async fn a_run_is_started_by_the_form_of_its_inputs() {
    let browser = Browser::new().await;
    let form = browser.get("/runs/new").await;
    form.says(&[
        "From a feature request to code with tests",
        "What you want, in your own words",
        "name=\"input.feature\"",
        "may be left empty",
        "name=\"input.existing_requirement\"",
    ]);
    let empty = browser
        .post(
            "/runs",
            &[("definition", "coding.toml"), ("input.feature", "")],
        )
        .await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    empty.says(&["needs a value for <code>feature</code>"]);
    let fields = [
        ("definition", "coding.toml"),
        ("input.feature", "Sort orders by date.\r\nNewest first."),
    ];
    let started = browser.post("/runs", &fields).await;
    let address = started.location.unwrap();
    settled(&browser, &address, RunStatus::Success).await;
    let page = browser.get(&address).await;
    page.says(&["done", "Sort orders by date.\nNewest first."]);
}

#[tokio::test]
async fn a_step_shows_its_prompt_its_answer_its_documents_and_its_files() {
    let browser = Browser::new().await;
    let done = runs(&browser).await.pop().unwrap();
    let step = browser.get(&format!("{done}?step=requirement")).await;
    step.says(&[
        "/prompts/requirement?version=1&amp;run=",
        "\">requirement v1",
        "Documents",
        "| F1 | Export all orders",
        "<td>Export all orders of a month as CSV</td>",
        "Filled prompt",
        "Let customers export their orders",
        "Raw answer",
        "Answer 0",
    ]);
    let code = browser
        .get(&format!("{done}?step=implementation/code"))
        .await;
    code.says(&["3 of 3", "Of its 3", "Files", "export/csv.py"]);
    assert!(!code.html.contains("README.md</div>"));
    let third = format!("{done}?step=implementation/code&of=implementation/code%5B2%5D");
    let third = browser.get(&third).await;
    third.says(&[
        "Files",
        "README.md",
        ", and exports them as CSV</b>.</ins>",
        "<summary>⋯ 5 lines the same</summary>",
        "That is all.",
    ]);
    let beside =
        format!("{done}?step=implementation/code&of=implementation/code%5B2%5D&diff=beside");
    let beside = browser.get(&beside).await;
    beside.says(&[
        "of=implementation/code%5B1%5D&amp;diff=beside\" rel=\"prev\"",
        "name=\"of\" value=\"implementation/code[2]\"",
        "<option value=\"beside\" selected>",
        "class=\"diff paired\"",
    ]);
    let design = browser
        .get(&format!("{done}?step=architecture_design"))
        .await;
    design.says(&["@startuml", "<pre tabindex=\"0\"><code>@startuml"]);
}

#[tokio::test]
async fn a_question_is_declined_and_the_step_decides_what_comes_of_it() {
    let browser = Browser::new().await;
    let waiting = runs(&browser).await.remove(0);
    let declined = [("step", "requirement"), ("decline", "yes")];
    let answered = browser.post(&format!("{waiting}/answers"), &declined).await;
    assert_eq!(answered.status, StatusCode::SEE_OTHER);
    // This one goes on without an answer.
    settled(&browser, &waiting, RunStatus::Success).await;
    let twice = browser.post(&format!("{waiting}/answers"), &declined).await;
    assert!(twice.status.is_client_error());
}

#[tokio::test]
async fn what_helps_is_said_in_the_words_of_the_page() {
    let browser = Browser::new().await;
    let failed = runs(&browser).await.remove(2);
    let page = browser.get(&failed).await;
    page.says(&[
        "<a href=\"/calls\">The page “Calls”</a> shows what the model answered",
        // Where the prompt is edited, and where the answer is read again: not merely near it.
        "<a href=\"/prompts/requirement/edit\">“Edit” on the prompt",
        "?step=requirement&amp;again=yes#again\">“Read the answer again”</a>",
    ]);
    let folded = "<details class=\"more card\"><summary>Run this step again";
    let step = browser.get(&format!("{failed}?step=requirement")).await;
    step.says(&[folded]);
    let led_there = format!("{failed}?step=requirement&again=yes");
    let led_there = browser.get(&led_there).await;
    led_there.says(&[
        "id=\"again\"",
        "<details class=\"more card\" open><summary>Run this step again",
        "Read the answer again",
    ]);
    assert!(!led_there.html.contains(folded));
    assert!(!page.html.contains("<code>stepwell "));
    let unknown = browser.get("/prompts/nothing").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    unknown.says(&[
        "<a href=\"/prompts\">The page “Prompts”</a> shows the prompts",
        "href=\"/prompts\">To the prompts",
    ]);
}

#[tokio::test]
async fn a_question_is_answered_in_place() {
    let browser = Browser::new().await;
    let waiting = runs(&browser).await.remove(0);
    let page = browser.get(&waiting).await;
    page.says(&[
        "Before I write the requirement",
        "in <em>a few words</em>",
        "Read the text that these questions are about",
        "<h3>What is understood so far</h3>",
        "are <strong>exported</strong>",
        "In which time zone",
        "that of the customer",
        "refunded orders",
        "(may be left empty)",
    ]);
    // An empty answer is one where the step says so.
    let answers = [
        ("step", "requirement"),
        ("answer.time_zone", "UTC"),
        ("optional", "refunds"),
        ("answer.refunds", ""),
    ];
    let answered = browser.post(&format!("{waiting}/answers"), &answers).await;
    assert_eq!(answered.status, StatusCode::SEE_OTHER);
    settled(&browser, &waiting, RunStatus::Success).await;
    let page = browser.get(&waiting).await;
    page.says(&["done"]);
    assert!(!page.html.contains("In which time zone"));
}

#[tokio::test]
async fn a_failed_run_says_why_and_what_helps() {
    let browser = Browser::new().await;
    let failed = runs(&browser).await.remove(2);
    let page = browser.get(&failed).await;
    page.says(&[
        "Try again",
        "failed",
        "has no section <code>2.1 functional requirements</code>",
    ]);
}

#[tokio::test]
async fn a_corrected_document_makes_what_depends_on_it_anew() {
    let browser = Browser::new().await;
    let done = runs(&browser).await.remove(1);
    let page = browser
        .get(&format!("{done}?step=architecture_design"))
        .await;
    let document = page.links(&format!("{done}/document")).remove(0);
    browser
        .get(&document)
        .await
        .says(&["Correct it", "CsvExport", "Save and go on"]);
    let fields = [
        ("step", "architecture_design"),
        ("name", "design"),
        ("rounds", "1"),
        ("text", "# Another design\r\n"),
        ("go_on", "yes"),
    ];
    let saved = browser.post(&format!("{done}/document"), &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.html);
    settled(&browser, &done, RunStatus::Success).await;
    let step = browser.get(&format!("{done}?step=implementation")).await;
    step.says(&["Filled prompt", "# Another design"]);
    // Who began with the first one is told that there is another by now, and loses nothing.
    let late = [("based_on", "1"), ("text", "# A third design\r\n")];
    let late = [&fields[..3], &late].concat();
    let late = browser.post(&format!("{done}/document"), &late).await;
    assert_eq!(late.status, StatusCode::CONFLICT, "{}", late.main());
    late.says(&[
        "Revision 2 was saved while you were writing",
        "# <b>Another</b> design</del>",
        "data-newer=\"typed\"",
        "name=\"based_on\" value=\"2\"",
        "\n# A third design",
    ]);
    let page = browser.get(&format!("{document}&against=1")).await;
    page.says(&[
        "Revision",
        "a person",
        "What differs from revision 1",
        "Another design",
    ]);
}

#[tokio::test]
async fn a_step_is_run_again_with_the_version_that_is_chosen() {
    let browser = Browser::new().await;
    let done = runs(&browser).await.remove(1);
    let page = browser.get(&format!("{done}?step=requirement")).await;
    page.says(&[
        "Run this step again",
        "name=\"prompt.requirement\"",
        "v4 (current) (used last)",
    ]);
    let fields = [("step", "requirement"), ("prompt.requirement", "2")];
    let again = browser.post(&format!("{done}/again"), &fields).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    settled(&browser, &done, RunStatus::Waiting).await;
    let page = browser.get(&format!("{done}?step=requirement")).await;
    page.says(&["requirement v2", "Go on"]);
}

#[tokio::test]
async fn a_step_reads_its_answer_again_for_free() {
    let browser = Browser::new().await;
    let done = runs(&browser).await.remove(1);
    let page = browser.get(&format!("{done}?step=requirement")).await;
    page.says(&["nothing is paid", "Read the answer again"]);
    let fields = [("step", "requirement")];
    let again = browser.post(&format!("{done}/reprocess"), &fields).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    settled(&browser, &done, RunStatus::Waiting).await;
    let page = browser.get(&format!("{done}?step=requirement")).await;
    page.says(&["requirement#2", "Go on"]);
}

#[tokio::test]
async fn what_a_step_would_ask_is_looked_at_before_it_is_run_again() {
    let browser = Browser::new().await;
    let done = runs(&browser).await.pop().unwrap();
    let step = browser.get(&format!("{done}?step=requirement")).await;
    step.says(&["/ahead\"", "Look at its prompt"]);
    let ahead = format!("{done}/ahead?step=requirement&prompt.requirement=1");
    let ahead = browser.get(&ahead).await;
    ahead.says(&[
        "What requirement#2 would ask",
        "/prompts/requirement?version=1\">requirement v1",
        "Let customers export their orders",
        "Nothing was sent",
        "name=\"prompt.requirement\" value=\"1\"",
        "Run it again with this",
    ]);
}

#[tokio::test]
async fn an_item_is_run_again_by_itself() {
    let browser = Browser::new().await;
    let done = runs(&browser).await.pop().unwrap();
    let third = format!("{done}?step=implementation/code&of=implementation/code%5B2%5D");
    let third = browser.get(&third).await;
    third.says(&["name=\"item\" value=\"2\"", "Only item 2"]);
    let fields = [("step", "implementation/code"), ("item", "2")];
    let sent = browser.post(&format!("{done}/again"), &fields).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER);
    let outcome = browser.get(&format!("/api{done}/outcome?wait=true")).await;
    let outcome: RunOutcome = serde_json::from_str(&outcome.html).unwrap();
    let view = browser.world.engine.run(outcome.run).await.unwrap();
    let code = view.step("implementation/code").unwrap();
    let takes: Vec<_> = code.executions.iter().map(|it| it.take).collect();
    assert_eq!(takes, [1, 1, 2]);
}

#[tokio::test]
async fn what_nothing_depends_on_is_saved_though_the_run_cannot_go_on() {
    let browser = Browser::new().await;
    let done = runs(&browser).await.remove(1);
    let fields = [
        ("step", "testing"),
        ("name", "report"),
        ("rounds", "1"),
        ("text", "**11 passed**\r\n"),
        ("go_on", "yes"),
    ];
    let saved = browser.post(&format!("{done}/document"), &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.main());
    let there = saved.location.unwrap();
    assert!(there.ends_with("&done=saved"), "{there}");
    browser.get(&there).await.says(&[
        "id=\"done\"",
        "revision 2 counts now. Nothing in its run has to be brought up to date.",
        "11 passed",
    ]);
}

#[tokio::test]
async fn whatever_a_form_does_with_a_run_is_said_on_the_page_that_comes() {
    let browser = Browser::new().await;
    let all = runs(&browser).await;
    let (waiting, done, failed) = (&all[0], &all[1], &all[2]);
    type Fields<'a> = &'a [(&'a str, &'a str)];
    let sent: [(String, Fields<'_>, &str); 6] = [
        (
            "/runs".into(),
            &[
                ("definition", "coding.toml"),
                ("input.feature", "Sort orders."),
            ],
            "Started.",
        ),
        (
            format!("{waiting}/answers"),
            &[
                ("step", "requirement"),
                ("answer.time_zone", "UTC"),
                ("optional", "refunds"),
                ("answer.refunds", ""),
            ],
            "Your answer is taken.",
        ),
        (format!("{failed}/cancel"), &[], "Cancelled."),
        (
            format!("{done}/again"),
            &[("step", "testing")],
            "carried out again",
        ),
        (
            format!("{done}/document/remove"),
            &[("step", "testing"), ("name", "report"), ("rounds", "1")],
            "Deleted.",
        ),
        (format!("{done}/resume"), &[], "It goes on."),
    ];
    for (address, fields, said) in sent {
        let page = browser.post(&address, fields).await;
        let there = page
            .location
            .unwrap_or_else(|| panic!("{address}: {}", page.html));
        let page = browser.get(&there).await;
        page.says(&["id=\"done\" role=\"status\" tabindex=\"-1\"", said]);
        if address.ends_with("/again") {
            settled(&browser, done, RunStatus::Waiting).await;
        }
    }
}

const ROUNDS: &str = r#"name = "rounds"
[[steps]]
id = "build"
repeat = { while = "steps.build.more.verdict", is = "again", times = 1, otherwise = "go-on" }

  [[steps.steps]]
  id = "more"
  uses = "builtin:more"
"#;

#[tokio::test]
async fn a_run_that_went_on_without_another_round_is_no_plain_success() {
    let mut world = seed::world().await;
    world.step(step("more").document("verdict"), |_: Ask, _| async move {
        Ok(vec![text("verdict", "again")])
    });
    let browser = Browser::of(world).await;
    let engine = &browser.world.engine;
    let run = engine.start(StartRun::new(source(ROUNDS))).await.unwrap();
    engine.drive(run, Drive::default()).await.unwrap();
    let tag = "<span class=\"tag warn\">rounds used up</span>";
    browser.get("/runs").await.says(&["done", tag]);
    let warned = "<code>verdict</code> is still <code>again</code> after 2 rounds";
    browser
        .get(&format!("/runs/{run}"))
        .await
        .says(&[tag, "build~2", warned]);
    // Its step has no execution of its own that would say it.
    let step = browser.get(&format!("/runs/{run}?step=build")).await;
    assert_eq!(step.html.matches(warned).count(), 1, "{}", step.main());
}
