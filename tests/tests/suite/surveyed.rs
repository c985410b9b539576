//! The step `survey` on a small package: the built-in component in the real program.

use stepwell_tests::Project;

const FLOW: &str = r#"
name = "look"
[inputs]
request = { default = "Export the notes of a month" }
[[steps]]
id = "survey"
uses = "builtin:survey"
inputs.request = "{{ inputs.request }}"
grants.workspace = "read"
settings.map_tokens = 200
"#;

fn package() -> Project {
    let project = Project::new();
    project.write("flow.toml", FLOW);
    project.write(
        "src/notes/store.py",
        "class Store:\n    def add(self, note: str) -> int:\n        return 1\n",
    );
    project.write(
        "src/notes/export.py",
        "from notes.store import Store\n\n\ndef to_csv(store: Store) -> str:\n    return ''\n",
    );
    project.write(
        "tests/test_store.py",
        "import pytest\n\n\ndef test_add():\n    pass\n",
    );
    project.write(
        "pyproject.toml",
        "[project]\nname = \"notes\"\n\n[tool.pytest.ini_options]\naddopts = \"-q\"\n",
    );
    project.write("AGENTS.md", "Keep functions short.\n");
    project.write("vendor/other.py", "def other(): pass\n");
    project.write("secret.py", "def secret(): pass\n");
    project.write(".gitignore", "secret.py\n");
    project
}

#[test]
fn a_package_is_surveyed_without_a_model() {
    let project = package();
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let map = project.document("survey", "map");
    let (export, store) = (
        map.find("src/notes/export.py"),
        map.find("src/notes/store.py"),
    );
    assert!(export.is_some() && export < store, "{map}");
    for line in [
        "  4: def to_csv(store: Store) -> str",
        "  1: class Store",
        "    2: def add(self, note: str) -> int",
    ] {
        assert!(map.lines().any(|it| it == line), "{line}: {map}");
    }
    assert!(map.contains("Not listed: 1 vendored file."), "{map}");
    assert!(!map.contains("secret"), "{map}");
    assert!(map.len().div_ceil(3) <= 200, "{map}");
    assert!(
        project
            .document("survey", "conventions")
            .contains("Keep functions short.")
    );
    let baseline = project.document("survey", "baseline");
    assert!(
        baseline.contains("Test functions: 1, in 1 file."),
        "{baseline}"
    );
    assert!(baseline.contains("Framework: pytest"), "{baseline}");
    assert!(
        project
            .run(&["calls", "--json"])
            .json()
            .as_array()
            .is_none_or(Vec::is_empty)
    );
    // It keeps no copy of what it read: the store frees nothing, and misses nothing.
    let _ = project.run(&["store", "check"]).exits_with(0);
}

#[test]
fn a_file_that_was_made_to_end_the_parser_is_named_and_the_survey_goes_on() {
    let project = package();
    let deep = 20_000;
    for (name, text) in [
        (
            "brackets",
            format!("x = {}1{}\n", "(\n".repeat(deep), ")\n".repeat(deep)),
        ),
        ("open", "(\n".repeat(deep)),
        ("not", format!("x = (\n{}1)\n", "not\n".repeat(deep))),
        ("sum", format!("x = (\n{}1)\n", "1 +\n".repeat(deep))),
        ("calls", format!("x = (a\n{})\n", "()\n".repeat(deep))),
        (
            "lambdas",
            format!("x = (\n{}1)\n", "lambda a, b:\n".repeat(deep)),
        ),
    ] {
        project.write(&format!("src/{name}.py"), &text);
    }
    // As deep as is still read: the component's own stack has to do for it.
    let within = 90;
    for (name, text) in [
        (
            "b",
            format!("x = {}1{}\n", "(".repeat(within), ")".repeat(within)),
        ),
        (
            "l",
            format!("x = {}1{}\n", "[".repeat(within), "]".repeat(within)),
        ),
        (
            "d",
            format!("x = {}1{}\n", "{1:".repeat(within), "}".repeat(within)),
        ),
        ("n", format!("x = {}1\n", "not ".repeat(within))),
        ("p", format!("x = {}1\n", "1 ** ".repeat(within))),
        ("t", format!("x = {}1\n", "1 if 1 else ".repeat(within / 2))),
        (
            "i",
            (0..within)
                .map(|depth| format!("{}if x:\n", " ".repeat(depth)))
                .collect::<String>()
                + &" ".repeat(within)
                + "pass\n",
        ),
        (
            "f",
            format!(
                "x = {}1{}\n",
                "f'{(".repeat(within / 3),
                ")}'".repeat(within / 3)
            ),
        ),
        (
            "g",
            format!(
                "x = {}1{}\n",
                "f(*a[".repeat(within / 3),
                "])".repeat(within / 3)
            ),
        ),
        ("s", format!("x = (\n{}1)\n", "1 +\n".repeat(1_900))),
        ("c", format!("x = (a\n{})\n", ".b()\n".repeat(900))),
    ] {
        project.write(
            &format!("src/within_{name}.py"),
            &format!("def of_{name}(): pass\n{text}"),
        );
    }
    let flow = FLOW.replace("map_tokens = 200", "map_tokens = 5000");
    project.write("flow.toml", &flow);
    let run = project.run(&["run", "flow.toml"]).exits_with(0);
    let map = project.document("survey", "map");
    assert!(map.contains("Not read: 6 files."), "{map}");
    for name in ["brackets", "open", "not", "sum", "calls", "lambdas"] {
        let line = map
            .lines()
            .find(|line| line.starts_with(&format!("src/{name}.py")));
        assert!(
            line.is_some_and(|line| line.contains("nests too deeply")),
            "{name}: {map}"
        );
    }
    assert_eq!(map.matches("def of_").count(), 11, "{map}");
    run.says(&["`src/calls.py` is mapped by its name alone"]);
}

#[test]
fn a_survey_that_is_killed_starts_anew_and_maps_the_same() {
    let many = || {
        let project = package();
        for number in 0..3_000 {
            let lines: String = (0..40)
                .map(|line| {
                    format!("def of_{number}_{line}(note: str) -> int:\n    return {line}\n")
                })
                .collect();
            project.write(&format!("src/many/m{number}.py"), &lines);
        }
        project
    };
    let undisturbed = many();
    let _ = undisturbed.run(&["run", "flow.toml"]).exits_with(0);
    let documents = |project: &Project| {
        ["map", "conventions", "baseline"].map(|name| project.document("survey", name))
    };
    let mut hit = 0;
    for pause in [0, 60, 140, 260] {
        let project = many();
        let mut child = project.spawn(&["run", "flow.toml"]);
        let started = || {
            let status = project.run(&["status", "--json"]);
            status.code == 0 && status.json()["steps"][0]["status"] == "running"
        };
        while !started() {
            assert!(
                child.try_wait().unwrap().is_none(),
                "it ended before it was looked at"
            );
        }
        std::thread::sleep(std::time::Duration::from_millis(pause));
        child.kill().unwrap();
        child.wait().unwrap();
        let status = project.run(&["status", "--json"]).exits_with(0).json();
        hit += usize::from(status["steps"][0]["status"] != "success");
        let _ = project.run(&["resume"]).exits_with(0);
        assert_eq!(documents(&project), documents(&undisturbed), "{pause} ms");
    }
    assert!(hit > 0, "no kill hit a survey");
}
