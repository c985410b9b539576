use super::*;

fn outline() -> Outline {
    Outline::new()
        .group("1", "Overview")
        .section("1.1", "Background", &["context"])
        .section("1.2", "User persona", &["personas"])
        .group("2", "Requirements")
        .section("2.1", "Functional requirements", &[])
        .optional("3", "Assumptions", &[])
}

const CANONICAL: &str = "\
# Expense report

## 1 Overview

### 1.1 Background

Because.

### 1.2 User persona

Ada.

## 2 Requirements

### 2.1 Functional requirements

#### Reading

- FR-1: reads

#### Background jobs

- FR-2: runs
";

fn read(text: &str) -> String {
    outline().read(text).unwrap().render()
}

#[test]
fn the_form_that_is_asked_for_comes_back_as_it_is() {
    assert_eq!(read(CANONICAL), CANONICAL);
}

#[test]
fn noise_around_it_is_dropped() {
    let tagged = format!("Sure, here it is.\n<document>\n{CANONICAL}</document>\nShall I go on?");
    assert_eq!(read(&tagged), CANONICAL);
    let fenced = format!("Sure:\n\n```markdown\n{CANONICAL}```\n\nLet me know!");
    assert_eq!(read(&fenced), CANONICAL);
    let both = format!("<document>\n```\n{CANONICAL}```\n</document>");
    assert_eq!(read(&both), CANONICAL);
    assert_eq!(read(&format!("Of course.\n\n{CANONICAL}")), CANONICAL);
    assert_eq!(read(&tagged.replace('\n', "\r\n")), CANONICAL);
    assert_eq!(read(&format!("\u{feff}{CANONICAL}")), CANONICAL);
}

#[test]
fn half_a_wrapper_is_dropped_from_a_document_that_is_there_already() {
    for end in [
        "</document>\n",
        "\n</document>",
        "</document>\n</document>\n\nShall I go on?\n",
        "</answer>\n",
        "```\n",
        "```\n</document>\n",
    ] {
        assert_eq!(read(&format!("{CANONICAL}{end}")), CANONICAL, "{end}");
        let optional = format!("{CANONICAL}\n## 3 Assumptions\n\n- One.\n");
        assert_eq!(read(&format!("{optional}{end}")), optional, "{end}");
    }
    for begin in [
        "<document>\n",
        "<answer>\n",
        "```markdown\n",
        "<output>\n```\n",
    ] {
        assert_eq!(read(&format!("{begin}{CANONICAL}")), CANONICAL, "{begin}");
    }
    assert_eq!(
        read(&format!("```md\n{CANONICAL}</document>\n```\n")),
        CANONICAL
    );
    // A section of which only the tag is there says nothing.
    let empty = CANONICAL.split("#### Reading").next().unwrap();
    assert!(outline().read(&format!("{empty}</document>\n")).is_err());
}

#[test]
fn a_document_that_speaks_of_the_tag_is_not_cut() {
    let text = CANONICAL
        .replace("# Expense", "#  Expense")
        .replace("Because.", "Its root is <document>, or `<document>`.");
    assert!(read(&text).contains("Its root is <document>, or `<document>`."));
    let shown = CANONICAL
        .replace("# Expense", "#  Expense")
        .replace("Because.", "```xml\n<document>\n</document>\n```");
    assert!(read(&shown).contains("```xml\n<document>\n</document>\n```"));
}

#[test]
fn bare_fences_inside_a_fence_of_the_same_length_dont_cut_it_short() {
    let with_code = CANONICAL.replace("Because.", "Because:\n\n```\nrun\n```\n\nSo.");
    let wrapped = format!("Here:\n```markdown\n{with_code}```\nBye");
    assert_eq!(read(&wrapped), with_code);
}

