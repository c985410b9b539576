//! Whatever the text, reading it ends with an answer, and every place is a place of that text.

mod common;

use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use stepwell_contract::{Text, TextService as _};
use stepwell_definition::{Diagnostic, fill_prompt, unknown_variables};
use stepwell_texts::InProcess;

const SEEDS: [&str; 8] = [
    include_str!("definitions/automated_coding.toml"),
    include_str!("diagnostics/escaped-places.toml"),
    include_str!("diagnostics/configuration-models.toml"),
    include_str!("diagnostics/cases-checks.toml"),
    include_str!("diagnostics/cases-json-keys.json"),
    include_str!("diagnostics/tests-names.toml"),
    include_str!("diagnostics/tests-answers.toml"),
    include_str!("diagnostics/tests-expected.toml"),
];

/// Pieces that matter to a reader, to be put anywhere.
const PIECES: [&str; 34] = [
    "\"",
    "'''",
    "\"\"\"",
    "[[steps]]",
    "[[steps.steps]]",
    "[",
    "]",
    "{",
    "}",
    "{{",
    "}}",
    "{%",
    "| default('')",
    "steps.",
    "parent.",
    "item",
    "inputs.",
    ".",
    "\\",
    "\\u00e9",
    "\r\n",
    "\n",
    "\u{feff}",
    "é",
    "=",
    "id = \"requirement\"",
    "for_each = \"parent.subtasks\"",
    "{{ steps.requirement.requirement }}",
    "optional = true",
    "repeat = { while = \"steps.requirement.requirement\", is = \"x\" }",
    "repeat.while = \"",
    "#",
    "-",
    "99999999999999999999",
];

fn check_all(source: &str) {
    let (_, definition) = common::plan(source, "f.toml");
    let (_, configuration) = common::configuration(source, "f.toml");
    let (_, cases) = common::cases(source, "f.toml");
    let (_, tests) = common::tests(source, "f.toml");
    let all = definition.iter().chain(&configuration);
    for problem in all.chain(&cases).chain(&tests) {
        check_place(problem, source);
    }
    if let Ok(used) = common::now(InProcess.read_template(source)) {
        let _ = unknown_variables(&used, &[]);
        let item = [Text::new("item", source)];
        let _ = common::now(fill_prompt(source, &item, &[], &InProcess));
    }
}

fn check_place(problem: &Diagnostic, source: &str) {
    let _ = problem.render(source);
    assert!(!problem.message.is_empty());
    if let Some(span) = problem.span {
        assert!(source.get(span.start..span.end).is_some(), "{problem:?}");
        assert!(
            span.start_line >= 1 && span.start_column >= 1,
            "{problem:?}"
        );
        assert!(
            (span.end_line, span.end_column) >= (span.start_line, span.start_column),
            "{problem:?}"
        );
    }
}

/// Where `tests/explore` keeps what it found: cases that every later run tries first.
const FOUND: FileFailurePersistence = FileFailurePersistence::Direct(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/proptest-regressions/never_panics.txt"
));

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: Some(Box::new(FOUND)), ..ProptestConfig::default() })]

    #[test]
    fn of_any_text(source in any::<String>()) {
        check_all(&source);
    }

    #[test]
    fn of_a_file_that_was_cut_and_patched(
        seed in 0..SEEDS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 0..12usize, 0..PIECES.len()), 1..6),
    ) {
        let mut source = SEEDS[seed].to_owned();
        for (at, cut, piece) in changes {
            let start = source.floor_char_boundary(at.index(source.len() + 1));
            let end = source.floor_char_boundary((start + cut).min(source.len())).max(start);
            source.replace_range(start..end, PIECES[piece]);
        }
        check_all(&source);
    }

    #[test]
    fn of_any_text_with_references(pieces in prop::collection::vec(0..PIECES.len(), 0..20)) {
        let text: String = pieces.iter().map(|piece| PIECES[*piece]).collect();
        let quoted = toml::Value::String(text.clone()).to_string();
        let source = format!("name = \"f\"\n[[steps]]\nid = \"a\"\nuses = \"fake:text\"\ninputs.text = {quoted}\n");
        check_all(&source);
        check_all(&text);
    }
}

#[test]
fn deep_and_long_definitions_end_too() {
    let mut chain = "name = \"f\"\n".to_owned();
    for step in 0..1000 {
        let before = (step + 999) % 1000;
        chain.push_str(&format!(
            "[[steps]]\nid = \"s{step}\"\nuses = \"fake:text\"\ninputs.text = \"{{{{ steps.s{before}.out }}}}\"\n"
        ));
    }
    let (plan, problems) = common::plan(&chain, "f.toml");
    assert!(plan.is_none() && problems.len() == 1 && problems[0].code == "cycle");
    let mut deep = "name = \"f\"\n".to_owned();
    for depth in 1..70 {
        let header = vec!["steps"; depth].join(".");
        deep.push_str(&format!("[[{header}]]\nid = \"s\"\nuses = \"fake:text\"\n"));
    }
    let (plan, problems) = common::plan(&deep, "f.toml");
    assert!(plan.is_some() || !problems.is_empty());
    check_all(&format!("name = {}", "[".repeat(10_000)));
    check_all(&format!("{{ \"cases\": {}", "[".repeat(10_000)));
    check_all(&"{{ a | ".repeat(2_000));
}
