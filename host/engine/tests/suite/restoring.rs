//! What is said of a file that was restored is what was done (rule E14).

use stepwell_contract::{Digest, RunId};
use stepwell_engine::{GivenBack, RestoredFile};

use crate::common::{Ask, World, assert_success, one, step, text};

/// A run that writes `a.txt`, over what a person wrote or removed meanwhile where `meanwhile` says so.
async fn ran(before: Option<&str>, meanwhile: Option<Option<&'static str>>) -> (World, RunId) {
    let mut world = World::new().await;
    if let Some(before) = before {
        world.put_file("a.txt", before);
    }
    let path = world.workspace().join("a.txt");
    world.step(
        step("writes").document("out").grant("workspace", "write"),
        move |host: Ask, _| {
            let path = path.clone();
            async move {
                host.write("a.txt", "step").await?;
                match meanwhile {
                    Some(Some(person)) => std::fs::write(path, person).unwrap(),
                    Some(None) => std::fs::remove_file(path).unwrap(),
                    None => {}
                }
                Ok(vec![text("out", "")])
            }
        },
    );
    let (run, outcome) = world
        .run(&one("writes", "grants.workspace = \"write\""))
        .await;
    assert_success(&outcome);
    (world, run)
}

async fn restored(world: &World, run: RunId) -> RestoredFile {
    let restored = world.engine.restore_file(run, "a.txt", false);
    restored.await.unwrap()
}

#[tokio::test]
async fn a_restored_file_says_whose_text_it_has() {
    let cases = [
        (Some("old"), None, GivenBack::AsBefore, Some("old")),
        (None, None, GivenBack::NoFile, None),
        (
            Some("old"),
            Some(Some("person")),
            GivenBack::OthersText,
            Some("person"),
        ),
        (
            None,
            Some(Some("person")),
            GivenBack::OthersText,
            Some("person"),
        ),
        (Some("old"), Some(None), GivenBack::OthersRemoval, None),
    ];
    for (before, meanwhile, what, now) in cases {
        let (world, run) = ran(before, meanwhile).await;
        for changed in [true, false] {
            let restored = restored(&world, run).await;
            assert_eq!((restored.what, restored.changed), (what, changed));
            assert_eq!(restored.text, now.map(Digest::of));
            assert_eq!(world.file("a.txt").as_deref(), now);
        }
    }
}

#[tokio::test]
async fn a_folder_that_stands_where_the_run_made_a_file_stays_and_is_named() {
    let (world, run) = ran(None, None).await;
    std::fs::remove_file(world.workspace().join("a.txt")).unwrap();
    world.put_file("a.txt/inside", "mine");
    let restored = restored(&world, run).await;
    assert_eq!(
        (restored.what, restored.changed),
        (GivenBack::Folder, false)
    );
    assert_eq!(world.file("a.txt/inside").unwrap(), "mine");
}

#[tokio::test]
async fn a_text_that_was_named_is_told_as_that() {
    let (world, run) = ran(Some("old"), Some(Some("person"))).await;
    let step = Digest::of("old").to_string();
    let restored = world.engine.restore_text(run, "a.txt", &step, false);
    let restored = restored.await.unwrap();
    assert_eq!(restored.what, GivenBack::Named);
    assert_eq!(restored.text, Some(Digest::of("old")));
    assert_eq!(world.file("a.txt").unwrap(), "old");
}
