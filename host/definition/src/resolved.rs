//! What a step's references mean, each where it stands.

use std::collections::BTreeSet;

use stepwell_contract::Name;

use crate::definition::Definition;
use crate::diagnostics::{Problems, Span};
use crate::graph::{self, Asked, Wait};
use crate::plan::{PlannedRepeat, PlannedWhen};
use crate::reference::Reference;
use crate::resolver::Resolver;
use crate::template::Template;
use crate::tree::{Asker, Spot, Tree};

/// What is resolved of one step.
#[derive(Default)]
pub(crate) struct Resolved {
    pub(crate) inputs: Vec<(Name, Template)>,
    pub(crate) for_each: Option<Reference>,
    pub(crate) repeat: Option<PlannedRepeat>,
    pub(crate) when: Option<PlannedWhen>,
    pub(crate) waits: Vec<Wait>,
    pub(crate) reads_before: Vec<usize>,
    pub(crate) used_inputs: BTreeSet<Name>,
}

impl Resolved {
    /// Of the step at this place in the tree.
    pub(crate) fn of(
        definition: &Definition,
        tree: &Tree<'_>,
        index: usize,
        problems: &mut Problems,
    ) -> Self {
        let mut reading = Reading {
            index,
            references: Vec::new(),
            resolver: Resolver {
                definition,
                tree,
                problems,
            },
        };
        let mut resolved = Self {
            inputs: reading.inputs(),
            for_each: reading.for_each(),
            repeat: reading.repeat(),
            when: reading.when(),
            ..Self::default()
        };
        let references = reading.references;
        let inputs = references
            .iter()
            .filter_map(|(_, reference, _)| match reference {
                Reference::Input(name) => Some(name.clone()),
                _ => None,
            });
        resolved.used_inputs = inputs.collect();
        resolved.waits = graph::waits(tree, &references);
        resolved.reads_before = graph::read_before(&references);
        resolved
    }
}

/// A step that is being read.
struct Reading<'a, 'd> {
    resolver: Resolver<'a, 'd>,
    index: usize,
    /// What it asks for so far.
    references: Vec<Asked>,
}

impl Reading<'_, '_> {
    fn asker(&self, spot: Spot) -> Asker {
        let step = self.index;
        Asker { step, spot }
    }

    fn inputs(&mut self) -> Vec<(Name, Template)> {
        let asker = self.asker(Spot::Input);
        let step = self.resolver.tree.nodes[self.index].step;
        let mut inputs = Vec::new();
        for (name, raw) in &step.inputs {
            let template = raw.resolve(&mut |reference| {
                let found = self.resolver.resolve(asker, reference)?;
                // Also of a text that has another problem: what it waits for is part of the graph.
                let asked = (asker, found.clone(), reference.span);
                self.references.push(asked);
                Some(found)
            });
            inputs.extend(template.map(|template| (name.value.clone(), template)));
        }
        inputs
    }

    fn for_each(&mut self) -> Option<Reference> {
        let Resolver { tree, .. } = self.resolver;
        let for_each = tree.nodes[self.index].step.for_each.as_ref()?;
        let asker = self.asker(Spot::ForEach);
        let found = self.resolver.resolve(asker, for_each)?;
        let Reference::Document { .. } = found else {
            self.resolver.problems.error(
                "bad-for-each",
                for_each.span,
                "`for_each` must name a document",
                "a step has to write the JSON array first: `for_each = \"steps.STEP.DOCUMENT\"`",
            );
            return None;
        };
        check_items(tree, &found, for_each.span, self.resolver.problems);
        self.references.push((asker, found.clone(), for_each.span));
        Some(found)
    }

    fn repeat(&mut self) -> Option<PlannedRepeat> {
        let Resolver { tree, .. } = self.resolver;
        let repeat = tree.nodes[self.index].step.repeat.as_ref()?;
        let raw = repeat.document.as_ref()?;
        let found = self.resolver.resolve(self.asker(Spot::While), raw)?;
        let is_good = check_while(tree, self.index, &found, raw.span, self.resolver.problems);
        is_good.then(|| PlannedRepeat {
            document: found,
            words: repeat.words.clone(),
            times: repeat.times,
            otherwise: repeat.otherwise,
        })
    }

    fn when(&mut self) -> Option<PlannedWhen> {
        let Resolver { tree, .. } = self.resolver;
        let when = tree.nodes[self.index].step.when.as_ref()?;
        let raw = when.value.as_ref()?;
        let asker = self.asker(Spot::When);
        let found = self.resolver.resolve(asker, raw)?;
        if !check_when(tree, &found, raw.span, self.resolver.problems) {
            return None;
        }
        self.references.push((asker, found.clone(), raw.span));
        Some(PlannedWhen {
            value: found,
            written: raw.written(),
            words: when.words.clone(),
        })
    }
}

/// A document whose plugin says that it holds something other than an array has no items.
fn check_items(tree: &Tree<'_>, reference: &Reference, span: Span, problems: &mut Problems) {
    let Reference::Document {
        document,
        source,
        lists: 0,
        ..
    } = reference
    else {
        return;
    };
    let schema = tree.nodes[*source]
        .document(document.as_str())
        .and_then(|field| field.schema.as_deref());
    let schema: Option<serde_json::Value> = schema.and_then(|text| serde_json::from_str(text).ok());
    let kind = schema
        .as_ref()
        .and_then(|schema| schema.get("type")?.as_str());
    if let Some(kind) = kind.filter(|kind| *kind != "array") {
        problems.error(
            "bad-for-each",
            span,
            format!(
                "`{document}` of step `{}` holds JSON of the type `{kind}`, not an array",
                tree.nodes[*source].path
            ),
            "name a document that holds a JSON array",
        );
    }
}

/// What says whether there is another round must be one text, and written anew in each.
fn check_while(
    tree: &Tree<'_>,
    index: usize,
    reference: &Reference,
    span: Span,
    problems: &mut Problems,
) -> bool {
    let path = &tree.nodes[index].path;
    let Reference::Document {
        step,
        document,
        source,
        lists,
        ..
    } = reference
    else {
        problems.error(
            "bad-repeat",
            span,
            "`while` must name a document",
            format!(
                "name one that step `{path}` or a step below it writes, such as `{}.DOCUMENT`",
                tree.dotted(index)
            ),
        );
        return false;
    };
    if !tree.is_within(*step, index) {
        let message = format!(
            "`{document}` of step `{}` stays the same in each round of step `{path}`",
            tree.nodes[*step].path
        );
        let hint = format!(
            "name a document that step `{path}` or a step below it writes, or put `repeat` on a step around both"
        );
        problems.error("bad-repeat", span, message, hint);
        return false;
    }
    if *lists > 0 {
        let message = format!(
            "`{document}` of step `{}` is a list: the step runs once for each item",
            tree.nodes[*source].path
        );
        let hint = "name a document that is one text, or put `repeat` on the step with `for_each`, so that each item has rounds of its own";
        problems.error("bad-repeat", span, message, hint);
        return false;
    }
    true
}

/// What says whether a step is carried out must be one text.
fn check_when(tree: &Tree<'_>, reference: &Reference, span: Span, problems: &mut Problems) -> bool {
    let Reference::Document {
        document,
        source,
        lists: 1..,
        ..
    } = reference
    else {
        return true;
    };
    problems.error(
        "bad-when",
        span,
        format!(
            "`{document}` of step `{}` is a list: the step runs once for each item",
            tree.nodes[*source].path
        ),
        "name a document that is one text, or put `when` on a step that stands at the same items",
    );
    false
}
