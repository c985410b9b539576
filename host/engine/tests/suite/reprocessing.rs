//! A step carried out again from the answers that it got: nothing is asked, and nothing is paid twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use stepwell_contract::{FailureKind, ProblemCode, Remedy, RunId, WaitingFor};
use stepwell_engine::{Drive, ReprocessStep, ResumeRun, RunOutcome, RunStatus, StartRun};
use stepwell_tests::Reply;

use crate::common::{
    Ask, Counting, World, answer, assert_success, failure, one, reply, source, step, text,
};

/// How a plugin reads an answer: each build may read it in another way.
#[derive(Clone, Default)]
struct Build(Arc<AtomicU32>);

impl Build {
    fn is(&self, number: u32) {
        self.0.store(number, Ordering::SeqCst);
    }

    fn number(&self) -> u32 {
        self.0.load(Ordering::SeqCst)
    }
}

/// What a server says to a key that it doesn't know.
fn unauthorised() -> Reply {
    Reply::Status(401, Vec::new(), "{}".into())
}

async fn reprocess(world: &World, run: RunId, step: &str) -> RunOutcome {
    let step = step.parse().unwrap();
    let request = ReprocessStep::default();
    let again = world
        .engine
        .reprocess(run, &step, request, Drive::default());
    again.await.unwrap()
}

async fn resume(world: &World, run: RunId) -> RunOutcome {
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    resumed.await.unwrap()
}

/// A step that asks once in each attempt, tells the model what was wrong, and reads nothing in its first build. In its second
/// it reads what is there, and in its third it asks something else.
async fn world(build: &Build) -> World {
    let mut world = World::new().await;
    let of_step = build.clone();
    let asks = step("asks").document("out");
    world.step(asks, move |host: Ask, _| {
        let build = of_step.clone();
        async move {
            let wrong = host.0.previous_end().unwrap_or_default();
            let question = match build.number() {
                3 => "another question".to_owned(),
                _ => format!("draft {}: {wrong}", host.0.attempt()),
            };
            let answer = host.chat(&question).await?;
            host.write("out.txt", &answer).await?;
            match build.number() {
                1 => Err(failure(FailureKind::InvalidResponse, "no heading", true)),
                _ => Ok(vec![text("out", answer)]),
            }
        }
    });
    let build = build.clone();
    world.step(
        step("after").input("x").document("out"),
        move |host: Ask, inputs: Vec<stepwell_contract::Text>| {
            let build = build.clone();
            async move {
                host.chat(&format!("{} {}", inputs[0].value, build.number()))
                    .await?;
                Ok(inputs
                    .into_iter()
                    .map(|x| text("out", x.value.to_uppercase()))
                    .collect())
            }
        },
    );
    world
}

const FLOW: &str = "name = \"flow\"\n[[steps]]\nid = \"asks\"\nuses = \"builtin:asks\"\nretries = 2\n\
                    grants.workspace = \"write\"\n[[steps]]\nid = \"after\"\nuses = \"builtin:after\"\n\
                    inputs.x = \"{{ steps.asks.out }}\"\n";

#[tokio::test]
async fn after_its_plugin_was_mended_a_step_reads_the_answer_that_was_paid() {
    let build = Build::default();
    build.is(1);
    let world = world(&build).await;
    world
        .provider
        .answer_next(&["one", "two", "three", "of after"]);
    let (run, outcome) = world.run(FLOW).await;
    let problem = outcome.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::InvalidResponse);
    let step = "asks".parse().unwrap();
    let prompt = None;
    assert_eq!(
        problem.remedy,
        Some(Remedy::ReadOrAskAgain { run, step, prompt })
    );
    assert_eq!(world.provider.received().len(), 3);

    build.is(2);
    let outcome = reprocess(&world, run, "asks").await;
    assert_eq!(outcome.status, RunStatus::Waiting, "{:?}", outcome.problem);
    // It finds what its last attempt found, and so the last answer.
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "three"
    );
    assert_eq!(world.file("out.txt").unwrap(), "three");
    assert_eq!(world.provider.received().len(), 3);
    assert_success(&resume(&world, run).await);
    assert_eq!(
        world.document(run, "after", "out", &[]).await.unwrap(),
        "THREE"
    );
    assert_eq!(world.provider.received().len(), 4);
}

#[tokio::test]
async fn a_step_that_succeeded_is_read_again_and_what_depends_on_it_is_stale() {
    let build = Build::default();
    build.is(2);
    let world = world(&build).await;
    world.provider.answer_next(&["one", "of after"]);
    let (run, outcome) = world.run(FLOW).await;
    assert_success(&outcome);
    let outcome = reprocess(&world, run, "asks").await;
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Stale));
    // What the take before wrote is its own: nobody is said to have changed it.
    let events = world.events(run).await;
    assert!(
        events.iter().all(|event| !event.contains("somebody else")),
        "{events:?}"
    );
    assert_eq!(world.file("out.txt").unwrap(), "one");
    assert_eq!(world.provider.received().len(), 2);
    // And again, from what the first take was told.
    reprocess(&world, run, "asks").await;
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "one"
    );
    assert_eq!(world.provider.received().len(), 2);
}

