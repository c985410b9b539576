//! Making the branch of a run in repositories of 2,000 and of 50,000 files, and beside it what `git` takes for the same.
//! `cargo bench --package stepwell-benches --bench branches`.
//!
//! An outcome has twenty files, in ten folders. The repository is found anew each time, as for each outcome of a run.

#![allow(
    clippy::unwrap_used,
    reason = "a benchmark can't go on without its material"
)]

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use stepwell_benches::{median, row, shown, table};
use stepwell_git::{CommittedFile, NewCommit, Repository};

const TIMES: usize = 21;

/// The files of an outcome.
const CHANGED: usize = 20;

/// How many files a folder has.
const IN_FOLDER: usize = 50;

fn main() {
    table();
    for files in [2_000, 50_000] {
        measure(files);
    }
}

fn path(number: usize) -> String {
    format!(
        "src/part_{}/file_{}.py",
        number / IN_FOLDER,
        number % IN_FOLDER
    )
}

/// The paths of an outcome: two files in each of ten folders.
fn changed(files: usize) -> Vec<String> {
    let folders = files / IN_FOLDER;
    (0..CHANGED)
        .map(|number| path((number / 2) * (folders / 10) * IN_FOLDER + number % 2))
        .collect()
}

fn measure(files: usize) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    for number in 0..files {
        let file = at.join(path(number));
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(
            file,
            format!("def f_{number}():\n    return {number}\n").repeat(20),
        )
        .unwrap();
    }
    std::fs::write(at.join(".gitattributes"), "* text=auto\n").unwrap();
    git(at, &["init", "--quiet"]);
    // Else a commit of so many files begins one of its own, beside what is measured.
    git(at, &["config", "gc.auto", "0"]);
    git(at, &["add", "--all"]);
    git(at, &["commit", "--quiet", "-m", "all of it"]);
    // As a repository is that was cloned.
    git(at, &["gc", "--quiet"]);

    let began = times(|_| {
        let repository = Repository::of(at).unwrap();
        repository.free_name("stepwell/flow-12345678").unwrap();
        repository.head().unwrap();
    });
    say(
        files,
        "where a run's branch begins, before it starts",
        began,
    );

    let base = Repository::of(at).unwrap().head().unwrap();
    let text = std::fs::read(at.join(path(0))).unwrap();
    let held = times(|_| {
        let repository = Repository::of(at).unwrap();
        repository.hold(&base, &path(0), Some(&text)).unwrap();
    });
    say(files, "a path that a step writes, held against HEAD", held);

    let mut tip = None;
    let committed = times(|turn| {
        let repository = Repository::of(at).unwrap();
        let new = NewCommit {
            base: base.clone(),
            parent: tip.clone().unwrap_or_else(|| base.clone()),
            author: "Ada <ada@example.org>".into(),
            at: Timestamp::UNIX_EPOCH,
            message: "an outcome\n".into(),
            files: outcome(files, turn),
        };
        let commit = repository.commit(&new).unwrap().unwrap();
        repository
            .advance("stepwell/ours", tip.as_ref(), &commit)
            .unwrap();
        tip = Some(commit);
    });
    say(
        files,
        "an outcome of 20 files: objects, commit, branch",
        committed,
    );

    let by_git = times(|turn| {
        for file in outcome(files, turn + TIMES) {
            std::fs::write(at.join(file.path), file.content.unwrap()).unwrap();
        }
        git(at, &["read-tree", "HEAD"]);
        git(at, &[&["add", "--"][..], &as_str(&changed(files))].concat());
        let tree = git(at, &["write-tree"]);
        let commit = git(
            at,
            &["commit-tree", tree.trim(), "-p", "HEAD", "-m", "an outcome"],
        );
        git(at, &["branch", "--force", "theirs", commit.trim()]);
    });
    say(files, "the same by `git` with an index of its own", by_git);
    let ratio = committed.as_secs_f64() / by_git.as_secs_f64();
    row(
        &format!("{files} files: against `git`"),
        &format!("{ratio:.2} ×"),
        "1 ×",
    );
}

fn outcome(files: usize, turn: usize) -> Vec<CommittedFile> {
    let text = format!("def changed():\n    return {turn}\n").repeat(20);
    changed(files)
        .into_iter()
        .map(|path| CommittedFile {
            content: Some(format!("{text}# {path}\n").into()),
            path,
        })
        .collect()
}

fn as_str(paths: &[String]) -> Vec<&str> {
    paths.iter().map(String::as_str).collect()
}

fn times(mut work: impl FnMut(usize)) -> Duration {
    let times = (0..TIMES).map(|turn| {
        let start = Instant::now();
        work(turn);
        start.elapsed()
    });
    median(times.collect())
}

fn say(files: usize, what: &str, time: Duration) {
    row(&format!("{files} files: {what}"), &shown(time), "–");
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let done = Command::new("git")
        .args(["-c", "user.name=Ada", "-c", "user.email=ada@example.org"])
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .unwrap();
    assert!(done.status.success(), "git {arguments:?}: {done:?}");
    String::from_utf8(done.stdout).unwrap()
}
