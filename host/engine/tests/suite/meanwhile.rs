//! What a person writes while files are published is kept, can be restored, and is warned of: the rules E14, E15 and E17.

mod left_aside;

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use crate::common::{Ask, Counting, World, assert_success, one, step, text, writes_and_blocks};
use stepwell_contract::{Digest, ProblemCode, RunId};
use stepwell_engine::{Drive, Event, FileFate, FileView, RerunStep, ResumeRun, Selection};
use stepwell_store::{ExecutionRecord, Gaps};

/// A step whose takes write these files, one list for each, without any other than the last for all that follow.
fn writes(world: &mut World, takes: &'static [&'static [(&'static str, &'static str)]]) {
    let count = Arc::new(AtomicU32::new(0));
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let take = count.fetch_add(1, Ordering::SeqCst) as usize;
            async move {
                for (path, text) in takes[take.min(takes.len() - 1)] {
                    host.write(path, text).await?;
                }
                Ok(vec![text("out", "")])
            }
        },
    );
}

fn definition() -> String {
    one("writes", "grants.workspace = \"write\"")
}

/// When this text is first read from the store, somebody does this: right before it is put into its place.
fn when_read(world: &mut World, content: &str, act: impl Fn() + Send + Sync + 'static) {
    let digest = Digest::of(content);
    let done = AtomicBool::new(false);
    let hook = move |read: &Digest| {
        if *read == digest && !done.swap(true, Ordering::SeqCst) {
            act();
        }
        Ok(())
    };
    world.store = Arc::new(Counting::hooked(Arc::clone(&world.store), hook));
    world.restart();
}

async fn warnings(world: &World, run: RunId) -> Vec<String> {
    let events = world
        .engine
        .events(run.into(), 0, usize::MAX)
        .await
        .unwrap();
    let warning = |event: stepwell_engine::EventView| match event.event {
        Event::Warning { message, .. } => Some(message),
        _ => None,
    };
    events.into_iter().filter_map(warning).collect()
}

async fn view(world: &World, run: RunId, path: &str) -> FileView {
    let files = world
        .engine
        .files(run, &Selection::default())
        .await
        .unwrap();
    files.into_iter().rfind(|file| file.path == path).unwrap()
}

async fn restored(world: &World, run: RunId, path: &str) -> Option<String> {
    world.engine.restore_file(run, path, false).await.unwrap();
    world.file(path)
}

async fn executions(world: &World, run: RunId) -> Vec<ExecutionRecord> {
    world.store.executions(run, Gaps::Refuse).await.unwrap()
}

async fn resume(world: &World, run: RunId) -> stepwell_engine::RunOutcome {
    let request = ResumeRun::default();
    let resumed = world.engine.resume(run, request, Drive::default()).await;
    resumed.unwrap()
}

#[tokio::test]
async fn e14_a_text_that_somebody_wrote_right_before_it_is_replaced_is_kept() {
    for before in [Some("old"), None] {
        let mut world = World::new().await;
        if let Some(before) = before {
            world.put_file("a.txt", before);
        }
        writes(&mut world, &[&[("a.txt", "step"), ("b.txt", "b")]]);
        let path = world.workspace().join("a.txt");
        when_read(&mut world, "step", move || {
            std::fs::write(&path, "person").unwrap();
        });
        let (run, outcome) = world.run(&definition()).await;
        assert_success(&outcome);
        assert_eq!(world.file("a.txt").unwrap(), "step");
        let said = warnings(&world, run).await;
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(
            said[0].contains("`a.txt` was changed by somebody else before"),
            "{said:?}"
        );
        assert!(view(&world, run, "a.txt").await.replaced_foreign);
        assert!(!view(&world, run, "b.txt").await.replaced_foreign);
        assert_eq!(restored(&world, run, "a.txt").await.unwrap(), "person");
    }
}

#[tokio::test]
async fn e14_a_file_that_somebody_removed_meanwhile_is_there_again_and_that_is_said() {
    let mut world = World::new().await;
    world.put_file("a.txt", "old");
    writes(&mut world, &[&[("a.txt", "step")]]);
    let path = world.workspace().join("a.txt");
    when_read(&mut world, "step", move || {
        std::fs::remove_file(&path).unwrap();
    });
    let (run, outcome) = world.run(&definition()).await;
    assert_success(&outcome);
    assert_eq!(world.file("a.txt").unwrap(), "step");
    let said = warnings(&world, run).await;
    assert!(said[0].contains("was removed by somebody else"), "{said:?}");
    assert_eq!(restored(&world, run, "a.txt").await, None);
}

