//! Where a run lives: its project and its store. A project that was moved or copied has its runs with it, and they work on
//! the files that came along, never on those of the place that they were begun in.
//!
//! It reads no file of a workspace, and writes down nothing.

use std::path::{Component, Path, PathBuf};

use stepwell_store::{Home, RunRecord};
use stepwell_workers::off_the_workers;

use super::house::House;
use crate::words::RunError;

/// Where the project and the store of this process are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Here {
    project: PathBuf,
    store: PathBuf,
}

impl Here {
    /// None where the store is nowhere, or a path can't be written down.
    pub(super) fn of(project: &Path, store: Option<&Path>) -> Option<Self> {
        let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let here = Self {
            project: absolute(project),
            store: absolute(store?),
        };
        here.home().map(|_| here)
    }

    fn home(&self) -> Option<Home> {
        Some(Home {
            project: self.project.to_str()?.to_owned(),
            store: self.store.to_str()?.to_owned(),
        })
    }

    /// Whether a run whose home is another belongs here as it stands: its store wasn't moved, or it is another store, such as a
    /// backup, of the same project.
    fn is_home_of(&self, home: &Home) -> bool {
        is_same(&self.store, &home.store) || is_same(&self.project, &home.project)
    }

    /// Gives a run's paths in a project that was moved or copied as they are here; a run that doesn't belong here stays as it
    /// is.
    fn adopt(&self, record: &mut RunRecord) {
        let Some(home) = record.home.take() else {
            return;
        };
        let moved = Moved {
            from: Path::new(&home.project),
            to: &self.project,
        };
        // A store that is named apart from its project says nothing of where the project's files are.
        let came_along = moved.path(&home.store).as_deref() == self.store.to_str();
        if self.is_home_of(&home) || !came_along {
            record.home = Some(home);
            return;
        }
        let workspace = moved.path(&record.workspace);
        // A workspace outside of it is still that of the other project, as long as there is one.
        if workspace.is_none() && Path::new(&home.store).exists() {
            record.home = Some(home);
            return;
        }
        record.workspace = workspace.unwrap_or_else(|| record.workspace.clone());
        if let Some(file) = &mut record.definition_file {
            *file = moved.path(file).unwrap_or_else(|| file.clone());
        }
        record.home = self.home();
    }
}

/// A folder that has another path now.
struct Moved<'a> {
    from: &'a Path,
    to: &'a Path,
}

impl Moved<'_> {
    /// The path of what lay below it; none for what lay elsewhere.
    fn path(&self, path: &str) -> Option<String> {
        let below = Path::new(path).strip_prefix(self.from).ok()?;
        let stays_below = |part: Component<'_>| matches!(part, Component::Normal(_));
        if !below.components().all(stays_below) {
            return None;
        }
        let path = match below.as_os_str().is_empty() {
            true => self.to.to_owned(),
            false => self.to.join(below),
        };
        path.to_str().map(str::to_owned)
    }
}

/// Whether two paths name one thing, also through links.
fn is_same(here: &Path, there: &str) -> bool {
    let there = Path::new(there);
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    here == there || real(here).is_some_and(|here| real(there) == Some(here))
}

impl House {
    /// Where a run that begins lives.
    pub(crate) fn home(&self) -> Option<Home> {
        self.here.as_ref().and_then(Here::home)
    }

    /// A run's record, with its paths as they are here.
    pub(crate) async fn adopted(&self, mut record: RunRecord) -> RunRecord {
        match &self.here {
            // Nearly always.
            Some(here) if record.home != here.home() && record.home.is_some() => {
                let here = here.clone();
                off_the_workers(move || {
                    here.adopt(&mut record);
                    record
                })
                .await
            }
            _ => record,
        }
    }

    /// Refuses to touch the files of a run that belongs to another project than this one.
    pub(crate) async fn require_home(&self, record: &RunRecord) -> Result<(), RunError> {
        let (Some(here), Some(home)) = (self.here.clone(), record.home.clone()) else {
            return Ok(());
        };
        let given = home.clone();
        if off_the_workers(move || here.is_home_of(&given)).await {
            return Ok(());
        }
        Err(RunError::OfAnotherProject {
            run: record.id,
            project: PathBuf::from(home.project),
            workspace: PathBuf::from(&record.workspace),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lay_below_a_folder_that_was_moved_lies_below_it() {
        let moved = Moved {
            from: Path::new("/a/project"),
            to: Path::new("/b"),
        };
        let cases = [
            ("/a/project", Some("/b")),
            ("/a/project/work/deep", Some("/b/work/deep")),
            ("/a/project-beside", None),
            ("/a/project/../other", None),
            ("work", None),
            ("/elsewhere", None),
        ];
        for (path, there) in cases {
            assert_eq!(moved.path(path).as_deref(), there, "{path}");
        }
    }
}
