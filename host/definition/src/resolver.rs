//! What a reference means in the step that it stands in.

use stepwell_contract::{Name, did_you_mean, listed, nearest, suggestion};

use crate::definition::Definition;
use crate::diagnostics::{Problems, Span};
use crate::reference::{Reference, Whole};
use crate::template::RawReference;
use crate::tree::{Asker, Spot, Tree};
use crate::writers::Writer;

/// Resolves references, and reports those that mean nothing.
pub(crate) struct Resolver<'a, 'd> {
    pub(crate) definition: &'a Definition,
    pub(crate) tree: &'a Tree<'d>,
    pub(crate) problems: &'a mut Problems,
}

impl Resolver<'_, '_> {
    pub(crate) fn resolve(&mut self, asker: Asker, raw: &RawReference) -> Option<Reference> {
        let (head, span) = raw.parts.first()?;
        let rest = &raw.parts[1..];
        match head.as_str() {
            "inputs" => self.input(raw, rest),
            "steps" => self.step_document(asker, raw, rest),
            "parent" => self.parent_document(asker, raw, rest),
            "item" => self.item(asker, raw, rest),
            other => {
                let near = did_you_mean(other, ["inputs", "steps", "parent", "item"]);
                let hint = if let Some(near) = near {
                    near
                } else if self.definition.inputs.contains_key(other) {
                    format!("write `inputs.{other}`")
                } else if self.tree.child(None, other).is_some() {
                    format!("write `steps.{other}`")
                } else {
                    "a reference starts with `inputs`, `steps`, `parent` or `item`".into()
                };
                let message = format!("`{other}` is not the start of a reference");
                self.problems
                    .error("unknown-reference", *span, message, hint);
                None
            }
        }
    }

    fn input(&mut self, raw: &RawReference, rest: &[(String, Span)]) -> Option<Reference> {
        let [(name, span)] = rest else {
            let (message, hint) = if rest.is_empty() {
                ("`inputs` needs a name", "write `inputs.NAME`")
            } else {
                (
                    "an input is a text and has no fields",
                    "write `inputs.NAME` alone",
                )
            };
            self.problems
                .error("bad-reference", raw.span, message, hint);
            return None;
        };
        let inputs = &self.definition.inputs;
        if let Some((name, _)) = inputs.get_key_value(name.as_str()) {
            return Some(Reference::Input(name.clone()));
        }
        if !self.definition.incomplete {
            let known = inputs.keys().map(Name::as_str);
            let hint = if inputs.is_empty() {
                format!("declare it: `[inputs]` and `{name} = {{ description = \"…\" }}`")
            } else {
                suggestion(name, known, "inputs")
            };
            let message = format!("the workflow has no input `{name}`");
            self.problems.error("unknown-input", *span, message, hint);
        }
        None
    }

    fn item(
        &mut self,
        asker: Asker,
        raw: &RawReference,
        rest: &[(String, Span)],
    ) -> Option<Reference> {
        let nodes = &self.tree.nodes;
        let step = self
            .tree
            .lineage(asker.step)
            .skip(usize::from(asker.spot.is_outside()))
            .find(|step| nodes[*step].step.for_each.is_some());
        let own = nodes[asker.step].step.for_each.is_some();
        if step.is_none() && own && asker.spot == Spot::When {
            self.problems.error(
                "item-outside",
                raw.span,
                "there is no `item` here: `when` says whether the step is carried out at all, before its items",
                "put `when` on a sub-step, which is carried out for each item",
            );
        } else if step.is_none() {
            self.problems.error(
                "item-outside",
                raw.span,
                "there is no `item` here: neither the step nor one above it has `for_each`",
                "add `for_each = \"parent.DOCUMENT\"` to the step, or name a document",
            );
        }
        Some(Reference::Item {
            step: step?,
            fields: rest.iter().map(|(field, _)| field.clone()).collect(),
        })
    }

