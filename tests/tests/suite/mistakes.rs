//! Small mistakes at the command line: each is told as what it is, with the command that was meant.

use rexpect::session::spawn_command;
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

#[test]
fn a_text_cannot_take_over_a_terminal_and_is_whole_in_a_pipe() {
    let project = Project::new();
    let text = "\u{1b}]0;owned\u{7}Do \u{1b}[31mit.";
    let _ = project
        .run(&["prompt", "add", "mine", "--text", text])
        .exits_with(0);
    let show = ["prompt", "show", "mine"];
    let piped = project.run(&show).exits_with(0);
    assert_eq!(piped.stdout, format!("{text}\n"));
    let mut terminal = spawn_command(project.command(&show), Some(30_000)).unwrap();
    let shown = terminal.exp_eof().unwrap();
    assert!(shown.contains("]0;ownedDo [31mit."), "{shown:?}");
}
