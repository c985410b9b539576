//! What .gitignore files name, at every level of the workspace.

use std::path::Path;

use ignore::gitignore::{Gitignore, GitignoreBuilder};

/// The rules of a workspace, read when they are asked for: a step of the run may have written one of the files.
pub(super) struct Ignored {
    /// One for each level, outermost first: the folder, and its rules.
    levels: Vec<Gitignore>,
}

impl Ignored {
    /// The rules that hold for a path: those of `.git/info/exclude` and of every folder on the way to it.
    pub(super) fn on_the_way_to(root: &Path, path: &str) -> Self {
        let mut levels = Vec::new();
        let exclude = root.join(".git/info/exclude");
        levels.extend(rules(root, &exclude));
        let mut folder = root.to_owned();
        levels.extend(rules(&folder, &folder.join(".gitignore")));
        let parts: Vec<&str> = path.split('/').collect();
        for part in &parts[..parts.len().saturating_sub(1)] {
            folder.push(part);
            // A link could lead the reading outside; git doesn't follow it either.
            if folder.is_symlink() {
                break;
            }
            levels.extend(rules(&folder, &folder.join(".gitignore")));
        }
        Self { levels }
    }

    /// Whether the path, or a folder that it lies in, is named. The innermost rule that says something counts.
    pub(super) fn names(&self, root: &Path, path: &str) -> bool {
        let parts: Vec<&str> = path.split('/').collect();
        (1..=parts.len()).any(|length| {
            let absolute = root.join(parts[..length].join("/"));
            let is_folder = length < parts.len();
            let said = self.levels.iter().rev().filter(|rules| absolute.starts_with(rules.path()));
            let said = said.map(|rules| rules.matched(&absolute, is_folder)).find(|said| !said.is_none());
            said.is_some_and(|said| said.is_ignore())
        })
    }
}

fn rules(folder: &Path, file: &Path) -> Option<Gitignore> {
    if !file.is_file() || file.is_symlink() {
        return None;
    }
    let mut builder = GitignoreBuilder::new(folder);
    // A line that can't be read is passed over, as git does.
    let _ = builder.add(file);
    builder.build().ok()
}
