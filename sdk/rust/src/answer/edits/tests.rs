use proptest::prelude::*;

use super::*;

fn edit(old: &str, new: &str) -> Edit {
    Edit {
        old: old.to_owned(),
        new: new.to_owned(),
    }
}

fn applied(there: &str, old: &str, new: &str) -> Result<String, String> {
    apply(there, &[edit(old, new)])
}

#[test]
fn what_an_edit_does_not_touch_keeps_every_byte() {
    let cases = [
        // Line ends of Windows, a byte order mark, no last line end, white space at the ends of lines.
        (
            "\u{feff}a\r\nb \r\nc",
            "b\n",
            "x\ny\n",
            "\u{feff}a\r\nx\r\ny\r\nc",
        ),
        ("a\nb", "b\n", "c\nd\n", "a\nc\nd"),
        ("a\nb", "a\nb\n", "a\nb\nc\n", "a\nb\nc"),
        ("a\nb", "b\n", "", "a"),
        ("a\nb\n", "b\n", "", "a\n"),
        ("a\r\nb\nc\r\n", "a\nb\nc\n", "a\nb\nd\n", "a\r\nb\nd\r\n"),
        // Of both kinds, each stays where it was; what is added ends as the line before it.
        ("a\nb\r\nc\nd\r\n", "b\nc\n", "x\ny\n", "a\nx\r\ny\nd\r\n"),
        ("a\r\nb\nc\n", "a\nb\n", "x\nb\ny\n", "x\r\nb\ny\nc\n"),
        ("a\r\nb\nc\n", "a\nb\n", "a\nz\nb\n", "a\r\nz\r\nb\nc\n"),
        ("a\nb\r\nc", "b\nc\n", "x\ny\nz\n", "a\nx\r\ny\r\nz"),
        ("a\nb\nc\r\nd", "a\nb\nc\nd\n", "c\n", "c"),
        // Those of old machines are found, too, whether the answer has them or had them made alike.
        ("a\rb\nc\r\n", "a\nb\nc\n", "a\nx\nc\n", "a\rx\nc\r\n"),
        ("a\rb\rc\r", "b\rc\r", "x\ry\r", "a\rx\ry\r"),
        ("a\r\r\nb\n", "a\nb\n", "x\nb\n", "x\r\r\nb\n"),
        ("\u{feff}a\nb\n", "a\n", "c\n", "\u{feff}c\nb\n"),
        // Who was shown the mark quotes it.
        (
            "\u{feff}a\nb\n",
            "\u{feff}a\nb\n",
            "\u{feff}c\nb\n",
            "\u{feff}c\nb\n",
        ),
        ("\u{feff}a\nb\n", "\u{feff}a\n", "", "\u{feff}b\n"),
        // Lines of both halves stay as they are, also where the model lost what stands at their ends.
        (
            "if a:  \n\tb\t\nc\n",
            "if a:\n\tb\n",
            "if a:\n\tx\n\tb\n",
            "if a:  \n\tx\n\tb\t\nc\n",
        ),
        // A mended indentation is a change.
        (
            "if a:\nb\n",
            "if a:\nb\n",
            "if a:\n    b\n",
            "if a:\n    b\n",
        ),
        ("", "", "a\n", "a\n"),
        ("\u{feff}", "", "a\n", "\u{feff}a\n"),
    ];
    for (there, old, new, whole) in cases {
        assert_eq!(
            applied(there, old, new).as_deref(),
            Ok(whole),
            "{there:?} {old:?}"
        );
    }
}

#[test]
fn another_indentation_of_all_lines_is_allowed_for() {
    let there =
        "class A:\n    def f(self):\n        return 1\n\n    def g(self):\n        return 2\n";
    let shifted = applied(
        there,
        "def f(self):\n    return 1\n",
        "def f(self):\n    if self:\n        return 3\n",
    );
    assert_eq!(
        shifted.unwrap(),
        "class A:\n    def f(self):\n        if self:\n            return 3\n\n    def g(self):\n        return 2\n"
    );
    let deeper = applied(
        there,
        "      class A:\n          def f(self):\n",
        "      class A:\n          def h(self):\n",
    );
    assert!(deeper.unwrap().starts_with("class A:\n    def h(self):\n"));
    // Not of each line its own: then the text says something else.
    assert!(applied(there, "def f(self):\n  return 1\n", "").is_err());
}

