//! Comparisons on the page: started, read, ordered, opened, rated, and the winner made current.

use axum::http::StatusCode;
use stepwell_contract::Text;
use stepwell_engine::{ComparisonOutcome, ComparisonStatus};

use super::{Browser, seed};
use crate::common::{Ask, step, text};

/// The comparison of the history.
async fn compared(browser: &Browser) -> String {
    let page = browser.get("/comparisons").await;
    let links = page.links("/comparisons/").into_iter();
    let mut links = links.filter(|link| link != "/comparisons/new");
    links.next().unwrap()
}

/// Waits until a comparison is done.
async fn finished(browser: &Browser, address: &str) {
    let outcome = browser
        .get(&format!("/api{address}/outcome?wait=true"))
        .await;
    let outcome: ComparisonOutcome = serde_json::from_str(&outcome.html).unwrap();
    assert_eq!(outcome.status, ComparisonStatus::Finished);
}

/// The ids of the cases, in the order of the matrix.
async fn cases(browser: &Browser, address: &str) -> Vec<String> {
    let page = browser.get(address).await;
    let matrix = page.html.split("class=\"cards matrix\"").nth(1).unwrap();
    let rows = matrix.split("<tr").skip(2);
    let names = rows.filter_map(|row| row.split("data-row").nth(1)?.split(['>', '<']).nth(1));
    names.map(str::to_owned).collect()
}

#[tokio::test]
async fn the_numbers_stand_beside_the_baseline_with_their_intervals() {
    let browser = Browser::compared().await;
    let comparison = compared(&browser).await;
    let page = browser.get(&comparison).await;
    page.says(&[
        "versions of requirement",
        "finished",
        "so few",
        ">v3</a>",
        "baseline",
        "0 of 6",
        "aria-label=\"0 % passed, 0 % to 39 %\"",
        ">v2</a>",
        "the same",
        ">v4</a>",
        "current",
        "5 of 6",
        "83 % (44 % to 97 %)",
        "can't tell",
    ]);
}

#[tokio::test]
async fn each_case_is_a_row_with_the_same_columns_and_the_state_is_in_the_address() {
    let browser = Browser::compared().await;
    let comparison = compared(&browser).await;
    let given = cases(&browser, &comparison).await;
    assert_eq!(
        given,
        [
            "spreadsheet",
            "refunds",
            "reminders",
            "stock",
            "search",
            "labels"
        ]
    );
    let differing = cases(&browser, &format!("{comparison}?only=differing")).await;
    assert_eq!(
        differing,
        ["spreadsheet", "reminders", "stock", "search", "labels"]
    );
    let case = browser
        .get(&format!("{comparison}?sort=worst&case=1&repeat=2"))
        .await;
    case.says(&[
        "0 of 2 passed",
        "Case refunds",
        "repeat 2",
        "The document contains",
        "Rating",
        "<h3>Document requirement</h3>",
        "<b>R-1: </b>",
        "Raw answer",
        "Filled prompt",
        "team<b> that will build exactly what you write</b>.",
    ]);
    // Where nothing is chosen, whole texts stand in every column.
    let whole = browser
        .get(&format!("{comparison}?case=1&texts=whole"))
        .await;
    assert!(!whole.html.contains("<del class=\"line\">| F1"));
}

#[tokio::test]
async fn the_answer_and_its_rating_stand_in_the_cell() {
    let browser = Browser::compared().await;
    let comparison = compared(&browser).await;
    let fields = [
        ("case", "0"),
        ("variant", "0"),
        ("repeat", "1"),
        ("score", "4"),
        ("comment", "short & right"),
    ];
    browser.post(&format!("{comparison}/rating"), &fields).await;
    let page = browser.get(&comparison).await;
    page.says(&[
        "class=\"cards matrix\"",
        "<details class=\"more answer\" open id=\"answer-0-1\">",
        "Raw answer, repeat 1",
        "to “You write requirements",
        "★ 4",
        "“short &amp; right”",
        "<details class=\"more answer\" open id=\"answer-0-0\">",
    ]);
    assert_eq!(page.html.matches("class=\"more answer\"").count(), 6 * 3);
}

