//! A prompt's versions: chosen from a list, compared, saved, made current, deleted.

use axum::http::StatusCode;

use stepwell_engine::ListRuns;

use super::Browser;

#[tokio::test]
async fn the_versions_stand_in_a_list_with_their_marks_and_notes() {
    let browser = Browser::new().await;
    let page = browser.get("/prompts/requirement").await;
    page.says(&[
        "<select id=\"version\"",
        "v4 (current, latest)",
        "Measurable: says how each is tested",
        "v3",
        "Numbers the requirements",
        "v1",
    ]);
    let older = browser.get("/prompts/requirement?version=2").await;
    older.says(&[
        "Make v2 current",
        "version=1\" rel=\"prev\"",
        "version=3\" rel=\"next\"",
        "Asks first, writes then",
    ]);
}

#[tokio::test]
async fn an_address_that_takes_a_form_alone_leads_to_its_page() {
    let browser = Browser::new().await;
    for form in ["versions", "current", "remove", "draft"] {
        let asked = browser.get(&format!("/prompts/requirement/{form}")).await;
        assert_eq!(asked.location.as_deref(), Some("/prompts/requirement"));
    }
    let missing = browser
        .get("/prompts/Not A Name/versions".replace(' ', "%20").as_str())
        .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    let run = browser
        .world
        .engine
        .runs(&ListRuns::newest(1))
        .await
        .unwrap()[0]
        .id;
    let asked = browser.get(&format!("/runs/{run}/answers")).await;
    assert_eq!(asked.location, Some(format!("/runs/{run}")));
}

#[tokio::test]
async fn an_address_that_makes_no_sense_is_a_page_that_says_so() {
    let browser = Browser::new().await;
    let odd = browser.get("/prompts/requirement?version=abc").await;
    assert_eq!(odd.status, StatusCode::BAD_REQUEST);
    odd.says(&["<nav", "<main", "version"]);
}

#[tokio::test]
async fn two_versions_are_compared_by_line_and_word() {
    let browser = Browser::new().await;
    let page = browser
        .get("/prompts/requirement?version=3&against=2")
        .await;
    page.says(&[
        "What differs from v2",
        "<del class=\"line\">You write requirements for a software team.</del>",
        "software team<b> that will build exactly what you write</b>.</ins>",
    ]);
    // The same two can be run.
    assert_eq!(
        page.links("/comparisons/new"),
        ["/comparisons/new?prompt=requirement&baseline=2&version=3"]
    );
}

#[tokio::test]
async fn what_differs_stands_beside_each_other_where_the_address_says_so() {
    let browser = Browser::new().await;
    let page = browser
        .get("/prompts/requirement?version=3&against=2&diff=beside")
        .await;
    page.says(&[
        "<option value=\"below\">one below the other",
        "<option value=\"beside\" selected>beside each other",
        "class=\"diff paired\"",
        "<div class=\"pair\">",
        "<del class=\"line\">You write requirements for a software team.</del>",
        "software team<b> that will build exactly what you write</b>.</ins>",
        "<div class=\"same again\" aria-hidden=\"true\">",
    ]);
    // The neighbours are shown alike.
    let older = page.links("/prompts/requirement?version=2&against=2");
    assert_eq!(
        older,
        ["/prompts/requirement?version=2&against=2&diff=beside"]
    );
    // Where nothing is compared there is nothing to choose.
    let alone = browser.get("/prompts/requirement?version=3").await;
    assert!(!alone.html.contains("id=\"layout\""));
}

#[tokio::test]
async fn the_editor_says_beforehand_what_the_fifth_version_pushes_out() {
    let browser = Browser::new().await;
    let editor = browser.get("/prompts/requirement/edit?from=3").await;
    editor.says(&["It becomes v5", "It pushes out v1", "the oldest of the 4"]);
    let fields = [
        ("content", "Ask about\r\n{{ feature }}\r\n"),
        ("note", "Shorter"),
        ("from", "3"),
        ("based_on", "4"),
    ];
    let saved = browser.post("/prompts/requirement/versions", &fields).await;
    assert_eq!(
        saved.location.as_deref(),
        Some("/prompts/requirement?version=5&done=saved")
    );
    let page = browser
        .get("/prompts/requirement?version=5&done=saved")
        .await;
    page.says(&[
        "Saved as v5. It is current",
        "v5 (current, latest)",
        "Shorter",
        "Ask about\n<mark>{{ feature }}</mark>\n",
    ]);
    assert!(!page.html.contains("<option value=\"1\""));
    // Whoever saves it again is led to it.
    let fields = fields.map(|(name, value)| (name, if name == "based_on" { "5" } else { value }));
    for _ in 0..4 {
        let saved = browser.post("/prompts/requirement/versions", &fields).await;
        assert_eq!(
            saved.location.as_deref(),
            Some("/prompts/requirement?version=5&done=unchanged")
        );
    }
    let page = browser.get("/prompts/requirement?version=5").await;
    page.says(&["v5 (current, latest)"]);
    assert!(page.html.contains("<option value=\"2\""), "all are kept");
    // What it doesn't push out it doesn't threaten.
    let other = browser.get("/prompts/refine/edit").await;
    other.says(&["It becomes v2 and is current at once."]);
    assert!(!other.html.contains("pushes out"));
}

