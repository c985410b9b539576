//! A model's answer, taken apart by everything that the built-in steps take answers apart with.

#![no_main]

use std::collections::BTreeSet;

use libfuzzer_sys::fuzz_target;
use stepwell_sdk::answer;

fuzz_target!(|text: &str| {
    let _ = answer::json(text);
    let _ = answer::json_of::<Vec<String>>(text);
    let _ = answer::summary(text);
    let _ = answer::without_blocks(text);
    let _ = answer::questions(text, &mut BTreeSet::new());
    if let Some(diagram) = answer::diagram(text) {
        let _ = answer::check_diagram(&diagram, &["new", "changed"]);
    }
    let outline = answer::Outline::new()
        .group("1", "Overview")
        .section("1.1", "Background", &["Context"])
        .optional("1.2", "User persona", &[]);
    if let Ok(report) = outline.read(text) {
        let _ = report.render();
    }
    for block in answer::blocks(text) {
        let _ = answer::fenced(&block.info, &block.content);
    }
    let _ = answer::marked_summary(text);
    let _ = answer::marked_changes(text);
    if let Ok(changes) = answer::changes(text) {
        for change in changes {
            let answer::Content::Edits(edits) = change.content else {
                continue;
            };
            // The answer stands for the file: some of its lines are what it looks for.
            let _ = answer::apply(text, &edits);
            // And here every edit has a place.
            let there: String = edits.iter().map(|edit| format!("{}\n", edit.old)).collect();
            let _ = answer::apply(&there, &edits);
        }
    }
    if let Ok(files) = answer::files(text) {
        // What is written out reads back as the same files.
        let written: String = files
            .iter()
            .map(|file| answer::render_file(&file.path, &file.content))
            .collect();
        let read = answer::files(&written).unwrap();
        assert_eq!(files.len(), read.len());
    }
});
