//! What templates can do, and what they can't do to the host.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

use futures_util::FutureExt as _;
use serde_json::Value;
use stepwell_contract::{Filling, TemplateError, TextService as _, VariableUse};
use stepwell_texts::InProcess;

fn filled(template: &str, variables: &[(&str, &str)]) -> Result<String, TemplateError> {
    let variables: Vec<_> = variables
        .iter()
        .map(|(name, value)| (*name, Value::from(*value)))
        .collect();
    let filling = Filling {
        template,
        variables: &variables,
        most_bytes: 64 << 20,
    };
    InProcess.fill_template(filling).now_or_never().unwrap()
}

fn read(template: &str) -> Result<Vec<VariableUse>, TemplateError> {
    InProcess.read_template(template).now_or_never().unwrap()
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
    let template = "{% for x in tasks %}{{ x.a }}{% endfor %}{{ range(3) }}\n {{ text | default(other) }}{% set y = 1 %}{{ y }}";
    let used = read(template).unwrap();
    let places: Vec<_> = used
        .iter()
        .map(|used| (used.name.as_str(), used.line, used.column))
        .collect();
    assert_eq!(places, [("tasks", 1, 13), ("text", 2, 5), ("other", 2, 20)]);
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
    let error = filled("{{ tasks.nothing }}", &[("tasks", "x")]).unwrap_err();
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
            matches!(read(template), Err(TemplateError::Invalid { .. })),
            "{template}"
        );
    }
}

#[test]
fn a_statement_in_quotes_is_a_text() {
    let template = "{{ '}} {% include 1 %}' }}{{ text | default(\"{% block %}\") }}";
    assert_eq!(
        filled(template, &[("text", "x")]).unwrap(),
        "}} {% include 1 %}x"
    );
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
        read(&"x".repeat(2 << 20)),
        Err(TemplateError::TooLong { .. })
    ));
    assert!(filled("{{ text | indent(100000000000) }}", &[("text", "a\nb")]).is_err());
    assert!(filled("{{ '%1000000000d' | format(1) }}", &[]).is_err());
}

#[test]
fn a_filter_or_a_test_that_there_is_none_of_is_found_when_a_template_is_read() {
    for (template, told) in [
        (
            "{{ x | nofilter }}",
            "line 1: there is no filter `nofilter`",
        ),
        (
            "a\n{% if x %}{% else %}{{ x|upper|nope(1) }}{% endif %}",
            "line 2: there is no filter `nope`",
        ),
        (
            "{% if x is odder %}{% endif %}",
            "line 1: there is no test `odder`",
        ),
        (
            "{% macro m(a) %}{{ a|nope }}{% endmacro %}",
            "line 1: there is no filter `nope`",
        ),
        (
            "{% filter nope %}x{% endfilter %}",
            "line 1: there is no filter `nope`",
        ),
        ("{{ x|format }}", "line 1: there is no filter `format`"),
    ] {
        assert_eq!(read(template).unwrap_err().to_string(), told, "{template}");
    }
    for template in [
        "{{ x|upper|replace('a', 'b')|default('c')|join(',')|tojson|indent(2)|groupby('a')|slice(3)|batch(2) }}",
        "{% if x is divisibleby(3) or x is defined or x is startingwith('a') or x in [1] %}{% endif %}",
    ] {
        assert!(read(template).is_ok(), "{template}");
    }
}

#[test]
fn a_part_that_a_variable_is_asked_for_is_told() {
    let used = read("{{ a }} {{ b.c.d }} {{ b.c }}").unwrap();
    let parts: Vec<_> = used
        .iter()
        .map(|used| (used.name.as_str(), used.part.as_deref()))
        .collect();
    assert_eq!(parts, [("a", None), ("b", Some("c"))]);
}
