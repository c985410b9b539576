//! A step held against what its plugin says of itself: inputs, settings, prompts and grants.

use std::collections::BTreeMap;

use stepwell_contract::{
    Description, Field, Grant, Grants, Name, Remedy, TextService, WorkspaceGrant, did_you_mean,
    suggestion,
};

use crate::content::value_problems;
use crate::definition::StepDefinition;
use crate::diagnostics::{Problems, UNKNOWN_MODEL};
use crate::located::Located;
use crate::tree::{Node, Tree};

/// Inputs that the plugin doesn't have, and those that it needs and doesn't get.
pub(crate) fn check_inputs(
    tree: &Tree<'_>,
    index: usize,
    workflow_inputs: &[&str],
    problems: &mut Problems,
) {
    let node = &tree.nodes[index];
    let Some(description) = node.description.as_deref() else {
        return;
    };
    for (name, _) in &node.step.inputs {
        if !has(&description.inputs, name.value.as_str()) {
            let message = format!(
                "plugin `{}` has no input `{}`",
                description.name, name.value
            );
            let hint = suggestion(name.value.as_str(), names(&description.inputs), "inputs");
            problems.error("unknown-plugin-input", name.span, message, hint);
        }
    }
    for field in description.inputs.iter().filter(|field| field.required) {
        if node
            .step
            .inputs
            .iter()
            .any(|(name, _)| name.value.as_str() == field.name)
        {
            continue;
        }
        let source = likely_source(tree, index, &field.name, workflow_inputs);
        let purpose = match field.description.as_str() {
            "" => String::new(),
            text => format!(" ({text})"),
        };
        problems.error(
            "missing-input",
            node.step.id.span,
            format!(
                "step `{}` needs the input `{}`{purpose}",
                node.path, field.name
            ),
            format!("add `inputs.{} = \"{source}\"`", field.name),
        );
    }
}

/// Where a text of this name most likely comes from.
fn likely_source(tree: &Tree<'_>, index: usize, name: &str, workflow_inputs: &[&str]) -> String {
    let parent = tree.nodes[index].parent;
    if parent.is_some_and(|parent| tree.nodes[parent].document(name).is_some()) {
        return format!("{{{{ parent.{name} }}}}");
    }
    let writer = (0..tree.nodes.len()).find(|other| {
        tree.nodes[*other].document(name).is_some()
            && !tree.is_within(*other, index)
            && !tree.is_within(index, *other)
    });
    match writer {
        Some(writer) => format!("{{{{ {}.{name} }}}}", tree.dotted(writer)),
        None if workflow_inputs.contains(&name) => format!("{{{{ inputs.{name} }}}}"),
        None => "…".to_owned(),
    }
}

/// Settings that the plugin doesn't have, and those that it needs and doesn't get.
pub(crate) fn check_settings(node: &Node<'_>, description: &Description, problems: &mut Problems) {
    for (name, setting) in &node.step.settings {
        if !has(&description.settings, name) {
            let message = format!("plugin `{}` has no setting `{name}`", description.name);
            let hint = suggestion(name, names(&description.settings), "settings");
            problems.error("unknown-setting", setting.span, message, hint);
        }
    }
    for field in description.settings.iter().filter(|field| field.required) {
        if !node.step.settings.contains_key(&field.name) {
            problems.error(
                "missing-setting",
                node.step.id.span,
                format!("step `{}` needs the setting `{}`", node.path, field.name),
                format!("add `settings.{} = …`", field.name),
            );
        }
    }
}

/// Settings whose values aren't what the plugin declares.
pub(crate) async fn check_values(
    node: &Node<'_>,
    texts: &dyn TextService,
    problems: &mut Problems,
) {
    let declared = node.description.iter().flat_map(|it| &it.settings);
    let given = declared.filter_map(|field| {
        let setting = node.step.settings.get(&field.name)?;
        Some((field, setting))
    });
    let given: Vec<_> = given.collect();
    let values: Vec<_> = given
        .iter()
        .map(|(field, setting)| (*field, &setting.value))
        .collect();
    let what = |field: &Field| format!("the setting `{}` of step `{}`", field.name, node.path);
    match value_problems(&values, texts).await {
        Ok(found) => {
            for ((field, setting), reason) in given.into_iter().zip(found) {
                let Some(reason) = reason else { continue };
                let (name, description) = (&field.name, &field.description);
                let hint = (!description.is_empty()).then(|| format!("`{name}` is: {description}"));
                let message = format!("{} doesn't fit: {reason}", what(field));
                problems.error("bad-setting", setting.span, message, hint);
            }
        }
        Err(failed) => {
            for (field, setting) in given {
                problems.unchecked(setting.span, &what(field), &failed);
            }
        }
    }
}

/// All prompts of the plugin, each with the name under which its versions are kept.
pub(crate) fn prompts(
    step: &StepDefinition,
    description: &Description,
    problems: &mut Problems,
) -> BTreeMap<String, Name> {
    let declared = || {
        description
            .prompts
            .iter()
            .map(|prompt| prompt.name.as_str())
    };
    for (name, (span, _)) in &step.prompts {
        if !declared().any(|one| one == name) {
            let message = format!("plugin `{}` has no prompt `{name}`", description.name);
            problems.error(
                "unknown-prompt",
                *span,
                message,
                suggestion(name, declared(), "prompts"),
            );
        }
    }
    declared()
        .filter_map(|name| {
            let stored = match step.prompts.get(name) {
                Some((_, stored)) => stored.value.clone(),
                // A sandbox refuses a plugin whose prompts have bad names; one that slips through can't be asked for.
                None => Name::new(name).ok()?,
            };
            Some((name.to_owned(), stored))
        })
        .collect()
}

