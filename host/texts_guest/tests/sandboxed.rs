//! The service as a component: it says what it says natively, and no template and no schema harms whoever asks.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use stepwell_builtin::TEXTS;
use stepwell_contract::{
    Digest, Filling, PatternError, SchemaError, StepRunner as _, TemplateError, TextBound,
    TextService,
};
use stepwell_sandbox::{Sandbox, SandboxSettings};
use stepwell_texts::{InProcess, Sandboxed};

fn service() -> Sandboxed {
    let settings = SandboxSettings {
        cache_folder: Some(std::env::temp_dir().join("stepwell-tests-cache")),
        max_instances: 8,
        ..SandboxSettings::default()
    };
    let sandbox = Arc::new(Sandbox::new(settings).unwrap());
    Sandboxed::new(sandbox, Digest::from_bytes(TEXTS.sha256), || TEXTS.shared())
}

fn filling<'a>(template: &'a str, variables: &'a [(&'a str, Value)]) -> Filling<'a> {
    Filling {
        template,
        variables,
        most_bytes: 1 << 20,
    }
}

#[tokio::test]
async fn it_says_what_it_says_natively() {
    let apart = service();
    let variables = [
        ("name", json!("Zoë \"\u{1F41D}\"\n\u{7}")),
        ("list", json!([{ "a": 1.5 }, null, [true, []]])),
        ("deep", (0..126).fold(json!(1), |inner, _| json!([inner]))),
    ];
    let templates = [
        "Hello {{ name }}, {{ list | tojson(indent=2) }} {{ deep }}",
        "{% for one in list %}{{ loop.index }}: {{ one }}\n{% endfor %}",
        "{{ nobody }}",
        "{{ name.first }}",
        "{% if %}",
        "{% include 'x' %}",
        "{{ list | indent(900) }}",
        "{% for a in range(9999) %}{% for b in range(9999) %}.{% endfor %}{% endfor %}",
        "{% for a in range(9999) %}{{ deep }}{{ deep }}{% endfor %}",
    ];
    for template in templates {
        let given = filling(template, &variables);
        assert_eq!(
            apart.fill_template(given).await,
            InProcess.fill_template(given).await,
            "{template}"
        );
        assert_eq!(
            apart.read_template(template).await,
            InProcess.read_template(template).await,
            "{template}"
        );
    }
    let schemas = [
        json!({ "type": "array", "items": { "type": "integer" } }),
        json!({ "type": "arrray" }),
        json!({ "$ref": "file:///etc/passwd" }),
        json!({ "$ref": "http://127.0.0.1:1/" }),
        json!({ "pattern": "(" }),
        json!(true),
    ];
    for schema in schemas {
        let same = apart.check_schema(&schema).await == InProcess.check_schema(&schema).await;
        assert!(same, "{schema}");
        for value in [
            json!([1, "two", 3.5, {}, "five"]),
            json!("text"),
            json!([1]),
        ] {
            assert_eq!(
                apart.check_value(&schema, &value, 2).await,
                InProcess.check_value(&schema, &value, 2).await,
                "{schema} {value}"
            );
        }
    }
}

/// Each is told by the bound that it met, and the next one is worked on as if nothing had been.
#[tokio::test]
async fn a_template_that_would_harm_its_host_meets_a_bound() {
    let apart = service();
    let itself = "{% set ns = namespace(a=1) %}{% set ns.a = ns %}{{ ns }}";
    let doubling = format!("{{% set x = 'x' %}}{}", "{% set x = x ~ x %}".repeat(31));
    let replacing = "{% set x = 'x' * 100000 %}{% set y = x | replace('x', x) %}{{ y | length }}";
    let joining = "{% set x = range(99999) | join('x' * 100000) %}{{ x | length }}";
    let nots = format!("{{{{ {}1 }}}}", "not ".repeat(400_000));
    let minuses = format!("{{{{ {}1 }}}}", "-".repeat(1_000_000));
    let brackets = format!("{{{{ {}1{} }}}}", "[".repeat(400_000), "]".repeat(400_000));
    for template in [
        itself, &doubling, replacing, joining, &nots, &minuses, &brackets,
    ] {
        let filled = apart.fill_template(filling(template, &[])).await;
        let bounded = matches!(
            filled,
            Err(TemplateError::Bound(_)
                | TemplateError::TooLong { .. }
                | TemplateError::TooLarge { .. }
                | TemplateError::TooCostly { .. }
                | TemplateError::Invalid { .. })
        );
        assert!(bounded, "{:.60}: {filled:?}", template);
        let next = apart.fill_template(filling("{{ 1 + 1 }}", &[])).await;
        assert_eq!(next.unwrap(), "2");
    }
    let filled = apart.fill_template(filling(itself, &[])).await;
    assert_eq!(filled, Err(TemplateError::Bound(TextBound::Depth)));
    let filled = apart.fill_template(filling(&doubling, &[])).await;
    assert!(
        matches!(filled, Err(TemplateError::Bound(TextBound::Memory(most))) if most < 80 << 20)
    );
}

/// What somebody may well write.
#[tokio::test]
async fn a_long_row_of_operators_is_worked_on() {
    let sum = format!("{{{{ 1{} }}}}", " + 1".repeat(5_000));
    let filled = service().fill_template(filling(&sum, &[])).await;
    assert_eq!(filled.unwrap(), "5001");
}

#[tokio::test]
async fn a_large_text_is_worked_on() {
    let large = "word ".repeat(1 << 20);
    let variables = [("large", json!(large))];
    let given = Filling {
        template: "{{ large }}{{ large }}",
        variables: &variables,
        most_bytes: 32 << 20,
    };
    let filled = service().fill_template(given).await.unwrap();
    assert_eq!(filled.len(), 2 * large.len());
}

