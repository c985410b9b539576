//! Snapshot in, outcome out: the rules of an execution, each with the situation that would break it.

#![allow(
    clippy::unwrap_used,
    reason = "in a test, what is missing is a failure"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use common::{Ask, World, answer, assert_success, failure, source, step, step_view, text};
use stepwell_contract::{AttemptEnd, FailureKind, Limit};
use stepwell_engine::{Drive, RerunStep, ResumeRun, RunStatus, Selection, StartRun, StepStatus};
use stepwell_tests::Reply;
use tokio::sync::watch;

fn one(id: &str, more: &str) -> String {
    format!("name = \"one\"\n[[steps]]\nid = \"{id}\"\nuses = \"builtin:{id}\"\n{more}\n")
}

/// Drives a run until the provider has received so many requests, then stops it as Ctrl-C would.
async fn drive_until_requests(world: &World, run: stepwell_contract::RunId, requests: usize) {
    let (stop, stopped) = watch::channel(false);
    let drive = Drive {
        stop: Some(stopped),
        ..Drive::default()
    };
    let provider = Arc::clone(&world.provider);
    let watch = async move {
        World::wait_for_requests(&provider, requests).await;
        stop.send_replace(true);
    };
    let (outcome, ()) = tokio::join!(world.engine.drive(run, drive), watch);
    assert_eq!(outcome.unwrap().status, RunStatus::Interrupted);
}

#[tokio::test]
async fn e7_an_answer_that_is_stored_is_never_asked_for_again() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        let first = host.chat("one").await?;
        let second = host.chat("two").await?;
        let third = host.chat("three").await?;
        Ok(vec![text("out", format!("{first}, {second}, {third}"))])
    });
    let run = world.start(&one("asks", "")).await;
    let provider = Arc::clone(&world.provider);
    // The second call is in flight when the process ends.
    let hold = async {
        World::wait_for_requests(&provider, 1).await;
        provider.hold();
    };
    let (_, ()) = tokio::join!(drive_until_requests(&world, run, 2), hold);
    world.provider.release();
    world.restart();
    let outcome = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default())
        .await
        .unwrap();
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "echo one, echo two, echo three"
    );
    let journal = world.provider.journal();
    assert_eq!(
        journal.iter().filter(|asked| *asked == "one").count(),
        1,
        "{journal:?}"
    );
    assert!(
        journal.iter().filter(|asked| *asked == "two").count() <= 2,
        "{journal:?}"
    );
    let calls = world.calls(run).await;
    assert_eq!(calls.len(), 3, "a call that is sent again is the same call");
}

#[tokio::test]
async fn e7_a_call_in_doubt_waits_where_the_policy_says_ask() {
    let configuration = stepwell_definition::Configuration {
        in_doubt: stepwell_definition::InDoubt::Ask,
        ..Default::default()
    };
    let mut world = World::with(configuration).await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        Ok(vec![text("out", host.chat("one").await?)])
    });
    let run = world.start(&one("asks", "")).await;
    world.provider.hold();
    drive_until_requests(&world, run, 1).await;
    world.provider.release();
    world.restart();
    let outcome = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default())
        .await
        .unwrap();
    assert_eq!(
        (outcome.status, outcome.waiting_for.as_deref()),
        (RunStatus::Waiting, Some("in-doubt"))
    );
    assert_eq!(world.provider.journal().len(), 1);
    let resend = ResumeRun {
        resend: true,
        ..ResumeRun::default()
    };
    assert_success(
        &world
            .engine
            .resume(run, resend, Drive::default())
            .await
            .unwrap(),
    );
    assert_eq!(world.provider.journal().len(), 2);
}

#[tokio::test]
async fn e2_equal_questions_have_answers_of_their_own() {
    let mut world = World::new().await;
    world.provider.answer_next(&["first", "second"]);
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        Ok(vec![text(
            "out",
            format!("{} {}", host.chat("same").await?, host.chat("same").await?),
        )])
    });
    let (run, outcome) = world.run(&one("asks", "")).await;
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "first second"
    );
}

