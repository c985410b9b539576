//! Comparisons: each cell an execution that publishes nothing, shared first looks, nothing run twice (rule E27).

use std::collections::BTreeMap;
use std::sync::Arc;

use stepwell_contract::{
    Budget, FailureKind, GoOn, Name, ProblemCode, Remedy, RunId, WorkspaceErrorKind,
};
use stepwell_definition::{Case, Check};
use stepwell_engine::{
    AddVersion, CellAddress, CellStatus, CompareIn, ComparisonStatus, ComparisonView, ListRuns,
    RateCell, ResumeComparison, ResumeRun, StartComparison,
};

use crate::common::{Ask, World, assert_success, failure, one, source, step, text};

const DEFINITION: &str = "name = \"one\"\n[[steps]]\nid = \"draft\"\nuses = \"builtin:draft\"\ninputs.topic = \"tea\"\n\
                          grants.workspace = \"write\"\ngrants.prompts = \"write\"\n";

/// A step that fills its prompt, asks a model, reads a file, writes one, and adds a version.
pub(crate) async fn world() -> World {
    let mut world = World::new().await;
    let draft =
        step("draft")
            .input("topic")
            .document("text")
            .prompt("draft", "v1 {{ topic }}", &["topic"]);
    world.step(draft, |host: Ask, inputs: Vec<_>| async move {
        let prompt = host
            .0
            .render_prompt("draft".into(), inputs)
            .await
            .unwrap()
            .unwrap();
        let answer = host.chat(&prompt).await?;
        let note = host.read("note.txt").await?;
        host.write("out.txt", &answer).await?;
        let _ = host
            .0
            .add_prompt("draft".into(), "by a step".into(), String::new())
            .await;
        Ok(vec![text("text", format!("{answer}|{note}"))])
    });
    world.put_file("note.txt", "a note");
    world
}

async fn add(world: &World, content: &str) {
    let add = AddVersion {
        name: "draft".parse().unwrap(),
        content: content.into(),
        note: "shorter".into(),
        by: "anna".into(),
        based_on: None,
        plugin: None,
    };
    world.engine.add_prompt_version(add).await.unwrap();
}

/// A run with its step done, and a second version of its prompt.
pub(crate) async fn with_two_versions(world: &World) -> RunId {
    let run = world
        .start(&DEFINITION.replace("grants.prompts = \"write\"\n", ""))
        .await;
    add(world, "v2 {{ topic }}").await;
    let outcome = world.engine.drive(run, Default::default()).await.unwrap();
    assert_success(&outcome);
    run
}

fn in_definition() -> StartComparison {
    let within = CompareIn::Definition {
        definition: source(DEFINITION),
    };
    StartComparison::new("draft", within)
}

pub(crate) fn case(id: &str, topic: &str) -> Case {
    Case {
        id: id.into(),
        inputs: BTreeMap::from([("topic".into(), topic.into())]),
        ..Case::default()
    }
}

pub(crate) async fn compared(world: &World, request: StartComparison) -> ComparisonView {
    let id = world.engine.start_comparison(request).await.unwrap();
    world.engine.drive_comparison(id, None).await.unwrap();
    world.engine.comparison(id).await.unwrap()
}

fn statuses(view: &ComparisonView) -> Vec<CellStatus> {
    view.cells.iter().map(|cell| cell.status).collect()
}

async fn text_of(world: &World, view: &ComparisonView, case: u32, variant: u32) -> String {
    let address = CellAddress {
        comparison: view.summary.id,
        case,
        variant,
        repeat: 1,
    };
    let detail = world.engine.comparison_cell(&address).await.unwrap();
    detail.documents["text"].clone()
}

