use super::*;

const OWN: &str = "Write with exactly these headings:\n\n# (a title of a few words)\n## 1 Overview\n### 1.1 Background\nWhy it is wanted.\n## 2 Parts\nEach part.\n## 3 Assumptions\nLeave it out if there is nothing.\n";

fn outline() -> Outline {
    Outline::new()
        .group("1", "Overview")
        .section("1.1", "Background", &["context"])
        .section("2", "Parts", &[])
        .optional("3", "Assumptions", &[])
}

fn of(template: &str) -> DocumentFormat {
    DocumentFormat::of(outline(), Some(template))
}

fn problem(template: &str, answer: &str) -> String {
    of(template).read(answer).unwrap_err().message
}

#[test]
fn the_steps_own_headings_ask_for_its_own_form() {
    assert!(DocumentFormat::of(outline(), None).own().is_some());
    assert!(of(OWN).own().is_some());
    let other_words = format!("Be brief.\n\n{OWN}\nThe request:\n{{{{ request }}}}");
    assert!(of(&other_words).own().is_some());
    let read = of(OWN).read("# T\n**Context**\nb\n## Parts\np").unwrap();
    assert!(read.contains("### 1.1 Background\n\nb\n"), "{read}");
}

#[test]
fn another_heading_is_another_form() {
    let more = format!("{OWN}## 4 Risks\nWhat may go wrong.\n");
    let document =
        "# T\n\n## 1 Overview\n\n### 1.1 Background\n\nb\n\n## 2 Parts\n\np\n\n## 4 Risks\n\nr\n";
    assert_eq!(of(&more).read(document).unwrap(), document);
    let without = document.replace("## 4 Risks\n\nr\n", "");
    assert!(problem(&more, &without).contains("`4 Risks` is missing"));
    let fewer = OWN.replace("## 2 Parts\nEach part.\n", "");
    let document = "# T\n\n## 1 Overview\n\n### 1.1 Background\n\nb\n";
    assert_eq!(of(&fewer).read(document).unwrap(), document);
}

/// A template as people have them: title and sections at odd levels, subsections that are bold lines.
const TEMPLATE: &str = "### <Title>\n\n#### 1. Story/Feature:\n\n1.1. **Background**: \n<Some background.>\n\n1.2. **Persona**: \n<Who.>\n\n#### 2. Needs:\n\n2.1. **Functions**:\n\n- **<Category>**:\n   - <Need>\n";
const INSTRUCTIONS: &str = "You are an engineer. Follow the `[Template]`.\n\n## Approach:\n\n1. **Understand**: go through it.\n2. Engage in a dialogue.\n\n### Criteria:\n- **Clarity**: it is clear.\n\n[Request]\n$start$\n{{ feature }}\n$end$\n";
const DOCUMENT: &str = "### Counting\n\n#### 1. Story/Feature:\n\n1.1. **Background**: They differ.\n\n1.2. **Persona**:\nEditors.\n\n#### 2. Needs:\n\n2.1. **Functions**:\n\n- **Words**:\n   - Count them.\n";

#[test]
fn a_projects_template_is_asked_for_wherever_it_stands() {
    let placed = [
        format!("{INSTRUCTIONS}\n{TEMPLATE}"),
        format!("{TEMPLATE}\n{INSTRUCTIONS}"),
        format!("{INSTRUCTIONS}\n[Template]\n$start$\n{TEMPLATE}$end$\n"),
        format!("{INSTRUCTIONS}\n<template>\n{TEMPLATE}</template>\n"),
        format!("{INSTRUCTIONS}\n```markdown\n{TEMPLATE}```\n"),
    ];
    for template in placed {
        assert_eq!(
            of(&template).read(DOCUMENT).unwrap(),
            DOCUMENT,
            "{template}"
        );
        let wrapped = format!("Here it is:\n\n<document>\n{DOCUMENT}</document>\nDone.");
        assert_eq!(of(&template).read(&wrapped).unwrap(), DOCUMENT);
        let wrapped = format!("Here it is:\n\n```markdown\n{DOCUMENT}```\n");
        assert_eq!(of(&template).read(&wrapped).unwrap(), DOCUMENT);
        let without = DOCUMENT.replace("1.2. **Persona**:\nEditors.\n\n", "");
        assert!(
            problem(&template, &without).contains("`1.2. Persona` is missing"),
            "{template}"
        );
        // Left empty on purpose, which may be; and broken off.
        let empty = DOCUMENT.replace("Editors.\n", "");
        assert_eq!(of(&template).read(&empty).unwrap(), empty, "{template}");
        let broken_off = DOCUMENT.split("- **Words**").next().unwrap();
        assert!(
            problem(&template, broken_off).contains("has nothing below it"),
            "{template}"
        );
    }
}

