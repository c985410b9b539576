//! What a round leaves for the next one and for those who come after: files, lists, documents (rule E17).

use crate::common::rounds::{BUILD, FIRST, innermost_round, looping_world, name_of};
use crate::common::{Ask, World, assert_success, step, step_view, text};
use stepwell_contract::Text;
use stepwell_engine::{Drive, RerunStep, ResumeRun, StepStatus};

/// A step that writes the files of its round, and nothing else.
fn writes(world: &mut World, files: &'static [&'static [&'static str]]) {
    world.step(
        step("files").document("verdict"),
        move |host: Ask, _: Vec<Text>| async move {
            let round = host.0.path()[0].round as usize;
            for path in files[round - 1] {
                host.write(path, &format!("{path} of round {round}"))
                    .await?;
            }
            let verdict = if round < files.len() { "more" } else { "done" };
            Ok(vec![text("verdict", verdict)])
        },
    );
}

const FILES: &str = r#"
name = "files"
[[steps]]
id = "files"
uses = "builtin:files"
grants.workspace = "write"
repeat = { while = "steps.files.verdict", is = "more" }
"#;

#[tokio::test]
async fn e17_a_file_that_only_an_earlier_round_wrote_goes() {
    let mut world = World::new().await;
    writes(&mut world, &[&["a", "b", "c"], &["b"], &["b", "c"]]);
    world.put_file("b", "a person's");
    let (run, outcome) = world.run(FILES).await;
    assert_success(&outcome);
    assert_eq!(world.file("a"), None);
    assert_eq!(world.file("b").unwrap(), "b of round 3");
    assert_eq!(world.file("c").unwrap(), "c of round 3");
    let view = world.view(run).await;
    let files = |round: usize| -> Vec<_> {
        let files = step_view(&view, "files").executions[round - 1].files.iter();
        files
            .map(|file| (file.path.as_str(), file.after.is_some()))
            .collect()
    };
    assert_eq!(files(1), [("a", true), ("b", true), ("c", true)]);
    assert_eq!(files(2), [("a", false), ("b", true), ("c", false)]);
    assert_eq!(files(3), [("b", true), ("c", true)]);
}

#[tokio::test]
async fn e17_what_somebody_else_changed_since_stays() {
    let mut world = World::new().await;
    let folder = world.workspace();
    world.step(
        step("files").document("verdict"),
        move |host: Ask, _: Vec<Text>| {
            let folder = folder.clone();
            async move {
                if host.0.path()[0].round == 1 {
                    host.write("mine", "made").await?;
                    host.write("theirs", "made").await?;
                    return Ok(vec![text("verdict", "more")]);
                }
                std::fs::write(folder.join("theirs"), "changed by a person").unwrap();
                Ok(vec![text("verdict", "done")])
            }
        },
    );
    let (_, outcome) = world.run(FILES).await;
    assert_success(&outcome);
    assert_eq!(world.file("mine"), None);
    assert_eq!(world.file("theirs").unwrap(), "changed by a person");
}

/// A list that each round makes anew, and a step for each of its items.
const PARTS: &str = r#"
name = "parts"
[[steps]]
id = "build"
repeat = { while = "steps.build.check.verdict", is = "failed" }
  [[steps.steps]]
  id = "split"
  uses = "builtin:split"
  [[steps.steps]]
  id = "code"
  uses = "builtin:code"
  for_each = "steps.build.split.parts"
  grants.workspace = "write"
  inputs.x = "{{ item }}"
  [[steps.steps]]
  id = "check"
  uses = "builtin:check"
  inputs.x = "{{ steps.build.code.out }}"
"#;

#[tokio::test]
async fn e17_the_files_of_another_list_stay() {
    let (mut world, _) = looping_world(&["failed", "passed"]).await;
    world.step(
        step("split").document("parts"),
        |host: Ask, _: Vec<Text>| async move {
            let parts = [r#"["a", "b", "c"]"#, r#"["b"]"#][innermost_round(&host) - 1];
            Ok(vec![text("parts", parts)])
        },
    );
    world.step(
        step("code").input("x").document("out"),
        |host: Ask, inputs: Vec<Text>| async move {
            let path = &inputs[0].value;
            let of_round = format!("{path} of round {}", innermost_round(&host));
            host.write(path, &of_round).await?;
            Ok(vec![text("out", "x")])
        },
    );
    let (_, outcome) = world.run(PARTS).await;
    assert_success(&outcome);
    let files = ["a", "b", "c"].map(|path| world.file(path).unwrap());
    // The only item of the second round has the number of the one that wrote `a`.
    assert_eq!(files, ["a of round 1", "b of round 2", "c of round 1"]);
}

#[tokio::test]
async fn e17_what_a_round_of_a_new_take_writes_again_stays_in_the_rounds_after_it() {
    let (mut world, _) = looping_world(&["failed", "passed"]).await;
    world.step(
        step("split").document("parts"),
        |host: Ask, _: Vec<Text>| async move {
            let parts = [r#"["a", "b", "c"]"#, r#"["c"]"#][innermost_round(&host) - 1];
            Ok(vec![text("parts", parts)])
        },
    );
    world.step(
        step("code").input("x").document("out"),
        |host: Ask, inputs: Vec<Text>| async move {
            let path = &inputs[0].value;
            host.write(path, path).await?;
            Ok(vec![text("out", "x")])
        },
    );
    let (run, outcome) = world.run(PARTS).await;
    assert_success(&outcome);
    // Everything again, with the same texts: what the first take wrote in its first round is the second take's now.
    let step = "build/split".parse().unwrap();
    let rerun = world
        .engine
        .rerun(run, &step, RerunStep::default(), Drive::default());
    rerun.await.unwrap();
    let resumed = world
        .engine
        .resume(run, ResumeRun::default(), Drive::default());
    assert_success(&resumed.await.unwrap());
    for path in ["a", "b", "c"] {
        assert_eq!(world.file(path).as_deref(), Some(path));
    }
}

#[tokio::test]
async fn a_round_reads_its_list_anew_and_the_texts_of_the_round_before_are_a_list() {
    let (mut world, rounds) = looping_world(&["failed", "passed"]).await;
    world.step(
        step("split").input("x").document("parts"),
        |host: Ask, inputs: Vec<Text>| async move {
            host.write("seen", &inputs[0].value).await?;
            let parts = [r#"["a", "b", "c"]"#, r#"["d"]"#][innermost_round(&host) - 1];
            Ok(vec![text("parts", parts)])
        },
    );
    let definition = r#"
name = "parts"
[[steps]]
id = "build"
repeat = { while = "steps.build.check.verdict", is = "failed" }
  [[steps.steps]]
  id = "split"
  uses = "builtin:split"
  grants.workspace = "write"
  inputs.x = "{{ steps.build.code.out | default('none') }}"
  [[steps.steps]]
  id = "code"
  uses = "builtin:work"
  for_each = "steps.build.split.parts"
  inputs.x = "{{ item }}"
  [[steps.steps]]
  id = "check"
  uses = "builtin:check"
  inputs.x = "{{ steps.build.code.out }}"
"#;
    let (run, outcome) = world.run(definition).await;
    assert_success(&outcome);
    assert_eq!(
        world.file("seen").unwrap(),
        r#"["code[0]~1.1(a)","code[1]~1.1(b)","code[2]~1.1(c)"]"#
    );
    let report = world.document(run, "build/check", "report", &[]).await;
    assert_eq!(report.unwrap(), r#"report on ["code[0]~2.1(d)"]"#);
    assert_eq!(rounds.taken().len(), 6);
    let view = world.view(run).await;
    let code = step_view(&view, "build/code");
    assert_eq!((code.status, code.items), (StepStatus::Success, Some(1)));
}

#[tokio::test]
async fn a_step_that_lists_documents_sees_those_of_the_round_before_or_of_its_own() {
    let (mut world, rounds) = looping_world(&["failed", "passed"]).await;
    let seen = rounds.clone();
    world.step(
        step("look").input("x").document("out"),
        move |host: Ask, _: Vec<Text>| {
            let seen = seen.clone();
            async move {
                let mut all = Vec::new();
                for step in ["build/work", "build/check"] {
                    let listed = host.0.document_entries(step.into()).await.unwrap();
                    for entry in listed.unwrap() {
                        let read = host.0.read_document(step.into(), entry.name, Vec::new());
                        all.push(read.await.unwrap().unwrap());
                    }
                }
                seen.did(&format!("{}: {}", name_of(&host), all.join(", ")));
                Ok(vec![text("out", "x")])
            }
        },
    );
    let middle = "  [[steps.steps]]\n  id = \"look\"\n  uses = \"builtin:look\"\n  inputs.x = \"{{ steps.build.work.out }}{{ steps.build.check.report | default('') }}\"\n  [[steps.steps]]\n  id = \"check\"";
    let last = "[[steps]]\nid = \"after\"\nuses = \"builtin:look\"";
    let definition = BUILD
        .replace("  [[steps.steps]]\n  id = \"check\"", middle)
        .replace("[[steps]]\nid = \"after\"\nuses = \"builtin:work\"", last)
        .replace(
            "inputs.x = \"{{ steps.build.work.out }}\"",
            "inputs.x = \"{{ steps.build.look.out }}\"",
        );
    let (_, outcome) = world.run(&definition).await;
    assert_success(&outcome);
    let looks: Vec<_> = rounds
        .taken()
        .into_iter()
        .filter(|line| line.contains(':'))
        .collect();
    let second = "work~2.1(report on x)";
    assert_eq!(
        looks,
        [
            format!("look~1.1: {FIRST}"),
            format!("look~2.1: {second}, report on x, failed"),
            format!("after~1: {second}, report on x, passed"),
        ]
    );
}
