//! Where plugins come from, as the operator sees it, and what holds for those of each place.
//!
//! Nothing is read here, and nobody is asked: whoever holds a plugin against this has found out where it comes from.

use std::path::{Component, Path, PathBuf};

use stepwell_contract::Budget;

use crate::ceiling::{BySource, Ceiling, MostGranted};

/// The places of `[sources]`. Without any, nothing more is demanded of a plugin than everywhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PluginSources {
    /// In the order of the file.
    pub rules: Vec<SourceRules>,
}

/// A place that plugins come from, and what holds for those.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRules {
    /// What it is called: for messages.
    pub name: String,
    /// The line of the file, from 1, in which it begins.
    pub line: usize,
    /// Which plugins are meant.
    pub from: SourcePlace,
    /// Who has to have signed them; none where nothing is said of it.
    pub signed: Option<SignedBy>,
    /// Short names of the only models that they may ask; none where nothing is said of it.
    pub models: Option<Vec<String>>,
    /// What all of them together may spend in one run; none where nothing is said of it.
    pub budget: Option<Budget>,
    /// What a definition may grant to them at most; none where nothing is said of it.
    pub grants: Option<MostGranted>,
}

/// Who has to have signed a plugin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignedBy {
    /// One of the keys in these files, which are relative to the file that says so until [`PluginSources::beside`].
    OneOf(Vec<PathBuf>),
    /// Nobody, also where a wider place demands it.
    Nobody,
}

/// Which plugins are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourcePlace {
    /// All that aren't built in.
    Everywhere,
    /// Those of other machines whose address begins so: a scheme, a host, perhaps a path. It ends without `/`.
    Elsewhere(String),
    /// Those in a folder, or that file.
    Folder(PathBuf),
}

