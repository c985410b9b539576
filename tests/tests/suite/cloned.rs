//! A repository that somebody cloned: what it brings along leads nowhere outside of it, and is never passed over in silence.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use stepwell_tests::{Project, Provider};

const FLOW: &str = r#"
name = "cloned"
[[steps]]
id = "only"
uses = "plugins/worker.wasm"
inputs.topic = "tea"
settings.calls = 1
"#;

fn pipe(project: &Project, path: &str) {
    let made = Command::new("mkfifo").arg(project.join(path)).status();
    assert!(made.unwrap().success());
}

#[test]
fn links_in_its_store_lead_nowhere() {
    let provider = Provider::echo();
    let outside = tempfile::tempdir().unwrap();
    let (precious, letters) = (
        outside.path().join("precious"),
        outside.path().join("docs/ab"),
    );
    std::fs::create_dir_all(&letters).unwrap();
    let letter = letters.join("a.txt");
    std::fs::write(&precious, "precious").unwrap();
    std::fs::write(&letter, "letter").unwrap();
    for (name, target) in [
        ("holder", &precious),
        ("acknowledged", &precious),
        ("stepwell.redb", &precious),
        ("blobs", &outside.path().join("docs")),
        ("answers", &outside.path().join("docs")),
        ("cache", &outside.path().join("docs")),
    ] {
        let project = Project::of_worker(&provider, FLOW);
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
        let link = format!(".stepwell/{name}");
        let there = project.join(&link);
        let _ = std::fs::rename(&there, project.join("put-aside"));
        symlink(target, &there).unwrap();
        for arguments in [
            &["run", "flow.toml"][..],
            &["runs"],
            &["runs", "rm", "last"],
            &["store", "compact"],
            &["store", "check"],
            &["doctor"],
            &["serve", "--listen", "127.0.0.1:0"],
        ] {
            let finished = project.run(arguments);
            assert_ne!(finished.code, 0, "{name}: {arguments:?}");
            let said = format!("{}{}", finished.stdout, finished.stderr);
            assert!(
                said.contains(&link) && said.contains("link"),
                "{arguments:?}: {said}"
            );
        }
        let refused = project.run(&["runs"]).exits_with(5);
        assert!(refused.stderr.contains("remove"), "{}", refused.stderr);
        // Once it is away, all goes on.
        std::fs::remove_file(&there).unwrap();
        let _ = std::fs::rename(project.join("put-aside"), &there);
        let _ = project.run(&["runs"]).exits_with(0);
    }
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "precious");
    assert_eq!(std::fs::read_to_string(letter).unwrap(), "letter");
}

/// Everything below a folder, with what is in each file.
fn all_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => found.extend(all_below(&entry.path())),
            false => found.push((
                entry.path(),
                std::fs::read(entry.path()).unwrap_or_default(),
            )),
        }
    }
    found.sort();
    found
}

#[test]
fn a_store_s_folder_that_is_a_link_is_taken_by_its_name_alone() {
    let provider = Provider::echo();
    let other = Project::of_worker(&provider, FLOW);
    let _ = other.run(&["run", "flow.toml"]).exits_with(0);
    let before = all_below(&other.join(".stepwell"));
    let empty = tempfile::tempdir().unwrap();
    for target in [other.join(".stepwell"), empty.path().to_owned()] {
        let project = Project::of_worker(&provider, FLOW);
        symlink(&target, project.join(".stepwell")).unwrap();
        std::fs::create_dir(project.join("below")).unwrap();
        for arguments in [
            &["run", "flow.toml"][..],
            &["-C", "below", "run", "../flow.toml"],
            &["runs"],
            &["runs", "rm", "last"],
            &["status"],
            &["store", "compact"],
            &["store", "backup", "copy"],
            &["serve", "--listen", "127.0.0.1:0"],
            &["doctor"],
        ] {
            let finished = project.run(arguments);
            assert_ne!(finished.code, 0, "{arguments:?}");
            let said = format!("{}{}", finished.stdout, finished.stderr);
            for word in [
                ".stepwell is a link",
                target.to_str().unwrap(),
                "store = \".stepwell\"",
            ] {
                assert!(said.contains(word), "{arguments:?} `{word}`: {said}");
            }
        }
        let _ = project.run(&["runs"]).exits_with(5);
        assert_eq!(all_below(&other.join(".stepwell")), before);
        // Who made the link says so.
        let _ = project
            .run(&["run", "flow.toml", "--store", ".stepwell"])
            .exits_with(0);
        let configuration = project.read("stepwell.toml").unwrap();
        project.write(
            "stepwell.toml",
            &format!("store = \".stepwell\"\n{configuration}"),
        );
        let _ = project.run(&["run", "flow.toml"]).exits_with(0);
        let _ = project.run(&["runs"]).exits_with(0);
        assert!(target.join("stepwell.redb").is_file());
        if target.starts_with(other.path()) {
            std::fs::remove_dir_all(other.join(".stepwell")).unwrap();
            std::fs::create_dir(other.join(".stepwell")).unwrap();
            for (path, bytes) in &before {
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, bytes).unwrap();
            }
        }
    }
}

