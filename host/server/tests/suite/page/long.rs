//! Long texts and long lists: shown by their beginning or part by part, with all of it behind a link.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use stepwell_contract::{RunId, Text};
use stepwell_engine::{Drive, ListRuns, Selection, StartRun};
use tower::ServiceExt as _;

use super::{Browser, Shown, seed};
use crate::common::{Ask, World, source, step, text};

const MIB: usize = 1024 * 1024;

/// A document of 5 MB whose lines can be told apart.
fn long(last: &str) -> String {
    let mut document: String = (0..160_000)
        .map(|line| format!("{line} a *line* of <tea>\n"))
        .collect();
    document.push_str(&"more\n".repeat(MIB / 4));
    document.push_str(last);
    document
}

/// The run that is done, with a design of 5 MB, and the address of its document.
async fn with_a_long_document(browser: &Browser) -> (RunId, String) {
    let runs = browser
        .world
        .engine
        .runs(&ListRuns::newest(9))
        .await
        .unwrap();
    let run = runs.last().unwrap().id;
    let of_run = Selection {
        run: Some(run),
        ..Selection::default()
    };
    let documents = browser.world.engine.documents(&of_run).await.unwrap();
    let design = documents
        .iter()
        .find(|known| known.name == "design")
        .unwrap();
    let at = design.address();
    for last in ["one end\n", "another end\n"] {
        let put = browser.world.engine.put_document(&at, long(last));
        put.await.unwrap();
    }
    let step = browser
        .get(&format!("/runs/{run}?step=architecture_design"))
        .await;
    let address = step.links(&format!("/runs/{run}/document?")).remove(0);
    (run, address)
}

/// The link of a page to all of a text.
pub(super) fn all_of(page: &Shown) -> String {
    let before = page.html.split(">Show all</a>").next().unwrap();
    let link = before.rsplit("href=\"").next().unwrap();
    link.trim_end_matches('"').replace("&amp;", "&")
}

#[tokio::test]
async fn a_document_of_five_megabytes_is_a_small_page_and_all_of_it_is_one_click_away() {
    let browser = Browser::new().await;
    let (run, address) = with_a_long_document(&browser).await;
    let whole = long("another end\n");
    assert!(whole.len() > 5_000_000, "{}", whole.len());
    for page in [
        format!("/runs/{run}?step=architecture_design"),
        address.clone(),
    ] {
        let page = browser.get(&page).await;
        assert!(page.html.len() < MIB, "{}", page.html.len());
        page.says(&[
            "0 a *line* of &lt;tea&gt;",
            "The first 64 KiB of",
            "Show all",
        ]);
        assert!(!page.html.contains("another end"));
        let all = browser.get(&all_of(&page)).await;
        all.says(&[
            "0 a *line* of &lt;tea&gt;",
            "159999 a *line* of",
            "another end\n</pre>",
        ]);
        // And as a file, byte by byte.
        let file = all.links(&format!("/runs/{run}/document/text")).remove(0);
        let request = Request::get(&file).body(Body::empty()).unwrap();
        let answer = browser.router.clone().oneshot(request).await.unwrap();
        let headers = answer.headers().clone();
        let named = headers[header::CONTENT_DISPOSITION].to_str().unwrap();
        assert_eq!(
            named,
            "attachment; filename=\"design_of_architecture_design.txt\""
        );
        assert!(
            headers[header::CONTENT_TYPE]
                .to_str()
                .unwrap()
                .starts_with("text/plain")
        );
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        assert!(bytes == whole.as_bytes(), "{} bytes", bytes.len());
    }
    // Its editor has all of it, and is no part of the page else.
    let page = browser.get(&address).await;
    assert!(!page.html.contains("<textarea"));
    let editor = browser.get(&format!("{address}&correct=yes")).await;
    editor.says(&["<textarea", "another end\n</textarea>", "Save and go on"]);
}

#[tokio::test]
async fn what_differs_between_long_revisions_is_a_small_page_whose_unchanged_lines_unfold() {
    let browser = Browser::new().await;
    let (_, address) = with_a_long_document(&browser).await;
    for layout in ["", "&diff=beside"] {
        let page = browser.get(&format!("{address}&against=2{layout}")).await;
        assert!(page.html.len() < MIB, "{}", page.html.len());
        page.says(&[
            "lines the same</a>",
            "<b>one</b> end</del>",
            "<b>another</b> end</ins>",
        ]);
        // The lines that were folded, part by part.
        let mut next = page
            .links("/runs/")
            .into_iter()
            .find(|link| link.contains("from=1#"));
        let mut seen = 0;
        for _ in 0..3 {
            let part = browser
                .get(next.as_deref().unwrap().split('#').next().unwrap())
                .await;
            assert!(part.html.len() < MIB, "{}", part.html.len());
            part.says(&[&format!(">{} a *line* of &lt;tea&gt;</span>", seen)]);
            let from = |link: &String| link.split("from=").nth(1)?.split('#').next()?.parse().ok();
            let links = part.links("/runs/").into_iter();
            let mut further: Vec<(usize, String)> = links
                .filter_map(|link| Some((from(&link)?, link)))
                .collect();
            further.retain(|(line, _)| *line > seen + 1);
            let (line, link) = further.remove(0);
            (seen, next) = (line - 1, Some(link));
        }
        assert!(seen > 1_000, "{seen}");
    }
}