    fn parent_document(
        &mut self,
        asker: Asker,
        raw: &RawReference,
        rest: &[(String, Span)],
    ) -> Option<Reference> {
        let Some(parent) = self.tree.nodes[asker.step].parent else {
            self.problems.error(
                "no-parent",
                raw.span,
                "an outermost step has no parent",
                "name the step: `steps.STEP.DOCUMENT`",
            );
            return None;
        };
        let [(document, span)] = rest else {
            let hint = format!(
                "write `parent.DOCUMENT`, or `{}.STEP.DOCUMENT` for a sub-step's",
                self.tree.dotted(parent)
            );
            let message = if rest.is_empty() {
                "`parent` needs the name of a document"
            } else {
                "`parent` has documents only"
            };
            self.problems
                .error("bad-reference", raw.span, message, hint);
            return None;
        };
        self.document(asker, raw, parent, document, *span)
    }

    fn step_document(
        &mut self,
        asker: Asker,
        raw: &RawReference,
        rest: &[(String, Span)],
    ) -> Option<Reference> {
        let Some(((document, document_span), steps)) = rest.split_last() else {
            self.problems.error(
                "bad-reference",
                raw.span,
                "`steps` needs a step and a document",
                "write `steps.STEP.DOCUMENT`",
            );
            return None;
        };
        let mut at = None;
        for (id, span) in steps {
            match self.tree.child(at, id) {
                Some(child) => at = Some(child),
                None => {
                    self.unknown_step(at, id, *span);
                    return None;
                }
            }
        }
        let Some(step) = at else {
            if let Some(named) = self.tree.child(None, document) {
                self.names_a_step(named, raw.span);
            } else {
                self.unknown_step(None, document, *document_span);
            }
            return None;
        };
        self.document(asker, raw, step, document, *document_span)
    }

    fn names_a_step(&mut self, step: usize, span: Span) {
        let message = format!("`{}` is a step, not a document", self.tree.dotted(step));
        let hint = match self.tree.nodes[step].documents() {
            [] => "add the name of a document that it writes".to_owned(),
            documents => format!(
                "add the name of a document: it writes {}",
                listed(documents.iter().map(|field| &field.name))
            ),
        };
        self.problems.error("bad-reference", span, message, hint);
    }

    fn unknown_step(&mut self, above: Option<usize>, id: &str, span: Span) {
        let lost = above.map_or(self.definition.incomplete, |step| {
            self.tree.nodes[step].step.lost_steps
        });
        if lost {
            return;
        }
        let ids = self.tree.ids_below(above);
        let (message, hint) = match above {
            None => (
                format!("there is no step `{id}`"),
                match self.tree.nodes.iter().position(|node| node.path.id() == id) {
                    Some(deeper) => format!("write `{}`", self.tree.dotted(deeper)),
                    None => suggestion(id, ids.iter().copied(), "steps"),
                },
            ),
            Some(step) if self.tree.nodes[step].document(id).is_some() => (
                format!(
                    "`{}.{id}` is a document, and a document has no fields here",
                    self.tree.dotted(step)
                ),
                format!("write `{}.{id}`", self.tree.dotted(step)),
            ),
            Some(step) => (
                format!(
                    "step `{}` has no sub-step `{id}`",
                    self.tree.nodes[step].path
                ),
                suggestion(id, ids.iter().copied(), "sub-steps"),
            ),
        };
        self.problems.error("unknown-step", span, message, hint);
    }

