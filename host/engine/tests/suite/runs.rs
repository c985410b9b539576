//! Runs that are taken further: questions, takes, pins and what replays (the rules E8, E18, E21, E22, E24 and E28).

use std::sync::Arc;

use crate::common::{Ask, World, answer, assert_success, one, source, step, text};
use stepwell_contract::{AttemptEnd, WaitingFor};
use stepwell_engine::{Drive, RerunStep, ResumeRun, RunStatus, StartRun};

#[tokio::test]
async fn what_a_step_warned_of_is_kept_with_its_outcome_once_and_only_so_much() {
    let mut world = World::new().await;
    world.step(step("asks").document("out"), |host: Ask, _| async move {
        for number in [0, 0, 1] {
            let message = format!("odd {number}");
            host.0.log(stepwell_contract::LogLevel::Warn, message);
        }
        let name = host.question("name").await?;
        for number in 2..100 {
            let message = format!("odd {number}");
            host.0.log(stepwell_contract::LogLevel::Error, message);
        }
        Ok(vec![text("out", name)])
    });
    let (run, _) = world.run(&one("asks", "")).await;
    world.restart();
    let request = ResumeRun {
        answers: vec![answer("name", "Ada")],
        ..ResumeRun::default()
    };
    let resumed = world.engine.resume(run, request, Drive::default()).await;
    assert_success(&resumed.unwrap());
    let view = world.view(run).await;
    let warned = &view.steps[0].executions[0].warnings;
    let expected: Vec<String> = (0..20).map(|number| format!("odd {number}")).collect();
    assert_eq!(*warned, expected);
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
    assert_eq!(outcome.waiting_for, Some(WaitingFor::Answers));
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
            by: String::new(),
            based_on: None,
            plugin: None,
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
    let events = world
        .engine
        .events(run.into(), 0, usize::MAX)
        .await
        .unwrap();
    let said = events.into_iter().any(|event| {
        matches!(event.event, stepwell_engine::Event::RunResumed { changes } if changes.len() == 1 && changes[0].contains("limits"))
    });
    assert!(said, "the log names the limits");
}

#[tokio::test]
async fn e21_a_plugin_that_the_definition_cannot_be_run_with_is_not_pinned() {
    let mut world = World::new().await;
    let writes = |host: Ask, _| async move {
        host.chat("anything").await?;
        Ok(vec![text("out", "text")])
    };
    world.step(step("writes").document("out"), writes);
    world.step(
        step("other").input("needed").document("else"),
        |_: Ask, _| async move { Ok(vec![text("else", "")]) },
    );
    let (run, outcome) = world.run(&one("writes", "")).await;
    assert_success(&outcome);
    let rerun = |plugin: &str| RerunStep {
        plugin: Some(plugin.into()),
        ..RerunStep::default()
    };
    let path = "writes".parse().unwrap();
    let refused = world
        .engine
        .rerun(run, &path, rerun("builtin:other"), Drive::default())
        .await;
    assert!(refused.unwrap_err().to_string().contains("problem"));
    // Nothing changed, and another plugin may still be chosen.
    world.restart();
    assert_eq!(world.view(run).await.summary.status, RunStatus::Success);
    let again = world
        .engine
        .rerun(run, &path, rerun("builtin:writes"), Drive::default())
        .await;
    assert_success(&again.unwrap());
}

#[test]
fn the_published_schema_lists_what_a_run_may_wait_for_and_fail_of() {
    let schema = stepwell_engine::Engine::run_schema();
    let words = |name: &str| -> Vec<String> {
        let words = schema["$defs"][name]["anyOf"].as_array().unwrap().iter();
        words
            .filter_map(|one| one["const"].as_str().map(str::to_owned))
            .collect()
    };
    assert_eq!(
        words("WaitingFor"),
        ["answers", "until", "in-doubt", "stale"]
    );
    for code in ["limit", "conflict", "publishing", "invalid-response"] {
        assert!(words("ProblemCode").contains(&code.to_owned()), "{code}");
    }
}

#[tokio::test]
async fn a_run_whose_plugin_was_let_go_of_loads_it_again() {
    let mut world = World::new().await;
    let runner = Arc::clone(&world.runner);
    for name in ["a", "b"] {
        let runner = Arc::clone(&runner);
        world.step(step(name).document("text"), move |_: Ask, _| {
            // As when others load so many that there is no room for this run's.
            runner.let_go();
            async { Ok(vec![text("text", "x")]) }
        });
    }
    let definition = "name = \"two\"\n[[steps]]\nid = \"a\"\nuses = \"builtin:a\"\n\
                      [[steps]]\nid = \"b\"\nuses = \"builtin:b\"\n";
    let id = world.start(definition).await;
    runner.let_go();
    let outcome = world.engine.drive(id, Drive::default()).await.unwrap();
    assert_success(&outcome);
}
