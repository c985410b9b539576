//! Holds a definition against its plugins, and makes the plan.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use stepwell_contract::{Description, Grants, Limits, Name, StepPath, TemplateError, TextService};

use crate::ceiling::Ceiling;
use crate::definition::{Definition, StepDefinition};
use crate::diagnostics::{Diagnostic, Problems};
use crate::graph::{self, Wait};
use crate::keeping::check_kept;
use crate::keys;
use crate::plan::{Plan, PlannedStep};
use crate::plugin;
use crate::resolved::Resolved;
use crate::sent_back::check_sent_back;
use crate::shared_prompts::check_shared_prompts;
use crate::tree::Tree;

/// How often a failed step is tried again where nobody says otherwise.
const RETRIES: u32 = 2;

/// Checks all that a definition says, and makes a plan of it if there is no error.
///
/// `describe` gives what a step's plugin says of itself, by the step's path and its `uses`. Where it gives none the
/// plugin couldn't be loaded: the caller reports that, what depends on it isn't checked, and there is no plan, unless
/// the step is optional.
/// `models` are the short names that the operator has configured; with none of them known, they aren't checked.
pub async fn check(
    definition: &Definition,
    describe: &(dyn Fn(&StepPath, &str) -> Option<Arc<Description>> + Sync),
    models: Option<&BTreeSet<String>>,
    texts: &dyn TextService,
) -> (Option<Plan>, Vec<Diagnostic>) {
    let tree = Tree::new(definition, describe);
    let mut problems = Problems::new(Arc::clone(&definition.source));
    if let (Some(model), Some(models)) = (&definition.defaults.model, models) {
        plugin::check_model(model, models, &mut problems);
    }
    let resolved: Vec<Resolved> = (0..tree.nodes.len())
        .map(|step| Resolved::of(definition, &tree, step, &mut problems))
        .collect();
    let waits: Vec<Vec<Wait>> = resolved.iter().map(|step| step.waits.clone()).collect();
    graph::check_cycles(&tree, &waits, &mut problems);
    check_unused_inputs(definition, &resolved, &mut problems);
    let steps: Vec<PlannedStep> = resolved
        .into_iter()
        .enumerate()
        .map(|(index, step)| planned(definition, &tree, index, step, models, &mut problems))
        .collect();
    for index in 0..steps.len() {
        check_sent_back(&tree, &steps, index, &mut problems);
    }
    check_shared_prompts(&tree, &mut problems);
    check_filters(&tree, texts, &mut problems).await;
    for node in &tree.nodes {
        plugin::check_values(node, texts, &mut problems).await;
    }
    let complete = !definition.broken
        && !problems.has_errors()
        && tree
            .nodes
            .iter()
            .all(|node| node.is_known() || node.step.optional);
    let plan = complete.then(|| Plan {
        name: definition.name.clone(),
        description: definition.description.clone(),
        workspace: definition.workspace.as_ref().map(|path| path.value.clone()),
        publish: definition.publish.unwrap_or_default(),
        inputs: definition.inputs.clone(),
        steps,
    });
    (plan, problems.into_sorted())
}

/// Filters whose arguments only who carries them out can read.
async fn check_filters(tree: &Tree<'_>, texts: &dyn TextService, problems: &mut Problems) {
    let mut read = BTreeMap::new();
    let steps = tree.nodes.iter().flat_map(|node| &node.step.inputs);
    for filters in steps.flat_map(|(_, template)| template.filters()) {
        let template = filters.template.as_str();
        if !read.contains_key(template) {
            read.insert(template, texts.read_template(template).await.err());
        }
        match read.get(template).cloned().flatten() {
            None => {}
            Some(TemplateError::Failed(failed)) => {
                problems.unchecked(filters.span, "the filter", &failed);
            }
            Some(TemplateError::Invalid { message, .. }) => {
                problems.error("bad-expression", filters.span, message, None);
            }
            Some(other) => {
                problems.error("bad-expression", filters.span, other.to_string(), None);
            }
        }
    }
}

