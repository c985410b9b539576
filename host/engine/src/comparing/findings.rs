//! What checks find in the outcome of a cell: worked out once it is done, and kept with it for everybody who looks.

use std::collections::BTreeMap;

use serde_json::json;
use stepwell_comparison::{CellStatus, CheckResult, Examined, evaluate};
use stepwell_contract::{Digest, Finding};
use stepwell_definition::Check;
use stepwell_store::{CellRecord, Change, ComparisonRecord, Gaps};

use super::Comparing;
use super::cells::KeptCase;
use super::judging::{in_words, judge_of, verdict_identity};
use super::outcomes::Found;
use crate::words::EngineError;

/// What identifies a check of a cell: the check itself, and of a judge who it is.
fn identity_of(record: &ComparisonRecord, cell: &Digest, check: &Check) -> Digest {
    let verdict = judge_of(check).map(|judge| verdict_identity(record, cell, judge));
    Digest::of(json!([check, verdict]).to_string())
}

impl Comparing {
    /// What checks say of a cell that succeeded: as it is kept with it, and worked out where it isn't.
    pub(super) async fn checked(
        &self,
        record: &ComparisonRecord,
        checks: &[Check],
        found: &Found,
    ) -> Result<Vec<CheckResult>, EngineError> {
        let identity = |check: &Check| identity_of(record, &found.cell.identity, check);
        let kept = &found.cell.findings;
        let missing: Vec<&Check> = checks
            .iter()
            .filter(|check| !kept.contains_key(&identity(check)))
            .collect();
        let anew = self.worked_out(record, &missing, found).await?;
        let results = checks.iter().map(|check| {
            let identity = identity(check);
            let finding = kept.get(&identity).or_else(|| anew.get(&identity));
            CheckResult {
                what: in_words(check, record),
                found: finding.cloned().unwrap_or_default(),
            }
        });
        Ok(results.collect())
    }

    /// What is to be kept of a cell that is done: the findings of all cases that share it, as far as it has them not. A judge
    /// that is to speak again has found nothing yet.
    pub(super) async fn new_findings(
        &self,
        record: &ComparisonRecord,
        sharing: impl Iterator<Item = &KeptCase>,
        cell: &CellRecord,
    ) -> Result<Option<Change>, EngineError> {
        let checks = sharing.flat_map(|case| &case.case.checks);
        let mut missing = Vec::new();
        for check in checks {
            let has_spoken = match judge_of(check) {
                Some(judge) => match self.verdict_cell(record, cell, judge).await? {
                    Some(verdict) => self.is_done(&verdict).await?,
                    None => false,
                },
                None => true,
            };
            let identity = identity_of(record, &cell.identity, check);
            if has_spoken && !cell.findings.contains_key(&identity) {
                missing.push(check);
            }
        }
        if missing.is_empty() {
            return Ok(None);
        }
        let found = self.found(cell.clone(), Gaps::Refuse).await?;
        let findings = self.worked_out(record, &missing, &found).await?;
        Ok((!findings.is_empty()).then_some(Change::Findings {
            cell: cell.identity,
            findings,
        }))
    }

    /// What checks find in a cell, by what identifies them; nothing in one that did not succeed.
    async fn worked_out(
        &self,
        record: &ComparisonRecord,
        checks: &[&Check],
        found: &Found,
    ) -> Result<BTreeMap<Digest, Finding>, EngineError> {
        let Some(execution) = &found.execution else {
            return Ok(BTreeMap::new());
        };
        if checks.is_empty() || found.status != CellStatus::Success {
            return Ok(BTreeMap::new());
        }
        // A judge has looked already: what it says needs no text.
        let mut outcome = match checks.iter().all(|check| judge_of(check).is_some()) {
            true => Examined::default(),
            false => {
                self.outcome_to_check(record, execution, &found.calls)
                    .await?
            }
        };
        let judges = checks.iter().filter_map(|check| judge_of(check));
        outcome.verdicts = self.verdicts(record, judges, &found.cell).await?;
        let mut findings = BTreeMap::new();
        for check in checks {
            let identity = identity_of(record, &found.cell.identity, check);
            let finding = evaluate(check, &outcome, &*self.house.texts).await?;
            findings.insert(identity, finding);
        }
        Ok(findings)
    }
}
