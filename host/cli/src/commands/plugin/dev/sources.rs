//! What a plugin is built from: looked at again and again, so that a change is seen.
//!
//! A look costs a walk through the project's own folders. That is little, needs nothing of the system that could run out, such as
//! watches of folders, and sees what is changed over a network or from within a container.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ignore::WalkBuilder;
use stepwell_workers::off_the_workers;

/// What tools make, also where no `.gitignore` names it.
const MADE: [&str; 6] = [
    "target",
    "node_modules",
    ".venv",
    "venv",
    "__pycache__",
    "build",
];

/// Of more files a plugin isn't made by hand.
const MOST: usize = 20_000;

/// What is looked at.
#[derive(Debug, Clone)]
pub(super) struct Sources {
    /// Folders and files.
    pub(super) roots: Vec<PathBuf>,
    /// Files that are made, and no sources.
    pub(super) made: Vec<PathBuf>,
}

/// The sources as they were: how long each file is, and when it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Seen(BTreeMap<PathBuf, (u64, Option<SystemTime>)>);

impl Sources {
    /// Looks at all of them.
    pub(super) async fn look(&self) -> Seen {
        let sources = self.clone();
        off_the_workers(move || sources.looked_at()).await
    }

    fn looked_at(&self) -> Seen {
        let files = self.roots.iter().flat_map(|root| files_below(root));
        let files = files.filter(|path| !self.made.contains(path));
        let seen = files.take(MOST).filter_map(|path| {
            let about = path.metadata().ok()?;
            Some((path, (about.len(), about.modified().ok())))
        });
        Seen(seen.collect())
    }
}

impl Seen {
    /// The files that aren't as they were.
    pub(super) fn changed_since<'a>(&'a self, before: &'a Self) -> BTreeSet<&'a Path> {
        let now = self.0.iter();
        let now = now.filter(|(path, is)| before.0.get(*path) != Some(*is));
        let gone = before.0.keys().filter(|path| !self.0.contains_key(*path));
        let changed = now.map(|(path, _)| path).chain(gone);
        changed.map(PathBuf::as_path).collect()
    }
}

fn files_below(root: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let is_made = |entry: &ignore::DirEntry| {
        let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
        let name = entry.file_name().to_str().unwrap_or_default();
        is_folder && entry.depth() > 0 && MADE.contains(&name)
    };
    let walk = WalkBuilder::new(root)
        .require_git(false)
        .filter_entry(move |entry| !is_made(entry))
        .build();
    let files = walk.flatten().filter(|entry| {
        let kind = entry.file_type();
        kind.is_some_and(|kind| kind.is_file() || kind.is_symlink())
    });
    files.map(ignore::DirEntry::into_path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(folder: &Path, path: &str, text: &str) {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn what_is_made_or_ignored_is_no_change() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        write(at, ".gitignore", "generated/\n");
        write(at, "src/lib.rs", "one");
        let sources = Sources {
            roots: vec![at.to_owned()],
            made: vec![at.join("step.wasm")],
        };
        let before = sources.looked_at();
        for made in [
            "target/x/step.wasm",
            "node_modules/a/index.js",
            ".venv/bin/python",
            "generated/bindings.rs",
            "step.wasm",
        ] {
            write(at, made, "made");
        }
        assert!(sources.looked_at().changed_since(&before).is_empty());
        for (path, text) in [("src/lib.rs", "another"), ("wit/step.wit", "new")] {
            let before = sources.looked_at();
            write(at, path, text);
            let after = sources.looked_at();
            let changed = BTreeSet::from([at.join(path)]);
            let changed: BTreeSet<&Path> = changed.iter().map(PathBuf::as_path).collect();
            assert_eq!(after.changed_since(&before), changed);
            assert_eq!(before.changed_since(&after), changed);
        }
    }
}
