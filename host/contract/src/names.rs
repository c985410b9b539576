//! Names and step paths.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{amounts, most, visible_on_one_line};

/// Why a text is not a name: what was given, and the rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{}` is not a name: names start with a lower-case letter and go on with lower-case letters, digits and `_`",
    visible_on_one_line(given)
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
        "the name `{}…` has {length} bytes; one that a step makes up has at most {}",
        visible_on_one_line(start),
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
        let two_lines = Name::new("a\nhint: b").unwrap_err();
        assert!(two_lines.to_string().starts_with("`a␊hint: b` is not"));
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
}
