//! The line ends, the bits and the last line of a file that git hides are kept when a step replaces it (rule E6).

use std::os::unix::fs::PermissionsExt as _;

use stepwell_contract::Digest;
use stepwell_engine::Selection;

use crate::common::{Ask, World, assert_success, one, step, text};

#[tokio::test]
async fn e6_a_hidden_file_keeps_its_line_ends_and_one_that_is_seen_has_what_the_step_wrote() {
    let mut world = World::new().await;
    world.put_file(".gitignore", "*.local\nhidden/\n");
    world.put_file("crlf.local", "a\r\nb\r\n");
    world.put_file("hidden/lf.txt", "a\nb");
    world.put_file("mixed.local", "a\r\nb\n");
    world.put_file("seen.txt", "a\r\nb\r\n");
    let bits = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(world.workspace().join("crlf.local"), bits).unwrap();
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            host.write("crlf.local", "x\ny\n").await?;
            host.write("hidden/lf.txt", "x\r\ny\r\n").await?;
            host.write("mixed.local", "x\ny\n").await?;
            host.write("seen.txt", "x\ny\n").await?;
            host.write("new.local", "x\r\n").await?;
            // It learns nothing of what is hidden from it.
            let own = host.read("crlf.local").await?;
            Ok(vec![text("out", own)])
        },
    );
    let (run, outcome) = world
        .run(&one("writes", "grants.workspace = \"write\""))
        .await;
    assert_success(&outcome);
    for (path, written) in [
        ("crlf.local", "x\r\ny\r\n"),
        ("hidden/lf.txt", "x\ny"),
        ("mixed.local", "x\ny\n"),
        ("seen.txt", "x\ny\n"),
        ("new.local", "x\r\n"),
    ] {
        assert_eq!(world.file(path).unwrap(), written, "{path}");
    }
    let out = world.document(run, "writes", "out", &[]).await.unwrap();
    assert_eq!(out, "x\ny\n");
    let there = std::fs::metadata(world.workspace().join("crlf.local")).unwrap();
    assert_eq!(there.permissions().mode() & 0o777, 0o640);
    let files = world
        .engine
        .files(run, &Selection::default())
        .await
        .unwrap();
    let kept = files.iter().find(|file| file.path == "crlf.local").unwrap();
    assert_eq!(kept.after, Some(Digest::of("x\r\ny\r\n")));
    assert!(!kept.replaced_foreign);
    let restored = world.engine.restore_file(run, "crlf.local", false);
    restored.await.unwrap();
    assert_eq!(world.file("crlf.local").unwrap(), "a\r\nb\r\n");
}
