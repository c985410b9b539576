//! What a step would ask first, without asking: nothing is sent, nothing is kept, nothing is published.

use stepwell_contract::{Role, RunId, Text};
use stepwell_engine::{
    AddVersion, Ahead, AheadOf, EngineError, LookAhead, PromptAhead, RerunStep, RunAlone, RunError,
};

use crate::common::{Ask, World, answer, assert_success, step, text};

/// A world with a step that writes a list, one that asks for each item by a prompt, and one that asks by what all of them wrote.
async fn world() -> World {
    let mut world = World::new().await;
    world.step(
        step("list").document("items"),
        |_: Ask, _: Vec<Text>| async { Ok(vec![text("items", "[\"tea\", \"ink\"]")]) },
    );
    let each = step("each").input("topic").document("out");
    let each = each.prompt("about", "Write of {{ topic }}.", &["topic"]);
    world.step(each, |host: Ask, inputs: Vec<Text>| async move {
        let filled = host.0.render_prompt("about".into(), inputs).await;
        let filled = filled.unwrap().unwrap();
        let first = host.chat(&filled).await?;
        let second = host.chat(&format!("better than {first}")).await?;
        host.write("out.txt", &second).await?;
        Ok(vec![text("out", second)])
    });
    let all = step("all").input("texts").document("out");
    world.step(all, |host: Ask, inputs: Vec<Text>| async move {
        let said = host.chat_all(&["one", &inputs[0].value]).await?;
        Ok(vec![text("out", said.join(" "))])
    });
    world
}

const FLOW: &str = r#"
name = "flow"
[[steps]]
id = "list"
uses = "builtin:list"
[[steps]]
id = "each"
uses = "builtin:each"
for_each = "steps.list.items"
inputs.topic = "{{ item }}"
grants.workspace = "write"
[[steps]]
id = "all"
uses = "builtin:all"
inputs.texts = "{{ steps.each.out | tojson }}"
"#;

fn in_run(run: RunId, step: &str, with: RerunStep) -> LookAhead {
    let step = step.parse().unwrap();
    LookAhead {
        of: AheadOf::Run { run, step },
        with,
    }
}

fn alone(plugin: &str, inputs: &[(&str, &str)]) -> LookAhead {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let alone = RunAlone {
        plugin: plugin.into(),
        inputs: inputs.iter().map(own).collect(),
        ..RunAlone::default()
    };
    LookAhead {
        of: AheadOf::Plugin {
            alone: Box::new(alone),
        },
        with: RerunStep::default(),
    }
}

/// The texts of the first calls.
fn texts(ahead: &Ahead) -> Vec<&str> {
    let calls = ahead.calls.iter();
    calls.map(|call| call.prompt.as_str()).collect()
}

#[tokio::test]
async fn a_step_of_a_run_is_looked_at_and_nothing_is_changed() {
    let world = world().await;
    let (run, outcome) = world.run(FLOW).await;
    assert_success(&outcome);
    let sent = world.provider.received().len();
    let before = serde_json::to_value(world.view(run).await).unwrap();
    std::fs::remove_file(world.workspace().join("out.txt")).unwrap();

    let look = in_run(run, "each", RerunStep::default());
    let ahead = world.engine.look_ahead(look).await.unwrap();
    assert_eq!(texts(&ahead), ["Write of tea."]);
    assert_eq!(
        (ahead.run, ahead.execution.as_str()),
        (Some(run), "each[0]#2")
    );
    let call = &ahead.calls[0];
    assert_eq!(call.model.as_deref(), Some("writer"));
    assert_eq!(call.provider_model.as_deref(), Some("test-model"));
    assert_eq!(call.messages[0].role, Role::User);
    assert_eq!(call.estimated_tokens, 5);
    let stored = PromptAhead {
        name: "about".into(),
        number: 1,
        stored: true,
        unsaved: false,
    };
    assert_eq!(call.prompts, [stored]);

    // One that depends on all items: several calls at once.
    let ahead = world
        .engine
        .look_ahead(in_run(run, "all", RerunStep::default()));
    assert_eq!(texts(&ahead.await.unwrap())[0], "one");

    assert_eq!(world.provider.received().len(), sent);
    assert_eq!(serde_json::to_value(world.view(run).await).unwrap(), before);
    assert_eq!(world.file("out.txt"), None);
}

