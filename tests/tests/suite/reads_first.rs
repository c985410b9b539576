//! The workflows that ship read the project before they ask: what each step's model is told of the files that are there.

use stepwell_tests::{Project, Provider, Received, Reply};

const REQUIREMENT: &str = "<document>\n# Export\n\n## 1 Overview\n\n### 1.1 Background\n\nb\n\n### 1.2 User persona\n\np\n\n### 1.3 User journey\n\nj\n\n## 2 Requirements\n\n### 2.1 Functional requirements\n\n#### Export\n\n- **FR-1** Notes become CSV.\n</document>\n";

const DESIGN: &str = "<document>\n# Design\n\n## 1 High-level design\n\nh\n\n## 2 Design patterns\n\nNone.\n\n## 3 New components\n\nNone.\n\n## 4 Existing components\n\n`Store`\n\n## 5 Interactions\n\ni\n\n## 6 External dependencies\n\nNone.\n\n## 7 Diagram\n\n```plantuml\n@startuml\npackage \"notes\" <<Existing>> {\n  class Store <<Existing>> {\n  }\n}\n@enduml\n```\n</document>\n";

/// How a prompt begins, and the step that sends it.
const STAGES: [(&str, &str); 8] = [
    ("You prepare a requirement document", "questions"),
    ("You write the requirement document", "draft"),
    ("You review a requirement document", "review"),
    ("You improve a requirement document", "refine"),
    ("You are about to design", "design questions"),
    ("You design the architecture", "design"),
    ("You review the design", "design review"),
    ("You plan the implementation", "plan"),
];

fn stage(received: &Received) -> &'static str {
    let first = received.body["messages"][0]["content"].to_string();
    let begins = |(start, _): &&(&str, &str)| first.contains(start);
    match STAGES.iter().find(begins) {
        Some(&(_, stage)) => stage,
        None if first.contains("You write the tests") => "tests",
        None => "code",
    }
}

fn plan(path: &str) -> String {
    format!(
        "[{{\"id\": \"a\", \"title\": \"T\", \"description\": \"D\", \"files\": [\"{path}\", \"src/notes/export.py\"], \"existing\": [\"{path}\"]}}]"
    )
}

/// A provider that answers each step; its first plan names a file that isn't there.
fn provider() -> Provider {
    Provider::start(|_, received| {
        let text = match stage(received) {
            "questions" | "review" | "design questions" | "design review" => {
                "{\"questions\": []}".to_owned()
            }
            "draft" | "refine" => REQUIREMENT.to_owned(),
            "design" => DESIGN.to_owned(),
            "plan" if received.body.to_string().contains("is said to exist") => {
                plan("src/notes/store.py")
            }
            "plan" => plan("notes/store.py"),
            "tests" => "### FILE: tests/test_export.py\n```python\ndef test_export():\n    pass\n```\n".to_owned(),
            _ => "### FILE: src/notes/store.py\n```python\n<<<<<<< SEARCH\nclass Store:\n=======\nclass Store:  # of notes\n>>>>>>> REPLACE\n```\n\n### FILE: src/notes/export.py\n```python\n\"\"\"Export.\"\"\"\n```\n".to_owned(),
        };
        Reply::Text(text)
    })
}

fn package(provider: &Provider, workflow: &str) -> Project {
    let project = Project::with_provider(provider);
    let _ = project.run(&["init", "--workflow", workflow]).exits_with(0);
    project.write(
        "src/notes/store.py",
        "class Store:\n    def add(self, note: str) -> int:\n        return 1\n",
    );
    project.write(
        "tests/test_store.py",
        "import pytest\n\n\ndef test_add():\n    pass\n",
    );
    project.write("AGENTS.md", "Keep functions short.\n");
    project
}

fn run(project: &Project, workflow: &str) -> stepwell_tests::Finished {
    project.run(&[
        "run",
        &format!("{workflow}.toml"),
        "--input",
        "feature=Export the notes",
    ])
}

