//! Whoever waits for a file holds up nobody else, even where there is one thread for all.
#![cfg(unix)]

use std::path::Path;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use stepwell_engine::DefinitionSource;

use crate::common::{Ask, World, one, step, text};

/// Takes the one thread that may block until others had their turn, and has `reader` and another task go on meanwhile. Whoever
/// reads on the one that works is done before the others. `before` is how much other work that may block comes first.
async fn beside<T>(before: usize, reader: impl Future<Output = T>) -> T {
    let had_turn = std::cell::Cell::new(false);
    let reader = async {
        let read = reader.await;
        assert!(had_turn.get(), "the file was read where others work");
        read
    };
    let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
    let block = || {
        let (go_on, turn) = mpsc::channel();
        let begun = begun.clone();
        tokio::task::spawn_blocking(move || {
            begun.send(()).unwrap();
            // It would wait for ever for those who never get their turn; a test should say so instead.
            turn.recv_timeout(Duration::from_secs(20)).unwrap();
        });
        go_on
    };
    let mut blocking = block();
    let others = async {
        for _ in 0..before {
            begins.recv().await.unwrap();
            // It stands behind the work that is waited for now, and before what follows from that.
            let next = block();
            std::mem::replace(&mut blocking, next).send(()).unwrap();
        }
        begins.recv().await.unwrap();
        had_turn.set(true);
        blocking.send(()).unwrap();
    };
    tokio::join!(biased; reader, others).0
}

/// One thread that works, and one that may block.
fn alone(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(1)
        .enable_all()
        .build();
    runtime.unwrap().block_on(test);
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

#[test]
fn the_file_of_a_plugin() {
    alone(async {
        let world = world().await;
        // Where it really lies is asked first.
        let checked = beside(1, world.engine.plugin("nowhere.wasm", &world.workspace())).await;
        assert!(checked.is_err());
    });
}

#[test]
fn the_file_of_a_definition() {
    alone(async {
        let world = world().await;
        let file = world.workspace().join("flow.toml");
        let start = stepwell_engine::StartRun::new(at(&file, one("a", "")));
        let run = world.engine.start(start).await.unwrap();
        world.put_file("flow.toml", "not what was expected");
        beside(0, world.engine.run(run)).await.unwrap();
    });
}

#[tokio::test]
async fn a_pipe_in_the_project_is_no_definition() {
    let world = world().await;
    world.put_file("flow.toml", &one("a", ""));
    let pipe = world.workspace().join("pipe.toml");
    assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    assert_eq!(world.engine.definitions().await.len(), 1);
}