/// An input that nothing uses was most likely meant for somewhere.
fn check_unused_inputs(definition: &Definition, resolved: &[Resolved], problems: &mut Problems) {
    // Where a reference is broken, it may be the one that was meant.
    if definition.broken || problems.has_errors() {
        return;
    }
    for (name, input) in &definition.inputs {
        if !resolved.iter().any(|step| step.used_inputs.contains(name)) {
            let message = format!("nothing uses the input `{name}`");
            let hint = format!("use it: `{{{{ inputs.{name} }}}}`, or take it out");
            problems.warning("unused-input", input.span, message, hint);
        }
    }
}

fn planned(
    definition: &Definition,
    tree: &Tree<'_>,
    index: usize,
    resolved: Resolved,
    models: Option<&BTreeSet<String>>,
    problems: &mut Problems,
) -> PlannedStep {
    let node = &tree.nodes[index];
    let step = node.step;
    let defaults = &definition.defaults;
    if let (Some(model), Some(models)) = (&step.model, models) {
        plugin::check_model(model, models, problems);
    }
    if let Some(models) = models {
        for model in &step.grants.models {
            plugin::check_model(model, models, problems);
        }
    }
    check_group(tree, index, problems);
    check_concurrency(step, problems);
    plugin::check_document_names(tree, index, problems);
    let workflow_inputs: Vec<_> = definition.inputs.keys().map(Name::as_str).collect();
    plugin::check_inputs(tree, index, &workflow_inputs, problems);
    let mut prompts = BTreeMap::new();
    let mut grants = Grants::default();
    if let Some(description) = node.description.as_deref() {
        plugin::check_settings(node, description, problems);
        prompts = plugin::prompts(step, description, problems);
        grants = plugin::grants(node, description, problems);
    }
    let keep = check_kept(tree, index, problems);
    let settings = step.settings.iter();
    let settings = settings.map(|(name, setting)| (name.clone(), setting.value.clone()));
    let limit_overrides = step.limits.or(&defaults.limits);
    let model = step.model.as_ref().or(defaults.model.as_ref());
    PlannedStep {
        path: node.path.clone(),
        parent: node.parent,
        children: node.children.clone(),
        uses: step.uses.as_ref().map(|uses| uses.value.clone()),
        needs: graph::needs(tree, index, &resolved.waits),
        inputs: resolved.inputs,
        settings: settings.collect(),
        model: model.map(|model| model.value.clone()),
        inference: step.inference,
        prompts,
        keep,
        grants,
        ceiling: Ceiling::default(),
        budget: step.budget,
        limits: limit_overrides.over(&Limits::default()),
        limit_overrides,
        retries: step.retries.or(defaults.retries).unwrap_or(RETRIES),
        for_each: resolved.for_each,
        repeat: resolved.repeat,
        when: resolved.when,
        reads_before: resolved.reads_before,
        concurrency: step.concurrency.as_ref().map_or(1, |it| it.value),
        optional: step.optional,
        span: step.id.span,
    }
}

fn check_concurrency(step: &StepDefinition, problems: &mut Problems) {
    if let (Some(concurrency), None) = (&step.concurrency, &step.for_each) {
        problems.warning(
            "idle-concurrency",
            concurrency.span,
            "`concurrency` does nothing without `for_each`",
            "steps that don't depend on each other run at the same time anyway",
        );
    }
}

/// A step without a plugin must have sub-steps, and what is meant for a plugin means nothing on it.
fn check_group(tree: &Tree<'_>, index: usize, problems: &mut Problems) {
    let node = &tree.nodes[index];
    if node.step.uses.is_some() || node.step.lost_uses {
        return;
    }
    if node.children.is_empty() && !node.step.lost_steps {
        // An empty or unreadable `steps` is reported where it stands.
        if !node.step.keys.iter().any(|(key, _)| *key == "steps") {
            problems.error(
                "missing-uses",
                node.step.id.span,
                format!("step `{}` has neither a plugin nor sub-steps", node.path),
                "add `uses = \"builtin:…\"`, or `[[steps.steps]]` below it",
            );
        }
        return;
    }
    for (key, span) in &node.step.keys {
        if keys::OF_PLUGIN
            .iter()
            .any(|of_plugin| of_plugin.name == *key)
        {
            problems.error(
                "key-of-group",
                *span,
                format!(
                    "`{key}` does nothing on step `{}`, which has no plugin",
                    node.path
                ),
                "move it to the sub-steps, or add `uses`",
            );
        }
    }
}
