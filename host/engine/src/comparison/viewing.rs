//! From the records of a comparison to what a face is told.

use std::collections::BTreeMap;

use stepwell_contract::{ComparisonId, Digest, Money, Name};
use stepwell_store::{
    CallRecord, CellRecord, Change, ComparisonFilter, ComparisonRecord, ExecutionRecord, Rating,
    RunState, Scope, VariantRecord,
};

use super::cells::KeptCase;
use super::checks::{self, Outcome};
use super::numbers::{self, CellNumbers};
use super::requests::{CellAddress, RateCell};
use super::statistics::mean;
use super::views::{
    CaseView, CellDetail, CellFile, CellStatus, CellView, ComparisonStatus, ComparisonSummary,
    ComparisonView, VariantView,
};
use crate::application::{Engine, EngineError, PromptSummary, UseVersion, spent_of};
use crate::runs::blob_of;

/// What the store knows of a cell.
struct Found {
    cell: CellRecord,
    status: CellStatus,
    problem: Option<stepwell_store::Problem>,
    execution: Option<ExecutionRecord>,
    calls: Vec<CallRecord>,
}

impl Engine {
    /// Comparisons, newest first; `before` reads on.
    ///
    /// # Errors
    /// The store's.
    pub async fn comparisons(
        &self,
        before: Option<ComparisonId>,
        limit: Option<usize>,
    ) -> Result<Vec<ComparisonSummary>, EngineError> {
        let filter = ComparisonFilter { before, limit };
        let records = self.house.store.comparisons(filter).await?;
        Ok(records
            .iter()
            .map(|record| self.summary_of(record))
            .collect())
    }

