//! All steps of a definition in one row, with their relations and what their plugins say of themselves.

use std::sync::Arc;

use stepwell_contract::{Description, Field, StepPath};

use crate::definition::{Definition, StepDefinition, path_below};

/// One step among the others.
pub(crate) struct Node<'d> {
    pub(crate) step: &'d StepDefinition,
    pub(crate) path: StepPath,
    pub(crate) parent: Option<usize>,
    pub(crate) children: Vec<usize>,
    /// None for a group, and where the plugin couldn't be loaded.
    pub(crate) description: Option<Arc<Description>>,
}

impl Node<'_> {
    /// Whether what it writes is known. What is not known can't be checked, and is no problem of its own.
    pub(crate) fn is_known(&self) -> bool {
        self.description.is_some() || self.step.uses.is_none() && !self.step.lost_uses
    }

    /// The documents that its own plugin declares.
    pub(crate) fn documents(&self) -> &[Field] {
        self.description
            .as_deref()
            .map_or(&[], |description| &description.documents)
    }

    pub(crate) fn document(&self, name: &str) -> Option<&Field> {
        self.documents().iter().find(|field| field.name == name)
    }
}

/// Who asks for a reference's meaning.
#[derive(Clone, Copy)]
pub(crate) struct Asker {
    pub(crate) step: usize,
    pub(crate) spot: Spot,
}

/// Where in a step a reference stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spot {
    Input,
    /// `for_each` itself, which stands outside of the step's items and rounds.
    ForEach,
    /// `repeat.while`, which sees the step's whole subtree as a round left it.
    While,
    /// `when.value`, which stands outside of the step's items and rounds.
    When,
}

impl Spot {
    /// Whether what stands here is looked up once, for all of the step's own items and rounds.
    pub(crate) fn is_outside(self) -> bool {
        matches!(self, Self::ForEach | Self::When)
    }

    /// Whether a document that is missing just says nothing here.
    pub(crate) fn takes_nothing(self) -> bool {
        matches!(self, Self::While | Self::When)
    }
}

/// The steps, depth first: a parent stands before its sub-steps.
pub(crate) struct Tree<'d> {
    pub(crate) nodes: Vec<Node<'d>>,
    pub(crate) roots: Vec<usize>,
}

impl<'d> Tree<'d> {
    pub(crate) fn new(
        definition: &'d Definition,
        describe: &dyn Fn(&StepPath, &str) -> Option<Arc<Description>>,
    ) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            roots: Vec::new(),
        };
        tree.roots = tree.add(&definition.steps, None, describe);
        tree
    }

    fn add(
        &mut self,
        steps: &'d [StepDefinition],
        parent: Option<usize>,
        describe: &dyn Fn(&StepPath, &str) -> Option<Arc<Description>>,
    ) -> Vec<usize> {
        let mut added = Vec::new();
        for step in steps {
            let above = parent.map(|parent| &self.nodes[parent].path);
            let path = path_below(above, &step.id.value);
            let index = self.nodes.len();
            let uses = step.uses.as_ref();
            self.nodes.push(Node {
                description: uses.and_then(|uses| describe(&path, &uses.value)),
                step,
                path,
                parent,
                children: Vec::new(),
            });
            self.nodes[index].children = self.add(&step.steps, Some(index), describe);
            added.push(index);
        }
        added
    }

    /// The step and those that it lies below, innermost first.
    pub(crate) fn lineage(&self, step: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(step), |step| self.nodes[*step].parent)
    }

    pub(crate) fn is_within(&self, step: usize, ancestor: usize) -> bool {
        self.lineage(step).any(|one| one == ancestor)
    }

    /// The repeated step of whose round before a reference reads: `asker` and `step` both lie in it, and `step`, which
    /// stands later in the file or is `asker` itself, has not been carried out in this round.
    pub(crate) fn round_before(&self, asker: Asker, step: usize) -> Option<usize> {
        let spot = asker.spot;
        self.lineage(asker.step)
            // Its list is read once, for all rounds of its items.
            .skip(usize::from(spot.is_outside()))
            .find(|level| self.is_repeated(*level) && self.is_within(step, *level))
            .filter(|_| step >= asker.step && spot != Spot::While)
    }

    /// The outermost repeated step that `step` lies in and `asker` doesn't: only its last round counts outside of it.
    pub(crate) fn rounds_around(&self, asker: usize, step: usize) -> Option<usize> {
        self.lineage(step)
            .filter(|level| self.is_repeated(*level) && !self.is_within(asker, *level))
            .last()
    }

    /// The outermost step that the first lies in, or is, and the other doesn't.
    pub(crate) fn apart(&self, step: usize, other: usize) -> usize {
        let levels = self.lineage(step);
        levels
            .take_while(|level| !self.is_within(other, *level))
            .last()
            .unwrap_or(step)
    }

    fn is_repeated(&self, step: usize) -> bool {
        self.nodes[step].step.repeat.is_some()
    }

    /// The steps below this one, or the outermost ones.
    pub(crate) fn below(&self, step: Option<usize>) -> &[usize] {
        step.map_or(&self.roots, |step| &self.nodes[step].children)
    }

    pub(crate) fn child(&self, step: Option<usize>, id: &str) -> Option<usize> {
        self.below(step)
            .iter()
            .copied()
            .find(|child| self.nodes[*child].step.id.value.as_str() == id)
    }

    pub(crate) fn ids_below(&self, step: Option<usize>) -> Vec<&'d str> {
        self.below(step)
            .iter()
            .map(|child| self.nodes[*child].step.id.value.as_str())
            .collect()
    }

    /// How a reference names a step: `steps.requirement.refine`.
    pub(crate) fn dotted(&self, step: usize) -> String {
        let ids: Vec<_> = self.nodes[step].path.ids().collect();
        format!("steps.{}", ids.join("."))
    }
}
