//! What models cost, from what the store keeps added up. Single calls are read only where a finer cut needs them.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use stepwell_contract::{RunId, day_of};
use stepwell_llm::prices_as_of;
use stepwell_store::{
    CallGroup, CallState, CallTotals, ExecutionState, Gaps, RunOwner, RunTotals, Scope,
};

use super::Operations;
use crate::words::{
    Cost, CostBy, CostOf, CostRow, EngineError, PromptVersion, SharedCells, Sums, Unused,
    WantedCost,
};

/// What is added up by what a person wants it by.
type Parts = BTreeMap<CostOf, Sums>;

impl Operations {
    pub(super) async fn cost(&self, wanted: &WantedCost) -> Result<Cost, EngineError> {
        let parts = match wanted.by {
            CostBy::Run => self.by_run(wanted).await?,
            CostBy::Item => self.by_item(wanted).await?,
            CostBy::Step | CostBy::Prompt | CostBy::Model | CostBy::Provider | CostBy::Day => {
                self.by_group(wanted).await?
            }
        };
        let mut whole = Sums::default();
        parts.values().for_each(|part| whole.add_all(part));
        let unused = match wanted.run {
            Some(run) => Some(self.unused(run, wanted).await?),
            None => None,
        };
        let shared =
            match wanted.run.is_none() && wanted.workflow.is_none() && wanted.step.is_none() {
                true => Some(self.shared_cells(wanted).await?),
                false => None,
            };
        Ok(Cost {
            by: wanted.by,
            whole: whole.figures(),
            rows: in_order(wanted.by, parts),
            unused,
            shared,
            prices_as_of: prices_as_of(),
        })
    }

    /// The groups of calls that are wanted, each with its run where only some runs are.
    async fn groups(
        &self,
        wanted: &WantedCost,
        owners: &BTreeMap<RunId, RunOwner>,
    ) -> Result<Vec<(RunId, CallGroup, CallTotals)>, EngineError> {
        let mut groups = self.house.store.groups_of_runs(wanted.run).await?;
        groups.retain(|(run, group, _)| is_of(wanted, owners.get(run)) && fits(wanted, group));
        Ok(groups)
    }

    async fn by_group(&self, wanted: &WantedCost) -> Result<Parts, EngineError> {
        let mut parts = Parts::new();
        if wanted.run.is_some() || wanted.workflow.is_some() {
            let owners = self.owners(wanted).await?;
            for (_, group, totals) in self.groups(wanted, &owners).await? {
                add(&mut parts, group_of(wanted.by, &group), &group, &totals);
            }
            return Ok(parts);
        }
        // Those of removed runs are among them.
        for (group, totals) in self.house.store.totals(wanted.step.as_ref()).await? {
            if fits(wanted, &group) {
                add(&mut parts, group_of(wanted.by, &group), &group, &totals);
            }
        }
        Ok(parts)
    }

    async fn by_run(&self, wanted: &WantedCost) -> Result<Parts, EngineError> {
        let owners = self.house.store.run_owners().await?;
        let mut parts = Parts::new();
        if wanted.is_of_all() {
            for (run, totals) in self.house.store.totals_of_runs().await? {
                let RunTotals { all, .. } = &totals;
                if all.calls > 0 {
                    let part = parts.entry(payer(run, owners.get(&run))).or_default();
                    part.add(&totals);
                }
            }
        } else {
            for (run, group, totals) in self.groups(wanted, &owners).await? {
                add(&mut parts, payer(run, owners.get(&run)), &group, &totals);
            }
        }
        self.with_removed(wanted, parts).await
    }

    /// Adds what removed runs cost: what all cost, without what is there.
    async fn with_removed(
        &self,
        wanted: &WantedCost,
        mut parts: Parts,
    ) -> Result<Parts, EngineError> {
        if wanted.run.is_some() || wanted.workflow.is_some() {
            return Ok(parts);
        }
        let mut all = Sums::default();
        for (group, totals) in self.house.store.totals(wanted.step.as_ref()).await? {
            if fits(wanted, &group) {
                all.add_of(&group.provider, &totals);
            }
        }
        let mut there = Sums::default();
        parts.values().for_each(|part| there.add_all(part));
        let removed = all.without(&there);
        if !removed.is_empty() {
            parts.insert(CostOf::Removed, removed);
        }
        Ok(parts)
    }

    async fn by_item(&self, wanted: &WantedCost) -> Result<Parts, EngineError> {
        let owners = self.owners(wanted).await?;
        let scope = Scope {
            run: wanted.run,
            step: wanted.step.clone(),
            execution: None,
            gaps: Gaps::LeaveOut,
        };
        let mut parts = Parts::new();
        for call in self.house.store.calls(scope).await? {
            let run = call.execution.run;
            let group = CallGroup::of(&call);
            if is_of(wanted, owners.get(&run)) && fits(wanted, &group) {
                let of = CostOf::Item {
                    run,
                    step: group.step.clone(),
                    items: call.execution.items(),
                };
                add(&mut parts, of, &group, &[&call].into_iter().collect());
            }
        }
        self.with_removed(wanted, parts).await
    }

    /// Whose runs are which, where that is asked for.
    async fn owners(&self, wanted: &WantedCost) -> Result<BTreeMap<RunId, RunOwner>, EngineError> {
        match wanted.workflow {
            Some(_) => Ok(self.house.store.run_owners().await?),
            None => Ok(BTreeMap::new()),
        }
    }

