use super::*;

const THERE: &str = "def f():\n    return 1\n\n\ndef g():\n    return 2\n";

fn whole(path: &str, text: &str) -> Option<String> {
    left_out(path, text, Some(THERE), Given::Whole)
}

#[test]
fn a_line_that_stands_for_others_is_found_in_a_file_that_is_there() {
    for line in [
        "# ... existing code ...",
        "    # ... existing code ...",
        "# ...",
        "# …",
        "...",
        "…",
        "# (rest of the file unchanged)",
        "# rest of file unchanged",
        "# The rest of the code remains the same",
        "# Rest of the methods stay the same ...",
        "# [... 120 lines unchanged ...]",
        "[... rest of the module ...]",
        "# unchanged",
        "# same as before",
        "# existing imports ...",
        "# remaining functions here",
        "# other methods unchanged",
        "# keep the existing code below",
        "... rest of the code ...",
    ] {
        let text = format!("import os\n{line}\n\n\ndef g():\n    return 3\n");
        let told = whole("a.py", &text);
        assert!(told.is_some_and(|told| told.contains("by edits")), "{line}");
    }
    for (path, line) in [
        ("a.js", "// ... existing code ..."),
        ("a.js", "// rest of file unchanged"),
        ("a.ts", "  /* ... */"),
        ("a.tsx", "      {/* ... existing markup, unchanged ... */}"),
        ("a.rs", "    // ..."),
        ("a.rs", "..."),
        ("a.css", "/* rest of the file unchanged */"),
        ("a.html", "<!-- ... -->"),
        ("a.html", "<!-- rest of the document unchanged -->"),
        ("a.sql", "-- ... existing code ..."),
        ("a.md", "..."),
        ("a.md", "[rest of the document unchanged]"),
        ("a.md", "<!-- the rest of the file stays as is -->"),
        ("Makefile", "..."),
    ] {
        let told = whole(path, &format!("a\n{line}\nb\n"));
        assert!(told.is_some(), "{path}: {line}");
    }
}

#[test]
fn what_belongs_to_a_file_is_no_such_line() {
    for (path, text) in [
        (
            "a.py",
            "class P:\n    def f(self) -> int: ...\n\n    def g(self) -> int:\n        ...\n",
        ),
        (
            "a.py",
            "def f():\n    \"\"\"Says it.\n\n    More.\n    \"\"\"\n    # Later.\n    ...\n",
        ),
        ("a.py", "def f():  # a stub\n    ...\n"),
        ("a.py", "x: tuple[\n    int,\n    ...\n]\n"),
        (
            "a.py",
            "HELP = \"\"\"\n# ... existing code ...\n...\n\"\"\"\n",
        ),
        (
            "a.py",
            "# Try what is there first ...\nx = 1\n# ... and then once more.\n",
        ),
        ("a.py", "# The rest of the code below takes bytes.\nx = 1\n"),
        ("a.py", "# Existing connections are used again...\nx = 1\n"),
        ("a.py", "# Remaining arguments are passed on\nx = 1\n"),
        ("a.py", "# The original file is read, not the copy\n"),
        ("a.py", "# The original file is left unchanged\n"),
        (
            "a.py",
            "# Existing files stay unchanged\n# Remaining lines are skipped\n",
        ),
        (
            "a.py",
            "# The rest of the file is skipped\n# other methods below\n",
        ),
        ("a.js", "const x = {\n  ...existing,\n  ...rest\n};\n"),
        ("a.py", "print('...')\nprint(\"# ... existing code ...\")\n"),
        ("a.yml", "---\na: 1\n...\n---\nb: 2\n"),
        ("a.js", "f(\n  a,\n  ...\n  b)\n"),
        ("a.js", "const a = `\n// ... existing code ...\n`;\n"),
        ("a.js", "const b = [...a];\nreturn { ...c };\n"),
        (
            "a.md",
            "# A\n\nIt goes on ...\n\n```py\n# ... existing code ...\n...\n```\n",
        ),
        ("a.md", "- and the rest\n- ...of the world\n"),
        ("a.pl", "sub f {\n    ...\n}\n"),
    ] {
        assert_eq!(whole(path, text), None, "{path}: {text}");
    }
}

#[test]
fn a_body_with_dots_in_its_middle_leaves_something_out() {
    for text in [
        "def f():\n    x = 1\n    ...\n    return x\n",
        "class A:\n    def f(self):\n        return 1\n\n    ...\n\n    def g(self):\n        return 2\n",
        "import os\n\n...\n\ndef g():\n    return 3\n",
    ] {
        assert!(whole("a.py", text).is_some(), "{text}");
    }
}

#[test]
fn what_the_file_has_stays_its_own() {
    let there = "# ... existing code ...\nx = 1\n";
    let text = "# ... existing code ...\nx = 2\n";
    for given in [Given::Whole, Given::Edits] {
        assert_eq!(left_out("a.py", text, Some(there), given), None);
    }
    let more = format!("{text}# rest of file unchanged\n");
    assert!(left_out("a.py", &more, Some(there), Given::Edits).is_some());
}

#[test]
fn of_a_new_file_only_what_is_said_counts() {
    let new = |path: &str, text: &str| left_out(path, text, None, Given::Whole);
    assert!(new("a.py", "# ... existing code ...\nx = 1\n").is_some());
    for (path, text) in [
        ("a.py", "# ...\nx = 1\n"),
        ("a.js", "// ...\n"),
        ("a.md", "<!-- rest of the file unchanged -->\n...\n"),
        ("a.md", "[rest of the document unchanged]\n"),
    ] {
        assert_eq!(new(path, text), None, "{text}");
    }
}

#[test]
fn json_that_may_be_an_edit_is_neither_guessed() {
    let there = "{\n  \"version\": \"1\"\n}\n";
    let edit = r#"{"old": "\"version\": \"1\"", "new": "\"version\": \"2\""}"#;
    let told = |text: &str, there: &str| left_out("a.json", text, Some(there), Given::Whole);
    assert!(
        told(edit, there)
            .unwrap()
            .contains("may be the file or an edit")
    );
    assert_eq!(told(r#"{"version": "2"}"#, there), None);
    // Words of a page in two languages, say.
    let words = r#"{"search": "Search", "replace": "Replace"}"#;
    assert_eq!(
        told(r#"{"search": "Suche", "replace": "Ersetzen"}"#, words),
        None
    );
    assert_eq!(told(words, words), None);
}

#[test]
fn a_text_full_of_dots_is_looked_at_at_once() {
    let text = "    ...\n".repeat(20_000);
    let _ = whole("a.py", &text);
    assert_eq!(left_out("a.py", &text, Some(&text), Given::Whole), None);
}
