//! What the workspace's .gitignore files name.
//!
//! All levels count, from the top of the repository (which may lie above the workspace) down to the file's own
//! folder, and `.git/info/exclude`. The user's global file does not: what a step sees must not depend on who runs it.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::WorkspaceFolder;
use super::resolving;

/// Far more than anyone writes by hand.
const LARGEST_RULES: u64 = 1 << 20;

/// The texts of .gitignore files as they were before a run wrote them, by their folder as a prefix of paths: empty or
/// with a `/` at its end; none is no file.
pub(crate) type RulesBefore = BTreeMap<String, Option<Vec<u8>>>;

/// Rules by level, the weakest first.
#[derive(Debug, Clone, Default)]
pub(super) struct IgnoreRules {
    levels: Vec<Level>,
}

/// The rules of now, and beside them those that stood before the run changed some: a step can't switch off for the
/// next one what hides a file (rule E6).
#[derive(Debug, Clone)]
pub(super) struct Rulings<'a> {
    now: IgnoreRules,
    before: Option<(IgnoreRules, &'a RulesBefore)>,
}

/// What [`Rulings::enter`] added, for [`Rulings::leave`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Entered {
    now: bool,
    before: bool,
}

impl<'a> Rulings<'a> {
    pub(super) fn new(inherited: &IgnoreRules, before: &'a RulesBefore) -> Self {
        Self {
            now: inherited.clone(),
            before: (!before.is_empty()).then(|| (inherited.clone(), before)),
        }
    }

    /// Adds the rules of a folder that is open as `directory`.
    pub(super) fn enter(&mut self, directory: &Dir, folder: &str) -> Entered {
        let now = self.now.push(read(directory, ".gitignore"), folder, "");
        let before = self.before.as_mut().is_some_and(|(rules, before)| {
            let text = match before.get(folder) {
                Some(text) => text.as_deref().map(parse),
                None => read(directory, ".gitignore"),
            };
            rules.push(text, folder, "")
        });
        Entered { now, before }
    }

    /// Takes back what entering a folder added.
    pub(super) fn leave(&mut self, entered: Entered) {
        if entered.now {
            self.now.levels.pop();
        }
        if let Some((rules, _)) = self.before.as_mut().filter(|_| entered.before) {
            rules.levels.pop();
        }
    }

    /// Whether the rules name this path itself, now or before. Those of its folders are the caller's to ask for, from the
    /// top down: what lies in an ignored folder is ignored, whatever a deeper rule says.
    pub(super) fn name(&self, path: &str, is_folder: bool) -> bool {
        let before = self.before.as_ref();
        self.now.name(path, is_folder)
            || before.is_some_and(|(rules, _)| rules.name(path, is_folder))
    }
}

/// The rules of one folder.
#[derive(Debug, Clone)]
struct Level {
    /// The folder, as a prefix of paths below the workspace: empty or with a `/` at its end.
    folder: String,
    /// Of a folder above the workspace: the way down from it to the root, with a `/` at its end.
    down_to_root: String,
    rules: Arc<Rules>,
}

#[derive(Debug)]
enum Rules {
    These(Gitignore),
    /// They are there and can't be read. To take that for "nothing is ignored" would hand out secrets.
    Unreadable,
}

impl IgnoreRules {
    /// The rules that hold at the root before its own: those of the repository's folders above it, up to the one
    /// that has a `.git`, and that repository's `info/exclude`.
    pub(super) fn above(directory: &Dir, root: &Path) -> Self {
        let mut rules = Self::default();
        if directory.symlink_metadata(".git").is_ok() {
            rules.push(read(directory, ".git/info/exclude"), "", "");
            return rules;
        }
        let mut found = Vec::new();
        for folder in root.ancestors().skip(1) {
            let Ok(opened) = Dir::open_ambient_dir(folder, ambient_authority()) else {
                continue;
            };
            let is_top = opened.symlink_metadata(".git").is_ok();
            found.push((folder, opened));
            if !is_top {
                continue;
            }
            for (index, (folder, opened)) in found.iter().rev().enumerate() {
                let way = root
                    .strip_prefix(folder)
                    .map(|way| format!("{}/", way.display()));
                let way = way.unwrap_or_default();
                if index == 0 {
                    rules.push(read(opened, ".git/info/exclude"), "", &way);
                }
                rules.push(read(opened, ".gitignore"), "", &way);
            }
            break;
        }
        rules
    }

    fn name(&self, path: &str, is_folder: bool) -> bool {
        for level in self.levels.iter().rev() {
            let Some(below) = path.strip_prefix(&level.folder) else {
                continue;
            };
            match &*level.rules {
                Rules::Unreadable => return true,
                Rules::These(rules) => {
                    match rules.matched(format!("{}{below}", level.down_to_root), is_folder) {
                        Match::None => {}
                        Match::Ignore(_) => return true,
                        Match::Whitelist(_) => return false,
                    }
                }
            }
        }
        false
    }

    /// Adds the rules of a folder, if it has any.
    fn push(&mut self, rules: Option<Rules>, folder: &str, down_to_root: &str) -> bool {
        let Some(rules) = rules else {
            return false;
        };
        let (folder, down_to_root) = (folder.to_owned(), down_to_root.to_owned());
        self.levels.push(Level {
            folder,
            down_to_root,
            rules: Arc::new(rules),
        });
        true
    }
}