#[tokio::test]
async fn complete_all_sends_at_once_and_answers_in_order() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        Ok(vec![text(
            "out",
            host.chat_all(&["a", "b", "c"]).await?.join(","),
        )])
    });
    let run = world.start(&one("asks", "")).await;
    world.provider.hold();
    let provider = Arc::clone(&world.provider);
    let release = async {
        // All three are in flight before the first is answered.
        World::wait_for_requests(&provider, 3).await;
        provider.release();
    };
    let (outcome, ()) = tokio::join!(world.engine.drive(run, Drive::default()), release);
    assert_success(&outcome.unwrap());
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "echo a,echo b,echo c"
    );
}

#[tokio::test]
async fn e19_invalid_response_forgets_the_last_question_and_keeps_the_rest() {
    let mut world = World::new().await;
    world.provider.answer_next(&["context", "bad", "good"]);
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        let context = host.chat("context?").await?;
        let out = host.chat("draft?").await?;
        if out == "bad" {
            return Err(failure(
                FailureKind::InvalidResponse,
                "it lacks a title",
                true,
            ));
        }
        let previous = host.0.previous_end().unwrap_or_default();
        Ok(vec![text(
            "out",
            format!(
                "{context} {out} after `{previous}` in attempt {}",
                host.0.attempt()
            ),
        )])
    });
    let (run, outcome) = world.run(&one("asks", "")).await;
    assert_success(&outcome);
    let out = world.document(run, "asks", "out", &[]).await.unwrap();
    assert_eq!(
        out,
        "context good after `invalid-response: it lacks a title` in attempt 2"
    );
    assert_eq!(world.provider.journal(), ["context?", "draft?", "draft?"]);
    // Every answer that was paid for is kept, also the one that was no good.
    assert_eq!(world.calls(run).await.len(), 3);
}

#[tokio::test]
async fn retries_end_and_resume_gives_fresh_ones() {
    let mut world = World::new().await;
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    world.step(step("fails").document("out"), move |_: Ask, _| {
        let attempt = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            if attempt < 4 {
                return Err(failure(FailureKind::Other("flaky".into()), "not yet", true));
            }
            Ok(vec![text("out", "done")])
        }
    });
    let (run, outcome) = world.run(&one("fails", "retries = 2")).await;
    assert_eq!(outcome.status, RunStatus::Failure);
    assert_eq!(
        count.load(Ordering::SeqCst),
        3,
        "one attempt and two retries"
    );
    assert_success(
        &world
            .engine
            .resume(run, ResumeRun::default(), Drive::default())
            .await
            .unwrap(),
    );
    assert_eq!(count.load(Ordering::SeqCst), 5);
    let view = world.view(run).await;
    assert_eq!(step_view(&view, "fails").executions[0].attempts.len(), 5);
}

#[tokio::test]
async fn a_failure_that_is_not_retryable_is_not_retried() {
    let mut world = World::new().await;
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    world.step(step("fails").document("out"), move |_: Ask, _| {
        counted.fetch_add(1, Ordering::SeqCst);
        async { Err(failure(FailureKind::InvalidInput, "no", false)) }
    });
    let (_, outcome) = world.run(&one("fails", "retries = 5")).await;
    assert_eq!(
        (outcome.status, count.load(Ordering::SeqCst)),
        (RunStatus::Failure, 1)
    );
}

#[tokio::test]
async fn e20_a_limit_is_retried_only_after_a_checkpoint() {
    for saves in [false, true] {
        let mut world = World::new().await;
        world.step(
            step("spins").document("out"),
            move |host: Ask, _| async move {
                let done = host.checkpointed("done").await?.unwrap_or_default();
                if done.len() >= 3 {
                    return Ok(vec![text(
                        "out",
                        format!("{done} {}", host.0.previous_end().unwrap()),
                    )]);
                }
                if saves {
                    host.checkpoint("done", &format!("{done}x")).await?;
                }
                Err(AttemptEnd::Limit {
                    limit: Limit::Cpu,
                    used: "2 s".into(),
                    allowed: "1 s".into(),
                })
            },
        );
        let (run, outcome) = world.run(&one("spins", "retries = 0")).await;
        if saves {
            assert_success(&outcome);
            assert_eq!(
                world.document(run, "spins", "out", &[]).await.unwrap(),
                "xxx limit: cpu"
            );
        } else {
            assert_eq!(outcome.problem.unwrap().code, "limit");
        }
    }
}

