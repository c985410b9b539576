//! What is closed to every step, whatever its grant (rule E6).
//!
//! It decides by names alone; the caller asks again with the path that symbolic links lead to.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::path::{Component, Path, PathBuf};

use cap_std::fs::Dir;
use stepwell_definition::PLUGIN_LOCK;

use super::path::folded;
use super::resolving::{self, Resolved};

/// Closed wherever they stand: the store, the repository, the operator's own settings, and the plugins that were agreed to. On some file systems `git~1` is another name of
/// the repository, so that git takes no file of that name either.
const EVERYWHERE: [&str; 5] = [".stepwell", ".git", "git~1", "stepwell.toml", PLUGIN_LOCK];

/// The closed paths of one workspace.
#[derive(Debug)]
pub(super) struct Closed {
    /// Names folded, joined by `/`: on a file system that ignores case `Flow.TOML` is `flow.toml`.
    paths: BTreeSet<String>,
}

impl Closed {
    /// Why a directory, by the name that it really has, can be no workspace; none if it can: one that is closed, or lies in
    /// what is, is none.
    pub(super) fn rule_for_root(canonical: &Path, given: &[PathBuf]) -> Option<String> {
        let names = canonical.components().map(|it| it.as_os_str());
        let own = names
            .map(|name| folded(&name.to_string_lossy()))
            .find_map(|name| rule_of(&name));
        if own.is_some() {
            return own;
        }
        let mut given = (given.iter().filter(|path| path.is_absolute()))
            .filter_map(|path| std::fs::canonicalize(path).ok());
        let closed = given.find(|path| canonical.starts_with(path))?;
        Some(format!("`{}` is the project's own", closed.display()))
    }

    /// Why a folder can't be lent, by the name that it really has: one of what is closed lies in it.
    pub(super) fn rule_for_given_within(canonical: &Path, given: &[PathBuf]) -> Option<String> {
        let mut given = (given.iter().filter(|path| path.is_absolute()))
            .filter_map(|path| std::fs::canonicalize(path).ok());
        let closed = given.find(|path| path.starts_with(canonical))?;
        Some(format!("`{}` is the project's own", closed.display()))
    }

    /// Why a name is closed wherever it stands.
    pub(super) fn rule_for_name(name: &OsStr) -> Option<String> {
        rule_of(&folded(&name.to_string_lossy()))
    }

    /// `roots` are the names of the directory itself that an absolute path may begin with.
    pub(super) fn new(directory: &Dir, roots: &[&Path], given: &[PathBuf]) -> Self {
        let mut paths = BTreeSet::new();
        for path in given {
            // A path relative to the working directory, or one through a link above the root, is found by its true name.
            let names = [path.clone()]
                .into_iter()
                .chain(std::fs::canonicalize(path).ok());
            for path in names.filter_map(|path| below(roots, &path)) {
                // The definition may be a link: what it leads to must be closed, too.
                if let Ok(Resolved::Found { path: real, .. }) = resolving::resolve(directory, &path)
                {
                    paths.insert(key(&real));
                }
                paths.insert(key(&path));
            }
        }
        Self { paths }
    }

    /// Why a path below the root is closed; none if it is open.
    pub(super) fn rule_for(&self, path: &Path) -> Option<String> {
        let mut so_far = String::new();
        for component in path.components() {
            let name = folded(&component.as_os_str().to_string_lossy());
            if let Some(rule) = rule_of(&name) {
                return Some(rule);
            }
            if !so_far.is_empty() {
                so_far.push('/');
            }
            so_far.push_str(&name);
            if self.paths.contains(&so_far) {
                return Some(format!(
                    "the run's definition and plugins are, and `{so_far}` is one of them"
                ));
            }
        }
        None
    }
}

/// Why a folded name is closed wherever it stands.
fn rule_of(name: &str) -> Option<String> {
    match name {
        "git~1" => Some("`git~1` is another name of `.git`, which is the project's own".to_owned()),
        name if EVERYWHERE.contains(&name) => Some(format!("`{name}` is the project's own")),
        _ => None,
    }
}

fn key(path: &Path) -> String {
    let names: Vec<String> = path
        .components()
        .map(|name| folded(&name.as_os_str().to_string_lossy()))
        .collect();
    names.join("/")
}

/// A path relative to the root, without `.` and `..`; none if it lies elsewhere.
fn below(roots: &[&Path], path: &Path) -> Option<PathBuf> {
    let path = tidy(path)?;
    if path.is_relative() {
        return Some(path);
    }
    roots
        .iter()
        .filter_map(|root| tidy(root))
        .find_map(|root| path.strip_prefix(root).ok().map(PathBuf::from))
}

fn tidy(path: &Path) -> Option<PathBuf> {
    let mut tidied = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if !tidied.pop() => return None,
            Component::ParentDir => {}
            _ => tidied.push(component),
        }
    }
    Some(tidied)
}
