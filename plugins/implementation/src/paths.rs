//! The paths of a plan held against the workspace: which files are there, and which paths can't be.
//!
//! It changes nothing but what a subtask says of its files, and asks no model.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_sdk::workspace::{self, WorkspaceErrorKind};
use stepwell_sdk::{Failure, progress};
use unicode_normalization::UnicodeNormalization;

use crate::plan::Subtask;

/// Paths that are named beside one that can't be.
const NEAREST: usize = 3;

/// The files of the workspace.
pub(crate) struct Paths {
    files: BTreeSet<String>,
    /// Every file and every folder by what its name looks like.
    by_look: BTreeMap<String, String>,
}

impl Paths {
    /// The files as they are now; none where the step isn't allowed to look.
    pub(crate) fn seen() -> Result<Option<Self>, Failure> {
        match workspace::entries("**/*") {
            Ok(entries) => Ok(Some(Self::of(entries.into_iter().map(|it| it.path)))),
            Err(error) if error.kind == WorkspaceErrorKind::Denied => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn of(files: impl Iterator<Item = String>) -> Self {
        let mut paths = Self {
            files: BTreeSet::new(),
            by_look: BTreeMap::new(),
        };
        files.for_each(|path| paths.add(path));
        paths
    }

    fn add(&mut self, path: String) {
        for part in with_folders(&path) {
            self.by_look
                .entry(look(part))
                .or_insert_with(|| part.to_owned());
        }
        self.files.insert(path);
    }

    /// Says of each subtask which of its files are there when it is begun: in the workspace, or written by one before.
    ///
    /// # Errors
    /// An invalid answer that names each path that can't be, with the nearest ones.
    pub(crate) fn check(mut self, subtasks: &mut [Subtask]) -> Result<(), Failure> {
        let mut problems = Vec::new();
        for subtask in subtasks {
            let claimed = std::mem::take(&mut subtask.existing);
            let mut named = BTreeSet::new();
            subtask.files.retain(|path| named.insert(path.clone()));
            for path in &subtask.files {
                if self.files.contains(path) {
                    subtask.existing.push(path.clone());
                    continue;
                }
                match self.problem(path, claimed.contains(path))? {
                    Some(problem) => problems.push(format!("`{}`: {problem}", subtask.id)),
                    None => self.warn_of_a_like(path),
                }
                // It is there for what comes after it, also in the way of that.
                self.add(path.clone());
            }
        }
        match problems.is_empty() {
            true => Ok(()),
            false => Err(Failure::invalid_response(problems.join("; "))),
        }
    }

    /// Why a file can't have this path, which none has yet.
    fn problem(&self, path: &str, is_said_to_exist: bool) -> Result<Option<String>, Failure> {
        let folder = format!("{path}/");
        if self
            .files
            .range(folder.clone()..)
            .next()
            .is_some_and(|next| next.starts_with(&folder))
        {
            let inside = self.files.iter().filter(|file| file.starts_with(&folder));
            return Ok(Some(format!(
                "`{path}` is a folder: name the file in it{}",
                named(", such as", inside.take(NEAREST))
            )));
        }
        for part in with_folders(path) {
            let is_above = part.len() < path.len();
            if is_above && self.files.contains(part) {
                return Ok(Some(format!(
                    "`{path}` would stand below `{part}`, which is a file"
                )));
            }
            if let Some(there) = self.by_look.get(&look(part))
                && there != part
                && !self.has(part)
            {
                let by = match there.to_lowercase() == part.to_lowercase() {
                    true => "by small and large letters",
                    false => "by how its letters are composed",
                };
                return Ok(Some(format!(
                    "`{part}` differs from `{there}`, which is there, {by} alone: write it as it stands there"
                )));
            }
        }
        if is_pattern(path) {
            return Ok(Some(format!(
                "`{path}` is a pattern, and no file: name each file that is meant"
            )));
        }
        if let Some(problem) = out_of_reach(path)? {
            return Ok(Some(problem));
        }
        Ok(is_said_to_exist.then(|| {
            format!(
                "`{path}` is said to exist and isn't there{}; leave it out of `existing` if it is to be new",
                named(", but these are:", self.nearest(path).into_iter())
            )
        }))
    }

    fn has(&self, path: &str) -> bool {
        let folder = format!("{path}/");
        let mut from_here = self.files.range(path.to_owned()..);
        self.files.contains(path) || from_here.any(|file| file.starts_with(&folder))
    }

    /// A new file may be meant for one that is there, below other folders: a person may want to know.
    fn warn_of_a_like(&self, path: &str) {
        if !path.contains('/') {
            return;
        }
        let end = format!("/{path}");
        let like: Vec<&String> = self.files.iter().filter(|it| it.ends_with(&end)).collect();
        if let [like] = like.as_slice() {
            progress::warn(format!(
                "the plan has `{path}` as a new file, and `{like}` is there"
            ));
        }
    }

    /// Paths that may be meant: with the same end, of the same name, in the same folder.
    fn nearest(&self, path: &str) -> Vec<&String> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let folder = path.strip_suffix(name).unwrap_or_default();
        let ends = |long: &str, short: &str| {
            let rest = long.strip_suffix(short);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        let mut ranked: Vec<(u8, &String)> = self
            .files
            .iter()
            .filter_map(|file| {
                if ends(file, path) || ends(path, file) {
                    Some((0, file))
                } else if ends(file, name) {
                    Some((1, file))
                } else if !folder.is_empty() && file.starts_with(folder) {
                    Some((2, file))
                } else {
                    None
                }
            })
            .collect();
        ranked.sort();
        ranked.truncate(NEAREST);
        ranked.into_iter().map(|(_, file)| file).collect()
    }
}

/// Why no step can have a file of this path: it is closed to all of them, it leads elsewhere, or git ignores it.
fn out_of_reach(path: &str) -> Result<Option<String>, Failure> {
    match workspace::is_ignored(path) {
        Ok(false) => Ok(None),
        Ok(true) => Ok(Some(format!(
            "`{path}` is a path that git ignores: no step is shown it, and git wouldn't show it either, so plan without it"
        ))),
        Err(error)
            if matches!(
                error.kind,
                WorkspaceErrorKind::Denied | WorkspaceErrorKind::InvalidPath
            ) =>
        {
            Ok(Some(format!("{}; plan without it", error.message)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a path stands for several. `[id].tsx` and `{{ name }}` are names that files have.
fn is_pattern(path: &str) -> bool {
    let has_choice = path.split('{').skip(1).any(|rest| {
        let inside = rest.split('}').next();
        inside.is_some_and(|inside| inside.len() < rest.len() && inside.contains(','))
    });
    path.contains(['*', '?']) || has_choice
}

/// What a path looks like: without regard to small and large letters, nor to whether an accent is part of its letter.
fn look(path: &str) -> String {
    path.to_lowercase().nfc().collect()
}

/// A path, after every folder that it stands in.
fn with_folders(path: &str) -> impl Iterator<Item = &str> {
    let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
    folders.chain([path])
}

fn named<'a>(before: &str, paths: impl Iterator<Item = &'a String>) -> String {
    let paths: Vec<String> = paths.map(|path| format!("`{path}`")).collect();
    match paths.is_empty() {
        true => String::new(),
        false => format!("{before} {}", paths.join(", ")),
    }
}
