//! Prompts: what their plugins fill in, and what they ask for beyond it.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

mod common;

use stepwell_contract::{Field, TemplateError, Text, TextService as _};
use stepwell_definition::{fill_prompt, unknown_variables};
use stepwell_texts::InProcess;

fn declared(name: &str, schema: Option<&str>) -> Field {
    Field {
        name: name.into(),
        schema: schema.map(str::to_owned),
        ..Field::default()
    }
}

fn filled(template: &str, variables: &[(&str, &str)]) -> Result<String, TemplateError> {
    let texts: Vec<_> = variables
        .iter()
        .map(|(name, value)| Text::new(*name, *value))
        .collect();
    let fields = [declared("tasks", Some("{}")), declared("text", None)];
    common::now(fill_prompt(template, &texts, &fields, &InProcess))
}

#[test]
fn a_text_goes_in_as_it_is_and_is_never_read_as_a_template() {
    let text = "a <b> & \"c\" {{ text }} {% for %} {# x #}\n";
    assert_eq!(
        filled("<{{ text }}>\n", &[("text", text)]).unwrap(),
        format!("<{text}>\n")
    );
    // It looks like JSON, but nobody declared it to be.
    assert_eq!(
        filled("{{ text }}", &[("text", "[1, 2]")]).unwrap(),
        "[1, 2]"
    );
}

#[test]
fn a_variable_with_a_schema_is_json() {
    let tasks =
        r#"[{"title": "B<", "size": 1.5, "a": null}, {"title": "C", "size": 2, "a": true}]"#;
    let text = |template| filled(template, &[("tasks", tasks)]).unwrap();
    assert_eq!(
        text("{% for task in tasks %}{{ loop.index }}. {{ task.title }}\n{% endfor %}"),
        "1. B<\n2. C\n"
    );
    assert_eq!(
        text("{{ tasks }}"),
        r#"[{"title":"B<","size":1.5,"a":null},{"title":"C","size":2,"a":true}]"#
    );
    assert_eq!(
        text("{{ tasks[1] | tojson(indent=2) }}"),
        "{\n  \"title\": \"C\",\n  \"size\": 2,\n  \"a\": true\n}"
    );
    assert_eq!(text("{{ tasks | length }} {{ tasks[0].a }}"), "2 null");
    // What isn't JSON after all is still a text.
    assert_eq!(
        filled("{{ tasks }}", &[("tasks", "none yet")]).unwrap(),
        "none yet"
    );
}

#[test]
fn unknown_variables_are_found_with_their_places() {
    let template = "feature text\n  {{ featur }} {{ a.feature }}{{ zzz }}\n";
    let used = common::now(InProcess.read_template(template)).unwrap();
    let problems = unknown_variables(
        &used,
        &[declared("feature", None), declared("a", Some("{}"))],
    );
    let shown: Vec<_> = problems
        .iter()
        .map(|problem| (problem.placed(), problem.hint.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            (
                "line 2, column 6: `featur` is not a variable of this prompt".to_owned(),
                "did you mean `feature`?"
            ),
            (
                "line 2, column 34: `zzz` is not a variable of this prompt".to_owned(),
                "the plugin fills in `feature`, `a`"
            ),
        ]
    );
    let all = ["featur", "a", "zzz"].map(|name| declared(name, Some("{}")));
    assert!(unknown_variables(&used, &all).is_empty());
    let texts = ["featur", "a", "zzz"].map(|name| declared(name, None));
    let problems = unknown_variables(&used, &texts);
    assert_eq!(problems.len(), 1);
    assert_eq!(
        (problems[0].placed().as_str(), problems[0].hint.as_str()),
        (
            "line 2, column 19: `a` is a text: there is no `a.feature`",
            "write `{{ a }}`"
        )
    );
}
