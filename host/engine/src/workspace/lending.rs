//! Folders outside of a workspace that a step may read: where they really are, and why one can't be lent.
//!
//! They are no part of the workspace: nothing of them is looked at here, remembered or copied. What a step reads there is what
//! lies there while it runs.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use super::closed::Closed;

/// More names than this are nobody's packages.
const MOST_NAMES: usize = 200_000;

/// Which folders may be lent.
#[derive(Debug, Clone)]
pub(crate) struct Lending {
    /// The project: what a relative path counts from, and what lies in it may be lent.
    pub(crate) project: PathBuf,
    /// What else the operator allows, with what lies below.
    pub(crate) allowed: Vec<PathBuf>,
    /// What is closed to every step.
    pub(crate) closed: Vec<PathBuf>,
}

/// Why a folder isn't lent.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotLent {
    #[error("it isn't there")]
    Missing,
    #[error("it is no folder")]
    NotAFolder,
    #[error("it leads to `{}`, outside of the project; `sandbox.read` of `stepwell.toml` can allow that", .0.display())]
    Outside(PathBuf),
    #[error("it is closed to every step, or holds what is: {0}")]
    Closed(String),
    #[error("it holds more than {MOST_NAMES} files and folders")]
    TooMany,
    #[error("it can't be read: {0}")]
    Unreadable(String),
}

impl Lending {
    /// Where a folder really is, with every link followed, if it may be lent.
    pub(crate) fn lend(&self, path: &str) -> Result<PathBuf, NotLent> {
        let real = real(&self.project.join(path))?;
        if !real.is_dir() {
            return Err(NotLent::NotAFolder);
        }
        let allowed = std::iter::once(&self.project).chain(&self.allowed);
        let mut allowed = allowed.filter_map(|folder| std::fs::canonicalize(folder).ok());
        if !allowed.any(|folder| real.starts_with(folder)) {
            return Err(NotLent::Outside(real));
        }
        let rule = Closed::rule_for_root(&real, &self.closed)
            .or_else(|| Closed::rule_for_given_within(&real, &self.closed));
        if let Some(rule) = rule {
            return Err(NotLent::Closed(rule));
        }
        holds_nothing_closed(&real)?;
        Ok(real)
    }
}

fn real(path: &Path) -> Result<PathBuf, NotLent> {
    std::fs::canonicalize(path).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => NotLent::Missing,
        _ => NotLent::Unreadable(error.to_string()),
    })
}

/// A repository, a store or an operator's settings may lie at any depth. Links aren't followed: the sandbox follows none that
/// leads out, and what it leads to within is looked at where it lies.
fn holds_nothing_closed(root: &Path) -> Result<(), NotLent> {
    let mut folders = vec![root.to_owned()];
    let mut names = 0;
    while let Some(folder) = folders.pop() {
        let unreadable = |error: io::Error| NotLent::Unreadable(error.to_string());
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            names += 1;
            if names > MOST_NAMES {
                return Err(NotLent::TooMany);
            }
            let name: OsString = entry.file_name();
            if let Some(rule) = Closed::rule_for_name(&name) {
                return Err(NotLent::Closed(rule));
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
}
