use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use stepwell_contract::Obstacle;

use super::*;

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_is_created_with_its_folders_and_replaced() {
    let ground = Ground::new(&[]);
    let folder = ground.folder();
    folder.publish("src/deep/ü.py", Some(b"one")).unwrap();
    assert_eq!(fs::read(ground.at("src/deep/ü.py")).unwrap(), b"one");
    folder.publish("src/deep/ü.py", Some(b"")).unwrap();
    assert_eq!(fs::read(ground.at("src/deep/ü.py")).unwrap(), b"");
    assert_eq!(
        names(&ground.at("src/deep")),
        ["ü.py"],
        "no temporary file is left"
    );
}

#[test]
fn whoever_has_the_old_file_open_keeps_all_of_it() {
    let ground = Ground::new(&[("a", "old text")]);
    let mut open = fs::File::open(ground.at("a")).unwrap();
    ground.folder().publish("a", Some(b"new")).unwrap();
    let mut text = String::new();
    open.read_to_string(&mut text).unwrap();
    assert_eq!(
        text, "old text",
        "the file was written through instead of replaced"
    );
}

#[test]
fn a_replaced_file_hands_on_its_permissions_but_no_privilege() {
    let ground = Ground::new(&[("run.sh", ""), ("private", ""), ("read_only", "")]);
    for (path, before, after) in [
        ("run.sh", 0o4755, 0o755),
        ("private", 0o600, 0o600),
        ("read_only", 0o444, 0o444),
    ] {
        fs::set_permissions(ground.at(path), fs::Permissions::from_mode(before)).unwrap();
        ground.folder().publish(path, Some(b"new")).unwrap();
        assert_eq!(
            fs::metadata(ground.at(path)).unwrap().mode() & 0o7777,
            after,
            "{path}"
        );
        assert_eq!(fs::read(ground.at(path)).unwrap(), b"new");
    }
}

#[test]
fn folders_that_are_links_lead_inside_or_nowhere() {
    let ground = Ground::new(&[("real/a", "")]);
    ground.link("real", "inside");
    ground.link("../outside", "outside");
    ground.link(
        ground.around.path().join("outside").to_str().unwrap(),
        "absolute",
    );
    ground.link("nothing", "dangling");
    let folder = ground.folder();
    folder.publish("inside/new/b", Some(b"x")).unwrap();
    assert_eq!(fs::read(ground.at("real/new/b")).unwrap(), b"x");
    for path in ["outside/secret", "outside/new/x", "absolute/secret"] {
        for content in [Some(b"x".as_slice()), None] {
            let error = folder.publish(path, content).unwrap_err();
            assert_eq!(error.obstacle, Obstacle::InTheWay);
            assert!(
                error.to_string().contains(path) && error.reason.contains("outside"),
                "{error}"
            );
        }
    }
    let error = folder.publish("dangling/x", Some(b"x")).unwrap_err();
    assert!(
        error.reason.contains("`dangling` leads to nothing"),
        "{error}"
    );
    ground.secret_is_untouched();
}

#[test]
fn nothing_closed_is_published_not_even_through_a_link() {
    let ground = Ground::new(&[(".git/hooks/pre-commit", "kept"), ("flow.toml", "kept")]);
    ground.link(".git/hooks", "hooks");
    let folder = WorkspaceFolder::open(&ground.root, &["flow.toml".into()]).unwrap();
    for path in [
        ".git/hooks/pre-commit",
        ".GIT/config",
        "git~1",
        "deep/GIT~1./config",
        "hooks/pre-commit",
        "flow.toml",
        "sub/stepwell.toml",
        "sub/stepwell.lock",
        "../x",
        "/etc/x",
    ] {
        for content in [Some(b"x".as_slice()), None] {
            let error = folder.publish(path, content).unwrap_err();
            assert_eq!(error.obstacle, Obstacle::InTheWay, "{path}");
        }
    }
    assert_eq!(
        fs::read(ground.at(".git/hooks/pre-commit")).unwrap(),
        b"kept"
    );
    assert_eq!(fs::read(ground.at("flow.toml")).unwrap(), b"kept");
    assert_eq!(names(&ground.root), [".git", "flow.toml", "hooks"]);
}

