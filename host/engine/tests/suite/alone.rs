//! A plugin alone, and a step of a definition: whatever its settings hold, the definition that is made for it says that and nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stepwell_contract::Text;
use stepwell_engine::{
    AheadOf, CompareIn, Drive, EngineError, ErrorCode, LookAhead, RerunStep, RunAlone,
    RunStepAlone, StartComparison,
};

use crate::common::{Ask, World, assert_success, source, step, step_view, text};

/// A setting whose name would be a step of its own where nobody quotes it.
const A_STEP: &str =
    "x = 1\n[[steps]]\nid = \"evil\"\nuses = \"builtin:evil\"\n[steps.settings]\ny";

const TOPIC: &str = "tea \"hot\"\n{{ inputs.topic }}";

/// A world with a step that writes down the settings of these names.
async fn world(names: &'static [&'static str]) -> World {
    let mut world = World::new().await;
    let mut keeper = step("keeper").input("topic").document("settings");
    for name in names {
        keeper = keeper.setting(name);
    }
    world.step(keeper, move |host: Ask, inputs: Vec<Text>| async move {
        let found = names.iter().map(|name| {
            let setting = host.0.setting(name).unwrap_or_default();
            (*name, serde_json::from_str(&setting).unwrap_or_default())
        });
        let found: BTreeMap<&str, Value> = found.collect();
        let said = json!([inputs[0].value, found]);
        Ok(vec![text("settings", said.to_string())])
    });
    let evil = step("evil").setting("y");
    world.step(evil, |_: Ask, _: Vec<Text>| async { Ok(Vec::new()) });
    world
}

fn alone(settings: &[(&str, Value)]) -> RunAlone {
    let settings: BTreeMap<&str, &Value> = settings.iter().map(|(name, it)| (*name, it)).collect();
    let request = json!({
        "plugin": "builtin:keeper",
        "inputs": { "topic": TOPIC },
        "settings": settings,
    });
    serde_json::from_value(request).unwrap()
}

#[tokio::test]
async fn settings_arrive_as_they_were_given() {
    const NAMES: &[&str] = &["x", "my key", "list", "quotes", "dotted.key", A_STEP];
    let world = world(NAMES).await;
    let settings = [
        ("my key", json!(1)),
        ("list", json!([1.5, { "a b": [true, "x"] }])),
        ("quotes", json!("\"a\" 'b'\n\\ \u{7f} ''' \"\"\"\t")),
        ("dotted.key", json!({})),
        (A_STEP, json!("y")),
    ];
    // Each alone, so that none hides behind another one, and all together.
    let one = settings.iter().map(std::slice::from_ref);
    for settings in one.chain([&settings[..]]) {
        let run = world.engine.start_alone(alone(settings)).await.unwrap();
        let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
        assert_success(&outcome);
        assert_eq!(world.view(run).await.steps.len(), 1, "{settings:?}");
        let said = world.document(run, "keeper", "settings", &[]).await;
        let said: Value = serde_json::from_str(&said.unwrap()).unwrap();
        let mut expected: BTreeMap<&str, Value> =
            NAMES.iter().map(|name| (*name, Value::Null)).collect();
        expected.extend(settings.iter().cloned());
        assert_eq!(said, json!([TOPIC, expected]));
    }
}

#[tokio::test]
async fn a_comparison_of_a_plugin_alone_has_one_step_too() {
    let world = world(&["x"]).await;
    let within = CompareIn::Plugin {
        folder: None,
        settings: [(A_STEP.to_owned(), json!("y"))].into(),
        grant_workspace: None,
    };
    let request = StartComparison::new("builtin:keeper", within);
    let refused = world.engine.start_comparison(request).await.unwrap_err();
    let EngineError::Definition { diagnostics, .. } = refused else {
        panic!("{refused}");
    };
    let codes: Vec<_> = diagnostics
        .iter()
        .map(|found| found.code.as_ref())
        .collect();
    assert_eq!(codes, ["unknown-setting"]);
}

#[tokio::test]
async fn a_setting_that_no_definition_can_hold_is_refused_by_its_name() {
    let world = world(&["a"]).await;
    for value in [json!(null), json!([null]), json!(u64::MAX)] {
        let refused = world.engine.start_alone(alone(&[("a", value)])).await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::Setting, "{refused}");
        assert!(refused.to_string().contains("the setting `a`"), "{refused}");
    }
}

