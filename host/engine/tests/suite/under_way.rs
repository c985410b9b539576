//! A run while somebody drives it: followed by others, answered from elsewhere, waited for.

use std::sync::Arc;

use stepwell_contract::{AttemptEnd, WaitingFor};
use stepwell_engine::{
    AddVersion, Drive, EngineError, Event, Happening, ResumeRun, RunError, RunStatus, StartRun,
    TakeUp,
};

use crate::common::{Ask, World, answer, assert_success, one, source, step, text};

const BESIDE: &str = r#"
name = "beside"
[[steps]]
id = "asks"
uses = "builtin:asks"
[[steps]]
id = "calls"
uses = "builtin:calls"
"#;

async fn world() -> World {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        Ok(vec![text("out", host.question("name").await?)])
    });
    world.step(step("calls").document("out"), |host: Ask, _| async move {
        Ok::<_, AttemptEnd>(vec![text("out", host.chat("hello").await?)])
    });
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_reaches_a_run_that_is_under_way() {
    let world = world().await;
    world.provider.hold();
    let run = world.start(BESIDE).await;
    let engine = world.engine.clone();
    let driving = tokio::spawn(async move { engine.drive(run, Drive::default()).await });
    World::wait_for_requests(&world.provider, 1).await;
    let mut follow = world.engine.follow(run, 0);
    while let Some(happening) = follow.next().await.unwrap() {
        if let Happening::Event(event) = happening
            && matches!(event.event, Event::Question { .. })
        {
            break;
        }
    }
    assert!(
        world
            .engine
            .answer(run, &[answer("name", "Ada")], &[])
            .await
            .unwrap()
    );
    while let Some(happening) = follow.next().await.unwrap() {
        // The other step is still under way.
        if let Happening::Event(event) = happening
            && matches!(event.event, Event::StepSucceeded { .. })
        {
            break;
        }
    }
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "Ada"
    );
    world.provider.release();
    assert_success(&driving.await.unwrap().unwrap());
    assert!(
        !world
            .engine
            .answer(run, &[answer("name", "Eve")], &[])
            .await
            .unwrap(),
        "nobody carries it on"
    );
}

#[tokio::test]
async fn a_form_is_declined_from_elsewhere_and_the_next_one_is_asked() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        let first = host.question("name").await?;
        let second = host.question("colour").await?;
        Ok(vec![text("out", format!("{first} {second}"))])
    });
    let (run, outcome) = world.run(&one("asks", "")).await;
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Answers));
    let decline = || ResumeRun {
        declined: vec!["asks".parse().unwrap()],
        ..ResumeRun::default()
    };
    let declined = world.engine.resume(run, decline(), Drive::default());
    let outcome = declined.await.unwrap();
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Answers));
    let request = ResumeRun {
        answers: vec![answer("colour", "red")],
        ..ResumeRun::default()
    };
    let outcome = world.engine.resume(run, request, Drive::default()).await;
    assert_success(&outcome.unwrap());
    let out = world.document(run, "asks", "out", &[]).await;
    assert_eq!(out.unwrap(), "declined red");
}

#[tokio::test]
async fn a_run_that_is_stopped_while_known_answers_are_used_waits_for_nobody() {
    let keys = || (0..50).map(|number| format!("k{number}"));
    let mut world = World::new().await;
    world.step(
        step("asks").document("out"),
        move |host: Ask, _| async move {
            let keys: Vec<String> = keys().collect();
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            Ok(vec![text("out", host.form(&keys).await?.join(","))])
        },
    );
    let start = StartRun {
        answers: keys().map(|key| answer(&key, "Ada")).collect(),
        ..StartRun::new(source(&one("asks", "")))
    };
    let run = world.engine.start(start).await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let drive = Drive {
        stop: Some(stopped),
        ..Drive::default()
    };
    let mut follow = world.engine.follow(run, 0);
    let watch = async {
        while let Some(happening) = follow.next().await.unwrap() {
            if let Happening::Event(event) = happening
                && matches!(event.event, Event::Answered { .. })
            {
                break;
            }
        }
        stop.send_replace(true);
    };
    let (outcome, ()) = tokio::join!(world.engine.drive(run, drive), watch);
    assert_eq!(outcome.unwrap().status, RunStatus::Interrupted);
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default())
        .await;
    assert_success(&resumed.unwrap());
    let out = world.document(run, "asks", "out", &[]).await.unwrap();
    assert_eq!(out, ["Ada"; 50].join(","));
}

