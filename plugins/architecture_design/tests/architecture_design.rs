//! The step `architecture_design` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_architecture_design::ArchitectureDesign;
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{FailureKind, Inputs, Step};

const NOTHING: &str = r#"{"questions": []}"#;
const QUESTION: &str =
    r#"{"questions": [{"key": "database", "question": "Which database?", "suggested": "none"}]}"#;
const DIAGRAM: &str = "\
@startuml
package \"Reports\" <<New>> {
  class Writer <<New>> {
    - path: Path
    + write(rows: list[Row]): int
  }
}
class Store <<Existing>>
Writer --> Store : reads
@enduml
";

fn design() -> String {
    format!(
        "# Design of the report

## 1 High-level design

One package.

## 2 Design patterns

None worth a name.

## 3 New components

### Writer

It writes:

```python
def write(rows): ...
```

## 4 Existing components

- Store, from the module `store`.

## 5 Interactions

Writer asks Store.

## 6 External dependencies

- Python 3.12

## 7 Diagram

```plantuml
{DIAGRAM}```
"
    )
}

fn inputs() -> Inputs {
    Inputs::new().with("requirement", "# The requirement")
}

const DOUBT: &str =
    r#"{"questions": [{"key": "database", "question": "What if the file is locked?"}]}"#;

fn wrapped() -> String {
    format!("<document>\n{}</document>", design())
}

#[test]
fn it_asks_designs_reviews_and_asks_on() {
    let host = FakeHost::new()
        .answer(QUESTION)
        .person(&[("database", "SQLite")])
        .answer(wrapped())
        .answer(DOUBT)
        .person(&[("database_2", "Wait for it")])
        .answer(wrapped())
        .answer(NOTHING);
    let documents = host.execute(&ArchitectureDesign, &inputs()).unwrap();
    assert_eq!(documents.get("design"), Some(design().as_str()));
    assert_eq!(documents.get("diagram"), Some(DIAGRAM));
    let forms = host.forms();
    assert_eq!(forms.len(), 2);
    assert!(!forms[0].guidance.is_empty() && forms[0].about().is_none());
    assert_eq!(forms[1].guidance, "", "nothing is said twice");
    assert_eq!(forms[1].about().as_deref(), Some(design().trim_end()));
    let sent = host.prompts_sent();
    assert!(sent[1].contains("- Which database?\n  Answer: SQLite"));
    assert!(
        sent[2].contains("Writer asks Store."),
        "the review sees the draft"
    );
    assert!(sent[3].contains("Answer: Wait for it") && sent[3].contains("<draft>"));
}

#[test]
fn the_person_can_say_that_it_is_enough() {
    let host = FakeHost::new()
        .answer(NOTHING)
        .answer(wrapped())
        .answer(DOUBT)
        .person(&[("database", "Wait for it"), ("enough", "enough")])
        .answer(wrapped());
    let documents = host.execute(&ArchitectureDesign, &inputs()).unwrap();
    assert_eq!((host.forms().len(), host.answers_left()), (1, 0));
    assert_eq!(documents.get("design"), Some(design().as_str()));
}

#[test]
fn where_the_review_is_never_content_the_design_and_a_warning_say_what_is_open() {
    let host = FakeHost::new()
        .setting("rounds", "2")
        .answer(QUESTION)
        .answer(wrapped())
        .answer(DOUBT)
        .answer(wrapped())
        .answer(DOUBT);
    let documents = host.execute(&ArchitectureDesign, &inputs()).unwrap();
    assert_eq!((host.forms().len(), host.answers_left()), (2, 0));
    let expected = format!(
        "{}\n## 9 Open points\n\n- What if the file is locked?\n",
        design()
    );
    assert_eq!(documents.get("design"), Some(expected.as_str()));
    assert_eq!(documents.get("diagram"), Some(DIAGRAM));
    let log = host.log_lines();
    assert!(
        log.iter()
            .any(|line| line.contains("What if the file is locked?")),
        "{log:?}"
    );
    let again = FakeHost::new().process_response(&ArchitectureDesign, &inputs(), &expected);
    assert_eq!(again.unwrap().get("design"), Some(expected.as_str()));
}

