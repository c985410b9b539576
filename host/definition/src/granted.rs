//! The table `grants` of a step: what it may do, as it was written.
//!
//! Whether its plugin asks for it, and whether a folder may be lent, is not said here.

use serde::de::{DeserializeOwned, IgnoredAny};
use stepwell_contract::{HttpGrant, ReadGrant, WorkspaceGrant};

use crate::case_rules::check_path;
use crate::ceiling::MostGranted;
use crate::definition::GrantRequest;
use crate::diagnostics::Problems;
use crate::hosts::hosts;
use crate::keys;
use crate::located::Located;
use crate::reader::{Refused, Table};
use crate::values;

/// Where a step has directories of its own.
const TAKEN: [&str; 2] = ["/workspace", "/tmp"];

pub(crate) fn grants(table: &Table<'_, '_>, what: &str, problems: &mut Problems) -> GrantRequest {
    let before = problems.count();
    let Some(table) = table.below("grants", &format!("`grants` of {what}"), problems) else {
        return GrantRequest {
            unreadable: table.entry("grants").is_some(),
            ..GrantRequest::default()
        };
    };
    GrantRequest {
        workspace: grant(&table, "workspace", problems),
        prompts: grant::<IgnoredAny>(&table, "prompts", problems).map(|grant| grant.span),
        clock: grant::<IgnoredAny>(&table, "clock", problems).map(|grant| grant.span),
        include: include(&table, problems),
        read: read(&table, problems),
        http: hosts(&table, "http", HttpGrant::parse, problems),
        models: models(&table, problems),
        unreadable: problems.count() > before,
    }
}

/// A grant: one of the words of its key.
fn grant<T: DeserializeOwned>(
    table: &Table<'_, '_>,
    key: &str,
    problems: &mut Problems,
) -> Option<Located<T>> {
    table.word_or(key, problems, |given| Refused {
        code: "unknown-grant",
        message: format!("`grants.{key}` can't be `{given}`"),
        kind: "values",
    })
}

/// A key that names models by their short names: each once.
pub(crate) fn models(table: &Table<'_, '_>, problems: &mut Problems) -> Vec<Located<String>> {
    let mut names: Vec<Located<String>> = Vec::new();
    for value in table.list("models", problems) {
        let Some(name) = values::string(value, "models", problems) else {
            continue;
        };
        if names.iter().any(|other| other.value == name.value) {
            let message = format!("`models` names `{}` twice", name.value);
            problems.error("bad-models", name.span, message, "leave one of both out");
            continue;
        }
        names.push(name);
    }
    names
}

/// What `[sources.NAME.grants]` lets definitions grant at most.
pub(crate) fn most_granted(
    table: &Table<'_, '_>,
    what: &str,
    problems: &mut Problems,
) -> Option<MostGranted> {
    let table = table.below("grants", &format!("`grants` of {what}"), problems)?;
    let workspace = grant::<WorkspaceGrant>(&table, "workspace", problems);
    let values = |found: Vec<Located<String>>| found.into_iter().map(|it| it.value).collect();
    Some(MostGranted {
        workspace: workspace.map_or(WorkspaceGrant::None, |it| it.value),
        prompts_write: grant::<IgnoredAny>(&table, "prompts", problems).is_some(),
        real_clock: grant::<IgnoredAny>(&table, "clock", problems).is_some(),
        include: values(include(&table, problems)),
        read: values(folders(&table, problems)),
        http: hosts(&table, "http", HttpGrant::parse, problems)
            .into_iter()
            .map(|it| it.value)
            .collect(),
    })
}

/// The key `read` of what may be granted at most: folders, as a definition names them.
fn folders(table: &Table<'_, '_>, problems: &mut Problems) -> Vec<Located<String>> {
    let mut folders = Vec::new();
    for value in table.list("read", problems) {
        let Some(path) = values::string(value, "read", problems) else {
            continue;
        };
        if path.value.trim().is_empty() {
            let hint = "name a folder, relative to the project or absolute";
            problems.error("bad-read", path.span, "a folder of `read` is empty", hint);
        }
        folders.push(path);
    }
    folders
}

/// The key `include`: paths of the workspace.
fn include(table: &Table<'_, '_>, problems: &mut Problems) -> Vec<Located<String>> {
    let mut paths = Vec::new();
    for value in table.list("include", problems) {
        let Some(path) = values::string(value, "include", problems) else {
            continue;
        };
        match check_path(&path.value) {
            Ok(()) => paths.push(path),
            Err(rule) => problems.error(
                "bad-include",
                path.span,
                rule,
                "name a file or a folder of the workspace, such as `\"src/thing/version.py\"`",
            ),
        }
    }
    paths
}

/// The key `read`: folders, and where the step finds each.
fn read(table: &Table<'_, '_>, problems: &mut Problems) -> Vec<Located<ReadGrant>> {
    let mut folders: Vec<Located<ReadGrant>> = Vec::new();
    for value in table.list("read", problems) {
        let Some(inner) = value.get_ref().as_table() else {
            values::wrong_type(value, "read", "a list of tables", problems);
            problems.hint("write `read = [{ path = \"FOLDER\", at = \"/NAME\" }]`");
            continue;
        };
        let what = "a folder of `grants.read`";
        let table = Table::open(inner, value.span(), what, &keys::READ, problems);
        for key in ["path", "at"] {
            if !table.has_something_like(key) {
                let line = "a folder is `{ path = \"FOLDER\", at = \"/NAME\" }`";
                let message = format!("{what} has no `{key}`");
                problems.error("missing-key", value.span(), message, line);
            }
        }
        let (path, at) = (table.string("path", problems), table.string("at", problems));
        let (Some(path), Some(at)) = (path, at) else {
            continue;
        };
        if path.value.trim().is_empty() {
            let hint = "name a folder, relative to the project";
            problems.error("bad-read", path.span, "`path` is empty", hint);
        }
        let is_taken = TAKEN.contains(&at.value.as_str())
            || folders.iter().any(|other| other.value.at == at.value);
        if !is_one_part(&at.value) || is_taken {
            let message = match is_taken {
                true => format!("`{}` is taken", at.value),
                false => format!("`at` can't be `{}`", at.value),
            };
            let hint = "`at` is where the step finds the folder, such as `\"/packages\"`";
            problems.error("bad-read", at.span, message, hint);
        }
        let span = problems.source.span(value.span());
        folders.push(Located {
            value: ReadGrant {
                path: path.value,
                at: at.value,
            },
            span,
        });
    }
    folders
}

/// Whether a path is `/` and one name.
fn is_one_part(at: &str) -> bool {
    let name = at.strip_prefix('/').unwrap_or_default();
    !name.is_empty()
        && name
            .chars()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, '_' | '-'))
}
