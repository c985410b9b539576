//! The files of the workspace that match a glob.
//!
//! It lists what `read` would give, and nothing else: no folder, pipe or device, no name that isn't UTF-8 or that
//! `normalise` refuses, no link that leads outside or to nothing.

use std::io;
use std::path::Path;

use cap_std::fs::{Dir, DirEntry};
use globset::{GlobBuilder, GlobMatcher};
use stepwell_contract::{WorkspaceEntry, WorkspaceError, WorkspaceErrorKind};

use super::ignored::{RulesBefore, Rulings};
use super::path::{broken_rule, shown};
use super::resolving::{self, Resolved};
use super::{Shown, WorkspaceFolder};

/// A longer pattern is nobody's, and compiling it may take long.
const LONGEST_PATTERN: usize = 1_000;
/// A listing is handed to a guest as one value.
const MOST_ENTRIES: usize = 100_000;
/// Names that are looked at: a bound on the time that a listing takes.
const MOST_NAMES: usize = 1_000_000;

/// What one listing works with.
struct Walk<'a> {
    pattern: Pattern,
    rules: Rulings<'a>,
    before: &'a RulesBefore,
    shown: &'a Shown,
    /// Whether it lists what .gitignore hides, and nothing else.
    hidden: bool,
    entries: Vec<WorkspaceEntry>,
    most_entries: usize,
    names: usize,
}

/// A glob, and what it says about the folders that a file can be in.
struct Pattern {
    text: String,
    matcher: GlobMatcher,
    /// The folders that it begins with, without a wildcard.
    folders: Vec<String>,
    /// How deep its files can lie; none is any depth.
    depth: Option<usize>,
}

impl WorkspaceFolder {
    /// The regular files that match a glob, sorted.
    ///
    /// `*` and `?` stop at `/`, `**` doesn't. What .gitignore names, or named `before`, is left out unless it is `shown`. A link to a
    /// file is listed with the size of that file; a link to a folder is not walked into, and neither is a folder that
    /// the system doesn't let this user list.
    ///
    /// # Errors
    /// [`WorkspaceErrorKind::InvalidPath`] for what isn't a glob below the workspace, and
    /// [`WorkspaceErrorKind::TooLarge`] for a listing of more than 100,000 files.
    pub(crate) fn entries(
        &self,
        pattern: &str,
        shown: &Shown,
        before: &RulesBefore,
    ) -> Result<Vec<WorkspaceEntry>, WorkspaceError> {
        self.entries_up_to(pattern, shown, before, MOST_ENTRIES)
    }

    pub(super) fn entries_up_to(
        &self,
        pattern: &str,
        shown: &Shown,
        before: &RulesBefore,
        most_entries: usize,
    ) -> Result<Vec<WorkspaceEntry>, WorkspaceError> {
        let walk = Walk {
            pattern: Pattern::new(pattern)?,
            rules: Rulings::new(&self.inherited, before),
            before,
            shown,
            hidden: false,
            entries: Vec::new(),
            most_entries,
            names: 0,
        };
        self.listed(walk)
    }

    /// The regular files that match a glob and that .gitignore hides, or hid `before`, sorted: what
    /// [`entries`](Self::entries) leaves out. What is closed, and what a link leads to, is never among them.
    ///
    /// # Errors
    /// As [`entries`](Self::entries).
    pub(crate) fn hidden(
        &self,
        pattern: &str,
        shown: &Shown,
        before: &RulesBefore,
    ) -> Result<Vec<WorkspaceEntry>, WorkspaceError> {
        let walk = Walk {
            pattern: Pattern::new(pattern)?,
            rules: Rulings::new(&self.inherited, before),
            before,
            shown,
            hidden: true,
            entries: Vec::new(),
            most_entries: MOST_ENTRIES,
            names: 0,
        };
        self.listed(walk)
    }

    fn listed(&self, mut walk: Walk<'_>) -> Result<Vec<WorkspaceEntry>, WorkspaceError> {
        self.walk(&mut walk, &self.directory, "", 1, false)?;
        walk.entries.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(walk.entries)
    }

    /// Whether a glob matches a path.
    ///
    /// # Errors
    /// As [`entries`](Self::entries), for the glob.
    pub(crate) fn matches(pattern: &str, path: &str) -> Result<bool, WorkspaceError> {
        Ok(Pattern::new(pattern)?.matcher.is_match(path))
    }

    /// Lists one folder, the `depth`th from the root. `ignored`: one of the folders that it is in is.
    fn walk(
        &self,
        walk: &mut Walk<'_>,
        folder: &Dir,
        prefix: &str,
        depth: usize,
        ignored: bool,
    ) -> Result<(), WorkspaceError> {
        let Ok(names) = folder.entries() else {
            return Ok(());
        };
        let entered = walk.rules.enter(folder, prefix);
        for entry in names {
            walk.names += 1;
            if walk.names > MOST_NAMES {
                return Err(walk.too_large("looks at", MOST_NAMES));
            }
            let Ok(entry) = entry else { continue };
            self.visit(walk, &entry, prefix, depth, ignored)?;
        }
        walk.rules.leave(entered);
        Ok(())
    }

