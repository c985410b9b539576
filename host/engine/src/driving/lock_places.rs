//! Which locks count: those of the project, and of the folder that a definition lies in.
//!
//! What is in them isn't asked here.

use std::path::{Component, Path, PathBuf};

use stepwell_definition::PLUGIN_LOCK;

/// Where a lock is that counts, or would be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// The folder that it lies in, from which it names plugins.
    pub(super) folder: PathBuf,
    /// Whether it was found by where the folder really is: plugins are named from there then.
    really: bool,
}

impl Place {
    pub(super) fn file(&self) -> PathBuf {
        self.folder.join(PLUGIN_LOCK)
    }

    /// What names a file from here, by its path as seen from a folder: with `/` between its parts.
    pub(super) fn key_of(&self, uses: &str, folder: &Path) -> String {
        let real = || std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
        let from = match self.really {
            true => real(),
            false => folder.to_owned(),
        };
        as_seen_from(&self.folder, &from.join(uses))
    }
}

/// The locks that count where a project's plugins are used, or those that a definition in a folder names: the nearest upwards from the project, and the
/// nearest upwards from the folder, by how both are named and by where they really are. Whoever starts elsewhere, or comes by a link, passes none. Where
/// there is none at all, the place of the project's own.
pub(super) fn found(project: &Path, folder: &Path) -> Vec<Place> {
    let mut found: Vec<(PathBuf, Place)> = Vec::new();
    for start in [project, folder] {
        let named = by_its_names(start);
        let real = std::fs::canonicalize(start).ok();
        let starts = [(Some(named), false), (real, true)];
        for (start, really) in starts {
            let Some(near) = start.as_deref().and_then(nearest) else {
                continue;
            };
            let is = std::fs::canonicalize(&near).unwrap_or_else(|_| near.clone());
            if !found.iter().any(|(known, _)| *known == is) {
                let folder = near;
                found.push((is, Place { folder, really }));
            }
        }
    }
    if found.is_empty() {
        let folder = project.to_owned();
        let really = false;
        return vec![Place { folder, really }];
    }
    found.into_iter().map(|(_, place)| place).collect()
}

/// Whether a lock counts where plugins are used that a definition in this folder names.
#[must_use]
pub fn is_locked(project: &Path, folder: &Path) -> bool {
    let found = found(project, folder);
    found.iter().any(|place| is_there(&place.file()))
}

fn nearest(start: &Path) -> Option<PathBuf> {
    let mut folders = start.ancestors();
    let has_one = |folder: &&Path| is_there(&folder.join(PLUGIN_LOCK));
    folders.find(has_one).map(Path::to_owned)
}

/// Whether something has this name, whatever it is: what can't be read as a lock lets nothing pass.
fn is_there(file: &Path) -> bool {
    file.symlink_metadata().is_ok()
}

/// A path as seen from a folder, by its text alone: what links lead to isn't asked. One that leads out of it begins with `../`.
fn as_seen_from(folder: &Path, path: &Path) -> String {
    let (folder, path) = (tidied(folder), tidied(path));
    let shared = folder
        .iter()
        .zip(&path)
        .take_while(|(one, other)| one == other)
        .count();
    let up = std::iter::repeat_n("..", folder.len() - shared);
    let down = path[shared..].iter().map(String::as_str);
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// A path without `.` and `..`, by its text alone.
fn by_its_names(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut plain = PathBuf::new();
    for component in absolute.components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}

/// The names on the way of an absolute path, without `.` and `..`.
fn tidied(path: &Path) -> Vec<String> {
    let plain = by_its_names(path);
    let named = plain.components().filter_map(|component| match component {
        Component::Prefix(_) | Component::Normal(_) => {
            Some(component.as_os_str().to_string_lossy().into_owned())
        }
        Component::CurDir | Component::RootDir | Component::ParentDir => None,
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders(project: &Path, folder: &Path) -> Vec<PathBuf> {
        let found = found(project, folder).into_iter();
        found.map(|place| place.folder).collect()
    }

    #[test]
    fn the_nearest_lock_of_project_and_definition_counts_however_they_are_named() {
        let root = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(root.path()).unwrap();
        let (one, other) = (root.join("one"), root.join("other"));
        for folder in [one.join("flows/deep"), other.clone()] {
            std::fs::create_dir_all(folder).unwrap();
        }
        assert_eq!(folders(&other, &one), std::slice::from_ref(&other));
        std::fs::write(one.join(PLUGIN_LOCK), "").unwrap();
        let deep = one.join("flows/deep");
        assert_eq!(folders(&one, &deep), std::slice::from_ref(&one));
        assert_eq!(folders(&deep, &deep), std::slice::from_ref(&one));
        assert_eq!(folders(&other, &deep), std::slice::from_ref(&one));
        assert_eq!(
            folders(&other, &other.join("../one/flows")),
            std::slice::from_ref(&one)
        );
        assert_eq!(
            folders(&other, &one.join("../other")),
            std::slice::from_ref(&other)
        );
        std::fs::write(other.join(PLUGIN_LOCK), "").unwrap();
        assert_eq!(folders(&other, &deep), [other.clone(), one.clone()]);
        assert!(is_locked(&other, &deep));
        assert_eq!(
            found(&other, &deep)[1].key_of("../a.wasm", &deep),
            "flows/a.wasm"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_link_passes_no_lock() {
        let root = tempfile::tempdir().unwrap();
        let root = std::fs::canonicalize(root.path()).unwrap();
        let flows = root.join("project/flows");
        std::fs::create_dir_all(&flows).unwrap();
        std::fs::write(root.join("project").join(PLUGIN_LOCK), "").unwrap();
        let link = root.join("elsewhere");
        std::os::unix::fs::symlink(&flows, &link).unwrap();
        let found = found(&root, &link);
        assert_eq!(found[0].folder, root.join("project"));
        assert_eq!(found[0].key_of("a.wasm", &link), "flows/a.wasm");
    }
}
