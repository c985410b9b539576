//! What differs between the plugins that were agreed to and those that are there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{Ability, Digest, visible_on_one_line};

use super::{LockedPlugin, PluginLock};

/// Something about which a person is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum PluginDifference {
    /// Another version of Stepwell brings other built-in steps along.
    Builtin {
        /// The version that was agreed to; none where none was used yet.
        from: Option<String>,
        /// The version that there is.
        to: String,
    },
    /// A plugin that nobody agreed to yet.
    New {
        /// What names it.
        uses: String,
        /// What it is.
        plugin: LockedPlugin,
    },
    /// Another component than the one that was agreed to.
    Changed {
        /// What names it.
        uses: String,
        /// How it differs.
        change: Box<PluginChange>,
    },
    /// The very component that was agreed to, which is something else than what is written beside its digest.
    Misdescribed {
        /// What names it.
        uses: String,
        /// From what is written to what it is.
        change: Box<PluginChange>,
    },
    /// One on another machine that nobody agreed to yet, and that isn't fetched to be looked at before somebody says so.
    Unfetched {
        /// What names it.
        uses: String,
    },
    /// A run or a comparison was begun with a component that isn't among those that were agreed to, or isn't any more.
    Pinned {
        /// What names it.
        uses: String,
        /// What it was begun with.
        plugin: LockedPlugin,
        /// What is agreed to under that name now.
        agreed: Option<LockedPlugin>,
    },
    /// There is none any more.
    Gone {
        /// What named it.
        uses: String,
    },
}

impl PluginDifference {
    /// What names the plugin; none for the built-in steps.
    #[must_use]
    pub fn uses(&self) -> Option<&str> {
        match self {
            Self::Builtin { .. } => None,
            Self::New { uses, .. }
            | Self::Changed { uses, .. }
            | Self::Misdescribed { uses, .. }
            | Self::Unfetched { uses }
            | Self::Pinned { uses, .. }
            | Self::Gone { uses } => Some(uses),
        }
    }
}

/// How a component differs from the one that was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginChange {
    /// The one that was agreed to.
    pub from: LockedPlugin,
    /// The one that is there.
    pub to: LockedPlugin,
    /// What there is in it that there wasn't before.
    #[serde(default)]
    pub news: PluginNews,
}

/// What there is in a component that there wasn't in the one before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginNews {
    /// What it can do now and couldn't, and by which functions or interfaces.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub can: BTreeMap<Ability, BTreeSet<String>>,
    /// The grants that it wants now and didn't, or in another way.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub wants: BTreeMap<String, String>,
    /// The prompts that it has now and didn't, or with another text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub prompts: BTreeMap<String, Digest>,
}

/// A name with what it had and what it has.
type Both<'a, T> = (&'a str, Option<&'a T>, Option<&'a T>);

impl PluginChange {
    /// From one component to another.
    #[must_use]
    pub fn between(from: LockedPlugin, to: LockedPlugin) -> Self {
        let mut change = Self {
            from,
            to,
            news: PluginNews::default(),
        };
        let owned = |by: BTreeSet<&str>| by.into_iter().map(str::to_owned).collect();
        let can = change.can_newly().into_iter();
        let can = can.map(|(ability, by)| (ability.clone(), owned(by)));
        let wants = change.wants().into_iter();
        let wants = wants.filter_map(|(name, _, now)| Some((name.to_owned(), now?.clone())));
        let prompts = change.prompts().into_iter();
        let prompts = prompts.filter_map(|(name, _, now)| Some((name.to_owned(), *now?)));
        change.news = PluginNews {
            can: can.collect(),
            wants: wants.collect(),
            prompts: prompts.collect(),
        };
        change
    }

    /// What it can do now and couldn't, and by what.
    #[must_use]
    pub fn can_newly(&self) -> BTreeMap<&Ability, BTreeSet<&str>> {
        newly(&self.from.can, &self.to.can)
    }

    /// What it could do and can't any more.
    #[must_use]
    pub fn cannot_any_more(&self) -> BTreeMap<&Ability, BTreeSet<&str>> {
        newly(&self.to.can, &self.from.can)
    }