#[tokio::test]
async fn a_text_that_does_not_fit_its_variables_comes_back_with_the_reason() {
    let browser = Browser::new().await;
    let fields = [
        ("content", "Write about {{ feture }}"),
        ("note", "mine"),
        ("from", "4"),
        ("based_on", "4"),
    ];
    let draft = browser.post("/prompts/requirement/draft", &fields).await;
    assert_eq!(draft.status, StatusCode::OK);
    draft.says(&["feture", "<ins class=\"line\">"]);
    let refused = browser.post("/prompts/requirement/versions", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says(&[
        "feture",
        "Write about {{ feture }}</textarea>",
        "value=\"mine\"",
    ]);
}

#[tokio::test]
async fn two_editors_do_not_overwrite_each_other_unseen() {
    let browser = Browser::new().await;
    browser
        .add_version("requirement", "Theirs: {{ feature }}\n", "theirs")
        .await;
    let mut fields = [
        ("content", "Mine: {{ feature }}\n"),
        ("note", "mine"),
        ("from", "4"),
        ("based_on", "4"),
    ];
    let overtaken = browser.post("/prompts/requirement/versions", &fields).await;
    assert_eq!(overtaken.status, StatusCode::CONFLICT);
    overtaken.says(&[
        "v5 was saved while you were writing",
        "theirs",
        "<b>Theirs</b>",
        "name=\"based_on\" value=\"5\"",
        "Mine: {{ feature }}",
    ]);
    // Who saves again has seen it.
    fields[3].1 = "5";
    let saved = browser.post("/prompts/requirement/versions", &fields).await;
    assert_eq!(
        saved.location.as_deref(),
        Some("/prompts/requirement?version=6&done=saved")
    );
}

#[tokio::test]
async fn a_version_is_made_current_or_deleted() {
    let browser = Browser::new().await;
    let current = browser
        .post("/prompts/requirement/current", &[("version", "2")])
        .await;
    assert_eq!(
        current.location.as_deref(),
        Some("/prompts/requirement?version=2&done=current")
    );
    browser
        .get("/prompts/requirement")
        .await
        .says(&["v4 (latest)", "v2 (current)"]);
    let removed = browser
        .post("/prompts/requirement/remove", &[("version", "4")])
        .await;
    assert_eq!(
        removed.location.as_deref(),
        Some("/prompts/requirement?done=deleted")
    );
    let page = browser.get("/prompts/requirement").await;
    page.says(&["v3 (latest)", "v2 (current)"]);
    // Its number is not used again.
    browser
        .get("/prompts/requirement/edit")
        .await
        .says(&["It becomes v5"]);
    let refused = browser
        .post("/prompts/requirement/remove", &[("version", "2")])
        .await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn scores_and_costs_of_the_versions_stand_beside_each_other() {
    let browser = Browser::new().await;
    let before = browser.get("/prompts/requirement/history").await;
    before.says(&["nothing says how well they do", "<th scope=\"row\"", "v4"]);
    assert!(!before.html.contains("Cases passed"));
    let compared = super::compared::compare(&browser.world).await;
    let page = browser.get("/prompts/requirement").await;
    assert_eq!(
        page.links("/prompts/requirement/history"),
        ["/prompts/requirement/history"]
    );
    let page = browser.get("/prompts/requirement/history").await;
    page.says(&[
        "Cases passed",
        "All calls",
        "v4",
        "current",
        " of 6",
        "role=\"img\"",
        "v3",
        " of 6",
        "v1",
        "only a comparison holds one against another",
    ]);
    let links = page.links(&format!("/comparisons/{compared}"));
    assert_eq!(links.len(), 3, "of three versions");
    let unknown = browser.get("/prompts/nothing/history").await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
}
