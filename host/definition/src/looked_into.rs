//! What can't be told of a check without reading what somebody wrote in another language: a JSON Schema, a regular expression.

use stepwell_contract::{PatternError, SchemaError, TextService, TextServiceFailed};

use crate::cases::Rule;

/// Why rules can't be carried out, as far as that has to be looked into: for each none where it can be.
pub(crate) async fn rule_problems(
    rules: &[&Rule],
    texts: &dyn TextService,
) -> Result<Vec<Option<String>>, TextServiceFailed> {
    let schemas = rules.iter().filter_map(|rule| match rule {
        Rule::JsonSchema(schema) => Some(schema),
        _ => None,
    });
    let patterns = rules.iter().filter_map(|rule| match rule {
        Rule::Regex(pattern) => Some(pattern.as_str()),
        _ => None,
    });
    let schemas = texts.check_schemas(&schemas.collect::<Vec<_>>()).await?;
    let patterns = texts.check_patterns(&patterns.collect::<Vec<_>>()).await?;
    let (mut schemas, mut patterns) = (schemas.into_iter(), patterns.into_iter());
    let problem_of = |rule: &&Rule| match rule {
        Rule::JsonSchema(_) => schemas.next()?.err().map(of_schema),
        Rule::Regex(_) => patterns.next()?.err().map(of_pattern),
        _ => None,
    };
    Ok(rules.iter().map(problem_of).collect())
}

fn of_schema(error: SchemaError) -> String {
    match error {
        SchemaError::Invalid { message, .. } => format!("this is not a JSON Schema: {message}"),
        SchemaError::Bound(bound) => format!("this JSON Schema can't be used: {bound}"),
    }
}

fn of_pattern(error: PatternError) -> String {
    match error {
        PatternError::Invalid(message) => format!("this is not a regular expression: {message}"),
        PatternError::Bound(bound) => format!("this regular expression can't be used: {bound}"),
    }
}
