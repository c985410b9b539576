//! Where plugins come from: what `[sources]` of the operator's configuration is held against.

use std::path::{Path, PathBuf};

use stepwell_contract::Uses;
use stepwell_definition::{Origin, PluginSources, tidied};
use stepwell_workers::off_the_workers;

use crate::state::{House, PluginSource};
use crate::words::PluginError;

/// The operator's sources, and who knows how a place of another machine is written.
#[derive(Clone, Copy)]
pub(super) struct Places<'p> {
    pub(super) rules: &'p PluginSources,
    pub(super) elsewhere: &'p dyn PluginSource,
}

impl<'p> Places<'p> {
    pub(super) fn of(house: &'p House) -> Self {
        Self {
            rules: &house.configuration.sources,
            elsewhere: &*house.sources,
        }
    }
}

/// Where a plugin's bytes lie.
#[derive(Debug)]
pub(super) enum Lies {
    /// They come with the program, or are built by its own command.
    Inside,
    /// On another machine.
    Elsewhere(String),
    /// In a file, as it was named.
    File(PathBuf),
}

impl Lies {
    /// Where what a definition in this folder names lies.
    pub(super) fn of(house: &House, uses: &str, folder: &Path) -> Self {
        let named = house.named(uses, folder);
        match Uses::of(named.uses) {
            Uses::Elsewhere(source) => Self::Elsewhere(source.to_owned()),
            Uses::Builtin(_) => Self::Inside,
            Uses::File(path) => {
                let path = named.folder.join(path);
                Self::File(std::path::absolute(&path).unwrap_or(path))
            }
        }
    }

    /// What `look` finds of it in the operator's sources. What is named by a link is looked at twice: by its name, and where it leads to.
    /// Nothing where it comes with the program, or no source is named.
    ///
    /// # Errors
    /// Where it is named by what can't be an address.
    pub(super) async fn seen<T: Send + 'static>(
        &self,
        places: Places<'_>,
        look: impl Fn(&PluginSources, Origin<'_>) -> T + Send + 'static,
    ) -> Result<Vec<T>, PluginError> {
        let sources = places.rules;
        if sources.rules.is_empty() {
            return Ok(Vec::new());
        }
        match self {
            Self::Inside => Ok(Vec::new()),
            Self::Elsewhere(uses) => {
                let place = places.elsewhere.place(uses)?;
                Ok(vec![look(sources, Origin::Elsewhere(&place))])
            }
            Self::File(path) => {
                let (path, sources) = (path.clone(), sources.clone());
                let both = off_the_workers(move || {
                    let named = tidied(&path);
                    let real = std::fs::canonicalize(&path).unwrap_or_else(|_| named.clone());
                    let follow = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.into());
                    let followed = sources.followed(follow);
                    [
                        look(&sources, Origin::File(&named)),
                        look(&followed, Origin::File(&real)),
                    ]
                });
                Ok(both.await.into())
            }
        }
    }
}
