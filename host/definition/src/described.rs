//! Whether what a plugin says of itself can be used, as far as it has to be worked on: its JSON Schemas and its intrinsic prompts.
//!
//! What can be told by looking alone is the contract's ([`Description::findings`]).

use std::collections::BTreeMap;

use serde_json::Value;
use stepwell_contract::{
    Declared, Description, FindingCode, PluginFinding, PluginFindings, PluginPlace,
    PromptDeclaration, TemplateError, TextService, TextServiceFailed, VariableUse, most,
    visible_on_one_line,
};

use crate::examples::{example_texts, no_example};
use crate::prompts::{fill_prompt, unknown_variables};

/// All that is to be said of a description: by every rule that a plugin has to keep before it is used.
///
/// # Errors
/// [`TextServiceFailed`] where nothing can be told of its schemas or prompts.
pub async fn description_findings(
    description: &Description,
    texts: &dyn TextService,
) -> Result<PluginFindings, TextServiceFailed> {
    let mut findings = description.findings();
    check_schemas(description, texts, &mut findings).await?;
    for prompt in description.prompts.iter().take(most::PROMPTS) {
        check_prompt(prompt, texts, &mut findings).await?;
    }
    Ok(findings)
}

/// What is to be said of the intrinsic prompts when they are filled with example texts. A template that runs into a bound ends it.
///
/// # Errors
/// As [`description_findings`].
pub async fn filled_findings(
    description: &Description,
    texts: &dyn TextService,
) -> Result<PluginFindings, TextServiceFailed> {
    let mut findings = PluginFindings::default();
    for prompt in description.prompts.iter().take(most::PROMPTS) {
        let examples = example_texts(&prompt.variables, texts).await?;
        for missing in &examples.missing {
            findings.add(no_example(missing.place_in(&[
                "prompts",
                &prompt.name,
                "variables",
            ])));
        }
        if !examples.missing.is_empty() {
            continue;
        }
        let filled = fill_prompt(&prompt.intrinsic, &examples.texts, &prompt.variables, texts);
        match filled.await {
            Ok(_) => {}
            Err(TemplateError::Failed(failed)) => return Err(failed),
            Err(error) => {
                let is_bound = matches!(
                    error,
                    TemplateError::Bound(_) | TemplateError::TooCostly { .. }
                );
                let (line, message) = placed(&error);
                let message = format!("it can't be filled with example texts: {message}");
                let place = at(intrinsic(prompt), line, None);
                let finding = PluginFinding::warning(FindingCode::UnfilledPrompt, place, message);
                findings.add(finding.mended_by(error.hint()));
                if is_bound {
                    break;
                }
            }
        }
    }
    Ok(findings)
}

/// Whether each JSON Schema is one: one that isn't would let everything pass.
async fn check_schemas(
    description: &Description,
    texts: &dyn TextService,
    findings: &mut PluginFindings,
) -> Result<(), TextServiceFailed> {
    // To read one takes long, and many fields may share it.
    let mut schemas: BTreeMap<&str, (Value, Vec<Declared<'_>>)> = BTreeMap::new();
    for declared in description.declared() {
        let Some(text) = declared.field.schema.as_deref() else {
            continue;
        };
        if let Some((_, of)) = schemas.get_mut(text) {
            of.push(declared);
            continue;
        }
        match serde_json::from_str(text) {
            Ok(schema) => {
                schemas.insert(text, (schema, vec![declared]));
            }
            Err(error) => findings.add(no_schema(&declared, &error)),
        }
    }
    let values: Vec<&Value> = schemas.values().map(|(schema, _)| schema).collect();
    let checked = texts.check_schemas(&values).await?;
    for ((_, of), checked) in schemas.values().zip(checked) {
        if let Err(error) = checked {
            findings.extend(of.iter().map(|declared| no_schema(declared, &error)));
        }
    }
    Ok(())
}

fn no_schema(declared: &Declared<'_>, reason: &dyn std::fmt::Display) -> PluginFinding {
    let what = declared.kind.word();
    let name = visible_on_one_line(&declared.field.name);
    let message = format!("the JSON Schema of the {what} `{name}` is none: {reason}");
    PluginFinding::error(FindingCode::BadSchema, declared.schema_place(), message)
}

/// Whether a template can be read, and its plugin fills in all that it names.
async fn check_prompt(
    prompt: &PromptDeclaration,
    texts: &dyn TextService,
    findings: &mut PluginFindings,
) -> Result<(), TextServiceFailed> {
    if prompt.intrinsic.trim().is_empty() {
        let message = "it is empty: nothing would be asked";
        let (code, place) = (FindingCode::EmptyPrompt, intrinsic(prompt));
        findings.add(PluginFinding::warning(code, place, message));
    }
    let used = match texts.read_template(&prompt.intrinsic).await {
        Ok(used) => used,
        Err(TemplateError::Failed(failed)) => return Err(failed),
        Err(error) => {
            let (line, message) = placed(&error);
            let place = at(intrinsic(prompt), line, None);
            let finding = PluginFinding::error(FindingCode::BadTemplate, place, message);
            findings.add(finding.mended_by(error.hint()));
            return Ok(());
        }
    };
    for unknown in unknown_variables(&used, &prompt.variables) {
        let VariableUse { line, column, .. } = unknown.used;
        let place = intrinsic(prompt).at(line, Some(column));
        let finding = PluginFinding::error(FindingCode::UnknownVariable, place, unknown.message);
        findings.add(finding.mended_by(unknown.hint));
    }
    for variable in &prompt.variables {
        if used.iter().any(|used| used.name == variable.name) {
            continue;
        }
        let name = variable.name.as_str();
        let place = PluginPlace::of(["prompts", &prompt.name, "variables", name]);
        let name = visible_on_one_line(name);
        let message = format!("the intrinsic prompt doesn't use the variable `{name}`");
        let finding = PluginFinding::warning(FindingCode::UnusedVariable, place, message);
        findings.add(finding.mended_by(format!("use `{{{{ {name} }}}}`, or don't declare it")));
    }
    Ok(())
}

fn intrinsic(prompt: &PromptDeclaration) -> PluginPlace {
    PluginPlace::of(["prompts", prompt.name.as_str(), "intrinsic"])
}

fn at(place: PluginPlace, line: Option<usize>, column: Option<usize>) -> PluginPlace {
    match line {
        Some(line) => place.at(line, column),
        None => place,
    }
}

/// The line of an error, and what is wrong there.
fn placed(error: &TemplateError) -> (Option<usize>, String) {
    match error {
        TemplateError::Invalid { line, message } => (Some(*line), message.clone()),
        TemplateError::MissingVariable { line, name } => {
            (Some(*line), format!("`{name}` has no value"))
        }
        other => (None, other.to_string()),
    }
}

#[cfg(test)]
mod tests;
