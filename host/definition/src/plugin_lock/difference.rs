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
    /// There is none any more.
    Gone {
        /// What named it.
        uses: String,
    },
}

/// How a component differs from the one that was agreed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PluginChange {
    /// The one that was agreed to.
    pub from: LockedPlugin,
    /// The one that is there.
    pub to: LockedPlugin,
}

/// A name with what it had and what it has.
type Both<'a, T> = (&'a str, Option<&'a T>, Option<&'a T>);

impl PluginChange {
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
                // What it can do and wants follows from its bytes.
                Some(agreed) if agreed.digest == now.digest => {}
                Some(agreed) => differences.push(PluginDifference::Changed {
                    uses,
                    change: Box::new(PluginChange {
                        from: agreed.clone(),
                        to: now.clone(),
                    }),
                }),
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
                PluginDifference::Changed { uses, change } => {
                    self.plugins.insert(uses, change.to);
                }
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
                let LockedPlugin {
                    digest,
                    can,
                    wants,
                    prompts,
                    ..
                } = plugin;
                write!(
                    f,
                    "`{}` is new: {}, {digest}",
                    line(uses),
                    line(&plugin.title())
                )?;
                for ability in can.keys() {
                    write!(f, "\n  it {}", line(ability.words()))?;
                }
                for (name, wanted) in wants {
                    let (name, wanted) = (line(name), line(wanted));
                    write!(f, "\n  it wants the grant `{name}`: `{wanted}`")?;
                }
                prompts
                    .keys()
                    .try_for_each(|name| write!(f, "\n  it brings the prompt `{}`", line(name)))
            }
            Self::Changed { uses, change } => {
                write!(f, "`{}` is another one: {change}", line(uses))
            }
            Self::Gone { uses } => write!(f, "`{}` is gone", line(uses)),
        }
    }
}

impl fmt::Display for PluginChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (&self.from, &self.to);
        let titles = (from.title(), to.title());
        write!(f, "{} before, {} now", line(&titles.0), line(&titles.1))?;
        write!(
            f,
            "\n  its digest was {}\n             is  {}",
            from.digest, to.digest
        )?;
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
