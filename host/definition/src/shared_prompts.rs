//! Prompts of different plugins whose versions are kept under one name, though nobody said so.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostics::Problems;
use crate::tree::Tree;

/// Warns of plugins that give a prompt the same name: each step would be asked by what was made for another one. Where a definition
/// says the name itself, that is meant.
pub(crate) fn check_shared_prompts(tree: &Tree<'_>, problems: &mut Problems) {
    // The first plugin that keeps versions under a name, and those that were told of already.
    let mut first: BTreeMap<&str, (&str, String)> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for node in &tree.nodes {
        let Some(description) = node.description.as_deref() else {
            continue;
        };
        let names = description.prompts.iter().map(|it| it.name.as_str());
        for name in names.filter(|name| !node.step.prompts.contains_key(*name)) {
            let own = description.name.as_str();
            let (other, step) = first
                .entry(name)
                .or_insert_with(|| (own, node.path.to_string()));
            if *other == own || !told.insert((name, own)) {
                continue;
            }
            let message = format!(
                "the plugins `{other}` of step `{step}` and `{own}` of step `{}` both have a prompt `{name}`: its versions are kept together",
                node.path
            );
            let hint = format!("`prompts.{name} = \"another_name\"` keeps those of one step apart");
            let uses = node.step.uses.as_ref();
            let span = uses.map_or(node.step.id.span, |uses| uses.span);
            problems.warning("shared-prompt", span, message, hint);
        }
    }
}
