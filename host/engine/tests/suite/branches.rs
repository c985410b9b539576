//! A run that puts what it writes onto a branch: what its steps see, and what a commit says that they saw (rules E5, E14 to E17).

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::common::{Ask, World, assert_success, step, text};
use stepwell_contract::{ProblemCode, RunId};
use stepwell_engine::{Drive, FileFate, RerunStep, ResumeRun, Selection};

/// A world whose workspace is a repository, with `a.txt` in its only commit.
async fn world() -> World {
    let world = World::new().await;
    world.put_file("a.txt", "old\n");
    let folder = world.workspace();
    git(&folder, &["init", "--quiet", "--initial-branch=main"]);
    git(&folder, &["add", "a.txt"]);
    git(&folder, &["commit", "--quiet", "-m", "before"]);
    world
}

#[track_caller]
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
    let said = String::from_utf8(done.stdout).unwrap();
    said.trim_end_matches('\n').to_owned()
}

/// A workflow of these steps, one after the other.
fn flow(steps: &[&str]) -> String {
    let mut flow = "name = \"flow\"\npublish = \"branch\"\n".to_owned();
    let mut before = None;
    for name in steps {
        let after = before.map_or_else(String::new, |before| {
            format!("inputs.after = \"{{{{ steps.{before}.out }}}}\"\n")
        });
        flow += &format!(
            "[[steps]]\nid = \"{name}\"\nuses = \"builtin:{name}\"\ngrants.workspace = \"write\"\n{after}"
        );
        before = Some(name);
    }
    flow
}

async fn branch_of(world: &World, run: RunId) -> String {
    world.view(run).await.branch.unwrap().name
}

/// The subjects of a run's commits, the first one first.
async fn commits_of(world: &World, run: RunId) -> String {
    let range = format!("main..{}", branch_of(world, run).await);
    git(
        &world.workspace(),
        &["log", "--reverse", "--format=%s", &range],
    )
}

#[tokio::test]
async fn e5_what_is_on_the_branch_stays_laid_over_the_workspace() {
    let mut world = world().await;
    world.step(step("one").document("out"), |host: Ask, _| async move {
        host.write("a.txt", "new\n").await?;
        host.write("deep/b.txt", "b\n").await?;
        Ok(vec![text("out", "")])
    });
    let second = step("two").input("after").document("out");
    world.step(second, |host: Ask, _| async move {
        let (list, a) = (host.list("**/*.txt").await?, host.read("a.txt").await?);
        // The same once more is no change, and so no commit.
        host.write("a.txt", "new\n").await?;
        Ok(vec![text("out", format!("{list}: {a}"))])
    });
    let third = step("three").input("after").document("out");
    world.step(third, |host: Ask, _| async move {
        // What the run put there is in the way, though the workspace has none of it.
        let refused = host.write("deep/b.txt/below", "x").await?;
        host.remove("deep/b.txt").await?;
        let list = host.list("**/*.txt").await?;
        Ok(vec![text("out", format!("{list}: {refused}"))])
    });
    let (run, outcome) = world.run(&flow(&["one", "two", "three"])).await;
    assert_success(&outcome);
    let seen = world.document(run, "two", "out", &[]).await.unwrap();
    assert_eq!(seen, "a.txt deep/b.txt: new\n");
    let told = world.document(run, "three", "out", &[]).await.unwrap();
    assert!(
        told.starts_with("a.txt: ") && told.contains("the run wrote `deep/b.txt`"),
        "{told}"
    );
    assert_eq!(world.file("a.txt").unwrap(), "old\n");
    assert_eq!(
        commits_of(&world, run).await,
        "one: a.txt, deep/b.txt\nthree: deep/b.txt"
    );
    let branch = branch_of(&world, run).await;
    let changed = git(
        &world.workspace(),
        &["diff", "--name-status", "main", &branch],
    );
    assert_eq!(changed, "M\ta.txt");
}

#[tokio::test]
async fn e15_what_somebody_changes_meanwhile_is_neither_replaced_nor_committed() {
    let mut world = world().await;
    let folder = world.workspace();
    let writes = step("one").document("out").grant("workspace", "write");
    world.step(writes, move |host: Ask, _| {
        let folder = folder.clone();
        async move {
            host.read("a.txt").await?;
            std::fs::write(folder.join("a.txt"), "person\n").unwrap();
            host.write("a.txt", "step\n").await?;
            Ok(vec![text("out", "")])
        }
    });
    let (run, outcome) = world.run(&flow(&["one"])).await;
    assert_success(&outcome);
    assert_eq!(world.file("a.txt").unwrap(), "person\n");
    assert!(!world.events(run).await.contains(&"warning".to_owned()));
    let branch = branch_of(&world, run).await;
    let shown = git(&world.workspace(), &["show", &format!("{branch}:a.txt")]);
    assert_eq!(shown, "step");
}

