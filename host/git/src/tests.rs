//! The room against the real `git`: the same objects, the same ids, and nothing else touched.

use std::path::{Path, PathBuf};
use std::process::Command;

use bytes::Bytes;
use jiff::Timestamp;
use stepwell_contract::CommitId;
use tempfile::TempDir;

use crate::{CommittedFile, GitError, NewCommit, Repository};

/// A repository, and what `git` makes of it without anybody's configuration.
struct Scene {
    folder: TempDir,
}

impl Scene {
    /// A repository with a commit: `a.txt`, an executable `run.sh`, a link and a folder.
    fn new() -> Self {
        let scene = Self::empty();
        scene.git(&["init", "--quiet", "--initial-branch=main"]);
        scene.write("a.txt", "one\n");
        scene.write("run.sh", "#!/bin/sh\n");
        scene.write("deep/down/b.txt", "two\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(scene.path("run.sh"), mode).unwrap();
            std::os::unix::fs::symlink("a.txt", scene.path("link")).unwrap();
        }
        scene.commit_all("first");
        scene
    }

    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        git_in(self.folder.path(), arguments)
    }

    fn commit_all(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--no-verify", "-m", message]);
    }

    fn repository(&self) -> Repository {
        Repository::of(self.folder.path()).unwrap()
    }

    /// A commit of these files on top of HEAD, on the branch `stepwell/x`.
    fn branch(&self, files: &[(&str, Option<&str>)]) -> Result<CommitId, GitError> {
        let repository = self.repository();
        let base = repository.head()?;
        let commit = repository.commit(&new(&base, &base, files))?.unwrap();
        repository.advance("stepwell/x", None, &commit)?;
        Ok(commit)
    }
}

fn git_in(folder: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .args([
            "-c",
            "user.name=Ada",
            "-c",
            "user.email=ada@example.org",
            "-c",
            "protocol.file.allow=always",
        ])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert!(done.status.success(), "git {arguments:?}: {said}");
    let text = String::from_utf8(done.stdout).unwrap();
    text.trim_end_matches('\n').to_owned()
}

fn new(base: &CommitId, parent: &CommitId, files: &[(&str, Option<&str>)]) -> NewCommit {
    let file = |(path, content): &(&str, Option<&str>)| CommittedFile {
        path: (*path).to_owned(),
        content: content.map(|text| Bytes::copy_from_slice(text.as_bytes())),
    };
    NewCommit {
        base: base.clone(),
        parent: parent.clone(),
        author: "Ada <ada@example.org>".into(),
        at: "2026-11-29T12:00:00Z".parse::<Timestamp>().unwrap(),
        message: "code: what it did\n\nMore.\n".into(),
        files: files.iter().map(file).collect(),
    }
}

#[test]
fn a_commit_is_what_git_itself_would_have_made() {
    let scene = Scene::new();
    let files = [
        ("a.txt", Some("other\n")),
        ("run.sh", Some("#!/bin/sh\nexit\n")),
        ("deep/down/b.txt", None),
        ("new/c.txt", Some("three\n")),
    ];
    let before = scene.git(&["status", "--porcelain=v2"]);
    let index = std::fs::read(scene.path(".git/index")).unwrap();
    let commit = scene.branch(&files).unwrap();
    // Neither the working tree nor its index, nor HEAD.
    assert_eq!(scene.git(&["status", "--porcelain=v2"]), before);
    assert_eq!(std::fs::read(scene.path(".git/index")).unwrap(), index);
    assert_eq!(scene.git(&["symbolic-ref", "HEAD"]), "refs/heads/main");
    scene.git(&["fsck", "--strict", "--no-dangling"]);
    // Git makes the same of the same.
    for (path, content) in files {
        match content {
            Some(text) => std::fs::write(
                {
                    let path = scene.path(path);
                    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                    path
                },
                text,
            )
            .unwrap(),
            None => std::fs::remove_file(scene.path(path)).unwrap(),
        }
    }
    scene.git(&["add", "--all"]);
    let date = "2026-11-29T12:00:00+00:00";
    let tree = scene.git(&["write-tree"]);
    let made = Command::new("git")
        .args([
            "commit-tree",
            &tree,
            "-p",
            "HEAD",
            "-m",
            "code: what it did\n\nMore.",
        ])
        .current_dir(scene.folder.path())
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.org")
        .env("GIT_AUTHOR_DATE", date)
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.org")
        .env("GIT_COMMITTER_DATE", date)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(made.stdout).unwrap().trim(),
        commit.as_str()
    );
    assert_eq!(scene.git(&["rev-parse", "stepwell/x"]), commit.as_str());
}

