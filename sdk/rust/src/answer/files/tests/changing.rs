//! Blocks that hold what changes in a file: never taken for its text.

use super::*;

const BODY: &str = "-    return 1\n+    return 10\n";

/// What the answer does to `a.py`: none if it is refused.
fn edits_of(info: &str, inside: &str) -> Result<Vec<(String, String)>, String> {
    let text = format!("### FILE: a.py\n```{info}\n{inside}```\n");
    let changes = changes(&text).map_err(|problems| problems.join("; "))?;
    assert_eq!(changes.len(), 1, "{text}");
    match &changes[0].content {
        Content::Whole(whole) => panic!("written as the file: {whole}\n{text}"),
        Content::Edits(edits) => {
            let halves = |edit: &Edit| (edit.old.clone(), edit.new.clone());
            Ok(edits.iter().map(halves).collect())
        }
    }
}

#[test]
fn a_diff_is_read_whatever_its_fence_says() {
    let read = [(
        "def f():\n    return 1\n".to_owned(),
        "def f():\n    return 10\n".to_owned(),
    )];
    for info in ["diff", "python", "", "text", "patch"] {
        for head in [
            "@@\n",
            "@@ ... @@\n",
            "@@ def f():\n",
            "@@ -3,2 +3,2 @@\n",
            "--- a.py\n+++ a.py\n@@ -3,2 +3,2 @@\n",
            "--- a.py.orig\t2020\n+++ a.py\t2021\n@@ -3,2 +3,2 @@\n",
            "\ndiff --git a/a.py b/a.py\nindex 1..2 100644\n--- a/a.py\n+++ b/a.py\n@@ -3,2 +3,2 @@\n",
            "*** Begin Patch\n*** Update File: a.py\n@@ def f():\n",
            "*** Update File: a.py\n@@\n",
            "a.py\n--- a.py\n+++ a.py\n@@\n",
            "",
        ] {
            let end = match head.starts_with("*** Begin") {
                true => "*** End Patch\n",
                false => "",
            };
            let inside = format!("{head} def f():\n{BODY}{end}");
            assert_eq!(edits_of(info, &inside).unwrap(), read, "{info} {inside}");
        }
    }
}

#[test]
fn edits_are_read_in_the_forms_that_are_known() {
    for (begin, end) in [
        ("SEARCH", "REPLACE"),
        ("search", "replace"),
        ("ORIGINAL", "UPDATED"),
    ] {
        for name in ["", "a.py\n", "# a.py\n", "\n`a.py`\n"] {
            for signs in [5, 7] {
                let [opens, parts, closes] = ["<", "=", ">"].map(|sign| sign.repeat(signs));
                let inside = format!("{name}{opens} {begin}\nx\n{parts}\ny\n{closes} {end}\n");
                let read = edits_of("python", &inside).unwrap();
                assert_eq!(read, [("x\n".to_owned(), "y\n".to_owned())], "{inside}");
            }
        }
    }
}

#[test]
fn a_change_that_cannot_be_read_is_refused_with_the_reason() {
    let half = "\n    return 1\n=======\n    return 10\n>>>>>>> ";
    let edit = format!("<<<<<<< SEARCH{half}REPLACE\n");
    for (inside, reason) in [
        (format!("<<<<<<< HEAD{half}new\n"), "as a change does"),
        (format!("<<<<<<<{half}\n"), "as a change does"),
        (
            format!("<<<<<<< SEARCH a.py{half}REPLACE\n"),
            "as a change does",
        ),
        (format!("# changes:\n{edit}"), "marks a change"),
        (format!("import os\n\n{edit}\nx = 1\n"), "marks a change"),
        (format!("{edit}x = 1\n"), "stands between its edits"),
        ("<<<<<<< SEARCH\nx\n=======\ny\n".to_owned(), "has no end"),
        (
            format!("# changes:\n--- a.py\n+++ a.py\n@@ -3,2 +3,2 @@\n def f():\n{BODY}"),
            "goes on as a diff",
        ),
        (
            format!("Only this:\n@@ -3,2 +3,2 @@\n def f():\n{BODY}"),
            "goes on as a diff",
        ),
        (
            "*** a.py\n--- a.py\n***************\n*** 3,4 ****\n! x\n".to_owned(),
            "a diff with context",
        ),
        (
            "4c4\n<     return 1\n---\n>     return 10\n".to_owned(),
            "a diff without context",
        ),
        (
            "*** Begin Patch\n*** Delete File: a.py\n*** End Patch\n".to_owned(),
            "removes a file",
        ),
        ("@@\ndef f():\n".to_owned(), "begins with none of"),
    ] {
        for info in ["python", ""] {
            let refused = edits_of(info, &inside).unwrap_err();
            assert!(refused.contains(reason), "{refused}\n{inside}");
        }
    }
}

#[test]
fn what_only_looks_like_a_change_stays_a_file() {
    for (path, text) in [
        ("list.md", "- a\n- b\n  more\n"),
        ("list.md", "+ a\n- b\n"),
        ("list.yml", "- a: 1\n  b: 2\n- a: 3\n"),
        ("table.sql", "-- all of it\n-- is told\n"),
        ("fix.patch", "--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x\n+y\n"),
        ("post.md", "---\ntitle: A\n---\n\nText.\n"),
        (
            "README.md",
            "# Edits\n\n```\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n```\n\nSo.\n",
        ),
        (
            "README.md",
            "# A diff\n\n```diff\n--- a\n+++ b\n@@ -1 +1 @@\n-x\n+y\n```\n\nSo.\n",
        ),
        ("notes.rst", "Title\n=======\n\nText\n"),
        ("shift.c", "int x = 1\n<<<<<<<\n2;\n"),
        (
            "tests/test_patch.py",
            "PATCH = \"\"\"\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-x\n+y\n\"\"\"\n\n\ndef test_it():\n    assert PATCH\n",
        ),
    ] {
        let answer = format!("### FILE: {path}\n````\n{text}````\n");
        assert_eq!(read(&answer), one(path, text), "{answer}");
    }
}