#[tokio::test]
async fn e20_attempts_are_capped() {
    let mut world = World::new().await;
    let count = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&count);
    world.step(step("spins").document("out"), move |host: Ask, _| {
        let count = counted.fetch_add(1, Ordering::SeqCst);
        async move {
            host.checkpoint("n", &count.to_string()).await?;
            Err(AttemptEnd::Trap {
                message: "boom".into(),
                backtrace: String::new(),
            })
        }
    });
    let (_, outcome) = world.run(&one("spins", "limits.attempts = 4")).await;
    assert_eq!(
        (outcome.status, count.load(Ordering::SeqCst)),
        (RunStatus::Failure, 4)
    );
}

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
    world.engine.restore_file(run, "gone.txt").await.unwrap();
    assert_eq!(world.file("gone.txt").unwrap(), "gone");
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
async fn e10_an_error_from_outside_holds_for_its_attempt_and_is_forgotten_by_the_next() {
    let mut world = World::new().await;
    let refused = || {
        Reply::Status(
            400,
            vec![],
            r#"{"error": {"message": "bad day", "code": "bad_day"}}"#.into(),
        )
    };
    world.provider.reply_next([refused()]);
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        let before = host.question("ready").await?;
        match host.chat("one").await {
            Err(_) if host.0.attempt() == 1 => {
                // After the restart that this question forces, the call must fail again without being sent.
                host.question("again").await?;
                Err(failure(FailureKind::Other("refused".into()), "again", true))
            }
            answer => Ok(vec![text("out", format!("{before} {}", answer?))]),
        }
    });
    let run = world.start(&one("asks", "")).await;
    let ready = ResumeRun {
        answers: vec![answer("ready", "yes")],
        ..ResumeRun::default()
    };
    let outcome = world
        .engine
        .resume(run, ready, Drive::default())
        .await
        .unwrap();
    assert_eq!(outcome.status, RunStatus::Waiting);
    assert_eq!(world.provider.journal().len(), 1);
    world.restart();
    let again = ResumeRun {
        answers: vec![answer("again", "yes")],
        ..ResumeRun::default()
    };
    assert_success(
        &world
            .engine
            .resume(run, again, Drive::default())
            .await
            .unwrap(),
    );
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "yes echo one"
    );
    assert_eq!(world.provider.journal(), ["one", "one"]);
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
    world.engine.restore_file(run, "a.txt").await.unwrap();
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
    assert_eq!(problem.code, "conflict");
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
        (outcome.status, outcome.problem.unwrap().code.as_str()),
        (RunStatus::Failure, "publishing")
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
async fn e18_the_log_of_the_replayed_part_is_not_repeated() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        host.0
            .log(stepwell_contract::LogLevel::Info, "before".into());
        let name = host.question("name").await?;
        host.0
            .log(stepwell_contract::LogLevel::Info, "between".into());
        let more = host.question("more").await?;
        Ok(vec![text("out", format!("{name} {more}"))])
    });
    let run = world.start(&one("asks", "")).await;
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    assert_eq!(outcome.waiting_for.as_deref(), Some("answers"));
    for (key, value) in [("name", "Ada"), ("more", "yes")] {
        world.restart();
        let request = ResumeRun {
            answers: vec![answer(key, value)],
            ..ResumeRun::default()
        };
        world
            .engine
            .resume(run, request, Drive::default())
            .await
            .unwrap();
    }
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "Ada yes"
    );
    let logs = world
        .events(run)
        .await
        .into_iter()
        .filter(|kind| kind == "log")
        .count();
    assert_eq!(logs, 2, "each line once");
}

