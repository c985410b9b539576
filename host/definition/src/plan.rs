//! What the engine carries out: the steps of a definition with everything resolved.
//!
//! A plan says what waits for what and where each text comes from. It holds no state of a run.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use stepwell_contract::{Budget, Grants, Inference, Limits, Name, Publish, StepPath};

use crate::ceiling::Ceiling;
use crate::definition::{InputDefinition, LimitOverrides, Otherwise};
use crate::diagnostics::Span;
use crate::reference::{Reference, Whole};
use crate::template::Template;

/// A definition that can be carried out.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The workflow's name.
    pub name: Name,
    /// What it does, for a person; may be empty.
    pub description: String,
    /// The directory that the steps work on, relative to the project.
    pub workspace: Option<String>,
    /// Where a run puts what its steps write.
    pub publish: Publish,
    /// What a person gives to a run, in the order of the file.
    pub inputs: IndexMap<Name, InputDefinition>,
    /// All steps, depth first: a parent stands before its sub-steps.
    pub steps: Vec<PlannedStep>,
}

/// One step of a plan. Numbers of steps are indices into [`Plan::steps`].
#[derive(Debug, Clone)]
pub struct PlannedStep {
    /// Its path.
    pub path: StepPath,
    /// The step that it is a sub-step of.
    pub parent: Option<usize>,
    /// Its sub-steps.
    pub children: Vec<usize>,
    /// Its plugin; none for a group.
    pub uses: Option<String>,
    /// The plugin's inputs, in the order of the file.
    pub inputs: Vec<(Name, Template)>,
    /// The plugin's settings.
    pub settings: BTreeMap<String, serde_json::Value>,
    /// A short name of a model; none is the operator's default.
    pub model: Option<String>,
    /// How its models are asked, where it says otherwise than the operator.
    pub inference: Inference,
    /// All prompts that the plugin declares, each with the name under which its versions are kept.
    pub prompts: BTreeMap<String, Name>,
    /// Documents that are kept as files of the workspace.
    pub keep: Vec<Kept>,
    /// What it may do.
    pub grants: Grants,
    /// What the operator lets it have at most, by where its plugin comes from: nothing is known of that here.
    pub ceiling: Ceiling,
    /// The most that it may spend in a run, its items and rounds together.
    pub budget: Budget,
    /// What one attempt may use: what the definition says, over the built-in limits.
    pub limits: Limits,
    /// What the definition says of limits, to lay over those of an operator: see [`PlannedStep::limits_over`].
    pub limit_overrides: LimitOverrides,
    /// How often it is tried again after a failure.
    pub retries: u32,
    /// The document whose items it is repeated for. The reference is looked up as the parent sees it, outside of
    /// the step's own items. Where the document isn't there, which only `| default([])` allows, there are no items.
    pub for_each: Option<Reference>,
    /// How many items are worked on at once; at least 1.
    pub concurrency: u32,
    /// Whether the run goes on when it fails.
    pub optional: bool,
    /// While what it runs again, with its subtree. With `for_each`, each item has rounds of its own.
    pub repeat: Option<PlannedRepeat>,
    /// If what it is carried out, with its subtree. Looked up as `for_each` is, once for all of its items and rounds.
    pub when: Option<PlannedWhen>,
    /// What must have succeeded before it may start; the parent's own work stands first.
    pub needs: Vec<Need>,
    /// The steps of which it reads documents of the round before: it doesn't wait for them, but depends on them.
    pub reads_before: Vec<usize>,
    /// Where its id stands in the definition.
    pub span: Span,
}

impl Plan {
    /// The place of a step.
    #[must_use]
    pub fn index_of(&self, path: &StepPath) -> Option<usize> {
        self.steps.iter().position(|step| step.path == *path)
    }