#[test]
fn the_same_things_make_the_same_commit_and_a_chain_goes_on() {
    let scene = Scene::new();
    let repository = scene.repository();
    let base = repository.head().unwrap();
    let first = new(&base, &base, &[("run.sh", None)]);
    let one = repository.commit(&first).unwrap().unwrap();
    assert_eq!(repository.commit(&first).unwrap(), Some(one.clone()));
    repository.advance("stepwell/x", None, &one).unwrap();
    // Done already by a process that was killed.
    repository.advance("stepwell/x", None, &one).unwrap();
    let again = new(&base, &one, &[("run.sh", Some("#!/bin/sh\n"))]);
    let two = repository.commit(&again).unwrap().unwrap();
    repository.advance("stepwell/x", Some(&one), &two).unwrap();
    // What was removed and is there again may be executed as before.
    assert_eq!(scene.git(&["diff", "main", "stepwell/x"]), "");
    assert_eq!(scene.git(&["rev-list", "--count", "main..stepwell/x"]), "2");
    let nothing = new(&base, &two, &[("a.txt", Some("one\n"))]);
    assert_eq!(repository.commit(&nothing).unwrap(), None);
}

#[test]
fn a_branch_that_somebody_else_moved_stays_where_it_is() {
    let scene = Scene::new();
    let commit = scene.branch(&[("a.txt", Some("x\n"))]).unwrap();
    let repository = scene.repository();
    let base = repository.head().unwrap();
    let next = new(&base, &commit, &[("a.txt", Some("y\n"))]);
    let next = repository.commit(&next).unwrap().unwrap();
    scene.git(&["branch", "--force", "stepwell/x", "main"]);
    let moved = repository.advance("stepwell/x", Some(&commit), &next);
    assert_eq!(
        moved,
        Err(GitError::Moved {
            branch: "stepwell/x".into(),
            expected: Some(commit.clone()),
            found: Some(base.clone()),
        })
    );
    assert_eq!(repository.position("stepwell/x").unwrap(), Some(base));
    scene.git(&["branch", "--delete", "--force", "stepwell/x"]);
    let moved = repository.advance("stepwell/x", Some(&commit), &next);
    assert!(
        matches!(moved, Err(GitError::Moved { found: None, .. })),
        "{moved:?}"
    );
    // Nor is it moved under somebody who works on it, also where git has packed it.
    scene.git(&["branch", "stepwell/x", commit.as_str()]);
    scene.git(&["pack-refs", "--all"]);
    scene.git(&["worktree", "add", "--quiet", "wt", "stepwell/x"]);
    let checked_out = repository.advance("stepwell/x", Some(&commit), &next);
    let Err(GitError::CheckedOut { worktree, .. }) = checked_out else {
        panic!("{checked_out:?}")
    };
    assert!(worktree.ends_with("wt"));
    scene.git(&["worktree", "remove", "wt"]);
    repository
        .advance("stepwell/x", Some(&commit), &next)
        .unwrap();
    assert_eq!(scene.git(&["rev-parse", "stepwell/x"]), next.as_str());
}

