use proptest::prelude::*;

use stepwell_contract::{FolderProblem, Remedy};

use super::*;

const MUCH: u64 = 1 << 20;

#[test]
fn a_file_is_read_and_none_is_none() {
    let ground = Ground::new(&[("src/ü.py", "text")]);
    let folder = ground.folder();
    assert_eq!(folder.read("src/ü.py", MUCH).unwrap().unwrap(), b"text");
    assert_eq!(folder.read("./src//ü.py", MUCH).unwrap().unwrap(), b"text");
    assert_eq!(folder.read("src/other.py", MUCH).unwrap(), None);
    assert_eq!(folder.read("no/such/folder", MUCH).unwrap(), None);
    assert_eq!(folder.read("src/ü.py/below", MUCH).unwrap(), None);
}

#[test]
fn a_file_is_read_up_to_the_limit_and_not_beyond() {
    let ground = Ground::new(&[("a", "12345")]);
    assert_eq!(ground.folder().read("a", 5).unwrap().unwrap(), b"12345");
    let error = ground.folder().read("a", 4).unwrap_err();
    assert_eq!(error.kind, WorkspaceErrorKind::TooLarge);
    assert!(
        error.message.contains("5 bytes") && error.message.contains("`limits.transfer` allows 4"),
        "{error}"
    );
    assert_eq!(
        ground.folder().read("a", u64::MAX).unwrap().unwrap(),
        b"12345"
    );
}

#[test]
fn links_that_stay_inside_are_followed() {
    let ground = Ground::new(&[("deep/folder/a", "text")]);
    ground.link("deep/folder/a", "file");
    ground.link("deep/folder", "folder");
    ground.link("../../folder/a", "deep/folder/up");
    let folder = ground.folder();
    for path in ["file", "folder/a", "deep/folder/up", "folder/up"] {
        assert_eq!(folder.read(path, MUCH).unwrap().unwrap(), b"text", "{path}");
    }
}

#[test]
fn no_link_leads_outside() {
    let ground = Ground::new(&[("a", "text"), ("sub/b", "text")]);
    let secret = ground.around.path().join("outside/secret");
    ground.link(secret.to_str().unwrap(), "absolute");
    ground.link("../outside/secret", "relative");
    ground.link("../outside", "folder");
    ground.link("../../workspace/../outside", "sub/winding");
    ground.link("../outside/nothing", "dangling");
    ground.link("relative", "chain");
    ground.link(ground.at("a").to_str().unwrap(), "absolute_inside");
    let folder = ground.folder();
    for path in [
        "absolute",
        "relative",
        "folder/secret",
        "sub/winding/secret",
        "dangling",
        "chain",
        "absolute_inside",
    ] {
        let error = folder.read(path, MUCH).unwrap_err();
        assert_eq!(
            error.kind,
            WorkspaceErrorKind::InvalidPath,
            "{path}: {error}"
        );
        assert!(error.message.contains(path), "{error}");
    }
}

#[test]
fn links_to_nothing_and_loops_end() {
    let ground = Ground::new(&[]);
    ground.link("nothing", "dangling");
    ground.link("two", "one");
    ground.link("one", "two");
    ground.link("self/self", "self");
    let folder = ground.folder();
    assert_eq!(folder.read("dangling", MUCH).unwrap(), None);
    for path in ["one", "one/x", "self"] {
        let error = folder.read(path, MUCH).unwrap_err();
        assert_eq!(error.kind, WorkspaceErrorKind::InvalidPath);
        assert!(error.message.contains("loop"), "{error}");
    }
}

#[test]
fn only_regular_files_are_read() {
    let ground = Ground::new(&[("folder/a", "")]);
    ground.fifo("pipe");
    ground.link("pipe", "link_to_pipe");
    let _socket = std::os::unix::net::UnixListener::bind(ground.at("socket")).unwrap();
    for path in ["folder", "pipe", "link_to_pipe", "socket"] {
        let kind = kind_of(ground.folder().read(path, MUCH));
        assert_eq!(
            kind,
            WorkspaceErrorKind::Other("not-a-file".into()),
            "{path}"
        );
    }
}

#[test]
fn what_is_the_projects_own_is_closed_at_any_depth_and_in_any_spelling() {
    let ground = Ground::new(&[]);
    let folder = ground.folder();
    for path in [
        ".git",
        ".git/config",
        ".GIT/hooks/pre-commit",
        "sub/.Git/config",
        ".git./config",
        ".git /config",
        ".g\u{200c}it/config",
        ".git::$INDEX_ALLOCATION/config",
        ".stepwell/store.redb",
        "sub/.STEPWELL/x",
        "stepwell.toml",
        "sub/Stepwell.toml",
        "stepwell.lock",
        "sub/STEPWELL.lock",
    ] {
        let error = folder.normalise(path).unwrap_err();
        assert_eq!(error.kind, WorkspaceErrorKind::Denied, "{path}");
        assert!(error.message.contains("closed to every step"), "{error}");
    }
    for path in [
        ".gitignore",
        ".github/workflows/ci.yml",
        "git",
        "my.stepwell.toml",
        ".git-x/a",
    ] {
        assert_eq!(folder.normalise(path).unwrap(), path);
    }
}

