//! The step `test_generation` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_test_generation::TestGeneration;
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{FailureKind, Inputs};

const GOOD: &str = "I cover the parser.\n\n### FILE: tests/conftest.py\n```python\nimport sys\n```\n\n### FILE: tests/test_parser.py\n```python\ndef test_it_parses():\n    assert True\n```\n";

fn host() -> FakeHost {
    FakeHost::new()
        .file("src/tool/parser.py", "def parse(): ...\n")
        .file("src/tool/cli.py", "def main(): ...\n")
        .file("tests/test_old.py", "def test_old(): ...\n")
        .file("README.md", "# Tool\n")
}

#[test]
fn the_tests_are_written_and_listed() {
    let host = host().answer(GOOD);
    let inputs = Inputs::new().with("requirement", "# The requirement");
    let documents = host.execute(&TestGeneration, &inputs).unwrap();
    assert_eq!(host.file_text("tests/conftest.py").unwrap(), "import sys\n");
    assert!(
        host.file_text("tests/test_parser.py")
            .unwrap()
            .contains("test_it_parses")
    );
    assert!(
        documents
            .get("tests")
            .unwrap()
            .contains("tests/test_parser.py")
    );
    assert_eq!(documents.get("summary"), Some("I cover the parser."));
    let sent = &host.prompts_sent()[0];
    for part in [
        "def parse()",
        "def main()",
        "# The requirement",
        "def test_old()",
    ] {
        assert!(sent.contains(part), "{part}");
    }
    assert!(!sent.contains("# Tool"));
    assert!(sent.find("def main()") < sent.find("def test_old()"));
}

#[test]
fn a_test_file_that_is_there_keeps_its_line_ends() {
    // This run wrote it: another one's would stay.
    let host = host()
        .file("tests/conftest.py", "import os\r\n")
        .changed_file("tests/conftest.py", None)
        .answer(GOOD);
    let documents = host.execute(&TestGeneration, &Inputs::new()).unwrap();
    let written = host.file_text("tests/conftest.py").unwrap();
    assert_eq!(written, "import sys\r\n");
    let bytes = format!("\"bytes\": {}", written.len());
    assert!(documents.get("tests").unwrap().contains(&bytes));
}

#[test]
fn only_the_files_that_are_named_are_tested() {
    for files in [
        r#"[{"path": "src/tool/parser.py", "bytes": 1}]"#,
        r#"[[{"path": "src/tool/parser.py"}], [{"path": "gone.py"}]]"#,
        r#"["[{\"path\": \"src/tool/parser.py\"}]"]"#,
    ] {
        let host = host().answer(GOOD);
        let inputs = Inputs::new().with("files", files);
        host.execute(&TestGeneration, &inputs).unwrap();
        let sent = &host.prompts_sent()[0];
        assert!(
            sent.contains("def parse()") && !sent.contains("def main()"),
            "{files}"
        );
    }
}

#[test]
fn without_code_there_is_nothing_to_test() {
    let host = FakeHost::new().file("tests/test_old.py", "def test_old(): ...\n");
    let failure = host.execute(&TestGeneration, &Inputs::new()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidInput);
    assert!(host.requests().is_empty());
}

#[test]
fn where_no_code_was_changed_no_test_is_written_and_that_is_said() {
    for files in [
        "[]",
        r#"[{"path": "README.md", "bytes": 1}]"#,
        r#"["[{\"path\": \"tests/test_old.py\"}]"]"#,
    ] {
        let host = host();
        let inputs = Inputs::new().with("files", files);
        let documents = host.execute(&TestGeneration, &inputs).unwrap();
        assert_eq!(documents.get("tests"), Some("[]"), "{files}");
        assert!(host.requests().is_empty());
        let told = host.log_lines();
        assert!(told[0].contains("no test is written"), "{told:?}");
    }
}

