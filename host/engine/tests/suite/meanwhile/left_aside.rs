//! What a process that was killed between an exchange and keeping had taken out.

use stepwell_contract::{ProblemCode, RunId};
use stepwell_engine::{Drive, RerunStep};
use stepwell_store::{Change, ExecutionRecord};

use super::{definition, executions, restored, warnings, writes};
use crate::common::{World, assert_success, writes_and_blocks};

/// Takes the mark from a file, as a process leaves it that was killed before it could write it.
async fn unmark(world: &World, run: RunId) -> ExecutionRecord {
    let mut execution = executions(world, run).await.remove(0);
    execution.files[0].published = false;
    let change = Change::Execution(Box::new(execution.clone()));
    world.store.commit(vec![change]).await.unwrap();
    execution
}

#[tokio::test]
async fn e14_what_a_killed_process_had_taken_out_is_found_again() {
    for left in ["person", "old", "step"] {
        let mut world = World::new().await;
        world.put_file("sub/a.txt", "old");
        writes(&mut world, &[&[("sub/a.txt", "step")]]);
        let (run, outcome) = world.run(&definition()).await;
        assert_success(&outcome);
        let id = unmark(&world, run).await.id.simple();
        let aside = format!("sub/.stepwell-aside-{id}-0");
        world.put_file(&aside, left);
        world.restart();
        let step = "writes".parse().unwrap();
        let again = world
            .engine
            .rerun(run, &step, RerunStep::default(), Drive::default());
        assert_success(&again.await.unwrap());
        assert_eq!(world.file("sub/a.txt").unwrap(), "step");
        assert_eq!(world.file(&aside), None);
        let said = warnings(&world, run).await;
        assert_eq!(said.len(), usize::from(left == "person"), "{said:?}");
        let before = if left == "person" { "person" } else { "old" };
        assert_eq!(restored(&world, run, "sub/a.txt").await.unwrap(), before);
    }
}

#[tokio::test]
async fn what_a_killed_process_had_taken_out_is_restored_without_a_resume() {
    for restoring in [false, true] {
        let mut world = World::new().await;
        world.put_file("a.txt", "old");
        writes(&mut world, &[&[("a.txt", "step")]]);
        let (run, outcome) = world.run(&definition()).await;
        assert_success(&outcome);
        let (id, end) = match restoring {
            false => (unmark(&world, run).await.id, ""),
            true => (executions(&world, run).await[0].id, "-restored"),
        };
        let aside = format!(".stepwell-aside-{}-0{end}", id.simple());
        world.put_file(&aside, "person");
        world.restart();
        assert_eq!(restored(&world, run, "a.txt").await.unwrap(), "person");
        assert_eq!(world.file(&aside), None);
    }
}

#[tokio::test]
async fn what_a_killed_process_had_taken_out_is_kept_when_its_run_is_cancelled() {
    let mut world = World::new().await;
    world.put_file("a.txt", "old");
    let files = &[("a.txt", "step"), ("m/b.txt", "b")];
    writes_and_blocks(&mut world, "writes", files, "m");
    let (run, outcome) = world.run(&definition()).await;
    assert_eq!(outcome.problem.unwrap().code, ProblemCode::Publishing);
    let aside = format!(
        ".stepwell-aside-{}-0",
        unmark(&world, run).await.id.simple()
    );
    world.put_file(&aside, "person");
    world.restart();
    world.engine.cancel(run).await.unwrap();
    assert_eq!(world.file(&aside), None);
    assert!(warnings(&world, run).await[0].contains("`a.txt` was changed"));
    assert_eq!(restored(&world, run, "a.txt").await.unwrap(), "person");
}
