//! A copy of the workspace as a directory of the step's own: rule E26, and what `attempts-left` and
//! `previous-progress` tell a step that goes on after its instance was ended.

use crate::common::{Ask, World, assert_success, one, step, text};
use stepwell_contract::{AttemptEnd, Limit, ProblemCode, Remedy};
use stepwell_engine::{ResumeRun, RunStatus};

fn copier() -> crate::common::Declared {
    step("copies").document("out").grant("workspace", "copy")
}

const GRANT: &str = "grants.workspace = \"copy\"";

#[tokio::test]
async fn e26_the_copy_has_what_a_step_may_read_and_nothing_else() {
    let mut world = World::new().await;
    world.put_file("src/a.py", "a");
    world.put_file("ignored.log", "noise");
    world.put_file(".gitignore", "*.log\n");
    world.put_file(".git/config", "secret");
    world.put_file("stepwell.toml", "");
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            host.write("b.py", "b").await?;
            // What this run wrote is seen, whatever .gitignore says.
            host.write("made.log", "made").await?;
            Ok(vec![text("out", host.copied())])
        },
    );
    world.step(copier().input("after"), |host: Ask, _| async move {
        let read = host.read("src/a.py").await?;
        let written = host.write("c.py", "c").await?;
        Ok(vec![text(
            "out",
            format!("{}, {read}, {written}", host.copied()),
        )])
    });
    let definition = format!(
        "name = \"demo\"\n[[steps]]\nid = \"writes\"\nuses = \"builtin:writes\"\ngrants.workspace = \"write\"\n\
         [[steps]]\nid = \"copies\"\nuses = \"builtin:copies\"\n{GRANT}\ninputs.after = \"{{{{ steps.writes.out }}}}\"\n"
    );
    let (run, outcome) = world.run(&definition).await;
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "writes", "out", &[]).await.unwrap(),
        "",
        "who isn't granted a copy gets none"
    );
    let out = world.document(run, "copies", "out", &[]).await.unwrap();
    let (copied, rest) = out.split_once(", ").unwrap();
    assert_eq!(copied, ".gitignore=*.log\n b.py=b made.log=made src/a.py=a");
    assert!(rest.starts_with("a, "), "it may read: {rest}");
    assert!(rest.contains("denied"), "it may not write: {rest}");
    assert!(world.file("c.py").is_none());
}

#[tokio::test]
async fn e26_every_attempt_gets_the_same_anew() {
    let mut world = World::new().await;
    world.put_file("a.py", "old");
    let folder = world.workspace();
    world.step(copier(), move |host: Ask, _| {
        let folder = folder.clone();
        async move {
            let seen = host.checkpointed("seen").await?.unwrap_or_default();
            let left = host.0.attempts_left();
            let at = host.0.previous_progress().unwrap_or_default();
            let seen = format!("{seen}{} with {left} left after `{at}`; ", host.copied());
            host.0.advance(0, 1, "begins".into());
            host.0.advance(1, 1, format!("ends {left}"));
            host.checkpoint("seen", &seen).await?;
            std::fs::write(folder.join("a.py"), "new").unwrap();
            std::fs::write(folder.join("b.py"), "new").unwrap();
            if left > 0 {
                return Err(AttemptEnd::Limit {
                    limit: Limit::Cpu,
                    used: "much".into(),
                    allowed: "little".into(),
                });
            }
            Ok(vec![text("out", seen)])
        }
    });
    let more = format!("{GRANT}\nlimits.attempts = 3");
    let (run, outcome) = world.run(&one("copies", &more)).await;
    assert_success(&outcome);
    assert_eq!(
        world.document(run, "copies", "out", &[]).await.unwrap(),
        "a.py=old with 2 left after ``; a.py=old with 1 left after `ends 2`; a.py=old with 0 left after `ends 1`; "
    );
}

#[tokio::test]
async fn e26_a_workspace_beyond_the_limits_is_not_copied_until_there_is_room() {
    let mut world = World::new().await;
    for number in 0..4 {
        world.put_file(&format!("{number}.txt"), "12345");
    }
    world.step(copier(), |host: Ask, _| async move {
        Ok(vec![text("out", host.copied())])
    });
    let more = format!("{GRANT}\nlimits.files = 3");
    let (run, outcome) = world.run(&one("copies", &more)).await;
    assert_eq!(outcome.status, RunStatus::Failure);
    let problem = outcome.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::Limit);
    assert!(problem.message.contains("4 files"), "{}", problem.message);
    assert!(problem.message.contains("`limits.files` allows 3"));
    assert!(matches!(problem.remedy, Some(Remedy::ShrinkCopy { .. })));

    std::fs::remove_file(world.workspace().join("0.txt")).unwrap();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), stepwell_engine::Drive::default())
        .await
        .unwrap();
    assert_success(&resumed);
    let out = world.document(run, "copies", "out", &[]).await.unwrap();
    assert_eq!(out, "1.txt=12345 2.txt=12345 3.txt=12345");

    let more = format!("{GRANT}\nlimits.file_bytes = \"14 B\"");
    let (_, outcome) = world.run(&one("copies", &more)).await;
    let problem = outcome.problem.unwrap();
    assert!(problem.message.contains("15 bytes"), "{}", problem.message);
    assert!(problem.message.contains("`limits.file_bytes` allows 14"));
}
