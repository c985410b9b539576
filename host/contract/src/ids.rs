//! Ids of runs and comparisons, and the key of an execution.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::StepPath;

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

id! {
    /// The id of an improvement of a prompt.
    ImprovementId
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
