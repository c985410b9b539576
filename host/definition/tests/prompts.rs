//! Prompts: what their templates can do, and what they can't do to the host.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

use stepwell_contract::{Field, Text};
use stepwell_definition::{PromptTemplate, TemplateError};

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
    PromptTemplate::parse(template)?.render(&texts, &fields)
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
fn the_language_is_there() {
    let template = "{% set n = 2 %}{% if text %}{{ text | upper | indent(2, true) }}{% else %}-{% endif %}\
        {% macro bold(x) %}*{{ x }}*{% endmacro %}{{ bold(n) }}{% raw %}{{ x }}{% endraw %}";
    assert_eq!(
        filled(template, &[("text", "a\nb")]).unwrap(),
        "  A\n  B*2*{{ x }}"
    );
}

#[test]
fn variables_are_those_that_the_template_does_not_make_itself() {
    let template = PromptTemplate::parse(
        "{% for x in tasks %}{{ x.a }}{% endfor %}{{ range(3) }}{{ text | default(other) }}{% set y = 1 %}{{ y }}",
    )
    .unwrap();
    assert_eq!(
        template.variables().iter().collect::<Vec<_>>(),
        ["other", "tasks", "text"]
    );
}

#[test]
fn unknown_variables_are_found_with_their_places() {
    let template =
        PromptTemplate::parse("feature text\n  {{ featur }} {{ a.feature }}{{ zzz }}\n").unwrap();
    let problems = template.check(&[declared("feature", None), declared("a", None)]);
    let shown: Vec<_> = problems
        .iter()
        .map(|problem| (problem.message.as_str(), problem.hint.as_deref().unwrap()))
        .collect();
    assert_eq!(
        shown,
        [
            (
                "line 2, column 6: `featur` is not a variable of this prompt",
                "did you mean `feature`?"
            ),
            (
                "line 2, column 34: `zzz` is not a variable of this prompt",
                "the plugin fills in `feature`, `a`"
            ),
        ]
    );
    assert!(
        template
            .check(&["featur", "a", "zzz"].map(|name| declared(name, None)))
            .is_empty()
    );
}

#[test]
fn a_missing_variable_is_named() {
    let error = filled("a\n{{ text }} {{ missing }}", &[("text", "x")]).unwrap_err();
    assert_eq!(
        error,
        TemplateError::MissingVariable {
            name: "missing".into(),
            line: 2
        }
    );
    let error = filled("{{ missing | upper }}", &[]).unwrap_err();
    assert!(
        matches!(&error, TemplateError::MissingVariable { name, .. } if name == "missing"),
        "{error:?}"
    );
    let error = filled("{% for x in missing %}{% endfor %}", &[]).unwrap_err();
    assert!(
        matches!(&error, TemplateError::MissingVariable { name, .. } if name == "missing"),
        "{error:?}"
    );
    let error = filled("{{ tasks.nothing }}", &[("tasks", "{}")]).unwrap_err();
    assert!(
        matches!(&error, TemplateError::MissingVariable { name, .. } if name == "tasks.nothing"),
        "{error:?}"
    );
    assert_eq!(
        filled(
            "{{ missing | default('-') }}{% if missing is defined %}x{% endif %}",
            &[]
        )
        .unwrap(),
        "-"
    );
}

#[test]
fn a_mistake_is_told_with_its_line() {
    for (template, line) in [
        ("a\n{{ text", 2),
        ("{% if text %}", 1),
        ("\n\n{{ text | nope }}", 3),
        ("{% nope %}", 1),
    ] {
        let error = filled(template, &[("text", "x")]).unwrap_err();
        assert!(
            matches!(error, TemplateError::Invalid { line: found, .. } if found == line),
            "{template}: {error:?}"
        );
    }
    for template in [
        "{% include 'a' %}",
        "{% import 'a' as a %}",
        "{% extends 'a' %}",
    ] {
        assert!(
            matches!(
                PromptTemplate::parse(template),
                Err(TemplateError::Invalid { .. })
            ),
            "{template}"
        );
    }
}

#[test]
fn filling_ends_however_the_template_was_meant() {
    let costly = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}";
    assert!(matches!(
        filled(costly, &[]),
        Err(TemplateError::TooCostly { .. })
    ));
    let recursive = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
    assert!(filled(recursive, &[]).is_err());
    let large = format!(
        "{{% for a in range(9999) %}}{}{{% endfor %}}",
        "x".repeat(10_000)
    );
    assert!(matches!(
        filled(&large, &[]),
        Err(TemplateError::TooLarge { .. })
    ));
    assert!(matches!(
        PromptTemplate::parse(&"x".repeat(2 << 20)),
        Err(TemplateError::TooLarge { .. })
    ));
    assert!(filled("{{ text | indent(100000000000) }}", &[("text", "a\nb")]).is_err());
    assert!(filled("{{ '%1000000000d' | format(1) }}", &[]).is_err());
}

#[test]
fn one_template_is_filled_again_and_again() {
    let template = PromptTemplate::parse("{% for a in range(5000) %}{{ x }}{% endfor %}").unwrap();
    let again = template.clone();
    for _ in 0..100 {
        // The fuel is that of one filling, not of a template's life.
        assert_eq!(
            again.render(&[Text::new("x", "y")], &[]).unwrap().len(),
            5000
        );
    }
}
