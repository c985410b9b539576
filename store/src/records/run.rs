//! A run: one execution of a definition.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use stepwell_contract::{ComparisonId, Digest, Estimate, ExecutionKey, Position, RunId, StepPath};

use super::OtherFields;
use super::branch::RunBranch;
use super::part_of_step::{PartOfStep, holds};
use super::pins::{PinnedModel, PinnedPlugin, PinnedPrompt};
use stepwell_contract::{Problem, WaitingFor};

/// Where a run is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// Under way; shown as `interrupted` where no living process carries it on.
    Started,
    /// Only a person can take it further.
    Waiting,
    /// Every step succeeded, and its files are in the workspace.
    Success,
    /// A step failed, or its files could not be published.
    Failure,
    /// A person ended it.
    Cancelled,
}

/// Where the project and the store of a run lay when it was last at work. A store that is found elsewhere was moved or copied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Home {
    /// The project's folder, absolute.
    pub project: String,
    /// The store's folder, absolute.
    pub store: String,
}

/// One execution of a definition, with everything that it pinned when it began (rule E22).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// Its id.
    pub id: RunId,
    /// The name that the definition gives itself.
    pub workflow: String,
    /// The text of the definition, a blob.
    pub definition: Digest,
    /// The definition's file as it was named, for messages and relative paths; none where it came as text.
    #[serde(default)]
    pub definition_file: Option<String>,
    /// The workspace's directory, absolute.
    pub workspace: String,
    /// The workflow's inputs.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// What a person calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The beginning of the first of its inputs that is not empty, in the order of the definition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Where it is.
    pub state: RunState,
    /// What it is waiting for.
    #[serde(default)]
    pub waiting_for: Option<WaitingFor>,
    /// Why it failed.
    #[serde(default)]
    pub problem: Option<Problem>,
    /// When it began.
    pub created_at: Timestamp,
    /// When its record last changed.
    pub updated_at: Timestamp,
    /// When it ended.
    #[serde(default)]
    pub ended_at: Option<Timestamp>,
    /// The plugin of each step.
    #[serde(default)]
    pub plugins: BTreeMap<StepPath, PinnedPlugin>,
    /// The version of each prompt that each step uses: step, then the name that its plugin declares.
    #[serde(default)]
    pub prompts: BTreeMap<StepPath, BTreeMap<String, PinnedPrompt>>,
    /// The model of each step.
    #[serde(default)]
    pub models: BTreeMap<StepPath, PinnedModel>,
    /// The take that counts, for each step that was run again.
    #[serde(default)]
    pub takes: BTreeMap<StepPath, u32>,
    /// The takes that don't begin at the first round, each with the rounds of the outermost levels at which it begins:
    /// in the rounds before, an earlier take counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub takes_from: BTreeMap<StepPath, Vec<(u32, Vec<u32>)>>,
    /// Steps whose outcome no longer fits what they depend on.
    #[serde(default)]
    pub stale: BTreeSet<StepPath>,
    /// The stale steps whose first rounds still fit, each with the rounds of the outermost levels from which on it is
    /// stale.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stale_from: BTreeMap<StepPath, Vec<u32>>,
    /// The takes that are of some items alone: at the others an earlier take counts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub takes_at: BTreeMap<StepPath, Vec<(u32, PartOfStep)>>,
    /// The stale steps of which some items alone are stale, beside what `stale_from` says of them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stale_at: BTreeMap<StepPath, Vec<PartOfStep>>,
    /// Whether a step that used up its rounds fails the run where the definition doesn't say. Runs of earlier builds went on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rounds_fail: bool,
    /// How many more rounds a person gave to steps that had used up theirs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub more_rounds: BTreeMap<StepPath, u32>,
    /// Steps that still asked for another round when there may be none, and after which the run went on. Runs of earlier builds don't say.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub rounds_used_up: BTreeSet<StepPath>,
    /// Plugins that a person let this run alone use, though the project doesn't have them among those that it agreed to, or not any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub plugins_agreed: BTreeSet<Digest>,
    /// Stop after this step.
    #[serde(default)]
    pub until: Option<StepPath>,
    /// Steps whose documents a person gave instead of having them made.
    #[serde(default)]
    pub given: BTreeSet<StepPath>,
    /// Answers given beforehand and not used yet, in the order given: `[STEP/]KEY` and text.
    #[serde(default)]
    pub answers: Vec<(String, String)>,
    /// Who gave them, by `[STEP/]KEY`, where that is known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub answered_by: BTreeMap<String, String>,
    /// Answers given beforehand that were used, in that order: `[STEP/]KEY` and the digest of the text. By them the same answers, said
    /// again, are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers_used: Vec<(String, Digest)>,
    /// Answers to forms that were open when they were given, and aren't used yet: to no other form is any of them an answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers_to_forms: Vec<FormAnswer>,
    /// Steps whose open form a person declined from elsewhere, until the step takes it up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub declined: Vec<StepPath>,
    /// Whether a step that asks is told that nobody will answer.
    #[serde(default)]
    pub no_questions: bool,
    /// Set for the run of a comparison's cell: it publishes nothing, and no listing of runs shows it (rule E27).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scratch: Option<Scratch>,
    /// What it would probably take, as was said before it began; none where no model was to be asked, or an earlier build
    /// began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimate: Option<Estimate>,
    /// Where it lives; none where an earlier build began it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home: Option<Home>,
    /// The branch onto which it puts what its steps write; none where it writes into the workspace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<RunBranch>,
    /// What the engine keeps besides.
    #[serde(default)]
    pub settings: serde_json::Map<String, serde_json::Value>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

