//! What is closed to a step, whatever it tries: everything outside the workspace, what the run itself stands on, and
//! whatever nobody granted.

use std::os::unix::fs::symlink;

use stepwell_tests::{Project, Provider};

use crate::hostile::{project, write};

/// A folder beside the project with something in it that nobody may touch, and links to it in `work`.
fn outside(project: &Project) -> tempfile::TempDir {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("precious"), "mine").unwrap();
    std::fs::create_dir_all(project.join("work/inner")).unwrap();
    let precious = outside.path().join("precious");
    symlink(outside.path(), project.join("work/link")).unwrap();
    symlink(precious, project.join("work/precious")).unwrap();
    symlink("..", project.join("work/up")).unwrap();
    outside
}

#[track_caller]
fn is_untouched(outside: &tempfile::TempDir) {
    let names = std::fs::read_dir(outside.path()).unwrap();
    let names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["precious"]);
    let text = std::fs::read_to_string(outside.path().join("precious")).unwrap();
    assert_eq!(text, "mine");
}

#[test]
fn it_reaches_outside_the_workspace() {
    let provider = Provider::echo();
    let project = project(&provider, "");
    let outside = outside(&project);
    let absolute = outside.path().join("precious").display().to_string();
    let mut attempts = Vec::new();
    for path in [
        "../x",
        "/etc/stepwell-test",
        &absolute,
        "inner/../../x",
        "",
        ".",
        "a\\u0000b",
    ] {
        attempts.extend(["writes-file", "removes-file", "reads-file"].map(|deed| (deed, path)));
    }
    for path in ["..", "/", "/etc", "inner/../.."] {
        attempts.push(("lists-files", path));
    }
    for path in ["link/precious", "precious", "up/flow.toml"] {
        attempts.push(("reads-file", path));
    }
    let steps: String = attempts
        .iter()
        .enumerate()
        .map(|(number, (deed, path))| {
            format!(
                "[[steps]]\nid = \"s{number}\"\nuses = \"plugins/hostile.wasm\"\ninputs.do = \"{deed}\"\n\
                 inputs.path = \"{path}\"\ngrants.workspace = \"write\"\n"
            )
        })
        .collect();
    project.write("flow.toml", &format!("name = \"outside\"\n{steps}"));
    let _ = project
        .run(&["run", "flow.toml", "--workspace", "work"])
        .exits_with(0);
    for (number, (deed, path)) in attempts.iter().enumerate() {
        let out = project.document(&format!("s{number}"), "out");
        assert!(out.starts_with("Err("), "{deed} `{path}`: {out}");
    }
    // What lies behind a link is not listed.
    for path in ["link", "up"] {
        let look = ["do=lists-files".to_owned(), format!("path={path}")];
        let alone = project
            .run(&[
                "step",
                "run",
                "plugins/hostile.wasm",
                "--workspace",
                "work",
                "--grant-workspace",
                "read",
                "--input",
                &look[0],
                "--input",
                &look[1],
            ])
            .exits_with(0);
        assert!(
            alone.stdout.contains("Ok(0)") || alone.stdout.contains("Err("),
            "{path}: {}",
            alone.stdout
        );
    }
    is_untouched(&outside);
    assert!(!project.join("x").exists());
}

#[test]
fn it_writes_through_a_symbolic_link() {
    for (path, link) in [
        ("link/x", "work/link"),
        ("link/precious", "work/link"),
        ("up/x", "work/up"),
    ] {
        let provider = Provider::echo();
        let lines = format!(
            "inputs.do = \"writes-file\"\ninputs.path = \"{path}\"\ngrants.workspace = \"write\""
        );
        let project = project(&provider, &lines);
        let outside = outside(&project);
        let _ = project
            .run(&["run", "flow.toml", "--workspace", "work"])
            .exits_with(0);
        let out = project.document("bad", "out");
        for said in ["Err(", path, "outside the workspace"] {
            assert!(out.contains(said), "{said}: {out}");
        }
        is_untouched(&outside);
        assert!(!project.join("x").exists());
        // With the link out of the way the file gets its place.
        std::fs::remove_file(project.join(link)).unwrap();
        let again = ["run", "flow.toml", "--workspace", "work"];
        let _ = project.run(&again).exits_with(0);
        assert_eq!(project.read(&format!("work/{path}")).unwrap(), "hostile");
        is_untouched(&outside);
    }
}