#[tokio::test]
async fn an_item_a_version_and_a_model_can_be_chosen() {
    let world = world().await;
    let (run, _) = world.run(FLOW).await;
    let name: stepwell_contract::Name = "about".parse().unwrap();
    let add = AddVersion {
        name: name.clone(),
        content: "Sing of {{ topic }}.".into(),
        note: String::new(),
        by: String::new(),
        based_on: None,
        plugin: None,
    };
    world.engine.add_prompt_version(add).await.unwrap();
    let ask = async |items: &[u32], version: Option<u32>| {
        let with = RerunStep {
            items: items.to_vec(),
            prompts: version
                .map(|number| ("about".to_owned(), number))
                .into_iter()
                .collect(),
            model: Some("other".into()),
            ..RerunStep::default()
        };
        world.engine.look_ahead(in_run(run, "each", with)).await
    };
    // What is current now, or what is chosen.
    assert_eq!(texts(&ask(&[1], None).await.unwrap()), ["Sing of ink."]);
    let ahead = ask(&[1], Some(1)).await.unwrap();
    assert_eq!(texts(&ahead), ["Write of ink."]);
    assert_eq!(ahead.calls[0].model.as_deref(), Some("other"));
    assert_eq!(ahead.calls[0].prompts[0].number, 1);
    let refused = ask(&[2], None).await.unwrap_err();
    assert!(
        matches!(refused, EngineError::Run(RunError::NoSuchItem { .. })),
        "{refused}"
    );
    let names: Vec<_> = world.engine.prompts().await.unwrap();
    assert_eq!(names.len(), 1);
}

#[tokio::test]
async fn a_plugin_alone_is_looked_at_before_anything_is_stored() {
    let world = world().await;
    let look = alone("builtin:each", &[("topic", "rain")]);
    let ahead = world.engine.look_ahead(look).await.unwrap();
    assert_eq!(texts(&ahead), ["Write of rain."]);
    assert_eq!(ahead.run, None);
    let own = PromptAhead {
        name: "about".into(),
        number: 1,
        stored: false,
        unsaved: false,
    };
    assert_eq!(ahead.calls[0].prompts, [own]);
    assert!(world.store.prompt_names().await.unwrap().is_empty());
    assert!(
        world
            .engine
            .runs(&stepwell_engine::ListRuns::default())
            .await
            .unwrap()
            .is_empty()
    );
    assert!(world.provider.received().is_empty());
}

#[tokio::test]
async fn a_step_whose_inputs_arent_there_names_what_it_waits_for() {
    let world = world().await;
    let run = world.start(FLOW).await;
    let look = in_run(run, "all", RerunStep::default());
    let refused = world.engine.look_ahead(look).await.unwrap_err();
    assert!(
        refused.to_string().contains("waits for `each`"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_step_that_asks_nobody_does_nothing_and_one_that_asks_a_person_says_so() {
    let mut world = World::new().await;
    let writes = step("writes").document("out");
    world.step(writes, |host: Ask, _: Vec<Text>| async move {
        host.write("out.txt", "written").await?;
        host.checkpoint("far", "here").await?;
        Ok(vec![text("out", host.checkpointed("far").await?.unwrap())])
    });
    let asks = step("asks").document("out");
    world.step(asks, |host: Ask, _: Vec<Text>| async move {
        let said = host.question("colour").await?;
        Ok(vec![text("out", host.chat(&said).await?)])
    });
    let fails = step("fails").document("out");
    world.step(fails, |_: Ask, _: Vec<Text>| async move {
        let kind = stepwell_contract::FailureKind::InvalidInput;
        Err(crate::common::failure(kind, "too short", false))
    });
    let mut look = alone("builtin:writes", &[]);
    if let AheadOf::Plugin { alone } = &mut look.of {
        alone.grant_workspace = Some("write".into());
    }
    let ahead = world.engine.look_ahead(look).await.unwrap();
    assert!(
        ahead.calls.is_empty() && ahead.problem.is_none(),
        "{ahead:?}"
    );
    assert_eq!(world.file("out.txt"), None);

    let ahead = world.engine.look_ahead(alone("builtin:asks", &[]));
    let ahead = ahead.await.unwrap();
    assert_eq!(ahead.question.unwrap().questions[0].key, "colour");
    assert!(ahead.calls.is_empty());
    let mut look = alone("builtin:asks", &[]);
    look.with.answers = vec![answer("colour", "blue")];
    let ahead = world.engine.look_ahead(look).await.unwrap();
    assert_eq!(texts(&ahead), ["blue"]);

    let ahead = world.engine.look_ahead(alone("builtin:fails", &[]));
    let problem = ahead.await.unwrap().problem.unwrap();
    assert_eq!(problem.message, "too short");
    assert!(world.provider.received().is_empty());
}
