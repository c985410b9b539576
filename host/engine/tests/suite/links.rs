//! A symbolic link in the workspace is a person's: a step writes through it, and nothing replaces it (rule E14).

use std::os::unix::fs::symlink;
use std::path::Path;

use stepwell_contract::{Digest, ProblemCode};
use stepwell_engine::{Drive, GivenBack, ResumeRun, Selection};

use crate::common::{Ask, World, answer, assert_success, one, step, text};

fn link(world: &World, target: &str, link: &str) {
    symlink(target, world.workspace().join(link)).unwrap();
}

#[track_caller]
fn is_link(world: &World, link: &str, target: &str) {
    let there = std::fs::read_link(world.workspace().join(link));
    assert_eq!(there.unwrap(), Path::new(target), "{link}");
}

fn writing() -> String {
    one("writes", "grants.workspace = \"write\"")
}

#[tokio::test]
async fn what_is_written_to_a_link_is_written_to_its_file_and_restored_there() {
    let mut world = World::new().await;
    world.put_file("docs/real.md", "old");
    link(&world, "docs/real.md", "link.md");
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            let mut seen = vec![host.read("link.md").await?];
            seen.push(host.write("link.md", "new").await?);
            // What it wrote it reads under both names.
            seen.push(host.read("link.md").await?);
            seen.push(host.read("docs/real.md").await?);
            Ok(vec![text("out", seen.join(", "))])
        },
    );
    let (run, outcome) = world.run(&writing()).await;
    assert_success(&outcome);
    let out = world.document(run, "writes", "out", &[]).await.unwrap();
    assert_eq!(out, "old, ok, new, new");
    is_link(&world, "link.md", "docs/real.md");
    assert_eq!(world.file("docs/real.md").unwrap(), "new");
    let files = world
        .engine
        .files(run, &Selection::default())
        .await
        .unwrap();
    assert_eq!(files.len(), 1);
    assert_eq!(files[0].path, "docs/real.md");
    assert_eq!(files[0].before, Some(Digest::of("old")));
    // Both names bring it back, and the link stays.
    for name in ["link.md", "docs/real.md"] {
        world.put_file("docs/real.md", "new");
        let restored = world.engine.restore_file(run, name, false).await.unwrap();
        assert_eq!(restored.path, "docs/real.md");
        assert_eq!(
            (restored.what, restored.changed),
            (GivenBack::AsBefore, true)
        );
        assert_eq!(world.file("docs/real.md").unwrap(), "old");
        is_link(&world, "link.md", "docs/real.md");
    }
}

#[tokio::test]
async fn two_names_of_a_file_are_one_file_to_the_steps_of_a_run() {
    let mut world = World::new().await;
    world.put_file("real.md", "old");
    link(&world, "real.md", "link.md");
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            host.write("link.md", "one").await?;
            host.write("real.md", "two").await?;
            Ok(vec![text("out", "")])
        },
    );
    world.step(
        step("looks")
            .input("after")
            .document("out")
            .grant("workspace", "read"),
        |host: Ask, _| async move {
            let now = host.read("link.md").await?;
            let before = host.before("link.md").await?;
            Ok(vec![text(
                "out",
                format!("{now}, {before}, {}", host.changed().await?),
            )])
        },
    );
    let definition = "name = \"two\"\n[[steps]]\nid = \"writes\"\nuses = \"builtin:writes\"\ngrants.workspace = \"write\"\n\
                      [[steps]]\nid = \"looks\"\nuses = \"builtin:looks\"\ngrants.workspace = \"read\"\n\
                      inputs.after = \"{{ steps.writes.out }}\"\n";
    let (run, outcome) = world.run(definition).await;
    assert_success(&outcome);
    let out = world.document(run, "looks", "out", &[]).await.unwrap();
    assert_eq!(out, "two, old, real.md=old");
    is_link(&world, "link.md", "real.md");
}

#[tokio::test]
async fn a_link_to_nothing_and_one_to_outside_are_refused_to_the_step_itself() {
    let mut world = World::new().await;
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("precious"), "mine").unwrap();
    world.put_file("real.md", "old");
    symlink(
        outside.path().join("precious"),
        world.workspace().join("out.md"),
    )
    .unwrap();
    link(&world, "nothing", "dangling.md");
    link(&world, "real.md", "link.md");
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            let mut told = Vec::new();
            for path in ["out.md", "dangling.md"] {
                told.push(host.write(path, "new").await?);
            }
            told.push(host.remove("link.md").await?);
            Ok(vec![text("out", told.join("; "))])
        },
    );
    let (run, outcome) = world.run(&writing()).await;
    assert_success(&outcome);
    let out = world.document(run, "writes", "out", &[]).await.unwrap();
    assert!(!out.contains("ok"), "{out}");
    is_link(&world, "dangling.md", "nothing");
    is_link(&world, "link.md", "real.md");
    let files = world
        .engine
        .files(run, &Selection::default())
        .await
        .unwrap();
    assert!(files.is_empty(), "{files:?}");
    let precious = std::fs::read_to_string(outside.path().join("precious"));
    assert_eq!(precious.unwrap(), "mine");
}

