//! What the cells of a matrix were answered: many at once, each by its beginning.

use stepwell_contract::Text;
use stepwell_engine::{
    AddVersion, CellAnswer, CompareIn, ComparisonError, EngineError, ListAnswers, StartComparison,
};

use crate::common::{Ask, World, source, step, text};
use crate::comparisons::{case, compared};

const DEFINITION: &str =
    "name = \"one\"\n[[steps]]\nid = \"draft\"\nuses = \"builtin:draft\"\ninputs.topic = \"tea\"\n";

/// A step that asks with its prompt, unless its topic is `silence`, and that writes 9,000 bytes.
async fn world() -> World {
    let mut world = World::new().await;
    let draft =
        step("draft")
            .input("topic")
            .document("text")
            .prompt("draft", "v1 {{ topic }}", &["topic"]);
    world.step(draft, |host: Ask, inputs: Vec<Text>| async move {
        let is_silent = inputs[0].value == "silence";
        let prompt = host.0.render_prompt("draft".into(), inputs).await;
        if !is_silent {
            host.chat(&prompt.unwrap().unwrap()).await?;
        }
        Ok(vec![text("text", "a line\n".repeat(9_000 / 7))])
    });
    let add = AddVersion {
        name: "draft".parse().unwrap(),
        content: "v2 {{ topic }}".into(),
        note: String::new(),
        by: String::new(),
        based_on: None,
        plugin: None,
    };
    let definition = source(DEFINITION);
    let run = world
        .engine
        .start(stepwell_engine::StartRun::new(definition));
    let run = run.await.unwrap();
    world.engine.drive(run, Default::default()).await.unwrap();
    world.engine.add_prompt_version(add).await.unwrap();
    world
}

#[tokio::test]
async fn cells_are_told_by_the_beginning_of_their_answer_or_else_of_their_document() {
    let world = world().await;
    let within = CompareIn::Definition {
        definition: source(DEFINITION),
    };
    let request = StartComparison {
        cases: vec![
            case("tea", "tea"),
            case("milk", "milk"),
            case("silence", "silence"),
        ],
        repeats: 2,
        ..StartComparison::new("draft", within)
    };
    let view = compared(&world, request).await;
    let list = |cases: &[u32], repeat| ListAnswers {
        comparison: view.summary.id,
        cases: cases.to_vec(),
        repeat,
    };
    let which = |answers: &[CellAnswer]| -> Vec<(u32, u32, u32)> {
        let all = answers.iter();
        all.map(|one| (one.case, one.variant, one.repeat)).collect()
    };

    // Of the cases that are asked for, each once, in their order.
    let wanted = list(&[2, 1, 2], Some(1));
    let answers = world.engine.comparison_answers(&wanted).await.unwrap();
    assert_eq!(
        which(&answers),
        [(1, 0, 1), (1, 1, 1), (2, 0, 1), (2, 1, 1)]
    );
    assert_eq!(answers[0].document, None);
    assert!(answers[0].text.contains("v1 milk"), "{answers:?}");
    assert!(answers[1].text.contains("v2 milk"), "{answers:?}");
    assert_eq!(answers[0].bytes, answers[0].text.len() as u64);
    // Where no model was asked, it is the document, by the lines of its beginning.
    assert_eq!(answers[2].document.as_deref(), Some("text"));
    assert_eq!(answers[2].bytes, 9_000 / 7 * 7);
    assert!(answers[2].text.len() <= CellAnswer::BEGINNING);
    assert!(answers[2].text.ends_with("a line\n"));
    assert_eq!(answers[2].digest, answers[3].digest);
    assert_ne!(answers[0].digest, answers[1].digest);

    let all = world.engine.comparison_answers(&list(&[0], None)).await;
    assert_eq!(
        which(&all.unwrap()),
        [(0, 0, 1), (0, 0, 2), (0, 1, 1), (0, 1, 2)]
    );
    for nowhere in [list(&[0, 3], Some(1)), list(&[0], Some(3))] {
        let refused = world.engine.comparison_answers(&nowhere).await;
        assert!(
            matches!(
                refused,
                Err(EngineError::Comparison(ComparisonError::NoSuchCell { .. }))
            ),
            "{refused:?}"
        );
    }
}
