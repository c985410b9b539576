use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;

use super::*;

fn list(folder: &WorkspaceFolder, pattern: &str) -> Vec<String> {
    list_with(folder, pattern, &[])
}

fn list_with(folder: &WorkspaceFolder, pattern: &str, written: &[&str]) -> Vec<String> {
    let written: BTreeSet<String> = written.iter().map(|path| (*path).to_owned()).collect();
    folder
        .entries(pattern, &written.into(), &RulesBefore::new())
        .unwrap()
        .into_iter()
        .map(|entry| entry.path)
        .collect()
}

#[test]
fn files_are_listed_by_glob_sorted_with_their_size() {
    let ground = Ground::new(&[
        ("z.py", "12345"),
        ("src/a.py", ""),
        ("src/sub/b.py", ""),
        ("src/sub/deep/c.py", ""),
        ("src/a.txt", ""),
        ("src-b.py", ""),
        (".hidden/x.py", ""),
        ("日本/語.py", ""),
    ]);
    let folder = ground.folder();
    assert_eq!(
        list(&folder, "**/*.py"),
        [
            ".hidden/x.py",
            "src-b.py",
            "src/a.py",
            "src/sub/b.py",
            "src/sub/deep/c.py",
            "z.py",
            "日本/語.py"
        ]
    );
    assert_eq!(list(&folder, "*.py"), ["src-b.py", "z.py"]);
    assert_eq!(list(&folder, "./*.py"), ["src-b.py", "z.py"]);
    assert_eq!(list(&folder, "src/*"), ["src/a.py", "src/a.txt"]);
    assert_eq!(list(&folder, "src/*/*.py"), ["src/sub/b.py"]);
    assert_eq!(list(&folder, "src/**/c.py"), ["src/sub/deep/c.py"]);
    assert_eq!(
        list(&folder, "src/{sub/b,a}.py"),
        ["src/a.py", "src/sub/b.py"]
    );
    assert_eq!(list(&folder, "[s]rc/a.??"), ["src/a.py"]);
    assert_eq!(list(&folder, "src/sub/deep/c.py"), ["src/sub/deep/c.py"]);
    assert_eq!(list(&folder, "src"), [""; 0]);
    let sizes = folder
        .entries("z.py", &Shown::default(), &RulesBefore::new())
        .unwrap();
    assert_eq!(sizes[0].bytes, 5);
}

#[test]
fn a_listing_and_a_match_agree() {
    let paths = [
        "a.py",
        "src/a.py",
        "src/sub/b.py",
        "src/sub/deep/c.txt",
        "sub/b.py",
    ];
    let ground = Ground::new(&paths.map(|path| (path, "")));
    for pattern in [
        "**",
        "*",
        "*/*",
        "**/*.py",
        "src/**",
        "{src,sub}/*.py",
        "src/*/**",
        "**/sub/*",
        "./a.py",
    ] {
        let expected: Vec<&str> = paths
            .into_iter()
            .filter(|path| WorkspaceFolder::matches(pattern, path).unwrap())
            .collect();
        assert_eq!(list(&ground.folder(), pattern), expected, "{pattern}");
        assert!(!expected.is_empty(), "{pattern}");
    }
}

#[test]
fn closed_and_temporary_files_are_never_listed() {
    let ground = Ground::new(&[
        ("a", ""),
        (".git/config", ""),
        ("sub/.GIT/config", ""),
        (".stepwell/store.redb", ""),
        ("sub/stepwell.toml", ""),
        ("flow.toml", ""),
        (".stepwell-tmp-1", ""),
        ("sub/.stepwell-tmp-2", ""),
    ]);
    let folder = WorkspaceFolder::open(&ground.root, &["flow.toml".into()]).unwrap();
    assert_eq!(
        list_with(&folder, "**", &[".git/config", ".stepwell-tmp-1"]),
        ["a"]
    );
    assert_eq!(list(&folder, ".git/*"), [""; 0]);
}

#[test]
fn only_what_can_be_read_is_listed() {
    let ground = Ground::new(&[("real/a", "123"), (".git/config", "")]);
    ground.link("real/a", "file");
    ground.link("real", "folder");
    ground.link("../outside/secret", "out");
    ground.link("../outside", "out_folder");
    ground.link(".git/config", "closed");
    ground.link("nothing", "dangling");
    ground.link("round", "round");
    ground.link("..", "real/parent");
    ground.fifo("pipe");
    ground.write("back\\slash", "");
    ground.write("new\nline", "");
    fs::write(
        ground
            .root
            .join(std::ffi::OsStr::from_bytes(b"not-utf8-\xff")),
        "",
    )
    .unwrap();
    let folder = ground.folder();
    assert_eq!(list(&folder, "**"), ["file", "real/a"]);
    assert_eq!(
        folder
            .entries("file", &Shown::default(), &RulesBefore::new())
            .unwrap()[0]
            .bytes,
        3
    );
    assert_eq!(
        list(&folder, "folder/*"),
        [""; 0],
        "links to folders are not walked"
    );
    for path in list(&folder, "**") {
        assert!(folder.read(&path, 100).unwrap().is_some(), "{path}");
    }
}

#[test]
fn a_pattern_that_is_none_is_refused() {
    let folder = Ground::new(&[]);
    let folder = folder.folder();
    let long = "a".repeat(1001);
    let cases = [
        ("", "empty"),
        ("/etc/*", "absolute"),
        (".//etc/*", "absolute"),
        ("../*", "`..`"),
        ("a/../../*", "`..`"),
        ("a[", "not a glob"),
        ("{a", "not a glob"),
        ("a\0", "control"),
        (&long, "1000 bytes"),
    ];
    for (pattern, rule) in cases {
        let error = folder
            .entries(pattern, &Shown::default(), &RulesBefore::new())
            .unwrap_err();
        assert_eq!(error.kind, WorkspaceErrorKind::InvalidPath, "{pattern}");
        assert!(error.message.contains(rule), "{error}");
        assert!(WorkspaceFolder::matches(pattern, "a").is_err());
    }
}

#[test]
fn a_listing_has_a_bound() {
    let ground = Ground::new(&[("a", ""), ("b", ""), ("sub/c", "")]);
    let folder = ground.folder();
    assert_eq!(
        folder
            .entries_up_to("**", &Shown::default(), &RulesBefore::new(), 3)
            .unwrap()
            .len(),
        3
    );
    let error = folder
        .entries_up_to("**", &Shown::default(), &RulesBefore::new(), 2)
        .unwrap_err();
    assert_eq!(error.kind, WorkspaceErrorKind::TooLarge);
    assert!(error.message.contains("more than 2"), "{error}");
}

#[test]
fn ignored_files_are_listed_only_if_the_run_wrote_them() {
    let ground = Ground::new(&[
        (".gitignore", "build/\n*.log\n!keep.log\n"),
        ("a.log", ""),
        ("keep.log", ""),
        ("build/deep/x", ""),
        ("build/y", ""),
        ("src/a", ""),
    ]);
    let folder = ground.folder();
    assert_eq!(list(&folder, "**"), [".gitignore", "keep.log", "src/a"]);
    assert_eq!(
        list_with(&folder, "**", &["build/deep/x", "a.log", "gone/away"]),
        [".gitignore", "a.log", "build/deep/x", "keep.log", "src/a"]
    );
}
