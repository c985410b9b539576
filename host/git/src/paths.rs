//! Paths of a workspace as paths of its repository, and what a commit has there.

use std::collections::BTreeSet;
use std::path::{Component, Path};

use gix::bstr::ByteSlice;
use gix::objs::tree::EntryKind;
use gix::{ObjectId, Tree};

use crate::error::GitError;

/// A path, as the workspace and as the repository know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InRepository {
    /// From the workspace, for messages.
    pub(crate) given: String,
    /// From the top of the repository.
    pub(crate) path: String,
}

/// What a commit has at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: EntryKind,
    pub(crate) id: ObjectId,
}

/// A folder below another one, with `/` between its parts and one at its end; empty for the folder itself. None where it isn't
/// below, or can't be written down.
pub(crate) fn prefix(top: &Path, below: &Path) -> Option<String> {
    let mut prefix = String::new();
    for part in below.strip_prefix(top).ok()?.components() {
        let Component::Normal(part) = part else {
            return None;
        };
        prefix.push_str(part.to_str()?);
        prefix.push('/');
    }
    Some(prefix)
}

/// The folders that a path lies in, from the top down; the first is the top itself, which is empty.
pub(crate) fn folders(path: &str) -> impl Iterator<Item = &str> {
    let below = path.match_indices('/').map(|(place, _)| &path[..place]);
    std::iter::once("").chain(below)
}

/// Refuses a path for which a file of the tree would have to become a folder. Those that go beside it are none any more.
///
/// # Errors
/// There is such a file, the path lies in a submodule, or a tree can't be read.
pub(crate) fn refuse_files_on_the_way(
    top: &Tree<'_>,
    at: &InRepository,
    goes: impl Fn(&str) -> bool,
) -> Result<(), GitError> {
    for folder in folders(&at.path).filter(|folder| !folder.is_empty() && !goes(folder)) {
        let above = InRepository {
            given: at.given.clone(),
            path: folder.to_owned(),
        };
        match entry(top, &above)? {
            Some(found) if found.kind != EntryKind::Tree => {
                return Err(GitError::NoFolder {
                    path: at.given.clone(),
                    what: match found.kind {
                        EntryKind::Link => "a symbolic link",
                        _ => "a file",
                    },
                    other: folder.to_owned(),
                });
            }
            Some(_) => {}
            None => return Ok(()),
        }
    }
    Ok(())
}

/// As [`entry`], where some paths are gone: a folder of which nothing is left isn't there.
///
/// # Errors
/// As [`entry`].
pub(crate) fn without_gone(
    top: &Tree<'_>,
    at: &InRepository,
    gone: &BTreeSet<String>,
) -> Result<Option<Entry>, GitError> {
    let found = entry(top, at)?;
    match found {
        Some(Entry {
            kind: EntryKind::Tree,
            id,
        }) if is_all_gone(top, id, at, &at.path, gone)? => Ok(None),
        found => Ok(found),
    }
}

fn is_all_gone(
    top: &Tree<'_>,
    id: ObjectId,
    at: &InRepository,
    folder: &str,
    gone: &BTreeSet<String>,
) -> Result<bool, GitError> {
    let unread = || GitError::failed(format!("the commit's `{}` can't be read", at.path));
    let tree = top.repo.find_tree(id).map_err(unread())?;
    for found in tree.iter() {
        let found = found.map_err(unread())?;
        let path = format!("{folder}/{}", found.filename());
        let is_gone = match found.mode().kind() {
            EntryKind::Tree => is_all_gone(top, found.object_id(), at, &path, gone)?,
            _ => gone.contains(&path),
        };
        if !is_gone {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What a tree has at a path. What lies below a file, a link or a submodule isn't there.
///
/// # Errors
/// A path in a submodule, and a tree that can't be read.
pub(crate) fn entry(top: &Tree<'_>, at: &InRepository) -> Result<Option<Entry>, GitError> {
    let unread = || GitError::failed(format!("the commit's `{}` can't be read", at.path));
    let mut tree = top.clone();
    let mut parts = at.path.split('/').peekable();
    let mut walked = 0;
    while let Some(part) = parts.next() {
        walked += part.len();
        let found = tree
            .iter()
            .find(|entry| match entry {
                Ok(entry) => entry.filename().as_bytes() == part.as_bytes(),
                Err(_) => true,
            })
            .transpose()
            .map_err(unread())?;
        let Some(found) = found else { return Ok(None) };
        let (kind, id) = (found.mode().kind(), found.object_id());
        if kind == EntryKind::Commit {
            return Err(GitError::InSubmodule {
                path: at.given.clone(),
                submodule: at.path[..walked].to_owned(),
            });
        }
        if parts.peek().is_none() {
            return Ok(Some(Entry { kind, id }));
        }
        if kind != EntryKind::Tree {
            return Ok(None);
        }
        tree = tree.repo.find_tree(id).map_err(unread())?;
        walked += 1;
    }
    Ok(None)
}
