//! A prompt's template and the variables that its plugin fills in: held against each other, and put together.

use serde_json::Value;
use stepwell_contract::{
    Field, Filling, TemplateError, Text, TextService, VariableUse, did_you_mean, listed,
};

/// The most bytes of a filled prompt; far beyond what any model reads.
const LARGEST: usize = 64 << 20;

/// A variable that a prompt uses and its plugin doesn't fill in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVariable {
    /// The variable, and where it is used first.
    pub used: VariableUse,
    /// What is wrong, with the place.
    pub message: String,
    /// The declared variable that was most likely meant, or all of them.
    pub hint: String,
}

/// The variables of these that aren't declared.
#[must_use]
pub fn unknown_variables(used: &[VariableUse], declared: &[Field]) -> Vec<UnknownVariable> {
    let names = || declared.iter().map(|field| field.name.as_str());
    used.iter()
        .filter(|used| !names().any(|name| name == used.name))
        .map(|used| UnknownVariable {
            message: format!(
                "line {}, column {}: `{}` is not a variable of this prompt",
                used.line, used.column, used.name
            ),
            hint: match did_you_mean(&used.name, names()) {
                Some(hint) => hint,
                None if declared.is_empty() => "the plugin fills in no variables".into(),
                None => format!("the plugin fills in {}", listed(names())),
            },
            used: used.clone(),
        })
        .collect()
}

/// Fills a prompt with texts.
///
/// A variable whose declaration has a schema is offered as the JSON that it holds, so that
/// `{% for subtask in subtasks %}` works on it, and it prints as JSON. One that isn't declared is plain text.
///
/// # Errors
/// [`TemplateError`] if the template is wrong, a variable is missing, or filling it takes too long or gives too much.
pub async fn fill_prompt(
    template: &str,
    variables: &[Text],
    declared: &[Field],
    texts: &dyn TextService,
) -> Result<String, TemplateError> {
    let holds_json = |name: &str| {
        declared
            .iter()
            .any(|field| field.name == name && field.schema.is_some())
    };
    let variables: Vec<(&str, Value)> = variables
        .iter()
        .map(|text| {
            let json = holds_json(&text.name).then(|| serde_json::from_str(&text.value).ok());
            let plain = || Value::String(text.value.clone());
            (text.name.as_str(), json.flatten().unwrap_or_else(plain))
        })
        .collect();
    let filling = Filling {
        template,
        variables: &variables,
        most_bytes: LARGEST,
    };
    texts.fill_template(filling).await
}