#[tokio::test]
async fn what_differs_in_a_case_stands_beside_each_other_where_that_is_chosen() {
    let browser = Browser::compared().await;
    let comparison = compared(&browser).await;
    let below = browser.get(&format!("{comparison}?case=0")).await;
    assert!(!below.html.contains("diff paired"));
    let beside = browser
        .get(&format!("{comparison}?case=0&diff=beside"))
        .await;
    beside.says(&[
        "From v3 to v2",
        "<option value=\"beside\" selected>",
        "<td colspan=\"3\">",
        "v3 (baseline)",
        "diff paired",
        "<b>R-1: </b>",
    ]);
    // Links on the page keep it.
    let cases = beside.links(&format!("{comparison}?"));
    assert!(cases.iter().any(|link| link.contains("case=1")));
    for link in cases {
        assert!(link.contains("diff=beside"), "{link}");
    }
}

#[tokio::test]
async fn many_cases_are_shown_part_by_part() {
    let browser = Browser::new().await;
    let id = super::compared::compare_many(&browser.world, 45).await;
    let address = format!("/comparisons/{id}");
    let mut seen = Vec::new();
    let mut next = Some(address.clone());
    while let Some(part) = next {
        let listed = cases(&browser, &part).await;
        assert!((1..=20).contains(&listed.len()), "{part}: {listed:?}");
        seen.extend(listed);
        let page = browser.get(&part).await;
        let further = page.html.split(">Further cases</a>").next();
        let further = further.filter(|rest| rest.len() < page.html.len());
        next = further.map(|rest| {
            let link = rest.rsplit("href=\"").next().unwrap();
            link.split('#').next().unwrap().replace("&amp;", "&")
        });
    }
    let expected: Vec<String> = (0..45).map(|case| format!("case-{case}")).collect();
    assert_eq!(seen, expected);
    // A case that is opened is in the part that is shown.
    let open = browser.get(&format!("{address}?case=41")).await;
    open.says(&[
        "aria-current=\"true\">case-41</a>",
        "41 to 45 of 45 cases",
        "Case case-41",
    ]);
}

#[tokio::test]
async fn a_person_rates_a_cell_and_makes_the_winner_current() {
    let browser = Browser::compared().await;
    let comparison = compared(&browser).await;
    let fields = [
        ("case", "1"),
        ("variant", "0"),
        ("repeat", "1"),
        ("score", "2"),
        ("comment", "too <terse>"),
        ("back", "?case=1"),
    ];
    let rated = browser.post(&format!("{comparison}/rating"), &fields).await;
    let back = rated.location.unwrap();
    // Where it was done it is said, once: a keyboard goes on from there.
    assert!(back.ends_with("?case=1&done=rated#done"), "{back}");
    let page = browser.get(back.split('#').next().unwrap()).await;
    page.says(&[
        "★ 2",
        "id=\"done\"",
        "The rating is kept.",
        "value=\"2\" selected",
        "value=\"too &lt;terse&gt;\"",
    ]);
    let promoted = browser
        .post(&format!("{comparison}/promote"), &[("version", "2")])
        .await;
    let back = promoted.location.unwrap();
    browser
        .get(&back)
        .await
        .says(&["id=\"done\"", "v2 is current: the next run uses it."]);
    let prompt = browser.get("/prompts/requirement").await;
    prompt.says(&[
        "v2 (current)",
        "Made current",
        "<strong>v2</strong>",
        &comparison,
    ]);
}

#[tokio::test]
async fn a_comparison_is_started_from_a_run_or_from_cases_that_are_typed_in() {
    let browser = Browser::new().await;
    let choice = browser.get("/comparisons/new?prompt=requirement").await;
    let of_run = choice.links("/comparisons/new?run=").remove(0);
    let form = browser.get(&of_run).await;
    form.says(&[
        "Versions of requirement",
        "Baseline",
        "<option value=\"1\" selected>v1",
        "Against it",
        "<option value=\"4\" selected>v4 (current, latest)",
        "And",
        "<option value=\"3\" selected>v3",
        "Cases",
    ]);
    let fields = [
        ("definition", "coding.toml"),
        ("step", "requirement"),
        ("prompt", "requirement"),
        ("baseline", "3"),
        ("version", "4"),
        ("version", ""),
        ("version", "4"),
        ("repeats", "1"),
        (
            "cases",
            "[[cases]]\r\nid = \"mine\"\r\ninputs.feature = \"A small thing\"\r\nchecks = [{ contains = \"within 5 s\" }]\r\n",
        ),
    ];
    let started = browser.post("/comparisons", &fields).await;
    let address = started.leads_to();
    finished(&browser, &address).await;
    let page = browser.get(&format!("{address}?case=0")).await;
    page.says(&["mine", "not passed", "passed", "Case mine"]);
}