    /// The id of a comparison, from `last`, a whole id, or its last (or first) characters.
    ///
    /// # Errors
    /// [`EngineError::NoSuchComparison`] for none or more than one, or the store's.
    pub async fn find_comparison(&self, given: &str) -> Result<ComparisonId, EngineError> {
        let latest = given == "last";
        let filter = ComparisonFilter {
            limit: latest.then_some(1),
            ..ComparisonFilter::default()
        };
        let records = self.house.store.comparisons(filter).await?;
        let fits = |id: &str| latest || id.ends_with(given) || id.starts_with(given);
        let mut fitting = records
            .iter()
            .map(|record| record.id)
            .filter(|id| fits(&id.to_string()));
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Ok(only),
            _ => Err(EngineError::NoSuchComparison {
                given: given.to_owned(),
            }),
        }
    }

    /// A whole comparison, as far as it is.
    ///
    /// # Errors
    /// [`EngineError::NoSuchComparison`], or the store's.
    pub async fn comparison(&self, id: ComparisonId) -> Result<ComparisonView, EngineError> {
        let record = self.comparison_record(id).await?;
        let cases = self.kept_cases(&record).await?;
        let kept = self.house.store.cells(&record.cells).await?;
        let mut cells = Vec::with_capacity(kept.len());
        let mut calls = Vec::new();
        for (place, kept) in kept.into_iter().enumerate() {
            let found = match kept {
                Some(cell) => Some(self.found(cell).await?),
                None => None,
            };
            if let Some(found) = &found
                && found.cell.comparison == id
            {
                calls.extend(found.calls.iter().cloned());
            }
            cells.push(
                self.cell_view(&record, &cases, place, found.as_ref())
                    .await?,
            );
        }
        let verdicts = self.verdict_cells(&record, &cases).await?;
        calls.extend(self.paid_calls(id, verdicts).await?);
        let prompt = match record
            .prompt
            .as_ref()
            .and_then(|name| Name::new(name.clone()).ok())
        {
            Some(name) => self.prompt(&name).await.ok(),
            None => None,
        };
        let labels: Vec<String> = record
            .variants
            .iter()
            .map(|variant| label(&record, variant))
            .collect();
        let figures: Vec<CellNumbers> = cells.iter().map(figures_of).collect();
        let numbers = numbers::compare(&figures, &labels, record.baseline as usize);
        let mut variants = Vec::with_capacity(record.variants.len());
        for ((variant, label), numbers) in record.variants.iter().zip(&labels).zip(numbers.variants)
        {
            let template = match &variant.prompt {
                Some(pin) => Some(self.text_of(&pin.digest).await?),
                None => None,
            };
            variants.push(variant_view(
                variant,
                label.clone(),
                prompt.as_ref(),
                template,
                numbers,
            ));
        }
        let events = self.events(id.log(), 0, usize::MAX).await?;
        Ok(ComparisonView {
            summary: self.summary_of(&record),
            baseline: record.baseline,
            budget: record.budget,
            spent: spent_of(calls.iter()),
            variants,
            cases: cases.iter().map(case_view).collect(),
            cells,
            sentences: numbers.sentences,
            cursor: events.last().map_or(0, |event| event.cursor),
        })
    }

    /// One cell, with all its texts.
    ///
    /// # Errors
    /// [`EngineError::NoSuchComparison`], [`EngineError::Invalid`] for a cell that isn't there, or the store's.
    pub async fn comparison_cell(&self, address: &CellAddress) -> Result<CellDetail, EngineError> {
        let record = self.comparison_record(address.comparison).await?;
        let cases = self.kept_cases(&record).await?;
        let place = place_of(&record, address)?;
        let identities = [record.cells[place]];
        let kept = self.house.store.cells(&identities).await?.pop().flatten();
        let found = match kept {
            Some(cell) => Some(self.found(cell).await?),
            None => None,
        };
        let cell = self
            .cell_view(&record, &cases, place, found.as_ref())
            .await?;
        let mut detail = CellDetail {
            cell,
            prompts: Vec::new(),
            answers: Vec::new(),
            documents: BTreeMap::new(),
            files: Vec::new(),
        };
        let Some(found) = found else {
            return Ok(detail);
        };
        for call in &found.calls {
            let call = self.detail_of(call.clone()).await?;
            detail.prompts.push(call.prompt);
            detail.answers.push(call.answer.unwrap_or_default());
        }
        if let Some(execution) = &found.execution {
            detail.documents = self.documents_of_outcome(execution).await?;
            for file in &execution.files {
                detail.files.push(CellFile {
                    path: file.path.clone(),
                    before: self.text_if_any(file.before.as_ref()).await?,
                    after: self.text_if_any(file.after.as_ref()).await?,
                });
            }
        }
        Ok(detail)
    }

    /// Keeps what a person says of a cell.
    ///
    /// # Errors
    /// [`EngineError::NoSuchComparison`], [`EngineError::Invalid`] for a score out of range or a cell that isn't there,
    /// or the store's.
    pub async fn rate_cell(&self, request: RateCell) -> Result<(), EngineError> {
        if request.score.is_some_and(|score| !(1..=5).contains(&score)) {
            return Err(EngineError::invalid(
                "a rating is a number from 1 (bad) to 5 (good)",
                "give one of them",
            ));
        }
        let record = self.comparison_record(request.cell.comparison).await?;
        let place = place_of(&record, &request.cell)?;
        let cells = self.house.store.cells(&[record.cells[place]]).await?;
        let Some(mut cell) = cells.into_iter().flatten().next() else {
            return Err(EngineError::invalid(
                "that cell has no outcome yet",
                "carry the comparison on first: `stepwell comparison resume`",
            ));
        };
        cell.rating = request.score.map(|score| Rating {
            score,
            comment: request.comment,
            by: request.by,
            at: jiff::Timestamp::now(),
        });
        let change = Change::Cell(Box::new(cell));
        self.house.store.commit(vec![change]).await?;
        Ok(())
    }

    /// Makes a version of the compared prompt current, with the comparison as the reason.
    ///
    /// # Errors
    /// [`EngineError::NoSuchComparison`], [`EngineError::Invalid`] for a version that wasn't compared,
    /// [`stepwell_store::StoreError::NoSuchVersion`] for one that is no longer kept, or the store's.
    pub async fn promote(
        &self,
        id: ComparisonId,
        number: u32,
        by: String,
    ) -> Result<PromptSummary, EngineError> {
        let view = self.comparison(id).await?;
        let variant = view
            .variants
            .iter()
            .find(|variant| variant.version == Some(number));
        let (Some(prompt), Some(variant)) = (view.summary.prompt, variant) else {
            return Err(EngineError::invalid(
                format!("comparison {id} has no version v{number}"),
                "name one of the versions that it compares",
            ));
        };
        let name = Name::new(prompt).map_err(|error| {
            EngineError::invalid(
                error.to_string(),
                "the comparison names a prompt that can't be",
            )
        })?;
        let reason = variant
            .numbers
            .against_baseline
            .as_ref()
            .map(|against| against.sentence.clone())
            .unwrap_or_default();
        self.use_prompt_version(UseVersion {
            name,
            number,
            by,
            reason,
            comparison: Some(id),
        })
        .await
    }

    pub(super) async fn comparison_record(
        &self,
        id: ComparisonId,
    ) -> Result<ComparisonRecord, EngineError> {
        let record = self.house.store.comparison(id).await?;
        record.ok_or_else(|| EngineError::NoSuchComparison {
            given: id.to_string(),
        })
    }

    fn summary_of(&self, record: &ComparisonRecord) -> ComparisonSummary {
        let plugin = record.template.plugins.get(&record.step);
        ComparisonSummary {
            id: record.id,
            step: record.step.clone(),
            plugin: plugin.map(|plugin| plugin.uses.clone()).unwrap_or_default(),
            prompt: record.prompt.clone(),
            status: ComparisonStatus::of(record.state, self.house.is_active(record.id.log())),
            problem: record.problem.clone(),
            labels: record
                .variants
                .iter()
                .map(|variant| label(record, variant))
                .collect(),
            case_count: count(record.case_ids.len()),
            repeats: record.repeats,
            created_at: record.created_at,
            ended_at: record.ended_at,
        }
    }

    async fn found(&self, cell: CellRecord) -> Result<Found, EngineError> {
        let run = self.house.store.run(cell.execution.run).await?;
        let (state, problem) =
            run.map_or((RunState::Started, None), |run| (run.state, run.problem));
        let status = match state {
            RunState::Success => CellStatus::Success,
            RunState::Failure => CellStatus::Failure,
            _ if self.house.is_active(cell.execution.run) => CellStatus::Running,
            _ => CellStatus::Pending,
        };
        let scope = Scope {
            run: Some(cell.execution.run),
            ..Scope::default()
        };
        Ok(Found {
            status,
            problem,
            execution: self.house.store.execution(&cell.execution).await?,
            calls: self.house.store.calls(scope).await?,
            cell,
        })
    }

    async fn cell_view(
        &self,
        record: &ComparisonRecord,
        cases: &[KeptCase],
        place: usize,
        found: Option<&Found>,
    ) -> Result<CellView, EngineError> {
        let repeats = record.repeats as usize;
        let (pair, repeat) = (place / repeats, place % repeats);
        let (case, variant) = (pair / record.variants.len(), pair % record.variants.len());
        let mut view = CellView {
            case: count(case),
            variant: count(variant),
            repeat: count(repeat) + 1,
            identity: record.cells[place],
            run: None,
            status: CellStatus::Pending,
            taken_over: false,
            checks: Vec::new(),
            passed: None,
            score: None,
            spent: spent_of([].iter()),
            tokens: None,
            money: None,
            first_token_ms: None,
            duration_ms: None,
            documents: Vec::new(),
            files: Vec::new(),
            problem: None,
            rating: None,
        };
        let Some(found) = found else { return Ok(view) };
        view.run = Some(found.cell.execution.run);
        view.status = found.status;
        view.taken_over = found.cell.comparison != record.id;
        view.problem.clone_from(&found.problem);
        view.rating.clone_from(&found.cell.rating);
        let spent = spent_of(found.calls.iter());
        view.tokens = (spent.unknown_tokens == 0)
            .then(|| Some(spent.input_tokens? + spent.output_tokens?))
            .flatten();
        view.money = spent.money.filter(|_: &Money| spent.unknown_money == 0);
        view.spent = spent;
        let first = found.calls.first().and_then(|call| call.attempts.last());
        view.first_token_ms = first.and_then(|attempt| attempt.first_token_ms);
        let Some(execution) = &found.execution else {
            return Ok(view);
        };
        view.documents = execution.documents.keys().cloned().collect();
        view.files = execution
            .files
            .iter()
            .map(|file| file.path.clone())
            .collect();
        let begun = execution.attempts.first().map(|attempt| attempt.started_at);
        let ended = execution
            .attempts
            .last()
            .and_then(|attempt| attempt.ended_at);
        view.duration_ms = begun
            .zip(ended)
            .and_then(|(begun, ended)| u64::try_from(ended.duration_since(begun).as_millis()).ok());
        let Some(case) = cases.get(case).filter(|_| view.has_outcome()) else {
            return Ok(view);
        };
        if case.case.checks.is_empty() {
            return Ok(view);
        }
        if found.status == CellStatus::Failure {
            // Nothing came that could be checked, and that is what the variant did with this case.
            view.passed = Some(false);
            return Ok(view);
        }
        let mut outcome = self
            .outcome_to_check(record, execution, &found.calls)
            .await?;
        outcome.verdicts = self.verdicts(record, &case.case, &found.cell).await?;
        view.checks = checks::evaluate(&case.case.checks, &outcome);
        view.passed = all_passed(&view.checks);
        let scores: Vec<f64> = view.checks.iter().filter_map(|check| check.score).collect();
        view.score = mean(&scores);
        Ok(view)
    }

    /// The outcome of a cell, for its judges.
    pub(super) async fn outcome_of(
        &self,
        record: &ComparisonRecord,
        cell: &CellRecord,
    ) -> Result<Outcome, EngineError> {
        let found = self.found(cell.clone()).await?;
        match &found.execution {
            Some(execution) => self.outcome_to_check(record, execution, &found.calls).await,
            None => Ok(Outcome::default()),
        }
    }

    /// What the checks of a case look at.
    async fn outcome_to_check(
        &self,
        record: &ComparisonRecord,
        execution: &ExecutionRecord,
        calls: &[CallRecord],
    ) -> Result<Outcome, EngineError> {
        let answer = match calls.iter().rev().find_map(|call| call.response) {
            Some(digest) => {
                let bytes = blob_of(&self.house, &digest).await?;
                let response = serde_json::from_slice::<stepwell_contract::ChatResponse>(&bytes);
                response.ok().map(|response| response.text)
            }
            None => None,
        };
        let mut files = BTreeMap::new();
        for file in &execution.files {
            if let Some(text) = self.text_if_any(file.after.as_ref()).await? {
                files.insert(file.path.clone(), text);
            }
        }
        let plugin = record.template.plugins.get(&record.step);
        let description = plugin.and_then(|plugin| self.house.loaded(&plugin.digest));
        let first_document = description.and_then(|description| {
            let first = description.documents.first();
            first.map(|document| document.name.clone())
        });
        Ok(Outcome {
            documents: self.documents_of_outcome(execution).await?,
            first_document,
            files,
            answer,
            verdicts: Vec::new(),
        })
    }

    async fn documents_of_outcome(
        &self,
        execution: &ExecutionRecord,
    ) -> Result<BTreeMap<String, String>, EngineError> {
        let mut documents = BTreeMap::new();
        for (name, digest) in &execution.documents {
            documents.insert(name.clone(), self.text_of(digest).await?);
        }
        Ok(documents)
    }

    pub(super) async fn text_of(&self, digest: &Digest) -> Result<String, EngineError> {
        let bytes = blob_of(&self.house, digest).await?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    async fn text_if_any(&self, digest: Option<&Digest>) -> Result<Option<String>, EngineError> {
        let Some(digest) = digest else {
            return Ok(None);
        };
        match self.house.store.blob(digest).await? {
            Some(bytes) => Ok(String::from_utf8(bytes.to_vec()).ok()),
            None => Ok(None),
        }
    }
}

