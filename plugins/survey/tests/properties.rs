//! What holds of every workspace: a map keeps its budget to the byte, says the same of the same, and no bytes end it.

#![allow(clippy::unwrap_used, reason = "a test may")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use stepwell_plugin_survey::{Apart, Budgets, Language, Outline, Survey, Unread};
use stepwell_sdk::chat::estimated_tokens;

const NAMES: &[&str] = &[
    "src/store.py",
    "src/notes/cli.py",
    "src/deep/er/than/it/has/to/be.py",
    "tests/test_store.py",
    "lib.rs",
    "web/app.ts",
    "go/main.go",
    "Main.java",
    "README.md",
    "AGENTS.md",
    "pyproject.toml",
    "package.json",
    "Cargo.lock",
    "LICENSE",
    "vendor/a.py",
    "data/x.csv",
    "übersicht.py",
    "Makefile",
    "a.c",
    "b.rb",
];

fn text() -> impl Strategy<Value = Vec<u8>> {
    let code = prop::collection::vec(
        prop::sample::select(vec![
            "class Store(Base):\n",
            "    def add(self, note):\n        pass\n",
            "def find(words): return 1\n",
            "import store\n",
            "pub fn add(a: u32) -> u32 {\n",
            "}\n",
            "export class Note {\n",
            "  size() {\n",
            "func Add(a int) {\n",
            "# Tests\n",
            "if x:\n",
            "  ",
            "\"\"\"",
            "(",
            ")",
            "f'{",
            "}'",
            "lambda a, b: ",
            "not ",
            "é",
            "\t",
            "\r\n",
            "[tool.pytest]\n",
            "/*",
            "#",
            "public void add(int a) {\n",
            "'",
            "\\",
            "async ",
            "= function",
            "enum",
            "struct x *y(",
            "=> {",
            "::",
        ]),
        0..60,
    );
    prop_oneof![
        4 => code.prop_map(|parts| parts.concat().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..200),
        1 => ".{0,200}".prop_map(String::into_bytes),
    ]
}

fn workspace() -> impl Strategy<Value = BTreeMap<String, Vec<u8>>> {
    prop::collection::btree_map(
        prop::sample::select(NAMES).prop_map(str::to_owned),
        text(),
        0..12,
    )
}

fn surveyed(
    files: &[(&String, &Vec<u8>)],
    request: &str,
    budgets: Budgets,
) -> stepwell_plugin_survey::Surveyed {
    let size = |content: &[u8]| u32::try_from(content.len()).unwrap();
    let mut survey = Survey::of(
        files
            .iter()
            .map(|(path, content)| ((*path).clone(), size(content))),
    );
    for (path, content) in files {
        survey.take(path, Ok(content));
    }
    survey.done(request, budgets)
}

proptest! {
    #[test]
    fn the_budgets_are_kept_whatever_they_are(
        files in workspace(),
        request in "[a-z ]{0,40}",
        map in 0_u32..400,
        conventions in 0_u32..400,
    ) {
        let files: Vec<_> = files.iter().collect();
        let done = surveyed(&files, &request, Budgets { map, conventions });
        prop_assert!(estimated_tokens(&done.map) <= map, "{}", done.map);
        prop_assert!(estimated_tokens(&done.conventions) <= conventions, "{}", done.conventions);
    }

    #[test]
    fn with_room_enough_nothing_is_left_out(files in workspace()) {
        let files: Vec<_> = files.iter().collect();
        let done = surveyed(&files, "", Budgets { map: 1_000_000, conventions: 1_000_000 });
        prop_assert!(!done.map.contains("Left out"), "{}", done.map);
        prop_assert!(!done.conventions.contains("[the rest is left out]"));
    }

    #[test]
    fn the_order_in_which_files_come_changes_nothing(
        files in workspace(),
        request in "[a-z ]{0,40}",
        map in 0_u32..400,
    ) {
        let budgets = Budgets { map, conventions: 300 };
        let mut files: Vec<_> = files.iter().collect();
        let forwards = surveyed(&files, &request, budgets);
        files.reverse();
        prop_assert_eq!(forwards, surveyed(&files, &request, budgets));
    }

    #[test]
    fn a_larger_budget_never_names_fewer_files(files in workspace(), map in 0_u32..300) {
        let files: Vec<_> = files.iter().collect();
        let named = |map| {
            let done = surveyed(&files, "store", Budgets { map, conventions: 0 });
            done.map.lines().filter(|line| NAMES.iter().any(|name| line.starts_with(&format!("{name} (")))).count()
        };
        prop_assert!(named(1_000_000) >= named(map));
    }

    #[test]
    fn no_text_ends_the_reading_of_any_language(content in text()) {
        let Ok(text) = String::from_utf8(content) else { return Ok(()) };
        for language in [
            Language::Python, Language::Rust, Language::JavaScript, Language::Go, Language::Java, Language::Kotlin,
            Language::CSharp, Language::C, Language::Ruby, Language::Php, Language::Swift,
        ] {
            let lines = u32::try_from(text.lines().count()).unwrap();
            match Outline::of(language, &text) {
                Ok(outline) => {
                    prop_assert!(outline.definitions.iter().all(|of| of.line >= 1 && of.line <= lines.max(1)));
                    prop_assert!(outline.definitions.iter().all(|of| !of.signature.contains('\n')));
                }
                Err(why) => prop_assert_eq!(why, Unread::TooDeep),
            }
        }
    }

    #[test]
    fn any_bytes_are_sorted(content in prop::collection::vec(any::<u8>(), 0..3_000)) {
        let text = String::from_utf8_lossy(&content);
        let _ = Apart::of_text(&text);
    }
}
