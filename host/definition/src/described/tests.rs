use futures_util::FutureExt as _;
use stepwell_contract::{Field, PluginFinding};
use stepwell_texts::InProcess;

use super::*;

fn field(name: &str, schema: Option<&str>) -> Field {
    Field {
        name: name.into(),
        description: String::new(),
        required: true,
        schema: schema.map(str::to_owned),
    }
}

fn with_prompt(intrinsic: &str, variables: Vec<Field>) -> Description {
    Description {
        name: "step".into(),
        version: "1".into(),
        prompts: vec![PromptDeclaration {
            name: "notes".into(),
            intrinsic: intrinsic.into(),
            variables,
        }],
        ..Description::default()
    }
}

fn found(description: &Description) -> Vec<PluginFinding> {
    let found = description_findings(description, &InProcess).now_or_never();
    found.unwrap().unwrap().into_vec()
}

fn filled(description: &Description) -> Vec<PluginFinding> {
    let found = filled_findings(description, &InProcess).now_or_never();
    found.unwrap().unwrap().into_vec()
}

#[test]
fn a_variable_that_nobody_fills_in_is_told_with_its_place() {
    let description = with_prompt("Notes\n\nof {{ changs }}\n", vec![field("changes", None)]);
    let told = found(&description);
    let codes: Vec<_> = told.iter().map(|it| (&it.code, it.is_error())).collect();
    assert_eq!(
        codes,
        [
            (&FindingCode::UnknownVariable, true),
            (&FindingCode::UnusedVariable, false)
        ]
    );
    assert_eq!(
        told[0].to_string(),
        "prompts.notes.intrinsic:3:7: `changs` is not a variable of this prompt"
    );
    let mend = serde_json::to_string(&told[0].remedy).unwrap();
    assert!(mend.contains("did you mean `changes`?"), "{mend}");
    assert_eq!(told[1].place.path, "prompts.notes.variables.changes");
}

#[test]
fn a_template_that_cannot_be_read_is_told_with_its_line() {
    for (template, says) in [
        ("a\n{{ changes | shuot }}", "there is no filter `shuot`"),
        ("a\n{% if changes %}", "line"),
    ] {
        let told = found(&with_prompt(template, vec![field("changes", None)]));
        assert_eq!(told[0].code, FindingCode::BadTemplate, "{told:?}");
        assert!(told[0].is_error() && told[0].place.line.is_some());
        assert!(says == "line" || told[0].message.contains(says), "{told:?}");
    }
    let empty = found(&with_prompt(" \n", Vec::new()));
    assert_eq!(empty[0].code, FindingCode::EmptyPrompt);
    assert!(!empty[0].is_error());
}

#[test]
fn every_schema_is_one_and_all_that_are_none_are_told() {
    let mut description = with_prompt("{{ a }}", vec![field("a", Some("{{{"))]);
    description.inputs = vec![field("b", Some(r#"{"type":"arrray"}"#))];
    description.documents = vec![field("c", Some(r#"{"type":"arrray"}"#))];
    description.settings = vec![field("d", Some(r#"{"type":"array"}"#))];
    let told = found(&description);
    let mut places: Vec<_> = told.iter().map(|it| it.place.path.as_str()).collect();
    places.sort_unstable();
    let expected = [
        "documents.c.schema",
        "inputs.b.schema",
        "prompts.notes.variables.a.schema",
    ];
    assert_eq!(places, expected);
    assert!(told.iter().all(|it| it.code == FindingCode::BadSchema));
}

#[test]
fn prompts_are_filled_with_examples() {
    let list = field(
        "tasks",
        Some(r#"{"type":"array","items":{"type":"string"}}"#),
    );
    let right = with_prompt("{% for task in tasks %}{{ task }}{% endfor %}", vec![list]);
    assert_eq!(found(&right), []);
    assert_eq!(filled(&right), []);
    let wrong = with_prompt("a\n{{ text.upper() + 1 }}", vec![field("text", Some("{}"))]);
    let told = filled(&wrong);
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].code, FindingCode::UnfilledPrompt);
    assert_eq!(told[0].place.line, Some(2));
    assert!(!told[0].is_error());
    let pattern = Some(r#"{"type":"string","pattern":"^v[0-9]$"}"#);
    let told = filled(&with_prompt("{{ text }}", vec![field("text", pattern)]));
    assert_eq!(told[0].code, FindingCode::NoExample);
}
