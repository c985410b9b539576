use super::*;

mod bounds;
mod changing;
mod unfenced;
mod unread;

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
fn a_block_without_an_end_does_not_reach_over_a_file() {
    let text = "Run:\n```sh\npython a.py\n\n### FILE: a.py\n```python\nx = 1\n```";
    assert_eq!(read(text), one("a.py", "x = 1\n"));
}

#[test]
fn a_file_with_two_texts_is_none_of_them() {
    for text in [
        "### FILE: a.py\n```\nold\n```\nBetter:\n### FILE: a.py\n```\nnew\n```",
        "### FILE: a.py\n```\nnew\n```\nAs it was, for reference:\n### FILE: a.py\n```\nold\n```",
        "### FILE: a.py (part 1)\n```\na = 1\n```\n### FILE: a.py (part 2)\n```\nb = 2\n```",
        "### FILE: a.py\n```\na = 1\n```\nAnd the rest:\n### FILE: a.py (continued)\n```\nb = 2\n```",
    ] {
        let problems = files(text).unwrap_err();
        assert!(
            problems[0].contains("`a.py` is there twice"),
            "{problems:?}"
        );
    }
    let same = "### FILE: a.py\n```\nx = 1\n```\nAgain:\n### FILE: a.py\n```\nx = 1\n```";
    assert_eq!(read(same), one("a.py", "x = 1\n"));
}

#[test]
fn a_diff_is_no_file() {
    for text in [
        "### FILE: a.py\n```diff\n-x = 1\n+x = 2\n```",
        "### FILE: a.py\n```python\n--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-x = 1\n+x = 2\n```",
        "### FILE: a.py\n```\n@@ -1 +1 @@\n-x = 1\n+x = 2\n```",
    ] {
        let problems = files(text).unwrap_err();
        assert!(problems[0].contains("as a diff"), "{problems:?}");
    }
    let patch = "### FILE: fix.patch\n```diff\n-x = 1\n+x = 2\n```";
    assert_eq!(read(patch), one("fix.patch", "-x = 1\n+x = 2\n"));
}