#[tokio::test]
async fn e24_each_answer_is_durable_on_its_own() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        Ok(vec![text(
            "out",
            host.form(&["a", "b", "c"]).await?.join(","),
        )])
    });
    let run = world.start(&one("asks", "")).await;
    world.engine.drive(run, Drive::default()).await.unwrap();
    for (key, value) in [("b", "2"), ("asks/c", "3")] {
        world.restart();
        let request = ResumeRun {
            answers: vec![answer(key, value)],
            ..ResumeRun::default()
        };
        let outcome = world
            .engine
            .resume(run, request, Drive::default())
            .await
            .unwrap();
        assert_eq!(outcome.status, RunStatus::Waiting);
    }
    let view = world.view(run).await;
    assert_eq!(
        view.questions[0].answers,
        [None, Some("2".into()), Some("3".into())]
    );
    let request = ResumeRun {
        answers: vec![answer("a", "1")],
        ..ResumeRun::default()
    };
    assert_success(
        &world
            .engine
            .resume(run, request, Drive::default())
            .await
            .unwrap(),
    );
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "1,2,3"
    );
}

#[tokio::test]
async fn e24_other_branches_go_on_while_a_step_waits() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        Ok(vec![text("out", host.question("name").await?)])
    });
    world.step(step("works").document("out"), |_: Ask, _| async {
        Ok(vec![text("out", "done")])
    });
    let definition = "name = \"w\"\n[[steps]]\nid = \"asks\"\nuses = \"builtin:asks\"\n\
                      [[steps]]\nid = \"works\"\nuses = \"builtin:works\"\n";
    let (run, outcome) = world.run(definition).await;
    assert_eq!(outcome.status, RunStatus::Waiting);
    assert_eq!(
        world.document(run, "works", "out", &[]).await.unwrap(),
        "done"
    );
    let nobody = ResumeRun {
        no_questions: true,
        ..ResumeRun::default()
    };
    assert_success(
        &world
            .engine
            .resume(run, nobody, Drive::default())
            .await
            .unwrap(),
    );
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "nobody-there"
    );
}

#[tokio::test]
async fn e21_a_rerun_asks_models_anew_and_keeps_a_persons_answers() {
    let mut world = World::new().await;
    world.provider.answer_next(&["first", "second"]);
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        let name = host.question("name").await?;
        Ok(vec![text(
            "out",
            format!("{name} {}", host.chat("draft").await?),
        )])
    });
    let request = StartRun {
        answers: vec![answer("name", "Ada")],
        ..StartRun::new(source(&one("asks", "")))
    };
    let run = world.engine.start(request).await.unwrap();
    assert_success(&world.engine.drive(run, Drive::default()).await.unwrap());
    let again = world
        .engine
        .rerun(
            run,
            &"asks".parse().unwrap(),
            RerunStep::default(),
            Drive::default(),
        )
        .await;
    assert_success(&again.unwrap());
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "Ada second"
    );
}

#[tokio::test]
async fn e22_a_run_keeps_its_prompt_version_and_a_rerun_takes_the_current_one() {
    let mut world = World::new().await;
    world.step(
        step("asks")
            .document("out")
            .prompt("draft", "v1 {{ x }}", &["x"]),
        |host: Ask, _| async move {
            let name = host.question("name").await?;
            let filled = host
                .0
                .render_prompt("draft".into(), vec![text("x", name)])
                .await
                .map_err(AttemptEnd::Halted)?;
            Ok(vec![text("out", filled.unwrap())])
        },
    );
    let run = world.start(&one("asks", "")).await;
    world.engine.drive(run, Drive::default()).await.unwrap();
    for version in 2..=6 {
        let name = "draft".parse().unwrap();
        let content = format!("v{version} {{{{ x }}}}");
        let add = stepwell_engine::AddVersion {
            name,
            content,
            note: String::new(),
            based_on: None,
        };
        assert_eq!(
            world.engine.add_prompt_version(add).await.unwrap().number,
            version
        );
    }
    world.restart();
    let request = ResumeRun {
        answers: vec![answer("name", "Ada")],
        ..ResumeRun::default()
    };
    assert_success(
        &world
            .engine
            .resume(run, request, Drive::default())
            .await
            .unwrap(),
    );
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "v1 Ada",
        "its version is gone, its run is not"
    );
    let again = world
        .engine
        .rerun(
            run,
            &"asks".parse().unwrap(),
            RerunStep::default(),
            Drive::default(),
        )
        .await;
    assert_success(&again.unwrap());
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "v6 Ada"
    );
}

