//! What a definition becomes: who waits for what, where each text comes from, what each step may do.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

mod common;

use std::time::Duration;

use serde_json::{Value, json};
use stepwell_contract::{Limits, Name, Publish, TemplateError, WorkspaceGrant};
use stepwell_definition::{Need, Plan, Reference, Whole, check, parse_definition};
use stepwell_texts::InProcess;

fn planned(source: &str) -> Plan {
    let (plan, problems) = common::plan(source, "flow.toml");
    let shown: Vec<_> = problems
        .iter()
        .map(|problem| problem.render(source))
        .collect();
    plan.unwrap_or_else(|| panic!("{}", shown.join("\n")))
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn own(on: usize) -> Need {
    Need {
        on,
        whole: Whole::Own,
    }
}

fn subtree(on: usize) -> Need {
    Need {
        on,
        whole: Whole::Subtree,
    }
}

/// Steps of the plugin that takes and writes any text.
fn flow(steps: &[(&str, &str)]) -> String {
    let mut source = "name = \"flow\"\n".to_owned();
    for (path, rest) in steps {
        let depth = path.split('/').count();
        let id = path.rsplit('/').next().unwrap();
        let header = vec!["steps"; depth].join(".");
        let uses = if rest.contains("uses") {
            ""
        } else {
            "uses = \"fake:text\"\n"
        };
        source.push_str(&format!("[[{header}]]\nid = \"{id}\"\n{uses}{rest}\n"));
    }
    source
}

#[test]
fn a_run_publishes_files_where_nothing_is_said() {
    let step = "[[steps]]\nid = \"s\"\nuses = \"fake:text\"\ninputs.text = \"x\"\n";
    for (line, publish) in [
        ("", Publish::Files),
        ("publish = \"files\"", Publish::Files),
        ("publish = \"branch\"", Publish::Branch),
    ] {
        let plan = planned(&format!("name = \"flow\"\n{line}\n{step}"));
        assert_eq!(plan.publish, publish, "{line}");
    }
}

#[test]
fn the_workflow_of_the_design_is_planned_as_it_says() {
    let plan = planned(include_str!("definitions/automated_coding.toml"));
    let paths: Vec<_> = plan.steps.iter().map(|step| step.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "requirement",
            "requirement/refine",
            "architecture_design",
            "implementation",
            "implementation/code"
        ]
    );
    let [requirement, refine, design, implementation, code] = &plan.steps[..] else {
        unreachable!()
    };
    assert_eq!(
        plan.inputs.keys().map(Name::as_str).collect::<Vec<_>>(),
        ["feature", "existing_requirement"]
    );
    assert_eq!(plan.inputs["feature"].default, None);
    assert_eq!(
        plan.inputs["existing_requirement"].default.as_deref(),
        Some("")
    );

    assert_eq!(requirement.needs, []);
    assert_eq!(refine.needs, [own(0)]);
    assert_eq!(design.needs, [subtree(0)]);
    assert_eq!(implementation.needs, [subtree(2)]);
    assert_eq!(code.needs, [own(3)]);
    assert_eq!(
        (refine.parent, &requirement.children[..]),
        (Some(0), &[1][..])
    );

    // The requirement that the design reads is the refined one; the one that `refine` reads isn't.
    let source = |step: usize| match &plan.steps[step].inputs[0].1.references()[0].0 {
        Reference::Document {
            step,
            source,
            scope,
            lists,
            ..
        } => (*step, *source, *scope, *lists),
        other => panic!("{other:?}"),
    };
    assert_eq!(source(2), (0, 1, Whole::Subtree, 0));
    assert_eq!(source(1), (0, 0, Whole::Own, 0));

    assert_eq!(
        code.for_each,
        Some(Reference::Document {
            step: 3,
            document: name("subtasks"),
            scope: Whole::Own,
            source: 3,
            lists: 0,
            before: None
        })
    );
    assert_eq!(
        code.inputs[0].1.references()[0].0,
        Reference::Item {
            step: 4,
            fields: vec![]
        }
    );
    assert_eq!(
        (code.grants.workspace, design.grants.workspace),
        (WorkspaceGrant::Write, WorkspaceGrant::None)
    );
    assert_eq!(code.limits.wall, Duration::from_secs(600));
    assert_eq!(code.limits.cpu, Limits::default().cpu);
    assert_eq!(design.model.as_deref(), Some("thinker"));
    assert_eq!(code.model.as_deref(), Some("writer"));
    assert_eq!(design.prompts["architecture_design"].as_str(), "our_design");
    assert_eq!(refine.prompts["refine"].as_str(), "refine");
    assert!(
        plan.steps
            .iter()
            .all(|step| step.retries == 2 && step.concurrency == 1)
    );
}

