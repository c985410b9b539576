//! A copy of the workspace as a directory of the step's own: rule E26, and what `attempts-left` and
//! `previous-progress` tell a step that goes on after its instance was ended.

use crate::common::{Ask, World, assert_success, one, source, step, step_view, text};
use stepwell_contract::{AttemptEnd, Limit, ProblemCode, Remedy};
use stepwell_engine::{ResumeRun, RunStatus, StartRun};

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

#[tokio::test]
async fn a_step_sees_what_the_run_changed_and_what_was_there_before_it() {
    let mut world = World::new().await;
    world.put_file("kept.py", "kept");
    world.put_file("changed.py", "old");
    world.put_file("removed.py", "gone");
    let writes = || step("writes").document("out").grant("workspace", "write");
    world.step(writes(), |host: Ask, _| async move {
        host.write("changed.py", "new").await?;
        host.write("added.py", "added").await?;
        host.remove("removed.py").await?;
        Ok(vec![text("out", "x")])
    });
    world.step(
        step("again")
            .input("after")
            .document("out")
            .grant("workspace", "write"),
        |host: Ask, _| async move {
            host.write("changed.py", "newer").await?;
            Ok(vec![text("out", host.changed().await?)])
        },
    );
    world.step(copier().input("after"), |host: Ask, _| async move {
        let (changed, kept) = (host.changed().await?, host.before("kept.py").await?);
        Ok(vec![text("out", format!("{changed}, {kept}"))])
    });
    let definition = format!(
        "name = \"demo\"\n[[steps]]\nid = \"writes\"\nuses = \"builtin:writes\"\ngrants.workspace = \"write\"\n\
         [[steps]]\nid = \"again\"\nuses = \"builtin:again\"\ngrants.workspace = \"write\"\n\
         inputs.after = \"{{{{ steps.writes.out }}}}\"\n\
         [[steps]]\nid = \"copies\"\nuses = \"builtin:copies\"\n{GRANT}\ninputs.after = \"{{{{ steps.again.out }}}}\"\n"
    );
    let (run, outcome) = world.run(&definition).await;
    assert_success(&outcome);
    let before = "added.py=not-found changed.py=old removed.py=gone";
    let again = world.document(run, "again", "out", &[]).await.unwrap();
    assert_eq!(again, before, "what a step itself writes isn't among them");
    let copies = world.document(run, "copies", "out", &[]).await.unwrap();
    assert_eq!(copies, format!("{before}, kept"));
}

#[tokio::test]
async fn e6_what_git_ignores_is_named_and_seen_where_a_line_includes_it() {
    let mut world = World::new().await;
    world.put_file(".gitignore", "version.py\nmade/\n");
    world.put_file("src/thing/version.py", "1");
    world.put_file("src/other/version.py", "2");
    world.put_file("made/deep/a.py", "a");
    world.put_file(".git/version.py", "closed");
    world.step(copier(), |host: Ask, _| async move {
        let ignored = host.ignored("**/*.py").await?;
        let read = host.read("src/thing/version.py").await?;
        Ok(vec![text(
            "out",
            format!("{}, {ignored}, {read}", host.copied()),
        )])
    });
    let (run, outcome) = world.run(&one("copies", GRANT)).await;
    assert_success(&outcome);
    let out = world.document(run, "copies", "out", &[]).await.unwrap();
    let hidden = "made/deep/a.py src/other/version.py src/thing/version.py";
    assert_eq!(
        out,
        format!(".gitignore=version.py\nmade/\n, {hidden}, not-found")
    );
    let more = format!("{GRANT}\ngrants.include = [\"src/thing/version.py\", \"made\"]");
    let (run, outcome) = world.run(&one("copies", &more)).await;
    assert_success(&outcome);
    let out = world.document(run, "copies", "out", &[]).await.unwrap();
    let copied = "made/deep/a.py=a src/thing/version.py=1";
    assert_eq!(
        out,
        format!(".gitignore=version.py\nmade/\n {copied}, src/other/version.py, 1")
    );
}

#[tokio::test]
async fn a_folder_that_leads_out_of_the_project_is_not_lent() {
    let mut world = World::new().await;
    world.put_file("packages/a.py", "a");
    world.put_file("nested/deep/.git/config", "secret");
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), world.workspace().join("link")).unwrap();
    world.step(copier(), |host: Ask, _| async move {
        Ok(vec![text("out", host.copied())])
    });
    for (path, words) in [
        ("packages", None),
        ("link", Some("outside of the project")),
        ("..", Some("outside of the project")),
        ("nowhere", Some("it isn't there")),
        ("packages/a.py", Some("it is no folder")),
        ("nested", Some("`.git` is the project's own")),
        ("nested/deep/.git", Some("`.git` is the project's own")),
    ] {
        let more = format!("{GRANT}\ngrants.read = [{{ path = \"{path}\", at = \"/packages\" }}]");
        let when = "when = { value = \"inputs.wanted\", is = \"yes\" }\n[inputs]\nwanted = { default = \"yes\" }";
        for left_out in ["", "optional = true", when] {
            // A folder that isn't there may be made meanwhile, and without a step that may be left out the run goes on.
            let may_start = words.is_none() || path == "nowhere" || !left_out.is_empty();
            let definition = one("copies", &format!("{more}\n{left_out}"));
            if !may_start {
                let started = world.engine.start(StartRun::new(source(&definition))).await;
                let refused = format!("{:?}", started.unwrap_err());
                assert!(refused.contains(words.unwrap()), "{refused}");
                continue;
            }
            let (run, outcome) = world.run(&definition).await;
            let view = world.view(run).await;
            let problem = step_view(&view, "copies").executions[0].problem.clone();
            match words {
                None => assert_success(&outcome),
                Some(words) => {
                    let problem = problem.unwrap();
                    assert_eq!(problem.code, ProblemCode::Denied);
                    assert!(problem.message.contains(words), "{}", problem.message);
                }
            }
        }
    }
    let mut configuration = stepwell_definition::Configuration::default();
    configuration.sandbox.read = vec![outside.path().to_owned()];
    let mut world = World::with(configuration).await;
    world.step(copier(), |host: Ask, _| async move {
        Ok(vec![text("out", host.copied())])
    });
    let path = outside.path().display();
    let more = format!("{GRANT}\ngrants.read = [{{ path = \"{path}\", at = \"/packages\" }}]");
    let (_, outcome) = world.run(&one("copies", &more)).await;
    assert_success(&outcome);
}