#[test]
fn the_lock_of_a_process_that_was_killed_is_taken_away_and_another_one_is_not() {
    let scene = Scene::new();
    let repository = scene.repository();
    let base = repository.head().unwrap();
    let commit = repository
        .commit(&new(&base, &base, &[("a.txt", Some("x\n"))]))
        .unwrap()
        .unwrap();
    let lock = ".git/refs/heads/stepwell/x.lock";
    scene.write(lock, base.as_str());
    let refused = repository.advance("stepwell/x", None, &commit);
    let Err(GitError::Failed { what, reason }) = refused else {
        panic!("{refused:?}");
    };
    assert!(what.contains("`stepwell/x` can't be moved"), "{what}");
    // A person reads it: no type of Rust stands in it.
    assert!(
        reason.contains("stepwell/x") && !reason.contains(['{', '\n']),
        "{reason}"
    );
    for left in [commit.as_str(), ""] {
        scene.write(lock, left);
        repository.advance("stepwell/x", None, &commit).unwrap();
        assert!(!scene.path(lock).exists());
        scene.git(&["update-ref", "-d", "refs/heads/stepwell/x"]);
    }
}

#[test]
fn names_are_free_or_get_a_number() {
    let scene = Scene::new();
    let repository = scene.repository();
    assert_eq!(repository.free_name("stepwell/x").unwrap(), "stepwell/x");
    scene.git(&["branch", "stepwell/x"]);
    assert_eq!(repository.free_name("stepwell/x").unwrap(), "stepwell/x-2");
    scene.git(&["branch", "--delete", "stepwell/x"]);
    scene.git(&["branch", "stepwell"]);
    let obstacle = "stepwell".to_owned();
    assert_eq!(
        repository.free_name("stepwell/x"),
        Err(GitError::InTheWay { obstacle })
    );
}

#[test]
fn what_is_no_repository_with_a_commit_and_files_is_told() {
    let scene = Scene::empty();
    let none = Repository::of(scene.folder.path()).map(drop);
    assert!(
        matches!(none, Err(GitError::NoRepository { .. })),
        "{none:?}"
    );
    scene.git(&["init", "--quiet", "--initial-branch=main"]);
    let unborn = scene.repository().head();
    assert!(
        matches!(unborn, Err(GitError::NoCommit { .. })),
        "{unborn:?}"
    );
    let scene = Scene::empty();
    scene.git(&["init", "--quiet", "--bare"]);
    let bare = Repository::of(scene.folder.path()).map(drop);
    assert!(matches!(bare, Err(GitError::Bare { .. })), "{bare:?}");
    // Of another kind of hash than this build knows.
    let scene = Scene::empty();
    scene.git(&["init", "--quiet", "--object-format=sha256"]);
    let other = Repository::of(scene.folder.path()).map(drop);
    assert!(matches!(other, Err(GitError::Failed { .. })), "{other:?}");
}

#[test]
fn a_detached_head_a_working_tree_of_its_own_and_a_subfolder_do() {
    let scene = Scene::new();
    scene.git(&["checkout", "--quiet", "--detach"]);
    scene.branch(&[("a.txt", Some("x\n"))]).unwrap();
    assert_eq!(
        scene.git(&["diff", "--name-only", "HEAD", "stepwell/x"]),
        "a.txt"
    );
    scene.git(&["worktree", "add", "--quiet", "other", "main"]);
    let repository = Repository::of(&scene.path("other/deep")).unwrap();
    let base = repository.head().unwrap();
    repository
        .hold(&base, "down/b.txt", Some(b"two\n"))
        .unwrap();
    let commit = new(&base, &base, &[("down/b.txt", Some("three\n"))]);
    let commit = repository.commit(&commit).unwrap().unwrap();
    repository.advance("stepwell/y", None, &commit).unwrap();
    let changed = scene.git(&["diff", "--name-only", "main", "stepwell/y"]);
    assert_eq!(changed, "deep/down/b.txt");
}