#[tokio::test]
async fn e27_each_version_meets_each_case_and_nothing_is_published() {
    let world = world().await;
    with_two_versions(&world).await;
    std::fs::remove_file(world.workspace().join("out.txt")).unwrap();
    let runs_before = world.engine.runs(&ListRuns::default()).await.unwrap().len();
    let request = StartComparison {
        cases: vec![case("tea", "tea"), case("milk", "milk")],
        ..in_definition()
    };
    let view = compared(&world, request).await;
    assert_eq!(view.summary.status, ComparisonStatus::Finished);
    assert_eq!(view.summary.labels, ["v1", "v2"]);
    assert_eq!(statuses(&view), [CellStatus::Success; 4]);
    assert!(text_of(&world, &view, 0, 0).await.contains("v1 tea"));
    assert!(text_of(&world, &view, 0, 1).await.contains("v2 tea"));
    assert!(text_of(&world, &view, 1, 1).await.contains("v2 milk"));

    // What it would have written is kept with the cell, and nowhere else.
    assert_eq!(view.cells[0].files, ["out.txt"]);
    assert_eq!(world.file("out.txt"), None);
    let prompt = world
        .engine
        .prompt(&"draft".parse::<Name>().unwrap())
        .await
        .unwrap();
    assert_eq!(prompt.versions.len(), 2);
    assert_eq!(
        world.engine.runs(&ListRuns::default()).await.unwrap().len(),
        runs_before
    );
    let cell = view.cells[0].run.unwrap();
    assert!(
        world
            .engine
            .resume(cell, ResumeRun::default(), Default::default())
            .await
            .is_err()
    );
    let detail = CellAddress {
        comparison: view.summary.id,
        case: 0,
        variant: 0,
        repeat: 1,
    };
    let detail = world.engine.comparison_cell(&detail).await.unwrap();
    assert_eq!(detail.prompts, ["v1 tea"]);
    assert_eq!(detail.answers.len(), 1);
    assert_eq!(detail.files[0].before, None);
}

#[tokio::test]
async fn e27_what_is_there_already_is_not_run_again() {
    let world = world().await;
    let run = with_two_versions(&world).await;
    let within = || StartComparison::new("draft", CompareIn::Run { run });
    let first = compared(&world, within()).await;
    assert_eq!(first.spent.calls, 2);
    let asked = world.provider.received().len();
    add(&world, "v3 {{ topic }}").await;
    let second = compared(&world, within()).await;
    // Only the new version is asked for.
    assert_eq!(world.provider.received().len(), asked + 1);
    let taken_over: Vec<bool> = second.cells.iter().map(|cell| cell.taken_over).collect();
    assert_eq!(taken_over, [true, true, false]);
    assert_eq!(second.spent.calls, 1);
    // Another repeat is another cell.
    let third = compared(
        &world,
        StartComparison {
            repeats: 2,
            ..within()
        },
    )
    .await;
    assert_eq!(world.provider.received().len(), asked + 4);
    assert_eq!(third.cells.len(), 6);
}

