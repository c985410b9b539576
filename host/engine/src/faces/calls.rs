//! Calls to models, with everything that was sent and received (row D2).

use stepwell_contract::{RunId, StepPath};
use stepwell_store::{CallRecord, Scope};
use uuid::Uuid;

use super::Engine;
use crate::state::CallPages;
use crate::state::call_view;
use crate::words::{CallDetail, CallView, EngineError, Selection};

impl Engine {
    /// Calls, oldest first.
    ///
    /// # Errors
    /// The store's.
    pub async fn calls(&self, selection: &Selection) -> Result<Vec<CallView>, EngineError> {
        let scope = Scope {
            run: selection.run,
            step: selection.step.clone(),
            execution: None,
        };
        Ok(self
            .house
            .store
            .calls(scope)
            .await?
            .into_iter()
            .filter(|call| selection.has_round_of(&call.execution))
            .map(call_view)
            .collect())
    }

    /// One call with its texts. The id may be cut to its last characters.
    ///
    /// # Errors
    /// [`EngineError::NoSuchCall`] where no call, or more than one, has such an id; or the store's.
    pub async fn call(&self, id: &str) -> Result<CallDetail, EngineError> {
        let fits = |call: &CallRecord| {
            id.parse::<Uuid>().is_ok_and(|whole| whole == call.id)
                || call.id.to_string().ends_with(id)
        };
        let mut fitting = Vec::new();
        let mut pages = CallPages::default();
        while let Some(page) = pages.next(&*self.house.store).await? {
            fitting.extend(page.into_iter().filter(fits));
        }
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