/// An answer to a form that was open when it was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FormAnswer {
    /// The form.
    pub form: Digest,
    /// The question's key.
    pub key: String,
    /// The text.
    pub text: String,
    /// Who gave it; empty where that isn't known.
    #[serde(default)]
    pub by: String,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

impl RunRecord {
    /// The take of a step that counts at this place.
    #[must_use]
    pub fn take_at(&self, path: &StepPath, at: &[Position]) -> u32 {
        let mut take = self.takes.get(path).copied().unwrap_or(1);
        while take > 1 && !self.take_holds(path, take, at) {
            take -= 1;
        }
        take
    }

    /// Whether a take is of this place: one that is of rounds or items alone isn't of the others.
    fn take_holds(&self, path: &StepPath, take: u32, at: &[Position]) -> bool {
        let from = self.takes_from.get(path).into_iter().flatten();
        let from = from.filter(|(number, _)| *number == take);
        let parts = self.takes_at.get(path).into_iter().flatten();
        let parts = parts.filter(|(number, _)| *number == take);
        holds(at, from.map(|(_, from)| from), parts.map(|(_, part)| part))
    }

    /// Whether an execution is of the take that counts where it stands.
    #[must_use]
    pub fn counts(&self, key: &ExecutionKey) -> bool {
        key.take == self.take_at(&key.path, &key.at)
    }

    /// Whether an execution's outcome no longer fits what it depends on.
    #[must_use]
    pub fn is_stale(&self, key: &ExecutionKey) -> bool {
        let parts = self.stale_at.get(&key.path).into_iter().flatten();
        self.stale.contains(&key.path) && holds(&key.at, self.stale_from.get(&key.path), parts)
    }

    /// A step's outcome no longer fits, from these rounds of the outermost levels on; no rounds are all of them.
    pub fn mark_stale(&mut self, path: StepPath, from: Vec<u32>) {
        if self.stale.insert(path.clone()) {
            if !from.is_empty() {
                self.stale_from.insert(path, from);
            }
            return;
        }
        match self.stale_from.get_mut(&path) {
            _ if from.is_empty() => {
                self.stale_from.remove(&path);
                self.stale_at.remove(&path);
            }
            Some(before) if from < *before => *before = from,
            None if self.stale_at.contains_key(&path) => {
                self.stale_from.insert(path, from);
            }
            // It is stale from the first round on, or from an earlier one.
            _ => {}
        }
    }

    /// The outcome of some items of a step no longer fits.
    pub fn mark_part_stale(&mut self, path: StepPath, part: PartOfStep) {
        let is_new = self.stale.insert(path.clone());
        if !is_new && !self.stale_from.contains_key(&path) && !self.stale_at.contains_key(&path) {
            // All of it is stale.
            return;
        }
        let parts = self.stale_at.entry(path).or_default();
        if !parts.contains(&part) {
            parts.push(part);
        }
    }

    /// A stale step begins a new take, where it is stale.
    pub fn begin_take(&mut self, path: &StepPath) {
        self.stale.remove(path);
        let take = self.takes.entry(path.clone()).or_insert(1);
        *take += 1;
        if let Some(parts) = self.stale_at.remove(path) {
            let takes = self.takes_at.entry(path.clone()).or_default();
            takes.extend(parts.into_iter().map(|part| (*take, part)));
        }
        if let Some(from) = self.stale_from.remove(path) {
            let begins = self.takes_from.entry(path.clone()).or_default();
            begins.push((*take, from));
        }
    }
}