#[test]
fn a_path_is_held_against_the_commit() {
    let scene = Scene::new();
    let repository = scene.repository();
    let base = repository.head().unwrap();
    let hold =
        |path: &str, there: Option<&str>| repository.hold(&base, path, there.map(str::as_bytes));
    assert_eq!(hold("a.txt", Some("one\n")), Ok(()));
    assert_eq!(hold("new/new.txt", None), Ok(()));
    for (path, there) in [
        ("a.txt", Some("mine\n")),
        ("a.txt", None),
        ("mine.txt", Some("mine\n")),
    ] {
        let changed = hold(path, there);
        assert!(
            matches!(changed, Err(GitError::NotCommitted { .. })),
            "{path}: {changed:?}"
        );
    }
    let is_no_file = |held| matches!(held, Err(GitError::NoFile { .. }));
    assert!(is_no_file(hold("deep", None)) && is_no_file(hold("link", Some("one\n"))));
    let no_folder = hold("a.txt/b", None);
    assert!(
        matches!(no_folder, Err(GitError::NoFolder { .. })),
        "{no_folder:?}"
    );
    // What may be executed on the disk and not in the commit is a change, too.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(scene.path("a.txt"), mode).unwrap();
        let changed = hold("a.txt", Some("one\n"));
        assert!(
            matches!(changed, Err(GitError::NotCommitted { .. })),
            "{changed:?}"
        );
        scene.git(&["config", "core.filemode", "false"]);
        assert_eq!(
            scene.repository().hold(&base, "a.txt", Some(b"one\n")),
            Ok(())
        );
    }
}

/// What a person commits while a run goes on is told as that.
#[test]
fn what_was_committed_since_is_told_apart_from_what_is_not_committed() {
    let scene = Scene::new();
    scene.write("a.txt", "one\n");
    scene.write("b.txt", "one\n");
    scene.commit_all("first");
    let base = scene.repository().head().unwrap();
    scene.write("a.txt", "two\n");
    scene.commit_all("mine");
    let hold =
        |path: &str, there: &str| scene.repository().hold(&base, path, Some(there.as_bytes()));
    let since = hold("a.txt", "two\n");
    assert!(
        matches!(since, Err(GitError::CommittedSince { .. })),
        "{since:?}"
    );
    for (path, there) in [("a.txt", "three\n"), ("b.txt", "two\n")] {
        let changed = hold(path, there);
        assert!(
            matches!(changed, Err(GitError::NotCommitted { .. })),
            "{changed:?}"
        );
    }
    assert_eq!(hold("a.txt", "one\n"), Ok(()));
}

#[test]
fn another_repository_within_is_refused_by_name() {
    let library = Scene::new();
    let scene = Scene::new();
    let source = library.folder.path().to_str().unwrap();
    scene.git(&["submodule", "--quiet", "add", source, "lib/sub"]);
    scene.commit_all("a submodule");
    let repository = scene.repository();
    let base = repository.head().unwrap();
    let within = |path: &str| match repository.hold(&base, path, None) {
        Err(GitError::InSubmodule { submodule, .. }) => submodule,
        other => panic!("{path}: {other:?}"),
    };
    assert_eq!(within("lib/sub/new.txt"), "lib/sub");
    let files = [("lib/sub/new.txt", Some("x\n"))];
    let refused = repository.commit(&new(&base, &base, &files));
    assert!(
        matches!(refused, Err(GitError::InSubmodule { .. })),
        "{refused:?}"
    );
    scene.write("nested/.git/HEAD", "");
    assert_eq!(within("nested/new.txt"), "nested");
}

