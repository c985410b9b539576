//! Finds the project: its folder, its configuration and its store, from the working directory upwards, like git.
//!
//! It looks, and makes nothing but the store's folder, when a command that writes asks for it.

use std::io;
use std::path::{Path, PathBuf};

use stepwell_definition::PLUGIN_LOCK;
use stepwell_store::make_folder;

/// The operator's file.
pub(crate) const CONFIGURATION: &str = "stepwell.toml";
/// The store's folder, where nothing else is said.
pub(crate) const STORE: &str = ".stepwell";
/// The store's file, by which a folder is known to hold a store.
pub(crate) const DATABASE: &str = "stepwell.redb";

/// The store's folder is a link, and nobody named it.
#[derive(Debug, thiserror::Error)]
#[error("the store {} is a link, to {}", path.display(), target.display())]
pub(crate) struct LinkedStore {
    pub(crate) path: PathBuf,
    /// Where it leads.
    pub(crate) target: PathBuf,
}

/// A project, found or about to begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Project {
    /// Its folder: the workspace of a run that names no other.
    pub(crate) folder: PathBuf,
    /// The operator's file, where something has its name: whether it can be read shows when it is.
    pub(crate) configuration: Option<PathBuf>,
}

impl Project {
    /// The project of a directory: the nearest folder upwards with a `stepwell.toml`, a store, or a `stepwell.lock`; else the directory.
    pub(crate) fn find(start: &Path, configuration: Option<&Path>) -> Self {
        let is_project = |folder: &&Path| {
            is_there(&folder.join(CONFIGURATION))
                || is_there(&folder.join(PLUGIN_LOCK))
                || folder.join(STORE).is_dir()
        };
        let folder = start
            .ancestors()
            .find(is_project)
            .unwrap_or(start)
            .to_owned();
        let beside = folder.join(CONFIGURATION);
        let configuration = match configuration {
            Some(named) => Some(start.join(named)),
            None => is_there(&beside).then_some(beside),
        };
        Self {
            folder,
            configuration,
        }
    }

    /// The store's folder: as named on the command line, or in the configuration, or beside the project's files.
    ///
    /// # Errors
    /// Nobody names it, and it is a link: a cloned repository may bring one along that leads to another project's store.
    pub(crate) fn store(
        &self,
        start: &Path,
        named: Option<&Path>,
        configured: Option<&str>,
    ) -> Result<PathBuf, LinkedStore> {
        let path = self.store_folder(start, named, configured);
        match std::fs::read_link(&path) {
            Ok(target) if named.is_none() && configured.is_none() => {
                Err(LinkedStore { path, target })
            }
            _ => Ok(path),
        }
    }

    fn store_folder(
        &self,
        start: &Path,
        named: Option<&Path>,
        configured: Option<&str>,
    ) -> PathBuf {
        if let Some(named) = named {
            return start.join(named);
        }
        match configured {
            Some(configured) => {
                let beside = self
                    .configuration
                    .as_deref()
                    .and_then(Path::parent)
                    .unwrap_or(&self.folder);
                beside.join(configured)
            }
            None => self.folder.join(STORE),
        }
    }
}

/// Whether something has this name, whatever it is. An operator's file that can't be read is no file that nobody wrote: to go on
/// without it would be to go on without its budgets.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

/// Whether a folder holds a store.
pub(crate) fn has_store(folder: &Path) -> bool {
    folder.join(DATABASE).exists()
}

/// Makes the store's folder, which version control passes over; one that is there stays as it is.
pub(crate) fn make_store_folder(folder: &Path) -> io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    make_folder(folder)?;
    std::fs::write(folder.join(".gitignore"), "*\n")
}

/// A path as a person reads it: relative to a directory where it lies below it.
pub(crate) fn shown(path: &Path, start: &Path) -> String {
    let relative = path.strip_prefix(start).unwrap_or(path);
    if relative.as_os_str().is_empty() {
        ".".to_owned()
    } else {
        relative.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_folder_upwards_counts() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b/c");
        std::fs::create_dir_all(&deep).unwrap();
        assert_eq!(
            Project::find(&deep, None),
            Project {
                folder: deep.clone(),
                configuration: None
            }
        );
        let lock = root.path().join(PLUGIN_LOCK);
        std::fs::write(&lock, "").unwrap();
        assert_eq!(Project::find(&deep, None).folder, root.path());
        std::fs::remove_file(lock).unwrap();
        std::fs::create_dir(root.path().join(STORE)).unwrap();
        assert_eq!(Project::find(&deep, None).folder, root.path());
        let near = root.path().join("a");
        std::fs::write(near.join(CONFIGURATION), "").unwrap();
        let found = Project::find(&deep, None);
        assert_eq!(
            found,
            Project {
                folder: near.clone(),
                configuration: Some(near.join(CONFIGURATION))
            }
        );
        assert_eq!(found.store(&deep, None, None).unwrap(), near.join(STORE));
    }

    #[cfg(unix)]
    #[test]
    fn the_folder_of_a_new_store_is_its_users_alone() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let store = root.path().join(STORE);
        make_store_folder(&store).unwrap();
        let mode = std::fs::metadata(store).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_store_is_relative_to_what_names_it() {
        let root = tempfile::tempdir().unwrap();
        let start = root.path().join("work");
        std::fs::create_dir(&start).unwrap();
        let project = Project::find(&start, Some(Path::new("../shared/other.toml")));
        assert_eq!(project.folder, start);
        assert_eq!(
            project.store(&start, None, Some("kept")).unwrap(),
            start.join("../shared/kept")
        );
        assert_eq!(
            project
                .store(&start, Some(Path::new("mine")), Some("kept"))
                .unwrap(),
            start.join("mine")
        );
    }

    #[test]
    fn a_new_store_is_hidden_from_version_control() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("x/.stepwell");
        make_store_folder(&folder).unwrap();
        assert_eq!(
            std::fs::read_to_string(folder.join(".gitignore")).unwrap(),
            "*\n"
        );
        assert!(!has_store(&folder));
        std::fs::remove_file(folder.join(".gitignore")).unwrap();
        make_store_folder(&folder).unwrap();
        assert!(
            !folder.join(".gitignore").exists(),
            "a folder that is there stays as it is"
        );
    }
}