#[tokio::test]
async fn e8_prompt_versions_of_a_step_get_their_numbers_at_success() {
    let mut world = World::new().await;
    let declared = step("writes")
        .document("out")
        .prompt("draft", "one", &[])
        .grant("prompts", "write");
    world.step(declared, |host: Ask, _| async move {
        host.0
            .add_prompt("draft".into(), "two".into(), "better".into())
            .await
            .map_err(AttemptEnd::Halted)?
            .unwrap();
        let versions = host
            .0
            .prompt_versions("draft".into())
            .await
            .map_err(AttemptEnd::Halted)?
            .unwrap();
        Ok(vec![text("out", versions.len().to_string())])
    });
    let (run, outcome) = world
        .run(&one("writes", "grants.prompts = \"write\""))
        .await;
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "writes", "out", &[]).await.unwrap(),
        "1"
    );
    let prompt = world
        .engine
        .prompt(&"draft".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(prompt.current, Some(2));
}

#[tokio::test]
async fn e28_a_prompt_whose_record_is_damaged_gives_way_to_the_intrinsic_one_with_a_warning() {
    let mut world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    world.use_store(folder.path());
    let declared = || {
        step("asks")
            .document("out")
            .prompt("draft", "intrinsic", &[])
    };
    world.step(declared(), |host: Ask, _| async move {
        let active = host
            .0
            .active_prompt("draft".into())
            .await
            .map_err(AttemptEnd::Halted)?
            .unwrap();
        Ok(vec![text(
            "out",
            format!("v{} {}", active.number, active.content),
        )])
    });
    let (run, outcome) = world.run(&one("asks", "")).await;
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "v1 intrinsic"
    );
    world.close_store();
    let file = folder.path().join("stepwell.redb");
    let bytes = std::fs::read(&file).unwrap();
    let (good, bad) = (
        br#""current":1,"next_number":2"#,
        br#""current":9,"next_number":2"#,
    );
    let places: Vec<_> = (0..bytes.len() - good.len())
        .filter(|at| bytes[*at..].starts_with(good))
        .collect();
    assert!(!places.is_empty());
    let mut damaged = bytes;
    for at in places {
        damaged[at..at + good.len()].copy_from_slice(bad);
    }
    std::fs::write(&file, damaged).unwrap();
    world.use_store(folder.path());
    let (run, outcome) = world.run(&one("asks", "")).await;
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "v0 intrinsic"
    );
    assert!(world.events(run).await.contains(&"warning".to_owned()));
}

#[tokio::test]
async fn e22_a_resume_reads_limits_again_and_logs_that_they_differ() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        host.question("go").await?;
        Ok(vec![text(
            "out",
            host.write("big.txt", "0123456789").await?,
        )])
    });
    let run = world
        .start(&one("asks", "grants.workspace = \"write\""))
        .await;
    world.engine.drive(run, Drive::default()).await.unwrap();
    world.configuration.limits.file_bytes = 5;
    world.restart();
    let request = ResumeRun {
        answers: vec![answer("go", "yes")],
        ..ResumeRun::default()
    };
    assert_success(
        &world
            .engine
            .resume(run, request, Drive::default())
            .await
            .unwrap(),
    );
    let out = world.document(run, "asks", "out", &[]).await.unwrap();
    assert!(out.contains("`limits.file_bytes` allows 5"), "{out}");
    let events = world.engine.events(run, 0, usize::MAX).await.unwrap();
    let said = events.into_iter().any(|event| {
        matches!(event.event, stepwell_engine::Event::RunResumed { changes } if changes.len() == 1 && changes[0].contains("limits"))
    });
    assert!(said, "the log names the limits");
}
