//! Texts and names of files with characters that turn the order of others round: a person sees that they are there.

use stepwell_tests::{Project, Provider};

const TURNED: char = '\u{202e}';
const NAMED: &str = "⟨U+202E⟩";

#[test]
fn what_turns_the_order_of_letters_is_named_wherever_a_person_reads() {
    let provider =
        Provider::start(|_, _| stepwell_tests::Reply::Text(format!("said {TURNED}txet")));
    let project = Project::of_worker(
        &provider,
        &format!(
            "name = \"turned\"\n[[steps]]\nid = \"work\"\nuses = \"plugins/worker.wasm\"\ninputs.topic = \"tea\"\n\
             settings.calls = 1\nsettings.write = \"a{TURNED}txt.py\"\ngrants.workspace = \"write\"\n"
        ),
    );
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(!run.stderr.contains(TURNED), "{}", run.stderr);
    // What is written to a file or a pipe is what it is.
    let document = project.document("work", "result");
    assert!(
        document.contains(&format!("said {TURNED}txet")),
        "{document}"
    );
    // In JSON it is escaped, which is the same value.
    let files = project.run(&["files", "--json"]).exits_with(0);
    assert!(!files.stdout.contains(TURNED), "{}", files.stdout);
    assert!(
        files
            .json()
            .to_string()
            .contains(&format!("a{TURNED}txt.py"))
    );
    let missing = project
        .run(&["run", &format!("{TURNED}lmot.flow")])
        .exits_with(4)
        .says(&[NAMED]);
    assert!(!missing.stderr.contains(TURNED));

    let prompt = format!("Work on {{{{ topic }}}} {TURNED}.");
    let add = ["prompt", "add", "worker", "--text", &prompt];
    let _ = project.run(&add).exits_with(0);
    let compare = [
        "compare", "work", "--run", "last", "--prompt", "worker", "--format", "html",
    ];
    let report = project.run(&compare).exits_with(0).stdout;
    assert!(
        !report.contains(TURNED) && report.contains(NAMED),
        "{report}"
    );

    let serving = project.serve(&[]);
    let id = serving.last_run();
    let calls = project.run(&["calls", "--json"]).exits_with(0).json();
    let call = calls[0]["id"].as_str().unwrap();
    let step = serving.get(&format!("/runs/{id}?step=work")).body;
    let (_, document) = step.split_once("/document?").unwrap();
    let document = document
        .split('"')
        .next()
        .unwrap()
        .replace("&amp;", "&")
        .replace("name=items", "name=result");
    for (page, names) in [
        (format!("/runs/{id}"), false),
        (format!("/runs/{id}?step=work"), true),
        (format!("/runs/{id}/document?{document}"), true),
        (format!("/calls/{call}"), true),
        ("/prompts/worker".to_owned(), true),
    ] {
        let shown = serving.get(&page);
        assert_eq!(shown.status, 200, "{page}");
        // A text that may be edited is sent back, so it stays as it is.
        let fields = shown.body.split("<textarea");
        let around = fields.map(|piece| piece.split("</textarea>").last().unwrap());
        let around = around.collect::<String>();
        assert!(!around.contains(TURNED), "{page}: {around}");
        assert!(
            shown.body.contains(NAMED) || !names,
            "{page}: {}",
            shown.body
        );
    }
    // And the page says so.
    let editing = serving.get("/prompts/worker/edit");
    assert!(editing.body.contains(TURNED), "{editing:?}");
    assert!(
        editing
            .body
            .contains("change the order in which it is shown")
    );
}
