//! The steps of a definition as they are written, and the definition of one of them alone.
//!
//! What is written is right, or somebody else has said what isn't: here nothing is checked.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::StepPath;
use toml::{Table, Value};

/// A step as it is written.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WrittenStep {
    /// Its inputs, each with its text or references.
    pub inputs: BTreeMap<String, String>,
    /// `for_each`
    pub for_each: Option<String>,
    /// `repeat`, as JSON.
    pub repeat: Option<serde_json::Value>,
    /// `when`, as JSON.
    pub when: Option<serde_json::Value>,
}

/// What becomes of the keys of a step that stands alone.
const OF_OTHERS: [&str; 6] = [
    "steps",
    "for_each",
    "concurrency",
    "repeat",
    "when",
    "optional",
];

/// The steps of a definition's text, by their paths; none where it can't be read.
#[must_use]
pub fn written_steps(text: &str) -> BTreeMap<StepPath, WrittenStep> {
    let mut found = BTreeMap::new();
    if let Ok(definition) = text.parse::<Table>() {
        collect(None, &definition, &mut found);
    }
    found
}

fn collect(parent: Option<&StepPath>, table: &Table, found: &mut BTreeMap<StepPath, WrittenStep>) {
    for step in steps_of(table) {
        let Some(path) = path_of(parent, step) else {
            continue;
        };
        collect(Some(&path), step, found);
        let text = |key: &str| step.get(key).map(text_of);
        let json = |key: &str| {
            let table = step.get(key)?;
            serde_json::to_value(table).ok()
        };
        let inputs = step.get("inputs").and_then(Value::as_table);
        let inputs = inputs.into_iter().flatten();
        let written = WrittenStep {
            inputs: inputs
                .map(|(name, value)| (name.clone(), text_of(value)))
                .collect(),
            for_each: text("for_each"),
            repeat: json("repeat"),
            when: json("when"),
        };
        found.insert(path, written);
    }
}

fn steps_of(table: &Table) -> impl Iterator<Item = &Table> {
    let steps = table.get("steps").and_then(Value::as_array);
    steps.into_iter().flatten().filter_map(Value::as_table)
}

fn path_of(parent: Option<&StepPath>, step: &Table) -> Option<StepPath> {
    let id = step.get("id")?.as_str()?;
    match parent {
        Some(parent) => format!("{parent}/{id}"),
        None => id.to_owned(),
    }
    .parse()
    .ok()
}

/// A value as it is written; a text without its quotes.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An input that a step alone has instead of what other steps would give it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InsteadOfOthers {
    /// What to give.
    pub what: String,
    /// The text where nothing is given: what the definition says where the others have written nothing.
    pub otherwise: Option<String>,
}

/// The definition of one step of a definition alone, at its path: what it says of the step, and of those inputs of the workflow
/// that are kept; each of `given` is an input of the workflow then, with what to give. What stands around the step has no work of its own. None where
/// there is no such step.
#[must_use]
pub fn step_alone(
    text: &str,
    path: &StepPath,
    given: &BTreeMap<String, InsteadOfOthers>,
    kept: &BTreeSet<String>,
) -> Option<String> {
    let definition = text.parse::<Table>().ok()?;
    let mut step = table_at(None, &definition, path)?.clone();
    for key in OF_OTHERS {
        step.remove(key);
    }
    if let Some(inputs) = step.get_mut("inputs").and_then(Value::as_table_mut) {
        for name in given.keys() {
            inputs.insert(name.clone(), format!("{{{{ inputs.{name} }}}}").into());
        }
    }
    let mut ids: Vec<&str> = path.ids().collect();
    ids.pop();
    for id in ids.into_iter().rev() {
        let steps = Value::Array(vec![step.into()]);
        step = Table::from_iter([("id".to_owned(), id.into()), ("steps".to_owned(), steps)]);
    }
    let mut inputs = definition.get("inputs").and_then(Value::as_table).cloned();
    let inputs = inputs.get_or_insert_default();
    inputs.retain(|name, _| kept.contains(name));
    for (name, InsteadOfOthers { what, otherwise }) in given {
        let mut described = Table::from_iter([("description".to_owned(), what.as_str().into())]);
        if let Some(otherwise) = otherwise {
            described.insert("default".to_owned(), otherwise.as_str().into());
        }
        inputs.insert(name.clone(), described.into());
    }
    let mut alone = definition.clone();
    alone.insert("inputs".into(), inputs.clone().into());
    alone.insert("steps".into(), Value::Array(vec![step.into()]));
    toml::to_string(&alone).ok()
}

fn table_at<'t>(
    parent: Option<&StepPath>,
    table: &'t Table,
    wanted: &StepPath,
) -> Option<&'t Table> {
    steps_of(table).find_map(|step| {
        let path = path_of(parent, step)?;
        match path == *wanted {
            true => Some(step),
            false => table_at(Some(&path), step, wanted),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse_definition;

    const FLOW: &str = "name = \"flow\"\n[inputs]\nfeature = {}\nother = {}\n[defaults]\nretries = 4\n[[steps]]\nid = \"a\"\nuses = \"builtin:a\"\n\
        [[steps.steps]]\nid = \"b\"\nuses = \"b.wasm\"\nfor_each = \"parent.list\"\nconcurrency = 2\n\
        grants.workspace = \"read\"\nlimits.memory = \"1MiB\"\n\
        inputs.one = \"{{ parent.out }}\"\ninputs.two = \"{{ inputs.feature }}\"\nsettings.\"my key\" = [1]\n";

    #[test]
    fn a_step_is_found_as_it_is_written() {
        let steps = written_steps(FLOW);
        let written = &steps[&"a/b".parse().unwrap()];
        assert_eq!(written.inputs["one"], "{{ parent.out }}");
        assert_eq!(written.for_each.as_deref(), Some("parent.list"));
        assert_eq!(steps.len(), 2);
    }

    #[test]
    fn a_step_alone_keeps_what_is_said_of_it_and_nothing_of_the_others() {
        let one = InsteadOfOthers {
            what: "from \"{{ parent.out }}\"".to_owned(),
            otherwise: Some("nothing \"yet\"".to_owned()),
        };
        let given = BTreeMap::from([("one".to_owned(), one)]);
        let path: StepPath = "a/b".parse().unwrap();
        let kept = BTreeSet::from(["feature".to_owned()]);
        let alone = step_alone(FLOW, &path, &given, &kept).unwrap();
        let (definition, problems) = parse_definition(&alone, "alone.toml");
        assert!(problems.is_empty(), "{problems:?}");
        let definition = definition.unwrap();
        assert_eq!(definition.defaults.retries, Some(4));
        let inputs: Vec<_> = definition.inputs.keys().map(ToString::to_string).collect();
        assert_eq!(inputs, ["feature", "one"]);
        let default = definition.inputs["one"].default.as_deref();
        assert_eq!(default, Some("nothing \"yet\""));
        let [a] = definition.steps.as_slice() else {
            unreachable!()
        };
        assert!(a.uses.is_none());
        let [b] = a.steps.as_slice() else {
            unreachable!()
        };
        assert_eq!(b.uses.as_ref().unwrap().value, "b.wasm");
        assert!(b.grants.workspace.is_some() && b.concurrency.is_none());
        let written = &written_steps(&alone)[&path];
        assert_eq!(written.inputs["one"], "{{ inputs.one }}");
        assert_eq!(written.inputs["two"], "{{ inputs.feature }}");
        assert_eq!(step_alone(FLOW, &"c".parse().unwrap(), &given, &kept), None);
    }
}