#[test]
fn a_patch_that_names_its_files_needs_no_other_name() {
    let text = "```\n*** Begin Patch\n*** Update File: a.py\n@@\n-x = 1\n+x = 2\n*** Add File: b.py\n+y = 1\n*** End Patch\n```\n";
    let changes = changes(text).unwrap();
    assert_eq!(changes[0].path, "a.py");
    assert!(matches!(changes[0].content, Content::Edits(_)));
    assert_eq!(changes[1].path, "b.py");
    assert_eq!(changes[1].content, Content::Whole("y = 1\n".to_owned()));
}

#[test]
fn a_diff_that_cannot_be_made_says_why() {
    let text = "```diff\n--- a/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1\n```\n";
    let problems = changes(text).unwrap_err().join("; ");
    assert!(problems.contains("removes a file"), "{problems}");
    assert!(holds_files(text));
}

#[test]
fn edits_between_tags_are_read() {
    for inside in [
        "<search>\nx\n</search>\n<replace>\ny\n</replace>\n",
        "<old>\nx\n</old>\n<new>\ny\n</new>\n",
        "<old_string>\nx\n</old_string><new_string>\ny\n</new_string>\n",
        "<edit>\n<search>\nx\n</search>\n<replace>\ny\n</replace>\n</edit>\n",
        "  <find>\nx\n  </find>\n  <replace>\ny\n  </replace>\n",
    ] {
        let read = edits_of("python", inside).unwrap();
        assert_eq!(read, [("x\n".to_owned(), "y\n".to_owned())], "{inside}");
    }
    let two =
        "<search>a</search>\n<replace>b</replace>\n\n<search>\nc\n</search>\n<replace></replace>\n";
    let read = edits_of("", two).unwrap();
    let expected = [("a", "b"), ("c\n", "")];
    let expected = expected.map(|(old, new)| (old.to_owned(), new.to_owned()));
    assert_eq!(read, expected);
    for (inside, reason) in [
        ("<search>\nx\n</search>\n", "has no other half"),
        ("<search>\nx\n", "has no end `</search>`"),
        (
            "<search>x</search>\n<replace>y</replace>\nand so on\n",
            "is followed by `and so on`",
        ),
    ] {
        let refused = edits_of("python", inside).unwrap_err();
        assert!(refused.contains(reason), "{refused}");
    }
}

#[test]
fn edits_as_json_are_read() {
    for inside in [
        r#"{"old": "x\n", "new": "y\n"}"#,
        r#"[{"search": "x\n", "replace": "y\n"}]"#,
        r#"{"path": "a.py", "edits": [{"old_string": "x\n", "new_string": "y\n", "explanation": "So."}]}"#,
        r#"{"file_path": "/work/a.py", "old_string": "x\n", "new_string": "y\n",}"#,
    ] {
        for info in ["json", "python", ""] {
            let read = edits_of(info, &format!("{inside}\n")).unwrap();
            assert_eq!(read, [("x\n".to_owned(), "y\n".to_owned())], "{inside}");
        }
    }
    for (inside, reason) in [
        (r#"{"old": "x, "new": "y"}"#, "as an edit in JSON"),
        (
            r#"{"path": "b.py", "old": "x", "new": "y"}"#,
            "an edit of `b.py`",
        ),
    ] {
        let refused = edits_of("json", &format!("{inside}\n")).unwrap_err();
        assert!(refused.contains(reason), "{refused}");
    }
}

#[test]
fn lines_that_are_all_added_are_a_diff() {
    let read = edits_of("python", "+x = 1\n+\n+y = 2\n").unwrap();
    assert_eq!(read, [(String::new(), "x = 1\n\ny = 2\n".to_owned())]);
}

#[test]
fn what_stands_in_a_string_or_is_data_stays_a_file() {
    const MARKERS: &str = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> other\n";
    let python =
        format!("CONFLICT = \"\"\"\n{MARKERS}\"\"\"\n\n\ndef test_it():\n    assert CONFLICT\n");
    let raw = format!("CONFLICT = r'''{MARKERS}'''\n");
    let script = format!("const text = `\n{MARKERS}`;\n");
    let rust = format!("const TEXT: &str = \"\\\n{MARKERS}\";\n");
    let edit = "EDIT = \"\"\"\n<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n\"\"\"\n";
    for (path, text) in [
        ("tests/test_merge.py", python.as_str()),
        ("a.py", &raw),
        ("a.ts", &script),
        ("a.rs", &rust),
        ("a.py", edit),
        (
            "words.json",
            "{\"search\": \"Search\", \"replace\": \"Replace\"}\n",
        ),
        ("page.html", "<search>\n<form></form>\n</search>\n"),
        (
            "edits.xml",
            "<edits>\n<edit>\n<old>a</old>\n<new>b</new>\n</edit>\n</edits>\n",
        ),
        ("list.md", "+ a\n+ b\n"),
    ] {
        let answer = format!("### FILE: {path}\n````\n{text}````\n");
        assert_eq!(read(&answer), one(path, text), "{answer}");
    }
    // Outside of it they mark a change, as before.
    let outside = format!("X = \"\"\"\na\n\"\"\"\n{MARKERS}");
    assert!(
        edits_of("python", &outside)
            .unwrap_err()
            .contains("marks a change")
    );
}