#[test]
fn where_the_store_s_file_is_missing_it_is_told_what_is_there() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    project.write(".stepwell/holder", "17\nstepwell serve\n");
    let missing = |arguments: &[&str], beside: &str| {
        let finished = project.run(arguments);
        assert_ne!(finished.code, 0, "{arguments:?}");
        let said = format!("{}{}", finished.stdout, finished.stderr);
        for word in [
            ".stepwell/stepwell.redb is missing",
            beside,
            "move",
            "hint:",
        ] {
            assert!(said.contains(word), "{arguments:?} `{word}`: {said}");
        }
        assert!(
            !said.contains("none yet") && !said.contains("no store here"),
            "{said}"
        );
    };
    let looking = [
        &["doctor"][..],
        &["store", "compact"],
        &["store", "check"],
        &["store", "salvage", "salvaged"],
        &["runs"],
        &["runs", "rm", "last"],
        &["status"],
        &["prompt", "list"],
    ];
    for arguments in looking {
        missing(arguments, "`holder`");
    }
    // What a killed process left is in nobody's way.
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let large = "much ".repeat(100_000);
    project.write("large.md", &large);
    let added = ["prompt", "add", "worker", "large.md"];
    let _ = project.run(&added).exits_with(0);
    std::fs::remove_file(project.join(".stepwell/stepwell.redb")).unwrap();
    let before = all_below(&project.join(".stepwell"));
    for arguments in looking
        .into_iter()
        .chain([&["run", "flow.toml"][..], &["serve"]])
    {
        missing(arguments, "`blobs`");
    }
    assert_eq!(all_below(&project.join(".stepwell")), before);
}

#[test]
fn what_lies_among_its_blobs_and_is_nobody_s_blob_stays() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    project.write(".stepwell/blobs/mine/note.txt", "note");
    let _ = project.run(&["store", "compact"]).exits_with(0);
    assert_eq!(
        project.read(".stepwell/blobs/mine/note.txt").unwrap(),
        "note"
    );
    // What is the store's, and of no record, is told before it goes.
    let digest = "ab".repeat(32);
    let orphan = format!(".stepwell/blobs/ab/{digest}");
    project.write(&orphan, "left behind");
    let told = project
        .run(&["store", "compact", "--dry-run"])
        .exits_with(0);
    assert!(told.stdout.contains("1 texts and files"), "{}", told.stdout);
    let told = project.run(&["store", "compact"]).exits_with(0);
    assert!(told.stdout.contains("1 texts and files"), "{}", told.stdout);
    assert!(project.read(&orphan).is_none());
}

#[test]
fn a_pipe_in_its_store_or_its_git_folder_is_not_waited_for() {
    let provider = Provider::echo();
    let project = Project::of_worker(&provider, FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    pipe(&project, ".stepwell/holder");
    for arguments in [&["run", "flow.toml"][..], &["serve"], &["doctor"]] {
        let finished = project.run(arguments);
        assert_ne!(finished.code, 0, "{arguments:?}");
        let said = format!("{}{}", finished.stdout, finished.stderr);
        assert!(said.contains(".stepwell/holder"), "{said}");
    }
    std::fs::remove_file(project.join(".stepwell/holder")).unwrap();
    let begun = Command::new("git")
        .args(["init", "--quiet"])
        .current_dir(project.path())
        .status();
    assert!(begun.unwrap().success());
    std::fs::remove_file(project.join(".git/HEAD")).unwrap();
    pipe(&project, ".git/HEAD");
    let refused = project.run(&["run", "flow.toml", "--publish", "branch"]);
    assert_ne!(refused.code, 0);
    assert!(refused.stderr.contains(".git/HEAD"), "{}", refused.stderr);
}

#[test]
fn a_configuration_that_is_no_file_is_not_taken_for_none() {
    let provider = Provider::echo();
    for kind in ["device", "pipe", "folder", "nothing"] {
        let mut project = Project::of_worker(&provider, FLOW);
        // With it alone, a model would be asked.
        project.set("OPENAI_API_KEY", "sk-test");
        project.set("OPENAI_BASE_URL", &provider.url());
        let path = project.join("stepwell.toml");
        std::fs::remove_file(&path).unwrap();
        match kind {
            "device" => symlink("/dev/zero", &path).unwrap(),
            "pipe" => pipe(&project, "stepwell.toml"),
            "folder" => std::fs::create_dir(&path).unwrap(),
            _ => symlink("nowhere", &path).unwrap(),
        }
        std::fs::create_dir(project.join("below")).unwrap();
        for arguments in [
            &["run", "flow.toml"][..],
            &["-C", "below", "run", "../flow.toml"],
            &["runs"],
            &["doctor"],
            &["serve"],
        ] {
            let finished = project.run(arguments);
            assert_ne!(finished.code, 0, "{kind}: {arguments:?}");
            let said = format!("{}{}", finished.stdout, finished.stderr);
            assert!(
                said.contains("stepwell.toml"),
                "{kind}: {arguments:?}: {said}"
            );
        }
    }
    assert!(provider.received().is_empty());
}
