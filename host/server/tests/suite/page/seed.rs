//! A project with a history: a workflow of steps that are plain functions, prompts with versions, and runs in every state.

use std::sync::Arc;

use stepwell_contract::{Field, Form, LogLevel, PromptDeclaration, Question, Text};
use stepwell_engine::{AddVersion, Drive, RerunStep, ResumeRun, StartRun};

use crate::common::{Ask, Declared, Provider, World, answer, failure, source, step, text};

/// The definition that the project has as `coding.toml`.
pub(crate) const CODING: &str = r#"name = "automated_coding"
description = "From a feature request to code with tests"

[inputs]
feature = { description = "What you want, in your own words" }
existing_requirement = { description = "The requirement document of the feature it changes", default = "" }

[[steps]]
id = "requirement"
uses = "builtin:requirement"
inputs.feature = "{{ inputs.feature }}"

  [[steps.steps]]
  id = "refine"
  uses = "builtin:refine"
  inputs.requirement = "{{ parent.requirement }}"

[[steps]]
id = "architecture_design"
uses = "builtin:architecture_design"
inputs.requirement = "{{ steps.requirement.requirement }}"

[[steps]]
id = "implementation"
uses = "builtin:implementation"
inputs.design = "{{ steps.architecture_design.design }}"

  [[steps.steps]]
  id = "code"
  uses = "builtin:code"
  for_each = "parent.subtasks"
  inputs.subtask = "{{ item }}"
  grants.workspace = "write"

[[steps]]
id = "testing"
uses = "builtin:testing"
inputs.design = "{{ steps.architecture_design.design }}"
"#;

/// A script, as a hostile text would bring it.
pub(crate) const HOSTILE: &str =
    "<script>document.title='taken'</script><img src=x onerror=\"document.title='taken'\">";

const REQUIREMENT: &str = "# Export of orders\n\n## 1.1 Background\n\nCustomers ask for their orders as a *spreadsheet*. Today support copies them by hand, which takes **twenty minutes** each time.\n\n## 1.2 User persona\n\nA bookkeeper who closes a month, and has no wish to learn another tool.\n\n## 2.1 Functional requirements\n\n| id | requirement | priority |\n|----|-------------|----------|\n| F1 | Export all orders of a month as CSV | must |\n| F2 | Amounts with the currency of the order | must |\n| F3 | Progress for more than 10 000 orders | should |\n\n- [x] asked about time zones\n- [ ] asked about refunds\n\nSee [the style guide](https://example.com/style) for names.\n";

const DESIGN: &str = "# Design\n\nOne new component reads orders in pages and writes a stream; nothing is held in memory.\n\n```plantuml\n@startuml\npackage \"Orders\" <<Existing>> {\n  class OrderStore {\n    +page(after: Id, size: int): Order[]\n  }\n}\npackage \"Export\" <<New>> {\n  class CsvExport {\n    +write(month: Month, to: Stream): void\n  }\n}\nCsvExport --> OrderStore\n@enduml\n```\n\n## Interactions\n\n1. `CsvExport` asks for a page of orders.\n2. It writes each as a line, and goes on after the last.\n";

fn field(name: &str, description: &str) -> Field {
    Field {
        name: name.into(),
        description: description.into(),
        required: true,
        schema: None,
    }
}

fn declared(
    name: &str,
    summary: &str,
    input: (&str, &str),
    documents: &[(&str, &str)],
    intrinsic: &str,
) -> Declared {
    let mut declared = step(name);
    let variable = field(input.0, input.1);
    declared.0.summary = summary.into();
    declared.0.inputs.push(variable.clone());
    let documents = documents.iter().map(|(name, what)| field(name, what));
    declared.0.documents.extend(documents);
    declared.0.prompts.push(PromptDeclaration {
        name: name.into(),
        intrinsic: intrinsic.into(),
        variables: vec![variable],
    });
    declared
}

async fn asks(
    host: &Ask,
    prompt: &str,
    values: Vec<Text>,
) -> Result<String, stepwell_contract::AttemptEnd> {
    let halted = stepwell_contract::AttemptEnd::Halted;
    let filled = host
        .0
        .render_prompt(prompt.into(), values)
        .await
        .map_err(halted)?;
    let filled = filled.map_err(|error| {
        failure(
            stepwell_contract::FailureKind::InvalidInput,
            &error.message,
            false,
        )
    })?;
    host.chat(&filled).await
}

