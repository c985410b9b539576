//! From an outcome into the workspace: the rules E5 and E14 to E17.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::common::{Ask, World, assert_success, one, step, step_view, text, writes_and_blocks};
use stepwell_contract::{Digest, ProblemCode};
use stepwell_engine::{
    Drive, ErrorCode, RerunStep, ResumeRun, RunStatus, Selection, StepStatus, TakeUp,
};
use tokio::sync::Notify;

#[tokio::test]
async fn e5_what_is_committed_and_not_published_is_seen_by_the_others() {
    let mut world = World::new().await;
    world.put_file("there.txt", "old");
    let files = &[("blocked/a.txt", "new"), ("there.txt", "new too")];
    writes_and_blocks(&mut world, "writes", files, "blocked");
    let go = Arc::new(Notify::new());
    let wait = Arc::clone(&go);
    world.step(step("looks").document("out"), move |host: Ask, _| {
        let wait = Arc::clone(&wait);
        async move {
            wait.notified().await;
            let list = host.list("**/*.txt").await?;
            let a = host.read("blocked/a.txt").await?;
            let there = host.read("there.txt").await?;
            Ok(vec![text("out", format!("{list}: {a}, {there}"))])
        }
    });
    let run = world
        .start(
            "name = \"two\"\n[[steps]]\nid = \"writes\"\nuses = \"builtin:writes\"\ngrants.workspace = \"write\"\n\
             [[steps]]\nid = \"looks\"\nuses = \"builtin:looks\"\ngrants.workspace = \"read\"\n",
        )
        .await;
    let engine = world.engine.clone();
    let watch = async {
        loop {
            let view = engine.run(run).await.unwrap();
            if step_view(&view, "writes").status == StepStatus::Success {
                return go.notify_one();
            }
            tokio::task::yield_now().await;
        }
    };
    let (outcome, ()) = tokio::join!(world.engine.drive(run, Drive::default()), watch);
    assert_eq!(
        outcome.unwrap().problem.unwrap().code,
        ProblemCode::Publishing
    );
    assert_eq!(world.file("there.txt").unwrap(), "old");
    let seen = world.document(run, "looks", "out", &[]).await.unwrap();
    assert_eq!(seen, "blocked/a.txt there.txt: new, new too");
}

#[tokio::test]
async fn e14_whoever_resumes_goes_on_where_publishing_stopped() {
    let mut world = World::new().await;
    world.put_file("a.txt", "old a");
    world.put_file("z.txt", "old z");
    let files = &[("a.txt", "new a"), ("m/b.txt", "new b"), ("z.txt", "new z")];
    writes_and_blocks(&mut world, "writes", files, "m");
    let (run, outcome) = world
        .run(&one("writes", "grants.workspace = \"write\""))
        .await;
    assert_eq!(outcome.problem.unwrap().code, ProblemCode::Publishing);
    let published = || async {
        let executions = world
            .store
            .executions(run, stepwell_store::Gaps::Refuse)
            .await
            .unwrap();
        let files = executions[0].files.iter();
        files
            .map(|file| (file.path.clone(), file.published))
            .collect::<Vec<_>>()
    };
    let marks = |m: bool, z: bool| {
        vec![
            ("a.txt".to_owned(), true),
            ("m/b.txt".to_owned(), m),
            ("z.txt".to_owned(), z),
        ]
    };
    assert_eq!(published().await, marks(false, false));
    // What is replaced later is in the store before the first file is touched.
    let executions = world
        .store
        .executions(run, stepwell_store::Gaps::Refuse)
        .await
        .unwrap();
    for (file, old) in executions[0]
        .files
        .iter()
        .zip([Some("old a"), None, Some("old z")])
    {
        assert_eq!(file.before, old.map(Digest::of), "{}", file.path);
        if let Some(digest) = file.before {
            assert!(world.store.blob(&digest).await.unwrap().is_some());
        }
    }

    // A person changes the file that is published; another got the new text and its mark was lost.
    world.put_file("a.txt", "a person's");
    world.put_file("z.txt", "new z");
    std::fs::remove_file(world.workspace().join("m")).unwrap();
    world.restart();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default())
        .await;
    assert_success(&resumed.unwrap());
    let files = ["a.txt", "m/b.txt", "z.txt"].map(|path| world.file(path).unwrap());
    assert_eq!(files, ["a person's", "new b", "new z"]);
    let executions = world
        .store
        .executions(run, stepwell_store::Gaps::Refuse)
        .await
        .unwrap();
    assert!(executions[0].files.iter().all(|file| file.published));
    world
        .engine
        .restore_file(run, "z.txt", false)
        .await
        .unwrap();
    assert_eq!(world.file("z.txt").unwrap(), "old z");
}

#[tokio::test]
async fn e15_a_file_that_somebody_else_changed_is_published_and_the_other_text_kept() {
    let mut world = World::new().await;
    world.put_file("a.txt", "old");
    let folder = world.workspace();
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let folder = folder.clone();
            async move {
                host.write("a.txt", "step").await?;
                std::fs::write(folder.join("a.txt"), "person").unwrap();
                Ok(vec![text("out", "")])
            }
        },
    );
    let (run, outcome) = world
        .run(&one("writes", "grants.workspace = \"write\""))
        .await;
    assert_success(&outcome);
    assert_eq!(world.file("a.txt").unwrap(), "step");
    assert!(world.events(run).await.contains(&"warning".to_owned()));
    world
        .engine
        .restore_file(run, "a.txt", false)
        .await
        .unwrap();
    assert_eq!(world.file("a.txt").unwrap(), "person");
}

