//! What a step says of itself: builders for [`Description`], its fields and its prompts.
//!
//! The host checks names and schemas when it loads the component; nothing is checked here.

use std::collections::BTreeMap;

use crate::bindings::stepwell::plugin::types::Text;

pub use crate::bindings::stepwell::plugin::types::{Description, Field, Prompt};

/// The annotation of a step that others wait for to say yes.
const GATE: &str = "gate";

/// The annotation that holds the grants that a step can do without.
const OPTIONAL: &str = "optional-grants";

impl Description {
    /// A step's name, its version (`env!("CARGO_PKG_VERSION")`), and what it does in a sentence.
    pub fn new(
        name: impl Into<String>,
        version: impl Into<String>,
        summary: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            summary: summary.into(),
            prompts: Vec::new(),
            inputs: Vec::new(),
            documents: Vec::new(),
            settings: Vec::new(),
            grants: Vec::new(),
            annotations: Vec::new(),
        }
    }

    /// Adds a prompt. The first one is what `construct_prompt` fills unless the step has its own way.
    #[must_use]
    pub fn prompt(mut self, prompt: Prompt) -> Self {
        self.prompts.push(prompt);
        self
    }

    /// Adds an input.
    #[must_use]
    pub fn input(mut self, field: Field) -> Self {
        self.inputs.push(field);
        self
    }

    /// Adds a document that the step writes.
    #[must_use]
    pub fn document(mut self, field: Field) -> Self {
        self.documents.push(field);
        self
    }

    /// Adds a setting.
    #[must_use]
    pub fn setting(mut self, field: Field) -> Self {
        self.settings.push(field);
        self
    }

    /// Adds a setting that is a text and may be left out.
    #[must_use]
    pub fn text_setting(self, name: &str, description: &str) -> Self {
        self.setting(Field::optional(name, description).schema(r#"{"type":"string"}"#))
    }

    /// Adds a grant that the step uses where it is given it, and can do without, and what for.
    #[must_use]
    pub fn optional_grant(mut self, name: &str, value: &str, reason: &str) -> Self {
        let place = self.annotations.iter().position(|it| it.name == OPTIONAL);
        let mut grants: BTreeMap<String, String> = place
            .map(|place| self.annotations.remove(place))
            .and_then(|found| serde_json::from_str(&found.value).ok())
            .unwrap_or_default();
        grants.insert(name.to_owned(), value.to_owned());
        let grants = serde_json::json!(grants).to_string();
        self.annotations.push(Text::new(OPTIONAL, grants));
        self.annotations
            .push(Text::new(name, serde_json::Value::from(reason).to_string()));
        self
    }

    /// Makes the step a gate: what the steps that it depends on wrote stays out of the workspace until its document of this name
    /// says one of these words. Where it fails with [`Failure::declined`](crate::Failure::declined), that is dropped.
    #[must_use]
    pub fn gate(mut self, document: &str, words: &[&str]) -> Self {
        let gate = serde_json::json!({ "document": document, "is": words });
        self.annotations.push(Text::new(GATE, gate.to_string()));
        self
    }

    /// Says of a gate that, where this setting is `true`, its document may also say this word: that what it asks about is to be worked on
    /// once more. A definition in which nothing repeats for that is warned of.
    #[must_use]
    pub fn sent_back(self, setting: &str, word: &str) -> Self {
        let again = serde_json::json!({ "setting": setting, "is": word });
        self.with_gate("again", again)
    }

    /// Says of a gate which document tells what the person changed in what they agreed to.
    #[must_use]
    pub fn corrected_in(self, document: &str) -> Self {
        self.with_gate("corrected", document.into())
    }

    fn with_gate(mut self, name: &str, value: serde_json::Value) -> Self {
        let gate = self.annotations.iter_mut().find(|it| it.name == GATE);
        if let Some(gate) = gate
            && let Ok(serde_json::Value::Object(mut said)) = serde_json::from_str(&gate.value)
        {
            said.insert(name.to_owned(), value);
            gate.value = serde_json::Value::Object(said).to_string();
        }
        self
    }

    /// Adds a grant that the step needs, such as `workspace` = `write`, and why.
    #[must_use]
    pub fn grant(mut self, name: &str, value: &str, reason: &str) -> Self {
        self.grants.push(Text::new(name, value));
        self.annotations
            .push(Text::new(name, serde_json::Value::from(reason).to_string()));
        self
    }
}

impl Field {
    /// One that is always there.
    pub fn required(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: description.into(),
            required: true,
            schema: None,
        }
    }

    /// One that may be left out.
    pub fn optional(name: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            required: false,
            ..Self::required(name, description)
        }
    }

    /// The JSON Schema of its text, as JSON. The host holds what goes in and what comes out against it.
    #[must_use]
    pub fn schema(mut self, schema: impl Into<String>) -> Self {
        self.schema = Some(schema.into());
        self
    }
}

impl Prompt {
    /// A prompt's name and its intrinsic template.
    pub fn new(name: impl Into<String>, intrinsic: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            intrinsic: intrinsic.into(),
            variables: Vec::new(),
        }
    }

    /// Adds a variable that the step always fills in.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, description: impl Into<String>) -> Self {
        self.variables.push(Field::required(name, description));
        self
    }

    /// Adds a variable that holds JSON: a template can loop over it, and it prints as JSON.
    #[must_use]
    pub fn json_variable(
        mut self,
        name: impl Into<String>,
        description: impl Into<String>,
        schema: impl Into<String>,
    ) -> Self {
        self.variables
            .push(Field::required(name, description).schema(schema));
        self
    }
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

#[cfg(test)]
mod tests {
    use super::Description;

    #[test]
    fn optional_grants_are_kept_together_each_with_its_reason() {
        let description = Description::new("a", "1", "s")
            .optional_grant("workspace", "read", "it looks")
            .optional_grant("clock", "real", "it waits");
        assert!(description.grants.is_empty());
        let kept = |name: &str| {
            let mut all = description.annotations.iter().filter(|it| it.name == name);
            (all.next().map(|it| it.value.as_str()), all.count())
        };
        assert_eq!(
            kept("optional-grants"),
            (Some(r#"{"clock":"real","workspace":"read"}"#), 0)
        );
        assert_eq!(kept("workspace"), (Some("\"it looks\""), 0));
    }
}