fn form() -> Form {
    let question = |key: &str, text: &str, choices: &[&str]| Question {
        key: key.into(),
        text: text.into(),
        choices: choices.iter().map(|choice| (*choice).into()).collect(),
        suggested: None,
        annotations: Vec::new(),
    };
    let mut refunds = question(
        "refunds",
        "How do refunded orders appear in the export?",
        &[],
    );
    refunds.annotations = vec![Text::new("required", "false")];
    Form {
        title: "Before I write the requirement".into(),
        guidance: "The request leaves two things open. Answer in *a few words*; what you don't know can stay open.".into(),
        about: Some("# What is understood so far\n\nAll orders of a month are **exported**.\n".into()),
        questions: vec![
            question("time_zone", "In which time zone does a month begin and end?", &["UTC", "that of the customer"]),
            refunds,
        ],
    }
}

/// The requirement that a version of the prompt leads to: later ones number and measure, and the last is too terse for
/// refunds.
fn written(feature: &str, template: &str) -> String {
    let mut document = REQUIREMENT.to_owned();
    if template.contains("Number every requirement") {
        document = document.replace("Export all orders", "R-1: Export all orders");
    }
    if template.contains("measured") {
        document.push_str("\n## 3 Measures\n\nAn export of 10 000 orders ends within 5 s.\n");
        if feature.contains("refund") {
            document = document.replace("Amounts with the currency of the order", "Amounts");
        }
    }
    document
}

/// What stays as it is in a file that is changed.
const LICENSE: &str = "\n## License\n\nUse it.\nShare it.\nMend it.\nDon't sue.\nThat is all.\n";

/// Registers the steps.
pub(crate) fn steps(world: &mut World) {
    world.step(
        declared("requirement", "asks about a feature request, and writes the requirement document", ("feature", "What the person wants, in their own words"), &[("requirement", "Background, persona, journey, and the requirements by category")],
            "You write requirements for a software team.\n\nThe request:\n\n{{ feature }}\n\nWrite a document with a title, background, user persona, user journey, and the functional requirements grouped by category.\n"),
        |host: Ask, inputs: Vec<Text>| async move {
            let ask = inputs[0].value.contains("ask me");
            if inputs[0].value.contains("fail") {
                return Err(failure(stepwell_contract::FailureKind::InvalidResponse, "the answer has no section `2.1 functional requirements`", false));
            }
            if ask {
                host.0.ask(form()).await.map_err(stepwell_contract::AttemptEnd::Halted)?.ok();
            }
            let feature = inputs[0].value.clone();
            let version = host.0.active_prompt("requirement".into()).await;
            let version = version.map_err(stepwell_contract::AttemptEnd::Halted)?;
            let template = version.map(|version| version.content).unwrap_or_default();
            let answer = asks(&host, "requirement", inputs).await?;
            let document = if answer.contains("hostile") {
                format!("# {HOSTILE}\n\n{HOSTILE}\n")
            } else {
                written(&feature, &template)
            };
            Ok(vec![text("requirement", document)])
        },
    );
    world.step(
        declared("refine", "improves the requirement document", ("requirement", "The document so far"), &[("requirement", "The improved document")],
            "Improve this requirement document. Keep what is right; make vague sentences measurable.\n\n{{ requirement }}\n"),
        |host: Ask, inputs: Vec<Text>| async move {
            let before = inputs[0].value.clone();
            asks(&host, "refine", inputs).await?;
            Ok(vec![text("requirement", before.replace("for more than 10 000 orders", "for exports that take longer than 5 s"))])
        },
    );
    world.step(
        declared("architecture_design", "designs the components, and says what each touches", ("requirement", "The requirement document"), &[("design", "Components, interactions and a PlantUML diagram")],
            "Design the software for this requirement:\n\n{{ requirement }}\n\nName new and existing components, and draw them in PlantUML.\n"),
        |host: Ask, inputs: Vec<Text>| async move {
            asks(&host, "architecture_design", inputs).await?;
            Ok(vec![text("design", DESIGN)])
        },
    );
    world.step(
        declared(
            "implementation",
            "splits a design into subtasks",
            ("design", "The design"),
            &[("subtasks", "A JSON array of subtasks")],
            "Split this design into subtasks, one for each file:\n\n{{ design }}\n",
        ),
        |host: Ask, inputs: Vec<Text>| async move {
            asks(&host, "implementation", inputs).await?;
            Ok(vec![text(
                "subtasks",
                "[\"export/csv.py\", \"export/pages.py\", \"README.md\"]",
            )])
        },
    );
    let mut code = declared(
        "code",
        "writes one file of the implementation",
        ("subtask", "The file to write"),
        &[("note", "What was written")],
        "Write the file {{ subtask }}.\n",
    );
    code.0.grants.push(Text::new("workspace", "write"));
    world.step(code, |host: Ask, inputs: Vec<Text>| async move {
        let path = inputs[0].value.trim_matches('"').to_owned();
        asks(&host, "code", inputs).await?;
        let written = match path.as_str() {
            "README.md" => format!("# Orders\n\nKeeps the orders of a shop, and exports them as CSV.\n{LICENSE}"),
            "export/csv.py" => "\"\"\"Writes orders as CSV.\"\"\"\n\nimport csv\n\n\ndef write(orders, to):\n    lines = csv.writer(to)\n    lines.writerow([\"id\", \"amount\", \"currency\"])\n    for order in orders:\n        lines.writerow([order.id, order.amount, order.currency])\n".to_owned(),
            _ => "\"\"\"Reads orders in pages.\"\"\"\n\n\ndef all_orders(store, size=500):\n    after = None\n    while page := store.page(after, size):\n        yield from page\n        after = page[-1].id\n".to_owned(),
        };
        host.write(&path, &written).await?;
        host.0.log(LogLevel::Info, format!("wrote {path}"));
        Ok(vec![text("note", format!("wrote `{path}`"))])
    });
    world.step(
        declared(
            "testing",
            "runs the tests in a sandbox",
            ("design", "The design"),
            &[("report", "What passed")],
            "Summarise the result of the tests of\n\n{{ design }}\n",
        ),
        |host: Ask, inputs: Vec<Text>| async move {
            asks(&host, "testing", inputs).await?;
            Ok(vec![text("report", "**12 passed**, 0 failed\n")])
        },
    );
}

