//! Whether a document that is referred to is always there; where it isn't, the reference needs a text for that case.

use crate::resolver::Resolver;
use crate::template::RawReference;
use crate::tree::{Asker, Node, Spot};

impl Resolver<'_, '_> {
    /// Why a document of a step may be missing, as the asker sees it.
    fn may_be_missing(&self, asker: Asker, source: usize, name: &str) -> Option<String> {
        let node = &self.tree.nodes[source];
        let left_out = self
            .tree
            .lineage(source)
            .take_while(|level| !self.tree.is_within(asker.step, *level))
            .find_map(|level| {
                let Node { step, path, .. } = &self.tree.nodes[level];
                let optional = step.optional.then(|| format!("step `{path}` is optional"));
                let conditional =
                    || format!("step `{path}` has `when`, and may not be carried out");
                optional.or_else(|| step.when.is_some().then(conditional))
            });
        if let Some(left_out) = left_out {
            return Some(left_out);
        }
        let field = node.document(name)?;
        (!field.required).then(|| format!("step `{}` doesn't always write `{name}`", node.path))
    }

    /// A document that may be missing needs a text for that case. Where a sub-step's doesn't come about, the one it
    /// would have stood in for is still there.
    pub(crate) fn check_presence(
        &mut self,
        asker: Asker,
        raw: &RawReference,
        (step, source): (usize, usize),
        name: &str,
    ) {
        if raw.defaulted {
            return;
        }
        let Some(reason) = self.may_be_missing(asker, source, name) else {
            return;
        };
        let fallback = source != step && self.tree.nodes[step].document(name).is_some();
        if fallback && self.may_be_missing(asker, step, name).is_none() {
            return;
        }
        let message = format!("`{}` may be missing: {reason}", raw.written());
        let hint = with_default(asker, raw);
        self.problems
            .error("may-be-missing", raw.span, message, hint);
    }

    /// A document of the round before needs a text for the first round.
    pub(crate) fn check_first_round(
        &mut self,
        asker: Asker,
        raw: &RawReference,
        (step, repeated): (usize, usize),
    ) {
        if raw.defaulted {
            return;
        }
        let nodes = &self.tree.nodes;
        let (path, repeated) = (&nodes[step].path, &nodes[repeated].path);
        let later = if step == asker.step {
            "it is the step's own".to_owned()
        } else {
            format!("step `{path}` stands later in the file")
        };
        let message = format!(
            "`{}` is missing in the first round of `{repeated}`: {later}, so that its document of the round before is meant",
            raw.written()
        );
        let mut hint = with_default(asker, raw);
        if !self.tree.is_within(step, asker.step) {
            hint.push_str(&format!(
                "; or, if this round's is meant, move step `{}` before step `{}`",
                nodes[self.tree.apart(step, asker.step)].path.id(),
                nodes[self.tree.apart(asker.step, step)].path.id()
            ));
        }
        self.problems
            .error("may-be-missing", raw.span, message, hint);
    }
}

/// The reference with a text for where there is none.
fn with_default(asker: Asker, raw: &RawReference) -> String {
    let written = raw.written();
    if asker.spot == Spot::ForEach {
        format!("write `for_each = \"{written} | default([])\"`")
    } else {
        format!("write `{{{{ {written} | default(\"\") }}}}`")
    }
}
