//! Gates: what was written upstream of one is committed and stays out of the workspace until it says yes (rule E34).
//!
//! Whether one is open is nothing that is kept: it follows from its document, as rounds do.

use std::sync::Arc;

use stepwell_contract::{Description, ExecutionKey, Gate, Position, Text};
use stepwell_definition::Plan;
use stepwell_store::StoreError;

use super::context::RunContext;
use super::graph::{Depending, shared_levels, upstream};
use super::lock::lock;
use super::unit::Unit;

/// The gates of a plan.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    /// By the step's place in the plan: how it is a gate, if it is one.
    gates: Vec<Option<Gate>>,
    /// By the step's place in the plan: the gates that wait for it.
    behind: Vec<Vec<usize>>,
}

impl Gates {
    pub(crate) fn of(plan: &Plan, descriptions: &[Option<Arc<Description>>]) -> Self {
        let steps = 0..plan.steps.len();
        let gates: Vec<Option<Gate>> = steps.map(|step| gate_of(descriptions, step)).collect();
        let mut behind = vec![Vec::new(); plan.steps.len()];
        for gate in (0..plan.steps.len()).filter(|step| gates[*step].is_some()) {
            for step in upstream(plan, gate, Depending::OnWhatIsWaitedFor) {
                behind[step].push(gate);
            }
        }
        Self { gates, behind }
    }

    /// Whether the plan has none.
    pub(crate) fn is_empty(&self) -> bool {
        self.gates.iter().all(Option::is_none)
    }

    /// Whether a step is one.
    pub(crate) fn is_gate(&self, step: usize) -> bool {
        self.gates.get(step).is_some_and(Option::is_some)
    }

    /// Whether the documents of a step are a yes; none where it is no gate.
    pub(crate) fn says_yes(&self, step: usize, documents: &[Text]) -> Option<bool> {
        let gate = self.gates.get(step)?.as_ref()?;
        let said = documents.iter().find(|it| it.name == gate.document);
        Some(said.is_some_and(|said| gate.is_opened_by(&said.value)))
    }

    /// Whether a gate is asked about what a step writes.
    pub(crate) fn asks_about(&self, gate: usize, step: usize) -> bool {
        self.behind(step).contains(&gate)
    }

    fn behind(&self, step: usize) -> &[usize] {
        self.behind.get(step).map_or(&[], Vec::as_slice)
    }
}

/// How a step is a gate, if it is one.
pub(crate) fn gate_of(descriptions: &[Option<Arc<Description>>], step: usize) -> Option<Gate> {
    descriptions.get(step)?.as_deref()?.gate().ok()?
}

impl RunContext {
    /// The gate that keeps the files of an execution out of the workspace, where one does.
    pub(crate) async fn held_by(&self, key: &ExecutionKey) -> Result<Option<usize>, StoreError> {
        let Some(step) = self.plan.index_of(&key.path) else {
            return Ok(None);
        };
        for gate in self.gates.behind(step) {
            if !self.is_open(*gate, step, &key.at).await? {
                return Ok(Some(*gate));
            }
        }
        Ok(None)
    }

    /// Whether a gate has said yes to what a step wrote at this place.
    async fn is_open(&self, gate: usize, step: usize, at: &[Position]) -> Result<bool, StoreError> {
        let Some(asked) = self.gates.gates.get(gate).and_then(Option::as_ref) else {
            return Ok(true);
        };
        let shared = shared_levels(&self.plan, step, gate).min(at.len());
        let places = {
            let board = lock(&self.board);
            if board.is_given(gate) {
                return Ok(true);
            }
            // A later round's yes is one to what the rounds before left.
            let prefix = board.in_last_rounds(&self.plan, step, &at[..shared]);
            match board.own_done(&self.plan, gate, &prefix) {
                true => board.carried_out_at(&self.plan, gate, &prefix),
                false => return Ok(false),
            }
        };
        for at in places {
            let key = self.key_of(&Unit {
                step: gate,
                at: at.clone(),
            });
            if self.mailbox.record.lock().await.is_stale(&key) {
                return Ok(false);
            }
            let said = (gate, at, asked.document.clone());
            let said = lock(&self.documents).get(&said).copied();
            let is_yes = match said {
                Some(said) => asked.is_opened_by(&self.house.text(&said).await?),
                None => false,
            };
            if !is_yes {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether a gate that stands at this place is asked about what an execution wrote.
    pub(crate) fn is_asked_about(&self, gate: &Unit, key: &ExecutionKey) -> bool {
        let Some(step) = self.plan.index_of(&key.path) else {
            return false;
        };
        let shared = shared_levels(&self.plan, step, gate.step);
        let items = |at: &[Position]| -> Vec<Option<u32>> {
            at.iter().take(shared).map(|level| level.item).collect()
        };
        self.gates.asks_about(gate.step, step) && items(&gate.at) == items(&key.at)
    }
}
