//! From the record of an improvement to what a face is told.

use stepwell_comparison::ComparisonStatus;
use stepwell_contract::amounts::count;
use stepwell_contract::{ComparisonId, Digest, ImprovementId};
use stepwell_store::{
    CallRecord, ComparisonRecord, Gaps, ImprovementRecord, LeftOut, ProposalRecord,
};

use super::Comparing;
use crate::words::{
    EngineError, ImprovementError, ImprovementSummary, ImprovementView, LAST, Listed, ProposalView,
    spent_of,
};

impl Comparing {
    /// Improvements, newest first; `before` reads on.
    pub(crate) async fn improvements(
        &self,
        before: Option<ImprovementId>,
        limit: Option<usize>,
    ) -> Result<Listed<ImprovementSummary>, EngineError> {
        let left_out = LeftOut::default();
        let gaps = Gaps::Count(left_out.clone());
        let store = &self.house.store;
        let records = store.improvements(before, limit, gaps).await?;
        let mut summaries = Vec::with_capacity(records.len());
        for record in &records {
            let latest = self.latest_of(record).await?;
            summaries.push(self.improvement_summary(record, latest.as_ref()));
        }
        Ok(Listed {
            items: summaries,
            unreadable: left_out.count(),
        })
    }

    /// The id of an improvement, from `last`, a whole id, or its last (or first) characters.
    pub(crate) async fn find_improvement(&self, given: &str) -> Result<ImprovementId, EngineError> {
        let latest = given == LAST;
        let limit = latest.then_some(1);
        // No other one is taken for the newest, where that can't be read.
        let gaps = match latest {
            true => Gaps::Refuse,
            false => Gaps::LeaveOut,
        };
        let records = self.house.store.improvements(None, limit, gaps).await?;
        let fits = |id: &str| latest || id.ends_with(given) || id.starts_with(given);
        let mut fitting = records
            .iter()
            .map(|record| record.id)
            .filter(|id| fits(&id.to_string()));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(ImprovementError::NoSuchImprovement {
                given: given.to_owned(),
            }
            .into()),
        }
    }

    /// A whole improvement, as far as it is.
    pub(crate) async fn improvement(
        &self,
        id: ImprovementId,
    ) -> Result<ImprovementView, EngineError> {
        let record = self.improvement_record(id).await?;
        let latest = self.latest_of(&record).await?;
        let mut proposals = Vec::with_capacity(record.proposals.len());
        for (number, proposal) in (1..).zip(&record.proposals) {
            proposals.push(self.proposal_view(number, proposal).await?);
        }
        let calls = self.paid_by_all(&record, None, Gaps::LeaveOut).await?;
        Ok(ImprovementView {
            summary: self.improvement_summary(&record, latest.as_ref()),
            problem: latest
                .filter(|_| record.end.is_none())
                .and_then(|latest| latest.problem),
            baseline: record.baseline.number,
            standing: record.standing,
            training: record.training,
            validation: record.validation,
            budget: record.budget,
            spent: spent_of(calls.iter()),
            proposals,
            comparisons: record.comparisons,
        })
    }

    /// What the comparisons of an improvement have sent, but for one of them.
    pub(in crate::comparing) async fn paid_by_others(
        &self,
        id: ImprovementId,
        but: ComparisonId,
        gaps: Gaps,
    ) -> Result<Vec<CallRecord>, EngineError> {
        match self.house.store.improvement(id).await? {
            Some(record) => self.paid_by_all(&record, Some(but), gaps).await,
            // Whoever removed it means its comparisons to stand alone.
            None => Ok(Vec::new()),
        }
    }

    async fn paid_by_all(
        &self,
        record: &ImprovementRecord,
        but: Option<ComparisonId>,
        gaps: Gaps,
    ) -> Result<Vec<CallRecord>, EngineError> {
        let mut calls = Vec::new();
        for id in record.comparisons.iter().filter(|id| Some(**id) != but) {
            // One that was removed has taken its calls with it.
            if let Some(compared) = self.house.store.comparison(*id).await? {
                let cases = self.kept_cases(&compared).await?;
                calls.extend(self.own_calls(&compared, &cases, gaps.clone()).await?);
            }
        }
        Ok(calls)
    }

    /// The comparison that an improvement carries out, or carried out last; none where it was removed.
    async fn latest_of(
        &self,
        record: &ImprovementRecord,
    ) -> Result<Option<ComparisonRecord>, EngineError> {
        match record.latest() {
            Some(id) => Ok(self.house.store.comparison(id).await?),
            None => Ok(None),
        }
    }

    fn improvement_summary(
        &self,
        record: &ImprovementRecord,
        latest: Option<&ComparisonRecord>,
    ) -> ImprovementSummary {
        let status = match (&record.end, latest) {
            (Some(_), _) => ComparisonStatus::Finished,
            (None, Some(latest)) => {
                let status = ComparisonStatus::of(latest.state, self.house.is_active(latest.id));
                match status {
                    ComparisonStatus::Finished => ComparisonStatus::Interrupted,
                    status => status,
                }
            }
            (None, None) => ComparisonStatus::Interrupted,
        };
        ImprovementSummary {
            id: record.id,
            prompt: record.prompt.clone(),
            step: record.step.clone(),
            status,
            stage: record.stage.clone(),
            end: record.end.clone(),
            promoted: record.promoted,
            proposal_count: count(record.proposals.len()),
            rounds: record.rounds,
            created_at: record.created_at,
            ended_at: record.ended_at,
        }
    }

    async fn proposal_view(
        &self,
        number: u32,
        proposal: &ProposalRecord,
    ) -> Result<ProposalView, EngineError> {
        Ok(ProposalView {
            number,
            round: proposal.round,
            made_from: proposal.made_from,
            text: self.kept_text(proposal.text).await?,
            reason: self.kept_text(proposal.reason).await?,
            state: proposal.state.clone(),
            refusal: proposal.refusal.clone(),
            training: proposal.training,
            validation: proposal.validation,
            sentence: proposal.sentence.clone(),
            asked_by: proposal.asked_by,
            trained_by: proposal.trained_by,
            validated_by: proposal.validated_by,
        })
    }

    async fn kept_text(&self, digest: Option<Digest>) -> Result<Option<String>, EngineError> {
        match digest {
            Some(digest) => Ok(Some(self.house.text(&digest).await?)),
            None => Ok(None),
        }
    }
}
