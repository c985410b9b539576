//! What passes between the host and a step: interface `types` of the contract.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::visible_on_one_line;

/// A named piece of plain text: an input, a prompt variable or a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Text {
    /// Its name.
    pub name: String,
    /// The text itself.
    pub value: String,
}

impl Text {
    /// A text with a name.
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }
}

/// An input that a step reads, a variable of its prompt, a setting, or a document that it writes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// What it holds, for a person.
    pub description: String,
    /// Whether the step can't do without it, or always writes it.
    pub required: bool,
    /// A JSON Schema of the text's content; none is plain text.
    pub schema: Option<String>,
}

/// A prompt that a step uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromptDeclaration {
    /// The name under which its versions are kept, unless the definition gives another.
    pub name: String,
    /// The intrinsic prompt, a template: it becomes v1 when the store has none.
    pub intrinsic: String,
    /// The variables that the step fills in.
    pub variables: Vec<Field>,
}

/// What a step says of itself. The host reads it once for each component digest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Description {
    /// The step's own name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// The prompts that it uses; none for a step that asks no model.
    pub prompts: Vec<PromptDeclaration>,
    /// The inputs that it reads.
    pub inputs: Vec<Field>,
    /// The documents that it writes.
    pub documents: Vec<Field>,
    /// The settings that it reads.
    pub settings: Vec<Field>,
    /// The grants that it needs, such as `workspace` = `write`.
    pub grants: Vec<Text>,
    /// Room to grow, as name and JSON value.
    pub annotations: Vec<Text>,
}

/// The annotation of a step that others wait for to say yes.
const GATE: &str = "gate";

/// What a step says of itself that others wait for to say yes: what those that it depends on wrote stays out of the workspace
/// until then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object such as `{\"document\": \"decision\", \"is\": [\"yes\"]}`")]
pub struct Gate {
    /// The document that says it.
    pub document: String,
    /// What it says for a yes.
    pub is: Vec<String>,
    /// How a person sends back what they are asked about, where they can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<AskedAgain>,
    /// The document that says what the person changed in what they agreed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<String>,
}

/// How a person sends back what a gate asks about: something around it has to repeat then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(expecting = "an object such as `{\"setting\": \"send_back\", \"is\": \"no\"}`")]
pub struct AskedAgain {
    /// The setting without which they can't.
    pub setting: String,
    /// What the gate's document says then.
    pub is: String,
}

impl Gate {
    /// Whether this text is a yes.
    #[must_use]
    pub fn is_opened_by(&self, text: &str) -> bool {
        let said = text.trim();
        self.is.iter().any(|word| word == said)
    }
}

/// The annotation that names the grants that a step uses where it is given them, as a JSON object.
pub(crate) const OPTIONAL_GRANTS: &str = "optional-grants";

impl Description {
    /// Its name and version, for a person.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{} {}", self.name, self.version)
    }

    /// How it is a gate, where it is one.
    ///
    /// # Errors
    /// It says so in a way that can't be read, for a person.
    pub fn gate(&self) -> Result<Option<Gate>, String> {
        let mut annotations = self.annotations.iter();
        let Some(said) = annotations.find(|annotation| annotation.name == GATE) else {
            return Ok(None);
        };
        let gate: Gate = serde_json::from_str(&said.value).map_err(|error| error.to_string())?;
        if !self
            .documents
            .iter()
            .any(|field| field.name == gate.document && field.required)
        {
            return Err(format!(
                "it doesn't always write a document `{}`",
                visible_on_one_line(&gate.document)
            ));
        }
        match gate.is.is_empty() {
            true => Err("no word of it is a yes".into()),
            false => Ok(Some(gate)),
        }
    }

    /// The grants that it uses where it is given them, and can do without. What isn't as the contract has it is passed over.
    #[must_use]
    pub fn optional_grants(&self) -> Vec<Text> {
        let mut annotations = self.annotations.iter();
        let grants = annotations
            .find(|annotation| annotation.name == OPTIONAL_GRANTS)
            .and_then(|found| serde_json::from_str::<BTreeMap<String, String>>(&found.value).ok());
        grants
            .unwrap_or_default()
            .into_iter()
            .map(|(name, value)| Text::new(name, value))
            .collect()
    }
}

crate::refusals::closed! {
    /// Why a step gave up. The set is closed by the contract: what is new goes under `Other`.
    pub enum FailureKind {
        /// An input is missing or unusable.
        InvalidInput = "invalid-input",
        /// The model's answer doesn't hold what the step needs.
        InvalidResponse = "invalid-response",
        /// A host function said no: a permission, a budget or a limit.
        Denied = "denied",
        /// The person declined to go on.
        Declined = "declined",
    }
    other: " Anything else, with a code of its own."
}

/// How a step ended that didn't succeed, in its own words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Failure {
    /// Which sort of failure.
    pub kind: FailureKind,
    /// What happened, for a person.
    pub message: String,
    /// Whether another attempt may help.
    pub retryable: bool,
}