    /// The grants that it wants otherwise than before: what it wanted, and what it wants.
    #[must_use]
    pub fn wants(&self) -> Vec<Both<'_, String>> {
        otherwise(&self.from.wants, &self.to.wants)
    }

    /// The prompts that it has otherwise than before.
    #[must_use]
    pub fn prompts(&self) -> Vec<Both<'_, Digest>> {
        otherwise(&self.from.prompts, &self.to.prompts)
    }
}

fn newly<'a>(
    before: &'a BTreeMap<Ability, BTreeSet<String>>,
    now: &'a BTreeMap<Ability, BTreeSet<String>>,
) -> BTreeMap<&'a Ability, BTreeSet<&'a str>> {
    let of_each = now.iter().map(|(ability, by)| {
        let had = before.get(ability);
        let new = by
            .iter()
            .filter(|it| had.is_none_or(|had| !had.contains(*it)));
        (ability, new.map(String::as_str).collect::<BTreeSet<_>>())
    });
    of_each.filter(|(_, by)| !by.is_empty()).collect()
}

fn otherwise<'a, T: PartialEq>(
    before: &'a BTreeMap<String, T>,
    now: &'a BTreeMap<String, T>,
) -> Vec<Both<'a, T>> {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let both = names
        .into_iter()
        .map(|name| (name.as_str(), before.get(name), now.get(name)));
    both.filter(|(_, before, now)| before != now).collect()
}

impl PluginLock {
    /// What differs from this lock where these plugins are used: those of `found` by what names them, and the built-in steps of this
    /// version of Stepwell where one of them is used.
    #[must_use]
    pub fn differences(
        &self,
        found: &BTreeMap<String, LockedPlugin>,
        stepwell: Option<&str>,
    ) -> Vec<PluginDifference> {
        let mut differences = Vec::new();
        if let Some(now) = stepwell
            && self.stepwell.as_deref() != Some(now)
        {
            differences.push(PluginDifference::Builtin {
                from: self.stepwell.clone(),
                to: now.to_owned(),
            });
        }
        for (uses, now) in found {
            let uses = uses.clone();
            match self.plugins.get(&uses) {
                None => differences.push(PluginDifference::New {
                    uses,
                    plugin: now.clone(),
                }),
                Some(agreed) if agreed.is_described_as(now) => {}
                Some(agreed) => {
                    let is_same = agreed.digest == now.digest;
                    let change = Box::new(PluginChange::between(agreed.clone(), now.clone()));
                    // What it can do and wants follows from its bytes: somebody wrote something else there.
                    differences.push(match is_same {
                        true => PluginDifference::Misdescribed { uses, change },
                        false => PluginDifference::Changed { uses, change },
                    });
                }
            }
        }
        differences
    }

    /// The lock once somebody agreed to what differs.
    #[must_use]
    pub fn agreed(mut self, differences: &[PluginDifference]) -> Self {
        for difference in differences.iter().cloned() {
            match difference {
                PluginDifference::Builtin { to, .. } => self.stepwell = Some(to),
                PluginDifference::New { uses, plugin } => {
                    self.plugins.insert(uses, plugin);
                }
                PluginDifference::Changed { uses, change }
                | PluginDifference::Misdescribed { uses, change } => {
                    self.plugins.insert(uses, change.to);
                }
                // A yes to what a run was begun with is kept with that run, and what nobody has seen is none to agree to.
                PluginDifference::Pinned { .. } | PluginDifference::Unfetched { .. } => {}
                PluginDifference::Gone { uses } => {
                    self.plugins.remove(&uses);
                }
            }
        }
        self
    }
}

