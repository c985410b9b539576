use std::collections::BTreeSet;

use super::*;

/// Asks for every path by `is_ignored` and by a listing, which walk the rules in different ways.
fn seen(ground: &Ground, paths: &[&str]) -> Vec<String> {
    let folder = ground.folder();
    let listed = folder
        .entries("**", &Shown::default(), &RulesBefore::new())
        .unwrap();
    let listed: BTreeSet<&str> = listed.iter().map(|entry| entry.path.as_str()).collect();
    let seen: Vec<&str> = paths
        .iter()
        .copied()
        .filter(|path| !folder.is_ignored(path, &RulesBefore::new()))
        .collect();
    for path in paths {
        assert_eq!(
            listed.contains(path),
            seen.contains(path),
            "listing and question differ on {path}"
        );
    }
    seen.into_iter().map(str::to_owned).collect()
}

#[test]
fn deeper_rules_win_over_higher_ones() {
    let files = [
        "a.log",
        "sub/a.log",
        "sub/keep.log",
        "sub/deep/keep.log",
        "sub/deep/x.txt",
        "only/here",
    ];
    let ground = Ground::new(&files.map(|path| (path, "")));
    ground.write(".gitignore", "*.log\n/here\n");
    ground.write("sub/.gitignore", "# a comment\n\n!keep.log\n/deep/*.txt\n");
    assert_eq!(
        seen(&ground, &files),
        ["sub/keep.log", "sub/deep/keep.log", "only/here"]
    );
    ground.write("sub/deep/.gitignore", "keep.log\n!x.txt\n");
    assert_eq!(
        seen(&ground, &files),
        ["sub/keep.log", "sub/deep/x.txt", "only/here"]
    );
}

#[test]
fn nothing_in_an_ignored_folder_comes_back() {
    let files = ["build/keep", "build/deep/keep", "build_not/keep"];
    let ground = Ground::new(&files.map(|path| (path, "")));
    ground.write(".gitignore", "build/\n!build/keep\n!keep\n");
    ground.write("build/.gitignore", "!*\n");
    assert_eq!(seen(&ground, &files), ["build_not/keep"]);
}

#[test]
fn rules_end_as_git_ends_them() {
    let files = ["a", "b", "ä ö", "dir/file", "file/x", "x[1]"];
    let ground = Ground::new(&files.map(|path| (path, "")));
    fs::write(
        ground.at(".gitignore"),
        b"\xef\xbb\xbfa\r\nfile/\n\xff\xfe\n\xc3\xa4 \xc3\xb6\nx\\[1\\]\n",
    )
    .unwrap();
    assert_eq!(seen(&ground, &files), ["b", "dir/file"]);
}

#[test]
fn the_repositorys_own_exclude_file_counts_least() {
    let files = ["secret", "kept"];
    let ground = Ground::new(&files.map(|path| (path, "")));
    ground.write(".git/info/exclude", "secret\nkept\n");
    ground.write(".gitignore", "!kept\n");
    assert_eq!(seen(&ground, &files), ["kept"]);
}

#[test]
fn the_rules_of_a_repository_around_the_workspace_hold_in_it() {
    let files = [
        "secret",
        "sub/anchored",
        "anchored",
        "excluded",
        "kept",
        "far",
    ];
    let ground = Ground::new(&files.map(|path| (path, "")));
    let around = ground.around.path();
    fs::write(
        around.join(".gitignore"),
        "secret\n/workspace/anchored\nkept\n",
    )
    .unwrap();
    fs::write(ground.at(".gitignore"), "!kept\n").unwrap();
    assert_eq!(
        seen(&ground, &files),
        files,
        "without a repository the folder above says nothing"
    );
    fs::create_dir_all(around.join(".git/info")).unwrap();
    fs::write(around.join(".git/info/exclude"), "excluded\n").unwrap();
    assert_eq!(seen(&ground, &files), ["sub/anchored", "kept", "far"]);
    fs::create_dir(ground.at(".git")).unwrap();
    assert_eq!(
        seen(&ground, &files),
        files,
        "the workspace is a repository of its own now"
    );
}

#[test]
fn a_workspace_in_an_ignored_folder_is_still_one() {
    let ground = Ground::new(&[("a", "")]);
    fs::create_dir(ground.around.path().join(".git")).unwrap();
    fs::write(ground.around.path().join(".gitignore"), "workspace/\n").unwrap();
    assert_eq!(seen(&ground, &["a"]), ["a"]);
}

#[test]
fn a_link_shows_nothing_that_is_ignored() {
    let ground = Ground::new(&[
        (".env", "key"),
        ("private/key", "key"),
        (".gitignore", ".env\nprivate/\n"),
    ]);
    ground.link(".env", "innocent");
    ground.link("private", "public");
    let folder = ground.folder();
    assert!(folder.is_ignored("innocent", &RulesBefore::new()));
    assert!(folder.is_ignored("public/key", &RulesBefore::new()));
    assert!(
        folder.is_ignored("../x", &RulesBefore::new()),
        "what is no path is not to be seen"
    );
    let listed = folder
        .entries("**", &Shown::default(), &RulesBefore::new())
        .unwrap();
    assert_eq!(
        listed
            .into_iter()
            .map(|entry| entry.path)
            .collect::<Vec<_>>(),
        [".gitignore"]
    );
}

#[test]
fn rules_that_cant_be_read_hide_everything_below_them() {
    let files = ["a", "sub/b"];
    let ground = Ground::new(&files.map(|path| (path, "")));
    ground.write("sub/.gitignore", &"#".repeat((1 << 20) + 1));
    assert_eq!(seen(&ground, &files), ["a"]);
}

#[test]
fn rules_are_read_anew_and_hold_for_files_that_dont_exist_yet() {
    let ground = Ground::new(&[]);
    let folder = ground.folder();
    assert!(!folder.is_ignored("new/deep/a.log", &RulesBefore::new()));
    ground.write(".gitignore", "*.log");
    assert!(folder.is_ignored("new/deep/a.log", &RulesBefore::new()));
    fs::remove_file(ground.at(".gitignore")).unwrap();
    ground.write("rules", "*.log");
    ground.link("rules", ".gitignore");
    assert!(
        !folder.is_ignored("a.log", &RulesBefore::new()),
        "as git, no rules are taken from a link"
    );
}
