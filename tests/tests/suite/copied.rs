//! A project that is copied or moved, with its store: its runs go on in its own folder, and nothing of the other is touched.

use std::path::Path;
use std::process::Command;

use stepwell_tests::{Finished, Project, Provider};

const FLOW: &str = "name = \"flow\"\n[[steps]]\nid = \"first\"\nuses = \"plugins/worker.wasm\"\n\
                    inputs.topic = \"one\"\nsettings.files = 1\ngrants.workspace = \"write\"\n\
                    [[steps]]\nid = \"second\"\nuses = \"plugins/worker.wasm\"\n\
                    inputs.topic = \"{{ steps.first.items }}\"\nsettings.files = 1\ngrants.workspace = \"write\"\n";
const MADE: &str = "one/file_0.txt";

fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").arg("-r").args([from, to]).status();
    assert!(copied.unwrap().success());
}

fn run_in(folder: &Path, project: &Project, arguments: &[&str]) -> Finished {
    let mut command = project.command(arguments);
    command.current_dir(folder);
    command.output().unwrap().into()
}

/// A run that has published the files of its first step.
fn begun(provider: &Provider, workspace: &[&str]) -> Project {
    let project = Project::of_worker(provider, FLOW);
    project.write(MADE, "old\n");
    let mut arguments = vec!["run", "flow.toml", "--until", "first"];
    arguments.extend(workspace);
    let _ = project.run(&arguments).exits_with(3);
    project
}

#[test]
fn a_run_of_a_copied_project_goes_on_in_the_copy_and_leaves_the_original_alone() {
    let provider = Provider::echo();
    let project = begun(&provider, &[]);
    let other = tempfile::tempdir().unwrap();
    let folder = other.path().join("copy");
    copy(project.path(), &folder);
    let before = project.files();
    let in_copy = |arguments: &[&str]| run_in(&folder, &project, arguments);

    let shown = in_copy(&["status", "last", "--json"]).exits_with(0).json();
    let workspace = shown["workspace"].as_str().unwrap();
    assert_eq!(Path::new(workspace), folder, "{shown}");
    let _ = in_copy(&["resume", "last"]).exits_with(0);
    assert!(folder.join("[]/file_0.txt").is_file());
    let _ = in_copy(&["files", "last", "--restore", MADE]).exits_with(0);
    let restored = std::fs::read_to_string(folder.join(MADE));
    assert_eq!(restored.unwrap(), "old\n");
    assert_eq!(project.files(), before);

    // The original goes on by itself, as if there were no copy.
    let _ = project.run(&["resume", "last"]).exits_with(0);
    assert!(project.read("[]/file_0.txt").is_some());
}

#[test]
fn a_run_of_a_project_that_was_moved_goes_on_where_it_is_now() {
    let provider = Provider::echo();
    let project = begun(&provider, &[]);
    let other = tempfile::tempdir().unwrap();
    let folder = other.path().join("moved");
    std::fs::rename(project.path(), &folder).unwrap();
    std::fs::create_dir(project.path()).unwrap();
    let in_it = |arguments: &[&str]| run_in(&folder, &project, arguments);
    let _ = in_it(&["resume", "last"]).exits_with(0);
    let _ = in_it(&["files", "last", "--restore", MADE]).exits_with(0);
    let restored = std::fs::read_to_string(folder.join(MADE));
    assert_eq!(restored.unwrap(), "old\n");
    assert_eq!(project.files(), [], "nothing comes into being where it was");
}

#[test]
fn a_workspace_that_did_not_come_along_stays_that_of_the_original() {
    let provider = Provider::echo();
    let elsewhere = tempfile::tempdir().unwrap();
    let workspace = elsewhere.path().to_str().unwrap();
    let project = begun(&provider, &["--workspace", workspace]);
    let other = tempfile::tempdir().unwrap();
    let folder = other.path().join("copy");
    copy(project.path(), &folder);
    let in_copy = |arguments: &[&str]| run_in(&folder, &project, arguments);
    let original = project.path().to_str().unwrap();
    for arguments in [
        &["resume", "last"][..],
        &["files", "last", "--restore", MADE],
    ] {
        let refused = in_copy(arguments).exits_with(4);
        refused.says(&["belongs to the project", original, workspace]);
    }
    assert!(elsewhere.path().join(MADE).is_file());
    assert!(!elsewhere.path().join("[]").exists());
    let _ = project.run(&["resume", "last"]).exits_with(0);
    assert!(elsewhere.path().join("[]/file_0.txt").is_file());
}

/// A backup is no project: the store of another folder, looked at from the project's own, has its runs where they are.
#[test]
fn a_backup_of_the_store_has_its_runs_where_they_are() {
    let provider = Provider::echo();
    let project = begun(&provider, &[]);
    let _ = project.run(&["store", "backup", "kept"]).exits_with(0);
    let restored = ["--store", "kept", "files", "last", "--restore", MADE];
    let _ = project.run(&restored).exits_with(0);
    assert_eq!(project.read(MADE).unwrap(), "old\n");
}
