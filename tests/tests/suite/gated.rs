//! Workflows with a gate, and what a person is asked at it.

use serde_json::Value;
use stepwell_tests::{Project, Provider};

/// Two files behind a gate.
pub(crate) const FLOW: &str = r#"
name = "agreed"

[[steps]]
id = "code"
uses = "builtin:code"
inputs.subtask = '{"title": "Greet", "description": "Files that greet.", "files": ["a.py", "b.py"]}'
grants.workspace = "write"

[[steps]]
id = "take"
uses = "builtin:gate"
inputs.after = "{{ steps.code.files }}"
grants.workspace = "read"
"#;

/// A document that is kept in the project by a yes.
pub(crate) const KEEPS: &str = r##"
name = "agrees"

[[steps]]
id = "take"
uses = "builtin:gate"
inputs.document = "# Agreed"
keep.document = "docs/agreed.md"
"##;

pub(crate) const BOTH: &str = "Both greet.\n\n### FILE: a.py\n```python\nprint(\"new a\")\n```\n\n### FILE: b.py\n```python\nprint(\"b\")\n```\n";
pub(crate) const ONE: &str = "One greets.\n\n### FILE: a.py\n```python\nprint(\"newer a\")\n```\n";

/// A project with that workflow, a file that it changes, and a model that answers so.
pub(crate) fn of(definition: &str, answers: &[&str]) -> (Project, Provider) {
    let provider = Provider::echo();
    provider.answer_next(answers);
    let project = Project::with_provider(&provider);
    project.write("flow.toml", definition);
    project.write("a.py", "print(\"a\")\n");
    (project, provider)
}

/// The same, once its run waits at the gate.
pub(crate) fn waiting_at(definition: &str, answers: &[&str]) -> (Project, Provider) {
    let (project, provider) = of(definition, answers);
    let _ = project.run(&["run", "flow.toml"]).exits_with(3);
    (project, provider)
}

/// The newest run.
pub(crate) fn status(project: &Project) -> Value {
    project.run(&["status", "--json"]).exits_with(0).json()
}

/// What the first form that is open shows.
pub(crate) fn about(project: &Project) -> String {
    let status = status(project);
    let about = &status["questions"][0]["form"]["about"];
    about.as_str().unwrap().to_owned()
}