#[test]
fn sections_may_be_called_more_and_stand_at_other_levels() {
    let template = format!("{INSTRUCTIONS}\n{TEMPLATE}");
    let other = "# Counting\n\n## 1 The story\n\n### 1.1 Background and more\n\nb\n\n### 1.2. Users\n\nu\n\n## 2. Needs\n\n### 2.1 Functions\n\nf\n";
    assert_eq!(of(&template).read(other).unwrap(), other);
}

#[test]
fn the_order_is_that_of_the_template() {
    let template = "Use these headings:\n\n## Summary\n## Risks\n\n## Input\n\n{{ request }}\n";
    let document = "# T\n\n## Summary\n\ns\n\n## Risks\n\nr\n";
    assert_eq!(of(template).read(document).unwrap(), document);
    let turned = "# T\n\n## Risks\n\nr\n\n## Summary\n\ns\n";
    assert!(problem(template, turned).contains("`Risks` stands before"));
}

#[test]
fn without_headings_any_document_that_has_one_is_taken() {
    for template in [
        "Write a design for {{ requirement }}.",
        INSTRUCTIONS,
        "# Task\nWrite it.\n\n## The requirement\n{{ requirement }}\n",
    ] {
        assert_eq!(
            of(template).read("Sure.\n\n# Anything\n\nx").unwrap(),
            "# Anything\n\nx\n",
            "{template}"
        );
        assert!(problem(template, "No heading.").contains("no heading"));
    }
}

#[test]
fn a_diagram_is_wanted_where_the_prompt_speaks_of_one() {
    for (template, wanted) in [
        ("Attach the UML diagram.", true),
        ("```\n@startuml\n@enduml\n```", true),
        ("One PlantUML diagram.", true),
        ("Write the volume in prose.", false),
        ("Draw it in Mermaid.", false),
    ] {
        assert_eq!(of(template).wants_diagram(), wanted, "{template}");
    }
    assert!(DocumentFormat::of(outline(), None).wants_diagram());
}

#[test]
fn a_long_template_is_read_at_once() {
    let _ = of(&"<a>\n".repeat(10_000));
    let _ = of(&"## 1 a\n```\n".repeat(5_000));
    let _ = of(&"1.1. **".repeat(100_000));
}

#[test]
fn of_two_documents_none_is_read() {
    let tagged = |text: &str| format!("<document>\n{text}</document>\n");
    let (first, second) = (
        tagged(DOCUMENT),
        tagged(&DOCUMENT.replace("Editors", "Writers")),
    );
    let template = format!("{INSTRUCTIONS}\n<template>\n{TEMPLATE}</template>\n");
    let both = format!("First:\n{first}That misses things. Better:\n{second}");
    assert!(problem(&template, &both).contains("several documents"));
    assert!(problem(OWN, &both).contains("several documents"));
    // One that speaks of the tags, and shows them, is one.
    let quoted =
        "Ends with `</document>`, as `<document>` begins.\n\n```\n</document>\n<document>\n```\n";
    let speaks = DOCUMENT.replace("Editors.\n", quoted);
    assert_eq!(of(&template).read(&tagged(&speaks)).unwrap(), speaks);
}

/// A template of a project whose headings are underlined.
const UNDERLINED: &str = "Write the document after this template, and replace what stands in pointed brackets.\n\n<template>\n<Title>\n=======\n\nOverview\n--------\nSay in a sentence or two what it is.\n---\n\nParts and their names\n---------------------\n\n| part | what it does |\n| --- | --- |\n\n```\nNo heading\n----------\n```\n\nRisks\n-----\n</template>\n\n{{ feature }}\n";
const UNDERLINED_DOCUMENT: &str = "Counting\n========\n\nOverview\n--------\nIt counts words.\n---\n\nParts and their names\n---------------------\n\npart | what it does\n--- | ---\nCounter | counts\n\nRisks\n-----\nNone.\n";

