//! The id of a commit of a git repository.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The id of a commit, in the hexadecimal digits that git writes: 40 of them, or 64.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct CommitId(String);

/// A text that is no id of a commit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no id of a commit: expected 40 or 64 hexadecimal digits")]
pub struct InvalidCommitId(pub String);

impl CommitId {
    /// The id that git writes so.
    ///
    /// # Errors
    /// It isn't 40 or 64 hexadecimal digits.
    pub fn new(id: String) -> Result<Self, InvalidCommitId> {
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        match matches!(id.len(), 40 | 64) && id.as_bytes().iter().all(is_digit) {
            true => Ok(Self(id)),
            false => Err(InvalidCommitId(id)),
        }
    }

    /// All of its digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As many digits as tell it from the others of its repository.
    #[must_use]
    pub fn short(&self) -> &str {
        &self.0[..12]
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for CommitId {
    type Error = InvalidCommitId;
    fn try_from(id: String) -> Result<Self, InvalidCommitId> {
        Self::new(id)
    }
}

impl From<CommitId> for String {
    fn from(id: CommitId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_git_writes_is_an_id() {
        let digits = "0123456789abcdef0123456789abcdef01234567";
        assert!(CommitId::new(digits.to_owned()).is_ok_and(|id| id.short() == "0123456789ab"));
        let uppercase = digits.to_uppercase();
        for wrong in ["", "0123", &digits[1..], &format!("{digits}0"), &uppercase] {
            assert!(CommitId::new(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}