#[test]
fn it_asks_nobody_where_nothing_is_open_or_where_it_may_not() {
    let host = FakeHost::new()
        .answer(NOTHING)
        .answer(design())
        .answer(NOTHING);
    host.execute(&ArchitectureDesign, &inputs()).unwrap();
    assert!(host.forms().is_empty());

    for (setting, value) in [("ask", "false"), ("rounds", "0")] {
        let host = FakeHost::new().without_workspace();
        let host = host.setting(setting, value).answer(design());
        host.execute(&ArchitectureDesign, &inputs()).unwrap();
        assert_eq!(host.requests().len(), 1);
        let constructed = host
            .construct_prompt(&ArchitectureDesign, &inputs())
            .unwrap();
        assert_eq!(
            constructed.as_deref(),
            Some(host.prompts_sent()[0].as_str())
        );
    }
}

#[test]
fn its_model_looks_into_the_project_before_it_asks_or_designs() {
    let host = FakeHost::new()
        .file("rows.py", "def read(): ...\n")
        .tool_calls(&[("read", r#"{"path":"rows.py"}"#)])
        .answer(NOTHING)
        .tool_calls(&[("search", r#"{"pattern":"def read"}"#)])
        .answer(design())
        .answer(NOTHING);
    host.execute(&ArchitectureDesign, &inputs()).unwrap();
    let told = "look into the project by `list`, `search` and `read`";
    assert!(
        host.requests()
            .iter()
            .all(|it| it.messages[0].joined_text().contains(told))
    );
    // What it found is told to it with the question.
    let results = |request: usize| format!("{:?}", host.requests()[request].messages);
    assert!(results(1).contains("def read(): ..."));
    assert!(results(3).contains("rows.py:1"));
    // Nobody is offered what changes files.
    assert!(
        host.requests()[0]
            .tools
            .iter()
            .all(|tool| tool.name != "edit")
    );
}

#[test]
fn where_nobody_answers_it_is_told_to_write_assumptions_down() {
    let host = FakeHost::new().answer(QUESTION).nobody().answer(design());
    let documents = host.execute(&ArchitectureDesign, &inputs()).unwrap();
    let told = "Which database?\n  Answer: (none: assume what is sensible and write it down under `8 Assumptions`)";
    assert!(host.prompts_sent()[1].contains(told));
    let design = documents.get("design").unwrap();
    assert!(
        design.ends_with("\n## 9 Open points\n\n- Which database?\n"),
        "{design}"
    );
}

#[test]
fn its_prompts_use_the_variables_that_it_declares() {
    let description = ArchitectureDesign.describe();
    for prompt in &description.prompts {
        for variable in &prompt.variables {
            assert!(
                prompt.intrinsic.contains(&variable.name),
                "`{}` never uses `{}`",
                prompt.name,
                variable.name
            );
        }
    }
}

#[test]
fn untidy_answers() {
    let host = FakeHost::new();
    let read = |answer: &str| {
        let documents = host.process_response(&ArchitectureDesign, &inputs(), answer);
        documents.map(|documents| {
            assert_eq!(documents.get("diagram"), Some(DIAGRAM), "{answer}");
            documents.get("design").unwrap().to_owned()
        })
    };
    let expected = Ok(design());
    assert_eq!(read(&design().replace('\n', "\r\n")), expected);
    // A fence around all of it, of the same length as those inside, one of which has no language tag.
    let wrapped = format!("Here:\n\n```markdown\n{}```\n\nGood luck!", design());
    assert_eq!(read(&wrapped), expected);
    assert_eq!(read(&wrapped.replace("```plantuml", "```")), expected);
    assert_eq!(read(&design().replace("```plantuml", "```uml")), expected);
    let other = design()
        .replace(
            "## 1 High-level design",
            "# 1. High-Level Design and Overview",
        )
        .replace("## 6 External dependencies", "## Dependencies")
        .replace("## 7 Diagram", "## PlantUML diagram");
    assert_eq!(read(&other), expected);
}

#[test]
fn everything_that_is_missing_or_wrong_is_named_and_the_retry_says_it() {
    let bad = design()
        .replace("## 5 Interactions\n\nWriter asks Store.\n\n", "")
        .replace("class Store <<Existing>>", "class Store")
        .replace("@enduml\n", "");
    let host = FakeHost::new()
        .answer(NOTHING)
        .answer(bad)
        .answer(NOTHING)
        .answer(design())
        .answer(NOTHING);
    let failure = host.execute(&ArchitectureDesign, &inputs()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    for part in [
        "`5 Interactions`",
        "`class Store` in the diagram",
        "before `@enduml`",
    ] {
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    host.retry(&ArchitectureDesign, &inputs(), &failure)
        .unwrap();
    assert!(host.prompts_sent()[3].contains("`class Store` in the diagram is marked neither"));

    let without = design().replace(&format!("```plantuml\n{DIAGRAM}```\n"), "");
    let failure = FakeHost::new()
        .process_response(&ArchitectureDesign, &inputs(), &without)
        .unwrap_err();
    assert!(failure.message.contains("`7 Diagram`") && failure.message.contains("no PlantUML"));
}

/// A prompt as a project has it: instructions, and the template of its own.
const PROJECTS_PROMPT: &str = "You are an architect.\n\n### Approach:\n1. **Understand**: go through the [Requirement].\n\n### Design:\n\n#### 1. Code Design:\n\n1.1. **High-Level Design**: \n- A brief overview.\n\n1.2. **New Components**:\n- **ComponentA (New)**: its role.\n\n#### 2. UML Diagram:\n- Attach it.\n\n@startuml\n... content ...\n@enduml\n\n[Requirement]\n{{ requirement }}\n";

const PROJECTS_DESIGN: &str = "### Design:\n\n#### 1. Code Design:\n\n1.1. **High-Level Design**:\nObservers.\n\n1.2. **New Components**:\n- **Publisher (New)**: tells all.\n\n#### 2. UML Diagram:\n\n@startuml\n\nclass \"Publisher (New)\" {\n    + tell()\n}\nclass Subscriber {\n}\n\n@enduml\n";

fn with_projects_prompt() -> FakeHost {
    FakeHost::new()
        .setting("ask", "false")
        .prompt("architecture_design", PROJECTS_PROMPT)
}

#[test]
fn a_design_has_the_form_that_the_projects_prompt_asks_for() {
    let inputs = Inputs::new().with("requirement", "# R");
    let host = with_projects_prompt().answer(format!("Here:\n\n{PROJECTS_DESIGN}"));
    let documents = host.execute(&ArchitectureDesign, &inputs).unwrap();
    assert_eq!(documents.get("design"), Some(PROJECTS_DESIGN));
    assert!(documents.get("diagram").unwrap().starts_with("@startuml\n"));
}

#[test]
fn what_the_projects_prompt_asks_for_must_be_there() {
    let inputs = Inputs::new().with("requirement", "# R");
    let no_diagram = PROJECTS_DESIGN.split("@startuml").next().unwrap();
    let no_components = PROJECTS_DESIGN.replace("1.2. **New Components**:", "Also:");
    for (answer, told) in [
        (no_diagram, "no PlantUML"),
        (&no_components, "1.2. New Components"),
    ] {
        let host = with_projects_prompt().answer(answer);
        let failure = host.execute(&ArchitectureDesign, &inputs).unwrap_err();
        assert!(failure.message.contains(told), "{}", failure.message);
    }
}

#[test]
fn no_diagram_is_wanted_where_the_prompt_speaks_of_none() {
    let inputs = Inputs::new().with("requirement", "# R");
    let host = FakeHost::new()
        .setting("ask", "false")
        .prompt(
            "architecture_design",
            "Write a design for {{ requirement }}.",
        )
        .answer("# The design\n\nOne module.");
    let documents = host.execute(&ArchitectureDesign, &inputs).unwrap();
    assert_eq!(
        documents.get("design"),
        Some("# The design\n\nOne module.\n")
    );
    assert_eq!(documents.get("diagram"), None);
}