fn place_of(record: &ComparisonRecord, address: &CellAddress) -> Result<usize, EngineError> {
    let (case, variant) = (address.case as usize, address.variant as usize);
    let there = case < record.case_ids.len()
        && variant < record.variants.len()
        && (1..=record.repeats).contains(&address.repeat);
    if there {
        return Ok(record.place(case, variant, address.repeat as usize - 1));
    }
    Err(EngineError::invalid(
        format!("comparison {} has no such cell", record.id),
        format!(
            "it has {} cases, {} variants and {} repeats",
            record.case_ids.len(),
            record.variants.len(),
            record.repeats
        ),
    ))
}

/// A variant as a person names it: what all have in common is left out.
fn label(record: &ComparisonRecord, variant: &VariantRecord) -> String {
    let version = variant
        .prompt
        .as_ref()
        .map(|pin| format!("v{}", pin.number));
    let model = variant.model.as_ref().map(|model| model.name.clone());
    let models_differ = record
        .variants
        .iter()
        .any(|other| other.model != variant.model);
    match (version, model) {
        (Some(version), Some(model)) if models_differ => format!("{version} · {model}"),
        (Some(version), _) => version,
        (None, Some(model)) => model,
        (None, None) => "as it is".to_owned(),
    }
}

fn variant_view(
    variant: &VariantRecord,
    label: String,
    prompt: Option<&PromptSummary>,
    template: Option<String>,
    numbers: numbers::VariantNumbers,
) -> VariantView {
    let number = variant.prompt.as_ref().map(|pin| pin.number);
    let kept = prompt.and_then(|prompt| {
        let mut versions = prompt.versions.iter();
        versions.find(|version| Some(version.number) == number)
    });
    VariantView {
        label,
        version: number,
        model: variant.model.as_ref().map(|model| model.name.clone()),
        provider_model: variant.model.as_ref().map(|model| model.model.clone()),
        kept: kept.is_some(),
        current: kept.is_some_and(|version| version.current),
        latest: kept.is_some_and(|version| version.latest),
        note: variant.note.clone(),
        created_at: variant.version_created_at,
        template,
        numbers,
    }
}

