//! What the comparison of a stage came to, and what follows from it.

use bytes::Bytes;
use stepwell_comparison::{ComparisonView, Verdict};
use stepwell_contract::{
    ComparisonId, Digest, ImprovementEnd, ImprovementStage, ProposalState, amounts,
};
use stepwell_store::{
    Because, Change, ImprovementRecord, Origin, OtherFields, PromptChange, ProposalRecord,
    Standing, VariantRecord,
};

use super::proposing::{asking_of, lacking, read_proposal};
use super::splitting::most_validated;
use super::{Comparing, comparison_of, end, named};
use crate::comparing::trying::unsaved_text;
use crate::words::{CellAddress, EngineError, MOST_NOTE, StartImprovement};

/// How often a model is asked in one round: what can't be used goes back to it with the reason.
const MOST_TRIES: usize = 3;

impl Comparing {
    /// Writes what a comparison came to into the record of its improvement, and begins the next one, or ends the improvement.
    pub(super) async fn conclude_stage(
        &self,
        record: &mut ImprovementRecord,
        request: &StartImprovement,
        ended: ComparisonId,
    ) -> Result<Vec<Change>, EngineError> {
        match &record.stage {
            Some(ImprovementStage::Beginning) => self.begun(record, request, ended).await,
            Some(ImprovementStage::Asking) => self.asked(record, request, ended).await,
            Some(ImprovementStage::Training) => self.trained(record, request, ended).await,
            Some(ImprovementStage::Validating) => self.validated(record, ended).await,
            Some(ImprovementStage::Other(_)) | None => Err(EngineError::Bug {
                reason: format!("improvement {} is in no stage of this build", record.id),
            }),
        }
    }

    async fn begun(
        &self,
        record: &mut ImprovementRecord,
        request: &StartImprovement,
        ended: ComparisonId,
    ) -> Result<Vec<Change>, EngineError> {
        let view = self.comparison(ended).await?;
        record.standing = Some(standing_of(&view, 0));
        if lacking(&view, 0).is_empty() {
            end(record, ImprovementEnd::NothingFailed, self.house.now());
            return Ok(Vec::new());
        }
        self.next_round(record, request).await
    }

    async fn asked(
        &self,
        record: &mut ImprovementRecord,
        request: &StartImprovement,
        ended: ComparisonId,
    ) -> Result<Vec<Change>, EngineError> {
        let address = CellAddress {
            comparison: ended,
            case: 0,
            variant: 0,
            repeat: 1,
        };
        let detail = self.comparison_cell(&address).await?;
        let mut proposal = new_proposal(record, ended);
        let (text, reason) = match read_proposal(&detail) {
            Ok(read) => read,
            Err(refusal) => {
                proposal.refusal = Some(refusal);
                record.proposals.push(proposal);
                return self.next_round(record, request).await;
            }
        };
        proposal.text = Some(Digest::of(text));
        proposal.reason = Some(Digest::of(reason));
        let mut changes = vec![
            Change::Blob(Bytes::from(text.to_owned())),
            Change::Blob(Bytes::from(reason.to_owned())),
        ];
        proposal.refusal = self.refusal(record, request, text).await?;
        if proposal.refusal.is_some() {
            record.proposals.push(proposal);
            // What is asked next tells of it, and reads it from the store.
            self.house.store.commit(changes).await?;
            return self.next_round(record, request).await;
        }
        proposal.state = ProposalState::Trying;
        record.proposals.push(proposal);
        let cases = named(&request.cases, &record.training);
        let number = record.proposals.len();
        let versions = [baseline_of(record), candidate_of(record, number)];
        let stage = ImprovementStage::Training;
        let compared = comparison_of(request, cases);
        let (id, begun) = self.begin(record, stage, compared, &versions, 1).await?;
        if let Some(proposal) = record.proposals.last_mut() {
            proposal.trained_by = Some(id);
        }
        changes.extend(begun);
        Ok(changes)
    }

    async fn trained(
        &self,
        record: &mut ImprovementRecord,
        request: &StartImprovement,
        ended: ComparisonId,
    ) -> Result<Vec<Change>, EngineError> {
        let view = self.comparison(ended).await?;
        let standing = standing_of(&view, 1);
        let before = standing_of_best(record);
        if let Some(proposal) = record.proposals.last_mut() {
            proposal.training = Some(standing);
            proposal.state = match standing.is_better_than(&before) {
                true => ProposalState::Kept,
                false => ProposalState::NoBetter,
            };
        }
        self.next_round(record, request).await
    }

