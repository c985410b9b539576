//! Whoever waits for a file holds up nobody else, even where there is one thread for all.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use stepwell_engine::DefinitionSource;

use crate::common::{Ask, World, one, step, text};

/// A pipe, whose reader waits until others had their turn. Whether they had, says the thread.
struct Slow {
    others: mpsc::Sender<()>,
    writer: JoinHandle<bool>,
}

impl Slow {
    fn file(path: PathBuf) -> Self {
        let made = Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(made.success());
        let (others, turn) = mpsc::channel();
        let writer = std::thread::spawn(move || {
            // It waits for ever for those who never get their turn; a test should say so instead.
            let had = turn.recv_timeout(Duration::from_secs(20)).is_ok();
            std::fs::write(path, "not what was expected").unwrap();
            had
        });
        Self { others, writer }
    }

    /// Waits for `reader`, beside another task, and gives what it gave.
    async fn beside<T>(self, reader: impl Future<Output = T>) -> T {
        let others = async { self.others.send(()).unwrap() };
        let (read, ()) = tokio::join!(reader, others);
        assert!(self.writer.join().unwrap(), "the others were held up");
        read
    }
}

async fn world() -> World {
    let mut world = World::new().await;
    world.step(step("a").document("text"), |_: Ask, _| async {
        Ok(vec![text("text", "x")])
    });
    world
}

fn at(file: &Path, text: String) -> DefinitionSource {
    DefinitionSource {
        text,
        file: Some(file.display().to_string()),
    }
}

#[tokio::test]
async fn the_file_of_a_plugin() {
    let world = world().await;
    let slow = Slow::file(world.workspace().join("slow.wasm"));
    let definition = one("a", "").replace("builtin:a", "slow.wasm");
    let file = world.workspace().join("flow.toml");
    let checked = slow
        .beside(world.engine.check(&at(&file, definition)))
        .await;
    assert!(checked.is_err());
}

#[tokio::test]
async fn the_file_of_a_definition() {
    let world = world().await;
    let file = world.workspace().join("flow.toml");
    let start = stepwell_engine::StartRun::new(at(&file, one("a", "")));
    let run = world.engine.start(start).await.unwrap();
    let slow = Slow::file(file);
    let view = slow.beside(world.engine.run(run)).await;
    view.unwrap();
}

#[tokio::test]
async fn a_pipe_in_the_project_is_no_definition() {
    let world = world().await;
    world.put_file("flow.toml", &one("a", ""));
    let pipe = world.workspace().join("pipe.toml");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    assert_eq!(world.engine.definitions().await.len(), 1);
}
