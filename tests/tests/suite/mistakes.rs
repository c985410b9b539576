//! Small mistakes at the command line: each is told as what it is, with the command that was meant.

use stepwell_tests::Project;

#[test]
fn an_editor_that_is_not_there_leaves_nothing_behind() {
    let mut project = Project::new();
    let drafts = tempfile::tempdir().unwrap();
    project.set("TMPDIR", drafts.path().to_str().unwrap());
    project.set("EDITOR", "no-such-editor");
    let _ = project
        .run(&["prompt", "add", "mine", "--text", "Do it."])
        .exits_with(0);
    let _ = project
        .run(&["prompt", "edit", "mine"])
        .exits_with(4)
        .says(&["the editor `no-such-editor` can't be started", "EDITOR"]);
    let kept = std::fs::read_dir(drafts.path()).unwrap();
    let kept: Vec<_> = kept.map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        !kept
            .iter()
            .any(|name| name.to_string_lossy().starts_with("mine-")),
        "{kept:?}"
    );
}