/// The rules of folders, of which each is read once: for many paths, of which many lie in one folder.
pub(super) struct FolderRules<'a> {
    folder: &'a WorkspaceFolder,
    before: &'a RulesBefore,
    /// By folder, as a prefix of paths; none where the rules name the folder itself, and so all that is in it.
    read: BTreeMap<String, Option<Rulings<'a>>>,
}

impl<'a> FolderRules<'a> {
    pub(super) fn of(folder: &'a WorkspaceFolder, before: &'a RulesBefore) -> Self {
        let read = BTreeMap::new();
        Self {
            folder,
            before,
            read,
        }
    }

    /// As [`WorkspaceFolder::is_ignored`], of a path in the form under which its file is known.
    pub(super) fn name(&mut self, path: &str) -> bool {
        if self.rules_name(path) {
            return true;
        }
        match resolving::resolve(&self.folder.directory, Path::new(path)) {
            Ok(place) if place.path() == Path::new(path) => false,
            Ok(place) => (place.path().to_str()).is_none_or(|real| self.rules_name(real)),
            Err(_) => true,
        }
    }

    fn rules_name(&mut self, path: &str) -> bool {
        let folder = path.rfind('/').map_or("", |end| &path[..=end]);
        let rules = self.rules_in(folder);
        rules.is_none_or(|rules| rules.name(path, false))
    }

    fn rules_in(&mut self, folder: &str) -> Option<&Rulings<'a>> {
        // From the top down: what lies in an ignored folder is ignored.
        let ends = folder.match_indices('/').map(|(end, _)| end + 1);
        let mut around = "";
        for end in std::iter::once(0).chain(ends) {
            let prefix = &folder[..end];
            if !self.read.contains_key(prefix) {
                let rules = match prefix {
                    "" => Some(self.of_the_top()),
                    prefix => self.read_in(around, prefix),
                };
                self.read.insert(prefix.to_owned(), rules);
            }
            around = prefix;
        }
        self.read.get(folder)?.as_ref()
    }

    fn of_the_top(&self) -> Rulings<'a> {
        let mut rules = Rulings::new(&self.folder.inherited, self.before);
        rules.enter(&self.folder.directory, "");
        rules
    }

    fn read_in(&self, around: &str, prefix: &str) -> Option<Rulings<'a>> {
        let mut rules = self.read.get(around)?.clone()?;
        let folder = prefix.trim_end_matches('/');
        if rules.name(folder, true) {
            return None;
        }
        if let Ok(opened) = self.folder.directory.open_dir(folder) {
            rules.enter(&opened, prefix);
        }
        Some(rules)
    }
}

impl WorkspaceFolder {
    /// Whether .gitignore files name a path, or what it leads to through symbolic links.
    ///
    /// A path that [`normalise`](Self::normalise) refuses counts as ignored. What .gitignore files said `before` the run
    /// wrote them counts as well.
    pub(crate) fn is_ignored(&self, path: &str, before: &RulesBefore) -> bool {
        let Ok(path) = self.normalise(path) else {
            return true;
        };
        if self.rules_name(&path, before) {
            return true;
        }
        // A link that is checked in may lead to a file that is not.
        match resolving::resolve(&self.directory, Path::new(&path)) {
            Ok(place) if place.path() == Path::new(&path) => false,
            Ok(place) => place
                .path()
                .to_str()
                .is_none_or(|real| self.rules_name(real, before)),
            Err(_) => true,
        }
    }

    fn rules_name(&self, path: &str, before: &RulesBefore) -> bool {
        let mut rules = Rulings::new(&self.inherited, before);
        rules.enter(&self.directory, "");
        for (end, _) in path.match_indices('/') {
            if rules.name(&path[..end], true) {
                return true;
            }
            if let Ok(folder) = self.directory.open_dir(&path[..end]) {
                rules.enter(&folder, &path[..=end]);
            }
        }
        rules.name(path, false)
    }
}

fn read(directory: &Dir, file: &str) -> Option<Rules> {
    // As git does: a .gitignore that is a link, or no file, is none.
    let metadata = match directory.symlink_metadata(file) {
        Ok(metadata) => metadata,
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return None;
        }
        Err(_) => return Some(Rules::Unreadable),
    };
    if !metadata.is_file() {
        return None;
    }
    let mut content = Vec::new();
    let read = directory
        .open(file)
        .and_then(|file| file.take(LARGEST_RULES + 1).read_to_end(&mut content));
    if read.is_err() || content.len() as u64 > LARGEST_RULES {
        return Some(Rules::Unreadable);
    }
    Some(parse(&content))
}

fn parse(content: &[u8]) -> Rules {
    let mut builder = GitignoreBuilder::new(".");
    // Where the file system takes `.ENV` for `.env`, so must the rules.
    let configured = builder.case_insensitive(cfg!(any(windows, target_os = "macos")));
    debug_assert!(configured.is_ok(), "no rule has been added yet");
    for line in String::from_utf8_lossy(content)
        .trim_start_matches('\u{feff}')
        .lines()
    {
        // A line that is no pattern names nothing, as in git; the others still count.
        let _ = builder.add_line(None, line);
    }
    builder.build().map_or(Rules::Unreadable, Rules::These)
}