#[test]
fn a_step_waits_for_the_whole_of_another_and_inside_of_it_for_its_own_work_only() {
    let plan = planned(&flow(&[
        ("a", ""),
        ("a/b", r#"inputs.text = "{{ steps.a.out }}""#),
        (
            "a/b/c",
            r#"inputs.text = "{{ steps.a.out }}{{ steps.a.b.out }}""#,
        ),
        (
            "d",
            r#"inputs.text = "{{ steps.a.b.c.out }}{{ steps.a.b.c.out }}""#,
        ),
    ]));
    assert_eq!(plan.steps[1].needs, [own(0)]);
    assert_eq!(plan.steps[2].needs, [own(1), own(0)]);
    assert_eq!(plan.steps[3].needs, [subtree(2)]);
}

#[test]
fn the_deepest_document_stands_in_for_those_above_it() {
    let plan = planned(&flow(&[
        ("a", ""),
        ("a/b", ""),
        ("a/b/c", ""),
        ("d", r#"inputs.text = "{{ steps.a.out }}""#),
        ("e", r#"inputs.text = "{{ steps.a.b.c.out }}""#),
    ]));
    let reference = &plan.steps[3].inputs[0].1.references()[0].0;
    assert!(
        matches!(
            reference,
            Reference::Document {
                step: 0,
                source: 2,
                ..
            }
        ),
        "{reference:?}"
    );
}

#[test]
fn a_document_of_a_group_is_that_of_its_only_writer() {
    let source = "name = \"flow\"\n[[steps]]\nid = \"g\"\n[[steps.steps]]\nid = \"a\"\nuses = \"fake:text\"\n\
        [[steps]]\nid = \"b\"\nuses = \"fake:text\"\ninputs.text = \"{{ steps.g.out }}\"\n";
    let plan = planned(source);
    let reference = &plan.steps[2].inputs[0].1.references()[0].0;
    assert!(
        matches!(
            reference,
            Reference::Document {
                step: 0,
                source: 1,
                ..
            }
        ),
        "{reference:?}"
    );
    assert_eq!(
        (plan.steps[0].uses.as_deref(), &plan.steps[2].needs[..]),
        (None, &[subtree(0)][..])
    );
}

#[test]
fn a_document_of_repeated_steps_is_a_list_but_for_those_of_the_same_item() {
    let each = r#"for_each = "steps.s.out""#;
    let plan = planned(&flow(&[
        ("s", ""),
        ("a", each),
        (
            "a/b",
            &format!("{each}\ninputs.text = \"{{{{ parent.out }}}}{{{{ item.x.y }}}}\""),
        ),
        ("a/c", r#"inputs.text = "{{ steps.a.b.out }}{{ item }}""#),
        (
            "d",
            r#"inputs.text = "{{ steps.a.b.out }}{{ steps.a.c.out }}""#,
        ),
        ("e", r#"for_each = "steps.a.c.out""#),
        (
            "e/f",
            r#"for_each = "item_less""#.replace("item_less", "parent.out").as_str(),
        ),
    ]));
    let lists = |step: usize| -> Vec<u32> {
        plan.steps[step].inputs[0]
            .1
            .references()
            .iter()
            .filter_map(|(reference, _)| match reference {
                Reference::Document { lists, .. } => Some(*lists),
                _ => None,
            })
            .collect()
    };
    assert_eq!(lists(2), [0]);
    assert_eq!(lists(3), [1]);
    assert_eq!(lists(4), [2, 1]);
    let item = |step: usize| {
        plan.steps[step].inputs[0]
            .1
            .references()
            .last()
            .unwrap()
            .0
            .clone()
    };
    assert_eq!(
        item(2),
        Reference::Item {
            step: 2,
            fields: vec!["x".into(), "y".into()]
        }
    );
    assert_eq!(
        item(3),
        Reference::Item {
            step: 1,
            fields: vec![]
        }
    );
    let over = |step: usize| plan.steps[step].for_each.clone().unwrap();
    assert!(matches!(
        over(5),
        Reference::Document {
            lists: 1,
            source: 3,
            ..
        }
    ));
    assert!(matches!(
        over(6),
        Reference::Document {
            lists: 0,
            source: 5,
            ..
        }
    ));
}

#[test]
fn an_optional_refinement_needs_no_default_since_the_unrefined_text_is_there() {
    let plan = planned(&flow(&[
        ("a", ""),
        ("a/b", "optional = true"),
        ("c", r#"inputs.text = "{{ steps.a.out }}""#),
    ]));
    let reference = &plan.steps[2].inputs[0].1.references()[0].0;
    assert!(
        matches!(
            reference,
            Reference::Document {
                step: 0,
                source: 1,
                ..
            }
        ),
        "{reference:?}"
    );
    // Where the step itself is optional, nothing is sure to be there.
    let (plan, problems) = common::plan(
        &flow(&[
            ("a", "optional = true"),
            ("a/b", ""),
            ("c", r#"inputs.text = "{{ steps.a.out }}""#),
        ]),
        "flow.toml",
    );
    assert!(
        plan.is_none() && problems[0].code == "may-be-missing",
        "{problems:?}"
    );
}

#[test]
fn a_run_can_do_without_an_optional_step_whose_plugin_is_not_there() {
    let gone = |rest: &str| {
        flow(&[
            ("a", &format!("uses = \"gone.wasm\"\n{rest}")),
            (
                "b",
                r#"inputs.text = "{{ steps.a.anything | default('nothing') }}""#,
            ),
        ])
    };
    let plan = planned(&gone("optional = true"));
    let (_, template) = &plan.steps[1].inputs[0];
    let text = common::now(template.render(&|_| None, &InProcess, usize::MAX)).unwrap();
    assert_eq!(text, "nothing");
    // Any other is the caller's to report; nothing more is said of it, and there is no plan.
    let (plan, problems) = common::plan(&gone(""), "flow.toml");
    assert!(plan.is_none() && problems.is_empty(), "{problems:?}");
}

#[test]
fn limits_of_a_step_lie_over_the_defaults_and_those_over_the_operators() {
    let source = "name = \"flow\"\n[defaults]\nretries = 5\nlimits = { wall = \"1h\", files = 3 }\n\
        [[steps]]\nid = \"a\"\nuses = \"fake:text\"\nlimits = { files = 7, memory = \"1GiB\" }\nretries = 0\n";
    let plan = planned(source);
    let step = &plan.steps[0];
    let operator = Limits {
        attempts: 99,
        memory: 1,
        ..Limits::default()
    };
    let limits = step.limits_over(&operator);
    assert_eq!(
        (limits.files, limits.memory, limits.attempts),
        (7, 1 << 30, 99)
    );
    assert_eq!(
        (limits.wall, limits.cpu),
        (Duration::from_secs(3600), Limits::default().cpu)
    );
    assert_eq!(
        (step.limits.attempts, step.retries),
        (Limits::default().attempts, 0)
    );
}

#[test]
fn nothing_is_inherited_from_a_parent() {
    let plan = planned(&flow(&[
        ("a", "model = \"thinker\"\nretries = 9\nlimits.files = 1"),
        ("a/b", ""),
    ]));
    let child = &plan.steps[1];
    assert_eq!((child.model.as_deref(), child.retries), (None, 2));
    assert_eq!(child.limits, Limits::default());
}

#[test]
fn what_is_not_a_text_goes_in_as_json() {
    let plan = planned(&flow(&[(
        "a",
        "inputs.text = { b = [1, 2.5, true], a = \"x\" }\ninputs.more = 0x10\nsettings = {}",
    )]));
    let text = |input: usize| {
        let (_, template) = &plan.steps[0].inputs[input];
        common::now(template.render(&|_| None, &InProcess, usize::MAX)).unwrap()
    };
    assert_eq!(text(0), r#"{"b":[1,2.5,true],"a":"x"}"#);
    assert_eq!(text(1), "16");
}

/// Fills the text of an input, with these values for `steps.s.out` and the item.
fn filled(
    text: &str,
    document: Option<Value>,
    item: Option<Value>,
) -> Result<String, TemplateError> {
    let rest = format!("for_each = \"steps.s.out\"\ninputs.text = '''{text}'''");
    let plan = planned(&flow(&[("s", ""), ("a", &rest)]));
    let lookup = |reference: &Reference| match reference {
        Reference::Document { .. } => document.as_ref(),
        Reference::Item { fields, .. } => fields
            .iter()
            .try_fold(item.as_ref()?, |value, field| value.get(field)),
        _ => None,
    };
    common::now(
        plan.steps[1].inputs[0]
            .1
            .render(&lookup, &InProcess, usize::MAX),
    )
}

#[test]
fn texts_go_in_as_they_are_and_everything_else_as_json() {
    let text = |value| filled("<{{ steps.s.out }}>", Some(value), None).unwrap();
    assert_eq!(
        text(json!("a \"b\" {{ inputs.x }} {% if %}")),
        "<a \"b\" {{ inputs.x }} {% if %}>"
    );
    assert_eq!(
        text(json!(["a<b", {"z": 1, "a": null}])),
        r#"<["a<b",{"z":1,"a":null}]>"#
    );
    let item = Some(json!({"title": "T", "files": ["x.py", "y.py"]}));
    assert_eq!(
        filled(
            "{{ item.title | upper }} {{ item.title }}",
            None,
            item.clone()
        )
        .unwrap(),
        "T T"
    );
    assert_eq!(
        filled("{{ item.files | join(', ') }}", None, item.clone()).unwrap(),
        "x.py, y.py"
    );
    assert_eq!(
        filled("{{ item }}", None, item.clone()).unwrap(),
        r#"{"title":"T","files":["x.py","y.py"]}"#
    );
    assert_eq!(
        filled("{{ item.files | tojson }}", None, item).unwrap(),
        r#"["x.py","y.py"]"#
    );
}

#[test]
fn literal_braces_white_space_and_comments() {
    let text = |text| filled(text, Some(json!("v")), None).unwrap();
    assert_eq!(text("{{ '{{' }} {{ \"}}\" }} {{ '{%' }}"), "{{ }} {%");
    assert_eq!(text("a  {{- steps.s.out -}}  b {# c #}"), "avb {# c #}");
    assert_eq!(text("{ } }} %}"), "{ } }} %}");
}

#[test]
fn a_missing_value_is_an_error_that_names_it_unless_there_is_a_default() {
    let item = Some(json!({}));
    let error = filled("x {{ item.title }}", None, item.clone()).unwrap_err();
    assert_eq!(error.to_string(), "line 10: `item.title` has no value");
    assert!(
        error.hint().contains("item.title | default"),
        "{}",
        error.hint()
    );
    let error = filled("{{ item.title | trim }}", None, item.clone()).unwrap_err();
    assert!(
        matches!(error, TemplateError::MissingVariable { .. }),
        "{error}"
    );
    assert_eq!(
        filled("{{ item.title | default('-') | upper }}", None, item).unwrap(),
        "-"
    );
    let error = filled("{{ item | first }}", None, Some(json!(5))).unwrap_err();
    assert!(
        matches!(error, TemplateError::Invalid { line: 10, .. }),
        "{error}"
    );
}

#[test]
fn an_argument_that_no_filter_can_read_is_a_problem_of_the_definition() {
    let source = flow(&[
        ("s", ""),
        (
            "a",
            r#"inputs.text = "{{ steps.s.out | indent(width=4, 2) }}""#,
        ),
    ]);
    let (plan, problems) = common::plan(&source, "flow.toml");
    assert!(plan.is_none());
    assert_eq!(problems[0].code, "bad-expression");
    let span = problems[0].span.unwrap();
    assert_eq!(&source[span.start..span.end], "| indent(width=4, 2) ");
}

#[test]
fn a_text_goes_through_filters_too() {
    let text = |text| filled(text, Some(json!("v")), None).unwrap();
    assert_eq!(
        text("{{ 'a b' | title }} {{ '}} {%' | upper }}"),
        "A B }} {%"
    );
}

#[test]
fn no_plan_is_made_of_a_definition_with_an_error_but_all_of_it_is_checked() {
    let source = flow(&[
        ("a", "again = 1"),
        ("b", r#"inputs.text = "{{ steps.c.out }}""#),
    ]);
    let (plan, problems) = common::plan(&source, "flow.toml");
    let codes: Vec<_> = problems
        .iter()
        .map(|problem| problem.code.as_ref())
        .collect();
    assert!(plan.is_none());
    assert_eq!(codes, ["unknown-key", "unknown-step"]);
}

#[test]
fn a_reference_to_what_could_not_be_read_is_no_further_problem() {
    let source = "name = \"flow\"\n[[steps]]\nid = \"Bad\"\nuses = \"fake:text\"\n\
        [[steps]]\nid = \"b\"\nuses = \"fake:text\"\ninputs.text = \"{{ steps.bad.out }}\"\n";
    let (_, problems) = common::plan(source, "flow.toml");
    assert_eq!(
        problems
            .iter()
            .map(|problem| problem.code.as_ref())
            .collect::<Vec<_>>(),
        ["bad-name"]
    );
}

#[test]
fn models_are_not_checked_where_nobody_knows_them() {
    let source = flow(&[("a", "model = \"whatever\"")]);
    let (definition, _) = parse_definition(&source, "flow.toml");
    let (plan, problems) = common::now(check(
        &definition.unwrap(),
        &common::describe,
        None,
        &InProcess,
    ));
    assert!(problems.is_empty());
    assert_eq!(plan.unwrap().steps[0].model.as_deref(), Some("whatever"));
}

#[test]
fn plugins_are_listed_with_their_places() {
    let source = include_str!("definitions/automated_coding.toml");
    let definition = parse_definition(source, "flow.toml").0.unwrap();
    let plugins: Vec<_> = definition
        .plugins()
        .into_iter()
        .map(|(path, uses)| format!("{path} {} {}", uses.value, uses.span.start_line))
        .collect();
    assert_eq!(plugins[1], "requirement/refine builtin:refine 19");
    assert_eq!(plugins.len(), 5);
}
