//! One run while it is driven: its record, its plan, and everything that its executions share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use serde_json::Value;
use stepwell_contract::{
    ChatRequest, ComparisonId, Description, Digest, ExecutionKey, Level, Position, RunId, StepPath,
};
use stepwell_definition::{InDoubt, Otherwise, Plan, PlannedRepeat, PlannedStep};
use stepwell_llm::{Asker, Ledger, ResolvedModel};
use stepwell_store::{
    Change, ExecutionRecord, Gaps, MemoKind, PinnedModel, PinnedPlugin, PinnedPrompt, RunRecord,
    StoreError,
};
use tempfile::TempDir;
use tokio::sync::{Semaphore, watch};

use super::batches::Gathering;
use super::board::Board;
use super::gates::Gates;
use super::graph::Depending;
use super::graph::upstream;
use super::house::House;
use super::lock::lock;
use super::mailbox::Mailbox;
use super::published::Published;
use super::shared_files::SharedFiles;
use super::shared_looks::SharedLooks;
use super::unit::{DocumentPlace, ListPlace, Unit};
use crate::words::{Event, Person};
use crate::workspace::Workspace;

/// A run that is being driven.
pub(crate) struct RunContext {
    /// How many calls to models are under way.
    pub(crate) calling: watch::Sender<usize>,
    pub(crate) house: Arc<House>,
    pub(crate) id: RunId,
    pub(crate) plan: Arc<Plan>,
    /// What each step's plugin says of itself, by the step's place in the plan.
    pub(crate) descriptions: Vec<Option<Arc<Description>>>,
    pub(crate) gates: Gates,
    pub(crate) workspace: Workspace,
    /// What of the record never changes while the run is driven, for those who can't wait.
    pub(crate) pins: RunRecord,
    pub(crate) published: tokio::sync::RwLock<Published>,
    pub(crate) board: Mutex<Board>,
    /// The documents of the takes that count.
    pub(crate) documents: Mutex<BTreeMap<DocumentPlace, Digest>>,
    /// The items of each `for_each`, by its step and the position of its parent.
    pub(crate) items: Mutex<BTreeMap<ListPlace, Arc<Vec<Value>>>>,
    pub(crate) person: Option<Arc<dyn Person>>,
    /// The executions whose question that person has before them.
    pub(crate) asking: Mutex<BTreeSet<ExecutionKey>>,
    pub(crate) run_ledger: Arc<Ledger>,
    /// The budgets of each step, and those of the places that plugins come from.
    pub(crate) step_ledgers: BTreeMap<StepPath, Vec<Arc<Ledger>>>,
    pub(crate) day_ledger: Option<Arc<Ledger>>,
    /// The step with which this drive ends; none goes on to the end.
    pub(crate) target: Option<usize>,
    /// What it shares with the other cells, where it is a comparison's.
    pub(crate) comparison: Option<OfComparison>,
    /// Calls that are in doubt are sent again, whatever the configuration says: a person decided so.
    pub(crate) resend: bool,
    /// Its record, and what comes from a person while it is under way.
    pub(crate) mailbox: Arc<Mailbox>,
    /// What a step would ask its models first, where that is only looked at: then nothing is sent.
    pub(crate) first_asked: Option<Mutex<Vec<Unsent>>>,
}

/// What a step would ask a model.
#[derive(Clone)]
pub(crate) struct Unsent {
    pub(crate) request: ChatRequest,
    /// The model that would be asked; none where nothing is set up by its name.
    pub(crate) model: Option<ResolvedModel>,
    /// The prompts that were rendered for it: name and number.
    pub(crate) prompts: Vec<(String, u32)>,
}

