//! The step `refine` on the fake host.

#![allow(clippy::unwrap_used, reason = "a test may")]

use stepwell_plugin_refine::Refine;
use stepwell_sdk::testing::FakeHost;
use stepwell_sdk::{FailureKind, Inputs};

const DOCUMENT: &str = "\
# Report

## 1 Overview

### 1.1 Background

Because.

### 1.2 User persona

Ada.

### 1.3 User journey

She runs it.

## 2 Requirements

### 2.1 Functional requirements

- **FR-1** It reads.

## 3 Assumptions

- Files are small.
";

fn inputs() -> Inputs {
    Inputs::new().with("requirement", "# The document before")
}

#[test]
fn one_call_makes_the_better_document() {
    let host = FakeHost::new()
        .setting("guidance", "\"Mind the currency.\"")
        .answer(format!("Better now:\n<document>\n{DOCUMENT}</document>"));
    let documents = host.execute(&Refine, &inputs()).unwrap();
    assert_eq!(documents.get("requirement"), Some(DOCUMENT));
    let sent = host.prompts_sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].contains("# The document before"));
    assert!(sent[0].contains("Mind the currency."));
}

#[test]
fn a_document_that_lost_sections_is_asked_for_again() {
    let lost = DOCUMENT
        .replace("She runs it.\n", "")
        .replace("### 1.2 User persona\n\nAda.\n\n", "");
    let host = FakeHost::new().answer(lost).answer(DOCUMENT);
    let failure = host.execute(&Refine, &inputs()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(failure.retryable);
    for part in [
        "`1.2 User persona`",
        "`1.3 User journey` (its heading is there",
    ] {
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    host.retry(&Refine, &inputs(), &failure).unwrap();
    let sent = host.prompts_sent();
    assert!(sent[1].contains("the document lacks `1.2 User persona`"));
}

#[test]
fn without_a_document_nothing_is_asked() {
    let host = FakeHost::new();
    let failure = host.execute(&Refine, &Inputs::new()).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidInput);
    assert!(host.requests().is_empty());
}

#[test]
fn a_document_of_another_form_keeps_it() {
    let document = "### Counting\n\n#### 1. Story:\n\n1.1. **Background**: They differ.\n\n#### 2. Needs:\n\n- Count.\n";
    let better = document.replace("Count.", "Count words.");
    let lost = better.replace("1.1. **Background**: They differ.\n\n", "");
    let inputs = Inputs::new().with("requirement", document);
    let host = FakeHost::new().answer(lost).answer(&better);
    let failure = host.execute(&Refine, &inputs).unwrap_err();
    assert_eq!(failure.kind, FailureKind::InvalidResponse);
    assert!(failure.message.contains("1.1. Background"), "{failure:?}");
    let sent = host.prompts_sent();
    assert!(sent[0].contains("Keep its form") && !sent[0].contains("exactly these headings"));
    let documents = host.execute(&Refine, &inputs).unwrap();
    assert_eq!(documents.get("requirement"), Some(better.as_str()));
}

#[test]
fn what_is_open_stays_open() {
    let open = format!("{DOCUMENT}\n## 4 Open points\n\n- Which currency?\n- Which year?\n");
    let inputs = Inputs::new().with("requirement", &open);
    // The model may leave the section out; it may also keep it.
    for answer in [DOCUMENT, open.as_str()] {
        let host = FakeHost::new().answer(answer);
        let documents = host.execute(&Refine, &inputs).unwrap();
        assert_eq!(documents.get("requirement"), Some(open.as_str()));
    }
}