    /// The step and those that it lies below, innermost first.
    pub fn lineage(&self, step: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(step), |step| self.steps[*step].parent)
    }

    /// The inputs of a step that differ from one call of it to the next: from item to item of the innermost `for_each` that it lies in,
    /// or, where there is none, from round to round of the innermost `repeat`. None where it lies in neither.
    #[must_use]
    pub fn varying_inputs(&self, step: usize) -> Option<Vec<&Name>> {
        let has_items = |step: &usize| self.steps[*step].for_each.is_some();
        let has_rounds = |step: &usize| self.steps[*step].repeat.is_some();
        let repeated = self.lineage(step).find(has_items);
        let repeated = repeated.or_else(|| self.lineage(step).find(has_rounds))?;
        let around = &self.steps[repeated].path;
        let varies = |reference: &Reference| match reference {
            Reference::Input(_) => false,
            Reference::Document { step, .. } | Reference::Item { step, .. } => {
                self.steps[*step].path.is_within(around)
            }
        };
        let inputs = self.steps[step].inputs.iter();
        let varying = inputs.filter(|(_, template)| {
            let mut references = template.references().iter();
            references.any(|(reference, _)| varies(reference))
        });
        Some(varying.map(|(name, _)| name).collect())
    }

    /// The repeated steps that a step lies in, outermost first; the step itself among them if it is repeated.
    #[must_use]
    pub fn repeats_around(&self, step: usize) -> Vec<usize> {
        let mut around: Vec<usize> = self
            .lineage(step)
            .filter(|step| self.steps[*step].repeat.is_some())
            .collect();
        around.reverse();
        around
    }

    /// The repeated step of whose round before a step sees the documents of another one: see [`Reference::Document`].
    #[must_use]
    pub fn round_before(&self, asker: usize, other: usize) -> Option<usize> {
        let around = self.repeats_around(other);
        let mut shared = self.repeats_around(asker);
        shared.retain(|step| around.contains(step));
        shared.pop().filter(|_| other >= asker)
    }
}

impl PlannedStep {
    /// What the definition says of limits, over these of an operator.
    #[must_use]
    pub fn limits_over(&self, base: &Limits) -> Limits {
        self.limit_overrides.over(base)
    }
}

/// While what a step runs again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedRepeat {
    /// The document that says so, as the round left it; always a [`Reference::Document`] without lists. Where it
    /// isn't there, there is no further round.
    pub document: Reference,
    /// What it says for another round.
    pub words: Vec<String>,
    /// How many more times at most; at least 1.
    pub times: u32,
    /// What follows where the last round still says so; none where the definition says nothing.
    pub otherwise: Option<Otherwise>,
}

impl PlannedRepeat {
    /// What the document's text says for another round, if it does.
    #[must_use]
    pub fn asked_by(&self, text: &str) -> Option<&str> {
        let said = text.trim();
        self.words
            .iter()
            .map(String::as_str)
            .find(|word| *word == said)
    }

    /// How many rounds there are at most, the first one included.
    #[must_use]
    pub fn most_rounds(&self) -> u32 {
        self.times.saturating_add(1)
    }
}

/// A document that is kept as a file of the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The document.
    pub document: Name,
    /// The file's path below the workspace.
    pub path: String,
}

/// If what a step is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedWhen {
    /// What says so. A document that isn't there says nothing.
    pub value: Reference,
    /// The reference as it is written.
    pub written: String,
    /// What it says for the step to be carried out.
    pub words: Vec<String>,
}

impl PlannedWhen {
    /// Whether this text says so.
    #[must_use]
    pub fn is_met_by(&self, text: &str) -> bool {
        let said = text.trim();
        self.words.iter().any(|word| word == said)
    }
}

/// Something that must have succeeded (or, if it is optional, ended) before a step may start.
///
/// What an ancestor needs isn't repeated: a sub-step waits for its parent, and so for all that the parent waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Need {
    /// The step that is waited for.
    pub on: usize,
    /// How much of it.
    pub whole: Whole,
}

impl Need {
    /// A step's own work.
    pub(crate) fn own(on: usize) -> Self {
        let whole = Whole::Own;
        Self { on, whole }
    }

    /// All of a step.
    pub(crate) fn subtree(on: usize) -> Self {
        let whole = Whole::Subtree;
        Self { on, whole }
    }
}