/// Somebody makes a link where a step has just written: nothing of the outcome is published over it, nor beside it.
#[tokio::test]
async fn a_link_that_somebody_makes_meanwhile_stops_publishing_before_the_first_file() {
    let mut world = World::new().await;
    world.put_file("a.md", "old a");
    world.put_file("z.md", "old z");
    let folder = world.workspace();
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let folder = folder.clone();
            async move {
                host.write("a.md", "new a").await?;
                host.write("z.md", "new z").await?;
                std::fs::rename(folder.join("z.md"), folder.join("elsewhere.md")).unwrap();
                symlink("elsewhere.md", folder.join("z.md")).unwrap();
                Ok(vec![text("out", "")])
            }
        },
    );
    let (run, outcome) = world.run(&writing()).await;
    let problem = outcome.problem.unwrap();
    assert_eq!(problem.code, ProblemCode::Publishing);
    let message = problem.message;
    assert!(
        message.contains("z.md") && message.contains("symbolic link"),
        "{message}"
    );
    is_link(&world, "z.md", "elsewhere.md");
    assert_eq!(world.file("elsewhere.md").unwrap(), "old z");
    assert_eq!(world.file("a.md").unwrap(), "old a");
    // With the link out of the way it goes on there.
    std::fs::remove_file(world.workspace().join("z.md")).unwrap();
    world.restart();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    assert_success(&resumed.await.unwrap());
    assert_eq!(world.file("a.md").unwrap(), "new a");
    assert_eq!(world.file("z.md").unwrap(), "new z");
}

/// A path through a linked folder stands for the file that it leads to: for what is written, read, held by a gate and removed.
#[tokio::test]
async fn a_path_through_a_linked_folder_is_that_of_the_file_behind_it() {
    let mut world = World::new().await;
    world.put_file("lib/a.md", "old");
    world.put_file("lib/gone.md", "gone");
    link(&world, "lib", "src");
    let writes = step("writes").document("out").grant("workspace", "write");
    world.step(writes, |host: Ask, _| async move {
        let mut told = Vec::new();
        for (path, text) in [("src/a.md", "new"), ("src/deep/new.md", "made")] {
            told.push(host.write(path, text).await?);
        }
        told.push(host.remove("src/gone.md").await?);
        for path in ["lib/a.md", "src/a.md", "lib/deep/new.md", "lib/gone.md"] {
            told.push(host.read(path).await?);
        }
        Ok(vec![text("out", told.join(" "))])
    });
    let looks = step("looks").input("after").document("out");
    world.step(
        looks.grant("workspace", "read"),
        |host: Ask, _| async move {
            let mut told = Vec::new();
            for path in ["lib/a.md", "src/a.md", "src/deep/new.md", "src/gone.md"] {
                told.push(host.read(path).await?);
            }
            told.push(host.changed().await?);
            told.push(host.published("src/a.md").await?);
            Ok(vec![text("out", told.join(" "))])
        },
    );
    let gate = step("ask")
        .input("after")
        .document("decision")
        .gate("decision");
    world.step(gate, |host: Ask, _| async move {
        Ok(vec![text("decision", host.question("decision").await?)])
    });
    let definition = "name = \"linked\"\n[[steps]]\nid = \"writes\"\nuses = \"builtin:writes\"\ngrants.workspace = \"write\"\n\
                      [[steps]]\nid = \"looks\"\nuses = \"builtin:looks\"\ngrants.workspace = \"read\"\n\
                      inputs.after = \"{{ steps.writes.out }}\"\n\
                      [[steps]]\nid = \"ask\"\nuses = \"builtin:ask\"\ninputs.after = \"{{ steps.looks.out }}\"\n";
    let (run, _) = world.run(definition).await;
    let out = world.document(run, "writes", "out", &[]).await.unwrap();
    assert_eq!(out, "ok ok ok new new made not-found");
    let out = world.document(run, "looks", "out", &[]).await.unwrap();
    assert_eq!(
        out,
        "new new made not-found lib/a.md=old lib/deep/new.md=not-found lib/gone.md=gone old"
    );
    assert_eq!(world.file("lib/a.md").unwrap(), "old");
    let request = ResumeRun {
        answers: vec![answer("decision", "yes")],
        ..ResumeRun::default()
    };
    let resumed = world.engine.resume(run, request, Drive::default());
    assert_success(&resumed.await.unwrap());
    assert_eq!(world.file("lib/a.md").unwrap(), "new");
    assert_eq!(world.file("lib/deep/new.md").unwrap(), "made");
    assert_eq!(world.file("lib/gone.md"), None);
    is_link(&world, "src", "lib");
}
