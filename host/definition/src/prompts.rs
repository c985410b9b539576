//! A prompt's template and the variables that its plugin fills in: held against each other, and put together.

use serde_json::Value;
use stepwell_contract::{
    Field, Filling, TemplateError, Text, TextService, VariableUse, did_you_mean, listed,
};

/// The most bytes of a filled prompt; far beyond what any model reads.
const LARGEST: usize = 64 << 20;

/// A variable that a prompt uses and its plugin doesn't fill in, or not with what the prompt asks of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownVariable {
    /// The variable, and where it is used first.
    pub used: VariableUse,
    /// What is wrong.
    pub message: String,
    /// The declared variable that was most likely meant, or all of them.
    pub hint: String,
}

impl UnknownVariable {
    /// What is wrong, with the place.
    #[must_use]
    pub fn placed(&self) -> String {
        let VariableUse { line, column, .. } = &self.used;
        format!("line {line}, column {column}: {}", self.message)
    }
}

/// The variables of these that aren't declared, and those of which a part is asked though they are plain texts.
#[must_use]
pub fn unknown_variables(used: &[VariableUse], declared: &[Field]) -> Vec<UnknownVariable> {
    used.iter()
        .filter_map(|used| unknown(used, declared))
        .collect()
}

fn unknown(used: &VariableUse, declared: &[Field]) -> Option<UnknownVariable> {
    let names = || declared.iter().map(|field| field.name.as_str());
    let VariableUse { name, .. } = used;
    let (message, hint) = match declared.iter().find(|field| field.name == *name) {
        None => {
            let hint = match did_you_mean(name, names()) {
                Some(hint) => hint,
                None if declared.is_empty() => "the plugin fills in no variables".into(),
                None => format!("the plugin fills in {}", listed(names())),
            };
            (format!("`{name}` is not a variable of this prompt"), hint)
        }
        Some(field) => {
            let part = used.part.as_ref().filter(|_| field.schema.is_none())?;
            (
                format!("`{name}` is a text: there is no `{name}.{part}`"),
                format!("write `{{{{ {name} }}}}`"),
            )
        }
    };
    Some(UnknownVariable {
        used: used.clone(),
        message,
        hint,
    })
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
