//! A plugin alone: whatever its settings hold, the definition that is made for it says that and nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use stepwell_contract::Text;
use stepwell_engine::{CompareIn, Drive, EngineError, ErrorCode, RunAlone, StartComparison};

use crate::common::{Ask, World, assert_success, step, text};

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
