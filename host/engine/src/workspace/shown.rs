//! What a step sees though .gitignore names it: what its run wrote, and what a line of the definition includes (rule E6).

use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

/// Paths that are seen whatever .gitignore says.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    /// What the run wrote.
    pub(crate) written: Arc<BTreeSet<String>>,
    /// Files, and folders with all that is in them, which `grants.include` names.
    pub(crate) include: Vec<String>,
}

impl Shown {
    /// Whether this path is among them.
    pub(crate) fn contains(&self, path: &str) -> bool {
        self.written.contains(path) || self.includes(path)
    }

    /// Whether `grants.include` names this path, or a folder that it is in.
    fn includes(&self, path: &str) -> bool {
        let mut include = self.include.iter();
        include.any(|included| is_within(path, included))
    }

    /// Whether one of them may lie in a folder, whose path ends with `/`.
    pub(crate) fn may_be_in(&self, folder: &str) -> bool {
        let from = (Bound::Included(folder), Bound::Unbounded);
        let mut from = self.written.range::<str, _>(from);
        from.next().is_some_and(|path| path.starts_with(folder))
            || (self.include.iter())
                .any(|included| included.starts_with(folder) || is_within(folder, included))
    }
}

fn is_within(path: &str, folder: &str) -> bool {
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

impl From<BTreeSet<String>> for Shown {
    fn from(written: BTreeSet<String>) -> Self {
        Self {
            written: Arc::new(written),
            include: Vec::new(),
        }
    }
}