#[test]
fn headings_that_are_underlined_are_asked_for_and_found() {
    let format = of(UNDERLINED);
    assert_eq!(
        format.read(UNDERLINED_DOCUMENT).unwrap(),
        UNDERLINED_DOCUMENT
    );
    for (part, told) in [
        ("Overview\n--------\n", "`Overview` is missing"),
        (
            "Parts and their names\n---------------------\n",
            "`Parts and their names` is missing",
        ),
        ("Risks\n-----\nNone.\n", "`Risks` is missing"),
    ] {
        let problem = problem(UNDERLINED, &UNDERLINED_DOCUMENT.replace(part, ""));
        assert!(problem.contains(told), "{told}: {problem}");
        // Nothing else is.
        assert!(!problem.contains(", "), "{problem}");
    }
    // Marked the other way it is the same heading, and so it is in the template.
    let marked =
        "# Counting\n\n## Overview\n\nw\n\n## Parts and their names\n\np\n\n## Risks\n\nr\n";
    assert_eq!(format.read(marked).unwrap(), marked);
    let template = "Use these headings:\n\n## Overview\n## Parts and their names\n## Risks\n\n## Input\n\n{{ feature }}\n";
    assert_eq!(
        of(template).read(UNDERLINED_DOCUMENT).unwrap(),
        UNDERLINED_DOCUMENT
    );
    // What is said before the document isn't part of it, also where a rule sets it apart.
    let sections = UNDERLINED_DOCUMENT.replace("Counting\n========\n\n", "");
    for document in [UNDERLINED_DOCUMENT, &sections] {
        let answer = format!("Here is the document\n---\n\n{document}");
        assert_eq!(format.read(&answer).unwrap(), document);
    }
    // In code it is none.
    let fenced =
        UNDERLINED_DOCUMENT.replace("Risks\n-----\nNone.\n", "```\nRisks\n-----\nNone.\n```\n");
    assert!(problem(UNDERLINED, &fenced).contains("`Risks` is missing"));
}

#[test]
fn a_rule_of_hyphens_makes_no_heading() {
    for template in [
        "Say what it is.\n---\n\n## Risks\n",
        "---\ntitle: a page\n---\n\n## Risks\n",
        "One line\nand another\n---\n\n## Risks\n",
        "- a point\n---\n\n## Risks\n",
        "* a point\n---\n\n## Risks\n",
        "> said\n---\n\n## Risks\n",
        "part | what\n---\n\n## Risks\n",
        "Indented\n    ---\n\n## Risks\n",
        "\n---\n\n## Risks\n",
    ] {
        let template = format!("<template>\n{template}\n## Costs\n</template>\n");
        let document = "# T\n\n## Risks\n\nr\n\n## Costs\n\nc\n";
        assert_eq!(
            of(&template).read(document).unwrap(),
            document,
            "{template}"
        );
    }
}

#[test]
fn a_diagram_that_the_prompt_does_not_want_is_not_required() {
    let wants = |prompt: &str| DocumentFormat::of(Outline::new(), Some(prompt)).wants_diagram();
    for refused in [
        "Design it. Do not draw a UML diagram.",
        "Design it; don't use PlantUML here.",
        "No UML, please.",
        "Write it without any UML diagram, in words.",
        "Never write @startuml.",
        "Draw a Mermaid diagram instead of a UML one.",
        "Design it.",
    ] {
        assert!(!wants(refused), "{refused}");
    }
    for asked in [
        "Draw a UML diagram.",
        "Do not write code. Draw a UML diagram.",
        "Do not forget the UML diagram.",
        "Not only words, but a PlantUML diagram, too.",
        "No UML of the whole.\nA PlantUML diagram of what is new.",
        "## 7 Diagram\n@startuml\n@enduml",
    ] {
        assert!(wants(asked), "{asked}");
    }
}

/// Headings of a prompt that speak to the model, wherever they stand.
const TO_THE_MODEL: &str = "# Who you are\n\nA senior engineer.\n\n# Style\n\n- Short sentences.\n\n# Rules\n\n## Names\nThose of the project.\n\n## Numbers\nAs figures.\n\n";