#[tokio::test]
async fn e15_two_executions_that_write_one_file_are_a_conflict_on_a_branch_too() {
    let mut world = world().await;
    let barrier = Arc::new(tokio::sync::Barrier::new(2));
    let first_time = Arc::new(AtomicU32::new(0));
    world.step(step("writes").document("out"), move |host: Ask, _| {
        let (barrier, first_time) = (Arc::clone(&barrier), Arc::clone(&first_time));
        async move {
            let id = host.0.path()[0].step.clone();
            host.write("a.txt", &id).await?;
            if first_time.fetch_add(1, Ordering::SeqCst) < 2 {
                barrier.wait().await;
            }
            Ok(vec![text("out", "")])
        }
    });
    let definition = "name = \"c\"\npublish = \"branch\"\n[[steps]]\nid = \"a\"\nuses = \"builtin:writes\"\n\
                      grants.workspace = \"write\"\n[[steps]]\nid = \"b\"\nuses = \"builtin:writes\"\ngrants.workspace = \"write\"\n";
    let (run, outcome) = world.run(definition).await;
    assert_eq!(outcome.problem.unwrap().code, ProblemCode::Conflict);
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    assert_success(&resumed.await.unwrap());
    assert_eq!(commits_of(&world, run).await.lines().count(), 2);
}

#[tokio::test]
async fn e17_a_step_that_is_run_again_takes_back_what_it_no_longer_writes() {
    let mut world = world().await;
    let takes = Arc::new(AtomicU32::new(0));
    world.step(step("one").document("out"), move |host: Ask, _| {
        let take = takes.fetch_add(1, Ordering::SeqCst);
        async move {
            host.write(&format!("take_{take}.txt"), "x\n").await?;
            Ok(vec![text("out", "")])
        }
    });
    let (run, outcome) = world.run(&flow(&["one"])).await;
    assert_success(&outcome);
    world.restart();
    let one = "one".parse().unwrap();
    let again = world
        .engine
        .rerun(run, &one, RerunStep::default(), Drive::default());
    assert_success(&again.await.unwrap());
    assert_eq!(
        commits_of(&world, run).await,
        "one: take_0.txt\none#2: take_0.txt, take_1.txt"
    );
    let branch = branch_of(&world, run).await;
    let changed = git(
        &world.workspace(),
        &["diff", "--name-status", "main", &branch],
    );
    assert_eq!(changed, "A\ttake_1.txt");
}

/// A folder becomes a file and the other way round, in one step and in several, and what is written through a linked folder is committed
/// where it is.
#[tokio::test]
async fn what_goes_makes_room_and_linked_folders_are_followed_on_a_branch() {
    let mut world = world().await;
    let folder = world.workspace();
    world.put_file("d/a.txt", "a\n");
    world.put_file("f", "f\n");
    world.put_file("lib/a.txt", "old\n");
    world.put_file("e/x.txt", "x\n");
    std::os::unix::fs::symlink("lib", folder.join("src")).unwrap();
    git(&folder, &["add", "--all"]);
    git(&folder, &["commit", "--quiet", "-m", "more"]);
    world.step(step("one").document("out"), |host: Ask, _| async move {
        let told = [
            host.write("e", "too early").await?,
            host.remove("d/a.txt").await?,
            host.write("d", "a file\n").await?,
            host.remove("e/x.txt").await?,
            host.write("src/a.txt", "new\n").await?,
        ];
        Ok(vec![text("out", told.join("; "))])
    });
    let two = step("two").input("after").document("out");
    world.step(two, |host: Ask, _| async move {
        let told = [
            host.write("e", "a file, too\n").await?,
            host.remove("f").await?,
            host.write("f/below.txt", "below\n").await?,
            host.read("lib/a.txt").await?,
            host.write("git~1", "x").await?,
        ];
        Ok(vec![text("out", told.join("; "))])
    });
    let (run, outcome) = world.run(&flow(&["one", "two"])).await;
    assert_success(&outcome);
    let told = world.document(run, "one", "out", &[]).await.unwrap();
    assert!(
        told.contains("a folder stands in its place, and `e/x.txt` is in it; ok; ok; ok; ok"),
        "{told}"
    );
    let told = world.document(run, "two", "out", &[]).await.unwrap();
    assert!(told.starts_with("ok; ok; ok; new\n; "), "{told}");
    assert!(told.contains("another name of `.git`"), "{told}");
    let branch = branch_of(&world, run).await;
    let listed = git(&folder, &["ls-tree", "-r", "--name-only", &branch]);
    let listed: Vec<&str> = listed.lines().collect();
    assert_eq!(
        listed,
        ["a.txt", "d", "e", "f/below.txt", "lib/a.txt", "src"]
    );
    assert_eq!(
        git(&folder, &["show", &format!("{branch}:lib/a.txt")]),
        "new"
    );
    assert_eq!(git(&folder, &["status", "--porcelain"]), "");
}

/// Line ends that only the working tree has change nothing in what is committed, and so nothing in what is shown of it.
#[tokio::test]
async fn what_is_shown_of_a_branch_has_the_line_ends_that_git_stores() {
    let mut world = world().await;
    let folder = world.workspace();
    world.put_file(".gitattributes", "*.txt text eol=crlf\n");
    world.put_file("a.txt", "a\r\nb\r\n");
    git(&folder, &["add", "--all"]);
    git(&folder, &["commit", "--quiet", "-m", "line ends"]);
    world.step(step("one").document("out"), |host: Ask, _| async move {
        host.write("a.txt", "a\nB\n").await?;
        Ok(vec![text("out", "")])
    });
    let (run, outcome) = world.run(&flow(&["one"])).await;
    assert_success(&outcome);
    let everything = Selection::default();
    let diff = world
        .engine
        .file_diff(run, &everything, None, None, FileFate::Written);
    let shown = "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n a\n-b\n+B\n";
    assert_eq!(diff.await.unwrap(), shown);
}
