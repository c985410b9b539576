//! Who writes the document that a reference names.

use crate::tree::Tree;

/// Where a document of a step comes from.
pub(crate) enum Writer {
    /// This step writes it.
    Step(usize),
    /// Several sub-steps write it, or one that has `for_each`.
    Ambiguous(Vec<usize>),
    /// Nobody writes it.
    Nobody,
    /// A plugin that could tell couldn't be loaded.
    Unknown,
}

impl Tree<'_> {
    /// The step itself, if it writes the document.
    pub(crate) fn own_writer(&self, step: usize, name: &str) -> Writer {
        let node = &self.nodes[step];
        if !node.is_known() {
            Writer::Unknown
        } else if node.document(name).is_some() {
            Writer::Step(step)
        } else {
            Writer::Nobody
        }
    }

    /// Who writes what `steps.STEP.NAME` means outside of the step: exactly one sub-step that isn't repeated stands
    /// in for the step itself. Of a group, which writes nothing itself, a sub-step's document counts as its own.
    pub(crate) fn writer(&self, step: usize, name: &str) -> Writer {
        let node = &self.nodes[step];
        if node.step.uses.is_some() && !matches!(self.own_writer(step, name), Writer::Step(_)) {
            return self.own_writer(step, name);
        }
        let mut writers = Vec::new();
        let mut sources = Vec::new();
        let mut unknown = false;
        for child in &node.children {
            match self.writer(*child, name) {
                Writer::Step(source) => {
                    writers.push(*child);
                    sources.push(source);
                }
                Writer::Ambiguous(deeper) => writers.extend(deeper),
                Writer::Nobody => {}
                // Without its plugin it never runs, and nothing stands in for the step's own.
                Writer::Unknown => unknown |= !self.nodes[*child].step.optional,
            }
        }
        let repeated = |child: &usize| self.nodes[*child].step.for_each.is_some();
        match (&writers[..], &sources[..]) {
            _ if unknown => Writer::Unknown,
            ([], _) => self.own_writer(step, name),
            ([child], [source]) if !repeated(child) => Writer::Step(*source),
            _ => Writer::Ambiguous(writers),
        }
    }
}