#[test]
fn headings_that_address_the_model_are_no_sections() {
    let anything = "# Any title\n\nText.\n";
    for template in [
        format!("{TO_THE_MODEL}Write the document for:\n\n{{{{ feature }}}}\n"),
        format!("Write the document for this:\n\n{{{{ feature }}}}\n\n{TO_THE_MODEL}"),
        "# Voice of the house\nBe brief.\n\n# What we value\nClarity.\n\n# The request\n{{ feature }}\n".to_owned(),
        "Use Markdown with clear headings.\n\n# Tone\nPlain.\n\n# Care\nCheck it.\n\n{{ feature }}\n".to_owned(),
        "## 1. Role\nYou are an editor.\n\n## 2. Style\nBe brief.\n\n## 3. Care\nCheck it.\n\n{{ feature }}\n".to_owned(),
        "<rules>\n# Names\nx\n# Numbers\ny\n</rules>\n\nWrite it: {{ feature }}\n".to_owned(),
    ] {
        assert_eq!(of(&template).read(anything).unwrap(), anything, "{template}");
    }
}

#[test]
fn of_a_prompt_with_headings_of_its_own_those_of_the_template_are_asked_for() {
    let document = "# T\n\n## Summary\n\ns\n\n## Risks\n\nr\n";
    let sections = "## Summary\nIn a sentence.\n## Risks\nEach.\n";
    for template in [
        format!("{TO_THE_MODEL}<template>\n{sections}</template>\n"),
        format!("{TO_THE_MODEL}```markdown\n{sections}```\n"),
        format!(
            "{TO_THE_MODEL}# Output format\n\nMarkdown.\n\n{sections}\n# The request\n{{{{ feature }}}}\n"
        ),
        format!("{TO_THE_MODEL}# Output\n\n{sections}\n{TO_THE_MODEL}"),
        format!("{TO_THE_MODEL}Write it with these headings:\n\n{sections}\n{TO_THE_MODEL}"),
        format!("{TO_THE_MODEL}The document has the sections below.\n\n{sections}"),
        format!("{TO_THE_MODEL}# <Title>\n\n{sections}\n{TO_THE_MODEL}"),
        format!(
            "Structure it as follows: this is the template:\n\n# (a title)\n{sections}\n{TO_THE_MODEL}"
        ),
    ] {
        assert_eq!(
            of(&template).read(document).unwrap(),
            document,
            "{template}"
        );
        let without = document.replace("## Risks\n\nr\n", "");
        let told = problem(&template, &without);
        assert!(told.ends_with(": `Risks` is missing"), "{told}\n{template}");
        let without = document.replace("## Summary\n\ns\n\n", "");
        let told = problem(&template, &without);
        assert!(
            told.ends_with(": `Summary` is missing"),
            "{told}\n{template}"
        );
    }
}

#[test]
fn numbers_tell_a_template_from_the_headings_around_it() {
    for template in [
        format!("{TO_THE_MODEL}\n{TEMPLATE}"),
        format!("{TEMPLATE}\n{TO_THE_MODEL}"),
        format!("{TO_THE_MODEL}{INSTRUCTIONS}\n{TEMPLATE}\n## Style\nBe brief.\n"),
    ] {
        assert_eq!(
            of(&template).read(DOCUMENT).unwrap(),
            DOCUMENT,
            "{template}"
        );
        let without = DOCUMENT.replace("1.2. **Persona**:\nEditors.\n\n", "");
        let told = problem(&template, &without);
        assert!(told.ends_with(": `1.2. Persona` is missing"), "{told}");
    }
    let own = format!("{TO_THE_MODEL}{OWN}\n{TO_THE_MODEL}");
    assert!(of(&own).own().is_some());
}

