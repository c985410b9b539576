//! From the records of a comparison to what a face is told.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_comparison::{
    CaseView, CellDetail, CellFile, CellNumbers, CellView, ComparisonStatus, ComparisonSummary,
    ComparisonView, VariantNumbers, VariantView, compare, same_cases as same_cases_said,
};
use stepwell_contract::amounts::count;
use stepwell_contract::{ComparisonId, Digest, Name, Undertaking};
use stepwell_store::{CallRecord, CellRecord, ComparisonRecord, Gaps, LeftOut, VariantRecord};

use super::Comparing;
use super::cells::KeptCase;
use super::deciding::place_of;
use super::judging::in_words;
use super::outcomes::Found;
use super::paying::paid_of;
use crate::words::{
    CellAddress, ComparisonError, EngineError, LAST, Listed, PromptSummary, spent_of,
};

/// How a text that is no version is named among those that are.
const UNSAVED: &str = "unsaved text";

/// The cells of a comparison, as they are shown.
#[derive(Default)]
struct Shown {
    cells: Vec<CellView>,
    /// The calls that were paid for them.
    calls: Vec<CallRecord>,
    /// Of each cell that is there: the comparison that made it.
    measured_in: Vec<Option<ComparisonId>>,
}

impl Comparing {
    /// Comparisons, newest first; `before` reads on.
    pub(crate) async fn comparisons(
        &self,
        before: Option<ComparisonId>,
        limit: Option<usize>,
    ) -> Result<Listed<ComparisonSummary>, EngineError> {
        // Before the records: one that ends meanwhile was under way, and not interrupted.
        let were_active = self.house.all_active();
        let left_out = LeftOut::default();
        let gaps = Gaps::Count(left_out.clone());
        let records = self.house.store.comparisons(before, limit, gaps).await?;
        let summary = |record: &ComparisonRecord| {
            let was_active = were_active.contains(&record.id.into());
            self.summary_of(record, was_active)
        };
        Ok(Listed {
            items: records.iter().map(summary).collect(),
            unreadable: left_out.count(),
        })
    }

    /// The id of a comparison, from `last`, a whole id, or its last (or first) characters.
    pub(crate) async fn find_comparison(&self, given: &str) -> Result<ComparisonId, EngineError> {
        let ids = self.house.store.comparison_ids().await?;
        let fits = |id: &ComparisonId| {
            let id = id.to_string();
            id.ends_with(given) || id.starts_with(given)
        };
        let fitting: Vec<_> = match given == LAST {
            true => ids.into_iter().take(1).collect(),
            false => ids.into_iter().filter(fits).collect(),
        };
        match fitting.as_slice() {
            // One that can't be read is said, instead of another one.
            [only] if self.house.store.comparison(*only).await?.is_some() => Ok(*only),
            _ => Err(ComparisonError::NoSuchComparison {
                given: given.to_owned(),
            }
            .into()),
        }
    }

    /// A whole comparison, as far as it is.
    pub(crate) async fn comparison(&self, id: ComparisonId) -> Result<ComparisonView, EngineError> {
        // First of all: what happens while the rest is read is told after it, to whoever follows.
        let cursor = self.house.store.last_cursor(Undertaking::from(id).log());
        let cursor = cursor.await?;
        let was_active = self.house.is_active(id);
        let record = self.comparison_record(id).await?;
        let cases = self.kept_cases(&record).await?;
        let Shown {
            cells,
            mut calls,
            measured_in,
        } = self.cells_to_show(&record, &cases).await?;
        let verdicts = self.verdict_cells(&record, &cases).await?;
        calls.extend(self.paid_calls(id, verdicts, Gaps::LeaveOut).await?);
        let variants = record.variants.iter();
        let labels: Vec<String> = variants.map(|variant| label(&record, variant)).collect();
        let figures = cells.iter().zip(measured_in);
        let figures: Vec<CellNumbers> = figures
            .map(|(cell, measured_in)| cell.figures(measured_in))
            .collect();
        let mut numbers = compare(&figures, &labels, record.baseline as usize);
        let same_cases = same_cases(&record);
        let told = same_cases.iter().map(|ids| same_cases_said(ids));
        numbers.sentences.extend(told);
        let labelled = labels.into_iter().zip(numbers.variants);
        let variants = self.variants_to_show(&record, labelled).await?;
        Ok(ComparisonView {
            summary: self.summary_of(&record, was_active),
            baseline: record.baseline,
            budget: record.budget,
            promotes: record.promote_for.is_some(),
            promoted: record.promoted,
            same_cases,
            spent: spent_of(calls.iter()),
            batches: self.batches_view(&record, &calls).await?,
            variants,
            cases: cases.iter().map(|case| case_view(case, &record)).collect(),
            cells,
            sentences: numbers.sentences,
            cursor,
        })
    }

    /// Every cell of a comparison, as far as it is.
    async fn cells_to_show(
        &self,
        record: &ComparisonRecord,
        cases: &[KeptCase],
    ) -> Result<Shown, EngineError> {
        let kept = self.house.store.cells(&record.cells).await?;
        let mut shown = Shown::default();
        let mut counted = BTreeSet::new();
        for (place, kept) in kept.into_iter().enumerate() {
            let found = self.found_to_show(kept).await?;
            // Cases that share a cell have paid for it once.
            if let Some(found) = &found
                && counted.insert(found.cell.identity)
            {
                let of_cell = found.calls.clone();
                let paid = paid_of(record.id, found.cell.comparison, of_cell);
                shown.calls.extend(paid);
            }
            let measured_in = found.as_ref().map(|found| found.cell.comparison);
            shown.measured_in.push(measured_in);
            let view = self.cell_view(record, cases, place, found.as_ref());
            shown.cells.push(view.await?);
        }
        Ok(shown)
    }