    /// What a run spent on answers that count no more: their step failed, or was run again since.
    async fn unused(&self, run: RunId, wanted: &WantedCost) -> Result<Unused, EngineError> {
        let store = &self.house.store;
        let Some(record) = store.run(run).await? else {
            return Ok(Unused::default());
        };
        let executions = store.executions(run, Gaps::LeaveOut).await?;
        let states: BTreeMap<_, _> = executions
            .into_iter()
            .map(|execution| (execution.key, execution.state))
            .collect();
        let mut sum = CallTotals::default();
        for call in store.calls(Scope::of_run(run, Gaps::LeaveOut)).await? {
            let failed = matches!(
                states.get(&call.execution),
                Some(ExecutionState::Failure | ExecutionState::Cancelled)
            );
            let is_answered = call.state == CallState::Answered;
            let is_unused = is_answered && (failed || !record.counts(&call.execution));
            let is_sent = call.provider != stepwell_contract::REPLAY;
            if is_unused && is_sent && fits(wanted, &CallGroup::of(&call)) {
                sum.add_call(&call);
            }
        }
        Ok(Unused {
            calls: sum.calls,
            tokens: sum.input_tokens + sum.output_tokens,
            money: sum.money().unwrap_or_default(),
            unpriced_calls: sum.unpriced_calls,
        })
    }

    /// The cells that comparisons found made by others.
    async fn shared_cells(&self, wanted: &WantedCost) -> Result<SharedCells, EngineError> {
        let store = &self.house.store;
        let mut shared = SharedCells::default();
        let mut sum = CallTotals::default();
        for comparison in store.comparisons(None, None, Gaps::LeaveOut).await? {
            if wanted
                .since
                .is_some_and(|since| day_of(comparison.created_at) < since)
            {
                continue;
            }
            let cells = store.cells(&comparison.cells).await?;
            for cell in cells.into_iter().flatten() {
                if cell.comparison != comparison.id {
                    shared.cells += 1;
                    sum.add(&store.totals_of_run(cell.execution.run).await?);
                }
            }
        }
        shared.tokens = sum.input_tokens + sum.output_tokens;
        shared.money = sum.money().unwrap_or_default();
        shared.unpriced_calls = sum.unpriced_calls;
        Ok(shared)
    }
}

/// What each model cost.
pub(super) fn by_model(groups: &[(CallGroup, CallTotals)]) -> Vec<CostRow> {
    let mut parts = Parts::new();
    for (group, totals) in groups {
        add(&mut parts, group_of(CostBy::Model, group), group, totals);
    }
    in_order(CostBy::Model, parts)
}

/// Whether calls of such a group are wanted.
fn fits(wanted: &WantedCost, group: &CallGroup) -> bool {
    wanted.since.is_none_or(|since| group.day >= since)
        && wanted.step.as_ref().is_none_or(|step| group.step == *step)
}

/// Whether a run of this owner is wanted.
fn is_of(wanted: &WantedCost, owner: Option<&RunOwner>) -> bool {
    let Some(workflow) = &wanted.workflow else {
        return true;
    };
    owner.is_some_and(|owner| owner.workflow == *workflow)
}

/// Who pays for a run: itself, or the comparison that its cell belongs to.
fn payer(run: RunId, owner: Option<&RunOwner>) -> CostOf {
    match owner.and_then(|owner| owner.scratch) {
        Some(scratch) => CostOf::Comparison {
            comparison: scratch.comparison,
        },
        None => CostOf::Run {
            run,
            workflow: owner.map(|owner| owner.workflow.clone()),
        },
    }
}

fn add(parts: &mut Parts, of: CostOf, group: &CallGroup, totals: &CallTotals) {
    let part = parts.entry(of).or_default();
    part.add_of(&group.provider, totals);
}

/// To what a group belongs. What needs the run or the call is added up elsewhere.
fn group_of(by: CostBy, group: &CallGroup) -> CostOf {
    match by {
        CostBy::Prompt => {
            let prompts = group.prompts.iter().cloned();
            let prompts = prompts.map(|(name, number)| PromptVersion { name, number });
            CostOf::Prompts {
                prompts: prompts.collect(),
            }
        }
        CostBy::Model => CostOf::Model {
            model: group.model.clone(),
            provider: group.provider.clone(),
            provider_model: group.provider_model.clone(),
        },
        CostBy::Provider => CostOf::Provider {
            provider: group.provider.clone(),
        },
        CostBy::Day => CostOf::Day { day: group.day },
        CostBy::Step | CostBy::Run | CostBy::Item => CostOf::Step {
            step: group.step.clone(),
        },
    }
}

/// Days and runs newest first, all else the dearest first.
fn in_order(by: CostBy, parts: Parts) -> Vec<CostRow> {
    let mut rows: Vec<_> = parts
        .into_iter()
        .map(|(of, sums)| CostRow {
            of,
            figures: sums.figures(),
        })
        .collect();
    match by {
        CostBy::Day => rows.reverse(),
        CostBy::Run => rows.sort_by_key(|row| Reverse(id_of(&row.of))),
        CostBy::Step | CostBy::Item | CostBy::Prompt | CostBy::Model | CostBy::Provider => {
            rows.sort_by_key(|row| {
                let spent = &row.figures.spent;
                let tokens = spent.input_tokens.unwrap_or(0) + spent.output_tokens.unwrap_or(0);
                Reverse((spent.money, tokens))
            });
        }
    }
    rows
}

/// The id, by which runs and comparisons sort together; what was removed is older than all.
fn id_of(of: &CostOf) -> Option<uuid::Uuid> {
    match of {
        CostOf::Run { run, .. } | CostOf::Item { run, .. } => Some(run.0),
        CostOf::Comparison { comparison } => Some(comparison.0),
        CostOf::Removed
        | CostOf::Step { .. }
        | CostOf::Prompts { .. }
        | CostOf::Model { .. }
        | CostOf::Provider { .. }
        | CostOf::Day { .. } => None,
    }
}
