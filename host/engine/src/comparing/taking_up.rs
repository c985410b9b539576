//! A comparison taken up: what a person changes in it is durable, and it is this process's, before its cells are carried out.

use stepwell_comparison::ComparisonOutcome;
use stepwell_contract::{ComparisonId, ComparisonState};
use stepwell_store::{Change, ComparisonRecord};
use tokio::sync::watch;

use super::Comparing;
use super::wishing::Wishing;
use crate::driving::Begun;
use crate::state::{Active, House};
use crate::words::{ComparisonError, EngineError, ResumeComparison};

/// A comparison that was taken up, and what was asked with it is durable. Until it is driven to its end, or dropped, nobody
/// else can take it up, and what another one has sent for its cells is kept for it.
pub struct TakenUpComparison {
    comparing: Comparing,
    id: ComparisonId,
    /// Declared before the mark: once nobody is at work, nothing is left for it.
    wishing: Wishing,
    active: Active,
}

impl TakenUpComparison {
    /// Drives it until every cell has an outcome, a cap is reached, or `stop` turns true: what was received and stored stays,
    /// and what others wait for goes on for them.
    ///
    /// # Errors
    /// The store's; a cell that fails is no error but an outcome.
    pub async fn drive(
        self,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<ComparisonOutcome, EngineError> {
        let Self {
            comparing,
            id,
            wishing,
            active,
        } = self;
        let end = comparing.carry_on(id, wishing, stop).await;
        drop(active);
        end
    }
}

impl Comparing {
    /// Marks a comparison as this process's.
    pub(super) fn marked(&self, id: ComparisonId) -> Result<Active, ComparisonError> {
        let active = self.house.activate(id);
        active.ok_or(ComparisonError::UnderWay { comparison: id })
    }

    /// Marks a comparison as this process's, with what a person changes in it, if anything.
    pub(crate) async fn take_up_comparison(
        &self,
        id: ComparisonId,
        request: ResumeComparison,
    ) -> Result<TakenUpComparison, EngineError> {
        let active = self.marked(id)?;
        let mut record = self.comparison_record(id).await?;
        if let Err(refused) = self.hold_compared(&record).await {
            self.note_refusal(record, &refused).await?;
            return Err(refused);
        }
        let wishing = Wishing::of(&self.house, id, &record.cells);
        if let Some(budget) = request.budget {
            record.budget = budget;
        }
        if let Some(concurrency) = request.concurrency {
            record.concurrency = concurrency.max(1);
        }
        if request.promote {
            record.promote_for = Some(request.by);
            record.promoted = None;
        }
        if request.budget.is_some() || request.concurrency.is_some() || request.promote {
            let change = Change::Comparison(Box::new(record));
            self.house.store.commit(vec![change]).await?;
        }
        Ok(TakenUpComparison {
            comparing: self.clone(),
            id,
            wishing,
            active,
        })
    }

    /// Lets pass a comparison whose step and judges were agreed to, in the lock or for it alone.
    async fn hold_compared(&self, record: &ComparisonRecord) -> Result<(), EngineError> {
        for begun in begun_of(&self.house, record) {
            self.house.hold_begun(&begun).await?;
        }
        Ok(())
    }

    /// Notes in a comparison that was interrupted why it isn't taken further: nobody may be there to be told.
    async fn note_refusal(
        &self,
        mut record: ComparisonRecord,
        refused: &EngineError,
    ) -> Result<(), EngineError> {
        let Some(problem) = refused.problem_of_begun() else {
            return Ok(());
        };
        let is_known = record.problem.as_ref() == Some(&problem);
        if is_known || record.state != ComparisonState::Started {
            return Ok(());
        }
        record.problem = Some(problem);
        record.updated_at = self.house.now();
        let change = Change::Comparison(Box::new(record));
        self.house.store.commit(vec![change]).await?;
        Ok(())
    }

    /// Takes a comparison further with what a person changes in it, if anything.
    pub(crate) async fn resume_comparison(
        &self,
        id: ComparisonId,
        request: ResumeComparison,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<ComparisonOutcome, EngineError> {
        let taken = self.take_up_comparison(id, request).await?;
        taken.drive(stop).await
    }

    /// Carries a comparison out as it is.
    pub(crate) async fn drive_comparison(
        &self,
        id: ComparisonId,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<ComparisonOutcome, EngineError> {
        let request = ResumeComparison::default();
        self.resume_comparison(id, request, stop).await
    }
}

/// What a comparison was begun with: its step, and its judges.
pub(crate) fn begun_of<'r>(
    house: &'r House,
    record: &'r ComparisonRecord,
) -> impl Iterator<Item = Begun<'r>> {
    let own = Begun::of_run(house, &record.template, |step| *step == record.step);
    let judges = record.judges.values();
    let judges = judges.map(|judge| Begun::of_run(house, judge, |_| true));
    let all = std::iter::once(own).chain(judges);
    all.map(|begun| begun.into_part_of(record.id))
}