#[tokio::test]
async fn a_judge_of_the_form_looks_at_every_outcome() {
    let mut world = seed::world().await;
    let judge = step("judge")
        .input("criteria")
        .input("document")
        .document("verdict");
    world.step(judge, |_: Ask, inputs: Vec<Text>| async move {
        let reason = format!("looked for {}", inputs[0].value);
        let verdict = serde_json::json!({ "passed": true, "score": 0.9, "reason": reason });
        Ok(vec![text("verdict", verdict.to_string())])
    });
    let browser = Browser::of(world).await;
    let form = browser
        .get("/comparisons/new?definition=coding.toml&step=requirement")
        .await;
    form.says(&[
        "<option value=\"builtin:judge\">judge",
        "name=\"criteria\"",
        "name=\"promote\"",
    ]);
    assert!(
        !form.html.contains("option value=\"builtin:refine"),
        "a step without a verdict is no judge"
    );
    let fields = [
        ("definition", "coding.toml"),
        ("step", "requirement"),
        ("prompt", "requirement"),
        ("baseline", "3"),
        ("version", "4"),
        ("input.feature", "A small thing"),
        ("judge", "builtin:judge"),
        ("criteria", "brevity"),
        ("promote", "on"),
    ];
    browser.world.provider.hold();
    let started = browser.post("/comparisons", &fields).await;
    let address = started.leads_to();
    let id = address.rsplit('/').next().unwrap().parse().unwrap();
    let view = browser.world.engine.comparison(id).await.unwrap();
    assert!(view.promotes, "the better version is wished for");
    browser.world.provider.release();
    finished(&browser, &address).await;
    let page = browser.get(&format!("{address}?case=0")).await;
    page.says(&["judge approves: brevity", "looked for brevity"]);
}

#[tokio::test]
async fn a_run_to_compare_is_found_by_its_state_and_workflow_too() {
    let browser = Browser::new().await;
    let offered = async |query: &str| {
        let page = browser.get(&format!("/comparisons/new?{query}")).await;
        page.links("/comparisons/new?run=").len()
    };
    let all = offered("").await;
    assert!(all > 0);
    assert!((1..all).contains(&offered("status=success").await));
    assert_eq!(offered("status=cancelled").await, 0);
    assert_eq!(offered("workflow=no+such").await, 0);
    let one = browser.get("/comparisons/new?prompt=requirement").await;
    let of_workflow = one.links("/comparisons/new?workflow=");
    let found = browser.get(&of_workflow[0]).await;
    // The prompt that is wanted stays so.
    found.says(&[
        "name=\"prompt\" value=\"requirement\"",
        "name=\"workflow\"",
        "checked",
    ]);
    for listing in ["/runs", "/comparisons/new"] {
        let odd = browser.get(&format!("{listing}?status=bogus")).await;
        assert_eq!(odd.status, StatusCode::BAD_REQUEST);
        odd.says(&["bogus"]);
    }
}

#[tokio::test]
async fn only_steps_that_use_the_prompt_are_offered_for_it() {
    let browser = Browser::new().await;
    let offered = |page: &str| page.contains("coding.toml&amp;step=implementation");
    let of_any = browser.get("/comparisons/new").await;
    assert!(offered(&of_any.html));
    let of_one = browser.get("/comparisons/new?prompt=requirement").await;
    of_one.says(&["coding.toml&amp;step=requirement&amp;"]);
    assert!(!offered(&of_one.html));
}

#[tokio::test]
async fn cases_that_cannot_be_read_come_back_with_the_place() {
    let browser = Browser::new().await;
    let fields = [
        ("definition", "coding.toml"),
        ("step", "requirement"),
        (
            "cases",
            "[[cases]]\nid = \"mine\"\nimputs.feature = \"A\"\n",
        ),
    ];
    let refused = browser.post("/comparisons", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    refused.says(&["The cases have 1 problem", "cases:3", "imputs", "inputs"]);
    // What a form names is never read from the disk.
    let fields = [
        ("definition", "coding.toml"),
        ("step", "requirement"),
        (
            "cases",
            "[[cases]]\nid = \"mine\"\ninputs.feature = { file = \"/etc/passwd\" }\n",
        ),
    ];
    let refused = browser.post("/comparisons", &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!refused.html.contains("root:"));
}