#[test]
fn between_two_places_nobody_guesses() {
    let there = "a\nx\nb\nx\n";
    let problem = applied(there, "x\n", "y\n").unwrap_err();
    assert!(problem.contains("from line 2 and from line 4"), "{problem}");
    assert_eq!(applied(there, "b\nx\n", "b\ny\n").unwrap(), "a\nx\nb\ny\n");
    // An exact place counts before one that only looks like it.
    assert_eq!(applied("  x\nx\n", "x\n", "y\n").unwrap(), "  x\ny\n");
}

#[test]
fn what_fits_nowhere_is_told_with_the_nearest_lines() {
    let there = "def one():\n    return 1\n\ndef two():\n    return 2\n";
    let problem = applied(there, "def two():\n    return 3\n", "").unwrap_err();
    assert!(problem.contains("from `def two():` on"), "{problem}");
    assert!(
        problem.contains("lines 4 to 5:\ndef two():\n    return 2\n"),
        "{problem}"
    );
    let alike = applied(there, "def two(n):\n", "").unwrap_err();
    assert!(alike.contains("lines 4 to 4"), "{alike}");
    let none = applied(there, "import os\n", "").unwrap_err();
    assert!(none.contains("none of them is in the file"), "{none}");
    let several = apply(
        there,
        &[
            edit("def one():\n", "def uno():\n"),
            edit("def one():\n", ""),
        ],
    );
    assert!(several.unwrap_err().starts_with("edit 2 of 2 looks for"));
    assert!(
        applied(there, "\n", "x\n")
            .unwrap_err()
            .contains("names no lines")
    );
    assert!(
        applied("a\n", "a\nb\nc\n", "x\n").is_err(),
        "more lines than the file has"
    );
}

#[test]
fn a_file_of_many_equal_lines_does_not_take_for_ever() {
    let there = "\n".repeat(200_000);
    let problem = applied(&there, &format!("{}x\n", "\n".repeat(10_000)), "").unwrap_err();
    assert!(
        problem.contains("more lines than can be looked for"),
        "{problem}"
    );
}

#[test]
fn many_line_ends_and_many_new_lines_do_not_take_for_ever() {
    let there = format!("a{}b\n", "\r".repeat(1_000_000));
    assert!(applied(&there, "b\n", "c\n").unwrap().ends_with("\rc\n"));
    let new = "x\n".repeat(300_000);
    assert_eq!(applied("a\n", "a\n", &new).unwrap(), new);
}

#[test]
fn parts_are_read_and_what_is_no_part_is_refused() {
    let two = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n\n<<<<<<< SEARCH\nc\n=======\n>>>>>>> REPLACE\n";
    assert_eq!(
        search_and_replace(two).unwrap().unwrap(),
        [edit("a\n", "b\n"), edit("c\n", "")]
    );
    let longer = "<<<<<<<<< SEARCH\nTitle\n=======\n=========\nName\n=======\n>>>>>>>>> REPLACE\n";
    assert_eq!(
        search_and_replace(longer).unwrap().unwrap(),
        [edit("Title\n=======\n", "Name\n=======\n")]
    );
    assert!(search_and_replace("a\n<<<<<<< SEARCH\n").is_none());
    for (broken, why) in [
        ("<<<<<<< SEARCH\na\n=======\nb\n", "has no end"),
        (
            "<<<<<<< SEARCH\na\n>>>>>>> REPLACE\n",
            "has no line `=======`",
        ),
        (
            "<<<<<<< SEARCH\na\n=======\nb\n=======\n>>>>>>> REPLACE\n",
            "two lines `=======`",
        ),
        (
            "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\nand so on\n",
            "`and so on` stands between",
        ),
    ] {
        let problem = search_and_replace(broken).unwrap().unwrap_err();
        assert!(problem.contains(why), "{problem}");
    }
}

#[test]
fn diffs_are_read_file_by_file() {
    let text = "diff --git a/src/a.py b/src/a.py\nindex 1..2 100644\n--- a/src/a.py\n+++ b/src/a.py\n@@ -1,3 +1,3 @@ def f\n x\n-y\n+z\n\n@@ -9 +9 @@\n-q\n+r\n\\ No newline at end of file\n--- /dev/null\n+++ b/new.py\n@@ -0,0 +1,2 @@\n+one\n+two\n";
    let files = diff(text).unwrap();
    assert_eq!(files[0].path.as_deref(), Some("src/a.py"));
    assert_eq!(
        files[0].edits,
        [edit("x\ny\n", "x\nz\n"), edit("q\n", "r\n")]
    );
    assert_eq!(files[1].whole.as_deref(), Some("one\ntwo\n"));
    let bare = diff("-old\n+new\n").unwrap();
    assert_eq!(
        (&bare[0].path, &bare[0].edits),
        (&None, &vec![edit("old\n", "new\n")])
    );
    assert!(
        diff("--- a/x\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n")
            .unwrap_err()
            .contains("removes")
    );
    assert!(
        diff("--- a/x\n+++ b/x\n@@ -1 +1 @@\nthe same\n")
            .unwrap_err()
            .contains("begins with none")
    );
    assert!(
        diff("--- a/x\n+++ b/x\n@@ -1 +1 @@\n a\n")
            .unwrap_err()
            .contains("changes nothing")
    );
}