#[test]
fn each_step_that_decides_is_told_what_is_there() {
    let provider = provider();
    let project = package(&provider, "untested_coding");
    let ran = run(&project, "untested_coding");
    let received = provider.received();
    let _ = ran.exits_with(0);
    // And the two that write.
    let stages = STAGES.iter().map(|(_, stage_name)| *stage_name);
    for stage_name in stages.chain(["code", "tests"]) {
        let sent = received.iter().find(|it| stage(it) == stage_name);
        let sent = sent.unwrap_or_else(|| panic!("nothing was sent for {stage_name}"));
        for part in [
            "src/notes/store.py",
            "def add(self, note: str) -> int",
            "Keep functions short.",
        ] {
            assert!(sent.asked.contains(part), "{stage_name}: {part}");
        }
    }
    let plans: Vec<&Received> = received.iter().filter(|it| stage(it) == "plan").collect();
    assert!(plans[0].asked.contains("Test functions: 1"));
    // The first plan named a file that isn't there: the model was told the one that may be meant.
    assert_eq!(plans.len(), 2);
    assert!(
        plans[1].body.to_string().contains(
            "`notes/store.py` is said to exist and isn't there, but these are: `src/notes/store.py`"
        ),
        "{}",
        plans[1].body
    );
    let subtasks: serde_json::Value =
        serde_json::from_str(&project.document("implementation", "subtasks")).unwrap();
    assert_eq!(
        subtasks[0]["existing"],
        serde_json::json!(["src/notes/store.py"])
    );
    assert!(
        project
            .read("src/notes/store.py")
            .unwrap()
            .starts_with("class Store:  # of notes\n    def add")
    );
}

#[test]
fn without_the_grant_a_plan_is_taken_as_it_stands() {
    let provider = provider();
    provider.answer_next(&[&plan("notes/store.py")]);
    let project = package(&provider, "design");
    project.write(
        "flow.toml",
        "name = \"planned\"\n[[steps]]\nid = \"implementation\"\nuses = \"builtin:implementation\"\ninputs.design = \"A design\"\n",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let sent = provider.received();
    assert_eq!(sent.len(), 1);
    // Nothing was surveyed, and nothing speaks of it.
    for part in ["<map>", "<conventions>", "<baseline>", "The project as it"] {
        assert!(!sent[0].asked.contains(part), "{part}");
    }
}

#[test]
fn a_project_without_files_of_its_own_is_no_reason_to_stop() {
    let provider = provider();
    let project = Project::with_provider(&provider);
    let _ = project.run(&["init", "--workflow", "design"]).exits_with(0);
    std::fs::create_dir(project.join("empty")).unwrap();
    let flow = project.read("design.toml").unwrap();
    let flow = flow.replacen("\n[inputs]", "workspace = \"empty\"\n\n[inputs]", 1);
    project.write("design.toml", &flow);
    let _ = run(&project, "design").exits_with(0);
    assert!(
        provider.received()[0]
            .asked
            .contains("<map>\nThe workspace has no files.\n</map>")
    );
}

#[test]
fn twenty_thousand_files_take_no_more_of_a_prompt_than_the_survey_has_room_for() {
    let provider = provider();
    let project = package(&provider, "design");
    for number in 0..20_000 {
        project.write(
            &format!("data/part_{}/table_{number:05}.txt", number / 500),
            "",
        );
    }
    let _ = run(&project, "design").exits_with(0);
    let map = project.document("survey", "map");
    assert!(map.len().div_ceil(3) <= 6_000, "{}", map.len());
    assert!(map.contains("src/notes/store.py") && map.contains("Left out for want of room"));
    for sent in provider.received() {
        assert!(sent.asked.contains("src/notes/store.py"));
        // The map, the conventions, and what the prompt itself says.
        assert!(sent.asked.len() < 3 * (6_000 + 3_000) + 12_000);
    }
}

#[test]
fn a_plan_of_paths_that_no_step_can_have_goes_back_to_the_model() {
    let plan = |files: &[&str]| {
        let files = serde_json::json!(files);
        format!("[{{\"id\": \"a\", \"title\": \"T\", \"description\": \"D\", \"files\": {files}}}]")
    };
    let provider = provider();
    provider.answer_next(&[
        &plan(&[
            "out/made.py",
            ".git/hooks/pre-commit",
            "src/.stepwell/notes.md",
            "stepwell.toml",
            "tool",
            "tool/cli.py",
        ]),
        &plan(&["src/notes/export.py"]),
    ]);
    let project = package(&provider, "design");
    project.write(".gitignore", "out/\n");
    project.write(
        "flow.toml",
        "name = \"planned\"\n[[steps]]\nid = \"implementation\"\nuses = \"builtin:implementation\"\ninputs.design = \"A design\"\ngrants.workspace = \"read\"\n",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let sent = provider.received();
    assert_eq!(sent.len(), 2, "the plan was taken as it stood");
    let told = sent[1].body.to_string();
    for part in [
        "`out/made.py` is a path that git ignores",
        "the path `.git/hooks/pre-commit` is closed to every step",
        "the path `src/.stepwell/notes.md` is closed to every step",
        "the path `stepwell.toml` is closed to every step",
        "`tool/cli.py` would stand below `tool`, which is a file",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
}