#[test]
fn headings_of_other_levels_and_words() {
    let other = "\
# Expense report

# 1. Overview
## 1.1. Background and context
Because.
## User personas:
Ada.
# Requirements
## Section 2.1: Functional Requirements by category
### Reading
- FR-1: reads
### Background jobs
- FR-2: runs
";
    assert_eq!(read(other), CANONICAL);
}

#[test]
fn headings_in_bold_and_plain_numbers() {
    let bold = "\
**Title: Expense report**

**1.1 Background**
Because.

1.2 User persona
Ada.

**Functional requirements:**

#### Reading
- FR-1: reads

#### Background jobs
- FR-2: runs
";
    assert_eq!(read(bold), CANONICAL);
}

#[test]
fn numbers_alone_do_for_another_language() {
    let german = CANONICAL
        .replace("1.1 Background", "1.1 Hintergrund")
        .replace("1.2 User persona", "1.2 Nutzerin");
    assert_eq!(read(&german), CANONICAL);
}

#[test]
fn an_optional_section_is_kept() {
    let text = format!("{CANONICAL}\n## 3 Assumptions\n\n- Files are small.\n");
    assert_eq!(read(&text), text);
}

#[test]
fn headings_in_code_are_no_headings() {
    let text = CANONICAL.replace("Because.", "```sh\n# 1.2 User persona\nrun\n```");
    assert_eq!(read(&text), text);
}

#[test]
fn everything_that_is_missing_is_named() {
    let failure = outline()
        .read("## 1.1 Background\n\n## 1.2 User persona\nAda.\n")
        .unwrap_err();
    assert!(failure.retryable);
    assert_eq!(
        failure.message,
        "the document lacks its title (a first line `# …`), `1.1 Background` (its heading is there, with nothing below), `2.1 Functional requirements`"
    );
    assert!(outline().read("").is_err());
    assert!(outline().read("I can't help with that.").is_err());
}

#[test]
fn the_title_may_stand_below_its_heading() {
    let text = CANONICAL.replace("# Expense report\n", "# Title\n\nExpense report\n");
    assert_eq!(read(&text), CANONICAL);
}

#[test]
fn marks_that_close_a_heading_are_dropped_and_those_of_a_word_are_kept() {
    let named = |heading: &str| read(&CANONICAL.replace("#### Reading", heading));
    assert_eq!(named("#### Reading ####"), CANONICAL);
    assert_eq!(named("#### Reading # ##"), CANONICAL);
    let sharp = named("#### Use of C#");
    assert!(sharp.contains("\n#### Use of C#\n"), "{sharp}");
    assert_eq!(read(&sharp), sharp);
    let marks = read(&format!("{CANONICAL}</document>```json\n# # # \n"));
    assert_eq!(read(&marks), marks);
}

#[test]
fn a_title_with_marks_reads_the_same_again() {
    for (title, read_as) in [
        ("# Title: Title: Report", "Report"),
        ("# **#** Report ##", "#** Report"),
        ("# ****\tReport", "Report"),
        ("# Title\n\n# Title:\n\nReport #", "Report"),
        ("Title: ** Report ** #", "Report"),
    ] {
        let text = CANONICAL.replace("# Expense report", title);
        let once = read(&text);
        assert_eq!(
            once.lines().next(),
            Some(&*format!("# {read_as}")),
            "{title}"
        );
        assert_eq!(read(&once), once, "{title}");
    }
}

#[test]
fn headings_that_are_underlined() {
    let underlined = CANONICAL
        .replace("# Expense report\n", "Expense report\n==============\n")
        .replace("### 1.1 Background\n", "Background\n----------\n")
        .replace(
            "### 1.2 User persona\n",
            "1.2 User persona\n----------------\n",
        );
    assert_eq!(read(&underlined), CANONICAL);
    // A rule below a paragraph stays one.
    let ruled = CANONICAL.replace("Because.\n", "Because\n---\n\nof this.\n");
    assert!(read(&ruled).contains("Because\n---\n"), "{}", read(&ruled));
}
