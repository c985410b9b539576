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
    let steps = format!("name = \"x\"\n{}", step.repeat(3000));
    let no_toml = "= 1\n".repeat(20_000);
    let mut read = vec![(parse_configuration(&keys, "f.toml").1, &keys)];
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
        "{{ inputs.z }} ".repeat(100_000)
    );
    let (_, problems) = parse_definition(&text, "f.toml");
    assert!(problems.len() <= 52);
}
