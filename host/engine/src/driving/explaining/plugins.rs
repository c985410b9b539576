//! The plugin of a step, as far as it is on this machine: what it is, where it comes from, and whether somebody agreed to it.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_contract::{Ability, Digest};
use stepwell_definition::{Ceiling, Located, LockedPlugin};

use super::{Explaining, by_operator, in_definition};
use crate::driving::loading::require_bytes;
use crate::driving::locking::{Lock, STEPWELL};
use crate::driving::meant::Meant;
use crate::driving::origins::{Lies, Places};
use crate::state::{House, shown_source};
use crate::words::{EngineError, ExplainedPlugin, InLock, OfSource, PluginError, PluginProblem};

/// A plugin, with what decides what it may do.
pub(super) struct Looked {
    pub(super) told: ExplainedPlugin,
    /// What the operator lets it have at most.
    pub(super) ceiling: Ceiling,
    /// What it can do by its imports, and by which; none where it can't be looked into.
    pub(super) can: Option<BTreeMap<Ability, BTreeSet<String>>>,
}

impl Explaining<'_> {
    /// Looks at a plugin.
    ///
    /// # Errors
    /// What is no fault of the plugin's.
    pub(super) async fn plugin(&self, uses: &Located<String>) -> Result<Looked, EngineError> {
        let mut told = ExplainedPlugin {
            uses: shown_source(&uses.value),
            said: in_definition(uses.span),
            title: None,
            digest: None,
            signed_by: None,
            sources: Vec::new(),
            lock: InLock::Unknown,
            problem: None,
        };
        let mut ceiling = Ceiling::default();
        match self.of_sources(&uses.value).await {
            Ok(seen) => {
                for (most, sources) in seen {
                    ceiling.join(most);
                    for source in sources {
                        if !told.sources.contains(&source) {
                            told.sources.push(source);
                        }
                    }
                }
            }
            Err(error) => told.problem = Some(problem(&error)),
        }
        let can = match self.looked_into(&uses.value).await {
            Ok((plugin, signed_by)) => {
                told.title = Some(plugin.title());
                told.digest = Some(plugin.digest);
                told.signed_by = signed_by;
                told.lock = self.in_lock(&uses.value, plugin.digest);
                Some(plugin.can)
            }
            Err(EngineError::Plugin { error, .. }) => {
                told.problem = Some(problem(&error));
                None
            }
            Err(error) => return Err(error),
        };
        Ok(Looked { told, ceiling, can })
    }

    /// What the operator's sources say of a plugin: by its name, and by where a link leads to.
    async fn of_sources(&self, uses: &str) -> Result<Vec<(Ceiling, Vec<OfSource>)>, PluginError> {
        let lies = Lies::of(self.house, uses, self.folder);
        lies.seen(Places::of(self.house), |sources, origin| {
            let rules = sources.of(origin).into_iter();
            let named = rules.map(|rules| OfSource {
                name: rules.name.clone(),
                said: by_operator(Some(rules.line)),
            });
            (sources.ceiling(origin), named.collect())
        })
        .await
    }

    async fn looked_into(&self, uses: &str) -> Result<(LockedPlugin, Option<Digest>), EngineError> {
        let (house, meant) = (self.house, Meant::AtHand);
        let found = require_bytes(house, self.reach, uses, self.folder, meant).await?;
        let digest = found.digest().await;
        let plugin = match house.examined.get(&digest) {
            Some(known) => known.as_ref().clone(),
            None => house.described_in_lock(uses, found.component).await?,
        };
        Ok((plugin, found.signed_by))
    }

    /// Whether every lock that counts has it.
    fn in_lock(&self, uses: &str, digest: Digest) -> InLock {
        let each = self.locks.each.iter();
        let found = each.map(|lock| self.in_one(lock, uses, digest));
        found.max().unwrap_or(InLock::NoLock)
    }

    fn in_one(&self, lock: &Lock<'_>, uses: &str, digest: Digest) -> InLock {
        let Some(agreed) = &lock.agreed else {
            return InLock::NoLock;
        };
        let Some(key) = lock.key_of(uses, self.folder) else {
            return match agreed.stepwell.as_deref() {
                Some(STEPWELL) => InLock::Agreed,
                Some(_) => InLock::Another,
                None => InLock::Missing,
            };
        };
        match agreed.plugins.get(&key) {
            Some(plugin) if plugin.digest == digest => InLock::Agreed,
            Some(_) => InLock::Another,
            None => InLock::Missing,
        }
    }
}

fn problem(error: &PluginError) -> PluginProblem {
    PluginProblem {
        message: error.to_string(),
        remedy: error.remedy(),
    }
}

/// The source of this name.
pub(super) fn source_of(house: &House, name: &str) -> OfSource {
    let mut rules = house.configuration.sources.rules.iter();
    let rules = rules.find(|rules| rules.name == name);
    OfSource {
        name: name.to_owned(),
        said: by_operator(rules.map(|rules| rules.line)),
    }
}
