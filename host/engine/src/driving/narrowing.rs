//! What the operator lets plugins have at most, by where they come from (`[sources]` of the configuration), laid over a plan.
//!
//! A new run that would have more is refused, at the line that gives it. One that goes on has what is left: the operator may have said
//! it since.

use std::collections::BTreeMap;
use std::path::Path;

use stepwell_contract::StepPath;
use stepwell_definition::{Ceiling, Definition, Diagnostic, MostGranted, Plan, PlannedStep, Span};
use stepwell_store::PinnedModel;

use super::models::warning;
use super::origins::{Lies, Places};
use crate::state::{House, shown_source};
use crate::words::EngineError;

/// Finds what each step of a plan may have at most. Paths of its plugins start at this folder.
///
/// # Errors
/// [`EngineError::Plugin`] for one that is named by what can't be an address.
pub(super) async fn lay_ceilings(
    house: &House,
    folder: &Path,
    plan: &mut Plan,
) -> Result<(), EngineError> {
    for step in &mut plan.steps {
        let Some(uses) = &step.uses else {
            continue;
        };
        let seen = Lies::of(house, uses, folder)
            .seen(Places::of(house), |sources, origin| sources.ceiling(origin))
            .await;
        let seen = seen.map_err(|error| EngineError::Plugin {
            uses: shown_source(uses),
            error,
        })?;
        step.ceiling = Ceiling::default();
        seen.into_iter().for_each(|seen| step.ceiling.join(seen));
    }
    Ok(())
}

/// Takes away what goes beyond. Gives the steps that have less than their definition says.
pub(super) fn narrow(plan: &mut Plan) -> Vec<String> {
    let mut changes = Vec::new();
    for step in &mut plan.steps {
        let before = step.grants.clone();
        step.ceiling.narrow(&mut step.grants);
        if step.grants != before {
            changes.push(format!(
                "grants of `{}`, which `[sources]` of `stepwell.toml` narrows",
                step.path
            ));
        }
    }
    changes
}

/// What a definition gives to plugins that the operator doesn't let them have.
pub(super) fn beyond(
    plan: &Plan,
    definition: &Definition,
    models: &BTreeMap<StepPath, PinnedModel>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for step in &plan.steps {
        if step.ceiling == Ceiling::default() {
            continue;
        }
        let narrowed = Narrowed { step, definition };
        narrowed.grants(&mut found);
        narrowed.models(models.get(&step.path), &mut found);
    }
    found
}

/// The models that are to be asked instead of others, and that the operator doesn't let a step ask.
pub(super) fn forbidden_instead(
    plan: &Plan,
    models: &BTreeMap<StepPath, PinnedModel>,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for step in &plan.steps {
        let Some(meant) = models.get(&step.path) else {
            continue;
        };
        for other in &meant.fallback {
            let Some(forbids) = step.ceiling.forbidding_model(&other.name).next() else {
                continue;
            };
            let message = format!(
                "the model `{}` is to be asked where `{}` can't answer, and won't be for step `{}`: `[sources.{}]` doesn't name it among its `models`",
                other.name, meant.name, step.path, forbids.source
            );
            found.push(warning(message, None));
        }
    }
    found
}

/// A step whose plugin may have only so much.
struct Narrowed<'a> {
    step: &'a PlannedStep,
    definition: &'a Definition,
}

impl Narrowed<'_> {
    fn grants(&self, found: &mut Vec<Diagnostic>) {
        let Some(step) = self.definition.step(&self.step.path) else {
            return;
        };
        let request = &step.grants;
        if let Some(grant) = &request.workspace {
            let line = format!("workspace = \"{}\"", grant.value.word().unwrap_or_default());
            let allows = |most: &MostGranted| most.allows_workspace(grant.value);
            let less = |most: &MostGranted| {
                let word = most.workspace.word()?;
                Some(format!(
                    "no more than `grants.workspace = \"{word}\"` can be granted to it"
                ))
            };
            self.forbidden_with(&line, grant.span, allows, less, found);
        }
        if let Some(span) = request.prompts {
            self.forbidden(
                "prompts = \"write\"",
                span,
                |most| most.prompts_write,
                found,
            );
        }
        if let Some(span) = request.clock {
            self.forbidden("clock = \"real\"", span, |most| most.real_clock, found);
        }
        for path in &request.include {
            let line = format!("include = [\"{}\"]", path.value);
            let allows = |most: &MostGranted| most.allows_include(&path.value);
            self.forbidden(&line, path.span, allows, found);
        }
        for folder in &request.read {
            let line = format!("read = [{{ path = \"{}\", … }}]", folder.value.path);
            let allows = |most: &MostGranted| most.allows_read(&folder.value);
            self.forbidden(&line, folder.span, allows, found);
        }
        for host in &request.http {
            let line = format!("http = [\"{}\"]", host.value);
            let allows = |most: &MostGranted| most.allows_http(&host.value);
            self.forbidden(&line, host.span, allows, found);
        }
    }

    fn forbidden(
        &self,
        line: &str,
        span: Span,
        allows: impl Fn(&MostGranted) -> bool,
        found: &mut Vec<Diagnostic>,
    ) {
        self.forbidden_with(line, span, allows, |_| None, found);
    }

    /// The same, where `less` says what could be granted instead.
    fn forbidden_with(
        &self,
        line: &str,
        span: Span,
        allows: impl Fn(&MostGranted) -> bool,
        less: impl Fn(&MostGranted) -> Option<String>,
        found: &mut Vec<Diagnostic>,
    ) {
        for forbids in self.step.ceiling.forbidding(allows) {
            let source = &forbids.source;
            let message = format!(
                "step `{}` can't be granted `{line}`: `[sources.{source}.grants]` of `stepwell.toml` doesn't let plugins from there have that",
                self.step.path
            );
            let hint = less(&forbids.most).unwrap_or_else(|| {
                "take it out; only who runs this host can allow it there".to_owned()
            });
            let told = self
                .definition
                .error("beyond-source", span, message, Some(hint));
            found.push(told);
        }
    }

    fn models(&self, own: Option<&PinnedModel>, found: &mut Vec<Diagnostic>) {
        let Some(step) = self.definition.step(&self.step.path) else {
            return;
        };
        let named = step
            .model
            .as_ref()
            .or(self.definition.defaults.model.as_ref());
        let span = named.map_or(step.id.span, |model| model.span);
        let own = own.map(|model| (model.name.as_str(), span));
        let others = step.grants.models.iter();
        let others = others.map(|model| (model.value.as_str(), model.span));
        for (name, span) in own.into_iter().chain(others) {
            for forbids in self.step.ceiling.forbidding_model(name) {
                let source = &forbids.source;
                let message = format!(
                    "step `{}` can't ask the model `{name}`: `[sources.{source}]` of `stepwell.toml` doesn't let plugins from there ask it",
                    self.step.path
                );
                let hint = match forbids.most.as_slice() {
                    [] => "its plugins may ask no model at all".to_owned(),
                    allowed => format!("they may ask `{}`", allowed.join("`, `")),
                };
                found.push(
                    self.definition
                        .error("beyond-source", span, message, Some(hint)),
                );
            }
        }
    }
}