#[tokio::test]
async fn a_question_that_was_not_answered_is_not_sent() {
    let build = Build::default();
    build.is(2);
    let world = world(&build).await;
    world.provider.answer_next(&["one", "of after", "new"]);
    let (run, outcome) = world.run(FLOW).await;
    assert_success(&outcome);
    build.is(3);
    let outcome = reprocess(&world, run, "asks").await;
    assert_eq!(outcome.status, RunStatus::Failure);
    let problem = outcome.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::WouldAsk);
    assert_eq!(
        problem.message,
        "it would ask a model what it didn't ask before, and no answer to that is there"
    );
    assert_eq!(world.provider.received().len(), 2);
    // Who resumes wants it to ask.
    let outcome = resume(&world, run).await;
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "new"
    );
}

#[tokio::test]
async fn a_persons_answers_are_read_again_and_nobody_is_asked() {
    let mut world = World::new().await;
    let build = Build::default();
    let of_step = build.clone();
    world.step(step("asks").document("out"), move |host: Ask, _| {
        let build = of_step.clone();
        async move {
            let mut told = host.question("name").await?;
            if build.number() == 1 {
                told += &host.question("age").await?;
            }
            Ok(vec![text("out", told)])
        }
    });
    let request = StartRun {
        answers: vec![answer("name", "Ada")],
        ..StartRun::new(source(&one("asks", "")))
    };
    let run = world.engine.start(request).await.unwrap();
    assert_success(&world.engine.drive(run, Drive::default()).await.unwrap());
    assert_success(&reprocess(&world, run, "asks").await);
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "Ada"
    );
    build.is(1);
    let problem = reprocess(&world, run, "asks").await.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::WouldAsk);
    assert!(problem.message.contains("ask the person"), "{problem:?}");
}

#[tokio::test]
async fn each_item_reads_its_own_answer_and_rounds_before_the_last_stay() {
    let mut world = World::new().await;
    let build = Build::default();
    world.step(step("list").document("items"), |_: Ask, _| async {
        Ok(vec![text("items", "[\"x\", \"y\"]")])
    });
    let of_step = build.clone();
    world.step(
        step("code").input("item").document("out"),
        move |host: Ask, inputs: Vec<stepwell_contract::Text>| {
            let build = of_step.clone();
            async move {
                let round = host.0.path()[0].round;
                let answer = host
                    .chat(&format!("{} in round {round}", inputs[0].value))
                    .await?;
                Ok(vec![text("out", format!("{answer}#{}", build.number()))])
            }
        },
    );
    world.step(
        step("check").input("x").document("verdict"),
        |host: Ask, _| async move {
            let round = host.0.path()[0].round;
            Ok(vec![text(
                "verdict",
                if round < 2 { "failed" } else { "passed" },
            )])
        },
    );
    let definition = "name = \"w\"\n[[steps]]\nid = \"list\"\nuses = \"builtin:list\"\n\
        [[steps]]\nid = \"build\"\nrepeat = { while = \"steps.build.check.verdict\", is = \"failed\" }\n\
        [[steps.steps]]\nid = \"code\"\nuses = \"builtin:code\"\nfor_each = \"steps.list.items\"\n\
        inputs.item = \"{{ item }}\"\n\
        [[steps.steps]]\nid = \"check\"\nuses = \"builtin:check\"\ninputs.x = \"{{ steps.build.code.out }}\"\n";
    let (run, outcome) = world.run(definition).await;
    assert_success(&outcome);
    let asked = world.provider.received().len();
    assert_eq!(asked, 4);
    build.is(9);
    reprocess(&world, run, "build/code").await;
    assert_eq!(world.provider.received().len(), asked);
    for (item, topic) in [(0, "x"), (1, "y")] {
        for (round, number) in [(1, 0), (2, 9)] {
            let told = world
                .document_at(run, "build/code", "out", &[item], &[Some(round)])
                .await;
            let told = told.unwrap_or_else(|| panic!("{item} {round}"));
            assert!(
                told.contains(&format!("{topic} in round {round}")),
                "{told}"
            );
            assert!(told.ends_with(&format!("#{number}")), "{told}");
        }
    }
    // The check of that round is the rest.
    assert_success(&resume(&world, run).await);
    assert_eq!(world.provider.received().len(), asked);
}

#[tokio::test]
async fn a_step_that_was_not_carried_out_has_no_answer() {
    let build = Build::default();
    build.is(1);
    let world = world(&build).await;
    let (run, _) = world.run(FLOW).await;
    let request = ReprocessStep::default();
    let after = "after".parse().unwrap();
    let refused = world
        .engine
        .reprocess(run, &after, request, Drive::default());
    let refused = refused.await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "step `after` was not carried out in this run: there is no answer to read again"
    );
}