#[tokio::test]
async fn e17_a_file_that_somebody_changed_while_a_later_take_removes_it_is_kept() {
    let mut world = World::new().await;
    writes(
        &mut world,
        &[&[("a.txt", "one"), ("z.txt", "z")], &[("a.txt", "two")]],
    );
    let path = world.workspace().join("z.txt");
    // `a.txt` is put into its place before `z.txt` is removed.
    when_read(&mut world, "two", move || {
        std::fs::write(&path, "person").unwrap();
    });
    let (run, outcome) = world.run(&definition()).await;
    assert_success(&outcome);
    let step = "writes".parse().unwrap();
    let again = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    assert_success(&again.await.unwrap());
    assert_eq!(world.file("z.txt"), None);
    let said = warnings(&world, run).await;
    assert!(
        said[0].contains("`z.txt` was changed by somebody else")
            && said[0].contains("the step removes it"),
        "{said:?}"
    );
    assert_eq!(restored(&world, run, "z.txt").await.unwrap(), "person");
}

#[tokio::test]
async fn e16_a_text_that_was_written_after_publishing_failed_is_kept() {
    let mut world = World::new().await;
    world.put_file("z.txt", "old");
    let files = &[("m/b.txt", "b"), ("z.txt", "step")];
    writes_and_blocks(&mut world, "writes", files, "m");
    let (run, outcome) = world.run(&definition()).await;
    assert_eq!(outcome.problem.unwrap().code, ProblemCode::Publishing);
    world.put_file("z.txt", "person");
    std::fs::remove_file(world.workspace().join("m")).unwrap();
    world.restart();
    assert_success(&resume(&world, run).await);
    assert_eq!(world.file("z.txt").unwrap(), "step");
    assert!(warnings(&world, run).await[0].contains("`z.txt` was changed"));
    assert_eq!(restored(&world, run, "z.txt").await.unwrap(), "person");
}

#[tokio::test]
async fn a_text_that_is_written_in_the_moment_of_a_restore_is_kept() {
    let mut world = World::new().await;
    world.put_file("a.txt", "old");
    writes(&mut world, &[&[("a.txt", "step")]]);
    let (run, outcome) = world.run(&definition()).await;
    assert_success(&outcome);
    let path = world.workspace().join("a.txt");
    when_read(&mut world, "old", move || {
        std::fs::write(&path, "person").unwrap();
    });
    assert_eq!(restored(&world, run, "a.txt").await.unwrap(), "old");
    assert_eq!(restored(&world, run, "a.txt").await.unwrap(), "person");
}

#[tokio::test]
async fn a_file_that_comes_back_has_the_permission_bits_that_it_had() {
    let mut world = World::new().await;
    world.put_file("run.sh", "old");
    let path = world.workspace().join("run.sh");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o750)).unwrap();
    let takes = Arc::new(AtomicU32::new(0));
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let take = takes.fetch_add(1, Ordering::SeqCst);
            async move {
                if take == 0 {
                    host.remove("run.sh").await?;
                } else {
                    host.write("run.sh", "new").await?;
                }
                Ok(vec![text("out", "")])
            }
        },
    );
    let bits = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
    let (run, outcome) = world.run(&definition()).await;
    assert_success(&outcome);
    assert!(!path.exists());
    assert_eq!(restored(&world, run, "run.sh").await.unwrap(), "old");
    assert_eq!(bits(), 0o750);

    // Another take writes what the one before had removed.
    std::fs::remove_file(&path).unwrap();
    world.restart();
    let step = "writes".parse().unwrap();
    let again = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    assert_success(&again.await.unwrap());
    assert_eq!(world.file("run.sh").unwrap(), "new");
    assert_eq!(bits(), 0o750);
}

