//! Calls to models, with everything that was sent and received.

use std::collections::BTreeMap;

use stepwell_contract::{RunId, StepPath};
use stepwell_store::{CallGroup, CallRecord, CallTotals, Change, Gaps, LeftOut, Scope, WrittenOff};
use uuid::Uuid;

use super::Operations;
use crate::state::call_view;
use crate::words::{CallDetail, CallView, ComparisonError, EngineError, Listed, Selection};

impl Operations {
    pub(super) async fn calls(
        &self,
        selection: &Selection,
    ) -> Result<Listed<CallView>, EngineError> {
        let left_out = LeftOut::default();
        let gaps = Gaps::Count(left_out.clone());
        let calls = self.selected(selection, gaps).await?.into_iter();
        Ok(Listed {
            items: calls.map(call_view).collect(),
            unreadable: left_out.count(),
        })
    }

    pub(super) async fn newest_calls(
        &self,
        selection: &Selection,
        skip: usize,
        limit: usize,
    ) -> Result<Listed<CallView>, EngineError> {
        if selection.run.is_some() || selection.round.is_some() {
            let Listed { items, unreadable } = self.calls(selection).await?;
            let newest = items.into_iter().rev().skip(skip).take(limit);
            return Ok(Listed {
                items: newest.collect(),
                unreadable,
            });
        }
        let store = &self.house.store;
        let left_out = LeftOut::default();
        let gaps = Gaps::Count(left_out.clone());
        let calls = store.newest_calls(selection.step.as_ref(), skip, limit, gaps);
        Ok(Listed {
            items: calls.await?.into_iter().map(call_view).collect(),
            unreadable: left_out.count(),
        })
    }

    pub(super) async fn totals_of_calls(
        &self,
        selection: &Selection,
    ) -> Result<Vec<(CallGroup, CallTotals)>, EngineError> {
        if selection.run.is_none() && selection.round.is_none() {
            return Ok(self.house.store.totals(selection.step.as_ref()).await?);
        }
        let mut groups: BTreeMap<CallGroup, CallTotals> = BTreeMap::new();
        for call in self.selected(selection, Gaps::LeaveOut).await? {
            let totals = groups.entry(CallGroup::of(&call)).or_default();
            totals.add_call(&call);
        }
        Ok(groups.into_iter().collect())
    }

    async fn selected(
        &self,
        selection: &Selection,
        gaps: Gaps,
    ) -> Result<Vec<CallRecord>, EngineError> {
        let scope = Scope {
            gaps,
            ..scope_of(selection)
        };
        let mut calls = self.house.store.calls(scope).await?;
        calls.retain(|call| selection.has_round_of(&call.execution));
        Ok(calls)
    }

    pub(super) async fn call(&self, id: &str) -> Result<CallDetail, EngineError> {
        let call = self.find_call(id).await?;
        self.house.detail_of(call).await
    }

    pub(super) async fn write_off_call(
        &self,
        id: &str,
        by: &str,
    ) -> Result<CallDetail, EngineError> {
        let found = self.find_call(id).await?;
        let run = found.execution.run;
        let comparison = self.house.store.run(run).await?;
        let comparison = comparison
            .and_then(|run| run.scratch)
            .map(|of| of.comparison);
        // Nobody carries them on meanwhile, whose ledgers and records would know nothing of it.
        let of_comparison = comparison.map(|id| {
            let active = self.house.activate(id);
            active.ok_or(ComparisonError::UnderWay { comparison: id })
        });
        let _of_comparison = of_comparison.transpose()?;
        let _of_run = self.house.take(run)?;
        let day = self.house.day_ledger().await?;
        let mut call = self.find_call(&found.id.to_string()).await?;
        let mut freed = Vec::new();
        for attempt in call.attempts.iter_mut().filter(|attempt| attempt.is_open()) {
            attempt.written_off = Some(WrittenOff {
                by: by.to_owned(),
                at: self.house.now(),
                other: Default::default(),
            });
            freed.push((attempt.started_at, attempt.budgeted.unwrap_or_default()));
        }
        if freed.is_empty() {
            return Err(EngineError::NothingToWriteOff { call: call.id });
        }
        let change = Change::Call(Box::new(call.clone()));
        self.house.store.commit(vec![change]).await?;
        if let Some(ledger) = day {
            let freed = freed.into_iter();
            freed.for_each(|(sent_at, amount)| ledger.write_off(sent_at, amount));
        }
        self.house.detail_of(call).await
    }

    async fn find_call(&self, id: &str) -> Result<CallRecord, EngineError> {
        // A whole id may be written in other ways than it is shown.
        let whole = id.parse::<Uuid>().map(|id| id.to_string());
        let end = whole.as_deref().unwrap_or(id);
        // Of two that fit neither is meant.
        let mut fitting = self.house.store.calls_by_id(end, 2).await?;
        let (Some(call), true) = (fitting.pop(), fitting.is_empty()) else {
            return Err(EngineError::NoSuchCall {
                given: id.to_owned(),
            });
        };
        Ok(call)
    }

    pub(super) async fn calls_of_execution(
        &self,
        run: RunId,
        step: &StepPath,
        execution: &str,
        most: usize,
    ) -> Result<(Vec<CallDetail>, usize), EngineError> {
        let scope = Scope {
            run: Some(run),
            step: Some(step.clone()),
            gaps: Gaps::LeaveOut,
            ..Scope::default()
        };
        let mut calls = self.house.store.calls(scope).await?;
        calls.retain(|call| call.execution.to_string() == execution);
        let count = calls.len();
        let mut details = Vec::new();
        for call in calls.into_iter().rev().take(most) {
            details.push(self.house.detail_of(call).await?);
        }
        Ok((details, count))
    }
}

/// What a person looks at of a selection.
pub(super) fn scope_of(selection: &Selection) -> Scope {
    Scope {
        run: selection.run,
        step: selection.step.clone(),
        execution: None,
        gaps: Gaps::LeaveOut,
    }
}
