//! What a run did to files of somebody else, and how the page takes it back.

use axum::http::StatusCode;
use stepwell_contract::Text;
use stepwell_engine::{Drive, StartRun};

use super::{Browser, seed};
use crate::common::{Ask, source, step};

const WRITES: &str = r#"name = "writes"
[[steps]]
id = "writes"
uses = "builtin:writes"
grants.workspace = "write"
"#;

#[tokio::test]
async fn what_somebody_else_had_in_a_file_is_put_back_on_the_page() {
    let mut world = seed::world().await;
    let mut writes = step("writes");
    writes.0.grants.push(Text::new("workspace", "write"));
    let path = world.workspace().join("notes.txt");
    world.step(writes, move |host: Ask, _| {
        let path = path.clone();
        async move {
            host.write("notes.txt", "of the step").await?;
            // Somebody writes it at the same time.
            std::fs::write(&path, "of a person").unwrap();
            Ok(Vec::new())
        }
    });
    let browser = Browser::of(world).await;
    let engine = &browser.world.engine;
    let run = engine.start(StartRun::new(source(WRITES))).await.unwrap();
    engine.drive(run, Drive::default()).await.unwrap();
    let file = || browser.world.file("notes.txt");
    assert_eq!(file().as_deref(), Some("of the step"));

    let page = browser.get(&format!("/runs/{run}?step=writes")).await;
    page.says(&[
        "action=\"/runs/",
        "/files/restore\"",
        "somebody else's text was replaced",
        "Put it back",
    ]);
    assert!(!page.html.contains("<code>stepwell "), "{}", page.main());
    let fields = [("step", "writes"), ("path", "notes.txt")];
    let address = format!("/runs/{run}/files/restore");
    let put_back = browser.post(&address, &fields).await;
    assert_eq!(
        put_back.status,
        StatusCode::SEE_OTHER,
        "{}",
        put_back.main()
    );
    assert_eq!(file().as_deref(), Some("of a person"));
    let page = browser.get(&put_back.location.unwrap()).await;
    page.says(&["id=\"done\"", "Put back"]);
    // Asked for by itself the address leads to the run.
    let asked = browser.get(&address).await;
    assert_eq!(asked.location.unwrap(), format!("/runs/{run}"));
}