#[tokio::test]
async fn a_schema_that_would_harm_its_host_meets_a_bound() {
    let apart = service();
    let mut definitions = serde_json::Map::new();
    for number in 0..40 {
        let next = json!({ "$ref": format!("#/$defs/a{}", number + 1) });
        definitions.insert(format!("a{number}"), json!({ "allOf": [next, next] }));
    }
    definitions.insert("a40".into(), json!({ "type": "string" }));
    let doubling = json!({ "$defs": definitions, "$ref": "#/$defs/a0" });
    let found = apart.check_value(&doubling, &json!("x"), 1).await;
    assert!(
        matches!(found, Ok(Err(SchemaError::Bound(TextBound::Time(_))))),
        "{found:?}"
    );

    let mut pattern = String::new();
    let _ = write!(pattern, "{}", "(a{1,900}){1,900}".repeat(3));
    let hungry = json!({ "pattern": pattern });
    let found = apart.check_value(&hungry, &json!("aaaa"), 1).await;
    assert!(found.unwrap().is_err());
    let backtracking = json!({ "pattern": "^(a+)+(?=b)c$" });
    let found = apart
        .check_value(&backtracking, &json!("a".repeat(64)), 1)
        .await;
    let found = found.unwrap();
    assert!(found.is_err() || !found.unwrap().first.is_empty());

    let next = apart
        .check_value(&json!({ "type": "string" }), &json!("x"), 1)
        .await;
    assert!(next.unwrap().unwrap().first.is_empty());
}

#[tokio::test]
async fn an_expression_that_would_harm_its_host_meets_a_bound() {
    let apart = service();
    for (pattern, text) in [
        ("(?m)^Milk (is|was)", "Tea is hot.\nMilk was cold.\n"),
        ("é+", "caféé"),
        ("coffee", "Tea"),
        ("", ""),
    ] {
        let found = apart.search(pattern, text).await;
        assert_eq!(found, InProcess.search(pattern, text).await, "{pattern}");
    }
    let patterns = ["a+", "(", r"\w{1,200}", "(?=a)"];
    assert_eq!(
        apart.check_patterns(&patterns).await,
        InProcess.check_patterns(&patterns).await
    );
    // Each byte is held against thousands of states.
    let slow = "[ab]*a[ab]{3000}[^ab]";
    let mut random = 1_u32;
    let mut letter = || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        if random >> 31 == 0 { 'a' } else { 'b' }
    };
    let text: String = (0..8 << 20).map(|_| letter()).collect();
    let found = apart.search(slow, &text).await.unwrap();
    assert!(matches!(found, Err(PatternError::Bound(_))), "{found:?}");
    let hungry = format!(r"(?:\pL{{1,500}}){{1,{}}}", 500);
    let found = apart.search(&hungry, "aaaa").await.unwrap();
    assert!(found.is_err(), "{found:?}");
    // One that meets a bound is not laid to those beside it.
    let found = apart.check_patterns(&["a", &hungry, "b"]).await.unwrap();
    assert_eq!(
        found.iter().map(Result::is_ok).collect::<Vec<_>>(),
        [true, false, true]
    );
}

/// The doubling templates of many at once have no more memory than the few that are worked on at the same time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn honest_work_goes_on_beside_bombs() {
    let apart = Arc::new(service());
    let doubling = format!("{{% set x = 'x' %}}{}", "{% set x = x ~ x %}".repeat(31));
    let mut bombs = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (apart, doubling) = (Arc::clone(&apart), doubling.clone());
        bombs.spawn(async move { apart.fill_template(filling(&doubling, &[])).await });
    }
    for number in 0..32 {
        let variables = [("n", json!(number))];
        let filled = apart.fill_template(filling("{{ n }}", &variables)).await;
        assert_eq!(filled.unwrap(), number.to_string());
    }
    while let Some(bomb) = bombs.join_next().await {
        assert!(matches!(
            bomb.unwrap(),
            Err(TemplateError::Bound(TextBound::Memory(_)))
        ));
    }
}

/// The engine takes their word for it.
#[tokio::test]
async fn what_the_steps_inside_declare_are_json_schemas() {
    let sandbox = Sandbox::new(SandboxSettings::default()).unwrap();
    let mut count = 0;
    for step in stepwell_builtin::STEPS {
        let component = step.component().unwrap();
        let loaded = sandbox.load(component.into()).await.unwrap();
        let description = loaded.description;
        let variables = description.prompts.iter().flat_map(|it| &it.variables);
        let fields = description.inputs.iter().chain(&description.documents);
        for field in fields.chain(&description.settings).chain(variables) {
            let Some(schema) = &field.schema else {
                continue;
            };
            let schema = serde_json::from_str(schema).unwrap();
            let checked = InProcess.check_schema(&schema).await.unwrap();
            assert_eq!(checked, Ok(()), "{}: {}", step.name, field.name);
            count += 1;
        }
    }
    assert!(count > 10, "{count}");
}

#[tokio::test]
async fn a_component_that_is_something_else_is_a_failure_of_the_service() {
    let sandbox = Arc::new(Sandbox::new(SandboxSettings::default()).unwrap());
    assert!(sandbox.load(Arc::from(&b"no component"[..])).await.is_err());
    let broken = Sandboxed::new(sandbox, Digest::of("no component"), || {
        Ok(Arc::from(*b"no component"))
    });
    let read = broken.read_template("x").await;
    assert!(matches!(read, Err(TemplateError::Failed(_))));
}