#[tokio::test]
async fn e27_cells_see_what_the_step_of_the_run_saw() {
    let world = world().await;
    let run = with_two_versions(&world).await;
    world.put_file("note.txt", "another note");
    let view = compared(
        &world,
        StartComparison::new("draft", CompareIn::Run { run }),
    )
    .await;
    assert!(text_of(&world, &view, 0, 0).await.ends_with("|a note"));
    assert!(text_of(&world, &view, 0, 1).await.ends_with("|a note"));
    // A case that brings its files sees only those.
    let own = Case {
        files: Some(BTreeMap::from([("note.txt".into(), "its own".into())])),
        ..case("own", "tea")
    };
    let none = Case {
        files: Some(BTreeMap::new()),
        ..case("none", "tea")
    };
    let request = StartComparison {
        cases: vec![own, none],
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let view = compared(&world, request).await;
    assert!(text_of(&world, &view, 0, 1).await.ends_with("|its own"));
    let not_found = format!("|{}", WorkspaceErrorKind::NotFound.code());
    assert!(text_of(&world, &view, 1, 0).await.ends_with(&not_found));
}

#[tokio::test]
async fn e27_what_is_in_the_way_of_a_file_is_seen_by_the_cells_that_see_that_folder() {
    let mut world = World::new().await;
    let writes = step("writes").input("topic").document("text");
    world.step(writes, |host: Ask, _: Vec<_>| async move {
        let written = host.write("docs/a.py", "pass").await?;
        Ok(vec![text("text", written)])
    });
    world.put_file("docs", "a plain file, where a folder should be");
    let there = case("there", "tea");
    let own = Case {
        files: Some(BTreeMap::from([("docs/b.py".into(), "pass".into())])),
        ..case("own", "tea")
    };
    for cases in [vec![there.clone(), own.clone()], vec![own, there]] {
        let definition = "name = \"one\"\n[[steps]]\nid = \"writes\"\nuses = \"builtin:writes\"\n\
                          inputs.topic = \"tea\"\ngrants.workspace = \"write\"\n";
        let within = CompareIn::Definition {
            definition: source(definition),
        };
        let request = StartComparison {
            concurrency: 1,
            cases: cases.clone(),
            ..StartComparison::new("writes", within)
        };
        let view = compared(&world, request).await;
        for (place, case) in cases.iter().enumerate() {
            let told = text_of(&world, &view, place.try_into().unwrap(), 0).await;
            match case.id.as_str() {
                "own" => assert_eq!(told, "ok"),
                _ => assert!(told.contains("`docs` is not a folder"), "{told}"),
            }
        }
    }
}

#[tokio::test]
async fn e27_a_stopped_comparison_goes_on_and_asks_nothing_twice() {
    let mut world = world().await;
    with_two_versions(&world).await;
    let asked_before = world.provider.received().len();
    let topics = ["a", "b", "c", "d", "e", "f"];
    let request = StartComparison {
        cases: topics.iter().map(|topic| case(topic, topic)).collect(),
        concurrency: 1,
        ..in_definition()
    };
    let id = world.engine.start_comparison(request).await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let provider = Arc::clone(&world.provider);
    let watch = async move {
        World::wait_for_requests(&provider, asked_before + 4).await;
        stop.send_replace(true);
    };
    let (outcome, ()) = tokio::join!(world.engine.drive_comparison(id, Some(stopped)), watch);
    assert_eq!(outcome.unwrap().status, ComparisonStatus::Interrupted);
    world.restart();
    let halfway = world.engine.comparison(id).await.unwrap();
    assert_eq!(halfway.summary.status, ComparisonStatus::Interrupted);
    let outcome = world.engine.drive_comparison(id, None).await.unwrap();
    assert_eq!(outcome.status, ComparisonStatus::Finished);
    let view = world.engine.comparison(id).await.unwrap();
    assert_eq!(statuses(&view), [CellStatus::Success; 12]);
    // At most the call that was in flight is asked again.
    let asked = world.provider.received().len() - asked_before;
    assert!((12..=13).contains(&asked), "{asked}");
}

#[tokio::test]
async fn e27_comparisons_that_overlap_share_their_cells() {
    let world = world().await;
    let run = with_two_versions(&world).await;
    let asked_before = world.provider.received().len();
    let request = |topics: &[&str], concurrency| StartComparison {
        cases: topics.iter().map(|topic| case(topic, topic)).collect(),
        concurrency,
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let mut ids = Vec::new();
    for (topics, concurrency) in [
        (["a", "b", "c", "d"], 1),
        (["a", "b", "c", "e"], 4),
        (["d", "c", "f", "a"], 2),
    ] {
        let request = request(&topics, concurrency);
        ids.push(world.engine.start_comparison(request).await.unwrap());
    }
    let drive = |id| world.engine.drive_comparison(id, None);
    let (one, two, three) = tokio::join!(drive(ids[0]), drive(ids[1]), drive(ids[2]));
    for outcome in [one, two, three] {
        assert_eq!(outcome.unwrap().status, ComparisonStatus::Finished);
    }
    for id in ids {
        let view = world.engine.comparison(id).await.unwrap();
        assert_eq!(statuses(&view), [CellStatus::Success; 8]);
    }
    // Six topics by two versions.
    assert_eq!(world.provider.received().len() - asked_before, 12);
}

#[tokio::test]
async fn e27_a_cell_of_a_comparison_that_is_stopped_is_taken_over() {
    let world = world().await;
    let run = with_two_versions(&world).await;
    let asked_before = world.provider.received().len();
    let request = || StartComparison {
        cases: vec![case("a", "a"), case("b", "b")],
        concurrency: 1,
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let first = world.engine.start_comparison(request()).await.unwrap();
    let second = world.engine.start_comparison(request()).await.unwrap();
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let provider = Arc::clone(&world.provider);
    let watch = async move {
        World::wait_for_requests(&provider, asked_before + 1).await;
        stop.send_replace(true);
    };
    let (broken_off, outcome, ()) = tokio::join!(
        world.engine.drive_comparison(first, Some(stopped)),
        world.engine.drive_comparison(second, None),
        watch
    );
    assert_eq!(broken_off.unwrap().status, ComparisonStatus::Interrupted);
    assert_eq!(outcome.unwrap().status, ComparisonStatus::Finished);
    let view = world.engine.comparison(second).await.unwrap();
    assert_eq!(statuses(&view), [CellStatus::Success; 4]);
    // At most the call that was in flight is asked again.
    let asked = world.provider.received().len() - asked_before;
    assert!((4..=5).contains(&asked), "{asked}");
}

#[tokio::test]
async fn e27_of_a_for_each_step_each_item_is_a_case() {
    let mut world = World::new().await;
    world.step(step("list").document("items"), |_: Ask, _| async {
        Ok(vec![text("items", "[\"x\", \"y\"]")])
    });
    let each =
        step("each")
            .input("topic")
            .document("text")
            .prompt("each", "{{ topic }}!", &["topic"]);
    world.step(each, |host: Ask, inputs: Vec<_>| async move {
        let prompt = host
            .0
            .render_prompt("each".into(), inputs)
            .await
            .unwrap()
            .unwrap();
        Ok(vec![text("text", host.chat(&prompt).await?)])
    });
    let definition = "name = \"many\"\n[[steps]]\nid = \"list\"\nuses = \"builtin:list\"\n[[steps]]\nid = \"each\"\n\
                      uses = \"builtin:each\"\nfor_each = \"steps.list.items\"\ninputs.topic = \"{{ item }}\"\n";
    let (run, outcome) = world.run(definition).await;
    assert_success(&outcome);
    let view = compared(&world, StartComparison::new("each", CompareIn::Run { run })).await;
    let ids: Vec<&str> = view.cases.iter().map(|case| case.id.as_str()).collect();
    assert_eq!(ids, ["[0]", "[1]"]);
    assert_eq!(view.cases[1].inputs["topic"], "y");
    assert!(text_of(&world, &view, 1, 0).await.contains("y!"));
}

#[tokio::test]
async fn a_question_is_answered_by_the_case_or_nobody_is_there() {
    let mut world = World::new().await;
    world.step(step("asks").document("text"), |host: Ask, _| async move {
        Ok(vec![text("text", host.question("colour").await?)])
    });
    let answered = Case {
        answers: BTreeMap::from([("colour".into(), "blue".into())]),
        id: "answered".into(),
        ..Case::default()
    };
    let nobody = Case {
        id: "nobody".into(),
        ..Case::default()
    };
    let within = CompareIn::Definition {
        definition: source(&one("asks", "")),
    };
    let request = StartComparison {
        cases: vec![answered, nobody],
        ..StartComparison::new("asks", within)
    };
    let view = compared(&world, request).await;
    assert_eq!(text_of(&world, &view, 0, 0).await, "blue");
    assert_eq!(text_of(&world, &view, 1, 0).await, "nobody-there");
}

#[tokio::test]
async fn a_cap_stops_the_whole_and_a_higher_one_lets_it_go_on() {
    let world = world().await;
    with_two_versions(&world).await;
    let request = StartComparison {
        cases: vec![case("a", "a"), case("b", "b"), case("c", "c")],
        concurrency: 1,
        budget: Budget {
            tokens: Some(165),
            money: None,
        },
        ..in_definition()
    };
    let id = world.engine.start_comparison(request).await.unwrap();
    let outcome = world.engine.drive_comparison(id, None).await.unwrap();
    assert_eq!(outcome.status, ComparisonStatus::Stopped);
    let problem = outcome.problem.unwrap();
    assert!(
        problem.message.contains("budget of the comparison")
            && problem.message.contains("raise `--max-tokens`"),
        "{problem:?}"
    );
    let then = GoOn::Comparison(id);
    assert_eq!(problem.remedy, Some(Remedy::MendWhatItSays { then }));
    let view = world.engine.comparison(id).await.unwrap();
    assert!(
        view.cells
            .iter()
            .any(|cell| cell.status == CellStatus::Success)
    );
    assert!(
        view.cells
            .iter()
            .any(|cell| cell.status == CellStatus::Pending)
    );
    let request = ResumeComparison {
        budget: Some(Budget::default()),
        concurrency: Some(4),
        ..ResumeComparison::default()
    };
    let outcome = world
        .engine
        .resume_comparison(id, request, None)
        .await
        .unwrap();
    assert_eq!(outcome.status, ComparisonStatus::Finished);
    let view = world.engine.comparison(id).await.unwrap();
    assert_eq!(statuses(&view), [CellStatus::Success; 6]);
}

#[tokio::test]
async fn a_failed_cell_is_an_outcome_and_the_others_go_on() {
    let mut world = World::new().await;
    let picky =
        step("picky")
            .input("topic")
            .document("text")
            .prompt("picky", "{{ topic }}", &["topic"]);
    world.step(
        picky,
        |_: Ask, inputs: Vec<stepwell_contract::Text>| async move {
            match inputs[0].value.as_str() {
                "bad" => Err(failure(
                    FailureKind::InvalidResponse,
                    "no list in it",
                    false,
                )),
                _ => Ok(vec![text("text", "fine")]),
            }
        },
    );
    let within = CompareIn::Definition {
        definition: source(&one("picky", "inputs.topic = \"x\"")),
    };
    let request = StartComparison {
        cases: vec![case("good", "good"), case("bad", "bad")],
        ..StartComparison::new("picky", within)
    };
    let view = compared(&world, request).await;
    assert_eq!(view.summary.status, ComparisonStatus::Finished);
    assert_eq!(statuses(&view), [CellStatus::Success, CellStatus::Failure]);
    assert_eq!(
        view.cells[1].problem.as_ref().unwrap().code,
        ProblemCode::InvalidResponse
    );
}

#[tokio::test]
async fn the_winner_is_made_current_with_the_comparison_as_the_reason() {
    let world = world().await;
    let run = with_two_versions(&world).await;
    let view = compared(
        &world,
        StartComparison::new("draft", CompareIn::Run { run }),
    )
    .await;
    let id = view.summary.id;
    let prompt = world.engine.promote(id, 1, "anna".into()).await.unwrap();
    assert_eq!(prompt.current, Some(1));
    let last = prompt.promotions.last().unwrap();
    assert_eq!(
        (last.number, last.by.as_str(), last.comparison),
        (1, "anna", Some(id))
    );
    let rate = RateCell {
        cell: CellAddress {
            comparison: id,
            case: 0,
            variant: 1,
            repeat: 1,
        },
        score: Some(4),
        comment: "clear".into(),
        by: "anna".into(),
    };
    world.engine.rate_cell(rate.clone()).await.unwrap();
    assert!(
        world
            .engine
            .rate_cell(RateCell {
                score: Some(6),
                ..rate
            })
            .await
            .is_err()
    );
    let view = world.engine.comparison(id).await.unwrap();
    assert_eq!(view.cells[1].rating.as_ref().unwrap().score, 4);
    assert!(view.variants[0].current && !view.variants[1].current);
    assert_eq!(view.promoted, Some(1));
}

#[tokio::test]
async fn cases_that_are_the_same_are_told() {
    let world = world().await;
    let run = with_two_versions(&world).await;
    let request = StartComparison {
        cases: vec![
            case("b", "tea"),
            case("a", "milk"),
            case("c", "milk"),
            case("d", "tea"),
            case("e", "tea"),
        ],
        ..StartComparison::new("draft", CompareIn::Run { run })
    };
    let view = compared(&world, request).await;
    assert_eq!(view.same_cases, [vec!["b", "d", "e"], vec!["a", "c"]]);
    let told = "Cases b, d and e are the same: they count as 3 cases, and tell no more than one.";
    assert!(
        view.sentences.iter().any(|sentence| sentence == told),
        "{:?}",
        view.sentences
    );
}

fn of_document(name: &str) -> Check {
    let check = serde_json::json!({ "contains": "x", "document": name });
    serde_json::from_value(check).unwrap()
}

#[tokio::test]
async fn what_does_not_fit_is_told_before_anything_is_asked() {
    let world = world().await;
    let run = with_two_versions(&world).await;
    let asked = world.provider.received().len();
    let within = || StartComparison::new("draft", CompareIn::Run { run });
    let wrong = [
        (
            StartComparison {
                versions: vec![1, 9],
                ..within()
            },
            "v9",
        ),
        (
            StartComparison {
                prompt: Some("other".into()),
                ..within()
            },
            "uses no prompt `other`",
        ),
        (
            StartComparison {
                baseline: Some(7),
                ..within()
            },
            "baseline v7",
        ),
        (
            StartComparison {
                models: vec!["nobody".into()],
                ..within()
            },
            "nobody",
        ),
        (
            StartComparison {
                cases: vec![case("a", "a"), case("a", "b")],
                ..within()
            },
            "two cases",
        ),
        (
            StartComparison {
                step: "nope".into(),
                ..within()
            },
            "`nope`",
        ),
        (
            StartComparison {
                cases: vec![Case {
                    inputs: BTreeMap::from([("tpoic".into(), "x".into())]),
                    ..case("a", "a")
                }],
                ..within()
            },
            "no input `tpoic`",
        ),
        (
            StartComparison {
                cases: vec![Case {
                    checks: vec![of_document("texts")],
                    ..case("a", "a")
                }],
                ..within()
            },
            "case `a`: check 1 (“the document texts contains “x””) looks at a document `texts`",
        ),
    ];
    let misspelt = StartComparison {
        checks: vec![of_document("texts")],
        ..within()
    };
    let error = world.engine.start_comparison(misspelt).await.unwrap_err();
    assert_eq!(error.remedy(), Some(Remedy::said("did you mean `text`?")));
    for (request, expected) in wrong {
        let error = world
            .engine
            .start_comparison(request)
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(expected), "{error}");
    }
    assert_eq!(world.provider.received().len(), asked);
    assert!(
        world
            .engine
            .comparisons(None, None)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_process_that_has_loaded_nothing_yet_checks_the_same() {
    let mut world = World::new().await;
    let draft = step("draft")
        .input("topic")
        .document("text")
        .document("aside");
    world.step(draft, |_: Ask, _| async {
        Ok(vec![text("aside", "nothing"), text("text", "about tea")])
    });
    let check: Check = serde_json::from_value(serde_json::json!({ "contains": "tea" })).unwrap();
    let checked = Case {
        checks: vec![check],
        ..case("tea", "tea")
    };
    let within = CompareIn::Definition {
        definition: source(&one("draft", "inputs.topic = \"tea\"")),
    };
    let request = StartComparison {
        cases: vec![checked],
        ..StartComparison::new("draft", within)
    };
    let first = compared(&world, request).await;
    assert_eq!(first.cells[0].passed, Some(true));
    world.restart();
    let again = world.engine.comparison(first.summary.id).await.unwrap();
    assert_eq!(
        again.cells[0].passed,
        Some(true),
        "{:?}",
        again.cells[0].checks
    );
}
