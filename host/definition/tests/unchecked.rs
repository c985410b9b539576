//! Where what reads templates and schemas fails, nobody is told that his file is wrong.

#![allow(clippy::unwrap_used, reason = "also what a test calls is a test")]

mod common;

use std::ops::Range;

use async_trait::async_trait;
use serde_json::Value;
use stepwell_contract::{
    Field, Filling, HeldAgainst, Misfits, PatternError, SchemaError, TemplateError, TextService,
    TextServiceFailed, VariableUse,
};
use stepwell_definition::{Diagnostic, check, content_problems, parse_cases, parse_definition};

struct Broken;

fn failed() -> TextServiceFailed {
    TextServiceFailed {
        reason: "out of fuel".into(),
    }
}

#[async_trait]
impl TextService for Broken {
    async fn read_template(&self, _: &str) -> Result<Vec<VariableUse>, TemplateError> {
        Err(failed().into())
    }
    async fn fill_template(&self, _: Filling<'_>) -> Result<String, TemplateError> {
        Err(failed().into())
    }
    async fn check_schemas(
        &self,
        _: &[&Value],
    ) -> Result<Vec<Result<(), SchemaError>>, TextServiceFailed> {
        Err(failed())
    }
    async fn check_values(
        &self,
        _: &[HeldAgainst<'_>],
        _: usize,
    ) -> Result<Vec<Result<Misfits, SchemaError>>, TextServiceFailed> {
        Err(failed())
    }

    async fn check_patterns(
        &self,
        _: &[&str],
    ) -> Result<Vec<Result<(), PatternError>>, TextServiceFailed> {
        Err(failed())
    }

    async fn search(
        &self,
        _: &str,
        _: &str,
    ) -> Result<Result<Option<Range<usize>>, PatternError>, TextServiceFailed> {
        Err(failed())
    }
}

fn codes(problems: &[Diagnostic]) -> Vec<(&str, usize)> {
    let line = |problem: &Diagnostic| problem.span.map_or(0, |span| span.start_line);
    problems
        .iter()
        .map(|problem| (problem.code.as_ref(), line(problem)))
        .collect()
}

#[test]
fn a_definition_is_neither_right_nor_wrong() {
    let source = "name = \"flow\"\n[inputs.a]\n[[steps]]\nid = \"s\"\nuses = \"fake:picky\"\n\
        inputs.text = \"{{ inputs.a | trim }}\"\nsettings.size = 3\n\
        grants = { workspace = \"write\", prompts = \"write\", clock = \"real\" }\n";
    let definition = parse_definition(source, "f.toml").0.unwrap();
    let (plan, problems) = common::now(check(&definition, &common::describe, None, &Broken));
    assert!(plan.is_none());
    assert_eq!(codes(&problems), [("unchecked", 6), ("unchecked", 7)]);
    assert_eq!(
        problems[1].message,
        "the setting `size` of step `s` can't be checked: what works on templates, JSON Schemas and regular expressions failed: out of fuel"
    );
}

#[test]
fn a_case_file_is_neither_right_nor_wrong() {
    let source = "[[cases]]\nchecks = [{ json_schema = {} }]\n";
    let (cases, problems) = common::now(parse_cases(source, "f.toml", &common::Files, &Broken));
    assert!(cases.is_none());
    assert_eq!(codes(&problems), [("unchecked", 2)]);
}

#[test]
fn a_document_is_neither_right_nor_wrong() {
    let field = Field {
        schema: Some("{}".into()),
        required: true,
        ..Field::default()
    };
    let problem = common::now(content_problems(&[(&field, "{}")], &Broken));
    assert_eq!(problem, Err(failed()));
}
