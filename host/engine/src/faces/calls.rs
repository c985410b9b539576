//! Calls to models, with everything that was sent and received (row D2).

use std::collections::BTreeMap;

use stepwell_contract::{RunId, StepPath};
use stepwell_store::{CallGroup, CallRecord, CallTotals, Scope};
use uuid::Uuid;

use super::Engine;
use crate::state::call_view;
use crate::words::{CallDetail, CallView, EngineError, Selection};

impl Engine {
    /// Calls, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn calls(&self, selection: &Selection) -> Result<Vec<CallView>, EngineError> {
        let calls = self.selected(selection).await?;
        Ok(calls.into_iter().map(call_view).collect())
    }

    /// Calls, newest first, `skip` of them passed over.
    ///
    /// # Errors
    /// The store's.
    pub async fn newest_calls(
        &self,
        selection: &Selection,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<CallView>, EngineError> {
        if selection.run.is_some() || selection.round.is_some() {
            let calls = self.calls(selection).await?.into_iter().rev();
            return Ok(calls.skip(skip).take(limit).collect());
        }
        let store = &self.house.store;
        let calls = store.newest_calls(selection.step.as_ref(), skip, limit);
        Ok(calls.await?.into_iter().map(call_view).collect())
    }

    /// What calls took together, by what a person adds them up by.
    ///
    /// # Errors
    /// The store's.
    pub async fn totals_of_calls(
        &self,
        selection: &Selection,
    ) -> Result<Vec<(CallGroup, CallTotals)>, EngineError> {
        if selection.run.is_none() && selection.round.is_none() {
            return Ok(self.house.store.totals(selection.step.as_ref()).await?);
        }
        let mut groups: BTreeMap<CallGroup, CallTotals> = BTreeMap::new();
        for call in self.selected(selection).await? {
            let totals = groups.entry(CallGroup::of(&call)).or_default();
            totals.add_call(&call);
        }
        Ok(groups.into_iter().collect())
    }

    async fn selected(&self, selection: &Selection) -> Result<Vec<CallRecord>, EngineError> {
        let scope = Scope {
            run: selection.run,
            step: selection.step.clone(),
            execution: None,
        };
        let mut calls = self.house.store.calls(scope).await?;
        calls.retain(|call| selection.has_round_of(&call.execution));
        Ok(calls)
    }

    /// One call with its texts. The id may be cut to its last characters.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCall`] where no call, or more than one, has such an id; or the store's.
    pub async fn call(&self, id: &str) -> Result<CallDetail, EngineError> {
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
        self.house.detail_of(call).await
    }

    /// The newest calls of one execution, as a person names it, with their texts, newest first; and how many it made.
    ///
    /// # Errors
    /// The store's.
    pub async fn calls_of_execution(
        &self,
        run: RunId,
        step: &StepPath,
        execution: &str,
        most: usize,
    ) -> Result<(Vec<CallDetail>, usize), EngineError> {
        let scope = Scope {
            run: Some(run),
            step: Some(step.clone()),
            execution: None,
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
