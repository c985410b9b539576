//! How the versions of a prompt have done, from the comparisons that are kept and the totals of all calls.
//!
//! What is read is bounded: the newest comparisons, and so many of their cells.

use std::collections::{BTreeMap, BTreeSet};

use stepwell_comparison::{
    CellNumbers, PromptHistory, VariantNumbers, VersionHistory, compare, together,
};
use stepwell_contract::amounts::count;
use stepwell_contract::{ComparisonId, Digest, Name};
use stepwell_store::{CallTotals, ComparisonRecord, Gaps, PinnedPrompt, PromptRecord};

use super::Comparing;
use super::cells::KeptCase;
use crate::words::{EngineError, VersionSummary};

/// Of all comparisons, the newest that are looked at.
const LOOKED_AT: usize = 200;
/// Of the prompt's own among them, the newest that are read.
const READ: usize = 20;
/// Cells that are read at most.
const CELLS: usize = 2_000;

/// A cell of a version, with what tells its case apart.
type Counted = (u32, Digest, CellNumbers);

impl Comparing {
    /// How the versions of a prompt have done so far.
    pub(crate) async fn prompt_history(&self, name: &Name) -> Result<PromptHistory, EngineError> {
        let newest = self
            .house
            .store
            .comparisons(None, Some(LOOKED_AT), Gaps::LeaveOut)
            .await?;
        let looked_at_all = newest.len() < LOOKED_AT;
        let texts = self.house.store.prompt(name).await?;
        let texts = Texts::of(texts.as_deref());
        let own: Vec<_> = newest
            .into_iter()
            .filter(|record| record.prompt.as_deref() == Some(name.as_str()))
            .filter(|record| texts.versions_in(record).next().is_some())
            .collect();
        let (mut read, mut room) = (0, CELLS);
        let mut cells = Vec::new();
        let mut known = BTreeSet::new();
        let mut compared: BTreeMap<u32, Vec<ComparisonId>> = BTreeMap::new();
        for record in own.iter().take(READ) {
            let Some(left) = room.checked_sub(record.cells.len()) else {
                break;
            };
            room = left;
            read += 1;
            let versions: BTreeSet<u32> = texts.versions_in(record).collect();
            for number in versions {
                compared.entry(number).or_default().push(record.id);
            }
            cells.extend(self.counted(record, &texts, &mut known).await?);
        }
        let mut numbers = together(cells);
        let mut totals = self.totals_by_version(name).await?;
        let prompt = self.house.stored_prompt(name).await.ok();
        let kept = prompt.iter().flat_map(|prompt| &prompt.versions);
        let kept: BTreeMap<u32, &VersionSummary> =
            kept.map(|version| (version.number, version)).collect();
        let all = kept.keys().chain(compared.keys()).chain(totals.keys());
        let all: BTreeSet<u32> = all.copied().collect();
        let versions = all.into_iter().rev().map(|number| {
            let totals = totals.remove(&number).unwrap_or_default();
            VersionHistory {
                number,
                kept: kept.contains_key(&number),
                saved_at: kept
                    .get(&number)
                    .and_then(|version| Some(version.created_at).filter(|_| version.stored)),
                current: kept.get(&number).is_some_and(|version| version.current),
                numbers: numbers.remove(&number).unwrap_or_else(no_numbers),
                comparisons: compared.remove(&number).unwrap_or_default(),
                call_ms: totals.median_ms(),
                spent: totals.spent(),
            }
        });
        Ok(PromptHistory {
            name: name.to_string(),
            versions: versions.collect(),
            older: read < own.len() || !looked_at_all,
            comparisons: count(read),
        })
    }

    /// The cells of a comparison that none before it has, with their figures.
    async fn counted(
        &self,
        record: &ComparisonRecord,
        texts: &Texts,
        known: &mut BTreeSet<Digest>,
    ) -> Result<Vec<Counted>, EngineError> {
        let cases = self.kept_cases(record).await?;
        let kept = self.house.store.cells(&record.cells).await?;
        let mut counted = Vec::new();
        for (place, cell) in kept.into_iter().enumerate() {
            let pair = place / record.repeats.max(1) as usize;
            let variant = &record.variants[pair % record.variants.len()];
            let case = cases.get(pair / record.variants.len());
            let number = variant
                .prompt
                .as_ref()
                .and_then(|pin| texts.version_of(pin));
            let (Some(cell), Some(number), Some(case)) = (cell, number, case) else {
                continue;
            };
            if !known.insert(cell.identity) {
                continue;
            }
            let measured_in = cell.comparison;
            let found = self.found_to_show(Some(cell)).await?;
            let view = self.cell_view(record, &cases, place, found.as_ref());
            let figures = view.await?.figures(Some(measured_in));
            let model = variant.model.as_ref().map(|model| model.name.as_str());
            counted.push((number, identity_of_case(case, model), figures));
        }
        Ok(counted)
    }

    /// What all calls with each version took.
    async fn totals_by_version(
        &self,
        name: &Name,
    ) -> Result<BTreeMap<u32, CallTotals>, EngineError> {
        let mut by_version: BTreeMap<u32, CallTotals> = BTreeMap::new();
        for (group, totals) in self.house.store.totals(None).await? {
            let used = group.prompts.iter();
            let versions = used.filter(|(used, number)| used == name.as_str() && *number > 0);
            let versions: BTreeSet<u32> = versions.map(|(_, number)| *number).collect();
            for number in versions {
                by_version.entry(number).or_default().add(&totals);
            }
        }
        Ok(by_version)
    }
}

/// The kept versions of a prompt by their texts: one may have been compared before it was saved.
struct Texts(BTreeMap<Digest, u32>);

impl Texts {
    /// Of several with the same text it is the newest.
    fn of(prompt: Option<&PromptRecord>) -> Self {
        let kept = prompt.iter().flat_map(|prompt| &prompt.versions);
        let mut kept: Vec<_> = kept.map(|it| (it.number, it.digest)).collect();
        kept.sort_unstable_by_key(|(number, _)| *number);
        Self(
            kept.into_iter()
                .map(|(number, digest)| (digest, number))
                .collect(),
        )
    }

    /// The number of the version that was compared.
    fn version_of(&self, pin: &PinnedPrompt) -> Option<u32> {
        match pin.unsaved {
            true => self.0.get(&pin.digest).copied(),
            false => (pin.number > 0).then_some(pin.number),
        }
    }

    /// The numbers of the versions that a comparison has.
    fn versions_in(&self, record: &ComparisonRecord) -> impl Iterator<Item = u32> {
        let pins = record.variants.iter().flat_map(|it| &it.prompt);
        pins.filter_map(|pin| self.version_of(pin))
    }
}

/// The same inputs, answers and files with the same model are the same case.
fn identity_of_case(case: &KeptCase, model: Option<&str>) -> Digest {
    let case = serde_json::json!({
        "inputs": case.inputs,
        "answers": case.case.answers,
        "files": case.files,
        "model": model,
    });
    Digest::of(case.to_string())
}

/// Of a version that no comparison has.
fn no_numbers() -> VariantNumbers {
    let mut numbers = compare(&[], &[String::new()], usize::MAX).variants;
    numbers.swap_remove(0)
}
