//! Documents in the format of the project's own prompts: versions that ask for another one are used, accepted, and compared with what
//! the plugin brings along.

use stepwell_tests::{Project, Provider, Received, Reply};

const FLOW: &str = r##"
name = "designed"
[inputs]
feature = { default = "Tell everybody about events." }
[[steps]]
id = "requirement"
uses = "builtin:requirement"
inputs.feature = "{{ inputs.feature }}"
[[steps]]
id = "design"
uses = "builtin:architecture_design"
inputs.requirement = "{{ steps.requirement.requirement }}"
"##;

/// Sections by numbers of its own, in bold, another order and other words than the built-in template has.
const REQUIREMENT_PROMPT: &str = "\
As a requirements engineer, write down what is wanted.

[FeatureRequest]
{{ feature }}

[Template]
### <Title>

#### 1. Story/Feature Description:

1.1. **Background**:
<Provide a background.>

1.2. **User Persona**:
<Describe the users.>

#### 2. Requirements:

2.1. **Functional Requirements**:

- **<Category>**:
   - <Requirement_1.1>
";

const REQUIREMENT: &str = "\
### Telling of events

#### 1. Story/Feature Description:

1.1. **Background**:
Things happen, and nobody is told.

1.2. **User Persona**:
Whoever wants to be told.

#### 2. Requirements:

2.1. **Functional Requirements**:

- **Telling**:
   - Each subscriber is told of each event.
";

const DESIGN_PROMPT: &str = "\
You are an architect of Python software. Design what the [Requirement] asks for, after the template below.

### Design of the Feature:

#### 1. Architecture:

1.1. **High-Level Design**:
- An overview.

1.2. **New Components**:
- **ComponentA (New)**: its role.

1.3. **Existing Components**:
- **ComponentX (Existing)**: where it comes from.

#### 2. UML Diagram:
- Attach the diagram. Components marked with `(New)` are made for this feature.

@startuml
... content ...
@enduml

[Requirement]
{{ requirement }}
";

const DESIGN: &str = "\
### Design of the Feature:

#### 1. Architecture:

1.1. **High-Level Design**:
Observers: a publisher tells its subscribers.

1.2. **New Components**:
- **Publisher (New)**: tells everybody.
- **Subscriber (New)**: is told.

1.3. **Existing Components**:
- **EventDatabase (Existing)**: keeps events.

#### 2. UML Diagram:

@startuml

class \"Publisher (New)\" {
    + trigger_event()
}

class \"Subscriber (New)\" {
    + on_event()
}

class \"EventDatabase (Existing)\" {
    + save_event(event: Event)
}

\"Publisher (New)\" --> \"Subscriber (New)\": tells
\"Publisher (New)\" --> \"EventDatabase (Existing)\": keeps

@enduml
";

const BUILT_IN_REQUIREMENT: &str = "\
<document>
# Telling of events

## 1 Overview

### 1.1 Background

Things happen, and nobody is told.

### 1.2 User persona

Ada, who wants to be told.

### 1.3 User journey

1. She is told.

## 2 Requirements

### 2.1 Functional requirements

- **FR-1** Each subscriber is told of each event.
</document>
";

const BUILT_IN_DESIGN: &str = "\
<document>
# Telling of events

## 1 High-level design

A publisher tells its subscribers; `events.py` holds both.

## 2 Design patterns

Observer, since subscribers come and go.

## 3 New components

### Publisher

`events.py`; FR-1; `tell(event: str) -> None`.

## 4 Existing components

None.

## 5 Interactions

The publisher calls each subscriber.

## 6 External dependencies

None.

## 7 Diagram

```plantuml
@startuml
package \"Events\" <<New>> {
  class Publisher <<New>> {
    + tell(event: str): None
  }
}
@enduml
```
</document>
";

/// A model that answers in the format that it was asked for, and to a design without its diagram where it is told to forget it.
fn answered(_: usize, request: &Received) -> Reply {
    let asked = &request.asked;
    let reviews = asked.contains("\"questions\"");
    let text = if reviews {
        r#"{"questions": []}"#.to_owned()
    } else if asked.contains("#### 2. UML Diagram:") {
        let whole =
            format!("Certainly! Here is the design.\n\n{DESIGN}\nDo ask if anything is unclear.");
        match asked.contains("without any diagram") {
            true => whole.split("@startuml").next().unwrap().to_owned(),
            false => whole,
        }
    } else if asked.contains("#### 1. Story/Feature Description:") {
        REQUIREMENT.to_owned()
    } else if asked.contains("## 7 Diagram") {
        BUILT_IN_DESIGN.to_owned()
    } else {
        BUILT_IN_REQUIREMENT.to_owned()
    };
    Reply::Text(text)
}

fn save(project: &Project, name: &str, text: &str, note: &str) {
    let _ = project
        .run(&["prompt", "add", name, "--text", text, "--note", note])
        .exits_with(0);
}