/// What the cells of a comparison share while they are carried out (rule E27).
#[derive(Clone)]
pub(crate) struct OfComparison {
    pub(crate) id: ComparisonId,
    pub(crate) looks: Arc<SharedLooks>,
    /// What the whole may cost.
    pub(crate) ledger: Arc<Ledger>,
    /// An empty folder: the workspace of cases that bring all their files.
    pub(crate) nowhere: Arc<TempDir>,
    pub(crate) files: Arc<SharedFiles>,
    /// The batches in which its calls are sent, or were.
    pub(crate) gathering: Arc<Gathering>,
    /// Whether its calls are sent in batches from now on.
    pub(crate) batch: bool,
    /// So many cells are carried out at the same time. One that waits for an answer out of a batch isn't.
    pub(crate) at_once: Arc<Semaphore>,
    /// Turns true when the comparison is stopped: nothing more is sent for it. What others wait for may be under way still.
    pub(crate) stopped: watch::Sender<bool>,
}

impl OfComparison {
    /// Waits until the comparison is stopped.
    pub(crate) async fn until_stopped(&self) {
        let mut stopped = self.stopped.subscribe();
        // The sender lives as long as this one.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }

    pub(crate) fn is_stopped(&self) -> bool {
        *self.stopped.borrow()
    }

    /// Stops it. What is at a provider stays there.
    pub(crate) fn stop(&self) {
        self.stopped.send_replace(true);
        self.gathering.stop();
    }
}

/// How many rounds a repeated step may have in a run.
pub(crate) fn most_rounds(plan: &Plan, record: &RunRecord, step: usize) -> u32 {
    let step = &plan.steps[step];
    let more = record.more_rounds.get(&step.path).copied().unwrap_or(0);
    let own = step.repeat.as_ref().map_or(1, PlannedRepeat::most_rounds);
    own.saturating_add(more)
}

impl RunContext {
    /// How many rounds a repeated step may have in this run, those included that a person gave it besides.
    pub(crate) fn most_rounds(&self, step: usize) -> u32 {
        most_rounds(&self.plan, &self.pins, step)
    }

    /// Whether the run goes on where a step has used up its rounds.
    pub(crate) fn goes_on_without_rounds(&self, step: usize) -> bool {
        let repeat = self.step(step).repeat.as_ref();
        let otherwise = repeat.and_then(|repeat| repeat.otherwise);
        self.step(step).optional
            || match otherwise {
                Some(otherwise) => otherwise == Otherwise::GoOn,
                // It began when that was what a definition meant that says nothing.
                None => !self.pins.rounds_fail,
            }
    }

    pub(crate) fn step(&self, step: usize) -> &PlannedStep {
        &self.plan.steps[step]
    }

    /// All executions of the run so far.
    pub(crate) async fn executions(&self) -> Result<Vec<ExecutionRecord>, StoreError> {
        self.house.store.executions(self.id, Gaps::Refuse).await
    }

    /// The outcomes whose files aren't all where they belong, in the order in which they were committed.
    pub(crate) async fn unpublished(
        &self,
        published: &Published,
    ) -> Result<Vec<ExecutionRecord>, StoreError> {
        let mut left = Vec::new();
        for key in published.waiting() {
            left.extend(self.house.store.execution(key).await?);
        }
        Ok(left)
    }

    pub(crate) fn description(&self, step: usize) -> Option<&Description> {
        self.descriptions.get(step).and_then(Option::as_deref)
    }

    /// The execution of a unit, of the take that counts.
    pub(crate) fn key_of(&self, unit: &Unit) -> ExecutionKey {
        let path = self.step(unit.step).path.clone();
        ExecutionKey {
            run: self.id,
            take: self.pins.take_at(&path, &unit.at),
            path,
            at: unit.at.clone(),
        }
    }

    /// Whether the same step may have been carried out before, in an earlier take or round.
    #[allow(clippy::unused_self)]
    pub(crate) fn has_earlier(&self, key: &ExecutionKey) -> bool {
        key.take > 1 || key.at.iter().any(|position| position.round > 1)
    }

    pub(crate) fn plugin(&self, step: usize) -> Option<&PinnedPlugin> {
        self.pins.plugins.get(&self.step(step).path)
    }