#[test]
fn a_text_within_lines_is_found_where_it_stands_once() {
    for (there, old, new, whole) in [
        (
            "total = price * 2\n",
            "price * 2",
            "price * 3",
            "total = price * 3\n",
        ),
        (
            "total = price * 2\n",
            "price * 2\n",
            "price * 3\n",
            "total = price * 3\n",
        ),
        ("a(b, c)\nd\n", "b, ", "", "a(c)\nd\n"),
        ("f(1,\r\n  2,\r\n  3)\r\n", "1,\n  2,\n  3", "4", "f(4)\r\n"),
        (
            "if x:\r\n    y = f(1)\r\nz\r\n",
            "f(1)",
            "f(\n        2)",
            "if x:\r\n    y = f(\r\n        2)\r\nz\r\n",
        ),
        ("x = [1]", "[1]", "[2]", "x = [2]"),
    ] {
        assert_eq!(applied(there, old, new).unwrap(), whole, "{there}");
    }
    // A line is meant where one stands so, also where it is part of another one.
    assert_eq!(
        applied("x = 1\ny = (x = 1)\n", "x = 1", "x = 2").unwrap(),
        "x = 2\ny = (x = 1)\n"
    );
    for there in ["f(2) + f(2)\n", "g(f(2))\nh(f(2))\n"] {
        let refused = applied(there, "f(2)", "f(3)").unwrap_err();
        assert!(refused.contains("several places"), "{refused}");
    }
    for there in ["data = 10\n", "max_a = 1\n", "a = 12\n"] {
        let refused = applied(there, "a = 1", "a = 2").unwrap_err();
        assert!(refused.contains("aren't there"), "{there}: {refused}");
    }
}

#[test]
fn spaces_may_stand_for_tabs_and_tabs_for_spaces() {
    let tabs = "def g():\n\tif x:\n\t\treturn 1\n";
    let spaces = "def g():\n    if x:\n        return 1\n";
    let new = |there: &str| there.replace("return 1", "y = 1");
    assert_eq!(applied(tabs, spaces, &new(spaces)).unwrap(), new(tabs));
    assert_eq!(applied(spaces, tabs, &new(tabs)).unwrap(), new(spaces));
    let two = spaces.replace("    ", "  ");
    assert_eq!(applied(tabs, &two, &new(&two)).unwrap(), new(tabs));
    // One tab is one depth everywhere.
    let uneven = "def g():\n    if x:\n       return 1\n";
    assert!(applied(tabs, uneven, "x\n").is_err());
}

proptest! {
    #[test]
    fn any_texts_are_worked_on(there in "[ab \\r\\n\\t\u{feff}]{0,40}", old in "[ab \\n]{0,12}", new in "[abc \\n]{0,12}") {
        if let Ok(whole) = applied(&there, &old, &new) {
            // Nothing comes from anywhere else, and a mark stays.
            prop_assert_eq!(whole.starts_with('\u{feff}'), there.starts_with('\u{feff}') || new.starts_with('\u{feff}'));
        }
        let _ = search_and_replace(&there);
        let _ = diff(&there);
    }

    /// Whoever quotes lines that stand only once changes those lines and no other byte.
    #[test]
    fn an_edit_of_lines_that_are_there_once_changes_those(
        before in proptest::collection::vec("[a-m]{1,4}( |\t)?\r?\n", 0..8),
        behind in proptest::collection::vec("[a-m]{1,4}( |\t)?\r?\n", 0..8),
        new in proptest::collection::vec("[n-s]{1,4}\n", 0..4),
    ) {
        let (before, behind) = (before.concat(), behind.concat());
        let there = format!("{before}zeta\n{behind}");
        let whole = applied(&there, "zeta\n", &new.concat()).unwrap();
        prop_assert!(whole.starts_with(&before) && whole.ends_with(&behind));
        let middle = &whole[before.len()..whole.len() - behind.len()];
        prop_assert_eq!(middle.replace('\r', ""), new.concat());
    }
}
