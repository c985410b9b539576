//! What a new user gives first: `init` in a project of their own, and the demonstration.

use std::path::PathBuf;

use stepwell_tests::{Finished, Project};

const BOTH: [&str; 2] = ["automated_coding.toml", "stepwell.toml"];

fn names(project: &Project) -> Vec<String> {
    project.files().into_iter().map(|(name, _)| name).collect()
}

#[test]
fn init_gives_a_workflow_and_a_configuration() {
    let mut project = Project::new();
    let begun = project.run(&["init"]).exits_with(0);
    assert_eq!(
        begun.stdout,
        "wrote automated_coding.toml\nwrote stepwell.toml\n"
    );
    let begun = begun.says(&[
        "OPENAI_API_KEY",
        "`stepwell run automated_coding.toml --input feature=",
    ]);
    assert_eq!(names(&project), BOTH);
    let text = project.read("automated_coding.toml").unwrap();
    assert!(
        text.contains("uses = \"builtin:testing\"") && !text.contains("workspace = \"workspace\"")
    );
    // The development build lacks one step, and says so.
    begun.says(&[
        "`testing`",
        "`plugins/testing/build`",
        "--workflow untested_coding",
    ]);

    let _ = project
        .run(&["init", "--workflow", "untested_coding"])
        .exits_with(0);
    project.set("OPENAI_API_KEY", "sk-test");
    for workflow in ["untested_coding", "design"] {
        let _ = project
            .run(&["init", "fresh", "--workflow", workflow])
            .exits_with(0);
        let file = format!("fresh/{workflow}.toml");
        let checked = project.run(&["run", &file, "--check"]).exits_with(0);
        assert!(checked.stdout.starts_with(workflow), "{}", checked.stdout);
    }
}

#[test]
fn init_writes_over_nothing() {
    let project = Project::new();
    project.write("stepwell.toml", "[models]\n");
    let kept = project.run(&["init", "--workflow", "design"]).exits_with(0);
    assert_eq!(kept.stdout, "wrote design.toml\nkept stepwell.toml\n");
    assert_eq!(project.read("stepwell.toml").unwrap(), "[models]\n");
    project.write("design.toml", "mine");
    let refused = project.run(&["init", "--workflow", "design"]).exits_with(4);
    let _ = refused.says(&["design.toml and stepwell.toml are there already", "hint:"]);
    assert_eq!(project.read("design.toml").unwrap(), "mine");
    let _ = project
        .run(&["init", "--bare"])
        .exits_with(4)
        .says(&["stepwell.toml is there already"]);
    assert_eq!(names(&project), ["design.toml", "stepwell.toml"]);
    // What is missing is written beside what is kept.
    std::fs::remove_file(project.join("stepwell.toml")).unwrap();
    let mended = project.run(&["init", "--workflow", "design"]).exits_with(0);
    assert_eq!(mended.stdout, "kept design.toml\nwrote stepwell.toml\n");
    // What can't be a configuration is not kept for one.
    project.write("stepwell.toml", "bad = [");
    let _ = project
        .run(&["init"])
        .exits_with(4)
        .says(&["stepwell.toml"]);
    std::fs::remove_file(project.join("stepwell.toml")).unwrap();
    std::fs::create_dir(project.join("stepwell.toml")).unwrap();
    let _ = project
        .run(&["init", "--bare"])
        .exits_with(4)
        .says(&["stepwell.toml is there, and no file"]);
    let _ = project
        .run(&["init", "design.toml"])
        .exits_with(4)
        .says(&["design.toml is no folder"]);
}

#[test]
fn a_workflow_is_checked_without_a_key() {
    let project = Project::new();
    let _ = project.run(&["init", "--workflow", "design"]).exits_with(0);
    let checked = project
        .run(&["run", "design.toml", "--check"])
        .exits_with(0)
        .says(&["warning", "OPENAI_API_KEY"]);
    assert!(checked.stdout.starts_with("design can run"));
    let _ = project
        .run(&["run", "design.toml", "--input", "feature=x"])
        .exits_with(6)
        .says(&["OPENAI_API_KEY"]);
}

