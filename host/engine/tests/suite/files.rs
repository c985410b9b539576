//! The workspace as an execution sees and changes it: the rules E3, E4, E6, E8, E9 and E13.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::common::{
    Ask, World, assert_success, drive_until, drive_until_requests, failure, one, step, text,
};
use stepwell_contract::{Digest, FailureKind, Remedy};
use stepwell_engine::{Drive, ResumeRun, RunStatus, Selection};

#[tokio::test]
async fn e3_every_look_sees_what_the_first_one_saw() {
    let mut world = World::new().await;
    world.put_file("a.txt", "old");
    let folder = world.workspace();
    world.step(
        step("looks").document("out").grant("workspace", "read"),
        move |host: Ask, _| {
            let folder = folder.clone();
            async move {
                let first = host.read("a.txt").await?;
                std::fs::write(folder.join("a.txt"), "new").unwrap();
                let second = host.read("a.txt").await?;
                // What nobody looked at yet is seen as it is now.
                std::fs::write(folder.join("b.txt"), "b").unwrap();
                let list = host.list("*.txt").await?;
                Ok(vec![text("out", format!("{first} {second} {list}"))])
            }
        },
    );
    let (run, outcome) = world
        .run(&one("looks", "grants.workspace = \"read\""))
        .await;
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "looks", "out", &[]).await.unwrap(),
        "old old a.txt b.txt"
    );
}

#[tokio::test]
async fn e8_own_writes_lie_on_top_and_nobody_else_sees_them_before_success() {
    let mut world = World::new().await;
    world.put_file("kept.txt", "kept");
    world.put_file("gone.txt", "gone");
    let folder = world.workspace();
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let folder = folder.clone();
            async move {
                assert_eq!(host.write("new/file.txt", "mine").await?, "ok");
                assert_eq!(host.remove("gone.txt").await?, "ok");
                let seen = format!(
                    "{} {} {}",
                    host.read("new/file.txt").await?,
                    host.read("gone.txt").await?,
                    host.list("**/*.txt").await?
                );
                assert!(!folder.join("new").exists() && folder.join("gone.txt").exists());
                Ok(vec![text("out", seen)])
            }
        },
    );
    let (run, outcome) = world
        .run(&one("writes", "grants.workspace = \"write\""))
        .await;
    assert_success(&outcome);
    let out = world.document(run, "writes", "out", &[]).await.unwrap();
    assert_eq!(out, "mine not-found kept.txt new/file.txt");
    assert_eq!(world.file("new/file.txt").unwrap(), "mine");
    assert!(world.file("gone.txt").is_none());
    let files = world
        .engine
        .files(run, &Selection::default())
        .await
        .unwrap();
    assert_eq!(files.len(), 2);
    assert!(files.iter().all(|file| file.published));
    world
        .engine
        .restore_file(run, "gone.txt", false)
        .await
        .unwrap();
    assert_eq!(world.file("gone.txt").unwrap(), "gone");
    // Nothing keeps what a person wrote since: it is only overwritten where that is said.
    world.put_file("new/file.txt", "theirs");
    let engine = &world.engine;
    let refused = engine.restore_file(run, "new/file.txt", false).await;
    let refused = refused.unwrap_err();
    assert!(
        refused.to_string().contains("was changed since"),
        "{refused}"
    );
    assert!(matches!(
        refused.remedy(),
        Some(Remedy::OverwriteFile { .. })
    ));
    assert_eq!(world.file("new/file.txt").unwrap(), "theirs");
    engine
        .restore_file(run, "new/file.txt", true)
        .await
        .unwrap();
    assert!(world.file("new/file.txt").is_none());
    // What is restored already is left as it is.
    engine.restore_file(run, "gone.txt", false).await.unwrap();
}

#[tokio::test]
async fn e13_a_failed_execution_leaves_no_file_and_no_document() {
    let mut world = World::new().await;
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            host.write("a.txt", "x").await?;
            Err(failure(FailureKind::Other("late".into()), "no", false))
        },
    );
    let (run, outcome) = world
        .run(&one("writes", "grants.workspace = \"write\""))
        .await;
    assert_eq!(outcome.status, RunStatus::Failure);
    assert!(world.file("a.txt").is_none());
    assert!(world.document(run, "writes", "out", &[]).await.is_none());
}