/// What an attempt without an answer leaves is nothing to read: the answers of the attempt before it are.
#[tokio::test]
async fn an_attempt_that_got_no_answer_hides_none() {
    let build = Build::default();
    build.is(1);
    let world = world(&build).await;
    let definition = FLOW.replace("retries = 2", "retries = 1");
    world
        .provider
        .reply_next([reply("one".into()), unauthorised()]);
    let (run, outcome) = world.run(&definition).await;
    assert_ne!(
        outcome.problem.unwrap().code,
        ProblemCode::InvalidResponse,
        "its last attempt was refused"
    );
    build.is(2);
    for _ in 0..2 {
        reprocess(&world, run, "asks").await;
        assert_eq!(
            world.document(run, "asks", "out", &[]).await.unwrap(),
            "one"
        );
    }
    assert_eq!(world.provider.received().len(), 2);
}

#[tokio::test]
async fn of_attempts_that_asked_the_same_the_last_answer_is_read() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        let answer = host.chat("draft").await?;
        match answer.as_str() {
            "bad" => Err(failure(FailureKind::InvalidResponse, "no heading", true)),
            _ => Ok(vec![text("out", answer)]),
        }
    });
    let bad = reply("bad".into());
    world
        .provider
        .reply_next([bad, unauthorised(), reply("good".into())]);
    let (run, outcome) = world.run(&one("asks", "retries = 1")).await;
    assert_eq!(outcome.status, RunStatus::Failure);
    assert_success(&resume(&world, run).await);
    assert_success(&reprocess(&world, run, "asks").await);
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "good"
    );
    assert_eq!(world.provider.received().len(), 3);
}

/// As the SDK does: what was wrong with an answer is kept for every later attempt.
#[tokio::test]
async fn a_question_that_follows_from_a_checkpoint_is_asked_again_as_it_was() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        let mut remark = host.0.load_checkpoint("remark".into()).await?;
        let end = host.0.previous_end().unwrap_or_default();
        if end.starts_with("invalid-response") {
            remark = Some(end.into_bytes());
            let kept = remark.clone().unwrap_or_default();
            host.0
                .save_checkpoint("remark".into(), kept)
                .await?
                .unwrap();
        }
        let remark = String::from_utf8(remark.unwrap_or_default()).unwrap();
        match host.chat(&format!("draft; {remark}")).await? {
            bad if bad == "bad" => Err(failure(FailureKind::InvalidResponse, "no heading", true)),
            good => Ok(vec![text("out", good)]),
        }
    });
    let replies = [reply("bad".into()), unauthorised(), reply("good".into())];
    world.provider.reply_next(replies);
    let (run, _) = world.run(&one("asks", "retries = 1")).await;
    assert_success(&resume(&world, run).await);
    for _ in 0..2 {
        assert_success(&reprocess(&world, run, "asks").await);
        let told = world.document(run, "asks", "out", &[]).await;
        assert_eq!(told.unwrap(), "good");
    }
    assert_eq!(world.provider.received().len(), 3);
}

/// Mending a plugin takes more than one try.
#[tokio::test]
async fn an_answer_that_was_read_in_vain_is_read_again() {
    let build = Build::default();
    build.is(1);
    let world = world(&build).await;
    world.provider.answer_next(&["one", "two", "three"]);
    let (run, _) = world.run(FLOW).await;
    for _ in 0..3 {
        let problem = reprocess(&world, run, "asks").await.problem.unwrap();
        assert_eq!(problem.code, ProblemCode::InvalidResponse, "{problem:?}");
    }
    build.is(2);
    reprocess(&world, run, "asks").await;
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "three"
    );
    assert_eq!(world.provider.received().len(), 3);
}

#[tokio::test]
async fn a_process_that_ends_at_any_commit_leaves_a_run_that_goes_on() {
    for commits in 0.. {
        let build = Build::default();
        build.is(2);
        let mut world = world(&build).await;
        world.provider.answer_next(&["one"]);
        let (run, outcome) = world
            .run(&one("asks", "grants.workspace = \"write\""))
            .await;
        assert_success(&outcome);
        let store = Arc::clone(&world.store);
        world.store = Arc::new(Counting::ending_after(Arc::clone(&store), commits));
        world.restart();
        let step = "asks".parse().unwrap();
        let request = ReprocessStep::default();
        let ended = world
            .engine
            .reprocess(run, &step, request, Drive::default())
            .await;
        world.store = store;
        world.restart();
        if world.view(run).await.summary.status != RunStatus::Success {
            assert_success(&resume(&world, run).await);
        }
        let told = world.document(run, "asks", "out", &[]).await;
        assert_eq!(told.as_deref(), Some("one"), "after {commits} commits");
        assert_eq!(world.provider.received().len(), 1);
        if ended.is_ok() {
            assert!(commits > 2, "it takes some");
            return;
        }
    }
}