#[test]
fn init_takes_a_folder_and_says_what_is_above_it() {
    let project = Project::new();
    let _ = project.run(&["init", "--bare"]).exits_with(0);
    assert_eq!(names(&project), ["stepwell.toml"]);
    let below = project.run(&["init", "deep/below"]).exits_with(0);
    assert_eq!(
        below.stdout,
        "wrote deep/below/automated_coding.toml\nwrote deep/below/stepwell.toml\n"
    );
    let _ = below.says(&[
        "stepwell.toml is not looked at",
        "cd deep/below && stepwell run",
    ]);
    let _ = project
        .run(&["init", "--bare", "--workflow", "design"])
        .exits_with(2);
    let _ = project
        .run(&["init", "--workflow", "nothing"])
        .exits_with(2)
        .says(&["untested_coding"]);
}

/// The folder that a demonstration says it is in.
fn folder_of(shown: &Finished) -> PathBuf {
    let (_, rest) = shown.stderr.split_once("the demonstration, in ").unwrap();
    rest.split_once(": `stepwell run ").unwrap().0.into()
}

#[test]
fn the_demonstration_leaves_everything_as_it_was_and_does_the_same_again() {
    let mut project = Project::new();
    let temporary = tempfile::tempdir().unwrap();
    project.set("TMPDIR", temporary.path().to_str().unwrap());
    // Another project's store and configuration are none of its business.
    project.write("stepwell.toml", "nonsense");
    project.set("STEPWELL_STORE", project.join("kept").to_str().unwrap());
    let before = project.files();
    let shown: Vec<_> = (0..2)
        .map(|_| project.run(&["demo"]).exits_with(0))
        .collect();
    assert_eq!(project.files(), before);
    let folders: Vec<_> = shown.iter().map(folder_of).collect();
    assert_ne!(folders[0], folders[1]);
    for folder in &folders {
        assert!(
            folder.starts_with(temporary.path())
                && folder.join(".stepwell/stepwell.redb").is_file()
        );
    }
    let read = |name: &str| -> Vec<_> {
        folders
            .iter()
            .map(|folder| std::fs::read_to_string(folder.join(name)).unwrap())
            .collect()
    };
    for name in [
        "workspace/expenses/report.py",
        "workspace/tests/test_report.py",
        "untested_coding.toml",
    ] {
        let texts = read(name);
        assert_eq!(texts[0], texts[1], "{name}");
    }
    // It is a project of its own: its run is found in its own store.
    let inside = folders[0].to_str().unwrap();
    let status = project
        .run(&["-C", inside, "--store", ".stepwell", "status", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(status["status"], "success");
}

#[test]
fn the_demonstration_wants_a_new_folder() {
    let project = Project::new();
    let _ = project.run(&["demo", "shown"]).exits_with(0);
    let before = project.files();
    let _ = project
        .run(&["demo", "shown"])
        .exits_with(4)
        .says(&["shown is not empty", "hint:"]);
    assert_eq!(project.files(), before);
    // With the step that runs the tests, where it isn't, it says what makes it.
    let refused = project
        .run(&["demo", "all", "--workflow", "automated_coding"])
        .exits_with(4);
    let _ = refused.says(&["plugins/testing/build"]);
    assert!(
        !project.join("all").exists(),
        "nothing is written that can't be run"
    );
}

#[test]
fn doctor_says_where_the_testing_step_is() {
    let mut project = Project::new();
    project.set("XDG_DATA_HOME", project.join("data").to_str().unwrap());
    let found = |project: &Project| -> Vec<(String, bool)> {
        let findings = project.run(&["doctor", "--json"]).json();
        let all = findings.as_array().unwrap().iter();
        let testing = all.filter(|finding| {
            finding["found"]
                .as_str()
                .unwrap()
                .contains("builtin:testing")
        });
        testing
            .map(|finding| {
                (
                    finding["found"].as_str().unwrap().to_owned(),
                    finding["ok"] == true,
                )
            })
            .collect()
    };
    assert_eq!(
        found(&project),
        [("builtin:testing is not in this build".to_owned(), true)]
    );
    // What lies in its place has to be a step.
    project.write("data/stepwell/plugins/testing.wasm", "nonsense");
    let broken = found(&project);
    assert!(
        broken[0].0.contains("can't be used") && !broken[0].1,
        "{broken:?}"
    );
}