/// A page is drawn from a view, and drawn anew when something happens after its cursor.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_view_does_not_show_yet_comes_after_its_cursor() {
    let mut world = World::new().await;
    world.step(step("quick").document("out"), |_: Ask, _| async move {
        Ok::<_, AttemptEnd>(vec![text("out", "done")])
    });
    let mut before_the_end = 0;
    for _ in 0..200 {
        let run = world.start(&one("quick", "")).await;
        let engine = world.engine.clone();
        let driving = tokio::spawn(async move { engine.drive(run, Drive::default()).await });
        let mut views = Vec::new();
        while !driving.is_finished() {
            views.push(world.engine.run(run).await.unwrap());
        }
        assert_success(&driving.await.unwrap().unwrap());
        for view in views {
            if view.summary.status == RunStatus::Success {
                continue;
            }
            before_the_end += 1;
            let after = world
                .engine
                .events(run.into(), view.cursor, usize::MAX)
                .await;
            let mut after = after.unwrap().into_iter();
            assert!(
                after.any(|it| matches!(it.event, Event::RunEnded { .. })),
                "{:?} at {}",
                view.summary.status,
                view.cursor
            );
        }
    }
    assert!(before_the_end > 0, "nobody looked in time");
}

#[tokio::test]
async fn only_a_form_that_is_open_can_be_declined() {
    let world = world().await;
    world.provider.hold();
    let run = world.start(BESIDE).await;
    let engine = world.engine.clone();
    let driving = tokio::spawn(async move { engine.drive(run, Drive::default()).await });
    World::wait_for_requests(&world.provider, 1).await;
    let asks_nothing = ["calls".parse().unwrap()];
    let refused = world.engine.answer(run, &[], &asks_nothing).await;
    assert!(matches!(
        refused,
        Err(EngineError::Run(RunError::NothingAsked { .. }))
    ));
    world.provider.release();
    driving.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_run_that_was_taken_up_is_nobody_elses_and_what_was_given_is_durable() {
    let mut world = world().await;
    let (run, outcome) = world.run(&one("asks", "")).await;
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Answers));
    let request = ResumeRun {
        answers: vec![answer("name", "Ada")],
        ..ResumeRun::default()
    };
    let taken = world
        .engine
        .take_up(run, TakeUp::Resume(request), None)
        .await
        .unwrap();
    assert_eq!(world.engine.under_way(), [run.into()]);
    for refused in [
        world.engine.drive(run, Drive::default()).await.map(|_| ()),
        world.engine.cancel(run).await,
    ] {
        assert!(matches!(
            refused,
            Err(EngineError::Run(RunError::UnderWay { .. }))
        ));
    }
    // As if the process ended before it drove the run.
    drop(taken);
    world.restart();
    assert_eq!(world.engine.interrupted().await.unwrap(), [run]);
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "asks", "out", &[]).await.unwrap(),
        "Ada"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_run_learns_where_it_is() {
    let world = world().await;
    world.provider.hold();
    let run = world.start(&one("calls", "")).await;
    let engine = world.engine.clone();
    let driving = tokio::spawn(async move { engine.drive(run, Drive::default()).await });
    World::wait_for_requests(&world.provider, 1).await;
    let engine = world.engine.clone();
    let waiting = tokio::spawn(async move { engine.at_rest(run).await });
    world.provider.release();
    driving.await.unwrap().unwrap();
    assert_eq!(waiting.await.unwrap().unwrap().status, RunStatus::Success);
}

#[tokio::test]
async fn two_editors_of_one_prompt_cant_both_be_the_first() {
    let world = Arc::new(world().await);
    let add = |content: &str, based_on| AddVersion {
        name: "greeting".parse().unwrap(),
        content: content.into(),
        note: String::new(),
        by: String::new(),
        based_on,
        plugin: None,
    };
    world
        .engine
        .add_prompt_version(add("a", None))
        .await
        .unwrap();
    let (one, other) = tokio::join!(
        world.engine.add_prompt_version(add("b", Some(1))),
        world.engine.add_prompt_version(add("c", Some(1))),
    );
    let refused = [one, other].into_iter().filter_map(Result::err);
    let refused: Vec<_> = refused.map(|error| error.to_string()).collect();
    assert_eq!(
        refused,
        ["prompt `greeting` got v2 while you worked on a text that is based on v1"]
    );
}

#[test]
fn a_project_lists_its_definitions() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let world = world().await;
        world.put_file("flows/beside.toml", BESIDE);
        world.put_file("Cargo.toml", "[package]\nname = \"steps\"\n");
        world.put_file("hidden/other.toml", BESIDE);
        world.put_file(".gitignore", "hidden\n");
        let found = world.engine.definitions().await;
        let files: Vec<_> = found.iter().map(|view| view.file.as_str()).collect();
        assert_eq!(files, ["flows/beside.toml"]);
        let source = world.engine.definition("flows/beside.toml").await.unwrap();
        assert_eq!(source.text, BESIDE);
        for elsewhere in ["../flows/beside.toml", "hidden/other.toml", "Cargo.toml"] {
            assert!(
                world.engine.definition(elsewhere).await.is_err(),
                "{elsewhere}"
            );
        }
    });
}