#[test]
fn it_writes_over_a_symbolic_link() {
    let provider = Provider::echo();
    let lines =
        "inputs.do = \"writes-file\"\ninputs.path = \"precious\"\ngrants.workspace = \"write\"";
    let project = project(&provider, lines);
    let outside = outside(&project);
    let ended = project.run(&["run", "flow.toml", "--workspace", "work"]);
    assert!([0, 1].contains(&ended.code), "{}", ended.stderr);
    is_untouched(&outside);
}

#[test]
fn it_writes_what_is_closed_to_every_step() {
    let provider = Provider::echo();
    let project = project(&provider, "");
    std::fs::create_dir_all(project.join(".git")).unwrap();
    project.write(".git/config", "[core]\n");
    let configuration = project.read("stepwell.toml").unwrap();
    for path in [
        ".git/config",
        ".stepwell/x",
        "stepwell.toml",
        "flow.toml",
        "plugins/hostile.wasm",
    ] {
        write(
            &project,
            &format!(
                "inputs.do = \"writes-file\"\ninputs.path = \"{path}\"\ngrants.workspace = \"write\""
            ),
        );
        let before = project.files();
        let _ = project
            .run(&["run", "flow.toml", "--until", "bad"])
            .exits_with(3);
        let out = project.document("bad", "out");
        assert!(
            out.starts_with("Err(") && out.contains(path),
            "{path}: {out}"
        );
        assert_eq!(project.files(), before);
    }
    assert_eq!(project.read("stepwell.toml").unwrap(), configuration);
    assert!(!project.join(".stepwell/x").exists());
}

#[test]
fn it_writes_without_a_grant() {
    let provider = Provider::echo();
    let project = project(
        &provider,
        "inputs.do = \"writes-file\"\ninputs.path = \"notes.txt\"",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let out = project.document("bad", "out");
    assert!(
        out.contains("Denied") && out.contains("grants.workspace = "),
        "names the line that would grant it: {out}"
    );
    assert!(project.read("notes.txt").is_none());
    // Reading only is not writing.
    write(
        &project,
        "inputs.do = \"writes-file\"\ninputs.path = \"notes.txt\"\ngrants.workspace = \"read\"",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert!(
        project
            .document("bad", "out")
            .contains("grants.workspace = ")
    );
    assert!(project.read("notes.txt").is_none());
}

#[test]
fn a_grant_that_it_does_not_ask_for() {
    let provider = Provider::echo();
    let project = project(
        &provider,
        "inputs.do = \"writes-file\"\ninputs.path = \"notes.txt\"\ngrants.workspace = \"write\"",
    );
    let _ = project
        .run(&["run", "flow.toml", "--check"])
        .exits_with(0)
        .says(&[
            "warning: plugin `hostile` doesn't ask for `grants.workspace`",
            "flow.toml:8:",
            "hint: take the line out",
        ]);
    // The operator's word counts, not the plugin's.
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.read("notes.txt").unwrap(), "hostile");
}

#[test]
fn it_looks_around() {
    let provider = Provider::echo();
    let mut project = project(&provider, "inputs.do = \"looks-around\"");
    project.set("SECRET", "of-the-environment");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(
        project.document("bad", "out").trim_end(),
        "environment 0, arguments 0, file false, written false, listed false, refused true, listening false, \
         datagrams false, typed 0"
    );
    assert!(project.read("x").is_none());
}