/// The texts and the reasons of further versions of the requirement's prompt.
const VERSIONS: [(&str, &str); 3] = [
    (
        "You write requirements for a software team.\n\nThe request:\n\n{{ feature }}\n\nBefore you write, list what is ambiguous and ask about it. Then write a document with a title, background, user persona, user journey, and the functional requirements grouped by category.\n",
        "Asks first, writes then",
    ),
    (
        "You write requirements for a software team that will build exactly what you write.\n\nThe request:\n\n{{ feature }}\n\nBefore you write, list what is ambiguous and ask about it. Then write a document with a title, background, user persona, user journey, and the functional requirements grouped by category. Number every requirement.\n",
        "Numbers the requirements, so that tests can name them",
    ),
    (
        "You write requirements for a software team that will build exactly what you write.\n\nThe request:\n\n{{ feature }}\n\nBefore you write, list what is ambiguous and ask about it. Then write a document with a title, background, user persona, user journey, and the functional requirements grouped by category. Number every requirement, and say how each is measured.\n",
        "Measurable: says how each is tested",
    ),
];

/// A world whose history has every state.
pub(crate) async fn seeded(mut world: World) -> World {
    steps(&mut world);
    world.put_file("coding.toml", CODING);
    world.put_file(
        "README.md",
        &format!("# Orders\n\nKeeps the orders of a shop.\n{LICENSE}"),
    );
    let begin = async |world: &World, feature: &str| {
        let mut request = StartRun::new(source(CODING));
        request.inputs.insert("feature".into(), feature.into());
        let run = world.engine.start(request).await.unwrap();
        world.engine.drive(run, Drive::default()).await.unwrap();
        run
    };
    let done = begin(
        &world,
        "Let customers export their orders of a month as a spreadsheet.",
    )
    .await;
    for (content, note) in VERSIONS {
        let add = AddVersion {
            name: stepwell_contract::Name::new("requirement").unwrap(),
            content: content.into(),
            note: note.into(),
            based_on: None,
            plugin: None,
            by: String::new(),
        };
        world.engine.add_prompt_version(add).await.unwrap();
    }
    let rerun = RerunStep::default();
    world
        .engine
        .rerun(done, &"testing".parse().unwrap(), rerun, Drive::default())
        .await
        .unwrap();
    begin(&world, "fail: an export without an end").await;
    let answered = begin(
        &world,
        "Show the stock of each warehouse, and ask me what is open.",
    )
    .await;
    let given = vec![
        answer("time_zone", "UTC"),
        answer("refunds", "as a line of their own"),
    ];
    let resume = ResumeRun {
        answers: given,
        ..ResumeRun::default()
    };
    world
        .engine
        .resume(answered, resume, Drive::default())
        .await
        .unwrap();
    begin(
        &world,
        "Send a reminder for unpaid invoices; ask me what is open.",
    )
    .await;
    world
}

/// A world whose provider answers with sentences.
pub(crate) async fn world() -> World {
    let mut world = World::new().await;
    world.provider = Arc::new(Provider::start(|number, received| {
        let word = if received.asked.contains("hostile") {
            " (hostile)"
        } else {
            ""
        };
        let start: String = received.asked.chars().take(60).collect();
        crate::common::reply(format!(
            "Answer {number}{word} to “{}”.\n\nThe document follows. It has a title, the background and what was asked for; each requirement has a number and a measure.\n",
            start.replace('\n', " ")
        ))
    }));
    world.restart();
    world
}