/// One for a person: a line of what it is, and indented below it what matters about it.
impl fmt::Display for PluginDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builtin { from: None, to } => {
                write!(
                    f,
                    "the built-in steps of Stepwell {to} are used for the first time"
                )
            }
            Self::Builtin {
                from: Some(from),
                to,
            } => write!(
                f,
                "the built-in steps: those of Stepwell {from} before, of {to} now"
            ),
            Self::New { uses, plugin } => {
                let (title, digest) = (plugin.title(), plugin.digest);
                write!(f, "`{}` is new: {}, {digest}", line(uses), line(&title))?;
                tell_what_it_is(plugin, f)
            }
            Self::Changed { uses, change } => {
                let PluginChange { from, to, .. } = change.as_ref();
                let (was, is) = (from.title(), to.title());
                let (was, is) = (line(&was), line(&is));
                write!(f, "`{}` is another one: {was} before, {is} now", line(uses))?;
                write!(
                    f,
                    "\n  its digest was {}\n             is  {}",
                    from.digest, to.digest
                )?;
                write!(f, "{change}")
            }
            Self::Misdescribed { uses, change } => {
                let PluginChange { from, to, .. } = change.as_ref();
                write!(
                    f,
                    "`{}` has the digest that was agreed to, and is something else than what is written beside it",
                    line(uses)
                )?;
                if from.title() != to.title() {
                    let (was, is) = (from.title(), to.title());
                    write!(f, "\n  written is {}, it is {}", line(&was), line(&is))?;
                }
                write!(f, "{change}")
            }
            Self::Unfetched { uses } => write!(
                f,
                "`{}` is new, and isn't fetched to be looked at before somebody says so",
                line(uses)
            ),
            Self::Pinned {
                uses,
                plugin,
                agreed,
            } => {
                let (title, digest) = (plugin.title(), plugin.digest);
                write!(
                    f,
                    "`{}` was {} when it began, {digest}",
                    line(uses),
                    line(&title)
                )?;
                match agreed {
                    Some(agreed) => {
                        let (title, digest) = (agreed.title(), agreed.digest);
                        write!(f, "\n  agreed to is {} now, {digest}", line(&title))?;
                    }
                    None => write!(
                        f,
                        "\n  nothing is agreed to under that name, or not any more"
                    )?,
                }
                tell_what_it_is(plugin, f)
            }
            Self::Gone { uses } => write!(f, "`{}` is gone", line(uses)),
        }
    }
}

/// What a component can do and wants, each on an indented line.
fn tell_what_it_is(plugin: &LockedPlugin, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for ability in plugin.can.keys() {
        write!(f, "\n  it {}", line(ability.words()))?;
    }
    for (name, wanted) in &plugin.wants {
        let (name, wanted) = (line(name), line(wanted));
        write!(f, "\n  it wants the grant `{name}`: `{wanted}`")?;
    }
    let mut prompts = plugin.prompts.keys();
    prompts.try_for_each(|name| write!(f, "\n  it brings the prompt `{}`", line(name)))
}

/// What differs in what it can do and wants, each on an indented line.
impl fmt::Display for PluginChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (&self.from, &self.to);
        for (ability, by) in self.can_newly() {
            let is_known = from.can.contains_key(ability);
            write!(f, "\n  new: {}", able(ability, &by, is_known))?;
        }
        for (ability, by) in self.cannot_any_more() {
            let is_left = to.can.contains_key(ability);
            write!(f, "\n  no longer: {}", able(ability, &by, is_left))?;
        }
        for (name, before, now) in self.wants() {
            let name = line(name);
            match (before.map(|it| line(it)), now.map(|it| line(it))) {
                (None, Some(now)) => write!(f, "\n  new: it wants the grant `{name}`: `{now}`")?,
                (Some(before), Some(now)) => {
                    write!(
                        f,
                        "\n  it wants the grant `{name}`: `{now}`, where it was `{before}`"
                    )?;
                }
                (_, None) => write!(f, "\n  no longer: it wants the grant `{name}`")?,
            }
        }
        for (name, before, now) in self.prompts() {
            let name = line(name);
            match (before, now) {
                (None, _) => write!(f, "\n  new: it brings the prompt `{name}`")?,
                (_, None) => write!(f, "\n  no longer: it brings the prompt `{name}`")?,
                (Some(_), Some(_)) => write!(f, "\n  its prompt `{name}` has another text")?,
            }
        }
        Ok(())
    }
}

/// What a plugin or a lock says, which begins no line of ours.
fn line(text: &str) -> Cow<'_, str> {
    visible_on_one_line(text)
}

/// What it can do by these functions; those come first where they aren't all by which it can.
fn able(ability: &Ability, by: &BTreeSet<&str>, is_part: bool) -> String {
    let words = line(ability.words());
    let by: Vec<Cow<'_, str>> = by.iter().map(|it| line(it)).collect();
    let by = by.join(", ");
    match is_part {
        true => format!("{by}, by which it {words}"),
        false => format!("it {words} ({by})"),
    }
}