#[tokio::test]
async fn e15_two_executions_of_a_run_that_write_one_file_are_a_conflict() {
    let mut world = World::new().await;
    let barrier = Arc::new(tokio::sync::Barrier::new(2));
    let first_time = Arc::new(AtomicU32::new(0));
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let (barrier, first_time) = (Arc::clone(&barrier), Arc::clone(&first_time));
            async move {
                let id = host.0.path()[0].step.clone();
                host.write("same.txt", &id).await?;
                if first_time.fetch_add(1, Ordering::SeqCst) < 2 {
                    barrier.wait().await;
                }
                Ok(vec![text("out", "")])
            }
        },
    );
    let definition = "name = \"c\"\n[[steps]]\nid = \"a\"\nuses = \"builtin:writes\"\ngrants.workspace = \"write\"\n\
                      [[steps]]\nid = \"b\"\nuses = \"builtin:writes\"\ngrants.workspace = \"write\"\n";
    let (run, outcome) = world.run(definition).await;
    let problem = outcome.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::Conflict);
    let message = problem.message;
    assert!(
        message.contains("same.txt") && message.contains('a') && message.contains('b'),
        "{message}"
    );
    // The other one's text is there, and `resume` lets the second one work from it.
    assert_success(
        &world
            .engine
            .resume(run, ResumeRun::default(), Drive::default())
            .await
            .unwrap(),
    );
}

#[tokio::test]
async fn e16_publishing_that_fails_ends_the_run_and_resume_goes_on_there() {
    let mut world = World::new().await;
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    let folder = world.workspace();
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            counted.fetch_add(1, Ordering::SeqCst);
            let folder = folder.clone();
            async move {
                host.write("sub/a.txt", "text").await?;
                // By the time of publishing a file stands where the folder should be.
                std::fs::write(folder.join("sub"), "in the way").unwrap();
                Ok(vec![text("out", "")])
            }
        },
    );
    let (run, outcome) = world
        .run(&one("writes", "grants.workspace = \"write\""))
        .await;
    assert_eq!(
        (outcome.status, outcome.problem.unwrap().code),
        (RunStatus::Failure, ProblemCode::Publishing)
    );
    assert_eq!(
        step_view(&world.view(run).await, "writes").status,
        StepStatus::Success
    );
    std::fs::remove_file(world.workspace().join("sub")).unwrap();
    world.restart();
    assert_success(
        &world
            .engine
            .resume(run, ResumeRun::default(), Drive::default())
            .await
            .unwrap(),
    );
    assert_eq!(world.file("sub/a.txt").unwrap(), "text");
    assert_eq!(
        count.load(Ordering::SeqCst),
        1,
        "the step itself was not carried out again"
    );
}

#[tokio::test]
async fn e17_a_file_that_only_an_earlier_take_wrote_is_removed() {
    let mut world = World::new().await;
    let takes = Arc::new(AtomicU32::new(0));
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let take = takes.fetch_add(1, Ordering::SeqCst);
            async move {
                let names: &[&str] = if take == 0 {
                    &["both.txt", "first.txt", "edited.txt"]
                } else {
                    &["both.txt"]
                };
                for name in names {
                    host.write(name, &format!("take {take}")).await?;
                }
                Ok(vec![text("out", "")])
            }
        },
    );
    let (run, outcome) = world
        .run(&one("writes", "grants.workspace = \"write\""))
        .await;
    assert_success(&outcome);
    world.put_file("edited.txt", "a person's");
    world
        .engine
        .rerun(
            run,
            &"writes".parse().unwrap(),
            RerunStep::default(),
            Drive::default(),
        )
        .await
        .unwrap();
    assert_eq!(world.file("both.txt").unwrap(), "take 1");
    assert!(world.file("first.txt").is_none());
    assert_eq!(world.file("edited.txt").unwrap(), "a person's");
}

#[tokio::test]
async fn e14_every_text_of_somebody_else_that_was_replaced_can_be_brought_back() {
    let mut world = World::new().await;
    world.put_file("a.txt", "old");
    let folder = world.workspace();
    let rounds = Arc::new(AtomicU32::new(0));
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let (folder, rounds) = (folder.clone(), Arc::clone(&rounds));
            async move {
                let round = rounds.fetch_add(1, Ordering::SeqCst) + 1;
                host.write("a.txt", &format!("step {round}")).await?;
                std::fs::write(folder.join("a.txt"), format!("person {round}")).unwrap();
                Ok(vec![text("out", if round < 3 { "again" } else { "" })])
            }
        },
    );
    let definition = one("writes", "grants.workspace = \"write\"");
    let (run, outcome) = world.run(&definition).await;
    assert_success(&outcome);
    for _ in 0..2 {
        let again = TakeUp::Rerun("writes".parse().unwrap(), RerunStep::default());
        let taken = world.engine.take_up(run, again, None).await.unwrap();
        assert_success(&taken.drive(None).await.unwrap());
    }
    let files = world
        .engine
        .files(run, &Selection::default())
        .await
        .unwrap();
    let replaced: Vec<_> = files.iter().filter_map(|file| file.foreign).collect();
    for round in 1..=3 {
        let person = format!("person {round}");
        let digest = Digest::of(&person);
        assert!(replaced.contains(&digest), "{files:?}");
        let begins = digest.hex()[..12].to_owned();
        let engine = &world.engine;
        engine
            .restore_text(run, "a.txt", &begins, false)
            .await
            .unwrap();
        assert_eq!(world.file("a.txt").unwrap(), person);
    }
    let none = world.engine.restore_text(run, "a.txt", "", false).await;
    assert_eq!(none.unwrap_err().code(), ErrorCode::NoSuchFile);
}