#[tokio::test]
async fn grants_are_checked_at_the_call_and_the_error_names_the_line() {
    let mut world = World::new().await;
    world.put_file("a.txt", "x");
    world.step(step("tries").document("out"), |host: Ask, _| async move {
        Ok(vec![text(
            "out",
            format!(
                "{} | {}",
                host.read("a.txt").await?,
                host.write("b.txt", "x").await?
            ),
        )])
    });
    let (run, outcome) = world.run(&one("tries", "")).await;
    assert_success(&outcome);
    let out = world.document(run, "tries", "out", &[]).await.unwrap();
    assert!(
        out.starts_with("denied | denied: ") && out.contains("grants.workspace = \"write\""),
        "{out}"
    );
}

#[tokio::test]
async fn e6_what_belongs_to_the_operator_is_closed() {
    let mut world = World::new().await;
    world.put_file("stepwell.toml", "secret");
    world.put_file(".git/config", "secret");
    world.put_file(".gitignore", "ignored.txt\nmade.txt\n");
    world.put_file("ignored.txt", "ignored");
    world.step(
        step("tries").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            let mut seen = Vec::new();
            for path in [
                "stepwell.toml",
                ".git/config",
                ".stepwell/x",
                "../x",
                "/etc/passwd",
                "ignored.txt",
            ] {
                seen.push(host.read(path).await?);
            }
            seen.push(
                host.write("stepwell.toml", "mine")
                    .await?
                    .split(':')
                    .next()
                    .unwrap()
                    .to_owned(),
            );
            host.write("made.txt", "made").await?;
            seen.push(host.list("*.txt").await?);
            Ok(vec![text("out", seen.join(" "))])
        },
    );
    let (run, outcome) = world
        .run(&one("tries", "grants.workspace = \"write\""))
        .await;
    assert_success(&outcome);
    let out = world.document(run, "tries", "out", &[]).await.unwrap();
    assert_eq!(
        out,
        "denied denied denied invalid-path invalid-path not-found denied made.txt"
    );
    assert_eq!(world.file("stepwell.toml").unwrap(), "secret");
}

#[tokio::test]
async fn e9_a_checkpoint_keeps_its_value_and_the_files_written_so_far() {
    let mut world = World::new().await;
    world.step(
        step("works").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            if host.checkpointed("half").await?.is_none() {
                host.write("kept.txt", "kept").await?;
                host.checkpoint("half", "way").await?;
                host.write("lost.txt", "lost").await?;
                return Err(failure(FailureKind::Other("flaky".into()), "again", true));
            }
            Ok(vec![text(
                "out",
                format!(
                    "{} {}",
                    host.read("kept.txt").await?,
                    host.read("lost.txt").await?
                ),
            )])
        },
    );
    let (run, outcome) = world
        .run(&one("works", "grants.workspace = \"write\""))
        .await;
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "works", "out", &[]).await.unwrap(),
        "kept not-found"
    );
    assert_eq!(
        (world.file("kept.txt").as_deref(), world.file("lost.txt")),
        (Some("kept"), None)
    );
}

#[tokio::test]
async fn e10_what_a_person_mended_is_looked_at_again_by_a_resume() {
    let mut world = World::new().await;
    let folder = world.workspace();
    // Folders in the places of files: to read, to list below, and to write.
    std::fs::create_dir_all(folder.join("notes.txt")).unwrap();
    std::fs::create_dir_all(folder.join("out.txt")).unwrap();
    world.put_file("seen.txt", "as it was");
    world.step(
        step("works").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            let seen = host.read("seen.txt").await?;
            let notes = host.read("notes.txt").await?;
            // Within its attempt an error stays what it was.
            assert_eq!(host.read("notes.txt").await?, notes);
            let written = host.write("out.txt", "text").await?;
            if written != "ok" {
                return Err(failure(
                    FailureKind::Other("in-the-way".into()),
                    &format!("{notes} {written}"),
                    false,
                ));
            }
            Ok(vec![text("out", format!("{seen} {notes} {written}"))])
        },
    );
    let (run, outcome) = world
        .run(&one("works", "grants.workspace = \"write\""))
        .await;
    assert_eq!(outcome.status, RunStatus::Failure);
    std::fs::remove_dir(folder.join("notes.txt")).unwrap();
    std::fs::remove_dir(folder.join("out.txt")).unwrap();
    world.put_file("notes.txt", "mended");
    world.put_file("seen.txt", "changed since");
    let request = ResumeRun::default();
    let outcome = world.engine.resume(run, request, Drive::default()).await;
    assert_success(&outcome.unwrap());
    assert_eq!(
        world.document(run, "works", "out", &[]).await.unwrap(),
        "as it was mended ok",
        "what was read is as it was first seen"
    );
}

