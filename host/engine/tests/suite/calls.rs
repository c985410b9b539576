//! Calls, retries and limits of an execution: the rules E2, E7, E10, E19 and E20, each with the situation that would
//! break it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::common::{
    Ask, World, answer, assert_success, drive_until_requests, failure, one, step, step_view, text,
};
use async_trait::async_trait;
use stepwell_contract::{
    AttemptEnd, ChatRequest, FailureKind, Filling, HeldAgainst, Limit, Message, Misfits,
    PatternError, ProblemCode, Role, SchemaError, TemplateError, TextBound, TextService,
    TextServiceFailed, VariableUse, WaitingFor,
};
use stepwell_engine::{Drive, EngineError, Event, ListRuns, ResumeRun, RunStatus};
use stepwell_tests::Reply;
use stepwell_texts::InProcess;

#[tokio::test]
async fn e7_an_answer_that_is_stored_is_never_asked_for_again() {
    let mut world = World::new().await;
    let provider = Arc::clone(&world.provider);
    let holds = Arc::new(AtomicBool::new(true));
    world.step(step("asks").document("out"), move |host: Ask, _| {
        let (provider, holds) = (Arc::clone(&provider), Arc::clone(&holds));
        async move {
            let first = host.chat("one").await?;
            // The second call is in flight when the process ends.
            if holds.swap(false, SeqCst) {
                provider.hold();
            }
            let second = host.chat("two").await?;
            let third = host.chat("three").await?;
            Ok(vec![text("out", format!("{first}, {second}, {third}"))])
        }
    });
    let run = world.start(&one("asks", "")).await;
    drive_until_requests(&world, run, 2).await;
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
        (outcome.status, outcome.waiting_for.clone()),
        (RunStatus::Waiting, Some(WaitingFor::InDoubt))
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
            assert_eq!(outcome.problem.unwrap().code, ProblemCode::Limit);
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
                too_deep: false,
                exit: None,
                backtrace: String::new(),
                mend: None,
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
async fn a_step_that_ends_its_instance_itself_goes_on_and_nothing_failed() {
    for (status, told) in [
        (0, "goes on in a fresh instance, as attempt 2"),
        (1, "failed: trap: it called exit; attempt 2 follows"),
    ] {
        let mut world = World::new().await;
        let begun = Arc::new(AtomicU32::new(0));
        world.step(step("turns").document("out"), move |host: Ask, _| {
            let first = begun.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                host.checkpoint("stage", "before").await?;
                if first {
                    return Err(AttemptEnd::Trap {
                        message: "it called exit".into(),
                        too_deep: false,
                        exit: Some(status),
                        backtrace: String::new(),
                        mend: None,
                    });
                }
                Ok(vec![text("out", "done")])
            }
        });
        let (run, outcome) = world.run(&one("turns", "")).await;
        assert_eq!(outcome.status, RunStatus::Success);
        let events = world.engine.events(run.into(), 0, 100).await.unwrap();
        let sentences = events
            .iter()
            .filter_map(|event| event.event.told(|_| String::new()));
        assert_eq!(sentences.filter(|sentence| sentence == told).count(), 1);
    }
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
async fn a_call_is_found_by_its_id_or_by_the_end_of_it() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        host.chat("one").await?;
        Ok(vec![text("out", host.chat("two").await?)])
    });
    let (run, outcome) = world.run(&one("asks", "")).await;
    assert_success(&outcome);
    for call in world.calls(run).await {
        let id = call.id.to_string();
        for named in [&id, &id.to_uppercase(), &id.replace('-', ""), &id[24..]] {
            let found = world.engine.call(named).await.unwrap();
            assert_eq!(found.call.id, call.id, "{named}");
        }
        assert_eq!(
            world.engine.find_run(&run.to_string()[20..]).await.unwrap(),
            run
        );
    }
    // Every id ends with nothing, and begins as the others do.
    for named in ["", "nothing", &run.to_string()[..4]] {
        let error = world.engine.call(named).await.unwrap_err();
        assert!(
            matches!(error, EngineError::NoSuchCall { .. }),
            "{named}: {error}"
        );
    }
    let totals = world.engine.totals().await.unwrap();
    assert_eq!(totals.runs, BTreeMap::from([(RunStatus::Success, 1)]));
    assert_eq!((totals.spent.calls, totals.spent.attempts), (2, 2));
    let [listed] = &world.engine.runs(&ListRuns::default()).await.unwrap()[..] else {
        panic!("one run");
    };
    assert_eq!(listed.spent, totals.spent);
}

/// Reads schemas, and fails whenever a value is to be held against one.
struct NoRoom;

#[async_trait]
impl TextService for NoRoom {
    async fn read_template(&self, template: &str) -> Result<Vec<VariableUse>, TemplateError> {
        InProcess.read_template(template).await
    }

    async fn fill_template(&self, filling: Filling<'_>) -> Result<String, TemplateError> {
        InProcess.fill_template(filling).await
    }

    async fn check_schemas(
        &self,
        schemas: &[&serde_json::Value],
    ) -> Result<Vec<Result<(), SchemaError>>, TextServiceFailed> {
        InProcess.check_schemas(schemas).await
    }

    async fn check_values(
        &self,
        _: &[HeldAgainst<'_>],
        _: usize,
    ) -> Result<Vec<Result<Misfits, SchemaError>>, TextServiceFailed> {
        Ok(vec![Err(TextBound::Memory(1 << 20).into())])
    }

    async fn check_patterns(
        &self,
        patterns: &[&str],
    ) -> Result<Vec<Result<(), PatternError>>, TextServiceFailed> {
        InProcess.check_patterns(patterns).await
    }

    async fn search(
        &self,
        pattern: &str,
        text: &str,
    ) -> Result<Result<Option<Range<usize>>, PatternError>, TextServiceFailed> {
        InProcess.search(pattern, text).await
    }
}

#[tokio::test]
async fn a_paid_answer_that_nobody_can_check_is_kept_and_handed_on_with_a_warning() {
    let mut world = World::new().await;
    world.texts = Arc::new(NoRoom);
    world.provider.answer_next(&["[1]"]);
    world.step(
        step("asks").document("out"),
        move |host: Ask, _| async move {
            let request = ChatRequest {
                messages: vec![Message::text(Role::User, "one")],
                answer_schema: Some("{}".into()),
                ..ChatRequest::default()
            };
            let answer = host.0.complete(request).await;
            let answer = answer.map_err(AttemptEnd::Halted)?;
            let answer = answer.map_or_else(|error| error.to_string(), |answer| answer.text);
            Ok(vec![text("out", answer)])
        },
    );
    let (run, outcome) = world.run(&one("asks", "")).await;
    assert_success(&outcome);
    let document = world.document(run, "asks", "out", &[]).await;
    assert_eq!(document.as_deref(), Some("[1]"));
    let calls = world.calls(run).await;
    assert!(calls[0].error.is_none(), "{:?}", calls[0]);
    let events = world.engine.events(run.into(), 0, usize::MAX).await;
    let warned = events.unwrap().into_iter().any(|event| {
        matches!(event.event, Event::Warning { message, .. } if message.contains("1 MiB of memory"))
    });
    assert!(warned);
}
