//! Prompts that the store doesn't know yet: shown and edited as plugins declare them.

use stepwell_contract::{Name, Text};
use stepwell_engine::{AddVersion, EngineError, UseVersion};
use stepwell_store::{Origin, StoreError};

use crate::common::{Ask, World, assert_success, one, step, text};

async fn world() -> World {
    let mut world = World::new().await;
    let asks = step("asks").input("topic").document("out");
    let asks = asks.prompt("about", "Write of {{ topic }}.", &["topic"]);
    world.step(asks, |host: Ask, inputs: Vec<Text>| async move {
        let filled = host.0.render_prompt("about".into(), inputs).await;
        let answer = host.chat(&filled.unwrap().unwrap()).await?;
        Ok(vec![text("out", answer)])
    });
    world
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}

fn add(content: &str, based_on: u32) -> AddVersion {
    AddVersion {
        name: name("about"),
        content: content.into(),
        note: String::new(),
        by: "anna".into(),
        based_on: Some(based_on),
        plugin: None,
    }
}

#[tokio::test]
async fn a_built_in_prompt_is_shown_before_any_run_and_not_stored_by_that() {
    let world = world().await;
    let all = world.engine.prompts().await.unwrap();
    let [listed] = all.as_slice() else {
        panic!("{all:?}");
    };
    assert_eq!((listed.name.as_str(), listed.stored), ("about", false));
    assert_eq!((listed.current, listed.next), (Some(1), Some(2)));
    for shown in [
        world.engine.prompt_version(&name("about"), None).await,
        world.engine.prompt_version(&name("about"), Some(1)).await,
        world.engine.latest_prompt_version(&name("about")).await,
    ] {
        let shown = shown.unwrap();
        assert_eq!(shown.content, "Write of {{ topic }}.");
        assert_eq!(shown.summary.origin, Origin::Intrinsic);
        assert!(!shown.summary.stored && shown.summary.current);
    }
    let variables = world
        .engine
        .check_prompt(&name("about"), "no variable")
        .await;
    assert_eq!(variables.unwrap().len(), 1);
    assert!(world.store.prompt_names().await.unwrap().is_empty());
    let missing = world.engine.prompt(&name("abut")).await;
    assert!(matches!(
        missing,
        Err(EngineError::Store(StoreError::NoSuchPrompt { .. }))
    ));
}

#[tokio::test]
async fn an_edit_of_it_is_version_2_and_its_own_text_version_1() {
    let world = world().await;
    let added = world
        .engine
        .add_prompt_version(add("Sing of {{ topic }}.", 1))
        .await;
    let added = added.unwrap();
    assert_eq!((added.number, added.previous), (2, Some(1)));
    let prompt = world.engine.prompt(&name("about")).await.unwrap();
    assert!(prompt.stored && prompt.versions.iter().all(|version| version.stored));
    let own = world.engine.prompt_version(&name("about"), Some(1)).await;
    assert_eq!(own.unwrap().content, "Write of {{ topic }}.");
    let (run, outcome) = world.run(&one("asks", "inputs.topic = \"tea\"")).await;
    assert_success(&outcome);
    assert_eq!(world.calls(run).await[0].prompts[0].number, 2);
}

#[tokio::test]
async fn its_own_version_can_be_chosen_and_not_deleted() {
    let world = world().await;
    let removed = world.engine.remove_prompt_version(&name("about"), 1).await;
    assert!(matches!(
        removed,
        Err(EngineError::Store(StoreError::VersionIsCurrent {
            number: 1,
            ..
        }))
    ));
    let request = UseVersion {
        name: name("about"),
        number: 1,
        by: String::new(),
        reason: String::new(),
        comparison: None,
    };
    let chosen = world.engine.use_prompt_version(request).await.unwrap();
    assert_eq!((chosen.current, chosen.stored), (Some(1), true));
}

#[tokio::test]
async fn a_name_that_a_definition_of_the_project_gives_is_found() {
    let world = world().await;
    let lines = "inputs.topic = \"tea\"\nprompts.about = \"our_words\"";
    world.put_file("flows/one.toml", &one("asks", lines));
    let shown = world.engine.prompt_version(&name("our_words"), None).await;
    let shown = shown.unwrap();
    assert_eq!(shown.content, "Write of {{ topic }}.");
    assert!(!shown.summary.stored);
}