/// A step below another one, whose inputs come from there, from an item and from the workflow.
const FLOW: &str = r#"
name = "flow"
[inputs]
tone = {}
never = {}
[defaults]
model = "other"
[[steps]]
id = "list"
uses = "builtin:list"
inputs.never = "{{ inputs.never }}"
[[steps]]
id = "build"
for_each = "steps.list.items"
  [[steps.steps]]
  id = "says"
  uses = "builtin:says"
  inputs.what = "{{ item }}"
  inputs.tone = "{{ inputs.tone }}"
  inputs.all = "{{ steps.list.items }}"
  settings.loud = true
  prompts.about = "our_words"
  limits.memory = "7MiB"
"#;

async fn of_flow() -> World {
    let mut world = World::new().await;
    let list = step("list").input("never").document("items");
    world.step(list, |_: Ask, _: Vec<Text>| async {
        Ok(vec![text("items", "[\"a\"]")])
    });
    let says = step("says").input("what").input("tone").input("all");
    let says = says.document("out").setting("loud");
    let says = says.prompt(
        "about",
        "{{ what }}, {{ tone }}, {{ all }}",
        &["what", "tone", "all"],
    );
    world.step(says, |host: Ask, inputs: Vec<Text>| async move {
        let filled = host.0.render_prompt("about".into(), inputs).await;
        let loud = host.0.setting("loud").unwrap_or_default();
        let asked = format!("{} {loud}", filled.unwrap().unwrap());
        Ok(vec![text("out", host.chat(&asked).await?)])
    });
    world
}

fn of_definition(inputs: &[(&str, &str)]) -> RunStepAlone {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    RunStepAlone {
        step: "build/says".parse().unwrap(),
        definition: source(FLOW),
        inputs: inputs.iter().map(own).collect(),
        model: None,
        workspace: None,
        answers: Vec::new(),
        no_questions: false,
        label: None,
        confirmed: false,
        intrinsic: false,
    }
}

#[tokio::test]
async fn a_step_of_a_definition_runs_alone_with_what_the_definition_says_of_it() {
    let world = of_flow().await;
    let given = [("what", "tea"), ("tone", "plain"), ("all", "tea, ink")];
    let request = of_definition(&given);
    // It can be looked at first.
    let look = LookAhead {
        of: AheadOf::Definition {
            alone: Box::new(request.clone()),
        },
        with: RerunStep::default(),
    };
    let ahead = world.engine.look_ahead(look).await.unwrap();
    assert_eq!(ahead.calls[0].prompt, "tea, plain, tea, ink true");
    assert_eq!(ahead.calls[0].prompts[0].name, "our_words");
    assert!(
        world
            .engine
            .runs(&stepwell_engine::ListRuns::default())
            .await
            .unwrap()
            .is_empty()
    );

    let run = world.engine.start_step_alone(request).await.unwrap();
    let outcome = world.engine.drive(run, Drive::default()).await.unwrap();
    assert_success(&outcome);
    assert_eq!(world.provider.journal(), ["tea, plain, tea, ink true"]);
    let view = world.view(run).await;
    let step = step_view(&view, "build/says");
    assert_eq!(step.model.as_deref(), Some("other"));
    assert_eq!(step.defined.limits["memory"], json!(7 << 20));
    assert_eq!(step.prompts[0].name, "our_words");
    assert_eq!(view.all_steps().len(), 2);
}

#[tokio::test]
async fn what_other_steps_would_have_given_has_to_be_given_and_is_named() {
    let world = of_flow().await;
    let request = of_definition(&[("tone", "plain"), ("what", "tea")]);
    let refused = world.engine.start_step_alone(request).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::MissingInput);
    let said = refused.to_string();
    assert!(
        said.contains("`all` (in the workflow it comes from `{{ steps.list.items }}`)"),
        "{said}"
    );
    let request = of_definition(&[("colour", "red")]);
    let refused = world.engine.start_step_alone(request).await.unwrap_err();
    assert_eq!(refused.code(), ErrorCode::UnknownInput);
    let mut request = of_definition(&[]);
    request.step = "build".parse().unwrap();
    let refused = world.engine.start_step_alone(request).await.unwrap_err();
    assert!(
        refused.to_string().contains("groups its sub-steps"),
        "{refused}"
    );
}
