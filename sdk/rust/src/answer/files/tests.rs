use super::*;

fn read(text: &str) -> Vec<(String, String)> {
    files(text)
        .unwrap()
        .into_iter()
        .map(|file| (file.path, file.content))
        .collect()
}

fn one(path: &str, content: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), content.to_owned())]
}

#[test]
fn the_format_that_prompts_ask_for() {
    let text = "I split it.\n\n### FILE: src/a.py\n```python\nx = 1\n```\n\n### FILE: src/__init__.py\n```python\n```\nDone.";
    assert_eq!(
        read(text),
        [
            ("src/a.py".to_owned(), "x = 1\n".to_owned()),
            ("src/__init__.py".to_owned(), String::new()),
        ]
    );
}

#[test]
fn other_ways_to_name_a_file() {
    for text in [
        "**src/a.py**\n\n```python\nx\n```",
        "#### `src/a.py`:\n```\nx\n```",
        "Create `src/a.py` like this:\n```py\nx\n```",
        "```python path=src/a.py\nx\n```",
        "```python title=\"src/a.py\"\nx\n```",
        "```python:src/a.py\nx\n```",
        "```src/a.py\nx\n```",
        "**File:** `src/a.py`\r\n```python\r\nx\r\n```\r\n",
        "- File: ./src/a.py\n  ```python\n  x\n  ```",
        "### FILE: src\\a.py\n~~~python\nx\n~~~",
    ] {
        assert_eq!(read(text), one("src/a.py", "x\n"), "{text}");
    }
    assert_eq!(
        read("```python\n# src/a.py\nx\n```"),
        one("src/a.py", "# src/a.py\nx\n")
    );
}

#[test]
fn a_block_that_is_no_file_is_passed_over() {
    let text = "Run it:\n```sh\npython -m a\n```\n### FILE: a.py\n```\nx\n```";
    assert_eq!(read(text), one("a.py", "x\n"));
}

#[test]
fn a_markdown_file_with_bare_fences_inside() {
    let text = "### FILE: README.md\n```markdown\n# A\n```\nrun\n```\nend\n```\n### FILE: a.py\n```python\nx\n```";
    assert_eq!(
        read(text),
        [
            (
                "README.md".to_owned(),
                "# A\n```\nrun\n```\nend\n".to_owned()
            ),
            ("a.py".to_owned(), "x\n".to_owned()),
        ]
    );
}

#[test]
fn a_forgotten_fence_ends_at_the_next_file() {
    let text = "### FILE: a.py\n```python\nx = 1\n\n### FILE: b.py\n```python\ny = 2\n```";
    assert_eq!(
        read(text),
        [
            ("a.py".to_owned(), "x = 1\n".to_owned()),
            ("b.py".to_owned(), "y = 2\n".to_owned()),
        ]
    );
}

#[test]
fn a_file_sent_twice_counts_as_it_was_sent_last() {
    let text = "### FILE: a.py\n```\nold\n```\nBetter:\n### FILE: a.py\n```\nnew\n```";
    assert_eq!(read(text), one("a.py", "new\n"));
}

#[test]
fn everything_that_is_wrong_is_named() {
    let text = "### FILE: ../x.py\n```\nx\n```\n### FILE: /etc/x\n```\nx\n```\n### FILE: empty.py\n### FILE: cut.py\n```python\nx = ";
    let problems = files(text).unwrap_err().join("; ");
    for part in [
        "`../x.py` leads outside",
        "`/etc/x` isn't relative",
        "`empty.py` has no content",
        "`cut.py` breaks off",
    ] {
        assert!(problems.contains(part), "{part} in {problems}");
    }
    assert!(files("nothing").unwrap_err()[0].contains("### FILE"));
}

#[test]
fn paths() {
    assert_eq!(check_path("./src/a.py").unwrap(), "src/a.py");
    for path in [
        "", "/a", "~/a", "C:\\a", "a/../b", "..", "a//b", "a/", "a\0b", "./",
    ] {
        assert!(check_path(path).is_err(), "{path}");
    }
}
