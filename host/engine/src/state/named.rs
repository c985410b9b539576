//! Plugins that the operator gave a name to (`[plugins]`): a definition names what the operator chose, and not from where it is.

use std::path::Path;

use super::house::House;
use super::reach::Reach;
use super::sources::is_elsewhere;

/// What names a plugin, once the operator's names stand for what they mean.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Named<'n> {
    pub(crate) uses: &'n str,
    /// Where a relative path of it starts.
    pub(crate) folder: &'n Path,
    /// Whether the operator said where it is.
    by_operator: bool,
}

impl Named<'_> {
    /// Which files it may be: the operator's own choice is anywhere, whoever asks for it.
    pub(crate) fn reach<'r>(&self, asking: &'r Reach) -> &'r Reach {
        match self.by_operator {
            true => &Reach::Anywhere,
            false => asking,
        }
    }
}

impl House {
    /// Whether a plugin lies on another machine.
    pub(crate) fn is_elsewhere(&self, uses: &str) -> bool {
        is_elsewhere(self.named(uses, &self.project).uses)
    }

    /// What names a plugin: one of the operator's names, or what stands there.
    pub(crate) fn named<'n>(&'n self, uses: &'n str, folder: &'n Path) -> Named<'n> {
        match self.configuration.plugins.get(uses) {
            Some(source) => Named {
                uses: source,
                folder: &self.project,
                by_operator: true,
            },
            None => Named {
                uses,
                folder,
                by_operator: false,
            },
        }
    }
}