    fn visit(
        &self,
        walk: &mut Walk<'_>,
        entry: &DirEntry,
        prefix: &str,
        depth: usize,
        ignored: bool,
    ) -> Result<(), WorkspaceError> {
        let Ok(name) = entry.file_name().into_string() else {
            return Ok(());
        };
        let path = format!("{prefix}{name}");
        if broken_rule(&name).is_some() || self.closed.rule_for(Path::new(&path)).is_some() {
            return Ok(());
        }
        let Ok(kind) = entry.file_type() else {
            return Ok(());
        };
        if kind.is_dir() {
            if !walk.pattern.may_be_in(&name, depth) {
                return Ok(());
            }
            let ignored = ignored || walk.rules.name(&path, true);
            let below = format!("{path}/");
            if ignored && !walk.hidden && !walk.shown.may_be_in(&below) {
                return Ok(());
            }
            let Ok(folder) = entry.open_dir() else {
                return Ok(());
            };
            return self.walk(walk, &folder, &below, depth + 1, ignored);
        }
        if !walk.pattern.matcher.is_match(&path) {
            return Ok(());
        }
        let ignored = ignored || walk.rules.name(&path, false);
        let is_hidden = ignored && !walk.shown.contains(&path);
        if is_hidden != walk.hidden || walk.hidden && kind.is_symlink() {
            return Ok(());
        }
        let size = if kind.is_symlink() {
            self.size_behind_link(&path, walk.shown, walk.before)
        } else {
            size_of(entry)
        };
        let Some(size) = size else { return Ok(()) };
        if walk.entries.len() >= walk.most_entries {
            return Err(walk.too_large("matches", walk.most_entries));
        }
        walk.entries.push(WorkspaceEntry {
            path,
            bytes: u32::try_from(size).unwrap_or(u32::MAX),
        });
        Ok(())
    }

    /// The size of the file that a link leads to; none where a step may not read it.
    fn size_behind_link(&self, path: &str, shown: &Shown, before: &RulesBefore) -> Option<u64> {
        let Ok(Resolved::Found {
            path: real,
            metadata,
        }) = resolving::resolve(&self.directory, Path::new(path))
        else {
            return None;
        };
        let readable = metadata.is_file() && self.closed.rule_for(&real).is_none();
        let seen = shown.contains(path) || !self.is_ignored(path, before);
        (readable && seen).then_some(metadata.len())
    }
}

impl Walk<'_> {
    fn too_large(&self, does: &str, most: usize) -> WorkspaceError {
        let pattern = shown(&self.pattern.text);
        let message =
            format!("the pattern `{pattern}` {does} more than {most} files: make it narrower");
        WorkspaceError::new(WorkspaceErrorKind::TooLarge, message)
    }
}

impl Pattern {
    fn new(given: &str) -> Result<Self, WorkspaceError> {
        let invalid = |rule: &str| {
            let message = format!("the pattern `{}` {rule}", shown(given));
            WorkspaceError::new(WorkspaceErrorKind::InvalidPath, message)
        };
        if given.len() > LONGEST_PATTERN {
            return Err(invalid("is longer than 1000 bytes"));
        }
        let text = given.trim_start_matches("./");
        if text.is_empty() {
            return Err(invalid("is empty: `**` matches all files"));
        }
        if text.starts_with('/') {
            return Err(invalid(
                "is absolute: patterns are relative to the workspace",
            ));
        }
        if text.split('/').any(|part| part == "..") {
            return Err(invalid("has `..` in it: patterns stay below the workspace"));
        }
        if text.contains(char::is_control) {
            return Err(invalid("has a control character in it"));
        }
        let glob = GlobBuilder::new(text).literal_separator(true).build();
        let glob = glob.map_err(|error| invalid(&format!("is not a glob: {}", error.kind())))?;
        let parts: Vec<&str> = text.split('/').collect();
        let is_literal = |part: &&&str| !part.contains(['*', '?', '[', ']', '{', '}', '\\']);
        // The last part names the file. A brace may hold a `/`, so that behind one nothing is known of the depth.
        let folders = parts[..parts.len() - 1]
            .iter()
            .take_while(is_literal)
            .map(|part| (*part).to_owned())
            .collect();
        let depth = (!text.contains("**") && !text.contains('{')).then_some(parts.len());
        Ok(Self {
            matcher: glob.compile_matcher(),
            text: text.to_owned(),
            folders,
            depth,
        })
    }

    /// Whether a file that matches may lie in the folder `name`, an entry of the `depth`th folder from the root.
    fn may_be_in(&self, name: &str, depth: usize) -> bool {
        self.folders
            .get(depth - 1)
            .is_none_or(|folder| folder == name)
            && self.depth.is_none_or(|deepest| depth < deepest)
    }
}

fn size_of(entry: &DirEntry) -> Option<u64> {
    // Gone since its folder was listed: it isn't there.
    let metadata: io::Result<_> = entry.metadata();
    metadata
        .ok()
        .filter(cap_std::fs::Metadata::is_file)
        .map(|metadata| metadata.len())
}
