//! Names, step paths, run ids, and the key of an execution.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{amounts, most};

/// Why a text is not a name: what was given, and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a name: names start with a lower-case letter and go on with lower-case letters, digits and `_`"
)]
pub struct InvalidName {
    /// The text as it was given; the beginning of a long one.
    pub given: String,
}

/// Why a step can't make a name up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfitName {
    /// It is none.
    #[error(transparent)]
    Invalid(InvalidName),
    /// It is too long.
    #[error(
        "the name `{start}…` has {length} bytes; one that a step makes up has at most {}",
        most::NAME
    )]
    TooLong {
        /// How it begins.
        start: String,
        /// Its bytes.
        length: usize,
    },
}

/// What a text that is checked when it is made is read from, and written as.
macro_rules! written_as_text {
    ($name:ident) => {
        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                Self::try_from(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

/// The name of a step, an input, a document, a variable or a prompt: `[a-z][a-z0-9_]*`.
///
/// Names are also identifiers inside templates, which is why hyphens and capitals are not allowed.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[a-z][a-z0-9_]*$"))]
pub struct Name(String);

impl Name {
    /// Checks a text and makes it a name.
    ///
    /// # Errors
    /// [`InvalidName`] if it breaks the rule.
    pub fn new(text: impl Into<String>) -> Result<Self, InvalidName> {
        let text = text.into();
        let mut characters = text.chars();
        let starts_well = characters.next().is_some_and(|c| c.is_ascii_lowercase());
        if starts_well
            && characters.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        {
            Ok(Self(text))
        } else {
            Err(InvalidName {
                given: amounts::cut(text, most::NAME),
            })
        }
    }

    /// As [`Name::new`], for a name that a step or a plugin made up: it has no more than [`most::NAME`] bytes.
    ///
    /// # Errors
    /// [`UnfitName`] says which rule it breaks.
    pub fn made_up(text: &str) -> Result<Self, UnfitName> {
        if text.len() > most::NAME {
            return Err(UnfitName::TooLong {
                start: text[..text.floor_char_boundary(32)].to_owned(),
                length: text.len(),
            });
        }
        Self::new(text).map_err(UnfitName::Invalid)
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(text)
    }
}

written_as_text!(Name);

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// The ids from the outermost step to one step, such as `requirement/refine`. Never empty.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(extend("pattern" = "^[a-z][a-z0-9_]*(/[a-z][a-z0-9_]*)*$"))]
pub struct StepPath(String);

impl StepPath {
    /// The path of an outermost step.
    #[must_use]
    pub fn root(id: &Name) -> Self {
        Self(id.as_str().to_owned())
    }

    /// The path of a sub-step of this step.
    #[must_use]
    pub fn child(&self, id: &Name) -> Self {
        Self(format!("{}/{id}", self.0))
    }

    /// The path of the step that this one is a sub-step of.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0
            .rsplit_once('/')
            .map(|(parent, _)| Self(parent.to_owned()))
    }

    /// The last id of the path.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0
            .rsplit_once('/')
            .map_or(self.0.as_str(), |(_, id)| id)
    }

    /// The ids, outermost first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.split('/')
    }

    /// How many ids the path has; 1 for an outermost step.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.ids().count()
    }

    /// Whether this is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self == other
            || self
                .0
                .strip_prefix(other.as_str())
                .is_some_and(|rest| rest.starts_with('/'))
    }

    /// The path as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for StepPath {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        match text.split('/').try_for_each(|id| Name::new(id).map(|_| ())) {
            Ok(()) => Ok(Self(text)),
            Err(error) => Err(error),
        }
    }
}

written_as_text!(StepPath);

