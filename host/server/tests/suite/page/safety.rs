//! What others wrote is shown as text, wherever it stands.

use super::{Browser, seed};
use crate::common::step;

#[tokio::test]
async fn scripts_in_prompts_answers_documents_and_notes_are_text() {
    let mut world = seed::world().await;
    let mut hostile = step("hostile");
    hostile.0.summary = seed::HOSTILE.into();
    world.step(hostile, async |_, _| Ok(Vec::new()));
    let browser = Browser::of(world).await;
    let template = format!("{} hostile {{{{ feature }}}}", seed::HOSTILE);
    browser
        .add_version("requirement", &template, seed::HOSTILE)
        .await;
    let fields = [
        ("definition", "coding.toml"),
        ("input.feature", seed::HOSTILE),
    ];
    let run = browser.post("/runs", &fields).await.leads_to();
    browser.get(&format!("/api{run}/outcome?wait=true")).await;
    let step = format!("{run}?step=requirement");
    let document = browser
        .get(&step)
        .await
        .links(&format!("{run}/document"))
        .remove(0);
    let call = browser.get("/calls").await.links("/calls/").remove(0);
    let pages = [
        "/runs",
        "/prompts",
        "/prompts/requirement",
        "/prompts/requirement?version=5&against=4",
        "/prompts/requirement/edit",
        "/plugins",
        &run,
        &step,
        &document,
        &call,
    ];
    let mut told = 0;
    for address in pages {
        let page = browser.get(address).await.html;
        assert!(
            !page.contains("<script>") && !page.contains("<img"),
            "{address}\n{page}"
        );
        told += page.matches("&lt;script&gt;").count();
    }
    assert!(told > 10, "the texts were not shown at all");
}