fn case_view(case: &KeptCase) -> CaseView {
    let inputs = case.inputs.iter();
    CaseView {
        id: case.case.id.clone(),
        inputs: inputs
            .map(|input| (input.name.clone(), input.value.clone()))
            .collect(),
        answers: case.case.answers.clone(),
        files: case
            .files
            .as_ref()
            .map(|files| files.keys().cloned().collect()),
        checks: case.case.checks.iter().map(ToString::to_string).collect(),
    }
}

/// Whether every check passed. One that failed decides; while a judge is to speak, nothing else does.
fn all_passed(checks: &[checks::CheckResult]) -> Option<bool> {
    if checks.iter().any(|check| check.passed == Some(false)) {
        return Some(false);
    }
    checks
        .iter()
        .all(|check| check.passed == Some(true))
        .then_some(true)
}

fn figures_of(cell: &CellView) -> CellNumbers {
    // What a person says counts where no judge does.
    let rated = || {
        cell.rating
            .as_ref()
            .map(|rating| f64::from(rating.score - 1) / 4.0)
    };
    CellNumbers {
        case: cell.case as usize,
        variant: cell.variant as usize,
        finished: cell.has_outcome(),
        failed: cell.status == CellStatus::Failure,
        passed: cell.passed,
        score: cell.score.or_else(rated),
        money: cell.money.map(|money| money.0),
        tokens: cell.tokens,
        duration_ms: cell.duration_ms,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