/// Line ends in all the ways in which git may be told of them, and what it stores then.
#[test]
fn line_ends_are_stored_as_git_stores_them() {
    let attributes: [&str; 8] = [
        "",
        "* text=auto\n",
        "*.txt text\n",
        "*.txt eol=crlf\n[attr]plain -text\n*.bin plain\n",
        "*.txt text eol=lf\n*.bin binary\n",
        "*.txt -text\ndeep/*.txt text\n",
        "*.txt crlf=input ident\n",
        "*.txt text=auto eol=crlf\n*.bin -crlf\n",
    ];
    let configurations = [
        ("core.autocrlf", "false"),
        ("core.autocrlf", "true"),
        ("core.autocrlf", "input"),
        ("core.eol", "crlf"),
    ];
    let files: [(&str, &[u8]); 7] = [
        ("lf.txt", b"a\nb\n"),
        ("crlf.txt", b"a\r\nb\r\n"),
        ("both.txt", b"a\r\nb\n$Id: 12 $\r\n"),
        ("deep/crlf.txt", b"a\r\n"),
        ("with.bin", b"a\r\n\0\r\n"),
        ("plain.bin", b"a\r\nb\r\n"),
        ("was.txt", b"a\r\nb\r\nc\r\n"),
    ];
    for attributes in attributes {
        for (key, value) in configurations {
            let scene = Scene::empty();
            scene.git(&["init", "--quiet", "--initial-branch=main"]);
            // Stored with the ends of Windows before anybody said what it is.
            scene.write("was.txt", "a\r\n");
            scene.git(&["-c", "core.autocrlf=false", "add", "--all"]);
            scene.git(&["commit", "--quiet", "-m", "first"]);
            scene.write(".gitattributes", attributes);
            scene.git(&["add", ".gitattributes"]);
            scene.git(&["commit", "--quiet", "--allow-empty", "-m", "attributes"]);
            scene.git(&["config", key, value]);
            scene.git(&["config", "core.safecrlf", "false"]);
            let repository = scene.repository();
            let base = repository.head().unwrap();
            let mut commit = new(&base, &base, &[]);
            commit.files = files
                .iter()
                .map(|(path, content)| CommittedFile {
                    path: (*path).to_owned(),
                    content: Some(Bytes::from_static(content)),
                })
                .collect();
            let commit = repository.commit(&commit).unwrap().unwrap();
            for (path, content) in files {
                scene.write(path, content);
            }
            scene.git(&["add", "--all"]);
            let tree = scene.git(&["write-tree"]);
            let differs = scene.git(&["diff", "--stat", &tree, commit.as_str()]);
            assert_eq!(differs, "", "{key}={value} {attributes:?}");
            // What git would check out again is held to be unchanged.
            let as_git = |path: &str| scene.git(&["rev-parse", &format!("{commit}:{path}")]);
            for (path, content) in files {
                let held = repository.hold(&commit, path, Some(content));
                assert_eq!(
                    held,
                    Ok(()),
                    "{key}={value} {attributes:?} {path} {}",
                    as_git(path)
                );
            }
        }
    }
}

#[test]
fn what_a_commit_says_of_its_own_line_ends_holds_for_it() {
    let scene = Scene::new();
    let files = [
        (".gitattributes", Some("*.txt text\n")),
        ("c.txt", Some("a\r\n")),
    ];
    scene.branch(&files).unwrap();
    assert_eq!(scene.git(&["cat-file", "-s", "stepwell/x:c.txt"]), "2");
}

#[test]
fn what_a_program_would_change_is_refused_by_name() {
    let scene = Scene::new();
    scene.write(
        ".gitattributes",
        "*.psd filter=lfs\n*.utf16 working-tree-encoding=UTF-16\n",
    );
    scene.commit_all("attributes");
    let repository = scene.repository();
    let base = repository.head().unwrap();
    let filtered = |refused: &Result<(), GitError>| matches!(refused, Err(GitError::Filtered { filter, .. }) if filter == "lfs");
    let held = repository.hold(&base, "a.psd", None);
    assert!(filtered(&held), "{held:?}");
    let commit = new(&base, &base, &[("a.psd", Some("x"))]);
    let refused = repository.commit(&commit).map(drop);
    assert!(filtered(&refused), "{refused:?}");
    let encoded = repository.hold(&base, "a.utf16", None);
    assert!(
        matches!(encoded, Err(GitError::Encoded { .. })),
        "{encoded:?}"
    );
}

#[test]
fn hooks_are_not_run() {
    let scene = Scene::new();
    for hook in [
        "pre-commit",
        "commit-msg",
        "post-commit",
        "reference-transaction",
    ] {
        let path = format!(".git/hooks/{hook}");
        scene.write(
            &path,
            "#!/bin/sh\ntouch \"$(dirname \"$0\")/was-run\"\nexit 1\n",
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(scene.path(&path), mode).unwrap();
        }
    }
    scene.branch(&[("a.txt", Some("x\n"))]).unwrap();
    assert!(!scene.path(".git/hooks/was-run").exists());
}