/// Instructions and a template as a project has them, with nothing between them but a label.
#[test]
fn a_template_below_its_label_is_asked_for_and_the_instructions_are_not() {
    let instructions = "You draft a design.\n\n### Approach:\n1. **Understand**: Go through the `[Requirement]` section carefully.\n2. **Refer to the Template**: Check the `[Template]` section to understand the format.\n\n### Criteria:\n- **Clarity**: It is clear.\n- **Adherence to Template**: Follow the structure provided in the `[Template]` section.\n\nFollow the steps defined in the 'Approach'.\n\n[Template]\n";
    let numbered = "### Feature Code Design Documentation:\n\n#### 1. Code Architecture Design:\n\n1.1. **High-Level Design**: \n- An overview.\n\n1.2. **New Components**:\n- **ComponentA (New)**: Its role.\n\n#### 2. UML Diagram:\n- Attach it.\n";
    let plain = "## Design\n\n### High-level design\n- An overview.\n\n### Components\n";
    for (template, lacks) in [
        (
            numbered,
            [
                "`1. Code Architecture Design`",
                "`1.2. New Components`",
                "`2. UML Diagram`",
            ],
        ),
        (plain, ["`High-level design`", "`Components`", ""]),
    ] {
        let template = format!(
            "[Requirement]\n$start$\n{{{{ requirement }}}}\n$end$\n\n{instructions}{template}"
        );
        let told = problem(&template, "# Nothing of it\n\nx\n");
        for lack in lacks {
            assert!(told.contains(lack), "{told}");
        }
        assert!(
            !told.contains("Approach") && !told.contains("Criteria"),
            "{told}"
        );
    }
}

/// Three sections, underlined.
const DECISION: &str =
    "Context\n-------\nc\n\nDecision\n--------\nd\n\nConsequences\n------------\ne\n";

#[test]
fn no_section_is_cut_off_whatever_marks_it() {
    let headings = "Context\n-------\n\nDecision\n--------\n\nConsequences\n------------\n";
    let announced = format!("Write it with these headings:\n\n{headings}");
    let template =
        format!("{{{{ feature }}}}\n\n<template>\nTitle\n=====\n\n{headings}</template>\n");
    let unasked = "Write it for:\n{{ feature }}\n".to_owned();
    for template in [&announced, &template, &unasked] {
        for more in [
            "",
            "Summary\n-------\nimportant\n\n",
            "Summary\n---\nimportant\n\n",
            "What it is for\n--------------\nimportant\n\n",
            "What it is for\n---\nimportant\n\n",
            "**Summary**\nimportant\n\n",
            "Open\n----\n\n",
            "Title\n==\n\n",
            "A title\nof two lines\n====\n\n",
        ] {
            let document = format!("{more}{DECISION}");
            assert_eq!(
                of(template).read(&document).unwrap(),
                document,
                "{template}"
            );
            let answer = format!("Here it is.\n\n{document}");
            assert_eq!(of(template).read(&answer).unwrap(), document, "{template}");
        }
        // What is said before stays no part of it.
        for said in [
            "Here is the document\n---\n\n",
            "Sure!\n-----\n\n",
            "**Here it is:**\n\n",
        ] {
            let answer = format!("{said}{DECISION}");
            assert_eq!(of(template).read(&answer).unwrap(), DECISION, "{template}");
        }
        let titled = format!("# Counting\n\n{DECISION}");
        for said in [
            "Here is the document\n---\nIt is short.\n\n",
            "**What I did**\n- this\n\n",
            "**What I did**\n- this\n\n---\n\n",
        ] {
            let answer = format!("{said}{titled}");
            assert_eq!(of(template).read(&answer).unwrap(), titled, "{template}");
        }
    }
    // A section of the template that is only a number and a word in bold.
    let template = format!("<template>\n{TEMPLATE}</template>\n");
    let without_title = DOCUMENT.replace("### Counting\n\n#### 1. Story/Feature:\n\n", "");
    let told = problem(&template, &without_title);
    assert!(told.ends_with(": `1. Story/Feature` is missing"), "{told}");
    let format = of("Write with these headings:\n\n1.1. **Background**:\n\n#### 2. Needs\n");
    let document = "1.1. **Background**: They differ.\n\n#### 2. Needs\n\nn\n";
    assert_eq!(format.read(document).unwrap(), document);
}