/// What the step may do; reports what the plugin needs and isn't given, and what it is given and doesn't need.
pub(crate) fn grants(
    node: &Node<'_>,
    description: &Description,
    problems: &mut Problems,
) -> Grants {
    let request = &node.step.grants;
    let given = Grants {
        workspace: request
            .workspace
            .as_ref()
            .map_or(WorkspaceGrant::None, |it| it.value),
        prompts_write: request.prompts.is_some(),
        real_clock: request.clock.is_some(),
        include: request.include.iter().map(|it| it.value.clone()).collect(),
        read: request.read.iter().map(|it| it.value.clone()).collect(),
        http: request.http.iter().map(|it| it.value.clone()).collect(),
        models: request.models.iter().map(|it| it.value.clone()).collect(),
    };
    if let (Some(included), WorkspaceGrant::None) = (request.include.first(), given.workspace) {
        let message = "`grants.include` does nothing without `grants.workspace`";
        problems.warning("idle-grant", included.span, message, "take the line out");
    }
    // What this host doesn't have is told when the plugin is loaded.
    let (needed, _) = Grants::asked(&description.grants);
    let uncovered = !given.workspace.covers(needed.workspace);
    let word = needed.workspace.word().filter(|_| uncovered);
    let prompts = needed.prompts_write && !given.prompts_write;
    let clock = needed.real_clock && !given.real_clock;
    let missing = [
        word.map(|word| (Grant::Workspace, word)),
        prompts.then_some((Grant::Prompts, "write")),
        clock.then_some((Grant::Clock, "real")),
    ];
    let missing = missing.into_iter().flatten();
    for (grant, value) in missing.filter(|_| !request.unreadable) {
        let message = format!("step `{}` needs a grant that it isn't given", node.path);
        let hint = format!("add `grants.{grant} = \"{value}\"`");
        problems.error("missing-grant", node.step.id.span, message, hint);
        let value = value.to_owned();
        problems.mended_by(Remedy::AddGrant { grant, value });
    }
    let optional = description.optional_grants();
    // Of an optional grant that this host doesn't have the plugin makes no use here.
    let all = [&description.grants[..], &optional].concat();
    let (used, _) = Grants::asked(&all);
    let is_idle = !uncovered && !used.workspace.covers(given.workspace);
    warn_of_idle(node, &description.name, is_idle, &used, problems);
    given
}

/// One that is idle is in force all the same: a plugin may use what its description doesn't mention.
fn warn_of_idle(
    node: &Node<'_>,
    name: &str,
    workspace_is_idle: bool,
    used: &Grants,
    problems: &mut Problems,
) {
    let request = &node.step.grants;
    if workspace_is_idle {
        let span = request.workspace.as_ref().map(|grant| grant.span);
        let (message, hint) = match used.workspace {
            WorkspaceGrant::Read => (
                format!("plugin `{name}` asks to read the workspace only"),
                "`grants.workspace = \"read\"` is enough",
            ),
            _ => unasked(name, "workspace"),
        };
        problems.warning("idle-grant", span, message, hint);
    }
    for (key, grant, is_used) in [
        ("prompts", request.prompts, used.prompts_write),
        ("clock", request.clock, used.real_clock),
    ] {
        if grant.is_some() && !is_used {
            let (message, hint) = unasked(name, key);
            problems.warning("idle-grant", grant, message, hint);
        }
    }
}

fn unasked(plugin: &str, key: &str) -> (String, &'static str) {
    (
        format!("plugin `{plugin}` doesn't ask for `grants.{key}`"),
        "take the line out",
    )
}

/// A document and a sub-step of one parent can't share a name: `steps.X.NAME` would mean both.
pub(crate) fn check_document_names(tree: &Tree<'_>, index: usize, problems: &mut Problems) {
    for child in &tree.nodes[index].children {
        let id = &tree.nodes[*child].step.id;
        if tree.nodes[index].document(id.value.as_str()).is_some() {
            problems.error(
                "document-and-step",
                id.span,
                format!(
                    "step `{}` writes a document `{}`, so no sub-step can have that id",
                    tree.nodes[index].path, id.value
                ),
                "give the sub-step another id",
            );
        }
    }
}

/// A model that the operator hasn't configured.
pub(crate) fn check_model(
    model: &Located<String>,
    known: &std::collections::BTreeSet<String>,
    problems: &mut Problems,
) {
    if known.contains(&model.value) {
        return;
    }
    let names = known.iter().map(String::as_str);
    let hint = match did_you_mean(&model.value, names.clone()) {
        Some(hint) => hint,
        None if model.value.contains('/') => format!(
            "give it a short name in `stepwell.toml`: `[models]` and `my_model = \"{}\"`",
            model.value
        ),
        None => suggestion(&model.value, names, "models") + "; models are named in `stepwell.toml`",
    };
    let message = format!("there is no model `{}`", model.value);
    problems.error(UNKNOWN_MODEL, model.span, message, hint);
}

fn has(fields: &[Field], name: &str) -> bool {
    fields.iter().any(|field| field.name == name)
}

fn names(fields: &[Field]) -> impl Iterator<Item = &str> + Clone {
    fields.iter().map(|field| field.name.as_str())
}
