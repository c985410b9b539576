//! The workflow in which a case is carried out: the step that is tested, and those before it whose documents the case has.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::{Description, StepPath, WorkspaceGrant};
use stepwell_definition::TestCase;
use stepwell_engine::{BuiltinStep, BuiltinSteps};
use toml::{Table, Value};

use crate::servers::granted;
use crate::stage::Before;

/// The step of the workflow that waits for all the others, and which the tested one waits for.
const READY: &str = "all_before_it";

/// A workflow, and the steps in it that are no plugins.
pub(crate) struct Workflow {
    pub(crate) definition: String,
    pub(crate) before: BuiltinSteps,
}

impl Workflow {
    /// The workflow of a case. Its inputs are those of the step.
    ///
    /// # Errors
    /// Why it can't be written down: no TOML holds what a setting is.
    pub(crate) fn of(case: &TestCase, uses: &str, plugin: &Description) -> Result<Self, String> {
        let mut before = BuiltinSteps::new();
        let mut steps = steps_before(case, &mut before);
        let mut tested = tested(case, uses, plugin)?;
        if !steps.is_empty() {
            steps.push(ready(case, &mut before));
            let value = Value::String(format!("steps.{READY}.ready"));
            let is = Value::String("yes".into());
            let when = Table::from_iter([("value".to_owned(), value), ("is".to_owned(), is)]);
            tested.insert("when".into(), Value::Table(when));
        }
        steps.push(Value::Table(tested));
        let mut workflow = Table::new();
        workflow.insert("name".into(), Value::String("test".into()));
        let inputs = case.inputs.keys();
        let inputs = inputs.map(|name| (name.clone(), Value::Table(Table::new())));
        workflow.insert("inputs".into(), Value::Table(inputs.collect()));
        workflow.insert("steps".into(), Value::Array(steps));
        let definition = toml::to_string(&workflow).map_err(|error| error.to_string())?;
        Ok(Self { definition, before })
    }
}

/// The step that is tested.
fn tested(case: &TestCase, uses: &str, plugin: &Description) -> Result<Table, String> {
    let mut step = Table::new();
    step.insert("id".into(), Value::String(plugin.name.clone()));
    step.insert("uses".into(), Value::String(uses.to_owned()));
    let inputs = case.inputs.keys().map(|name| {
        let given = Value::String(format!("{{{{ inputs.{name} }}}}"));
        (name.clone(), given)
    });
    step.insert("inputs".into(), Value::Table(inputs.collect()));
    let mut settings = Table::new();
    for (name, setting) in &case.settings {
        let value = Value::try_from(setting);
        let value = value.map_err(|error| format!("the setting `{name}`: {error}"))?;
        settings.insert(name.clone(), value);
    }
    step.insert("settings".into(), Value::Table(settings));
    step.insert("grants".into(), Value::Table(grants(case, plugin)));
    if let Some(retries) = case.retries {
        step.insert("retries".into(), Value::Integer(retries.into()));
    }
    Ok(step)
}

/// What the case grants; where it says nothing, what the step says that it needs.
fn grants(case: &TestCase, plugin: &Description) -> Table {
    let needed = plugin.grants.iter();
    let needed = needed.map(|grant| (grant.name.clone(), Value::String(grant.value.clone())));
    let mut grants: Table = needed.collect();
    if let Some(word) = case.workspace.and_then(WorkspaceGrant::word) {
        grants.insert("workspace".into(), Value::String(word.to_owned()));
    }
    if case.prompts_writable == Some(true) {
        grants.insert("prompts".into(), Value::String("write".into()));
    }
    let hosts: Vec<_> = granted(case).into_iter().map(Value::String).collect();
    if !hosts.is_empty() {
        grants.insert("http".into(), Value::Array(hosts));
    }
    grants
}

/// The steps whose documents the case has, each below the one that it is a sub-step of.
fn steps_before(case: &TestCase, before: &mut BuiltinSteps) -> Vec<Value> {
    let mut paths: BTreeSet<StepPath> = case.documents.keys().cloned().collect();
    for path in case.documents.keys() {
        let mut above = path.parent();
        while let Some(path) = above {
            above = path.parent();
            paths.insert(path);
        }
    }
    let outermost = paths.iter().filter(|path| path.parent().is_none());
    outermost
        .map(|path| step_before(path, &paths, &case.documents, before))
        .collect()
}

fn step_before(
    path: &StepPath,
    paths: &BTreeSet<StepPath>,
    documents: &BTreeMap<StepPath, BTreeMap<String, String>>,
    before: &mut BuiltinSteps,
) -> Value {
    let mut step = Table::new();
    step.insert("id".into(), Value::String(path.id().to_owned()));
    if let Some(documents) = documents.get(path) {
        let uses = named(Before::new(documents, &[]), before);
        step.insert("uses".into(), Value::String(uses));
    }
    let below = paths
        .iter()
        .filter(|other| other.parent().as_ref() == Some(path));
    let below: Vec<Value> = below
        .map(|path| step_before(path, paths, documents, before))
        .collect();
    if !below.is_empty() {
        step.insert("steps".into(), Value::Array(below));
    }
    Value::Table(step)
}

/// The step that refers to all of them, so that whoever waits for it depends on them.
fn ready(case: &TestCase, before: &mut BuiltinSteps) -> Value {
    let mut inputs = Table::new();
    for (path, documents) in &case.documents {
        for name in documents.keys() {
            let path: Vec<&str> = path.ids().collect();
            let reference = format!("{{{{ steps.{}.{name} }}}}", path.join("."));
            let input = format!("document_{}", inputs.len());
            inputs.insert(input, Value::String(reference));
        }
    }
    let names: Vec<String> = inputs.keys().cloned().collect();
    let documents = BTreeMap::from([("ready".to_owned(), "yes".to_owned())]);
    let uses = named(Before::new(&documents, &names), before);
    Value::Table(Table::from_iter([
        ("id".to_owned(), Value::String(READY.into())),
        ("uses".to_owned(), Value::String(uses)),
        ("inputs".to_owned(), Value::Table(inputs)),
    ]))
}

/// Makes a step one that a definition can name.
fn named(step: Before, before: &mut BuiltinSteps) -> String {
    let name = format!("before_{}", before.len());
    let component = step.component();
    let builtin = BuiltinStep::new(false, move || Ok(component.clone()));
    before.insert(name.clone(), builtin);
    format!("builtin:{name}")
}