    /// What is compared, each with its label and its numbers.
    async fn variants_to_show(
        &self,
        record: &ComparisonRecord,
        labelled: impl Iterator<Item = (String, VariantNumbers)>,
    ) -> Result<Vec<VariantView>, EngineError> {
        let name = record.prompt.as_ref();
        let prompt = match name.and_then(|name| Name::new(name.clone()).ok()) {
            Some(name) => self.house.stored_prompt(&name).await.ok(),
            None => None,
        };
        let mut views = Vec::with_capacity(record.variants.len());
        for (variant, (label, numbers)) in record.variants.iter().zip(labelled) {
            let template = match &variant.prompt {
                Some(pin) => Some(self.house.text(&pin.digest).await?),
                None => None,
            };
            let prompt = prompt.as_ref();
            views.push(variant_view(variant, label, prompt, template, numbers));
        }
        Ok(views)
    }

    /// One cell, with all its texts.
    pub(crate) async fn comparison_cell(
        &self,
        address: &CellAddress,
    ) -> Result<CellDetail, EngineError> {
        let record = self.comparison_record(address.comparison).await?;
        let cases = self.kept_cases(&record).await?;
        let place = place_of(&record, address)?;
        let identities = [record.cells[place]];
        let kept = self.house.store.cells(&identities).await?.pop().flatten();
        let found = self.found_to_show(kept).await?;
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
            let call = self.house.detail_of(call.clone()).await?;
            detail.prompts.push(call.prompt);
            detail.answers.push(call.answer.unwrap_or_default());
        }
        if let Some(execution) = &found.execution {
            detail.documents = self.documents_of_outcome(execution).await?;
            for file in &execution.files {
                detail.files.push(CellFile {
                    path: file.path.clone(),
                    before: self.text_if_any(file.before).await?,
                    after: self.text_if_any(file.after).await?,
                });
            }
        }
        Ok(detail)
    }

    pub(super) async fn found_to_show(
        &self,
        cell: Option<CellRecord>,
    ) -> Result<Option<Found>, EngineError> {
        match cell {
            Some(cell) => Ok(Some(self.found(cell, Gaps::LeaveOut).await?)),
            None => Ok(None),
        }
    }

    pub(super) async fn comparison_record(
        &self,
        id: ComparisonId,
    ) -> Result<ComparisonRecord, EngineError> {
        let record = self.house.store.comparison(id).await?;
        record.ok_or_else(|| {
            ComparisonError::NoSuchComparison {
                given: id.to_string(),
            }
            .into()
        })
    }

    fn summary_of(&self, record: &ComparisonRecord, was_active: bool) -> ComparisonSummary {
        let plugin = record.template.plugins.get(&record.step);
        ComparisonSummary {
            id: record.id,
            step: record.step.clone(),
            plugin: plugin.map(|plugin| plugin.uses.clone()).unwrap_or_default(),
            prompt: record.prompt.clone(),
            status: ComparisonStatus::of(
                record.state,
                was_active || self.house.is_active(record.id),
            ),
            problem: record.problem.clone(),
            labels: record
                .variants
                .iter()
                .map(|variant| label(record, variant))
                .collect(),
            improvement: record.improvement,
            case_count: count(record.case_ids.len()),
            repeats: record.repeats,
            created_at: record.created_at,
            ended_at: record.ended_at,
        }
    }
}

/// Cases that share their cells, by their ids.
fn same_cases(record: &ComparisonRecord) -> Vec<Vec<String>> {
    let mut by_cell: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
    for (case, id) in record.case_ids.iter().enumerate() {
        if let Some(cell) = record.cells.get(record.place(case, 0, 0)) {
            by_cell.entry(*cell).or_default().push(id.clone());
        }
    }
    let mut groups: Vec<_> = by_cell.into_values().filter(|ids| ids.len() > 1).collect();
    groups.sort_by_key(|ids| record.case_ids.iter().position(|id| *id == ids[0]));
    groups
}

/// A variant as a person names it: what all have in common is left out.
fn label(record: &ComparisonRecord, variant: &VariantRecord) -> String {
    let version = variant.prompt.as_ref().map(|pin| match variant.proposal {
        Some(proposal) => format!("proposal {proposal}"),
        None if pin.unsaved => UNSAVED.to_owned(),
        None => format!("v{}", pin.number),
    });
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
    numbers: VariantNumbers,
) -> VariantView {
    let unsaved = variant.prompt.as_ref().is_some_and(|pin| pin.unsaved);
    let pin = variant.prompt.as_ref().filter(|_| !unsaved);
    let number = pin.map(|pin| pin.number);
    let kept = prompt.and_then(|prompt| {
        let mut versions = prompt.versions.iter();
        versions.find(|version| Some(version.number) == number)
    });
    VariantView {
        label,
        version: number,
        unsaved,
        proposal: variant.proposal,
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

fn case_view(case: &KeptCase, record: &ComparisonRecord) -> CaseView {
    let (inputs, checks) = (case.inputs.iter(), case.case.checks.iter());
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
        checks: checks.map(|check| in_words(check, record)).collect(),
        run: case.documents_of,
        items: (case.at.iter())
            .filter_map(|position| position.item)
            .collect(),
    }
}