    pub(crate) fn pinned_prompt(&self, path: &StepPath, declared: &str) -> Option<PinnedPrompt> {
        self.pins
            .prompts
            .get(path)
            .and_then(|prompts| prompts.get(declared))
            .cloned()
    }

    pub(crate) fn pinned_model(&self, path: &StepPath) -> Option<PinnedModel> {
        self.pins.models.get(path).cloned()
    }

    pub(crate) fn in_doubt_policy(&self) -> InDoubt {
        if self.resend {
            InDoubt::Resend
        } else {
            self.house.configuration.in_doubt
        }
    }

    pub(crate) async fn no_questions(&self) -> bool {
        self.mailbox.record.lock().await.no_questions
    }

    /// Whose turn it is where calls wait for theirs: the cells of a comparison take one together.
    pub(crate) fn asker(&self) -> Asker {
        let id = match &self.comparison {
            Some(comparison) => comparison.id.0,
            None => self.id.0,
        };
        Asker(id.as_u128())
    }

    /// The budgets that a call of a step must fit into.
    pub(crate) fn ledgers(&self, path: &StepPath) -> Vec<Arc<Ledger>> {
        let mut ledgers = vec![Arc::clone(&self.run_ledger)];
        ledgers.extend(self.comparison.iter().map(|of| Arc::clone(&of.ledger)));
        ledgers.extend(self.step_ledgers.get(path).into_iter().flatten().cloned());
        ledgers.extend(self.day_ledger.clone());
        ledgers
    }

    /// Which cells of its comparison see the same as this one, when it looks at something (rule E27).
    pub(crate) fn scope_of_look(&self, kind: &MemoKind, at: &[Position]) -> String {
        let scratch = self.pins.scratch.as_ref();
        match kind {
            kind if kind.is_of_files() => scratch
                .filter(|scratch| scratch.files.is_some())
                .map_or_else(String::new, |scratch| scratch.case.clone()),
            MemoKind::Documents => serde_json::to_string(at).unwrap_or_default(),
            _ => String::new(),
        }
    }

    pub(crate) fn event(&self, execution: Option<&ExecutionKey>, event: Event) -> Change {
        self.house.event(self.id, execution, &event)
    }

    /// Changes the run's record.
    pub(crate) async fn update(
        &self,
        with: Vec<Change>,
        change: impl FnOnce(&mut RunRecord),
    ) -> Result<(), StoreError> {
        let record = self.mailbox.record.lock().await;
        self.house.change(record, with, change).await
    }

    /// The documents of an outcome count from now on.
    pub(crate) fn outcome_is_kept(&self, record: &ExecutionRecord) {
        let Some(step) = self.plan.index_of(&record.key.path) else {
            return;
        };
        let mut documents = lock(&self.documents);
        for (name, digest) in &record.documents {
            documents.insert((step, record.key.at.clone(), name.clone()), *digest);
        }
    }

    /// How many items each level of a unit has.
    pub(crate) fn items_at(&self, unit: &Unit) -> Vec<Option<u32>> {
        let board = lock(&self.board);
        let lineage: Vec<usize> = self.plan.lineage(unit.step).collect();
        lineage
            .iter()
            .rev()
            .enumerate()
            .map(|(level, step)| board.items(*step, &unit.at[..level]))
            .collect()
    }

    pub(crate) fn levels(&self, unit: &Unit, items: &[Option<u32>]) -> Vec<Level> {
        let ids = self.step(unit.step).path.ids();
        ids.zip(&unit.at)
            .enumerate()
            .map(|(level, (id, position))| Level {
                step: id.to_owned(),
                item: position.item,
                items: items.get(level).copied().flatten(),
                round: position.round,
            })
            .collect()
    }

    /// Whether a step waits for another one, directly or through others, or reads of the round before.
    pub(crate) fn depends_on(&self, step: usize, other: usize) -> bool {
        upstream(&self.plan, step, Depending::AlsoOnRoundBefore).contains(&other)
    }
}