#[tokio::test]
async fn e4_looks_are_durable_with_the_next_intent_and_hold_hashes() {
    let mut world = World::new().await;
    world.put_file("a.txt", "as it was");
    let reached = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&reached);
    world.step(step("reads").document("out"), move |host: Ask, _| {
        let counted = Arc::clone(&counted);
        async move {
            let seen = host.read("a.txt").await?;
            if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                // The first time it ends here: looked, and asked nothing.
                std::future::pending::<()>().await;
            }
            let answer = host.chat("go on").await?;
            Ok(vec![text("out", format!("{seen} / {answer}"))])
        }
    });
    let run = world
        .start(&one("reads", "grants.workspace = \"read\""))
        .await;
    let looked = Arc::clone(&reached);
    drive_until(&world, run, async move {
        while looked.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let execution = world
        .store
        .executions(run, stepwell_store::Gaps::Refuse)
        .await
        .unwrap()
        .remove(0)
        .key;
    assert!(
        world.store.memos(&execution).await.unwrap().is_empty(),
        "a look alone costs no commit"
    );

    // Nobody knows of the first look any more, so the second may see another text; with the intent it is kept.
    world.put_file("a.txt", "as it is now");
    world.restart();
    world.provider.hold();
    drive_until_requests(&world, run, 1).await;
    let memos = world.store.memos(&execution).await.unwrap();
    let look = memos
        .iter()
        .find(|memo| memo.kind == stepwell_store::MemoKind::Read)
        .unwrap();
    let kept = look.answer.to_string();
    assert!(
        kept.contains(&Digest::of("as it is now").to_string()),
        "{kept}"
    );
    assert!(!kept.contains("as it is now"), "{kept}");

    world.put_file("a.txt", "later");
    world.restart();
    world.provider.release();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default())
        .await;
    assert_success(&resumed.unwrap());
    let out = world.document(run, "reads", "out", &[]).await.unwrap();
    assert!(out.starts_with("as it is now / "), "{out}");
}

#[tokio::test]
async fn e6_a_step_cannot_switch_off_what_hides_a_file() {
    let mut world = World::new().await;
    world.put_file(".gitignore", ".env\n");
    world.put_file("sub/.gitignore", "secret\n");
    world.put_file(".env", "KEY=1");
    world.put_file("sub/secret", "2");
    world.step(
        step("opens").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            host.write(".gitignore", "!.env\n*.log\n").await?;
            host.remove("sub/.gitignore").await?;
            host.write("own.log", "mine").await?;
            host.write("sub/secret.py", "code").await?;
            Ok(vec![text("out", "")])
        },
    );
    world.step(
        step("looks").input("after").document("out"),
        |host: Ask, _| async move {
            let seen = [".env", "sub/secret", "own.log"];
            let mut out = Vec::new();
            for path in seen {
                out.push(host.read(path).await?);
            }
            out.push(host.list("**").await?);
            Ok(vec![text("out", out.join(", "))])
        },
    );
    let definition = "name = \"two\"\n[[steps]]\nid = \"opens\"\nuses = \"builtin:opens\"\ngrants.workspace = \"write\"\n\
                      [[steps]]\nid = \"looks\"\nuses = \"builtin:looks\"\ngrants.workspace = \"read\"\n\
                      inputs.after = \"{{ steps.opens.out }}\"\n";
    let run = world.start(definition).await;
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    assert_success(&outcome);
    let out = world.document(run, "looks", "out", &[]).await.unwrap();
    assert_eq!(
        out,
        "not-found, not-found, mine, .gitignore own.log sub/secret.py"
    );
    assert_eq!(world.file(".gitignore").unwrap(), "!.env\n*.log\n");
}