#[test]
fn what_stands_in_the_way_stays_and_is_named() {
    let ground = Ground::new(&[("file", "kept"), ("folder/a", "kept")]);
    ground.fifo("pipe");
    let cases = [
        ("file/below", "`file` is not a folder"),
        ("file/b/c", "`file` is not a folder"),
        ("folder", "a folder"),
        ("pipe", "no regular file"),
    ];
    for (path, reason) in cases {
        let error = ground.folder().publish(path, Some(b"x")).unwrap_err();
        assert_eq!(
            (error.path.as_str(), error.obstacle),
            (path, Obstacle::InTheWay)
        );
        assert!(error.reason.contains(reason), "{error}");
    }
    assert_eq!(names(&ground.root), ["file", "folder", "pipe"]);
    assert_eq!(fs::read(ground.at("file")).unwrap(), b"kept");
    assert_eq!(fs::read(ground.at("folder/a")).unwrap(), b"kept");
}

#[test]
fn removal_takes_the_folders_that_are_empty_then_and_no_others() {
    let ground = Ground::new(&[("a/b/c/x", ""), ("a/y", ""), ("top", "")]);
    let folder = ground.folder();
    folder.publish("a/b/c/x", None).unwrap();
    assert_eq!(names(&ground.at("a")), ["y"]);
    folder.publish("a/y", None).unwrap();
    folder.publish("top", None).unwrap();
    assert_eq!(names(&ground.root), [""; 0], "and the root stays");
}

#[test]
fn removal_is_done_when_nothing_is_there() {
    let ground = Ground::new(&[("file", ""), ("folder/a", "")]);
    fs::create_dir_all(ground.at("left/over")).unwrap();
    let folder = ground.folder();
    for path in [
        "nothing",
        "no/such/folder",
        "file/below",
        "folder",
        "left/over/x",
    ] {
        folder.publish(path, None).unwrap();
    }
    assert_eq!(
        names(&ground.root),
        ["file", "folder"],
        "a removal that was cut off is finished"
    );
    assert_eq!(names(&ground.at("folder")), ["a"]);
}

#[test]
fn what_a_killed_process_left_goes_and_what_a_living_one_writes_stays() {
    let ground = Ground::new(&[
        ("sub/.stepwell-tmp-dead", "half"),
        ("sub/.stepwell-tmp-alive", "half"),
        ("sub/a", ""),
    ]);
    let alive = fs::File::open(ground.at("sub/.stepwell-tmp-alive")).unwrap();
    alive.lock().unwrap();
    let folder = ground.folder();
    folder.publish("sub/b", Some(b"x")).unwrap();
    assert_eq!(names(&ground.at("sub")), [".stepwell-tmp-alive", "a", "b"]);
    drop(alive);
    // A process that another test starts in this moment has the lock until it runs its program.
    let free = || {
        fs::File::open(ground.at("sub/.stepwell-tmp-alive"))
            .is_ok_and(|file| file.try_lock().is_ok())
    };
    while !free() {
        std::thread::yield_now();
    }
    folder.publish("sub/a", None).unwrap();
    folder.publish("sub/b", None).unwrap();
    assert_eq!(
        names(&ground.root),
        [""; 0],
        "what was abandoned doesn't keep a folder"
    );
}

#[test]
fn many_at_once_in_one_folder_all_arrive() {
    let ground = Ground::new(&[]);
    let folder = ground.folder();
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let folder = &folder;
            scope.spawn(move || {
                for file in 0..10 {
                    let path = format!("deep/folder/{writer}-{file}");
                    folder.publish(&path, Some(path.as_bytes())).unwrap();
                    folder
                        .publish("deep/folder/shared", Some(path.as_bytes()))
                        .unwrap();
                }
            });
        }
    });
    assert_eq!(names(&ground.at("deep/folder")).len(), 41);
    for writer in 0..4 {
        for file in 0..10 {
            let path = format!("deep/folder/{writer}-{file}");
            assert_eq!(fs::read_to_string(ground.at(&path)).unwrap(), path);
        }
    }
}