#[test]
fn below_an_announcement_a_section_may_be_called_as_a_part_of_a_prompt() {
    let names = ["Context", "Goal", "Decision", "Steps", "Example", "Output"];
    let documents = |names: &[&str]| -> String {
        names
            .iter()
            .map(|name| format!("## {name}\n\nx\n\n"))
            .collect()
    };
    let whole = documents(&names);
    let outline: String = names.iter().map(|name| format!("## {name}\n\n")).collect();
    let underlined: String = names
        .iter()
        .map(|name| format!("{name}\n------\n\n"))
        .collect();
    for announced in [
        "Write it with these headings:",
        "The document has the sections below.",
        "Answer in this shape:",
        "Use this order:",
        "Das Dokument hat folgende Abschnitte:",
        "Bitte so:",
        "Le document a les parties suivantes :",
        "文档包含以下章节：",
    ] {
        for outline in [&outline, &underlined, &format!("# <Title>\n\n{outline}")] {
            for behind in [
                "",
                "# The request\n\n{{ feature }}\n",
                "## Style\n\nBe brief.\n",
            ] {
                let template =
                    format!("# Style\nBe brief.\n\nYou plan. {announced}\n\n{outline}{behind}");
                of(&template).read(&whole).unwrap();
                for name in names {
                    let others: Vec<&str> = names.into_iter().filter(|it| *it != name).collect();
                    let told = problem(&template, &documents(&others));
                    assert!(
                        told.ends_with(&format!(": `{name}` is missing")),
                        "{told}\n{template}"
                    );
                }
            }
        }
    }
    // With a word on each of them; the last may be the prompt's own.
    let told = "## Context\nWhy.\n\n## Goal\nWhat for.\n\n## Decision\nWhat.\n\n## Steps\nFirst plan, then write.\n";
    for template in [
        format!("Write it with these headings:\n\n{told}"),
        format!("Follow this template exactly:\n\n# Title\n\n{told}"),
    ] {
        of(&template)
            .read(&documents(&["Context", "Goal", "Decision"]))
            .unwrap();
        for name in ["Context", "Goal", "Decision"] {
            let others: Vec<&str> = names.into_iter().filter(|it| *it != name).collect();
            let told = problem(&template, &documents(&others));
            assert!(
                told.ends_with(&format!(": `{name}` is missing")),
                "{told}\n{template}"
            );
        }
    }
}

#[test]
fn what_only_looks_like_an_announcement_asks_for_nothing() {
    let anything = "# Any title\n\nText.\n";
    for template in [
        "Follow the `[Template]`.\n\n## Context\nYou are in a hurry.\n\n## Steps\n1. Read.\n",
        "Mind this:\n\n## Context\nA shop.\n\n## Names\nThose of the shop.\n",
        "Vermeide, was nicht gebraucht wird:\n\n## Einleitung\n\n## Schluss\n",
        "Avoid these:\n\n## Introduction\n\n## Conclusion\n",
        "Zum Beispiel:\n\n## Einleitung\n\n## Schluss\n",
        "Anforderung:\n\n## Was gewollt ist\n\n{{ feature }}\n\n## Was da ist\n\n{{ design }}\n",
        "Schreib es auf.\n\n## Vorgabe\n\n## Ausgabe\n",
    ] {
        assert_eq!(of(template).read(anything).unwrap(), anything, "{template}");
    }
}

#[test]
fn of_a_document_drafted_in_thinking_nobody_knows_whether_it_is_meant() {
    let template = format!("<template>\n{TEMPLATE}</template>\n");
    let (own, of_outline) = (of(&template), of(OWN));
    let outlined = "# T\n\n## 1 Overview\n\n### 1.1 Background\n\nb\n\n## 2 Parts\n\np\n";
    for (format, document) in [(own, DOCUMENT), (of_outline, outlined)] {
        let draft = document.replace('b', "bad ");
        for answer in [
            format!("<reasoning>\n{draft}</reasoning>\n\n{document}"),
            format!("Sure.\n<think>\n{draft}\nNow for real.</think>\n\n{document}"),
            format!(
                "Sure.\n<think>\n<document>\n{draft}</document>\n</think>\n\n<document>\n{document}</document>\n"
            ),
            format!("Sure.\n<think>\nFirst this:\n\n{draft}"),
        ] {
            let told = format.read(&answer).unwrap_err().message;
            assert!(
                told.contains("may be a draft as well as meant"),
                "{told}\n{answer}"
            );
        }
        // Without one it is only said before the document; and a document may speak of it.
        let thought = format!("<reasoning>\nI keep it short.\n</reasoning>\n\n{document}");
        assert_eq!(format.read(&thought).unwrap(), document);
        let speaks = format!("{document}\n<think>\n**So**\n</think>\n");
        assert!(format.read(&speaks).unwrap().contains("<think>"));
    }
}