/// What the run of a comparison's cell has of its comparison (rule E27).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scratch {
    /// The comparison that made it.
    pub comparison: ComparisonId,
    /// The run whose documents the step may read.
    #[serde(default)]
    pub documents_of: Option<RunId>,
    /// The id of the case.
    pub case: String,
    /// The files of the case, which are the whole workspace then, as blobs; none where the case brings none.
    #[serde(default)]
    pub files: Option<BTreeMap<String, Digest>>,
    /// What a later build wrote.
    #[serde(flatten)]
    pub other: OtherFields,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(rounds: &[u32]) -> Vec<Position> {
        let position = |round: &u32| Position {
            item: None,
            round: *round,
        };
        rounds.iter().map(position).collect()
    }

    fn record() -> RunRecord {
        serde_json::from_value(serde_json::json!({
            "id": "00000000-0000-0000-0000-000000000000", "workflow": "w", "definition": Digest::of(""),
            "workspace": "/", "state": "started",
            "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        }))
        .unwrap()
    }

    #[test]
    fn a_take_counts_from_the_round_at_which_it_begins() {
        let mut record = record();
        let path: StepPath = "build/test".parse().unwrap();
        let takes = |record: &RunRecord| -> Vec<u32> {
            let rounds = [[1, 1], [2, 1], [3, 1]];
            rounds
                .iter()
                .map(|rounds| record.take_at(&path, &at(rounds)))
                .collect()
        };
        assert_eq!(takes(&record), [1, 1, 1]);
        record.mark_stale(path.clone(), vec![3]);
        record.begin_take(&path);
        assert_eq!(takes(&record), [1, 1, 2]);
        record.mark_stale(path.clone(), vec![2]);
        record.begin_take(&path);
        assert_eq!(takes(&record), [1, 3, 3]);
        record.mark_stale(path.clone(), Vec::new());
        record.begin_take(&path);
        assert_eq!(takes(&record), [4, 4, 4]);
        let kept: RunRecord =
            serde_json::from_value(serde_json::to_value(&record).unwrap()).unwrap();
        assert_eq!(kept, record);
    }

    #[test]
    fn a_take_of_an_item_leaves_the_others_as_they_are() {
        let mut record = record();
        let path: StepPath = "code".parse().unwrap();
        let item = |item: u32| {
            vec![Position {
                item: Some(item),
                round: 1,
            }]
        };
        let part = |number: u32| PartOfStep {
            items: vec![number],
            ..PartOfStep::default()
        };
        let takes = |record: &RunRecord| -> Vec<u32> {
            let items = (0..3).map(|number| record.take_at(&path, &item(number)));
            items.collect()
        };
        record.mark_part_stale(path.clone(), part(1));
        let is_stale = |number: u32| {
            record.is_stale(&ExecutionKey {
                run: record.id,
                path: path.clone(),
                take: 1,
                at: item(number),
            })
        };
        assert_eq!([0, 1, 2].map(is_stale), [false, true, false]);
        record.begin_take(&path);
        assert_eq!(takes(&record), [1, 2, 1]);
        assert!(record.stale.is_empty() && record.stale_at.is_empty());
        record.mark_part_stale(path.clone(), part(2));
        record.mark_part_stale(path.clone(), part(1));
        record.begin_take(&path);
        assert_eq!(takes(&record), [1, 3, 3]);
        record.mark_part_stale(path.clone(), part(0));
        record.mark_stale(path.clone(), Vec::new());
        record.begin_take(&path);
        assert_eq!(takes(&record), [4, 4, 4]);
    }

    #[test]
    fn what_is_stale_twice_is_stale_from_the_earlier_round() {
        let path: StepPath = "build/test".parse().unwrap();
        let stale = |marks: &[&[u32]]| -> Vec<bool> {
            let mut record = record();
            for from in marks {
                record.mark_stale(path.clone(), from.to_vec());
            }
            let key = |rounds: &[u32]| ExecutionKey {
                run: record.id,
                path: path.clone(),
                take: 1,
                at: at(rounds),
            };
            let rounds = [[1, 1], [2, 1], [3, 1]];
            let stale = rounds.iter().map(|rounds| record.is_stale(&key(rounds)));
            stale.collect()
        };
        assert_eq!(stale(&[]), [false, false, false]);
        assert_eq!(stale(&[&[3]]), [false, false, true]);
        assert_eq!(stale(&[&[3], &[2]]), [false, true, true]);
        assert_eq!(stale(&[&[2], &[3]]), [false, true, true]);
        assert_eq!(stale(&[&[2], &[]]), [true, true, true]);
        assert_eq!(stale(&[&[], &[2]]), [true, true, true]);
    }
}