    /// Asks for the next proposal. Where no round is left, or nothing fails with the best one, the best are held against the version
    /// that all began from.
    async fn next_round(
        &self,
        record: &mut ImprovementRecord,
        request: &StartImprovement,
    ) -> Result<Vec<Change>, EngineError> {
        if round_to_come(record) > record.rounds {
            return self.validate(record, request).await;
        }
        let best = best_of(record).and_then(|number| proposal(record, number));
        let (text, tried, standing) = match best {
            Some(best) => (
                best.text.unwrap_or(record.baseline.digest),
                best.trained_by.map(|comparison| (comparison, 1)),
                best.training,
            ),
            None => {
                let first = record.comparisons.first();
                let tried = first.map(|comparison| (*comparison, 0));
                (record.baseline.digest, tried, record.standing)
            }
        };
        let Some(tried) = tried else {
            return Err(EngineError::Bug {
                reason: format!("improvement {} has tried nothing", record.id),
            });
        };
        let text = self.house.text(&text).await?;
        let case = self
            .case_to_propose(record, request, &text, tried, standing)
            .await?;
        let Some(case) = case else {
            return self.validate(record, request).await;
        };
        let asking = asking_of(request, vec![case]);
        let base = self.base_of(&asking).await?;
        let version = self.current_version(&base, &asking).await?;
        let stage = ImprovementStage::Asking;
        let first = request.seed.max(1);
        let begun = self.begin(record, stage, asking, &[version], first).await?;
        Ok(begun.1)
    }

    /// Holds the best proposals against the version that all began from, on the cases that were kept back.
    async fn validate(
        &self,
        record: &mut ImprovementRecord,
        request: &StartImprovement,
    ) -> Result<Vec<Change>, EngineError> {
        let mut kept: Vec<(usize, Standing)> = (1..)
            .zip(&record.proposals)
            .filter(|(_, proposal)| proposal.state == ProposalState::Kept)
            .filter_map(|(number, proposal)| Some((number, proposal.training?)))
            .collect();
        if kept.is_empty() {
            end(record, ImprovementEnd::NothingBetter, self.house.now());
            return Ok(Vec::new());
        }
        kept.sort_by(|(_, one), (_, other)| {
            let is_better = one.is_better_than(other);
            other.is_better_than(one).cmp(&is_better)
        });
        let left_out = kept.split_off(kept.len().min(most_validated(record.validation.len())));
        for (number, _) in left_out {
            record.proposals[number - 1].state = ProposalState::LeftOut;
        }
        let mut chosen: Vec<usize> = kept.into_iter().map(|(number, _)| number).collect();
        chosen.sort_unstable();
        let mut versions = vec![baseline_of(record)];
        versions.extend(chosen.iter().map(|number| candidate_of(record, *number)));
        let cases = named(&request.cases, &record.validation);
        let stage = ImprovementStage::Validating;
        let compared = comparison_of(request, cases);
        let (id, changes) = self.begin(record, stage, compared, &versions, 1).await?;
        for number in chosen {
            record.proposals[number - 1].validated_by = Some(id);
        }
        Ok(changes)
    }

    async fn validated(
        &self,
        record: &mut ImprovementRecord,
        ended: ComparisonId,
    ) -> Result<Vec<Change>, EngineError> {
        let view = self.comparison(ended).await?;
        for (place, variant) in view.variants.iter().enumerate() {
            let proposal = variant.proposal.and_then(|number| {
                let place = (number as usize).checked_sub(1)?;
                record.proposals.get_mut(place)
            });
            let (Some(proposal), Some(against)) = (proposal, &variant.numbers.against_baseline)
            else {
                continue;
            };
            proposal.validation = Some(Standing {
                p_value: against
                    .corrected_p_value
                    .or(against.corrected_score_p_value),
                ..standing_of(&view, place)
            });
            proposal.sentence = Some(against.sentence.clone());
            proposal.state = match against.verdict {
                Verdict::Better => ProposalState::Better,
                _ => ProposalState::NotBeyondChance,
            };
        }
        match view.winner().and_then(|winner| winner.proposal) {
            Some(number) => self.make_current(record, number, ended).await,
            None => {
                end(record, ImprovementEnd::NotBeyondChance, self.house.now());
                Ok(Vec::new())
            }
        }
    }

