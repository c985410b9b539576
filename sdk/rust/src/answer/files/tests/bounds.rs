//! Files with fences inside of them and texts behind them: read whole, or refused; never cut, nor joined with what isn't theirs.

use super::*;

/// What may stand behind a file.
const BEHIND: [&str; 5] = [
    "",
    "Run it with python.\n",
    "\nRun it with python.\n",
    "\nRun:\n\n```sh\npython wc.py\n```\n",
    "\n### FILE: b.py\n```python\nb = 1\n```\n",
];

/// Whether the answer is refused; a panic where a file isn't what it should be.
fn is_refused(path: &str, whole: &str, answer: &str) -> bool {
    match files(answer) {
        Err(problems) => {
            let told = problems.join("; ");
            assert!(
                told.contains("in two ways") || told.contains("breaks off"),
                "{told}\n{answer}"
            );
            true
        }
        Ok(files) => {
            let file = files.iter().find(|file| file.path == path).unwrap();
            assert_eq!(file.content, whole, "{answer}");
            let others = files.iter().filter(|file| file.path != path);
            assert!(
                others.clone().all(|file| file.content == "b = 1\n"),
                "{answer}"
            );
            false
        }
    }
}

const DOCSTRING: &str = "\"\"\"Counts words.\n\nUsage:\n\n```\npython wc.py letter.txt\n```\n\"\"\"\nimport sys\n\n\nprint(1)\n";

#[test]
fn a_docstring_with_a_block_is_part_of_its_file() {
    for whole in [
        DOCSTRING.to_owned(),
        DOCSTRING.replace("```\npython", "```sh\npython"),
        DOCSTRING.replace("Usage:\n\n```", "Usage:\n```"),
        DOCSTRING.replace("Usage:\n\n```", "Like this\n```"),
        DOCSTRING.replace("```\n\"\"\"", "```\n\n\"\"\""),
        "# A comment with \"\"\" in it.\n\"\"\"A.\n\n```\none\n```\n\nand\n\n```\ntwo\n```\n\"\"\"\nx = 1\n".to_owned(),
        "def f():\n    '''Doc:\n    ```\n    f(1)\n    ```\n    '''\n    return 1\n".to_owned(),
    ] {
        for behind in BEHIND {
            for info in ["python", ""] {
                let answer = format!("Done.\n\n### FILE: wc.py\n```{info}\n{whole}```\n{behind}");
                assert!(!is_refused("wc.py", &whole, &answer), "{:?}\n{answer}", files(&answer));
            }
        }
    }
}

#[test]
fn code_of_other_languages_is_read_whole_or_refused() {
    for (path, whole) in [
        (
            "w.sh",
            "cat > README.md <<EOF\n# T\n```\nrun\n```\nEOF\necho done\n",
        ),
        (
            "w.sh",
            "cat > README.md <<EOF\nUse:\n\n```\nrun\n```\n\nThe end.\nEOF\n",
        ),
        (
            "w.ts",
            "export const HELP = `\n# wc\n\n```\nwc letter.txt\n```\n`;\n\nexport function f() { return 1; }\n",
        ),
        (
            "w.ts",
            "export const PROMPT = `Answer so:\n```json\n{\"a\": 1}\n```\nand nothing else.\n```\nx\n```\n`;\n",
        ),
        ("w.html", "<pre>\n```\ncode\n```\n</pre>\n"),
        (
            "w.yml",
            "body:\n  - value: |\n      ```\n      version\n      ```\n",
        ),
    ] {
        for behind in BEHIND {
            let answer = format!("Ok.\n\n### FILE: {path}\n```\n{whole}```\n{behind}");
            is_refused(path, whole, &answer);
        }
    }
}

#[test]
fn a_file_whose_closing_fence_was_forgotten_is_not_cut_at_its_last_block() {
    for whole in [
        "# wc\n\nRun:\n\n```\nwc\n```\n",
        "# wc\n\nRun:\n```\nwc\n```\n",
        "# wc\n\nRun:\n\n```sh\nwc\n```\n\nMore:\n\n```sh\nwc2\n```\n",
    ] {
        for behind in [
            "",
            "\nAll done.\n",
            "\n### FILE: b.py\n```python\nb = 1\n```\n",
        ] {
            let answer = format!("### FILE: README.md\n```markdown\n{whole}{behind}");
            assert!(is_refused("README.md", whole, &answer), "{answer}");
        }
    }
}

#[test]
fn what_is_said_behind_a_forgotten_fence_is_not_joined_to_the_file() {
    for between in ["Now the other file.\n", "And this is the other one:\n"] {
        let answer = format!(
            "### FILE: a.py\n```python\nx = 1\n\n{between}\n### FILE: b.py\n```python\nb = 1\n```\n"
        );
        assert!(is_refused("a.py", "x = 1\n", &answer), "{answer}");
    }
}

#[test]
fn a_file_that_is_named_inside_of_another_is_not_written() {
    for (path, whole) in [
        (
            "README.md",
            "# A\n\nWrite so:\n\n### FILE: b.py\n```python\nz\n```\n\nthe end\n",
        ),
        ("README.md", "# A\n\n### FILE: b.py\n```python\nz\n```\n"),
        (
            "README.md",
            "# A\n\n### FILE: b.py\n```\nz\n```\n\nthe end\n",
        ),
        (
            "a.py",
            "T = \"\"\"\n### FILE: b.py\n```python\nz\n```\n\"\"\"\n",
        ),
        (
            "a.js",
            "const T = `\n### FILE: b.py\n```python\nz\n```\n`\n",
        ),
    ] {
        for behind in ["", "\nDone.\n"] {
            let answer = format!("### FILE: {path}\n```\n{whole}```\n{behind}");
            assert!(is_refused(path, whole, &answer), "{answer}");
        }
    }
}

#[test]
fn text_behind_a_file_is_no_part_of_it_or_the_answer_is_refused() {
    for (path, whole) in [
        ("README.md", "# wc\n\nCounts words.\n"),
        ("wc.py", "x = 1\n"),
    ] {
        for behind in [
            "Run it:\n```\npython x\n```\n",
            "Run it so\n```\npython x\n```\nand so on.\n",
            "\nRun it:\n\n```\npython x\n```\n\nThen:\n\n```\nls\n```\n",
            "\n```\npython x\n```\n",
            "\nRun it:\n\n```sh\npython x\n",
        ] {
            let answer = format!("### FILE: {path}\n```\n{whole}```\n{behind}");
            match files(&answer) {
                Err(_) => {}
                Ok(files) => assert_eq!(files[0].content, whole, "{answer}"),
            }
        }
    }
}

#[test]
fn fences_in_an_edit_do_not_end_its_block() {
    for (old, new) in [
        ("```\nold\n```\n", "```\nnew\n```\n"),
        ("old\n```\n", "new\n```\n"),
        ("```sh\nold\n", "```sh\nnew\n"),
    ] {
        for info in ["markdown", ""] {
            let answer = format!(
                "### FILE: README.md\n```{info}\n<<<<<<< SEARCH\n{old}=======\n{new}>>>>>>> REPLACE\n```\nDone.\n"
            );
            let changes = changes(&answer).unwrap();
            let edit = Edit {
                old: old.to_owned(),
                new: new.to_owned(),
            };
            assert_eq!(changes[0].content, Content::Edits(vec![edit]), "{answer}");
        }
    }
}
