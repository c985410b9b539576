//! A step that searches the workspace: what it finds, what is kept of it, and what it is told of a file that changed since.

use std::sync::{Arc, Mutex};

use stepwell_tests::{Project, Provider, Reply};

fn flow(settings: &str) -> String {
    format!(
        "name = \"finds\"\n[[steps]]\nid = \"finds\"\nuses = \"plugins/worker.wasm\"\ninputs.topic = \"notes\"\n\
         grants.workspace = \"write\"\n{settings}\n"
    )
}

#[test]
fn what_the_step_wrote_is_found_on_top_and_the_rest_as_it_was() {
    let provider = Provider::echo();
    let project = Project::of_worker(
        &provider,
        &flow("settings.search = \"needle|notes call\"\nsettings.calls = 1\nsettings.files = 1"),
    );
    project.write("a.txt", "hay\r\na needle\r\n");
    project.write("b/c.txt", "hay");
    project.write("secret.txt", "needle");
    project.write(".gitignore", "secret.txt\n");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let result = project.document("finds", "result");
    let found: Vec<&str> = result
        .lines()
        .filter(|line| line.starts_with("found"))
        .collect();
    assert_eq!(found[0], "found a.txt:2:a needle");
    assert!(
        found[1].starts_with("found a.txt:2:a needle notes/file_0.txt:"),
        "{result}"
    );
    assert!(!result.contains("secret"), "{result}");
}

#[test]
fn a_file_that_changed_since_a_search_is_the_error_changed() {
    let changed: Arc<Mutex<Option<std::path::PathBuf>>> = Arc::default();
    let path = Arc::clone(&changed);
    let provider = Provider::start(move |_, _| {
        if let Some(path) = path.lock().unwrap().as_ref() {
            std::fs::write(path, "another needle").unwrap();
        }
        Reply::Text("yes".into())
    });
    let settings = "settings.search = \"needle\"\nsettings.calls = 1\nsettings.read = \"a.txt\"";
    let project = Project::of_worker(&provider, &flow(settings));
    project.write("a.txt", "a needle");
    *changed.lock().unwrap() = Some(project.join("a.txt"));
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let result = project.document("finds", "result");
    assert!(
        result.contains("`a.txt` isn't any more what it was"),
        "{result}"
    );
    // The same search again is answered from what is remembered.
    assert_eq!(
        result.matches("found a.txt:1:a needle").count(),
        2,
        "{result}"
    );
    let _ = project.run(&["store", "check"]).exits_with(0);
}

#[test]
fn an_expression_is_refused_that_is_none() {
    let project = Project::of_worker(&Provider::echo(), &flow("settings.search = \"(\""));
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let result = project.document("finds", "result");
    assert!(result.contains("no regular expression"), "{result}");
}
