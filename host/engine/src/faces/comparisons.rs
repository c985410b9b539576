//! Versions of a prompt, and models, side by side.

use stepwell_comparison::{CellDetail, ComparisonOutcome, ComparisonSummary, ComparisonView};
use stepwell_contract::ComparisonId;
use tokio::sync::watch;

use super::Engine;
use crate::comparing::Comparing;
use crate::words::{
    CellAddress, EngineError, PromptSummary, RateCell, ResumeComparison, StartComparison,
};

impl Engine {
    fn comparing(&self) -> Comparing {
        Comparing::within(&self.house)
    }

    /// Comparisons, newest first; `before` reads on.
    ///
    /// # Errors
    /// The store's.
    pub async fn comparisons(
        &self,
        before: Option<ComparisonId>,
        limit: Option<usize>,
    ) -> Result<Vec<ComparisonSummary>, EngineError> {
        self.comparing().comparisons(before, limit).await
    }

    /// The id of a comparison, from `last`, a whole id, or its last (or first) characters.
    ///
    /// # Errors
    /// `ComparisonError::NoSuchComparison` for none or more than one, or the store's.
    pub async fn find_comparison(&self, given: &str) -> Result<ComparisonId, EngineError> {
        self.comparing().find_comparison(given).await
    }

    /// A whole comparison, as far as it is.
    ///
    /// # Errors
    /// `ComparisonError::NoSuchComparison`, or the store's.
    pub async fn comparison(&self, id: ComparisonId) -> Result<ComparisonView, EngineError> {
        self.comparing().comparison(id).await
    }

    /// One cell, with all its texts.
    ///
    /// # Errors
    /// `ComparisonError::NoSuchComparison`, `ComparisonError` for a cell that isn't there, or the store's.
    pub async fn comparison_cell(&self, address: &CellAddress) -> Result<CellDetail, EngineError> {
        self.comparing().comparison_cell(address).await
    }

    /// Makes a comparison: checks everything, pins what it uses, and writes it down. [`Engine::drive_comparison`]
    /// carries it out.
    ///
    /// # Errors
    /// What doesn't fit (`ComparisonError`, [`EngineError::Definition`], `RunError::NoSuchStep`,
    /// [`StoreError::NoSuchVersion`]), or the store's. Nothing is written then.
    pub async fn start_comparison(
        &self,
        request: StartComparison,
    ) -> Result<ComparisonId, EngineError> {
        self.comparing().start_comparison(request).await
    }

    /// Carries a comparison out: what is there already is not run again (rule E27). Once every cell has an outcome, the
    /// better version is made current if somebody wishes it.
    ///
    /// # Errors
    /// `ComparisonError::NoSuchComparison`, `ComparisonError` while it is under way, what [`Engine::promote`] says,
    /// or the store's; a cell that fails is no error but an outcome.
    pub async fn drive_comparison(
        &self,
        id: ComparisonId,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<ComparisonOutcome, EngineError> {
        self.comparing().drive_comparison(id, stop).await
    }

    /// Takes a comparison further with what a person changes in it, if anything.
    ///
    /// # Errors
    /// `ComparisonError::NoSuchComparison`, `ComparisonError` while it is under way, or the store's.
    pub async fn resume_comparison(
        &self,
        id: ComparisonId,
        request: ResumeComparison,
        stop: Option<watch::Receiver<bool>>,
    ) -> Result<ComparisonOutcome, EngineError> {
        self.comparing().resume_comparison(id, request, stop).await
    }

    /// Keeps what a person says of a cell.
    ///
    /// # Errors
    /// `ComparisonError::NoSuchComparison`, `ComparisonError` for a score out of range or a cell that isn't there,
    /// or the store's.
    pub async fn rate_cell(&self, request: RateCell) -> Result<(), EngineError> {
        self.comparing().rate_cell(request).await
    }

    /// Makes a version of the compared prompt current, with the comparison as the reason.
    ///
    /// # Errors
    /// `ComparisonError::NoSuchComparison`, `ComparisonError` for a version that wasn't compared,
    /// [`stepwell_store::StoreError::NoSuchVersion`] for one that is no longer kept, or the store's.
    pub async fn promote(
        &self,
        id: ComparisonId,
        number: u32,
        by: String,
    ) -> Result<PromptSummary, EngineError> {
        self.comparing().promote(id, number, by).await
    }
}