/// Where a plugin comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin<'o> {
    /// From another machine: its address, in the one way in which that is written.
    Elsewhere(&'o str),
    /// A file, by its whole path.
    File(&'o Path),
}

impl PluginSources {
    /// The rules for a plugin, those of the narrowest place first.
    pub fn of<'s>(&'s self, origin: Origin<'_>) -> Vec<&'s SourceRules> {
        let mut found: Vec<_> = self
            .rules
            .iter()
            .filter(|rules| rules.from.holds(origin))
            .collect();
        // Of two that say the same place the file's first one counts: the sort keeps their order.
        found.sort_by_key(|rules| std::cmp::Reverse(rules.from.width()));
        found
    }

    /// The rules that decide who has to have signed a plugin: of the narrowest place that says so. None where nobody has to.
    #[must_use]
    pub fn demanding(&self, origin: Origin<'_>) -> Option<(&SourceRules, &[PathBuf])> {
        let rules = self.of(origin).into_iter();
        let mut said = rules.filter_map(|rules| Some((rules, rules.signed.as_ref()?)));
        match said.next()? {
            (rules, SignedBy::OneOf(keys)) => Some((rules, keys)),
            (_, SignedBy::Nobody) => None,
        }
    }

    /// What plugins may have at most: for each kind what the narrowest place says that says something of it.
    #[must_use]
    pub fn ceiling(&self, origin: Origin<'_>) -> Ceiling {
        let rules = self.of(origin);
        fn narrowest<T>(
            rules: &[&SourceRules],
            said: impl Fn(&SourceRules) -> Option<&T>,
        ) -> Vec<BySource<T>>
        where
            T: Clone,
        {
            let mut said = rules.iter().filter_map(|rules| {
                Some(BySource {
                    source: rules.name.clone(),
                    most: said(rules)?.clone(),
                })
            });
            said.next().into_iter().collect()
        }
        Ceiling {
            models: narrowest(&rules, |rules| rules.models.as_ref()),
            budgets: narrowest(&rules, |rules| rules.budget.as_ref()),
            grants: narrowest(&rules, |rules| rules.grants.as_ref()),
        }
    }

    /// The files of all keys.
    pub fn keys(&self) -> impl Iterator<Item = &Path> {
        let signed = self.rules.iter().filter_map(|rules| rules.signed.as_ref());
        let keys = signed.filter_map(|signed| match signed {
            SignedBy::OneOf(keys) => Some(keys),
            SignedBy::Nobody => None,
        });
        keys.flatten().map(PathBuf::as_path)
    }

    /// The same with whole paths: those of the file start in this folder.
    #[must_use]
    pub fn beside(self, folder: &Path) -> Self {
        self.with_paths(|path| tidied(&folder.join(path)))
    }

    /// The same with folders as they are once links are followed.
    #[must_use]
    pub fn followed(&self, follow: impl Fn(&Path) -> PathBuf) -> Self {
        let mut followed = self.clone();
        for rules in &mut followed.rules {
            if let SourcePlace::Folder(path) = &mut rules.from {
                *path = follow(path);
            }
        }
        followed
    }

    fn with_paths(mut self, whole: impl Fn(&Path) -> PathBuf) -> Self {
        for rules in &mut self.rules {
            if let SourcePlace::Folder(path) = &mut rules.from {
                *path = whole(path);
            }
            if let Some(SignedBy::OneOf(keys)) = &mut rules.signed {
                keys.iter_mut().for_each(|key| *key = whole(key));
            }
        }
        self
    }
}

impl SourcePlace {
    /// Whether a plugin comes from here. Only whole parts of an address or a path count.
    fn holds(&self, origin: Origin<'_>) -> bool {
        match (self, origin) {
            (Self::Everywhere, _) => true,
            (Self::Elsewhere(from), Origin::Elsewhere(address)) => address
                .strip_prefix(from.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
            (Self::Folder(folder), Origin::File(path)) => path.starts_with(folder),
            _ => false,
        }
    }

    /// How much it says: the more, the narrower it is.
    fn width(&self) -> usize {
        match self {
            Self::Everywhere => 0,
            Self::Elsewhere(from) => from.len(),
            Self::Folder(folder) => 1 + folder.components().count(),
        }
    }
}

/// A path without `.` and `..`, by its text alone.
#[must_use]
pub fn tidied(path: &Path) -> PathBuf {
    let mut tidy = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => {
                tidy.pop();
            }
            Component::CurDir => {}
            other => tidy.push(other),
        }
    }
    tidy
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules(name: &str, from: SourcePlace, signed: Option<SignedBy>) -> SourceRules {
        SourceRules {
            name: name.to_owned(),
            line: 1,
            from,
            signed,
            models: None,
            budget: None,
            grants: None,
        }
    }

    fn keys(name: &str) -> Option<SignedBy> {
        Some(SignedBy::OneOf(vec![name.into()]))
    }

    fn sources() -> PluginSources {
        let elsewhere = |from: &str| SourcePlace::Elsewhere(from.to_owned());
        PluginSources {
            rules: vec![
                rules("all", SourcePlace::Everywhere, keys("all.pub")),
                rules("team", elsewhere("oci://r.example/team"), keys("team.pub")),
                rules("silent", elsewhere("oci://r.example/team/silent"), None),
                rules(
                    "free",
                    elsewhere("oci://r.example/team/free"),
                    Some(SignedBy::Nobody),
                ),
                rules(
                    "ours",
                    SourcePlace::Folder("plugins".into()),
                    Some(SignedBy::Nobody),
                ),
            ],
        }
        .beside(Path::new("/p/q/.."))
    }

    fn demanding(origin: Origin<'_>) -> Option<String> {
        let sources = sources();
        let (rules, keys) = sources.demanding(origin)?;
        Some(format!("{}: {}", rules.name, keys[0].display()))
    }

    #[test]
    fn the_narrowest_place_that_says_so_decides() {
        let at = |address| demanding(Origin::Elsewhere(address));
        assert_eq!(at("oci://other.example/a").unwrap(), "all: /p/all.pub");
        assert_eq!(at("oci://r.example/team/a").unwrap(), "team: /p/team.pub");
        assert_eq!(at("oci://r.example/team").unwrap(), "team: /p/team.pub");
        assert_eq!(at("oci://r.example/teammate/a").unwrap(), "all: /p/all.pub");
        // Who says nothing of keys takes nothing back.
        assert_eq!(
            at("oci://r.example/team/silent").unwrap(),
            "team: /p/team.pub"
        );
        assert_eq!(at("oci://r.example/team/free/a"), None);
    }

    #[test]
    fn a_folder_is_one_by_whole_names() {
        let at = |path| demanding(Origin::File(Path::new(path)));
        assert_eq!(at("/p/plugins/a.wasm"), None);
        assert_eq!(at("/p/plugins2/a.wasm").unwrap(), "all: /p/all.pub");
        assert_eq!(at("/elsewhere/plugins/a.wasm").unwrap(), "all: /p/all.pub");
    }
}