#[test]
fn objects_may_be_packed_and_a_file_may_become_a_folder() {
    let scene = Scene::new();
    scene.git(&["gc", "--quiet"]);
    let files = [
        ("a.txt", None),
        ("a.txt/b", Some("x\n")),
        ("deep/down/b.txt", None),
        ("deep/down", Some("y\n")),
    ];
    scene.branch(&files[..2]).unwrap();
    assert_eq!(scene.git(&["cat-file", "-p", "stepwell/x:a.txt/b"]), "x");
    // A folder whose files all went.
    let repository = scene.repository();
    let base = repository.head().unwrap();
    let gone = repository
        .commit(&new(&base, &base, &files[2..3]))
        .unwrap()
        .unwrap();
    let commit = repository
        .commit(&new(&base, &gone, &files[3..]))
        .unwrap()
        .unwrap();
    assert_eq!(
        scene.git(&["cat-file", "-p", &format!("{commit}:deep/down")]),
        "y"
    );
    scene.git(&["fsck", "--strict", "--no-dangling"]);
}

#[test]
fn a_name_that_git_takes_into_no_commit_is_told_before_it_is_too_late() {
    let scene = Scene::new();
    let repository = scene.repository();
    let base = repository.head().unwrap();
    for path in ["git~1", "deep/GIT~1", "deep/.git ./x"] {
        let told = repository.hold(&base, path, None);
        assert!(
            matches!(told, Err(GitError::Name { .. })),
            "{path}: {told:?}"
        );
        // It is what a commit would meet.
        let commit = repository.commit(&new(&base, &base, &[(path, Some("x\n"))]));
        assert!(commit.is_err(), "{path}");
    }
    assert_eq!(repository.hold(&base, "git~10", None), Ok(()));
}

#[test]
fn what_goes_makes_room_for_a_file_and_for_a_folder() {
    let scene = Scene::new();
    let repository = scene.repository();
    let base = repository.head().unwrap();
    let hold = |path: &str, gone: &[&str]| {
        let gone = gone.iter().map(ToString::to_string).collect();
        repository.hold_beside(&base, path, None, &gone)
    };
    assert_eq!(hold("deep", &["deep/down/b.txt"]), Ok(()));
    assert_eq!(hold("a.txt/x", &["a.txt"]), Ok(()));
    let left = hold("deep", &["deep/down/c.txt"]);
    assert!(matches!(left, Err(GitError::NoFile { .. })), "{left:?}");
    for (path, what) in [
        ("a.txt/x", "a file `a.txt`"),
        ("link/x", "a symbolic link `link`"),
    ] {
        let told = hold(path, &[]).unwrap_err().to_string();
        assert!(told.contains(what), "{told}");
    }
    scene
        .branch(&[
            ("a.txt", None),
            ("a.txt/x", Some("in a folder\n")),
            ("deep", Some("a file\n")),
            ("deep/down/b.txt", None),
        ])
        .unwrap();
    let listed = scene.git(&["ls-tree", "-r", "--name-only", "stepwell/x"]);
    let listed: Vec<&str> = listed.lines().collect();
    assert_eq!(listed, ["a.txt/x", "deep", "link", "run.sh"]);
    assert_eq!(scene.git(&["show", "stepwell/x:deep"]), "a file");
    scene.git(&["fsck", "--strict"]);
}

#[cfg(unix)]
#[test]
fn a_pipe_where_git_has_a_file_is_not_waited_for() {
    for path in [
        ".git/HEAD",
        ".git/config",
        ".git/packed-refs",
        ".git/refs/heads/main",
    ] {
        let scene = Scene::new();
        let there = scene.path(path);
        let _ = std::fs::remove_file(&there);
        let made = Command::new("mkfifo").arg(&there).status();
        assert!(made.unwrap().success());
        let refused = Repository::of(scene.folder.path());
        assert!(
            matches!(&refused, Err(GitError::NoRegularFile { path: named }) if named.ends_with(path)),
            "{path}: {refused:?}"
        );
    }
}
