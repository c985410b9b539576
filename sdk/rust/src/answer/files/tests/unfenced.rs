//! Diffs that stand in an answer without a fence: read as those in one, or refused.

use super::*;

const HUNK: &str =
    "@@ -1,5 +1,5 @@\n import sys\n \n \n def total(a, b):\n-    return a + b\n+    return a - b\n";
const OLD: &str = "import sys\n\n\ndef total(a, b):\n    return a + b\n";

fn edited(text: &str) -> Result<Vec<(String, Vec<Edit>)>, String> {
    let changes = changes(text).map_err(|problems| problems.join("; "))?;
    let edits = |change: Change| match change.content {
        Content::Edits(edits) => (change.path, edits),
        Content::Whole(whole) => panic!("written as the file: {whole}\n{text}"),
    };
    Ok(changes.into_iter().map(edits).collect())
}

fn one_edit(path: &str) -> Vec<(String, Vec<Edit>)> {
    let new = OLD.replace("a + b", "a - b");
    let old = OLD.to_owned();
    vec![(path.to_owned(), vec![Edit { old, new }])]
}

#[test]
fn a_diff_without_a_fence_is_read_as_one_in_a_fence() {
    for head in [
        "diff --git a/a.py b/a.py\nindex 123..456 100644\n--- a/a.py\n+++ b/a.py\n",
        "diff --git a/a.py b/a.py\n--- a/a.py\n+++ b/a.py\n",
        "--- a/a.py\n+++ b/a.py\n",
        "--- a.py\t2020\n+++ a.py\t2021\n",
    ] {
        for before in ["", "I changed the sign:\n\n", "Index: a.py\n=======\n"] {
            for behind in [
                "",
                "\n",
                "\nThat's all.",
                "\n- the sign is another one\n",
                "\n+ the sign is another one\n",
                "-- \n2.40.1\n",
                "That's all.\n",
            ] {
                let text = format!("{before}{head}{HUNK}{behind}");
                assert_eq!(edited(&text).unwrap(), one_edit("a.py"), "{text}");
                let said = summary(&text);
                assert!(
                    said.contains(behind.trim()) && !said.contains("import sys"),
                    "{said}"
                );
            }
        }
    }
    // Empty lines lose their space on the way; how many lines there are says that they belong to it.
    let stripped = format!(
        "--- a/a.py\n+++ b/a.py\n{}\nThat's all.",
        HUNK.replace(" \n", "\n")
    );
    assert_eq!(edited(&stripped).unwrap(), one_edit("a.py"));
    let named = format!("### FILE: src/a.py\n\n--- a/a.py\n+++ b/a.py\n{HUNK}");
    assert_eq!(edited(&named).unwrap(), one_edit("src/a.py"));
    let two = format!("--- a/a.py\n+++ b/a.py\n{HUNK}\n--- a/b.py\n+++ b/b.py\n{HUNK}");
    let both = [one_edit("a.py"), one_edit("b.py")].concat();
    assert_eq!(edited(&two).unwrap(), both);
    let new = "--- /dev/null\n+++ b/b.py\n@@ -0,0 +1,2 @@\n+x = 1\n+y = 2\n";
    assert_eq!(read(new), one("b.py", "x = 1\ny = 2\n"));
}

#[test]
fn a_patch_without_a_fence_or_for_a_shell_is_read() {
    let patch = "*** Begin Patch\n*** Update File: a.py\n@@ def total(a, b):\n-    return a + b\n\n+    return a - b\n*** Add File: b.py\n+x = 1\n*** End Patch\n";
    let git = "--- a/a.py\n+++ b/a.py\n@@ -5 +5 @@\n-    return a + b\n+    return a - b\n";
    for (text, files) in [
        (patch.to_owned(), 2),
        (format!("I did it:\n\n{patch}\nDone."), 2),
        (format!("apply_patch <<'EOF'\n{patch}EOF\n"), 2),
        (format!("```sh\napply_patch <<'EOF'\n{patch}EOF\n```\n"), 2),
        (
            format!("```bash\ncd src && apply_patch <<\"PATCH\"\n{patch}PATCH\n```\n"),
            2,
        ),
        (format!("```\n$ git apply <<EOF\n{git}EOF\n```\n"), 1),
        (format!("```sh\npatch -p1 <<'EOF'\n{git}EOF\n```\n"), 1),
    ] {
        let changes = changes(&text).unwrap();
        assert_eq!(changes.len(), files, "{text}");
        assert_eq!(changes[0].path, "a.py");
        assert!(matches!(changes[0].content, Content::Edits(_)), "{text}");
    }
}

