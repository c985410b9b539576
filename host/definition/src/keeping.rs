//! Documents that live in the workspace: `keep` of a step, and `file` of an input.

use stepwell_contract::{Name, suggestion};

use crate::case_rules::check_path;
use crate::diagnostics::{Problems, Span};
use crate::located::Located;
use crate::plan::Kept;
use crate::reader::Table;
use crate::tree::Tree;
use crate::values;
use crate::writers::Writer;

const BAD: &str = "bad-keep";
const EXAMPLE: &str = "name a file of the workspace, such as `\"docs/requirement.md\"`";

/// The key `file` of an input.
pub(crate) fn file(table: &Table<'_, '_>, problems: &mut Problems) -> Option<String> {
    let path = table.string("file", problems)?;
    checked(path, problems).map(|path| path.value)
}

/// The table `keep`: document, where its name stands, and path.
pub(crate) fn keep(
    table: &Table<'_, '_>,
    problems: &mut Problems,
) -> Vec<(String, Span, Located<String>)> {
    let mut kept = Vec::new();
    for entry in table.entries_of("keep", problems) {
        let span = problems.source.span(entry.place());
        if let Some(path) = values::string(entry.value, entry.key, problems)
            && let Some(path) = checked(path, problems)
        {
            kept.push((entry.key.to_owned(), span, path));
        }
    }
    kept
}

fn checked(path: Located<String>, problems: &mut Problems) -> Option<Located<String>> {
    match check_path(&path.value) {
        Ok(()) => Some(path),
        Err(rule) => {
            problems.error(BAD, path.span, rule, EXAMPLE);
            None
        }
    }
}

/// Holds what a step keeps against what its plugin writes.
pub(crate) fn check_kept(tree: &Tree<'_>, index: usize, problems: &mut Problems) -> Vec<Kept> {
    let node = &tree.nodes[index];
    let mut kept = Vec::new();
    for (document, span, path) in &node.step.keep {
        let many = |level: &usize| tree.nodes[*level].step.for_each.is_some();
        if let Some(repeated) = tree.lineage(index).find(many) {
            let message = format!(
                "step `{}` runs once for each item of step `{}`, and all would be kept in the same file",
                node.path, tree.nodes[repeated].path
            );
            problems.error(
                BAD,
                *span,
                message,
                "keep a document of a step that runs once",
            );
            continue;
        }
        let earlier = tree.nodes[..index].iter().find(|other| {
            let mut paths = other.step.keep.iter().map(|(_, _, path)| &path.value);
            paths.any(|other| *other == path.value)
        });
        let twice = kept.iter().any(|kept: &Kept| kept.path == path.value);
        if earlier.is_some() || twice {
            let by = earlier.map_or(&node.path, |other| &other.path);
            let message = format!("`{}` is kept by step `{by}` already", path.value);
            problems.error(
                BAD,
                path.span,
                message,
                "give each document a file of its own",
            );
            continue;
        }
        if node.description.is_some() && node.document(document).is_none() {
            let known = node.documents().iter().map(|field| field.name.as_str());
            let hint = suggestion(document, known, "documents");
            let message = format!("step `{}` writes no document `{document}`", node.path);
            problems.error(BAD, *span, message, hint);
            continue;
        }
        // What has no plugin writes nothing itself, and was told so.
        if node.step.uses.is_some()
            && let Writer::Step(instead) = tree.writer(index, document)
            && instead != index
        {
            let other = &tree.nodes[instead].path;
            let message = format!(
                "what is kept is the `{document}` that step `{}` wrote itself; other steps read that of `{other}`",
                node.path
            );
            let hint = format!("move the line to step `{other}`, if that is the one to keep");
            problems.warning("keep-own", *span, message, hint);
        }
        if let Ok(document) = Name::new(document.as_str()) {
            kept.push(Kept {
                document,
                path: path.value.clone(),
            });
        }
    }
    kept
}