#[test]
fn of_a_file_full_of_fences_the_reason_is_told() {
    let blocks = "```sh\nls\n```\n\n".repeat(2000);
    let text = format!("### FILE: README.md\n```markdown\n# R\n\n{blocks}```\n");
    let problems = files(&text).unwrap_err();
    assert!(problems[0].contains("so many fences"), "{problems:?}");
    let longer = format!("### FILE: README.md\n````markdown\n# R\n\n{blocks}````\n");
    assert_eq!(read(&longer), one("README.md", &format!("# R\n\n{blocks}")));
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

#[test]
fn prose_and_blocks_behind_a_markdown_file_are_no_part_of_it() {
    let readme = one("README.md", "# wc\n\nCounts words.\n");
    for behind in [
        "Run it like this:\n\n```sh\npython wc.py < letter.txt\n```\n",
        "Run it like this:\n\n```\npython wc.py < letter.txt\n```\n",
        "That is all.\n",
        "```sh\npython wc.py\n```\n\nAnd:\n\n```\nwc.py\n```\n",
    ] {
        for fence in ["```markdown", "```md", "```"] {
            let text =
                format!("### FILE: README.md\n{fence}\n# wc\n\nCounts words.\n```\n\n{behind}");
            assert_eq!(read(&text), readme, "{text}");
        }
    }
}

#[test]
fn blocks_inside_of_a_markdown_file_are_part_of_it() {
    let whole = "# wc\n\nInstall:\n\n```\npip install wc\n```\n\nUse:\n\n```sh\nwc letter.txt\n```\n\nThe end.\n";
    for (fence, end) in [("```", "```"), ("```markdown", "```"), ("````md", "````")] {
        let text = format!("### FILE: README.md\n{fence}\n{whole}{end}\n");
        assert_eq!(read(&text), one("README.md", whole), "{text}");
        let followed = format!("{text}\nRun it like this:\n\n```sh\npython wc.py\n```\n");
        assert_eq!(read(&followed), one("README.md", whole), "{followed}");
    }
}

#[test]
fn blocks_inside_of_code_are_part_of_it_and_those_behind_are_not() {
    let code = "def f():\n    \"\"\"Doc.\n\n    ```\n    f(1)\n    ```\n    \"\"\"\n    return 1\n";
    let text = format!("### FILE: a.py\n```python\n{code}```\n");
    assert_eq!(read(&text), one("a.py", code));
    let text = "### FILE: a.py\n```python\nx = 1\n```\nThen run:\n```\npython a.py\n```\nDone.";
    assert_eq!(read(text), one("a.py", "x = 1\n"));
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let text = "### FILE: notes.md\n```\na\n\n```\n\nb\n\n```\n\nc\n```\n";
    let problems = files(text).unwrap_err().join("; ");
    assert!(
        problems.contains("`notes.md` can be read in two ways"),
        "{problems}"
    );
    let text = "### FILE: a.py\n```python\nx = 1\n```\n\n```python\ny = 2\n```\n";
    let problems = files(text).unwrap_err().join("; ");
    assert!(problems.contains("follows `a.py` at once"), "{problems}");
}

#[test]
fn notes_behind_a_path_are_no_part_of_it() {
    for said in [
        "### FILE: src/a.py (new)",
        "### FILE: `src/a.py` (new file, 3 lines)",
        "### FILE: src/a.py - rewritten",
        "### FILE: src/a.py [modified]",
        "### FILE: **src/a.py** (updated)",
        "### FILE: src/a.py new",
        "### File: src/a.py — the parser",
        "**src/a.py** (new):",
        "### FILE: src/a.py:",
        "### 2. src/a.py",
        "2. `src/a.py`",
        "### 1) **src/a.py** (new)",
        "#### `src/a.py` (unchanged)",
        "1. **File:** `src/a.py`",
    ] {
        assert_eq!(
            read(&format!("{said}\n\n```python\nx\n```")),
            one("src/a.py", "x\n"),
            "{said}"
        );
    }
}

#[test]
fn names_that_are_no_plain_words() {
    for (said, path) in [
        ("### FILE: docs/my notes.md", "docs/my notes.md"),
        ("### FILE: docs/my notes.md (new)", "docs/my notes.md"),
        ("### FILE: docs/a - b.md", "docs/a - b.md"),
        (
            "### FILE: src/app/(group)/page.tsx",
            "src/app/(group)/page.tsx",
        ),
        ("**`docs/my notes.md`**", "docs/my notes.md"),
        ("**docs/my notes.md**", "docs/my notes.md"),
        ("Dockerfile", "Dockerfile"),
        ("Dockerfile:", "Dockerfile"),
        ("### FILE: Dockerfile", "Dockerfile"),
        ("**Dockerfile**", "Dockerfile"),
        ("#### docker/Dockerfile:", "docker/Dockerfile"),
        ("### FILE: .gitignore", ".gitignore"),
        ("**.env.example**", ".env.example"),
        ("**src/计数.py**", "src/计数.py"),
        ("### FILE: docs/übersicht.md", "docs/übersicht.md"),
    ] {
        assert_eq!(
            read(&format!("{said}\n```\nx\n```")),
            one(path, "x\n"),
            "{said}"
        );
    }
}

#[test]
fn prose_that_has_a_label_or_a_path_names_no_file() {
    let file = "### FILE: api.py\n```python\nx\n```\n";
    for said in [
        "- Method: GET\n- Path: /api/count\n\n",
        "Path: src/api.py is where it lives.\n\n",
        "- File: api.py\n- Why: it is asked for\n\n",
    ] {
        assert_eq!(
            read(&format!("{said}{file}")),
            one("api.py", "x\n"),
            "{said}"
        );
    }
    for said in [
        "- Path: /api/count\n```json\n{\"a\": 1}\n```\n",
        "Makefile:\n```sh\nmake\n```\n",
        "**See the folder docs/my notes.md**\n```text\nx\n```\n",
    ] {
        let text = format!("{said}\n{file}");
        assert_eq!(read(&text), one("api.py", "x\n"), "{said}");
    }
    // A command about a file, and a remark about one that was sent, aren't the file.
    for said in [
        "\nRun `api.py` like this:\n```sh\npython api.py\n```\n",
        "\nThe main part of `api.py` is:\n\n```python\nmain()\n```\n",
        "\nIn `api.py`:\n```diff\n- a\n+ b\n```\n",
    ] {
        assert_eq!(
            read(&format!("{file}{said}")),
            one("api.py", "x\n"),
            "{said}"
        );
    }
}

#[test]
fn what_belongs_to_no_file_is_told() {
    let text = "Done.\n\n### FILE: a.py\n```python\nx = 1\n```\n\nUse it:\n\n```python\nimport a\n```\n\nRun it:\n\n```sh\npython a.py\n```\n";
    assert_eq!(read(text), one("a.py", "x = 1\n"));
    assert_eq!(nameless(text), ["import a"]);
    let around = summary(text);
    assert!(around.contains("```python\nimport a\n```"), "{around}");
    assert!(
        around.contains("python a.py") && !around.contains("FILE"),
        "{around}"
    );
}

#[test]
fn an_answer_of_many_fences_is_read_at_once() {
    let text = format!("### FILE: a.md\n```\n{}", "```\nx\n```py\n".repeat(50_000));
    let _ = files(&text);
    let text = format!("### FILE: a.md\n```md\n{}", "```\n".repeat(100_000));
    let _ = files(&text);
}

#[test]
fn a_line_that_may_begin_another_file_before_a_bare_fence_is_unclear() {
    for text in [
        "### FILE: a.md\n```\nWrite:\n### FILE: b.py\n```\n",
        "### FILE: a.py\n```python\nx = 1\n\n### FILE: b.py\n```\ny = 2\n```\n",
    ] {
        let problems = files(text).unwrap_err().join("; ");
        assert!(problems.contains("in two ways"), "{problems}");
    }
}

#[test]
fn the_name_of_a_file_may_stand_above_its_edits_in_the_block() {
    let text = "```\na.py\n<<<<<<< SEARCH\nx\n=======\ny\n>>>>>>> REPLACE\n```\n";
    let changes = changes(text).unwrap();
    assert_eq!(changes[0].path, "a.py");
    assert!(matches!(changes[0].content, Content::Edits(_)));
}

#[test]
fn a_missing_fence_is_said_to_be_missing() {
    let edit = "<<<<<<< SEARCH\na\n=======\nb\n>>>>>>> REPLACE\n";
    let problems = |text: &str| changes(text).unwrap_err().join("; ");
    for told in [
        problems(&format!("Done.\n\n### FILE: src/a.py\n{edit}")),
        problems(&format!(
            "### FILE: src/a.py\n\n{edit}\n### FILE: src/b.py\n```python\nx = 1\n```\n"
        )),
    ] {
        assert!(
            told.contains("`src/a.py` has no content: the fence around its edits is missing"),
            "{told}"
        );
    }
    let told = problems("### FILE: src/a.py\nx = 1\n");
    assert!(told.contains("is in no fenced block"), "{told}");
    let told = problems("### FILE: src/a.py\n\n### FILE: src/b.py\n```python\nx = 1\n```\n");
    assert_eq!(told, "`src/a.py` has no content");
}
