//! Looks that keep no text (rule E33): searches, and files skimmed.

use crate::common::{Ask, World, assert_success, drive_until_requests, one, step, text};
use stepwell_contract::{AttemptEnd, Digest, WorkspaceQuery};
use stepwell_engine::{Drive, ResumeRun};
use stepwell_store::MemoKind;

async fn search(host: &Ask, pattern: &str) -> Result<String, AttemptEnd> {
    let query = WorkspaceQuery {
        pattern: pattern.to_owned(),
        literal: false,
        ignore_case: false,
        paths: "**/*.txt".to_owned(),
        most: 100,
        context: 0,
        options: Vec::new(),
    };
    let findings = host.0.search_files(query).await.map_err(AttemptEnd::from)?;
    let findings = findings.unwrap();
    let files = findings.files.iter().flat_map(|file| {
        let lines = file.lines.iter();
        lines.map(|line| format!("{}:{}", file.path, line.text))
    });
    let mut shown: Vec<String> = files.collect();
    shown.push(format!("({})", findings.unsearched));
    Ok(shown.join(" "))
}

async fn skim(host: &Ask, paths: &[&str]) -> Result<String, AttemptEnd> {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    let skimmed = host.0.skim_files(paths).await.map_err(AttemptEnd::from)?;
    let texts = skimmed.unwrap().into_iter().map(|file| match file {
        Ok(bytes) => String::from_utf8(bytes).unwrap(),
        Err(error) => error.kind.code().to_owned(),
    });
    Ok(texts.collect::<Vec<_>>().join(" "))
}

#[tokio::test]
async fn e33_what_changed_since_a_search_is_the_error_changed() {
    let mut world = World::new().await;
    world.put_file("a.txt", "needle");
    world.put_file("b.txt", "needle");
    world.put_file("c.txt", "needle");
    let folder = world.workspace();
    world.step(
        step("looks").document("out").grant("workspace", "read"),
        move |host: Ask, _| {
            let folder = folder.clone();
            async move {
                let mut seen = vec![host.read("c.txt").await?];
                seen.push(search(&host, "needle").await?);
                for path in ["a.txt", "c.txt"] {
                    std::fs::write(folder.join(path), "other needle").unwrap();
                }
                std::fs::remove_file(folder.join("b.txt")).unwrap();
                for path in ["a.txt", "b.txt", "c.txt"] {
                    seen.push(host.read(path).await?);
                }
                seen.push(search(&host, "needle").await?);
                seen.push(search(&host, "ne+dle").await?);
                seen.push(skim(&host, &["a.txt", "c.txt"]).await?);
                Ok(vec![text("out", seen.join("\n"))])
            }
        },
    );
    let (run, outcome) = world
        .run(&one("looks", "grants.workspace = \"read\""))
        .await;
    assert_success(&outcome);
    let out = world.document(run, "looks", "out", &[]).await.unwrap();
    let all = "a.txt:needle b.txt:needle c.txt:needle (0)";
    assert_eq!(
        out.lines().collect::<Vec<_>>(),
        [
            "needle",
            all,
            "changed",
            "changed",
            "needle",
            all,
            // In other words it is another look, and what can't be read isn't searched.
            "c.txt:needle (1)",
            "changed needle",
        ]
    );
}

#[tokio::test]
async fn e33_what_the_step_staged_is_searched_on_top() {
    let mut world = World::new().await;
    world.put_file("a.txt", "needle");
    world.put_file("b.txt", "needle");
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        |host: Ask, _| async move {
            let mut seen = vec![search(&host, "needle").await?];
            host.write("a.txt", "my needle").await?;
            host.write("sub/c.txt", "new needle").await?;
            host.remove("b.txt").await?;
            seen.push(search(&host, "needle").await?);
            seen.push(host.read("a.txt").await?);
            seen.push(skim(&host, &["a.txt", "b.txt", "sub/c.txt"]).await?);
            Ok(vec![text("out", seen.join("\n"))])
        },
    );
    let (run, outcome) = world
        .run(&one("writes", "grants.workspace = \"write\""))
        .await;
    assert_success(&outcome);
    let out = world.document(run, "writes", "out", &[]).await.unwrap();
    assert_eq!(
        out,
        "a.txt:needle b.txt:needle (0)\na.txt:my needle sub/c.txt:new needle (0)\nmy needle\nmy needle not-found new needle"
    );
}

#[tokio::test]
async fn e33_one_look_is_one_memo_that_names_no_blob_and_is_answered_after_a_kill() {
    let mut world = World::new().await;
    world.put_file("a.txt", "one needle");
    world.put_file("b.txt", "hay");
    world.step(
        step("looks").document("out").grant("workspace", "read"),
        |host: Ask, _| async move {
            let found = search(&host, "needle").await?;
            let skimmed = skim(&host, &["a.txt", "b.txt"]).await?;
            let answer = host.chat("go on").await?;
            Ok(vec![text("out", format!("{found} {skimmed} {answer}"))])
        },
    );
    let run = world
        .start(&one("looks", "grants.workspace = \"read\""))
        .await;
    world.provider.hold();
    drive_until_requests(&world, run, 1).await;
    let execution = world
        .store
        .executions(run, stepwell_store::Gaps::Refuse)
        .await
        .unwrap()
        .remove(0)
        .key;
    let memos = world.store.memos(&execution).await.unwrap();
    let looks = memos.iter().filter(|memo| memo.kind == MemoKind::Search);
    assert_eq!(looks.count(), 2);
    let digest = Digest::of("one needle");
    for memo in &memos {
        assert!(!memo.answer.to_string().contains("sha256:"), "{memo:?}");
    }
    let written = memos.iter().map(|memo| memo.answer.to_string());
    assert!(written.into_iter().any(|memo| memo.contains(&digest.hex())));

    // Killed, and a file that was skimmed is another one: what is remembered is told, what isn't kept is said.
    world.put_file("b.txt", "straw");
    world.restart();
    world.provider.release();
    let request = ResumeRun::default();
    let outcome = world.engine.resume(run, request, Drive::default()).await;
    assert_success(&outcome.unwrap());
    let out = world.document(run, "looks", "out", &[]).await.unwrap();
    assert!(
        out.starts_with("a.txt:one needle (0) one needle changed "),
        "{out}"
    );
}