#[tokio::test]
async fn e6_an_ignored_file_that_was_there_is_replaced_without_a_word_of_somebody_else() {
    let mut world = World::new().await;
    world.put_file(".gitignore", "*.log\n");
    world.put_file("a.log", "old");
    writes(&mut world, &[&[("a.log", "one")], &[]]);
    let (run, outcome) = world.run(&definition()).await;
    assert_success(&outcome);
    assert_eq!(warnings(&world, run).await, [""; 0]);
    let seen = view(&world, run, "a.log").await;
    assert!(!seen.replaced_foreign && seen.before == Some(Digest::of("old")));
    let diff = world
        .engine
        .file_diff(run, &Selection::default(), None, None, FileFate::Written)
        .await
        .unwrap();
    assert!(diff.contains("-old") && diff.contains("+one"), "{diff}");
    // It isn't the step's own, so a later take that doesn't write it leaves it there.
    let step = "writes".parse().unwrap();
    let again = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    assert_success(&again.await.unwrap());
    assert_eq!(world.file("a.log").unwrap(), "one");
    assert_eq!(restored(&world, run, "a.log").await.unwrap(), "old");
}

#[tokio::test]
async fn e6_an_ignored_file_that_is_changed_while_the_step_runs_is_kept_and_warned_of() {
    let mut world = World::new().await;
    world.put_file(".gitignore", "*.log\n");
    world.put_file("a.log", "old");
    let folder = world.workspace();
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let folder = folder.clone();
            async move {
                host.write("a.log", "one").await?;
                std::fs::write(folder.join("a.log"), "person").unwrap();
                Ok(vec![text("out", host.read("a.log").await?)])
            }
        },
    );
    let (run, outcome) = world.run(&definition()).await;
    assert_success(&outcome);
    let said = warnings(&world, run).await;
    assert!(said[0].contains("while the step ran"), "{said:?}");
    assert_eq!(restored(&world, run, "a.log").await.unwrap(), "person");
}

/// One step's publishing fails; another one that was under way meanwhile changes the same file and is published.
#[tokio::test]
async fn e16_what_a_later_outcome_wrote_is_not_replaced_by_an_earlier_one() {
    let mut world = World::new().await;
    let go = Arc::new(tokio::sync::Notify::new());
    let files = &[("m/x.txt", "x"), ("z.txt", "first")];
    writes_and_blocks(&mut world, "first", files, "m");
    let wait = Arc::clone(&go);
    world.step(
        step("second").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let wait = Arc::clone(&wait);
            async move {
                wait.notified().await;
                let before = host.read("z.txt").await?;
                host.write("z.txt", &format!("{before}, second")).await?;
                Ok(vec![text("out", "")])
            }
        },
    );
    let run = world
        .start(
            "name = \"two\"\n[[steps]]\nid = \"first\"\nuses = \"builtin:first\"\ngrants.workspace = \"write\"\n\
             [[steps]]\nid = \"second\"\nuses = \"builtin:second\"\ngrants.workspace = \"write\"\n",
        )
        .await;
    let watch = async {
        while executions(&world, run)
            .await
            .iter()
            .all(|it| it.outcome == 0)
        {
            tokio::task::yield_now().await;
        }
        go.notify_one();
    };
    let (outcome, ()) = tokio::join!(world.engine.drive(run, Drive::default()), watch);
    let outcome = outcome.unwrap();
    assert_eq!(outcome.problem.unwrap().code, ProblemCode::Publishing);
    assert_eq!(world.file("z.txt").unwrap(), "first, second");
    std::fs::remove_file(world.workspace().join("m")).unwrap();
    world.restart();
    assert_success(&resume(&world, run).await);
    assert_eq!(world.file("z.txt").unwrap(), "first, second");
    assert_eq!(world.file("m/x.txt").unwrap(), "x");
    let files = world.engine.files(run, &Selection::default()).await;
    assert!(files.unwrap().iter().all(|file| file.published));
    assert_eq!(warnings(&world, run).await, [""; 0]);
}

/// What a later take of the run saw and replaced is a person's, too.
#[tokio::test]
async fn the_last_text_of_somebody_else_is_restored_whether_the_run_saw_it_or_not() {
    let mut world = World::new().await;
    world.put_file("a.txt", "old");
    writes(&mut world, &[&[("a.txt", "one")], &[("a.txt", "two")]]);
    let (run, outcome) = world.run(&definition()).await;
    assert_success(&outcome);
    let step = "writes".parse().unwrap();
    for (person, restores) in [(None, "old"), (Some("person"), "person")] {
        if let Some(person) = person {
            world.put_file("a.txt", person);
        }
        let again = world
            .engine
            .rerun(run, &step, RerunStep::default(), Drive::default());
        assert_success(&again.await.unwrap());
        assert_eq!(world.file("a.txt").unwrap(), "two");
        assert_eq!(restored(&world, run, "a.txt").await.unwrap(), restores);
        world.put_file("a.txt", "two");
    }
}
