//! The definition of a workflow of one step, written as TOML.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value;

/// A workflow of one step. Each input of the step is an input of the workflow.
#[derive(Debug, Clone, Copy)]
pub struct OneStep<'a> {
    /// The id of the step, and the name of the workflow.
    pub id: &'a str,
    /// Its plugin.
    pub uses: &'a str,
    /// Its inputs, each with what to give.
    pub inputs: &'a [(&'a str, &'a str)],
    /// Its settings.
    pub settings: &'a BTreeMap<String, Value>,
    /// `grants.workspace`
    pub grant_workspace: Option<&'a str>,
    /// `grants.prompts`
    pub grant_prompts: bool,
    /// `grants.http`
    pub grant_http: &'a [String],
}

/// A setting whose value no TOML can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the setting `{name}` can't be given: {reason}")]
pub struct UnwritableSetting {
    /// The setting.
    pub name: String,
    /// Why not.
    pub reason: String,
}

#[derive(Serialize)]
struct Workflow<'a> {
    name: &'a str,
    inputs: IndexMap<&'a str, Input<'a>>,
    steps: [Step<'a>; 1],
}

#[derive(Serialize)]
struct Input<'a> {
    description: &'a str,
}

#[derive(Serialize)]
struct Step<'a> {
    id: &'a str,
    uses: &'a str,
    inputs: IndexMap<&'a str, String>,
    settings: BTreeMap<&'a str, toml::Value>,
    grants: Grants<'a>,
}

#[derive(Serialize)]
struct Grants<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompts: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    http: &'a [String],
}

impl OneStep<'_> {
    /// The text of the definition: names and values are quoted, so that none of them says more than it is.
    ///
    /// # Errors
    /// [`UnwritableSetting`] where a setting is null, or a number that is too large.
    pub fn to_toml(&self) -> Result<String, UnwritableSetting> {
        let unwritable = |name: &str, reason: String| UnwritableSetting {
            name: name.to_owned(),
            reason,
        };
        let mut settings = BTreeMap::new();
        for (name, value) in self.settings {
            let written = toml::Value::try_from(value).map_err(|error| match has_null(value) {
                true => unwritable(name, "nothing in a definition is null".into()),
                false => unwritable(name, error.to_string()),
            })?;
            settings.insert(name.as_str(), written);
        }
        let inputs = || self.inputs.iter();
        let workflow = Workflow {
            name: self.id,
            inputs: inputs()
                .map(|(name, description)| (*name, Input { description }))
                .collect(),
            steps: [Step {
                id: self.id,
                uses: self.uses,
                inputs: inputs()
                    .map(|(name, _)| (*name, format!("{{{{ inputs.{name} }}}}")))
                    .collect(),
                settings,
                grants: Grants {
                    workspace: self.grant_workspace,
                    prompts: self.grant_prompts.then_some("write"),
                    http: self.grant_http,
                },
            }],
        };
        toml::to_string(&workflow).map_err(|error| unwritable("", error.to_string()))
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(fields) => fields.values().any(has_null),
        other => other.is_null(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_no_toml_can_hold_is_told_with_its_reason() {
        for (value, reason) in [
            (json!(null), "nothing in a definition is null"),
            (json!([1, { "a": null }]), "nothing in a definition is null"),
            (json!(u64::MAX), "u64 value was too large"),
        ] {
            let settings = BTreeMap::from([("a".to_owned(), value)]);
            let step = OneStep {
                id: "s",
                uses: "builtin:s",
                inputs: &[],
                settings: &settings,
                grant_workspace: None,
                grant_prompts: false,
                grant_http: &[],
            };
            let error = step.to_toml().unwrap_err();
            assert_eq!((error.name.as_str(), error.reason.as_str()), ("a", reason));
        }
    }
}