#[test]
fn everything_that_is_wrong_is_named_and_the_retry_says_it() {
    let bad = "### FILE: src/tool/parser.py\n```python\nx\n```\n";
    let host = host().answer(bad).answer(GOOD);
    let failure = host.execute(&TestGeneration, &Inputs::new()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(
        failure
            .message
            .contains("`src/tool/parser.py` doesn't lie below `tests/`")
    );
    assert_eq!(
        host.file_text("src/tool/parser.py").unwrap(),
        "def parse(): ...\n"
    );
    host.retry(&TestGeneration, &Inputs::new(), &failure)
        .unwrap();
    assert!(host.prompts_sent()[1].contains("doesn't lie below `tests/`"));

    let none = "### FILE: tests/test_a.py\n```python\nx = 1\n```\n";
    let failure = FakeHost::new()
        .process_response(&TestGeneration, &Inputs::new(), none)
        .unwrap_err();
    assert!(
        failure.message.contains("holds a function `test_"),
        "{}",
        failure.message
    );
}

#[test]
fn untidy_answers() {
    for answer in [
        GOOD.replace('\n', "\r\n"),
        GOOD.replace("```python", "```"),
        GOOD.replace("### FILE: tests/test_parser.py", "**tests/test_parser.py**"),
        format!("Run `pytest`:\n```sh\npytest\n```\n{GOOD}Good luck!"),
    ] {
        let documents = FakeHost::new()
            .process_response(&TestGeneration, &Inputs::new(), &answer)
            .unwrap();
        let tests = documents.get("tests").unwrap();
        assert!(
            tests.contains("tests/conftest.py") && tests.contains("tests/test_parser.py"),
            "{answer}"
        );
    }
}

#[test]
fn a_later_round_keeps_the_tests_and_asks_nobody() {
    let host = host();
    let inputs = Inputs::new().with("keep", r#"[{"path": "tests/test_old.py", "bytes": 1}]"#);
    let documents = host.execute(&TestGeneration, &inputs).unwrap();
    assert!(host.prompts_sent().is_empty());
    let tests: serde_json::Value = serde_json::from_str(documents.get("tests").unwrap()).unwrap();
    assert_eq!(tests[0]["path"], "tests/test_old.py");
    assert_eq!(
        host.file_text("tests/test_old.py").unwrap(),
        "def test_old(): ...\n"
    );

    // Where they are gone, they are written again.
    let host = host.answer(GOOD);
    let inputs = Inputs::new().with("keep", r#"[{"path": "tests/test_gone.py", "bytes": 1}]"#);
    host.execute(&TestGeneration, &inputs).unwrap();
    assert_eq!(host.prompts_sent().len(), 1);
}

#[test]
fn what_no_test_holds_is_tested_beside_what_is_kept() {
    let inputs = Inputs::new()
        .with("keep", r#"[{"path": "tests/test_old.py", "bytes": 1}]"#)
        .with("untested", "- **FR-2** (says why)\n");
    // The run wrote the one that is kept, and may not write over it all the same.
    let host = host()
        .changed_file("tests/test_old.py", None)
        .answer(one("tests/test_old.py"))
        .answer(one("tests/test_why.py"));
    let failure = host.execute(&TestGeneration, &inputs).unwrap_err();
    assert!(
        failure
            .message
            .contains("`tests/test_old.py` is there already"),
        "{}",
        failure.message
    );
    let documents = host.execute(&TestGeneration, &inputs).unwrap();
    let sent = &host.prompts_sent()[0];
    assert!(
        sent.contains("<untested>\n- **FR-2** (says why)\n</untested>")
            && sent.contains("test_old"),
        "{sent}"
    );
    let tests: serde_json::Value = serde_json::from_str(documents.get("tests").unwrap()).unwrap();
    let paths: Vec<_> = tests
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["path"])
        .collect();
    assert_eq!(paths, ["tests/test_old.py", "tests/test_why.py"]);
    assert_eq!(
        host.file_text("tests/test_old.py").unwrap(),
        "def test_old(): ...\n"
    );
}

/// An answer with one file.
fn one(path: &str) -> String {
    format!("### FILE: {path}\n```python\ndef test_it():\n    assert True\n```\n")
}

#[test]
fn tests_lie_and_are_named_as_the_project_has_them() {
    for (there, fit, unfit) in [
        ("test/test_old.py", "test/test_new.py", "tests/test_new.py"),
        (
            "src/tool/old_test.py",
            "src/tool/new_test.py",
            "tests/test_new.py",
        ),
        ("test_old.py", "test_new.py", "tests/test_new.py"),
        (
            "tests/test_old.py",
            "tests/deep/test_new.py",
            "test/test_new.py",
        ),
    ] {
        let host = || {
            FakeHost::new()
                .file("src/tool/parser.py", "def parse(): ...\n")
                .file(there, "def test_old(): ...\n")
        };
        let given = host().answer(one(fit));
        given.execute(&TestGeneration, &Inputs::new()).unwrap();
        assert!(given.file_text(fit).is_some(), "{there}");
        let sent = &given.prompts_sent()[0];
        let folder = fit.rsplit_once('/').map_or("", |(folder, _)| folder);
        let name = if fit.ends_with("_test.py") {
            "module_test.py"
        } else {
            "test_module.py"
        };
        let example = format!(
            "### FILE: {}",
            [folder, name].join("/").trim_start_matches('/')
        );
        assert!(
            sent.contains(&example.replace("tests/deep", "tests")),
            "{sent}"
        );

        let refused = host().answer(one(unfit));
        let failure = refused
            .execute(&TestGeneration, &Inputs::new())
            .unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse, "{there}");
        assert!(
            failure.message.contains("doesn't lie"),
            "{}",
            failure.message
        );
    }
}

#[test]
fn a_test_that_somebody_wrote_is_never_written_over() {
    let host = host().answer(one("tests/test_old.py"));
    let failure = host.execute(&TestGeneration, &Inputs::new()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(
        failure
            .message
            .contains("`tests/test_old.py` is there already")
    );
    assert_eq!(
        host.file_text("tests/test_old.py").unwrap(),
        "def test_old(): ...\n"
    );
}

#[test]
fn tests_are_not_written_where_git_ignores_them_or_no_step_may_write() {
    for (path, told) in [
        ("tests/test_made.py", "is a path that git ignores"),
        ("tests/test_hidden.py", "is a path that git ignores"),
        ("tests/.stepwell/test_x.py", "closed to every step"),
    ] {
        let host = host()
            .ignores("**/test_made.py")
            .ignored_file("tests/test_hidden.py")
            .answer(one(path));
        let failure = host.execute(&TestGeneration, &Inputs::new()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse, "{path}");
        assert!(
            failure.message.contains(told),
            "{path}: {}",
            failure.message
        );
        assert_eq!(host.file_text(path), None);
    }
}

#[test]
fn what_the_project_says_of_itself_is_shown() {
    let host = host().answer(GOOD).answer(GOOD);
    let surveyed = Inputs::new()
        .with("map", "src/tool/cli.py (12)")
        .with("conventions", "Tests are named for what holds.");
    host.execute(&TestGeneration, &surveyed).unwrap();
    let _ = host.execute(&TestGeneration, &Inputs::new());
    let sent = host.prompts_sent();
    for part in [
        "<map>\nsrc/tool/cli.py (12)\n</map>",
        "<conventions>\nTests are named for what holds.\n</conventions>",
    ] {
        assert!(sent[0].contains(part), "{part}: {}", sent[0]);
    }
    for part in ["<map>", "<conventions>"] {
        assert!(!sent[1].contains(part), "{part}: {}", sent[1]);
    }
}

#[test]
fn the_tests_of_what_is_touched_are_shown_before_all_others_with_the_fixtures() {
    let conftest = "import pytest\n\n\n@pytest.fixture\ndef ledger():\n    return []\n";
    let host = host()
        .file("tests/test_a.py", "import other\n")
        .file("tests/test_z.py", "from tool.parser import parse\n")
        .file("tests/conftest.py", conftest)
        .answer(one("tests/test_new.py"));
    let inputs = Inputs::new().with("files", r#"[{"path": "src/tool/parser.py"}]"#);
    host.execute(&TestGeneration, &inputs).unwrap();
    let sent = &host.prompts_sent()[0];
    let place = |words: &str| {
        sent.find(words)
            .unwrap_or_else(|| panic!("{words}: {sent}"))
    };
    assert!(place("def ledger()") < place("from tool.parser import parse"));
    assert!(place("from tool.parser import parse") < place("import other"));
    assert!(sent.contains("- tests/conftest.py: `ledger`"));
}

#[test]
fn a_later_round_keeps_tests_wherever_they_lie() {
    let host = FakeHost::new()
        .file("tool/parser.py", "def parse(): ...\n")
        .file("tool/parser_test.py", "def test_it(): ...\n");
    let inputs = Inputs::new().with("keep", r#"[{"path": "tool/parser_test.py", "bytes": 1}]"#);
    let documents = host.execute(&TestGeneration, &inputs).unwrap();
    assert!(host.prompts_sent().is_empty());
    assert!(
        documents
            .get("tests")
            .unwrap()
            .contains("tool/parser_test.py")
    );
}

#[test]
fn tests_that_leave_something_out_do_not_replace_those_of_this_run() {
    const THERE: &str = "import os\n\n\ndef helper():\n    return os.name\n";
    let left_out = GOOD.replace("import sys\n", "import sys\n\n# ... existing code ...\n");
    let host = host()
        .file("tests/conftest.py", THERE)
        .changed_file("tests/conftest.py", None)
        .answer(left_out);
    let failure = host.execute(&TestGeneration, &Inputs::new()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(
        failure.message.contains(
            "`tests/conftest.py`: its line 3, `# ... existing code ...`, stands for lines"
        ),
        "{}",
        failure.message
    );
    assert_eq!(host.file_text("tests/conftest.py").unwrap(), THERE);
}

/// A project whose configuration names another folder and other files than pytest takes by itself.
fn checks() -> FakeHost {
    FakeHost::new()
        .file("tool/parser.py", "def parse(): ...\n")
        .file("check/check_old.py", "def test_old(): ...\n")
        .file(
            "pyproject.toml",
            "[tool.pytest.ini_options]\ntestpaths = ['check']\npython_files = ['check_*.py']\n",
        )
}

#[test]
fn the_configuration_of_pytest_says_where_tests_lie_and_how_they_are_named() {
    let host = checks().answer(one("check/check_new.py"));
    let documents = host.execute(&TestGeneration, &Inputs::new()).unwrap();
    assert!(
        documents
            .get("tests")
            .unwrap()
            .contains("check/check_new.py")
    );
    let sent = &host.prompts_sent()[0];
    assert!(
        sent.contains(
            "Tests lie below `check/`; a file of them is named like `check/check_module.py`."
        ) && sent.contains("### FILE: check/check_module.py"),
        "{sent}"
    );
    assert!(sent.find("def parse()") < sent.find("<tests>"), "{sent}");
    assert!(sent.find("<tests>") < sent.find("def test_old()"), "{sent}");

    for (path, told) in [
        ("tests/test_new.py", "doesn't lie below `check/`"),
        ("check/test_new.py", "name it like `check/check_module.py`"),
    ] {
        let host = checks().answer(one(path));
        let failure = host.execute(&TestGeneration, &Inputs::new()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::InvalidResponse, "{path}");
        assert!(failure.message.contains(told), "{}", failure.message);
        assert_eq!(host.file_text(path), None);
    }
}

#[test]
fn the_configuration_decides_also_where_there_is_no_test_yet() {
    for (name, text) in [
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\ntestpaths = ['test']\n",
        ),
        ("pytest.ini", "[pytest]\ntestpaths = test\n"),
        ("tox.ini", "[pytest]\ntestpaths =\n    test\n"),
        ("setup.cfg", "[tool:pytest]\ntestpaths = test\n"),
    ] {
        let host = || {
            FakeHost::new()
                .file("tool/parser.py", "def parse(): ...\n")
                .file(name, text)
        };
        let given = host().answer(one("test/test_new.py"));
        given.execute(&TestGeneration, &Inputs::new()).unwrap();
        assert!(
            given.prompts_sent()[0].contains("Tests lie below `test/`"),
            "{name}"
        );
        let refused = host().answer(one("tests/test_new.py"));
        let failure = refused
            .execute(&TestGeneration, &Inputs::new())
            .unwrap_err();
        assert!(
            failure.message.contains("doesn't lie below `test/`"),
            "{name}: {}",
            failure.message
        );
    }
}

#[test]
fn each_package_has_its_tests_as_the_others_have() {
    for (there, new) in [
        ("p1/tests/test_a.py", "p2/tests/test_n.py"),
        ("p1/a_test.py", "p2/b_test.py"),
    ] {
        let host = FakeHost::new()
            .file("p1/a.py", "")
            .file("p2/b.py", "def b(): ...\n")
            .changed_file("p2/b.py", None)
            .file(there, "def test_a(): ...\n")
            .answer(one(new));
        host.execute(&TestGeneration, &Inputs::new()).unwrap();
        assert!(host.file_text(new).is_some(), "{new}");
    }
}

#[test]
fn a_module_that_the_configuration_calls_tests_is_one() {
    let host = FakeHost::new()
        .file("app/models.py", "def model(): ...\n")
        .file(
            "app/tests.py",
            "class A(TestCase):\n    def test_it(self): ...\n",
        )
        .file(
            "setup.cfg",
            "[tool:pytest]\npython_files = tests.py test_*.py\n",
        )
        .answer(one("app/test_new.py"));
    host.execute(&TestGeneration, &Inputs::new()).unwrap();
    let sent = &host.prompts_sent()[0];
    assert!(sent.find("def model()") < sent.find("<tests>"), "{sent}");
    assert!(
        sent.find("<tests>") < sent.find("class A(TestCase)"),
        "{sent}"
    );
}