/// A UUID, version 7, so that ids sort by the time at which they were made.
macro_rules! id {
    ($(#[$about:meta])* $name:ident) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "format": "uuid" })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

id! {
    /// The id of a run.
    RunId
}

id! {
    /// The id of a comparison.
    ComparisonId
}

/// What one process at a time carries on, and what has a log: a run, or a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undertaking {
    /// A run; also that of a comparison's cell.
    Run(RunId),
    /// A comparison.
    Comparison(ComparisonId),
}

impl Undertaking {
    /// The id under which its events are kept, and what a comparison looked at. Of a comparison it names no run: there is
    /// no record of one.
    #[must_use]
    pub fn log(self) -> RunId {
        match self {
            Self::Run(run) => run,
            Self::Comparison(comparison) => RunId(comparison.0),
        }
    }
}

impl fmt::Display for Undertaking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Run(run) => write!(f, "run {run}"),
            Self::Comparison(comparison) => write!(f, "comparison {comparison}"),
        }
    }
}

impl From<RunId> for Undertaking {
    fn from(run: RunId) -> Self {
        Self::Run(run)
    }
}

impl From<ComparisonId> for Undertaking {
    fn from(comparison: ComparisonId) -> Self {
        Self::Comparison(comparison)
    }
}

/// Where an execution stands at one level of its path.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Position {
    /// Which item of a `for_each`, from 0; none where the level has no `for_each`.
    pub item: Option<u32>,
    /// 1, and one more each time that a `repeat` runs the level again.
    pub round: u32,
}

impl Default for Position {
    fn default() -> Self {
        Self {
            item: None,
            round: 1,
        }
    }
}

/// What names an execution (rule E1): run, step path, take, and one position for each level of the path.
#[derive(
    Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct ExecutionKey {
    /// The run it belongs to.
    pub run: RunId,
    /// The step that is carried out.
    pub path: StepPath,
    /// 1, and one more for each re-run that a person asks for.
    pub take: u32,
    /// One position for each id of `path`, outermost first.
    pub at: Vec<Position>,
}

impl ExecutionKey {
    /// The item indices on the path, one for each level that has a `for_each`.
    #[must_use]
    pub fn items(&self) -> Vec<u32> {
        self.at
            .iter()
            .filter_map(|position| position.item)
            .collect()
    }

    /// The rounds, one for each level of the path.
    #[must_use]
    pub fn rounds(&self) -> Vec<u32> {
        self.at.iter().map(|position| position.round).collect()
    }
}

/// Shows the execution without its run: `implementation/code[2]`, with `~3` for a round after the first and
/// `#2` for a take after the first.
impl fmt::Display for ExecutionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (level, (id, position)) in self.path.ids().zip(&self.at).enumerate() {
            if level > 0 {
                f.write_str("/")?;
            }
            f.write_str(id)?;
            if let Some(item) = position.item {
                write!(f, "[{item}]")?;
            }
            if position.round != 1 {
                write!(f, "~{}", position.round)?;
            }
        }
        if self.take != 1 {
            write!(f, "#{}", self.take)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_identifiers() {
        for good in ["a", "requirement", "step_2"] {
            assert_eq!(Name::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "A", "2a", "a-b", "a b", "_a", "é"] {
            assert_eq!(Name::new(bad).unwrap_err().given, bad);
        }
    }

    #[test]
    fn paths_know_their_relatives() {
        let path: StepPath = "requirement/refine".parse().unwrap();
        let parent = path.parent().unwrap();
        assert_eq!(
            (path.id(), path.depth(), parent.as_str()),
            ("refine", 2, "requirement")
        );
        assert!(path.is_within(&parent) && path.is_within(&path) && !parent.is_within(&path));
        assert!(
            !"requirement_2"
                .parse::<StepPath>()
                .unwrap()
                .is_within(&parent)
        );
        assert!("a//b".parse::<StepPath>().is_err() && "".parse::<StepPath>().is_err());
    }

    #[test]
    fn an_execution_is_shown_with_what_differs_from_the_first() {
        let mut key = ExecutionKey {
            run: RunId(Uuid::nil()),
            path: "implementation/code".parse().unwrap(),
            take: 1,
            at: vec![
                Position::default(),
                Position {
                    item: Some(2),
                    round: 1,
                },
            ],
        };
        assert_eq!(key.to_string(), "implementation/code[2]");
        key.take = 2;
        key.at[0].round = 3;
        assert_eq!(key.to_string(), "implementation~3/code[2]#2");
    }
}
