//! What an author gives first: `plugin new` and `plugin wit`. That each project is built and run is a test from outside.

use stepwell_tests::Project;

fn paths(project: &Project) -> Vec<String> {
    project.files().into_iter().map(|(path, _)| path).collect()
}

#[test]
fn a_project_is_written_and_the_next_commands_are_told() {
    let project = Project::new();
    let begun = project.run(&["plugin", "new", "wise_step", "--lang", "python"]);
    let begun = begun.exits_with(0).says(&[
        "next:\n  cd wise_step\n",
        "venv/bin/componentize-py",
        "stepwell plugin check wise_step.wasm\n",
        "--replay workflow.cassette\n",
    ]);
    let _ = begun.shows(&[
        "wrote wise_step/src/step.py\n",
        "wrote wise_step/vendor: the SDK\n",
    ]);
    assert!(
        project
            .read("wise_step/src/step.py")
            .unwrap()
            .contains("\"wise_step\"")
    );

    let begun = project.run(&[
        "plugin",
        "new",
        "other",
        "--lang",
        "c",
        "--into",
        "deep/below",
        "--json",
    ]);
    let begun = begun.exits_with(0).json();
    assert_eq!(begun["folder"], "deep/below");
    assert_eq!(begun["language"], "c");
    assert_eq!(begun["build"], "make");
    assert_eq!(begun["component"], "other.wasm");
    assert_eq!(begun["next"][0], "cd deep/below");
    let written: Vec<String> = begun["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| format!("deep/below/{}", it.as_str().unwrap()))
        .collect();
    let below = paths(&project)
        .into_iter()
        .filter(|path| path.starts_with("deep/below/"));
    let mut written = written;
    written.sort();
    assert_eq!(written, below.collect::<Vec<_>>());
}

#[test]
fn a_project_is_written_over_nothing() {
    let project = Project::new();
    project.write("taken/mine.txt", "mine");
    let before = project.files();
    let _ = project
        .run(&["plugin", "new", "taken", "--lang", "rust"])
        .exits_with(4)
        .says(&["taken is not empty", "hint: name another folder"]);
    let _ = project
        .run(&[
            "plugin",
            "new",
            "step",
            "--lang",
            "rust",
            "--into",
            "taken/mine.txt",
        ])
        .exits_with(4)
        .says(&["taken/mine.txt is no folder"]);
    let _ = project
        .run(&["plugin", "wit", "taken"])
        .exits_with(4)
        .says(&["taken is not empty"]);
    assert_eq!(project.files(), before);
}

#[test]
fn what_cant_be_begun_is_refused_with_what_can() {
    let project = Project::new();
    for (arguments, code, said) in [
        (&["Wise-Step", "--lang", "rust"][..], 2, "Wise-Step"),
        (&["fn", "--lang", "rust"][..], 2, "choose another name"),
        (&["wise", "--lang", "cobol"][..], 2, "javascript"),
        (&["wise"][..], 2, "--lang"),
        (
            &["wise", "--lang", "c", "--published"][..],
            2,
            "there is no SDK in C",
        ),
        (
            &["wise", "--lang", "go", "--sdk", "."][..],
            2,
            "there is no SDK in Go",
        ),
        (&["vendor", "--lang", "go"][..], 2, "choose another name"),
        (
            &["wise", "--lang", "python", "--sdk", "nowhere"][..],
            4,
            "it has no pyproject.toml",
        ),
        (
            &["wise", "--lang", "python", "--sdk", "a", "--published"][..],
            2,
            "--published",
        ),
    ] {
        let arguments = [&["plugin", "new"], arguments].concat();
        let _ = project.run(&arguments).exits_with(code).says(&[said]);
    }
    assert_eq!(paths(&project), Vec::<String>::new());
}

#[test]
fn the_contract_comes_out_of_the_program() {
    let project = Project::new();
    let written = project.run(&["plugin", "wit"]).exits_with(0);
    assert_eq!(written.stdout, "wrote wit: stepwell:plugin@0.1.0\n");
    assert!(
        project
            .read("wit/step.wit")
            .unwrap()
            .contains("world step {")
    );
    let written = project
        .run(&["plugin", "wit", "again", "--json"])
        .exits_with(0)
        .json();
    assert_eq!(written["package"], "stepwell:plugin@0.1.0");
    assert_eq!(written["folder"], "again");
    assert!(
        written["files"]
            .as_array()
            .unwrap()
            .iter()
            .any(|file| file == "chat.wit")
    );
}