#[test]
fn a_workflow_runs_by_the_projects_own_templates() {
    let provider = Provider::start(answered);
    let project = Project::with_provider(&provider);
    project.write("flow.toml", FLOW);
    save(&project, "requirement", REQUIREMENT_PROMPT, "our template");
    save(
        &project,
        "architecture_design",
        DESIGN_PROMPT,
        "our template",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.document("requirement", "requirement"), REQUIREMENT);
    let design = project.document("design", "design");
    assert!(design.starts_with("### Design of the Feature:"), "{design}");
    let diagram = project.document("design", "diagram");
    assert!(
        diagram.contains("\"Publisher (New)\" --> \"Subscriber (New)\""),
        "{diagram}"
    );
}

/// Sections whose headings are underlined; a rule and a table between them.
const UNDERLINED_PROMPT: &str = "\
Write down what is wanted.

<template>
Name of the feature
===================

Why it is wanted
----------------

One paragraph.

---

Who wants it
------------

| who | why |
| --- | --- |

What it must do
---------------
</template>

{{ feature }}
";

#[test]
fn headings_that_are_underlined_are_sections_too() {
    let whole = UNDERLINED_PROMPT
        .split_once("<template>\n")
        .and_then(|(_, rest)| rest.split_once("</template>"))
        .map(|(template, _)| format!("{template}\nEach subscriber is told.\n"))
        .unwrap();
    let without = whole.replace("Who wants it\n------------\n", "");
    let answers = [without, whole.clone()];
    let provider = Provider::start(move |_, request| {
        let is_draft = request.asked.contains("Write down what is wanted");
        let is_again = request.asked.contains("Your previous answer");
        Reply::Text(match is_draft {
            true => answers[usize::from(is_again)].clone(),
            false => r#"{"questions": []}"#.to_owned(),
        })
    });
    let project = Project::with_provider(&provider);
    let flow = FLOW.split("[[steps]]\nid = \"design\"").next().unwrap();
    project.write("flow.toml", flow);
    save(&project, "requirement", UNDERLINED_PROMPT, "our template");
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    let received = provider.received();
    let told = |it: &Received| it.asked.contains("`Who wants it` is missing");
    assert!(received.iter().any(told), "{}", received.len());
    assert_eq!(project.document("requirement", "requirement"), whole);
}

#[test]
fn the_projects_versions_are_compared_with_the_built_in_ones() {
    let provider = Provider::start(answered);
    let project = Project::with_provider(&provider);
    project.write("flow.toml", FLOW);
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    for (step, prompt, text) in [
        ("requirement", "requirement", REQUIREMENT_PROMPT),
        ("design", "architecture_design", DESIGN_PROMPT),
    ] {
        save(&project, prompt, text, "our template");
        let compare = ["compare", step, "--prompt", prompt, "--json"];
        let compared = project.run(&compare).exits_with(0).json();
        assert_eq!(compared["status"], "finished", "{compared:#}");
        let cells = compared["cells"].as_array().unwrap();
        assert_eq!(cells.len(), 2, "{compared:#}");
        for cell in cells {
            assert_eq!(cell["status"], "success", "{step}: {cell:#}");
        }
    }
    let listed = project.run(&["comparison", "show", "last", "--json"]);
    let case = listed.exits_with(0).json()["cases"][0]["id"].clone();
    let show = [
        "comparison",
        "show",
        "last",
        "--case",
        case.as_str().unwrap(),
    ];
    let shown = project.run(&show).exits_with(0).stdout;
    for text in ["=== v1 ===", "=== v2 ===", "EventDatabase (Existing)"] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
}

#[test]
fn what_a_template_asks_for_and_an_answer_lacks_is_told_by_its_words() {
    let provider = Provider::start(answered);
    let project = Project::with_provider(&provider);
    project.write("flow.toml", FLOW);
    let forgets = DESIGN_PROMPT.replace(
        "You are an architect",
        "Answer without any diagram. You are an architect",
    );
    save(&project, "architecture_design", &forgets, "forgets");
    let _ = project
        .run(&["run", "flow.toml"])
        .exits_with(1)
        .says(&["PlantUML"]);
}

#[test]
fn headings_that_speak_to_the_model_are_no_sections() {
    let provider = Provider::start(answered);
    let project = Project::with_provider(&provider);
    let flow = FLOW.split("[[steps]]\nid = \"design\"").next().unwrap();
    project.write("flow.toml", flow);
    let rules = "# Style\n\nShort sentences.\n\n# Rules\n\n- Invent nothing.\n\n# Names\n\nThose of the project.\n\n";
    save(
        &project,
        "requirement",
        &format!("{rules}{REQUIREMENT_PROMPT}"),
        "with rules",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(project.document("requirement", "requirement"), REQUIREMENT);
    // What is open, the document, and what is open in it: nothing went back.
    assert_eq!(provider.received().len(), 3, "{:?}", provider.journal());
    // Without a template any document will do.
    save(
        &project,
        "requirement",
        &format!("{rules}Write what is wanted:\n\n{{{{ feature }}}}\n"),
        "free",
    );
    let _ = project.run(&["run", "flow.toml"]).exits_with(0);
    assert_eq!(provider.received().len(), 6, "{:?}", provider.journal());
}