    /// A document of a step, as the asker sees it.
    fn document(
        &mut self,
        asker: Asker,
        raw: &RawReference,
        step: usize,
        name: &str,
        span: Span,
    ) -> Option<Reference> {
        let before = self.tree.round_before(asker, step);
        let is_while = asker.spot == Spot::While;
        if step == asker.step && before.is_none() && !is_while {
            self.problems.error(
                "self-reference",
                raw.span,
                format!(
                    "step `{}` refers to its own document",
                    self.tree.nodes[step].path
                ),
                "a step can only read what others have written",
            );
            return None;
        }
        // Inside of a step's own subtree its document is the one it wrote itself: what stands in for it comes later.
        let inside = before.is_none() && !is_while && self.tree.is_within(asker.step, step);
        let writer = if inside {
            self.tree.own_writer(step, name)
        } else {
            self.tree.writer(step, name)
        };
        let source = self.source(step, name, writer, (raw.span, span))?;
        let document = Name::new(name).ok()?;
        match before {
            // Where there is no other round to read, a missing document just means that there is no further one; and a condition
            // that nobody says anything to isn't met.
            _ if asker.spot.takes_nothing() => {}
            Some(repeated) => self.check_first_round(asker, raw, (step, repeated)),
            None => self.check_presence(asker, raw, (step, source), name),
        }
        let lists = self.lists(asker, source, before);
        Some(Reference::Document {
            step,
            document,
            scope: if inside { Whole::Own } else { Whole::Subtree },
            source,
            lists: u32::try_from(lists).unwrap_or(u32::MAX),
            before,
        })
    }

    /// The step whose text a document is; its problem is told where there is none.
    fn source(
        &mut self,
        step: usize,
        name: &str,
        writer: Writer,
        (whole, span): (Span, Span),
    ) -> Option<usize> {
        match writer {
            Writer::Step(source) => Some(source),
            // A run goes on without an optional step, also where its plugin can't be loaded.
            Writer::Unknown if self.tree.nodes[step].step.optional => Some(step),
            Writer::Unknown => None,
            Writer::Nobody => {
                self.nobody_writes(step, name, span);
                None
            }
            Writer::Ambiguous(writers) => {
                self.ambiguous(step, name, &writers, whole);
                None
            }
        }
    }

    /// How many lists lie between the asker and what a step writes.
    fn lists(&self, asker: Asker, source: usize, before: Option<usize>) -> usize {
        let is_list = |level: &usize| self.tree.nodes[*level].step.for_each.is_some();
        let lists = self.tree.lineage(source).filter(is_list);
        let between = lists.filter(|level| match before {
            // The round before had items of its own.
            Some(repeated) => *level != repeated && self.tree.is_within(*level, repeated),
            None => {
                let outside = asker.spot.is_outside() && *level == asker.step;
                outside || !self.tree.is_within(asker.step, *level)
            }
        });
        between.count()
    }

    fn nobody_writes(&mut self, step: usize, name: &str, span: Span) {
        let node = &self.tree.nodes[step];
        if let Some(child) = self.tree.child(Some(step), name) {
            self.names_a_step(child, span);
            return;
        }
        let own: Vec<_> = node
            .documents()
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        let below = node
            .children
            .iter()
            .find(|child| self.tree.nodes[**child].document(name).is_some());
        let hint = if let Some(child) = below {
            format!(
                "its sub-step writes it: `{}.{name}`",
                self.tree.dotted(*child)
            )
        } else if let Some(near) = nearest(name, own.iter().copied()) {
            format!("did you mean `{near}`? It writes {}", listed(&own))
        } else if own.is_empty() {
            "it writes no documents itself".to_owned()
        } else {
            format!("it writes {}", listed(&own))
        };
        let message = format!("step `{}` writes no document `{name}`", node.path);
        self.problems.error("unknown-document", span, message, hint);
    }

    fn ambiguous(&mut self, step: usize, name: &str, writers: &[usize], span: Span) {
        let paths = writers
            .iter()
            .map(|writer| self.tree.nodes[*writer].path.as_str());
        let why = match writers {
            [_] => "which runs once for each item, so that there is no single text to stand in",
            _ => "and only one could stand in for the step's own",
        };
        let message = format!(
            "it isn't clear which `{name}` of step `{}` is meant: {} {} it too, {why}",
            self.tree.nodes[step].path,
            listed(paths),
            if writers.len() == 1 {
                "writes"
            } else {
                "write"
            },
        );
        let names: Vec<_> = writers
            .iter()
            .map(|writer| format!("`{}.{name}`", self.tree.dotted(*writer)))
            .collect();
        let hint = format!("name the one you mean: {}", names.join(" or "));
        self.problems
            .error("ambiguous-document", span, message, hint);
    }
}
