//! Texts with very many problems: a person is told of the first, and how many more there are.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use stepwell_definition::{Diagnostic, parse_configuration, parse_definition};

fn shown(problems: &[Diagnostic], text: &str) -> String {
    problems
        .iter()
        .map(|problem| problem.render(text))
        .collect()
}

#[test]
fn of_very_many_problems_the_first_are_told() {
    let keys: String = (0..20_000).map(|key| format!("bad_{key} = 1\n")).collect();
    let step = "[[steps]]\nid = \"a\"\nuses = \"a.wasm\"\n";
    let steps = format!("name = \"x\"\n{}", step.repeat(900));
    let no_toml = "= 1\n".repeat(20_000);
    let mut read = vec![(parse_configuration(&keys, "f.toml", &[]).1, &keys)];
    for text in [&keys, &steps, &no_toml] {
        read.push((parse_definition(text, "f.toml").1, text));
    }
    for (problems, text) in read {
        let shown = shown(&problems, text);
        assert!(problems.len() <= 52 && shown.len() < 30_000, "{shown}");
        let last = problems.last().unwrap();
        assert_eq!(last.code, "more-problems", "{shown}");
        assert!(last.is_error() && shown.contains("more problems, which are not shown"));
        assert!(
            shown.contains("f.toml:1:") || shown.contains("f.toml:6:"),
            "{shown}"
        );
    }
}

#[test]
fn that_tables_lie_too_deep_is_said_once() {
    let mut text = "name = \"x\"\n".to_owned();
    for deep in 1..=100 {
        text += &format!("[[{}]]\nid = \"s{deep}\"\n", vec!["steps"; deep].join("."));
    }
    for text in [
        text.replace("[[steps.", "[[").replace("[[", "[[steps."),
        text,
    ] {
        let (_, problems) = parse_definition(&text, "f.toml");
        let too_deep = problems
            .iter()
            .filter(|it| it.message.contains("recursion"));
        assert!(too_deep.count() <= 1, "{}", shown(&problems, &text));
    }
}

#[test]
fn the_same_is_not_said_twice_where_it_has_no_place() {
    for text in [
        format!("a = {}1{}\n", "{ b = ".repeat(200), " }".repeat(200)),
        format!("a = {}{}\n", "[".repeat(5000), "]".repeat(5000)),
        format!("[{}c]\n", "a.".repeat(5000)),
        (0..200)
            .map(|deep| format!("[{}c]\n", "a.".repeat(deep)))
            .collect(),
    ] {
        let (_, problems) = parse_definition(&text, "f.toml");
        let mut messages: Vec<_> = problems
            .iter()
            .filter(|problem| problem.span.is_none())
            .map(|problem| &problem.message)
            .collect();
        let count = messages.len();
        messages.dedup();
        assert_eq!(messages.len(), count, "{}", shown(&problems, &text));
        assert!(shown(&problems, &text).len() < 30_000);
    }
}

#[test]
fn a_message_with_a_long_name_ends() {
    let text = format!("{} = 1\n", "x".repeat(1_000_000));
    let (_, problems) = parse_definition(&text, "f.toml");
    assert!(shown(&problems, &text).len() < 5_000);
}

#[test]
fn many_problems_of_one_long_line_take_no_longer_each_for_its_length() {
    let text = format!(
        "name = \"x\"\n[[steps]]\nid = \"a\"\nuses = \"a.wasm\"\ninputs.x = \"{}\"\n",
        "{{ inputs.z }} ".repeat(10_000)
    );
    let (_, problems) = parse_definition(&text, "f.toml");
    assert!(problems.len() <= 52);
}

#[test]
fn more_references_and_steps_than_anybody_writes_are_refused_before_they_are_worked_on() {
    let step =
        |id: usize, below: &str| format!("[[steps]]\nid = \"s{id}\"\nuses = \"a.wasm\"\n{below}");
    let refers = |count: usize| {
        let references = "{{ inputs.z }}".repeat(count);
        format!(
            "name = \"x\"\n[inputs]\nz = {{}}\n{}",
            step(0, &format!("inputs.x = \"{references}\"\n"))
        )
    };
    let steps = |count: usize| {
        let below = "[[steps.steps]]\nid = \"below\"\nuses = \"a.wasm\"\n";
        let steps = (0..count / 2).map(|id| step(id, below));
        format!("name = \"x\"\n{}", steps.collect::<String>())
    };
    for (few, many, code, said) in [
        (
            refers(10_000),
            refers(10_001),
            "too-many-references",
            "more than 10000 references",
        ),
        (
            steps(1000),
            steps(1002),
            "too-many-steps",
            "more than 1000 steps",
        ),
    ] {
        assert!(parse_definition(&few, "f.toml").0.is_some());
        let (definition, problems) = parse_definition(&many, "f.toml");
        assert!(definition.is_none());
        let [problem] = problems.as_slice() else {
            panic!("{problems:?}")
        };
        assert_eq!(problem.code, code);
        assert!(
            problem.message.contains(said) && problem.span.is_some(),
            "{problem:?}"
        );
    }
}

#[test]
fn tables_within_tables_have_a_place() {
    let text = format!("name = \"x\"\n\n[{}c]\n", "a.".repeat(200));
    let (_, problems) = parse_definition(&text, "f.toml");
    let places: Vec<_> = problems
        .iter()
        .map(|it| it.span.map(|span| span.start_line))
        .collect();
    assert!(places.contains(&Some(3)), "{problems:?}");
}

#[test]
fn what_names_a_plugin_is_no_longer_than_a_path() {
    let of = |length: usize| {
        let uses = "c".repeat(length);
        format!("name = \"x\"\n[[steps]]\nid = \"a\"\nuses = \"{uses}\"\n")
    };
    let (_, problems) = parse_definition(&of(4096), "f.toml");
    assert!(problems.is_empty(), "{problems:?}");
    let text = of(900_000);
    let (_, problems) = parse_definition(&text, "f.toml");
    let shown = shown(&problems, &text);
    assert!(shown.contains("`uses` has 900000 bytes"), "{shown}");
    assert!(shown.len() < 10_000, "{}", shown.len());
}
