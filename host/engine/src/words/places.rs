//! Places as a person names them: `build~2/each[0]/testing#3`, `requirement/currency`.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{RunId, StepPath};

/// A step with its items, rounds and take, as a person names it: `STEP`, `STEP[2]`, `STEP~1`, `STEP#2`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentPlace {
    /// The step.
    pub step: StepPath,
    /// Which items, one for each `for_each` on the path.
    pub items: Vec<u32>,
    /// One for each level of the path; none is the last round.
    pub rounds: Vec<Option<u32>>,
    /// The take; none is the one that counts.
    pub take: Option<u32>,
}

impl DocumentPlace {
    /// The document of this name at this place of a run.
    #[must_use]
    pub fn address(self, run: RunId, name: impl Into<String>) -> DocumentAddress {
        let Self {
            step,
            items,
            rounds,
            take,
        } = self;
        DocumentAddress {
            run,
            step,
            name: name.into(),
            items,
            rounds,
            take,
        }
    }
}

/// Names one document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentAddress {
    /// The run.
    pub run: RunId,
    /// The step.
    pub step: StepPath,
    /// The name.
    pub name: String,
    /// Which items wrote it, one for each `for_each` on the path.
    #[serde(default)]
    pub items: Vec<u32>,
    /// The rounds, for the levels of the path from the outermost on; where none is said, the last one is meant.
    #[serde(default)]
    pub rounds: Vec<Option<u32>>,
    /// The take; none is the one that counts.
    #[serde(default)]
    pub take: Option<u32>,
}

impl DocumentAddress {
    /// Its place as a person names it, which reads back as this.
    #[must_use]
    pub fn place(&self) -> DocumentPlace {
        DocumentPlace {
            step: self.step.clone(),
            items: self.items.clone(),
            rounds: self.rounds.clone(),
            take: self.take,
        }
    }
}

/// A question as answers name it: `KEY`, whoever asks, or `STEP/KEY`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct QuestionPlace {
    /// The step that asks; none is any step.
    pub step: Option<StepPath>,
    /// The question's key.
    pub key: String,
}

impl QuestionPlace {
    pub(crate) fn of(step: &StepPath, key: &str) -> Self {
        Self {
            step: Some(step.clone()),
            key: key.to_owned(),
        }
    }
}

impl From<&str> for QuestionPlace {
    /// A key is a step's own word and may hold a slash itself: what stands before the last one names a step if it is the path of one.
    fn from(given: &str) -> Self {
        let of_step = given
            .rsplit_once('/')
            .and_then(|(step, key)| Some((step.parse().ok()?, key)));
        match of_step {
            Some((step, key)) => Self {
                step: Some(step),
                key: key.to_owned(),
            },
            None => Self {
                step: None,
                key: given.to_owned(),
            },
        }
    }
}

impl fmt::Display for QuestionPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.step {
            Some(step) => write!(formatter, "{step}/{}", self.key),
            None => formatter.write_str(&self.key),
        }
    }
}

impl fmt::Display for DocumentPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (level, id) in self.step.ids().enumerate() {
            if level > 0 {
                formatter.write_str("/")?;
            }
            formatter.write_str(id)?;
            // All items stand at one level: only their order counts.
            if level + 1 == self.step.depth() {
                for item in &self.items {
                    write!(formatter, "[{item}]")?;
                }
            }
            if let Some(Some(round)) = self.rounds.get(level) {
                write!(formatter, "~{round}")?;
            }
        }
        match self.take {
            Some(take) => write!(formatter, "#{take}"),
            None => Ok(()),
        }
    }
}

impl FromStr for DocumentPlace {
    type Err = String;

    fn from_str(given: &str) -> Result<Self, String> {
        let expected = "expected a step, such as requirement/refine, or one item of it: implementation/code[2], or one round: build~1/testing";
        let (place, take) = match given.split_once('#') {
            Some((place, take)) => (place, Some(take.parse().map_err(|_| expected)?)),
            None => (given, None),
        };
        let mut path = String::new();
        let (mut items, mut rounds) = (Vec::new(), Vec::new());
        for level in place.split('/') {
            let (id, round) = match level.split_once('~') {
                Some((id, round)) => (id, Some(number(round).ok_or(expected)?)),
                None => (level, None),
            };
            rounds.push(round);
            let mut pieces = id.split('[');
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(pieces.next().unwrap_or_default());
            for item in pieces {
                let item = item.strip_suffix(']').ok_or(expected)?;
                // `[0][3]` and `[0,3]` both name the items of two levels.
                for number in item.split(',') {
                    items.push(number.trim().parse().map_err(|_| expected)?);
                }
            }
        }
        let step = path
            .parse()
            .map_err(|error| format!("{expected}: {error}"))?;
        Ok(Self {
            step,
            items,
            rounds,
            take,
        })
    }
}

/// The number of a round: 1 is the first.
fn number(given: &str) -> Option<u32> {
    given.parse().ok().filter(|number| *number > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> StepPath {
        text.parse().unwrap()
    }

    #[test]
    fn a_place_may_name_items_and_a_take() {
        let read = |text: &str| {
            text.parse::<DocumentPlace>()
                .map(|place| (place.step, place.items, place.take))
        };
        assert_eq!(read("a/b[2]"), Ok((path("a/b"), vec![2], None)));
        assert_eq!(read("a[0]/b[1]#3"), Ok((path("a/b"), vec![0, 1], Some(3))));
        assert_eq!(read("a/b[0,1]"), Ok((path("a/b"), vec![0, 1], None)));
        for bad in [
            "", "a[", "a[x]", "a[1", "A", "a#", "a//b", "a~", "a~0", "a~x", "a~1[2]",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_place_reads_back_as_what_it_was() {
        for text in ["a", "a/b[2]", "a/b[0][1]~3#3", "a~1/b/c#4"] {
            let place: DocumentPlace = text.parse().unwrap();
            assert_eq!(place.to_string(), text);
            assert_eq!(place.to_string().parse(), Ok(place));
        }
    }

    #[test]
    fn a_place_may_name_rounds() {
        let read = |text: &str| {
            let place: DocumentPlace = text.parse().unwrap();
            (place.step, place.items, place.rounds, place.take)
        };
        assert_eq!(
            read("a~1/b[2]~3/c#4"),
            (
                path("a/b/c"),
                vec![2],
                vec![Some(1), Some(3), None],
                Some(4)
            )
        );
        assert_eq!(read("a/b").2, [None, None]);
    }
}