#[test]
fn the_definition_and_its_plugins_are_closed() {
    let ground = Ground::new(&[
        ("flows/a.toml", ""),
        ("real.toml", ""),
        ("plugins/x/y.wasm", ""),
    ]);
    ground.link("real.toml", "linked.toml");
    let closed = [
        PathBuf::from("./flows/a.toml"),
        ground.at("flows/../linked.toml"),
        PathBuf::from("plugins"),
        ground.around.path().join("outside/secret"),
        PathBuf::from("."),
    ];
    let folder = WorkspaceFolder::open(&ground.root, &closed).unwrap();
    for path in [
        "flows/a.toml",
        "Flows/A.TOML",
        "linked.toml",
        "real.toml",
        "plugins/x/y.wasm",
    ] {
        assert_eq!(
            kind_of(folder.normalise(path)),
            WorkspaceErrorKind::Denied,
            "{path}"
        );
    }
    assert_eq!(folder.normalise("flows/b.toml").unwrap(), "flows/b.toml");
    assert_eq!(folder.normalise("plugins.md").unwrap(), "plugins.md");
}

#[test]
fn a_workspace_that_is_named_through_a_link_closes_the_same() {
    let ground = Ground::new(&[("flow.toml", "")]);
    let other_name = ground.around.path().join("link");
    std::os::unix::fs::symlink(&ground.root, &other_name).unwrap();
    for (root, closed) in [
        (&other_name, ground.at("flow.toml")),
        (&ground.root, other_name.join("flow.toml")),
    ] {
        let folder = WorkspaceFolder::open(root, &[closed]).unwrap();
        assert_eq!(
            kind_of(folder.normalise("flow.toml")),
            WorkspaceErrorKind::Denied
        );
    }
}

#[test]
fn a_link_opens_nothing_that_is_closed() {
    let ground = Ground::new(&[(".git/config", "token"), ("flow.toml", "")]);
    ground.link(".git", "docs");
    ground.link("flow.toml", "other");
    ground.link(".git/nothing", "dangling");
    let folder = WorkspaceFolder::open(&ground.root, &["flow.toml".into()]).unwrap();
    for path in ["docs/config", "docs/nothing", "other", "dangling"] {
        assert_eq!(
            kind_of(folder.read(path, MUCH)),
            WorkspaceErrorKind::Denied,
            "{path}"
        );
    }
}

#[test]
fn a_workspace_that_cant_be_opened_says_why() {
    let ground = Ground::new(&[("file", "")]);
    let missing = WorkspaceFolder::open(&ground.at("missing"), &[]).unwrap_err();
    assert!(matches!(missing, OpenError::NotFound { .. }));
    assert!(
        missing.to_string().contains("missing")
            && matches!(
                missing.remedy(),
                Remedy::ChooseWorkspace {
                    problem: FolderProblem::Missing
                }
            )
    );
    let file = WorkspaceFolder::open(&ground.at("file"), &[]).unwrap_err();
    assert!(matches!(file, OpenError::NotADirectory { .. }), "{file}");
}

#[test]
fn what_is_closed_to_every_step_is_no_workspace() {
    let ground = Ground::new(&[
        (".git/hooks/pre-push", ""),
        (".stepwell/blobs/ab", ""),
        ("store/stepwell.redb", ""),
        ("work/file", ""),
    ]);
    ground.link(".git", "git");
    let store = [ground.at("store")];
    for closed in [".git", ".git/hooks", ".stepwell/blobs", "git", "store"] {
        let refused = WorkspaceFolder::open(&ground.at(closed), &store).unwrap_err();
        assert!(matches!(refused, OpenError::Closed { .. }), "{refused}");
    }
    for open in ["work", "."] {
        let _ = WorkspaceFolder::open(&ground.at(open), &store).unwrap();
    }
}

proptest! {
    #[test]
    fn a_normalised_path_stays_below_the_root_and_in_the_open(
        names in prop::collection::vec(
            prop_oneof![
                "\\PC{0,6}", "[a-zA-Z.:~ ]{0,3}",
                Just("..".to_owned()), Just(".".to_owned()), Just(String::new()),
                "\\.[gG][iI][tT][ .]{0,2}", "(?i)\\.stepwell", "(?i)stepwell\\.toml", "(?i)flow\\.toml",
                "\\.stepwell-tmp-[a-z]",
            ],
            0..6,
        ),
        separator in prop_oneof![4 => Just("/"), 1 => Just("\\"), 1 => Just("//")],
    ) {
        let ground = Ground::new(&[]);
        let folder = WorkspaceFolder::open(&ground.root, &["flow.toml".into()]).unwrap();
        let given = names.join(separator);
        if let Ok(path) = folder.normalise(&given) {
            prop_assert!(!path.is_empty() && !path.starts_with('/') && !path.contains('\\'));
            let components: Vec<_> = Path::new(&path).components().collect();
            prop_assert!(components.iter().all(|part| matches!(part, std::path::Component::Normal(_))));
            let lower = path.to_lowercase();
            for name in lower.split('/') {
                prop_assert!(!name.is_empty());
                let bare = name.trim_end_matches(['.', ' ']);
                prop_assert!(![".git", ".stepwell", "stepwell.toml"].contains(&bare), "{}", path);
                prop_assert!(!name.starts_with(".stepwell-tmp-"));
            }
            prop_assert!(lower != "flow.toml" && !lower.starts_with("flow.toml/"));
            prop_assert_eq!(folder.normalise(&path).unwrap(), path.clone());
            folder.publish(&path, Some(b"x")).unwrap();
            prop_assert!(fs::canonicalize(ground.at(&path)).unwrap().starts_with(fs::canonicalize(&ground.root).unwrap()));
            ground.secret_is_untouched();
        }
    }
}