    /// Makes the kept version current that has a proposal's text, or adds one, unless another one than that which all began from is current by now: against that it was
    /// held against nothing.
    async fn make_current(
        &self,
        record: &mut ImprovementRecord,
        number: u32,
        comparison: ComparisonId,
    ) -> Result<Vec<Change>, EngineError> {
        let prompt = self.house.prompt_record(&record.prompt).await?;
        let current = prompt.current_version();
        let is_as_it_was = current.is_some_and(|current| {
            current.number == record.baseline.number && current.digest == record.baseline.digest
        });
        if !is_as_it_was {
            end(record, ImprovementEnd::Outdated, self.house.now());
            return Ok(Vec::new());
        }
        let Some(winner) = proposal(record, number) else {
            return Err(EngineError::Bug {
                reason: format!("improvement {} has no proposal {number}", record.id),
            });
        };
        let (Some(text), Some(reason)) = (winner.text, winner.reason) else {
            return Err(EngineError::Bug {
                reason: format!("proposal {number} has no text"),
            });
        };
        let now = self.house.now();
        // Another version of a text that is kept would push one out for nothing.
        let kept = prompt
            .versions
            .iter()
            .find(|kept| kept.digest == text && kept.content.is_ok());
        if let Some(kept) = kept {
            let change = PromptChange::Use {
                name: record.prompt.clone(),
                number: kept.number,
                by: record.by.clone(),
                reason: winner.sentence.clone().unwrap_or_default(),
                comparison: Some(comparison),
                at: now,
            };
            let promoted = kept.number;
            record.proposals[number as usize - 1].state = ProposalState::Promoted;
            record.promoted = Some(promoted);
            end(record, ImprovementEnd::Promoted, now);
            return Ok(vec![Change::Prompt(change)]);
        }
        let content = self.house.text(&text).await?;
        let variables = prompt.variables.as_deref();
        self.house.check_template(&content, variables).await?;
        let note = self.house.text(&reason).await?;
        let add = PromptChange::Add {
            name: record.prompt.clone(),
            content,
            note: amounts::cut(note, MOST_NOTE / 2),
            origin: Origin::Step,
            by: record.by.clone(),
            because: Some(Because {
                reason: winner.sentence.clone().unwrap_or_default(),
                comparison,
            }),
            at: now,
        };
        record.proposals[number as usize - 1].state = ProposalState::Promoted;
        record.promoted = Some(prompt.next_number);
        end(record, ImprovementEnd::Promoted, now);
        Ok(vec![Change::Prompt(add)])
    }
}

/// A proposal that nothing is known of but who was asked for it.
fn new_proposal(record: &ImprovementRecord, asked_by: ComparisonId) -> ProposalRecord {
    ProposalRecord {
        round: round_to_come(record),
        made_from: best_of(record),
        asked_by,
        text: None,
        reason: None,
        state: ProposalState::Refused,
        refusal: None,
        trained_by: None,
        training: None,
        validated_by: None,
        validation: None,
        sentence: None,
        other: OtherFields::new(),
    }
}

fn proposal(record: &ImprovementRecord, number: u32) -> Option<&ProposalRecord> {
    record.proposals.get((number as usize).checked_sub(1)?)
}

/// The best proposal so far that was better than what it was made from; none is the version that all began from.
fn best_of(record: &ImprovementRecord) -> Option<u32> {
    // Each that is kept is better than the one that was kept before it.
    let place = record
        .proposals
        .iter()
        .rposition(|proposal| proposal.state == ProposalState::Kept)?;
    Some(amounts::count(place + 1))
}

/// How the best text does on the training cases.
fn standing_of_best(record: &ImprovementRecord) -> Standing {
    let best = best_of(record).and_then(|number| proposal(record, number));
    best.map_or(record.standing, |best| best.training)
        .unwrap_or_default()
}

/// The round that the next proposal is made in.
fn round_to_come(record: &ImprovementRecord) -> u32 {
    let Some(last) = record.proposals.last() else {
        return 1;
    };
    let of_round = |proposal: &&ProposalRecord| proposal.round == last.round;
    let tries = record.proposals.iter().filter(of_round).count();
    match last.state {
        ProposalState::Refused if tries < MOST_TRIES => last.round,
        _ => last.round + 1,
    }
}

fn standing_of(view: &ComparisonView, place: usize) -> Standing {
    let Some(variant) = view.variants.get(place) else {
        return Standing::default();
    };
    Standing {
        passed: variant.numbers.passed_cases,
        checked: variant.numbers.checked_cases,
        score: variant.numbers.score,
        p_value: None,
    }
}

/// The version that all began from, in a comparison.
fn baseline_of(record: &ImprovementRecord) -> VariantRecord {
    VariantRecord {
        prompt: Some(record.baseline.clone()),
        ..VariantRecord::default()
    }
}

/// A proposal, in a comparison.
fn candidate_of(record: &ImprovementRecord, number: usize) -> VariantRecord {
    let text = record.proposals[number - 1].text;
    VariantRecord {
        proposal: Some(amounts::count(number)),
        ..unsaved_text(
            &record.baseline.name,
            text.unwrap_or(record.baseline.digest),
        )
    }
}