#[tokio::test]
async fn every_long_text_of_a_call_a_prompt_and_a_run_is_shown_whole_behind_its_link() {
    let browser = Browser::new().await;
    let feature = format!("A wish\n{}the end of the wish", "word ".repeat(60_000));
    let template = format!(
        "{{{{ feature }}}}\n{}the end of the template",
        "rule ".repeat(30_000)
    );
    browser.add_version("requirement", &template, "long").await;
    let mut request = StartRun::new(source(seed::CODING));
    request.inputs.insert("feature".into(), feature.clone());
    let run = browser.world.engine.start(request).await.unwrap();
    browser
        .world
        .engine
        .drive(run, Drive::default())
        .await
        .unwrap();
    let of_step = format!("/calls?run={run}&step=requirement");
    let call = browser.get(&of_step).await.links("/calls/").remove(0);
    for (page, end) in [
        (format!("/runs/{run}"), "the end of the wish"),
        (
            format!("/runs/{run}?step=requirement"),
            "the end of the template",
        ),
        (call, "the end of the template"),
        ("/prompts/requirement".to_owned(), "the end of the template"),
    ] {
        let shown = browser.get(&page).await;
        assert!(!shown.html.contains(end), "{page}");
        assert!(shown.html.len() < MIB, "{page}: {}", shown.html.len());
        let all = browser.get(&all_of(&shown)).await;
        assert_eq!(all.status, StatusCode::OK, "{page}");
        all.says(&[end, "</pre>"]);
    }
    for nothing in ["input?name=nothing", "files?step=nothing"] {
        let shown = browser.get(&format!("/runs/{run}/{nothing}")).await;
        assert_eq!(shown.status, StatusCode::NOT_FOUND, "{nothing}");
    }
}

const MANY: &str = r#"name = "many"

[[steps]]
id = "list"
uses = "builtin:list"

[[steps]]
id = "work"
uses = "builtin:work"
for_each = "steps.list.items"
inputs.item = "{{ item }}"
"#;

/// A run of 300 items, each of which writes two documents.
async fn many(world: &mut World) {
    let list = step("list").document("items");
    world.step(list, |_: Ask, _: Vec<Text>| async move {
        let items: Vec<u32> = (0..300).collect();
        Ok(vec![text("items", serde_json::to_string(&items).unwrap())])
    });
    let work = step("work").input("item").document("done").document("left");
    world.step(work, |_: Ask, inputs: Vec<Text>| async move {
        let item = &inputs[0].value;
        Ok(vec![
            text("done", format!("item {item}")),
            text("left", "nothing"),
        ])
    });
}

#[tokio::test]
async fn a_run_of_300_items_and_600_documents_is_shown_part_by_part() {
    let mut world = seed::world().await;
    many(&mut world).await;
    let browser = Browser::of(world).await;
    let engine = &browser.world.engine;
    let run = engine.start(StartRun::new(source(MANY))).await.unwrap();
    engine.drive(run, Drive::default()).await.unwrap();
    let page = browser.get(&format!("/runs/{run}")).await;
    assert!(page.html.len() < 64 * 1024, "{}", page.html.len());
    page.says(&[
        "300 of 300",
        "All 601 documents",
        "work <span class=\"quiet small\">600</span>",
        "All 600 of work",
    ]);
    assert!(page.links(&format!("/runs/{run}/document?")).len() < 30);
    // All of them are found, page by page.
    let mut seen = BTreeSet::new();
    let mut next = Some(format!("/runs/{run}/documents?step=work"));
    while let Some(address) = next {
        let part = browser.get(&address).await;
        let links = part.links(&format!("/runs/{run}/document?"));
        assert!(
            (1..=100).contains(&links.len()),
            "{address}: {}",
            links.len()
        );
        seen.extend(links);
        let further = part
            .html
            .split("rel=\"next\"")
            .next()
            .filter(|rest| rest.len() < part.html.len());
        next = further.map(|rest| {
            let link = rest
                .rsplit("href=\"")
                .next()
                .unwrap()
                .split('"')
                .next()
                .unwrap();
            link.replace("&amp;", "&")
        });
    }
    assert_eq!(seen.len(), 600);
    // Every item is reached from the step's page.
    let item = browser
        .get(&format!("/runs/{run}?step=work&of=work%5B250%5D"))
        .await;
    assert!(item.html.len() < 64 * 1024, "{}", item.html.len());
    assert!(item.html.matches("<option").count() < 110);
    item.says(&[
        "Of its 300",
        "of=work%5B249%5D\" rel=\"prev\"",
        "200 before",
        "work[250] · done",
        "of=work%5B251%5D\" rel=\"next\"",
        "item 250",
    ]);
}