#[test]
fn a_diff_of_which_the_end_is_not_plain_is_refused() {
    let head = "--- a/a.py\n+++ b/a.py\n";
    for (text, reason) in [
        (
            format!("{head}@@\n-x = 1\n+x = 2\n\n y = 3\n"),
            "isn't plain",
        ),
        (
            format!("{head}@@\n-x = 1\n+x = 2\n\n- it is two\n"),
            "isn't plain",
        ),
        (
            format!("{head}@@ -1 +1 @@\n-x = 1\n+x = 2\n\n+y = 3\n"),
            "isn't plain",
        ),
        (
            format!("{head}@@ -1,9 +1,9 @@\n-x = 1\n+x = 2\n\n y\n"),
            "isn't plain",
        ),
        (
            format!("{head}@@\n-x = 1\n+x = 2\nthat is all\n"),
            "begins with none of",
        ),
        (
            format!("{head}@@\ndef f():\n-x = 1\n"),
            "begins with none of",
        ),
        (
            "*** Begin Patch\n*** Update File: a.py\n@@\n-x\n".to_owned(),
            "has no end",
        ),
        (
            "--- a/a.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1\n".to_owned(),
            "removes a file",
        ),
        (
            "@@ -1 +1 @@\n-x = 1\n+x = 2\n".to_owned(),
            "which of its files",
        ),
    ] {
        let told = changes(&text).unwrap_err().join("; ");
        assert!(told.contains(reason), "{told}\n{text}");
        assert!(holds_files(&text));
    }
}

#[test]
fn a_diff_tells_of_a_file_that_was_sent_and_changes_another() {
    let sent = "### FILE: a.py\n```python\nx = 2\n```\n\nWhat changed:\n\n";
    let diff = |path: &str| format!("--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-x = 1\n+x = 2\n");
    let fenced = |path: &str| format!("```diff\n{}```\n", diff(path));
    for (told, other) in [
        (diff("a.py"), diff("b.py")),
        (fenced("a.py"), fenced("b.py")),
    ] {
        assert_eq!(read(&format!("{sent}{told}")), one("a.py", "x = 2\n"));
        let changes = changes(&format!("{sent}{other}")).unwrap();
        assert_eq!(changes.len(), 2, "{other}");
        assert_eq!(changes[1].path, "b.py");
    }
    // Several of one file add up.
    let further = "```diff\n--- a/b.py\n+++ b/b.py\n@@ -9 +9 @@\n-y = 1\n+y = 2\n```\n";
    let edits = edited(&format!("{}\nAnd:\n\n{further}", fenced("b.py"))).unwrap();
    assert_eq!(edits[0].1.len(), 2);
    let removal = "```diff\n--- a/c.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n```\n";
    let told = changes(&format!("{sent}{removal}")).unwrap_err().join("; ");
    assert!(told.contains("removes a file"), "{told}");
}

#[test]
fn an_answer_of_many_diffs_is_read_at_once() {
    for text in [
        "@@ -1 +1 @@\n".repeat(100_000),
        "--- a\n+++ b\n".repeat(100_000),
        "<edit>\n".repeat(10_000),
        "<<<<<<<\n".repeat(10_000),
        "<think>x\n</reasoning>\n".repeat(50_000),
        "<think>\n".repeat(50_000),
        "<tool_call>\n".repeat(50_000),
        (0..100_000)
            .map(|at| format!("<tool_call>{{{at}\n"))
            .collect(),
        format!(
            "{}{}",
            "\n".repeat(100_000),
            "*** Begin Patch\n*** End Patch\n".repeat(20_000)
        ),
        "cat <<EOF\n".repeat(2_000),
        format!("```sh\n{}```\n", "cat <<EOF\n".repeat(50_000)),
    ] {
        let _ = changes(&text);
    }
}
